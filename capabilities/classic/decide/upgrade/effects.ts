/** What an upgrade does: the template takes the image, and one pod at a time is deleted. */
import type { Effect } from "../../decision";
import type { Observation, ObservedPod } from "../../observation";
import { lifeOf } from "../facts";
import type { Verdict } from "../fence/verdict";
import {
  imageOf,
  isAutomatic,
  isStuck,
  nextToReplace,
  rolesNow,
  servingWriter,
  standbyIsExpendable,
  target,
  whyNotFit,
} from "./facts";
import { isQuiet } from "./failure";
import type { UpgradeMemory } from "./memory";
import { isRunning } from "./rules";
import { texts } from "./texts";

/**
 * @param before what the last report remembers: nothing happens that is not written there
 * @returns the image of TimesTen that new pods are to be made with
 */
export function templateImage(o: Observation, before: UpgradeMemory): string {
  const wanted = target(o);
  const present = o.template?.images.tt ?? wanted;
  if (before.image !== wanted) return present;
  const waits = before.phase === "Waiting" || before.phase === "Refused";
  // A pod that cannot start with its image must not come back with it.
  return waits && !stuckPods(o).some(pod => imageOf(o, pod) === "old") ? present : wanted;
}

/**
 * @param before as above
 * @param after what this pass remembers: a deletion that is no longer meant is not carried out
 * @returns the deletion that is due now, if one is
 */
export function deletions(
  o: Observation,
  verdict: Verdict,
  before: UpgradeMemory,
  after: UpgradeMemory,
): Effect[] {
  const { template } = o;
  const inStep = template !== null && template.images.tt === target(o) && template.isAsWanted;
  if (!inStep || !template.isObserved || before.image !== target(o) || verdict.write !== null) return [];
  const isMeant = isRunning(after) && after.pod?.uid === before.pod?.uid && after.pod?.goneAtMs === null;
  const pod = (isMeant ? podToDelete(o, verdict, before) : null) ?? podToMakeAnew(o);
  if (pod === null || pod.uid === null || pod.resourceVersion === null) return [];
  const { name: podName, uid: podUID, resourceVersion } = pod;
  const announced = isRunning(before) && before.pod?.uid === podUID;
  const event = announced ? null : texts.stuck(podName, pod.trouble ?? "");
  return [{ do: "deletePod", podName, podUID, resourceVersion, event }];
}

/** The pod that the last report names, while it is still the right one and the pair can spare it in this very pass. */
function podToDelete(o: Observation, verdict: Verdict, before: UpgradeMemory): ObservedPod | null {
  const { pod: named } = before;
  if (!isRunning(before) || named === null || named.goneAtMs !== null) return null;
  const pod = nextToReplace(o);
  if (pod === null || pod.uid !== named.uid) return null;
  return whyNotDeleted(o, verdict, pod, before) === null ? pod : null;
}

/** @returns why the pod that is next is not deleted now, for people; null when it is */
export function whyNotDeleted(
  o: Observation,
  verdict: Verdict,
  pod: ObservedPod,
  before: UpgradeMemory,
): string | null {
  const isPeer = pod.name === rolesNow(o)?.peer.name;
  if (isPeer && (before.restarted || isStuck(pod)) && standbyIsExpendable(o)) return null;
  if (verdict.situation !== "redundant") return verdict.why.message;
  const unfit = whyNotFit(o);
  if (unfit !== null || isPeer) return unfit;
  return isQuiet(pod) ? null : "its standby is still behind";
}

/** Where nothing serves, what cannot start with its former image is made anew with the one that the object asks for. */
function podToMakeAnew(o: Observation): ObservedPod | null {
  if (!isAutomatic(o) || servingWriter(o) !== null) return null;
  return stuckPods(o).find(pod => imageOf(o, pod) === "old") ?? null;
}

/** The pod of a writer is spared until the end of that life is proven: a pod that is gone proves nothing. */
function stuckPods(o: Observation): ObservedPod[] {
  const record = o.record?.value;
  return o.pods.filter(pod => {
    const writes = record !== undefined && pod.uid === record.writer.podUID;
    return isStuck(pod) && (!writes || lifeOf(o, record.writer).is === "over");
  });
}
