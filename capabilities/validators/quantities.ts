import { parseQuantity } from "../objects/quantity";
import { ttspecOf, type Check, type Fault } from "./fault";

const FIELDS = [
  "storageSize",
  "logStorageSize",
  "databaseMemorySize",
  "additionalMemoryRequest",
  "databaseCPURequest",
  "daemonLogMemoryRequest",
  "daemonLogCPURequest",
  "exporterMemoryRequest",
  "exporterCPURequest",
] as const;

/** Sizes and requests must be quantities above zero: a size that nobody can read must not become 0. */
export const checkQuantities: Check = object => {
  const ttspec = ttspecOf(object);
  return FIELDS.flatMap((field): Fault[] => {
    const text = ttspec[field];
    if (text === undefined) return [];
    const path = `spec.ttspec.${field}`;
    const value = parseQuantity(text);
    if (value === null)
      return [{ path, message: `"${text}" is not a quantity; use for example ${example(field)}` }];
    return value > 0 ? [] : [{ path, message: "must be greater than zero" }];
  });
};

function example(field: (typeof FIELDS)[number]): string {
  if (field.endsWith("CPURequest")) return "200m";
  return field.endsWith("torageSize") ? "250Gi" : "2Gi";
}
