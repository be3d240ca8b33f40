import type { TimesTenClassicObject } from "../../generated/types";
import type { Service } from "./kinds";
import { activeServiceName, SERVER_PORT } from "./names";
import { ownedMetadata } from "./ownerReference";

/** @returns the Service of the active database: without a selector, so that only our EndpointSlice moves it */
export function buildActiveService(object: TimesTenClassicObject): Service {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: ownedMetadata(object, activeServiceName(object.metadata.name)),
    spec: {
      type: "ClusterIP",
      ports: [{ name: "cs", port: SERVER_PORT, targetPort: SERVER_PORT, protocol: "TCP" }],
    },
  };
}
