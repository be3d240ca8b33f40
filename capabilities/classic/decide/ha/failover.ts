/** The stopwatch of a change of the active: what is noted at the decision, and how far it has come. */
import type { PermissionRecord, Proof } from "../../../../protocol";
import type { RecordWrite, Stopwatch } from "../../decision";
import type { BootEnd, FailoverStart, Observation, ObservedPod, RecordNotes } from "../../observation";
import { otherPod, writerPod } from "../facts";
import type { Verdict } from "../fence/verdict";
import { routeEffects, servingPod } from "./routing";

/** @returns the write of the record with all that is noted beside it */
export function recordWrite(o: Observation, verdict: Verdict): RecordWrite | null {
  const { write: value, why, proof } = verdict;
  if (value === null) return null;
  const pod = o.pods.find(one => one.uid === value.writer.podUID) ?? writerPod(o);
  const container = o.containers.find(one => one.boot === value.writer.boot) ?? null;
  const notes: RecordNotes = { ...notesFor(o, value, proof), container };
  return { value, replaces: o.record?.resourceVersion ?? null, writerPodName: pod?.name ?? "", notes, why };
}

function notesFor(
  o: Observation,
  value: PermissionRecord,
  proof: Proof | null,
): Omit<RecordNotes, "container"> {
  const to = o.pods.find(one => one.uid === value.writer.podUID);
  if (proof !== null && to !== undefined) {
    return { proofs: [proof], failover: failoverStart(o, value, proof, otherPod(o, to), to) };
  }
  // The stopwatch runs on until the pair is redundant again.
  const kept = value.writer.boot === o.record?.value.writer.boot;
  return { proofs: [], failover: kept ? (o.record?.notes.failover ?? null) : null };
}

function failoverStart(
  o: Observation,
  value: PermissionRecord,
  proof: Proof,
  from: ObservedPod,
  to: ObservedPod,
): FailoverStart {
  const end = o.ends.find(one => one.boot === proof.boot && one.podUID === proof.podUID);
  const view = to.agent.state?.timesten;
  return {
    epoch: value.from,
    recordNumber: value.n,
    fromPod: from.name,
    toPod: to.name,
    ...failedAt(end, from),
    seenAtMs: end?.heardAtMs ?? o.nowMs,
    provenAtMs: o.nowMs,
    proof: `${proof.kind}: ${proof.by}`,
    // Only with two-safe does every acknowledged commit exist on both sides.
    possibleLoss: view?.usingTwosafe !== true || view.disableReturn || view.localCommit,
  };
}

function failedAt(
  end: BootEnd | undefined,
  from: ObservedPod,
): Pick<FailoverStart, "failedAtMs" | "failedAtSource"> {
  const endedAtMs = end?.endedAtMs ?? null;
  if (end !== undefined && endedAtMs !== null) return { failedAtMs: endedAtMs, failedAtSource: end.source };
  return { failedAtMs: from.agent.lastHeardMs, failedAtSource: "last heard" };
}

/** @returns the stopwatch as far as it has come, or null when the record is not about a change of the active */
export function stopwatchOf(o: Observation, verdict: Verdict, write: RecordWrite | null): Stopwatch | null {
  const record = write?.value ?? o.record?.value;
  const start = write === null ? (o.record?.notes.failover ?? null) : write.notes.failover;
  if (record === undefined || start === null) return null;
  const serving = servingPod(o)?.name === start.toPod;
  return {
    ...start,
    promoted: serving,
    routed: serving && routed(o),
    redundant: serving && verdict.situation === "redundant",
  };
}

/** Either it leads there already, or this pass's effect makes it. */
function routed(o: Observation): boolean {
  const pod = servingPod(o);
  if (pod === null) return false;
  return routeEffects(o).length > 0 || (o.routed?.podUID === pod.uid && o.routed?.ip === pod.ip);
}
