/** What follows from an observation about an upgrade: who runs which image, what is next, what is well. */
import type { AgentState } from "../../../../protocol";
import type { Observation, ObservedPod } from "../../observation";
import {
  closedByPerson,
  completeFor,
  heard,
  isClosedByPerson,
  lifeOf,
  otherPod,
  serves,
  staying,
  writerPod,
} from "../facts";
import { whyNotInOrder } from "../fence/handover";
import { major } from "./release";

/** @returns the image that both pods are to run */
export function target(o: Pick<Observation, "object">): string {
  return o.object.spec.ttspec.image;
}

/** @returns whether the operator replaces pods itself; the word's case does not count */
export function isAutomatic({ object }: Pick<Observation, "object">): boolean {
  return (object.spec.ttspec.imageUpgradeStrategy ?? "auto").toLowerCase() !== "manual";
}

/** done: it is there and runs the wanted image. old: it is there and runs another. away: gone, or on its way. */
export type PodImage = "done" | "old" | "away";

export function imageOf(o: Pick<Observation, "object">, pod: ObservedPod): PodImage {
  if (pod.uid === null || pod.terminating || pod.images?.tt === undefined) return "away";
  return pod.images.tt === target(o) ? "done" : "old";
}

/** @returns whether some pod runs another image than the wanted one, also one on its way out */
export function isMixed(o: Pick<Observation, "object" | "pods">): boolean {
  return o.pods.some(pod => pod.uid !== null && pod.images !== null && pod.images.tt !== target(o));
}

/** @returns whether both pods are there with the wanted image */
export function allDone(o: Pick<Observation, "object" | "pods">): boolean {
  return o.pods.every(pod => imageOf(o, pod) === "done");
}

/** @returns whether both run it: their agents answer */
export function allRun(o: Pick<Observation, "object" | "pods">): boolean {
  return allDone(o) && o.pods.every(pod => heard(pod) !== null);
}

/** Writer and standby, where both are known. */
export interface Roles {
  writer: ObservedPod;
  peer: ObservedPod;
}

export function rolesNow(o: Observation): Roles | null {
  const writer = writerPod(o);
  return writer === null ? null : { writer, peer: otherPod(o, writer) };
}

/** @returns the pod that is to be replaced next: the standby first, the active only when the standby is done */
export function nextToReplace(o: Observation): ObservedPod | null {
  const roles = rolesNow(o);
  if (roles === null) return null;
  switch (imageOf(o, roles.peer)) {
    case "old":
      return roles.peer;
    case "away":
      return null;
    case "done":
      return imageOf(o, roles.writer) === "old" ? roles.writer : null;
  }
}

/** @returns the writer's state if its database serves right now and stays */
export function servingWriter(o: Observation): AgentState | null {
  const writer = writerPod(o);
  const record = o.record?.value;
  if (writer === null || record === undefined || writer.uid !== record.writer.podUID) return null;
  const life = lifeOf(o, record.writer);
  const fit = life.is === "alive" && staying(writer) !== null && serves(life.state, record.writer);
  return fit ? life.state : null;
}

/**
 * @returns whether the standby is of no use at this moment while the active serves: to replace its pod then takes
 *   nothing away
 */
export function standbyIsExpendable(o: Observation): boolean {
  const record = o.record?.value;
  const roles = rolesNow(o);
  if (record === undefined || roles === null || servingWriter(o) === null) return false;
  if (record.mode === "Solo") return true;
  return record.mode === "Pair" && !record.ready && completeFor(roles.peer, record.n) === null;
}

/** @returns whether a pod cannot start with the image it was made with */
export function isStuck(pod: ObservedPod): boolean {
  if (pod.uid === null || pod.terminating || pod.trouble === null || heard(pod) !== null) return false;
  return pod.container?.running !== true;
}

/** @returns why the pair is not fit for losing a pod on purpose, for people; null when it is */
export function whyNotFit(o: Observation): string | null {
  const unfit = whyNotInOrder(o);
  if (unfit !== null) return unfit;
  const roles = rolesNow(o);
  const state = roles === null ? null : heard(roles.writer);
  // The promotion would open it to its users.
  if (roles !== null && state !== null && isClosedByPerson(state)) return closedByPerson(roles.writer.name);
  return roles === null || staying(roles.peer) === null ? "the standby is shutting down" : null;
}

/** @returns release of the pod's instance; null where it is not known */
export function releaseOf(pod: Pick<ObservedPod, "agent"> | undefined): string | null {
  const release = (pod === undefined ? null : heard(pod))?.timesten.release;
  return release === undefined || release === "Unknown" || release === "" ? null : release;
}

/** @returns the release of the wanted image, as a pod that runs it says; null where none does */
export function releaseOfTarget(o: Observation): string | null {
  const running = o.pods.find(pod => imageOf(o, pod) === "done" && releaseOf(pod) !== null);
  return releaseOf(running);
}

/** @returns whether two databases may replicate: they are of one major release, or it is not known */
export function mayReplicate(a: ObservedPod, b: ObservedPod): boolean {
  const [x, y] = [releaseOf(a), releaseOf(b)];
  return x === null || y === null || major(x) === major(y);
}
