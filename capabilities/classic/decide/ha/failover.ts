/** The stopwatch of a change of the active: what is noted at the decision, and how far it has come. */
import type { PermissionRecord } from "../../../../protocol";
import type { RecordWrite, Stopwatch } from "../../decision";
import type {
  BootEnd,
  FailoverStart,
  Handover,
  Observation,
  ObservedPod,
  RecordNotes,
} from "../../observation";
import { heard, isTwosafe, otherPod, podOf, writerPod } from "../facts";
import { plannedChange } from "../fence/handover";
import { carried, type Ground } from "../fence/proofs";
import type { Verdict } from "../fence/verdict";
import { routed, servingPod } from "./routing";

/** @returns the write of the record with all that is noted beside it */
export function recordWrite(o: Observation, verdict: Verdict): RecordWrite | null {
  const { write: value, why } = verdict;
  if (value === null) return null;
  const pod = o.pods.find(one => one.uid === value.writer.podUID) ?? writerPod(o);
  const writerPodName = pod?.name ?? "";
  return {
    value,
    replaces: o.record?.resourceVersion ?? null,
    writerPodName,
    notes: notesFor(o, value, verdict),
    why,
  };
}

function notesFor(o: Observation, value: PermissionRecord, { proof, handover }: Verdict): RecordNotes {
  const to = o.pods.find(one => one.uid === value.writer.podUID);
  const before = o.record;
  const container = o.containers.find(one => one.boot === value.writer.boot) ?? null;
  const samePod = before?.value.writer.podUID === value.writer.podUID;
  const node = to?.nodeName ?? (samePod ? (before?.notes.node ?? null) : null);
  const where = { container, node };
  if (proof !== null && to !== undefined) {
    const failover = failoverStart(o, value, proof, otherPod(o, to), to);
    return { ...where, proofs: carried(proof), failover, handover: null };
  }
  // The stopwatch runs on until the pair is redundant again.
  const kept = value.writer.boot === before?.value.writer.boot;
  const failover = kept ? (before?.notes.failover ?? null) : null;
  return { ...where, proofs: [], failover, handover: handoverNote(o, value, handover) };
}

function handoverNote(o: Observation, value: PermissionRecord, begun: Verdict["handover"]): Handover | null {
  const from = writerPod(o);
  if (begun === undefined || from === null || value.mode !== "Closed") return null;
  return { ...begun, startedAtMs: o.nowMs, fromPod: from.name, toPod: otherPod(o, from).name };
}

function failoverStart(
  o: Observation,
  value: PermissionRecord,
  proof: Ground,
  from: ObservedPod,
  to: ObservedPod,
): FailoverStart {
  const end = o.ends.find(one => one.boot === proof.boot && one.podUID === proof.podUID);
  const handover = plannedChange(o);
  return {
    kind: handover?.kind ?? "failover",
    requestId: handover?.requestId ?? null,
    epoch: value.n,
    recordNumber: value.n,
    fromPod: from.name,
    toPod: to.name,
    ...failedAt(o, end, handover),
    seenAtMs: handover?.startedAtMs ?? end?.heardAtMs ?? o.nowMs - o.writerSeen.silentForMs,
    provenAtMs: o.nowMs,
    proof: `${proof.kind}: ${proof.by}`,
    ...lossOf(o, from, to),
  };
}

type Loss = Pick<FailoverStart, "possibleLoss" | "lossBytes" | "fromPosition" | "toPosition">;

/** What may be missing, by the last that was heard. Nothing is where the old writer drained. */
function lossOf(o: Observation, from: ObservedPod, to: ObservedPod): Loss {
  const drained = o.record !== null && saidDrained(o, o.record.value);
  const view = to.agent.state?.timesten;
  const possibleLoss = !drained && (view === undefined || !isTwosafe(view));
  const toPosition = to.agent.state?.timesten.dbId ?? null;
  const fromPosition = o.writerSeen.dbId ?? from.agent.viaPeer?.digest.timesten.dbId ?? null;
  return { possibleLoss, lossBytes: possibleLoss ? o.writerSeen.lagBytes : null, fromPosition, toPosition };
}

/** The old writer's agent keeps its word on disk: it counts also after the end of that life. */
function saidDrained(o: Observation, record: PermissionRecord): boolean {
  const from = podOf(o, record.writer.podUID);
  const state = from === undefined ? null : heard(from);
  return record.mode === "Closed" && state?.permission.drained === record.n;
}

function failedAt(
  o: Observation,
  end: BootEnd | undefined,
  handover: Handover | null,
): Pick<FailoverStart, "failedAtMs" | "failedAtSource"> {
  // From then on nobody could write: that is what the applications felt.
  if (handover !== null) return { failedAtMs: handover.startedAtMs, failedAtSource: "record Closed" };
  const endedAtMs = end?.endedAtMs ?? null;
  if (end !== undefined && endedAtMs !== null) return { failedAtMs: endedAtMs, failedAtSource: end.source };
  return { failedAtMs: o.writerSeen.lastHeardMs, failedAtSource: "last heard" };
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
