import type { TimesTenClassicObject } from "../../generated/types";
import type { Service } from "./kinds";
import { APP_LABEL, headlessServiceName, SERVER_PORT } from "./names";
import { ownedMetadata } from "./ownerReference";

/** @returns the headless Service that gives the Pods their names, ready or not (agents talk before a Pod is Ready) */
export function buildHeadlessService(object: TimesTenClassicObject): Service {
  const { name } = object.metadata;
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: ownedMetadata(object, headlessServiceName(name)),
    spec: {
      clusterIP: "None",
      selector: { [APP_LABEL]: name },
      publishNotReadyAddresses: true,
      ports: [{ name: "cs", port: SERVER_PORT, targetPort: SERVER_PORT, protocol: "TCP" }],
    },
  };
}
