import type { TimesTenClassicObject } from "../../generated/types";
import type { Endpoint, EndpointSlice } from "./kinds";
import { activeServiceName, identityOf, SERVER_PORT } from "./names";
import { ownedMetadata } from "./ownerReference";

/** The Pod that clients shall reach. */
export interface ActiveEndpoint {
  ip: string;
  podName: string;
  podUID: string;
  /** Name of its node, where known. */
  nodeName?: string | undefined;
}

/**
 * @param active the Pod whose database may be written, or null while none may
 * @returns the EndpointSlice of <name>-active with that one address, or with none: one write moves the clients
 */
export function buildEndpointSlice(
  object: TimesTenClassicObject,
  active: ActiveEndpoint | null,
): EndpointSlice {
  const identity = identityOf(object);
  const service = activeServiceName(identity.name);
  const metadata = ownedMetadata(object, service);
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      ...metadata,
      labels: {
        ...metadata.labels,
        "kubernetes.io/service-name": service,
        // Kubernetes' own EndpointSlice controllers leave slices alone that another manager claims.
        "endpointslice.kubernetes.io/managed-by": "timesten.oracle.com",
      },
    },
    addressType: active?.ip.includes(":") ? "IPv6" : "IPv4",
    endpoints: active === null ? [] : [endpoint(identity.namespace, active)],
    ports: [{ name: "cs", port: SERVER_PORT, protocol: "TCP" }],
  };
}

function endpoint(namespace: string, active: ActiveEndpoint): Endpoint {
  return {
    addresses: [active.ip],
    conditions: { ready: true, serving: true, terminating: false },
    ...(active.nodeName === undefined ? {} : { nodeName: active.nodeName }),
    targetRef: { kind: "Pod", namespace, name: active.podName, uid: active.podUID },
  };
}

/** @returns the uid of the Pod the slice points to, or null when it points nowhere */
export function routedPodUID(slice: EndpointSlice): string | null {
  return slice.endpoints?.[0]?.targetRef?.uid ?? null;
}
