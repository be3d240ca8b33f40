/** The kinds that the virtual cluster's own controllers read and write. */
import type { KubeObject, Resource } from "../../../../capabilities/runtime/ports";

const core = (plural: string, kind: string, namespaced = true): Resource => ({
  group: "",
  version: "v1",
  plural,
  kind,
  namespaced,
});

export const pods = core("pods", "Pod");
export const claims = core("persistentvolumeclaims", "PersistentVolumeClaim");
export const secrets = core("secrets", "Secret");
export const configMaps = core("configmaps", "ConfigMap");
export const services = core("services", "Service");
export const events = core("events", "Event");
export const namespaces = core("namespaces", "Namespace", false);
export const nodes = core("nodes", "Node", false);
export const statefulSets: Resource = {
  group: "apps",
  version: "v1",
  plural: "statefulsets",
  kind: "StatefulSet",
  namespaced: true,
};
export const leases: Resource = {
  group: "coordination.k8s.io",
  version: "v1",
  plural: "leases",
  kind: "Lease",
  namespaced: true,
};
export const endpointSlices: Resource = {
  group: "discovery.k8s.io",
  version: "v1",
  plural: "endpointslices",
  kind: "EndpointSlice",
  namespaced: true,
};
export const timesTenClassics: Resource = {
  group: "timesten.oracle.com",
  version: "v1",
  plural: "timestenclassics",
  kind: "TimesTenClassic",
  namespaced: true,
};
export const podDisruptionBudgets: Resource = {
  group: "policy",
  version: "v1",
  plural: "poddisruptionbudgets",
  kind: "PodDisruptionBudget",
  namespaced: true,
};

/** @returns a StorageClass of that name */
export const storageClass = (name: string): KubeObject => ({
  apiVersion: "storage.k8s.io/v1",
  kind: "StorageClass",
  metadata: { name },
});

export const allKinds: Resource[] = [
  pods,
  claims,
  secrets,
  configMaps,
  services,
  events,
  namespaces,
  nodes,
  statefulSets,
  leases,
  endpointSlices,
  podDisruptionBudgets,
  timesTenClassics,
];

export interface Container {
  name: string;
  image?: string;
  env?: { name: string; value?: string }[];
}

export interface PodSpec {
  nodeName?: string;
  containers: Container[];
  initContainers?: Container[];
  terminationGracePeriodSeconds?: number;
  volumes?: {
    name: string;
    persistentVolumeClaim?: { claimName: string };
    secret?: { secretName: string };
  }[];
}

export interface ContainerStatus {
  name: string;
  containerID?: string;
  ready: boolean;
  started: boolean;
  restartCount: number;
  state: Record<string, unknown>;
  lastState: Record<string, unknown>;
  image: string;
  imageID: string;
}

export interface Pod extends KubeObject {
  spec: PodSpec;
  status?: {
    phase?: string;
    podIP?: string;
    containerStatuses?: ContainerStatus[];
    [key: string]: unknown;
  };
}

export interface StatefulSet extends KubeObject {
  spec: {
    replicas?: number;
    selector: { matchLabels?: Record<string, string> };
    template: {
      metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> };
      spec: PodSpec;
    };
    volumeClaimTemplates?: { metadata: { name: string; labels?: Record<string, string> }; spec: object }[];
  };
  status?: object;
}
