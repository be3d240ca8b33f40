import type { TimesTenClassicObject } from "../../generated/types";
import type { PodDisruptionBudget } from "./kinds";
import { APP_LABEL, podDisruptionBudgetName } from "./names";
import { ownedMetadata } from "./ownerReference";

/**
 * How many Pods drains may take at once. The API server refuses evictions from the very write on, before any kubelet
 * or controller has noticed that a Pod is not Ready; readiness alone lags by seconds, with a dead node by a minute.
 *
 * @param isRedundant a pair has a complete standby; of independent databases it does not matter
 * @returns spec.maxUnavailable
 */
export function maxUnavailable({ spec: { ttspec } }: TimesTenClassicObject, isRedundant: boolean): number {
  if (ttspec.replicationTopology === "none") return 1;
  if (!isRedundant) return 0;
  // Where only the active is Ready, its standby counts as unavailable all the time.
  return ttspec.createASReadinessProbe === true ? 2 : 1;
}

/**
 * @returns the budget that lets a drain take one Pod of the object at a time: the next one only when the pair (or the
 *   set) is whole again. A Pod that is not Ready holds up no drain: it serves nobody. That of a pair begins closed and
 *   is kept by the operator.
 */
export function buildPodDisruptionBudget(object: TimesTenClassicObject): PodDisruptionBudget {
  const { name } = object.metadata;
  return {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: ownedMetadata(object, podDisruptionBudgetName(name)),
    spec: {
      maxUnavailable: maxUnavailable(object, false),
      selector: { matchLabels: { [APP_LABEL]: name } },
      unhealthyPodEvictionPolicy: "AlwaysAllow",
    },
  };
}
