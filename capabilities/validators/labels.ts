import { APP_LABEL } from "../objects/names";
import type { Check } from "./fault";

/** The label by which Oracle's later operators select; the second of two that mean "belongs to this object". */
const ORACLE_LABEL = "database.oracle.com";

/** Labels that select what belongs to an object must not be on the object itself: tools that copy labels would mix them up. */
export const checkLabels: Check = object =>
  [APP_LABEL, ORACLE_LABEL]
    .filter(label => object.metadata.labels?.[label] !== undefined)
    .map(label => ({ path: `metadata.labels.${label}`, message: "is reserved for the operator" }));
