import type { TimesTenClassicObject } from "../../generated/types";
import type { PodDisruptionBudget } from "./kinds";
import { APP_LABEL, podDisruptionBudgetName } from "./names";
import { ownedMetadata } from "./ownerReference";

/**
 * @returns the budget that lets a drain take one Pod of the object at a time: the next one only when the pair (or the
 *   set) is whole again. A Pod that is not Ready holds up no drain: it serves nobody.
 */
export function buildPodDisruptionBudget(object: TimesTenClassicObject): PodDisruptionBudget {
  const { name } = object.metadata;
  return {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: ownedMetadata(object, podDisruptionBudgetName(name)),
    spec: {
      maxUnavailable: 1,
      selector: { matchLabels: { [APP_LABEL]: name } },
      unhealthyPodEvictionPolicy: "AlwaysAllow",
    },
  };
}
