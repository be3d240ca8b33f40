/** How each step of the rules is carried out with the driver. */
import type { TimesTenView } from "../../protocol";
import type { Clock, Log, TimesTen } from "../ports";
import type { Step } from "./permission";
import { withDeadline } from "./deadline";

/**
 * Ending user connections in the ordinary way may take so long; then the processes are killed, ms. In a planned change
 * a kill would cost the last commits of an asynchronous pair, and nobody takes over before it is closed: it has longer
 * than the operator waits before it takes a switchover back.
 */
export const closeWithinMs = { atOnce: 1_500, planned: 5_000 } as const;
/** One wait for the standby to have everything, ms; it is asked again. */
const DRAIN_WAIT_MS = 1_000;
/** Any other step, ms. */
const STEP_DEADLINE_MS = 5_000;
const stopped: Partial<TimesTenView> = { repAgent: "Not Running" };
const isActive: Partial<TimesTenView> = { repState: "ACTIVE", updatable: "Yes" };

export interface StepContext {
  clock: Clock;
  timesten: TimesTen;
  log: Log;
  /** Asked between the parts of a step: does the newest record still want it? */
  stillWanted: (step: Step) => boolean;
}

/** What came of a step. */
export interface StepOutcome {
  /** What the step has made of the database: known without a look, which would cost the applications time. */
  seen: Partial<TimesTenView>;
  /** Value of the replicated counter that the step wrote. */
  mark: number | null;
}

/**
 * @throws when it did not work: the caller tries again later
 */
export async function runStep(step: Step, c: StepContext): Promise<StepOutcome> {
  const within = <T>(work: (signal: AbortSignal) => Promise<T>) =>
    withDeadline(c.clock, STEP_DEADLINE_MS, work);
  switch (step.do) {
    case "close":
      return close(step, c);
    case "open":
      c.log.info("open the database", { why: step.why });
      await within(signal => c.timesten.open(signal));
      return { seen: { open: true }, mark: null };
    case "setActive":
      c.log.info("become active", { why: step.why });
      // A database that was deactivated in a handover may be connected to its standby: TimesTen refuses then.
      if (step.replicates) await within(signal => c.timesten.stopRepAgent(signal));
      await within(signal => c.timesten.setActive(signal));
      return { seen: { ...isActive, ...(step.replicates ? stopped : {}) }, mark: null };
    case "promote":
      return promote(step, c);
    case "commitAlone":
      await within(signal => c.timesten.savePeerFailed(signal));
      return { seen: { repPeerState: "failed" }, mark: null };
    case "endSolo": {
      const mark = await within(signal => c.timesten.mark(signal));
      return { seen: { dbId: mark }, mark };
    }
    case "drain":
      return drain(step.n, c);
    case "stopReplication":
      await within(signal => c.timesten.stopRepAgent(signal));
      return { seen: stopped, mark: null };
    case "noteSoloed":
      // From here on this disk goes on: what its standby has acknowledged must not be in memory alone.
      await within(signal => c.timesten.makeDurable(signal));
      return { seen: {}, mark: null };
    case "permit":
    case "complete":
    case "refuse":
      return { seen: {}, mark: null };
  }
}

/** A4: permission is over now. What does not let go in time is killed. */
async function close(step: Step & { do: "close" }, c: StepContext): Promise<StepOutcome> {
  const { why, how } = step;
  c.log.info("close the database", { why });
  try {
    await withDeadline(c.clock, closeWithinMs[how], signal => c.timesten.close(signal));
  } catch (error) {
    if (!c.stillWanted(step)) throw error;
    c.log.warn("closing failed, killing the database", { error: String(error) });
    await c.timesten.killProcesses();
  }
  return { seen: { open: false }, mark: null };
}

/** The end of an old writer: its standby gets everything, then it is no longer ACTIVE. */
async function drain(n: number, c: StepContext): Promise<StepOutcome> {
  const arrived = await withDeadline(c.clock, STEP_DEADLINE_MS, signal =>
    c.timesten.waitForStandby(DRAIN_WAIT_MS, signal),
  );
  if (!arrived) throw new Error("the standby has not received everything yet");
  c.log.info("everything is at the standby", { n });
  await withDeadline(c.clock, STEP_DEADLINE_MS, signal => c.timesten.deactivate(signal));
  return { seen: { repState: "IDLE", updatable: "No" }, mark: null };
}

/** A3, last part: stop receiving, then become the active. */
async function promote(step: Step & { do: "promote" }, c: StepContext): Promise<StepOutcome> {
  c.log.info("promote", { n: step.n, why: step.why });
  if (step.replicates) {
    await withDeadline(c.clock, STEP_DEADLINE_MS, signal => c.timesten.stopRepAgent(signal));
    if (!c.stillWanted(step)) return { seen: stopped, mark: null };
  }
  await withDeadline(c.clock, STEP_DEADLINE_MS, signal => c.timesten.setActive(signal));
  return { seen: { ...isActive, ...stopped }, mark: null };
}
