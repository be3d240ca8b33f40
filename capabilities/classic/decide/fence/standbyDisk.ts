/**
 * A standby that leaves its Pair in order tells its writer to go on alone. A writer that dies before it takes that word
 * leaves a copy behind that has everything: the standby's disk, while its own may lack the last commits.
 */
import { endedInOrder, type AgentState, type PermissionRecord, type Writer } from "../../../../protocol";
import type { Observation, ObservedPod } from "../../observation";
import {
  formerLifeOpen,
  heard,
  isTwosafe,
  lifeOf,
  loadedAgain,
  otherPod,
  sameVolume,
  writerPod,
} from "../facts";

/** @returns n of the ready Pair that the record left and whose standby may still be the one to go on; 0: of none */
export function leftPair({ mode, from, alt }: PermissionRecord): number {
  if (mode === "Closed") return from;
  return mode === "Solo" ? alt : 0;
}

/**
 * @param standby what the standby's agent says, its database loaded
 * @param writer the pod with the old writer's disk
 * @param old the writer of the record
 * @param p n of the ready Pair that was left
 * @returns whether the standby's disk has everything that the old writer's has, which may lack the last commits
 */
export function goesBefore(
  standby: AgentState,
  { writer, old, p }: { writer: ObservedPod; old: Writer; p: number },
): boolean {
  const told = heard(writer);
  if (told === null || p === 0 || standby.permission.diskCompleteFor !== p) return false;
  if (!mayLack(told, { old, p })) return false;
  // Else the writer may have committed more than it sent.
  return isTwosafe(standby.timesten) || isAhead(standby, writer);
}

/** The writer never went on alone after Pair p, and its processes died: its disk may lack its last commits. */
function mayLack({ permission, endedBoots }: AgentState, { old, p }: { old: Writer; p: number }): boolean {
  return permission.soloed < p && !endedBoots.some(one => one.boot === old.boot && endedInOrder(one));
}

/**
 * A standby that left Pair p and was killed before its copy was secured: nobody knows whose disk has more of what both
 * had acknowledged.
 * @returns that, as the fact that is missing; null where it cannot be, or where commits waited for nobody
 */
export function whyBothCutShort(
  { podName, permission, timesten }: AgentState,
  { writer, old, p }: { writer: ObservedPod; old: Writer; p: number },
): string | null {
  const told = heard(writer);
  if (told === null || p === 0 || permission.left !== p || permission.diskCompleteFor === p) return null;
  if (!mayLack(told, { old, p }) || !isTwosafe(timesten)) return null;
  return `which copy has the last commits of Pair ${p}: ${podName} and ${writer.name} were both cut short`;
}

function isAhead(standby: AgentState, writer: ObservedPod): boolean {
  const mine = loadedAgain(writer);
  return mine !== null && mine.state.timesten.dbId < standby.timesten.dbId;
}

/** The facts without which the standby's disk is not named. @returns what is missing, or null */
export function whyNotStandbysDisk(o: Observation, from: PermissionRecord, to: Writer): string | null {
  const p = leftPair(from);
  const writer = writerPod(o);
  const standby = o.pods.find(pod => pod.uid === to.podUID);
  if (writer === null || standby === undefined) return "both pods";
  if (lifeOf(o, from.writer).is !== "over") return "a proof that the old writer cannot write";
  if (heard(writer) === null || !sameVolume(writer, from.writer)) return "what the writer's own disk says";
  const loaded = loadedAgain(standby);
  if (loaded?.boot !== to.boot || loaded.state.timesten.repState !== "IDLE") {
    return `the database of ${standby.name}, loaded again`;
  }
  return goesBefore(loaded.state, { writer, old: from.writer, p })
    ? null
    : `${standby.name}'s disk to have everything of Pair ${p}`;
}

/**
 * After a promotion that was given up: the standby was named and ended, in order and with everything, before it became
 * the active; the old one, whose database may lack its last commits, has closed.
 * @returns the fact that is missing, or null
 */
export function whyNotPromotedDisk(o: Observation, from: PermissionRecord, to: Writer): string | null {
  const pod = o.pods.find(one => one.uid === to.podUID);
  const loaded = pod === undefined ? null : loadedAgain(pod);
  if (pod === undefined || loaded?.boot !== to.boot || loaded.state.timesten.repState !== "IDLE") {
    return "the database of the standby that was named, loaded again";
  }
  const { obeyedN, soloed, diskCompleteFor: p } = loaded.state.permission;
  if (obeyedN < from.n || soloed >= from.n - 1 || !sameVolume(pod, from.writer)) {
    return `the word of ${pod.name} that it obeys ${from.n} and never became the active`;
  }
  if (p === 0 || !isTwosafe(loaded.state.timesten)) return `${pod.name}'s disk to have everything`;
  const old = heard(otherPod(o, pod));
  // A standby that left in order before it heard that it was named has told the old active to go on alone.
  if (old === null || old.permission.obeyedN < from.n || !old.permission.closed) {
    return `the word of ${otherPod(o, pod).name} that it obeys ${from.n} and is closed`;
  }
  return old.permission.soloed < p ? formerLifeOpen(o, old) : "an old active that never went on alone since";
}
