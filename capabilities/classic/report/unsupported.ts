import type { Condition, TimesTenClassicObject, TimesTenClassicStatus } from "../../../generated/types";
import { reasons } from "../reasons";

/** @returns the status of an object this operator does not manage, or null when it says so already */
export function unsupportedStatus(
  object: TimesTenClassicObject,
  nowMs: number,
): TimesTenClassicStatus | null {
  const before = object.status?.conditions?.find(one => one.type === "Stalled");
  const observedGeneration = object.metadata.generation ?? 0;
  if (before?.reason === "UnsupportedTopology" && before.observedGeneration === observedGeneration)
    return null;
  const stalled: Condition = {
    type: "Stalled",
    status: "True",
    reason: "UnsupportedTopology",
    message: reasons.UnsupportedTopology,
    observedGeneration,
    lastTransitionTime: before?.lastTransitionTime ?? new Date(nowMs).toISOString(),
  };
  return { ...object.status, observedGeneration, conditions: [stalled] };
}
