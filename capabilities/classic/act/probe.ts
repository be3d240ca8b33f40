/** Makes and ends the Pods that look at images before their first use. Both are safe to repeat. */
import type { TimesTenClassicObject } from "../../../generated/types";
import { buildProbePod, identityOf, resources } from "../../objects";
import { KubeError } from "../../runtime/ports";
import type { Effect } from "../decision";
import { createOurs } from "./create";
import type { Executor } from "./execute";

/** @throws KubeError, or Error when the name is somebody else's */
export async function probe(
  x: Executor,
  object: TimesTenClassicObject,
  { image, nodeName }: Effect & { do: "probe" },
): Promise<void> {
  const pod = buildProbePod(object, x.settings, { image, nodeName });
  if (await createOurs(x, object, resources.pod, pod)) {
    x.log.info("probe made", { pod: pod.metadata.name, image, nodeName });
  }
}

/** @throws KubeError */
export async function endProbe(
  x: Executor,
  object: TimesTenClassicObject,
  { podName, podUID }: Effect & { do: "endProbe" },
): Promise<void> {
  x.mayAct();
  try {
    await x.kube.delete(resources.pod, identityOf(object).namespace, podName, { uid: podUID });
  } catch (error) {
    // Gone, or another one of that name.
    if (error instanceof KubeError && (error.status === 404 || error.status === 409)) return;
    throw error;
  }
}
