import type { TtSpec } from "../../generated/types";
import { isSet, ttspecOf, type Check } from "./fault";

/** Fields of this operator that mean nothing for independent databases; those of the product are refused there by the schema. */
const FIELDS = [
  "writePermissionSeconds",
  "writerMayClaimSolo",
  "createASReadinessProbe",
] as const satisfies readonly (keyof TtSpec)[];

export const doubtOnlyForPairs: Check = object =>
  isSet(object)
    ? FIELDS.filter(field => ttspecOf(object)[field] !== undefined).map(field => ({
        path: `spec.ttspec.${field}`,
        message: "has no effect with replicationTopology none",
      }))
    : [];
