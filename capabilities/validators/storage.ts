import { ttspecOf, type Check } from "./fault";

/** An absent class would become "", which Kubernetes takes as "no dynamic provisioning": the claims never bind. */
export const checkStorageClassName: Check = object => {
  const { storageClassName } = ttspecOf(object);
  return storageClassName === undefined || storageClassName === ""
    ? [{ path: "spec.ttspec.storageClassName", message: "is required" }]
    : [];
};
