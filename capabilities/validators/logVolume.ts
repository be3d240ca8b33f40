import { ttspecOf, type Check } from "./fault";

/** The size makes the volume; the other two only say which. */
export const doubtLogVolume: Check = object => {
  const ttspec = ttspecOf(object);
  if (ttspec.logStorageSize !== undefined) return [];
  return (["logStorageClassName", "logStorageSelector"] as const)
    .filter(field => ttspec[field] !== undefined)
    .map(field => ({
      path: `spec.ttspec.${field}`,
      message: "has no effect without logStorageSize, which cannot be added after creation",
    }));
};
