/** What follows from an observation, given the words of docs/fencing.md. Pure look-ups, shared by all rules. */
import type { AgentState, PeerDigest, PermissionRecord, TimesTenView, Writer } from "../../../protocol";
import type { BootEnd, Observation, ObservedPod } from "../observation";

/** @returns the state of the pod's agent if it is heard right now, else null */
export function heard(pod: Pick<ObservedPod, "agent">): AgentState | null {
  return pod.agent.connected ? pod.agent.state : null;
}

/** @returns whether the pod runs and its agent is heard and stays: good for building and for promotion */
export function staying(pod: ObservedPod): AgentState | null {
  const state = heard(pod);
  return state !== null && !state.stopping && !pod.terminating ? state : null;
}

/** What the other pod's agent told about a pod so long ago says nothing about now any more, ms. */
const PEER_WORD_MS = 3_000;

/** @returns what the other pod's agent hears of this one now, or null. For detection and status; never a proof. */
export function heardByPeer(pod: Pick<ObservedPod, "agent">): PeerDigest | null {
  const { viaPeer } = pod.agent;
  return viaPeer !== null && viaPeer.agoMs <= PEER_WORD_MS ? viaPeer.digest : null;
}

/** @returns whether neither we nor its peer heard anything of the pod's agent for longer than the object allows */
export function silentTooLong(
  o: { settings: Pick<Observation["settings"], "unreachableTimeoutMs"> },
  pod: Pick<ObservedPod, "agent">,
): boolean {
  if (pod.agent.connected || heardByPeer(pod) !== null) return false;
  return pod.agent.silentForMs >= o.settings.unreachableTimeoutMs;
}

export function otherPod(o: Observation, pod: ObservedPod): ObservedPod {
  return pod.ordinal === 0 ? o.pods[1] : o.pods[0];
}

/** @returns the pod of that uid, also where only its agent is left */
export function podOf(o: Observation, podUID: string): ObservedPod | undefined {
  return [...o.pods, ...(o.former === null ? [] : [o.former])].find(pod => pod.uid === podUID);
}

/**
 * The pod that holds the writer's database: its volume is bound to the ordinal, so a successor of the same name
 * has the same disk.
 * @returns null when the record names a pod that is none of this pair
 */
export function writerPod(o: Observation): ObservedPod | null {
  if (o.record === null) return null;
  const { value, writerPodName } = o.record;
  const byUID = podOf(o, value.writer.podUID);
  if (byUID !== undefined) return byUID;
  const byMemory = o.pods.find(pod => remembers(pod.agent.state, value.writer.boot));
  return byMemory ?? o.pods.find(pod => pod.name === writerPodName) ?? null;
}

function remembers(state: AgentState | null, boot: string): boolean {
  return state?.endedBoots.some(ended => ended.boot === boot) ?? false;
}

/** What is known of one life of a database. */
export type Life =
  | { is: "alive"; state: AgentState }
  | { is: "over"; end: BootEnd }
  /** Nobody said anything: that proves nothing. */
  | { is: "unknown" };

/** @returns whether that life of a database goes on, is proven over, or neither is known */
export function lifeOf(o: Observation, writer: Writer): Life {
  const pod = podOf(o, writer.podUID);
  const state = pod === undefined ? null : heard(pod);
  if (state !== null && state.boot === writer.boot) return { is: "alive", state };
  const end = o.ends.find(one => one.podUID === writer.podUID && one.boot === writer.boot);
  return end === undefined ? { is: "unknown" } : { is: "over", end };
}

/**
 * @returns whether this database serves as the writer of that record (or of one it has not heard yet). One that a person
 *   has closed does all but let users in: that is no fault.
 */
export function serves(state: AgentState, writer: Writer): boolean {
  const isOpen = state.timesten.open || state.permission.closedByPerson;
  return state.boot === writer.boot && isOpen && state.timesten.repState === "ACTIVE";
}

/** @returns whether a person has closed this database and nobody has opened it since */
export function isClosedByPerson(state: AgentState): boolean {
  return state.permission.closedByPerson && !state.timesten.open;
}

/** @returns the sentence that tells people so */
export function closedByPerson(name: string): string {
  return `${name} was closed by a person (ttAdmin -close) and refuses its users until it is opened (ttAdmin -open) or the roles change`;
}

/** @returns whether the writer answered that it obeys exactly this record and works without an end to its permission */
export function obeysAlone(state: AgentState, record: PermissionRecord): boolean {
  const { obeyedN, mode } = state.permission;
  return state.boot === record.writer.boot && obeyedN === record.n && mode === "endless";
}

/** A database in memory and what its agent says. */
export interface Loaded {
  state: AgentState;
  boot: string;
}

/** @returns the pod's database if it has everything acknowledged for Pair p and may be promoted for it, else null */
export function completeFor(pod: ObservedPod, p: number): Loaded | null {
  const state = staying(pod);
  if (state === null || p === 0 || state.boot === null) return null;
  const { permission, timesten } = state;
  const fit = permission.completeFor === p && permission.left !== p && timesten.repState === "STANDBY";
  return fit ? { state, boot: state.boot } : null;
}

/**
 * A Pod that was deleted by force may live on where nobody reaches it: what its volume last ran there needs a proof of
 * its own, unless it was this very Pod's.
 * @returns the proof that is missing, or null
 */
export function formerLifeOpen(o: Observation, { podName, podUID, endedBoots }: AgentState): string | null {
  const [former] = endedBoots;
  if (former === undefined || former.podUID === podUID) return null;
  const isOver = o.ends.some(
    end => end.boot === former.boot && (former.podUID === "" || end.podUID === former.podUID),
  );
  return isOver ? null : `a proof that the former life of ${podName}'s database cannot write`;
}

/**
 * Proof *waited*, as the standby's agent says it: W is over since it last granted for Pair p, and it did not leave p.
 * @returns whether nobody can write by a grant for p
 */
export function waitedOut(pod: ObservedPod, p: number): boolean {
  const permission = heard(pod)?.permission;
  if (permission === undefined || p === 0) return false;
  return permission.waitedFor === p && permission.left !== p && permission.noWaiting === null;
}

/**
 * Under Closed n that left the ready Pair p: the standby obeys n, so it never grants for p again, and has waited. Then
 * the old writer cannot write, whatever became of it.
 */
export function quietSinceClosed(o: Observation, record: PermissionRecord): boolean {
  if (record.mode !== "Closed" || record.from === 0) return false;
  const standby = o.pods.find(pod => pod.uid === record.standby);
  if (standby === undefined || (heard(standby)?.permission.obeyedN ?? 0) < record.n) return false;
  return waitedOut(standby, record.from);
}

/** @returns whether the pod runs and its agent is silent only for a moment */
export function mayStillAnswer(o: Observation, pod: ObservedPod): boolean {
  const there = pod.uid !== null && pod.container?.running === true;
  return there && heard(pod) === null && pod.agent.silentForMs < o.settings.unreachableTimeoutMs;
}

/** @returns whether the pod shall go or its agent is on its way out */
export function leaving(pod: ObservedPod): boolean {
  return pod.terminating || heard(pod)?.stopping === true;
}

/** The database a returned pod has loaded from its own disk, or why there is none. */
export function loadedAgain(pod: ObservedPod): Loaded | null {
  const state = staying(pod);
  if (state === null || state.boot === null || state.timesten.db !== "Loaded") return null;
  return { state, boot: state.boot };
}

/**
 * Whether `pod`'s memory is of the same volume on which `writer` ran.
 * A new pod could have been given an empty volume: then its agent knows nothing of former lives.
 */
export function sameVolume(pod: ObservedPod, writer: Writer): boolean {
  const { state } = pod.agent;
  if (state === null) return false;
  return pod.uid === writer.podUID || remembers(state, writer.boot) || state.permission.soloed > 0;
}

/**
 * Compares how far two databases got, by the replicated counter that the agents write.
 * @returns null when `mine` is not behind, else the fact that is missing or that speaks against it
 */
export function whyBehind(mine: AgentState, peer: ObservedPod): string | null {
  const theirs = heard(peer);
  if (theirs === null) return `how far the copy of ${peer.name} got (its agent does not answer)`;
  const { db, dbId } = theirs.timesten;
  if (db === "None") return null;
  if (db !== "Loaded") return `how far the copy of ${peer.name} got (its database is ${db})`;
  if (mine.timesten.dbId >= dbId) return null;
  return `commits: ${peer.name} has mark ${dbId}, ${mine.podName} only ${mine.timesten.dbId}`;
}

/** @returns whether every commit that was acknowledged exists on both sides */
export function isTwosafe(view: TimesTenView): boolean {
  return view.usingTwosafe && !view.disableReturn && !view.localCommit;
}

/**
 * Where a record was lost nobody knows which copy has everything: one that does not write now must not be behind.
 * @returns the fact that is missing or speaks against it, or null
 */
export function whyFirstBehind(mine: AgentState, other: ObservedPod): string | null {
  return mine.permission.mode === "none" ? whyBehind(mine, other) : null;
}
