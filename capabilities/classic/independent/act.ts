/** What the operator does to independent databases beside creating what they own: change their number. */
import type { TimesTenClassicObject } from "../../../generated/types";
import { identityOf, isOwnedBy, resources, statefulSetName, type StatefulSet } from "../../objects";
import { KubeError } from "../../runtime/ports";
import { messageOf, type Executor } from "../act/execute";
import type { Reason } from "../decision";
import type { PairMemory } from "../observe/memory";

/**
 * Sets the number of Pods. The volumes of Pods that go stay, so that scaling up again goes on with them.
 * @returns what went wrong, null when nothing did; safe to repeat
 */
export async function scale(
  x: Executor,
  object: TimesTenClassicObject,
  memory: PairMemory,
  replicas: number,
): Promise<Reason | null> {
  const { namespace, name } = identityOf(object);
  try {
    // Read afresh: the cache may lag behind our own last word.
    const found = await x.kube.get<StatefulSet>(resources.statefulSet, namespace, statefulSetName(name));
    if (found === null || !isOwnedBy(found, object) || found.spec.replicas === replicas) return null;
    const { resourceVersion, uid } = found.metadata;
    x.mayAct();
    await x.kube.mergePatch(resources.statefulSet, namespace, statefulSetName(name), {
      metadata: { resourceVersion, uid },
      spec: { replicas },
    });
    const message = `Number of replicas changed from ${found.spec.replicas} to ${replicas}`;
    memory.pendingEvents.push({ type: "Normal", reason: "Change", message });
    return null;
  } catch (error) {
    if (!(error instanceof KubeError)) throw error;
    return { reason: "EffectFailed", message: `StatefulSet ${name}: ${messageOf(error)}` };
  }
}
