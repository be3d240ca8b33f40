import type { TimesTenClassicObject } from "../../generated/types";
import { OLDER_SPELLINGS } from "../objects/normal";
import { fieldsWithoutEffect } from "../objects/withoutEffect";
import { ttspecOf, type Check, type Fault } from "./fault";

/** What is accepted and kept, so that a manifest for any release applies, but does nothing in this one. */
export const doubtWithoutEffect: Check = object => {
  const ttspec = ttspecOf(object) as Record<string, unknown>;
  const silent = Object.entries(fieldsWithoutEffect)
    .filter(([field]) => ttspec[field] !== undefined && !isOnlySpelling(ttspec, field))
    .map(([field, { why }]): Fault => ({ path: `spec.ttspec.${field}`, message: `has no effect ${why}` }));
  return [...silent, ...ignoredSettings(object)];
};

/** The normal form has the newer field of an older one too: one word about it is enough. */
function isOnlySpelling(ttspec: Record<string, unknown>, field: string): boolean {
  return (
    field in OLDER_SPELLINGS && ttspec[OLDER_SPELLINGS[field as keyof typeof OLDER_SPELLINGS]] !== undefined
  );
}

/** What one setting makes of its neighbours, in the product too. */
function ignoredSettings(object: TimesTenClassicObject): Fault[] {
  const { prometheus, clientTLS } = ttspecOf(object);
  const faults: Fault[] = [];
  // The schema writes the port and two more of its fields itself.
  if (prometheus?.publish === false && (prometheus.certSecret ?? prometheus.limitRate) !== undefined)
    faults.push({
      path: "spec.ttspec.prometheus",
      message: "settings are ignored because publish is false",
    });
  if (
    clientTLS !== undefined &&
    clientTLS.auto !== true &&
    Object.keys(clientTLS).some(key => key !== "auto")
  )
    faults.push({ path: "spec.ttspec.clientTLS", message: "settings have no effect without auto: true" });
  return faults;
}
