/**
 * A planned change of roles: when it begins, and how long the old writer has to let its standby have everything.
 * The steps: Closed, the old writer drains and says so, the standby is promoted.
 */
import { completeFor, heard, leaving, lifeOf, mayStillAnswer, otherPod, serves, writerPod } from "../facts";
import type { Handover, Observation, ObservedPod } from "../../observation";
import type { PermissionRecord } from "../../../../protocol";

/** Annotation of the object: value is the id of a request to change roles; each id is answered once. */
export const SWITCHOVER_ANNOTATION = "timesten.oracle.com/switchover";
/** The old writer has so long to close and to drain, ms; the applications wait meanwhile. */
export const HANDOVER_MS = 4_000;
/** The same for one whose pod goes: it cannot be taken back, and what its standby lacks would be lost, ms. */
export const LEAVING_HANDOVER_MS = 10_000;
/** Longest id that status can show, characters. */
const MAX_ID = 256;

/** @returns id of the switchover that the object asks for, or null */
export function requestedId(o: Observation): string | null {
  const id = o.object.metadata.annotations?.[SWITCHOVER_ANNOTATION]?.trim().slice(0, MAX_ID);
  return id === undefined || id === "" ? null : id;
}

/** @returns id of a request that has not been answered, or null */
export function newRequest(o: Observation): string | null {
  const id = requestedId(o);
  return id === null || o.object.status?.switchover?.requestId === id || requestInRecord(o) === id
    ? null
    : id;
}

/** @returns the planned change that a Closed record is a step of, or null */
export function plannedChange(o: Observation): Handover | null {
  return o.record?.value.mode === "Closed" ? o.record.notes.handover : null;
}

/** @returns whether a planned change is under way whose old writer is still there: what was begun is brought to its end */
export function isHandingOver(o: Observation): boolean {
  return plannedChange(o) !== null && o.record !== null && lifeOf(o, o.record.value.writer).is === "alive";
}

/** @returns id of the switchover that the record in force is about, or null */
export function requestInRecord(o: Observation): string | null {
  return plannedChange(o)?.requestId ?? o.record?.notes.failover?.requestId ?? null;
}

/** @returns why roles cannot be changed by request now, as a sentence for people; null when they can */
export function whyUnfit(o: Observation): string | null {
  const phase = o.object.status?.upgrade?.phase;
  return phase === "Standby" || phase === "Active" ? "an upgrade is under way" : whyNotInOrder(o);
}

/** @returns why the pair is not Normal with a standby that may be promoted at once, for people; null when it is */
export function whyNotInOrder(o: Observation): string | null {
  const { highLevelState = "", conditions = [] } = o.object.status ?? {};
  const holds = (type: string) => conditions.some(one => one.type === type && one.status === "True");
  if (holds("ManagementSuspended")) return "the object is not managed at present";
  if (highLevelState !== "Normal") return `the pair is not Normal but ${highLevelState || "being made"}`;
  const record = o.record?.value;
  const writer = writerPod(o);
  if (record === undefined || writer === null || record.mode !== "Pair" || !record.ready)
    return "the record is no ready Pair";
  const life = lifeOf(o, record.writer);
  if (life.is !== "alive") return `the agent of ${writer.name} does not answer`;
  if (leaving(writer)) return `${writer.name} is shutting down and is handed over for that reason`;
  if (!serves(life.state, record.writer)) return `${writer.name} does not serve at this moment`;
  const standby = otherPod(o, writer);
  return completeFor(standby, record.n) === null ? `${standby.name} cannot take over now` : null;
}

/** @returns the planned change, while the old writer has time to drain; else null */
export function inHandoverTime(o: Observation): Handover | null {
  const leftMs = handoverLeftMs(o);
  return leftMs > 0 ? plannedChange(o) : null;
}

/** @returns what is left of the old writer's time, ms; 0 when it is over or there is none. A clock set back ends it. */
export function handoverLeftMs(o: Observation): number {
  const handover = plannedChange(o);
  if (handover === null) return 0;
  const agoMs = o.nowMs - handover.startedAtMs;
  const writer = writerPod(o);
  const limitMs = writer !== null && leaving(writer) ? LEAVING_HANDOVER_MS : HANDOVER_MS;
  return agoMs < 0 ? 0 : Math.max(0, limitMs - agoMs);
}

/**
 * @returns how long the standby of a planned change may still be silent before it is given up, ms: a leader that has
 * just begun to listen knows nothing against it
 */
export function unheardMs(o: Observation, standby: ObservedPod): number {
  if (plannedChange(o) === null || !mayStillAnswer(o, standby)) return 0;
  return Math.max(0, HANDOVER_MS - standby.agent.silentForMs);
}

/** @returns whether the old writer has closed, its standby had everything afterwards, and it is no longer ACTIVE */
export function isDrained(record: PermissionRecord, writer: ObservedPod): boolean {
  const state = heard(writer);
  if (state === null || record.mode !== "Closed" || state.boot !== record.writer.boot) return false;
  const { drained, closed, obeyedN } = state.permission;
  return closed && drained === record.n && obeyedN >= record.n;
}
