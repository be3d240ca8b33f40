/**
 * A pod that goes (SIGTERM). The writer goes on serving while the operator hands over to the standby; a standby first
 * lets its writer go on alone (rule A8). Then the database is brought down cleanly. Every wait ends.
 */
import { namesAsWriter, type PermissionRecord } from "../../protocol";
import type { Clock, Log, TimesTen } from "../ports";
import { attempt } from "./deadline";

/** How long a leaving writer waits for a handover to begin while an operator is connected, ms at most. */
const HANDOVER_MS = 10_000;
/** The same where none is connected: one may just be coming back, ms. */
const NO_OPERATOR_MS = 500;
/** Of the grace period this much is kept for the handover itself and the clean end, ms. */
const RESERVE_MS = 15_000;
/** How long the handover may take once it has begun, ms at most: a little longer than the operator allows. */
const DRAIN_MS = 11_000;
/** The same where the grace period is short, unless it is shorter still, ms. */
const SHORT_DRAIN_MS = 5_000;
/** What unloading and stopping TimesTen takes, ms. */
const END_MS = 8_000;
/**
 * The successor is being made active: what brings this database down, and the next Pod up, would cost it the processor. It
 * is waited for so long, ms.
 */
const SERVES_MS = 1_000;
/** How long each step may take by which a leaving standby keeps its copy, ms. */
const SECURE_MS = 1_000;
/** How long a leaving standby waits for its writer to take the word that it is alone, ms. */
const SOLO_MS = 2_000;
/** A writer that lives answers sooner. One that does not may be dead, and this copy the only one with everything, ms. */
const ANSWER_MS = 250;

/** What leaving looks at. */
export interface LeavingView {
  record: PermissionRecord | null;
  podUID: string;
  boot: string | null;
  mayWrite: boolean;
  /** Operators connected. */
  operators: number;
  /** The other pod's database is open as the active, as its agent says. */
  peerServes: boolean;
}

export interface LeavingParts {
  clock: Clock;
  log: Log;
  /** From SIGTERM to the end, ms. */
  graceMs: number;
  view: () => LeavingView;
  /** @returns whether the condition came true within that time; asked again at every change */
  until: (condition: () => boolean, ms: number) => Promise<boolean>;
  /** Durable: this standby has left Pair n and is complete for nothing any more. */
  noteLeft: (n: number) => Promise<void>;
  /** Durable, whatever comes: this copy takes in nothing more, and all it has is on its disk. */
  secureCopy: () => Promise<void>;
  /** Tells the writer that it is alone; resolves when it has taken it. */
  tellSolo: (n: number, boot: string) => Promise<void>;
}

/**
 * Does what comes before the database is brought down.
 * @throws never: what fails is said in the log
 */
export async function beforeLeaving(p: LeavingParts): Promise<void> {
  const { record, podUID, boot, mayWrite } = p.view();
  if (record === null || boot === null) return;
  if (namesAsWriter(record, podUID, boot)) {
    const startedMs = p.clock.monotonicMs();
    // The operator may have seen the deletion first.
    const begun = record.mode === "Closed" && record.from > 0;
    if (begun || (record.mode === "Pair" && mayWrite && (await handoverBegins(p, record))))
      await handOver(p, startedMs);
  } else if (record.mode === "Pair" && record.standby === podUID) {
    await leaveStandby(p, record);
  }
}

/** @returns whether the operator has answered with another record in time */
async function handoverBegins(p: LeavingParts, pair: PermissionRecord): Promise<boolean> {
  const begun = (): boolean => (p.view().record?.n ?? 0) > pair.n;
  // Only a standby that may be promoted can be handed over to.
  const patienceMs =
    p.view().operators > 0 && pair.ready
      ? Math.max(NO_OPERATOR_MS, Math.min(HANDOVER_MS, p.graceMs - RESERVE_MS))
      : NO_OPERATOR_MS;
  const answered = await p.until(begun, patienceMs);
  if (!answered) p.log.warn("nobody takes over, ending without a handover", { waitedMs: patienceMs });
  return answered;
}

async function handOver(p: LeavingParts, startedMs: number): Promise<void> {
  // Drained is not enough: an end before the operator has acted on that word looks like a loss.
  const over = (): boolean => {
    const { record, podUID, boot } = p.view();
    return record === null || (record.mode !== "Closed" && !namesAsWriter(record, podUID, boot));
  };
  const leftMs = (): number => p.graceMs - (p.clock.monotonicMs() - startedMs);
  const waitedMs = drainMs(leftMs());
  if (await p.until(over, waitedMs))
    await p.until(() => p.view().peerServes, Math.max(0, Math.min(SERVES_MS, leftMs() - END_MS)));
  else p.log.warn("the handover did not come to its end", { waitedMs });
}

/** @param leftMs of the grace period @returns how long the standby may take to get everything, ms */
function drainMs(leftMs: number): number {
  return Math.max(Math.min(DRAIN_MS, leftMs - END_MS), Math.min(SHORT_DRAIN_MS, leftMs / 2), 0);
}

async function leaveStandby(p: LeavingParts, pair: PermissionRecord): Promise<void> {
  try {
    await p.noteLeft(pair.n);
    const taken = p.tellSolo(pair.n, pair.writer.boot).then(() => true);
    // The operator may have written the same meanwhile.
    const written = p.until(() => (p.view().record?.n ?? 0) > pair.n, SOLO_MS);
    const answered = Promise.race([taken, written]);
    // A Pod that is deleted by force has a second or two before everything in it is killed.
    if (!(await Promise.race([answered, p.until(() => false, ANSWER_MS)]))) await p.secureCopy();
    if (!(await answered)) p.log.warn("the active did not answer that it goes on alone");
  } catch (error) {
    p.log.error("could not leave the Pair", { error: String(error) });
  }
}

/**
 * Commits wait for this copy no longer, and what it has acknowledged is on its disk.
 * @param note called once both are so
 */
export async function secureCopy(
  o: { clock: Clock; log: Log; timesten: TimesTen },
  note: () => Promise<void>,
): Promise<void> {
  const stop = (signal: AbortSignal): Promise<void> => o.timesten.stopRepAgent(signal);
  const make = (signal: AbortSignal): Promise<void> => o.timesten.makeDurable(signal);
  const secured =
    (await attempt(o, "stop replication", stop, SECURE_MS)) &&
    (await attempt(o, "make the log durable", make, SECURE_MS));
  if (secured) await note();
}
