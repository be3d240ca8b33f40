import type { TimesTenClassicObject } from "../../generated/types";
import { isSet, ttspecOf, type Check, type Fault } from "./fault";

/** What a change of the image, or any change, comes to in the state the object is in. */
export const doubtState: Check = (object, old) => {
  if (old === null) return [];
  return [...ofImage(object, old), ...ofFailed(old)];
};

function ofImage(object: TimesTenClassicObject, old: TimesTenClassicObject): Fault[] {
  const { image, imageUpgradeStrategy } = ttspecOf(object);
  if (image === ttspecOf(old).image || isSet(object)) return [];
  const { highLevelState = "", upgrade } = old.status ?? {};
  const path = "spec.ttspec.image";
  if (upgrade?.phase !== undefined && ["Standby", "Active"].includes(upgrade.phase))
    return [
      {
        path,
        message: `is changed while an upgrade is under way (${upgrade.phase}): it goes on with the new image`,
      },
    ];
  // A failed one is mended, or begun anew, at once.
  if (upgrade?.phase === "Failed") return [];
  if (imageUpgradeStrategy === "manual" || highLevelState === "Normal" || highLevelState === "") return [];
  return [
    { path, message: `is changed: the upgrade waits until the state is Normal (now ${highLevelState})` },
  ];
}

function ofFailed(old: TimesTenClassicObject): Fault[] {
  return old.status?.highLevelState === "Failed"
    ? [{ path: "metadata.name", message: "is that of a Failed object: delete and re-create it" }]
    : [];
}
