/** One pass over an object with independent databases: observe, decide, act, report. */
import type { TimesTenClassicObject } from "../../../generated/types";
import { KubeError } from "../../runtime/ports";
import type { PassResult } from "../../runtime/queue";
import { runEffects } from "../act/execute";
import { sendCommand } from "../act/tell";
import type { Reason } from "../decision";
import type { PairMemory } from "../observe/memory";
import type { PassContext } from "../pass";
import { writeReport } from "../report/report";
import { scale } from "./act";
import { decideIndependent, type IndependentDecision } from "./decide";
import type { IndependentObservation } from "./observation";
import { observeIndependent, type GatheredIndependent } from "./observe";
import { makeIndependentReport } from "./report";

/** After a failed effect the pass comes back soon, ms. */
const EFFECT_RETRY_MS = 1_000;
/** A new leader looks again this soon while the agents have not answered, ms. */
const WARMING_WAKE_MS = 500;

/**
 * @param object as just read from the API server, with its sessions wanted
 * @throws what the API server answers; the queue tries again
 */
export async function runIndependentPass(
  c: PassContext,
  key: string,
  object: TimesTenClassicObject,
  memory: PairMemory,
  found: Pick<GatheredIndependent, "needs" | "secret">,
): Promise<PassResult> {
  const { clock } = c.world;
  const o = observeIndependent({
    ...c.around.gatherIndependent(object, memory),
    nowMs: clock.nowMs(),
    monotonicMs: clock.monotonicMs(),
    object,
    settings: c.executor.settings,
    ...found,
    memory,
  });
  // What was not heard yet is no news: a database is not Down because the leader is new.
  if (memory.isWarming(o.pods, o.nowMs)) return { wakeAfterMs: WARMING_WAKE_MS };
  const d = decideIndependent(o);
  c.executor.mayAct();
  for (const { command } of d.pods) {
    if (command === null) continue;
    const { nowMs } = o;
    const { sessions } = c.around;
    sendCommand(command.podUID, command.command, { nowMs, sessions, memory, onAnswer: () => c.enqueue(key) });
  }
  const failures = await act(c, o, d, memory);
  for (const failure of failures) c.world.log.warn("effect failed", { key, ...failure });
  return report(c, o, withFailures(d, failures), memory);
}

async function act(
  c: PassContext,
  o: IndependentObservation,
  d: IndependentDecision,
  memory: PairMemory,
): Promise<Reason[]> {
  const { failures, deleted } = await runEffects(c.executor, o.object, memory, d.effects);
  for (const effect of d.effects) {
    if (effect.do !== "deletePod" || effect.event === null || !deleted.includes(effect.podUID)) continue;
    memory.pendingEvents.push(effect.event);
  }
  if (d.scaleTo === null) return failures;
  const failure = await scale(c.executor, o.object, memory, d.scaleTo);
  return failure === null ? failures : [...failures, failure];
}

/** A failed effect is shown, not hidden: with the reasons and as Stalled. */
function withFailures(d: IndependentDecision, failures: Reason[]): IndependentDecision {
  const [first] = failures;
  if (first === undefined) return d;
  const Stalled = d.conditions.Stalled ?? { status: "True" as const, ...first };
  return {
    ...d,
    reasons: [...d.reasons, ...failures],
    problems: [...d.problems, ...failures],
    conditions: { ...d.conditions, Reconciling: null, Stalled },
    wakeAfterMs: Math.min(d.wakeAfterMs, EFFECT_RETRY_MS),
  };
}

async function report(
  c: PassContext,
  o: IndependentObservation,
  d: IndependentDecision,
  memory: PairMemory,
): Promise<PassResult> {
  const done = { nowMs: c.world.clock.nowMs(), operatorName: c.operatorName };
  const made = makeIndependentReport(o, d, done, memory.known, memory.pendingEvents);
  c.executor.mayAct();
  try {
    await writeReport(made, o.object, memory, c.world.kube, c.events);
  } catch (error) {
    if (error instanceof KubeError && (error.status === 409 || error.status === 404))
      return { wakeAfterMs: 0 };
    throw error;
  }
  return { wakeAfterMs: d.wakeAfterMs };
}
