import type { Check } from "./fault";

/** spec.ttspec holds everything that makes a database; without it there is nothing to run. */
export const checkTtspec: Check = object => {
  const spec = object.spec as { ttspec?: unknown } | null | undefined;
  return typeof spec?.ttspec === "object" && spec.ttspec !== null
    ? []
    : [{ path: "spec.ttspec", message: "is required" }];
};
