/** Where clients are led and which role each pod is labelled with: always after what the databases say. */
import type { Effect, Role } from "../../decision";
import { completeFor, heard, lifeOf, otherPod, serves, writerPod } from "../facts";
import type { Observation, ObservedPod } from "../../observation";

/** @returns the pod whose database serves as the writer of the record right now, or null */
export function servingPod(o: Observation): ObservedPod | null {
  const pod = writerPod(o);
  if (o.record === null || pod === null || pod.uid !== o.record.value.writer.podUID) return null;
  const state = heard(pod);
  const { value: record } = o.record;
  return state !== null && record.mode !== "Closed" && serves(state, record.writer) ? pod : null;
}

/**
 * One write swaps the old address for the new one, as soon as it is certain that the old database cannot write and the
 * new one is told to: the nodes take the new way while it opens. An address is not withdrawn before: the old database
 * refuses by itself, and a second change so soon would be held back on the nodes. Only a pod that is gone is taken out.
 */
export function routeEffects(o: Observation): Effect[] {
  const pod = servingPod(o) ?? openingPod(o);
  if (pod === null) {
    const stale =
      o.routed !== null && !o.pods.some(one => one.uid === o.routed?.podUID && one.ip === o.routed.ip);
    return stale && !takeoverIsNear(o) ? [{ do: "route", to: null }] : [];
  }
  if (pod.uid === null || pod.ip === null) return [];
  if (o.routed?.podUID === pod.uid && o.routed.ip === pod.ip) return [];
  const { ordinal, uid: podUID, name: podName, ip, nodeName } = pod;
  return [{ do: "route", to: { ordinal, podUID, podName, ip, nodeName } }];
}

/** @returns the pod that is being promoted, where a proof has decided that and nothing speaks against it */
function openingPod(o: Observation): ObservedPod | null {
  const pod = writerPod(o);
  if (o.record === null || pod === null || pod.uid !== o.record.value.writer.podUID) return null;
  const { value: record, notes } = o.record;
  const state = heard(pod);
  if (record.mode !== "Solo" || record.from === 0 || notes.proofs.length === 0 || state === null) return null;
  const goesAhead = state.boot === record.writer.boot && state.permission.refused === null && !state.stopping;
  return goesAhead ? pod : null;
}

/** The address is about to be swapped in one write: to withdraw it now would hold that write back on the nodes. */
function takeoverIsNear(o: Observation): boolean {
  const record = o.record?.value;
  const writer = writerPod(o);
  if (record === undefined || writer === null) return false;
  if (record.mode === "Solo") return record.from > 0;
  const standby = completeFor(otherPod(o, writer), record.mode === "Pair" ? record.n : record.from);
  return standby !== null && (o.former !== null || lifeOf(o, record.writer).is === "over");
}

/** @returns whether the Service leads to the pod that serves, or will when this pass's effects are done */
export function routed(o: Observation): boolean {
  const pod = servingPod(o);
  if (pod === null) return false;
  return routeEffects(o).length > 0 || (o.routed?.podUID === pod.uid && o.routed?.ip === pod.ip);
}

/** @returns the role of each pod, by ordinal */
export function rolesOf(o: Observation): [Role | null, Role | null] {
  return [roleOf(o, o.pods[0]), roleOf(o, o.pods[1])];
}

function roleOf(o: Observation, pod: ObservedPod): Role | null {
  const record = o.record?.value;
  if (record === undefined || pod.uid === null) return null;
  if (pod.uid === record.writer.podUID) {
    if (servingPod(o) === pod) return "active";
    const life = lifeOf(o, record.writer).is;
    // Silence changes nothing: the label stays until its life is over. Nor does it change on the way to the takeover.
    if (pod.roleLabel === "active") return life === "unknown" ? "active" : null;
    return pod.roleLabel === "standby" && life === "alive" && record.from > 0 ? "standby" : null;
  }
  if (record.mode !== "Pair" || pod.uid !== record.standby) return null;
  const state = heard(pod);
  if (state === null) return pod.roleLabel === "standby" ? "standby" : null;
  return state.timesten.repState === "STANDBY" ? "standby" : null;
}

/** @returns label changes, taking a role away before giving it to another */
export function labelEffects(o: Observation): Effect[] {
  const roles = rolesOf(o);
  const changes: (Effect & { do: "label" })[] = [];
  for (const pod of o.pods) {
    const role = roles[pod.ordinal];
    if (pod.uid === null || pod.roleLabel === role) continue;
    changes.push({ do: "label", ordinal: pod.ordinal, podName: pod.name, podUID: pod.uid, role });
  }
  const weight = (role: Role | null): number => (role === null ? 0 : role === "standby" ? 1 : 2);
  return changes.sort((a, b) => weight(a.role) - weight(b.role));
}
