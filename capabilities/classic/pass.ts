/** One pass over one object: observe, decide, record, act, report. */
import {
  timesTenClassicResource,
  type LastFailover,
  type TimesTenClassicObject,
} from "../../generated/types";
import {
  identityOf,
  isOwnedBy,
  normalObject,
  parseSecret,
  recordLeaseName,
  resources,
  secretName,
  type Lease,
  type Secret,
} from "../objects";
import { KubeError, type World } from "../runtime/ports";
import type { PassResult } from "../runtime/queue";
import { RecordConflict, runEffects, writeRecord, type Executor, type Told } from "./act/execute";
import { sendCommands, tellRecord } from "./act/tell";
import { decide } from "./decide/decide";
import { withDeleted } from "./decide/upgrade/upgrade";
import { evidenceFor } from "./decide/fence/proofs";
import type { Decision } from "./decision";
import { runIndependentPass } from "./independent/pass";
import type { Observation, OwnedFacts } from "./observation";
import type { PairMemory } from "./observe/memory";
import { nodeOfSilentWriter, type NodeObject } from "./observe/attested";
import { observe, type Gathered } from "./observe/observe";
import type { EventWriter } from "./report/eventWriter";
import { makeReport, settleUncertain, writeReport } from "./report/report";
import type { Surroundings } from "./surroundings";
import { needsOf } from "./surveying";

export interface PassContext {
  world: World;
  executor: Executor;
  around: Surroundings;
  events: EventWriter;
  operatorName: string;
  /** @returns the memory of this pair; a new one where the object is another than before */
  memoryOf: (key: string, objectUID: string) => PairMemory;
  /** Forgets everything about an object that is gone. */
  forget: (key: string) => void;
  enqueue: (key: string) => void;
  /** Told of each change of the active whose last station has been reported. */
  onFailover: (failover: LastFailover) => void;
}

/** After a failed effect the pass comes back soon, ms. */
const EFFECT_RETRY_MS = 1_000;
/** A new leader looks again this soon while the agents have not answered, ms. */
const WARMING_WAKE_MS = 500;
/** So long after a handover began its passes look at nothing but the databases, ms: most are over by then. */
const HANDOVER_QUIET_MS = 1_000;
/** A Secret that could not be read is looked for again after this, ms. */
const SECRET_CHECK_MS = 60_000;

/** @throws what the API server answers; the queue tries again */
export async function runPass(c: PassContext, key: string): Promise<PassResult> {
  const [namespace = "", name = ""] = key.split("/");
  const { kube } = c.world;
  const [stored, lease] = await Promise.all([
    kube.get<TimesTenClassicObject>(timesTenClassicResource, namespace, name),
    kube.get<Lease>(resources.lease, namespace, recordLeaseName(name)),
  ]);
  if (stored === null) {
    c.forget(key);
    return {};
  }
  const object = normalObject(stored);
  const memory = c.memoryOf(key, identityOf(object).uid);
  settleUncertain(object, memory, c.events);
  tellFinished(c, memory);
  const secret = await checkSecret(c, object, memory);
  c.around.wantSessions(key, object, memory);
  return passOver(c, key, object, memory, { lease, secret });
}

async function passOver(
  whole: PassContext,
  key: string,
  stored: TimesTenClassicObject,
  memory: PairMemory,
  { lease, secret }: { lease: Lease | null; secret: Pick<OwnedFacts, "presence" | "fault"> },
): Promise<PassResult> {
  const {
    facts: needs,
    object,
    size,
  } = needsOf(whole, key, stored, memory, whole.around.statefulSet(stored));
  const { executor } = whole;
  const c = { ...whole, executor: { ...executor, settings: { ...executor.settings, size } } };
  if (object.spec.ttspec.replicationTopology === "none") {
    return runIndependentPass(c, key, object, memory, { needs, secret });
  }
  const gathered = c.around.gather(object, memory);
  const o = observe({
    ...gathered,
    node: await readNode(c, object, lease, gathered),
    nowMs: c.world.clock.nowMs(),
    monotonicMs: c.world.clock.monotonicMs(),
    object,
    settings: c.executor.settings,
    lease,
    needs,
    secret,
    memory,
  });
  return carryOut(c, key, o, decide(o), memory);
}

/** The node of a writer that is silent: it may be marked as out of service. Without the right to read it, or an answer, nobody vouches. */
async function readNode(
  c: PassContext,
  object: TimesTenClassicObject,
  lease: Lease | null,
  { pods, sessions }: Pick<Gathered, "pods" | "sessions">,
): Promise<NodeObject | null> {
  const isHeard = (podUID: string): boolean => sessions(podUID)?.connected === true;
  const name = nodeOfSilentWriter(object, lease, pods, isHeard);
  if (name === null) return null;
  try {
    return await c.world.kube.get<NodeObject>(resources.node, undefined, name);
  } catch (error) {
    c.world.log.warn("node not read", { node: name, error: String(error) });
    return null;
  }
}

async function carryOut(
  c: PassContext,
  key: string,
  o: Observation,
  d: Decision,
  memory: PairMemory,
): Promise<PassResult> {
  const { sessions } = c.around;
  if (d.recordWrite !== null) {
    try {
      await writeRecord(c.executor, o.object, d.recordWrite);
    } catch (error) {
      if (error instanceof RecordConflict) return { wakeAfterMs: 0 };
      throw error;
    }
  }
  c.executor.mayAct();
  const told = newestWord(o, d);
  if (told !== null) tellRecord(o, told, sessions, memory);
  // Commands were thought of under the former record: after a write the next pass thinks again.
  if (d.recordWrite === null) sendCommands(o, d.commands, sessions, memory, () => c.enqueue(key));
  const quietMs = handoverQuietMs(o, d);
  const effects = quietMs > 0 ? d.effects.filter(effect => effect.do === "route") : d.effects;
  const done = await runEffects(c.executor, o.object, memory, effects);
  if (quietMs > 0) return { wakeAfterMs: Math.min(d.wakeAfterMs, quietMs) };
  for (const failure of done.failures) c.world.log.warn("effect failed", { key, ...failure });
  const wakeAfterMs = wake(d, done.failures.length > 0);
  const waiting = d.recordWrite === null && memory.isWarming(o.pods, o.nowMs);
  if (waiting) return { wakeAfterMs: Math.min(wakeAfterMs, WARMING_WAKE_MS) };
  const report = makeReport(
    o,
    withFailures(withDeleted(d, done.deleted, o.nowMs), done.failures),
    { routedAtMs: done.routedAtMs, nowMs: c.world.clock.nowMs(), operatorName: c.operatorName },
    memory.known,
    memory.pendingEvents,
  );
  c.executor.mayAct();
  try {
    await writeReport(report, o.object, memory, c.world.kube, c.events);
    tellFinished(c, memory);
  } catch (error) {
    if (error instanceof KubeError && error.status === 409) return { wakeAfterMs: 0 };
    if (error instanceof KubeError && error.status === 404) return { wakeAfterMs: 0 };
    throw error;
  }
  return { wakeAfterMs };
}

/**
 * Nobody may write until the next record: what only tells or tidies would hold it up, by a round trip to the API server
 * for each.
 * @returns how long it may wait still, ms; 0: no longer
 */
function handoverQuietMs({ record, nowMs }: Observation, d: Decision): number {
  const handover = record?.value.mode === "Closed" ? record.notes.handover : null;
  if (handover === null || d.recordWrite !== null) return 0;
  const sinceMs = Math.max(0, nowMs - handover.startedAtMs);
  return Math.max(0, HANDOVER_QUIET_MS - sinceMs);
}

function tellFinished(c: PassContext, memory: PairMemory): void {
  for (const failover of memory.finishedFailovers.splice(0)) c.onFailover(failover);
}

/** The record in force after this pass's write, with the evidence for it. */
function newestWord(o: Observation, d: Decision): Told | null {
  const { recordWrite: write } = d;
  if (write === null) return o.record === null ? null : { record: o.record.value, evidence: d.evidence };
  const { value, notes, writerPodName } = write;
  const record = { value, notes, writerPodName, resourceVersion: "" };
  return { record: value, evidence: evidenceFor({ ...o, record }) };
}

function wake(d: Decision, failed: boolean): number {
  const next = d.recordWrite === null ? d.wakeAfterMs : Math.min(d.wakeAfterMs, EFFECT_RETRY_MS);
  return failed ? Math.min(next, EFFECT_RETRY_MS) : next;
}

/** A failed effect is shown, not hidden: with the reasons and as Stalled. */
function withFailures(d: Decision, failures: Decision["reasons"]): Decision {
  const [first] = failures;
  if (first === undefined) return d;
  const Stalled = d.conditions.Stalled ?? { status: "True" as const, ...first };
  return {
    ...d,
    reasons: [...d.reasons, ...failures],
    conditions: { ...d.conditions, Reconciling: null, Stalled },
  };
}

/** The credentials of the sessions: read once, and again when they are missing or an agent does not answer. */
export async function checkSecret(
  c: Pick<PassContext, "world" | "around">,
  object: TimesTenClassicObject,
  memory: PairMemory,
): Promise<Pick<OwnedFacts, "presence" | "fault">> {
  const { namespace, uid } = identityOf(object);
  const nowMs = c.world.clock.nowMs();
  const known = memory.credentials;
  const fresh = known !== null && nowMs - known.checkedAtMs < SECRET_CHECK_MS;
  if (known !== null && (fresh || !c.around.anySilent(memory))) return { presence: "ours", fault: null };
  const secret = await c.world.kube.get<Secret>(resources.secret, namespace, secretName(uid));
  if (secret === null) return { presence: "missing", fault: null };
  if (!isOwnedBy(secret, object)) return { presence: "foreign", fault: "its owner is another" };
  const parsed = parseSecret(secret);
  if ("fault" in parsed) return { presence: "broken", fault: parsed.fault };
  memory.credentials = { value: parsed.credentials, checkedAtMs: nowMs };
  return { presence: "ours", fault: null };
}
