/** Claims of the user's own, which a StatefulSet takes once and for all. */
import type { TimesTenClassicObject } from "../../../generated/types";
import { isOwnedBy, storageOf, type StatefulSet } from "../../objects";
import type { KubeObject } from "../../runtime/ports";
import { CLAIMS_FIXED } from "../../validators/claims";
import type { Fault } from "../../validators/fault";
import { differences } from "./drift";

/**
 * @param set the StatefulSet of that name, whoever's it is
 * @returns the fault of an object whose claims were changed after its StatefulSet was made with others
 */
export function changedClaims(object: TimesTenClassicObject, set: KubeObject | null): Fault[] {
  if (set === null || !isOwnedBy(set, object)) return [];
  const ours = storageOf(object).map(({ name }) => name);
  const made = ((set as StatefulSet).spec.volumeClaimTemplates ?? []).filter(
    ({ metadata }) => !ours.includes(String((metadata as { name?: unknown } | undefined)?.name)),
  );
  const wanted = object.spec.volumeClaimTemplates ?? [];
  const same =
    made.length === wanted.length && wanted.every((one, index) => differences(made[index], one).length === 0);
  return same ? [] : [CLAIMS_FIXED];
}
