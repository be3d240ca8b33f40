/** The parts of Kubernetes' own kinds that the builders write. Field names and meanings are Kubernetes'. */
import type { KubeObject, Resource } from "../runtime/ports";

const core = (plural: string, kind: string): Resource => ({
  group: "",
  version: "v1",
  plural,
  kind,
  namespaced: true,
});
const grouped = (group: string, version: string, plural: string, kind: string): Resource => ({
  group,
  version,
  plural,
  kind,
  namespaced: true,
});

/** Where each owned kind lives in the API. */
export const resources = {
  pod: core("pods", "Pod"),
  secret: core("secrets", "Secret"),
  service: core("services", "Service"),
  configMap: core("configmaps", "ConfigMap"),
  persistentVolumeClaim: core("persistentvolumeclaims", "PersistentVolumeClaim"),
  storageClass: { ...grouped("storage.k8s.io", "v1", "storageclasses", "StorageClass"), namespaced: false },
  event: core("events", "Event"),
  statefulSet: grouped("apps", "v1", "statefulsets", "StatefulSet"),
  endpointSlice: grouped("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice"),
  lease: grouped("coordination.k8s.io", "v1", "leases", "Lease"),
  serviceAccount: core("serviceaccounts", "ServiceAccount"),
  role: grouped("rbac.authorization.k8s.io", "v1", "roles", "Role"),
  roleBinding: grouped("rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding"),
  podDisruptionBudget: grouped("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget"),
  node: { ...core("nodes", "Node"), namespaced: false },
} as const;

export interface Secret extends KubeObject {
  type?: string;
  /** Values in base64. */
  data?: Record<string, string>;
}

export interface ConfigMap extends KubeObject {
  data?: Record<string, string>;
  /** Values in base64. */
  binaryData?: Record<string, string>;
}

export interface PersistentVolumeClaim extends KubeObject {
  spec?: { resources?: { requests?: { storage?: string } } };
}

export interface ServicePort {
  name: string;
  port: number;
  targetPort?: number | string;
  protocol: "TCP";
}

export interface Service extends KubeObject {
  spec: {
    type?: "ClusterIP";
    clusterIP?: string;
    selector?: Record<string, string>;
    publishNotReadyAddresses?: boolean;
    ports: ServicePort[];
  };
}

export interface Endpoint {
  addresses: string[];
  conditions: { ready: boolean; serving: boolean; terminating: boolean };
  nodeName?: string;
  targetRef?: { kind: "Pod"; namespace: string; name: string; uid: string };
}

export interface EndpointSlice extends KubeObject {
  addressType: "IPv4" | "IPv6";
  /** The API server returns an empty list as null. */
  endpoints: Endpoint[] | null;
  ports: { name: string; port: number; protocol: "TCP" }[];
}

export interface Lease extends KubeObject {
  spec: { holderIdentity?: string; leaseTransitions?: number };
}

export interface PodDisruptionBudget extends KubeObject {
  spec: {
    maxUnavailable: number;
    selector: { matchLabels: Record<string, string> };
    unhealthyPodEvictionPolicy: "AlwaysAllow" | "IfHealthyBudget";
  };
}

export interface CoreEvent extends KubeObject {
  involvedObject: { apiVersion: string; kind: string; namespace: string; name: string; uid: string };
  type: "Normal" | "Warning";
  reason: string;
  message: string;
  source: { component: string };
  reportingComponent: string;
  reportingInstance: string;
  firstTimestamp: string;
  lastTimestamp: string;
  count: number;
}

export interface EnvVar {
  name: string;
  value?: string;
  valueFrom?: { fieldRef: { fieldPath: string } };
}

export interface VolumeMount {
  name: string;
  mountPath: string;
  readOnly?: boolean;
}

export interface ResourceRequirements {
  requests?: Record<string, string>;
  limits?: Record<string, string>;
}

/** What may stand in a container beyond these is passed on as the user wrote it. */
export interface Container {
  name: string;
  image?: string;
  imagePullPolicy?: string;
  command?: string[];
  args?: string[];
  env?: EnvVar[];
  envFrom?: unknown[];
  ports?: { name: string; containerPort: number; protocol: "TCP" }[];
  resources?: ResourceRequirements;
  volumeMounts?: VolumeMount[];
  securityContext?: Record<string, unknown>;
  lifecycle?: unknown;
  livenessProbe?: unknown;
  readinessProbe?: unknown;
  startupProbe?: unknown;
}

export interface Volume {
  name: string;
  [source: string]: unknown;
}

export interface PodSpec {
  initContainers?: Container[];
  containers?: Container[];
  volumes?: Volume[];
  imagePullSecrets?: { name: string }[];
  securityContext?: Record<string, unknown>;
  shareProcessNamespace?: boolean;
  terminationGracePeriodSeconds?: number;
  automountServiceAccountToken?: boolean;
  [field: string]: unknown;
}

export interface Pod extends KubeObject {
  spec: PodSpec;
}

export interface PodTemplate {
  metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> };
  spec?: PodSpec;
}

export interface ClaimTemplate {
  apiVersion: "v1";
  kind: "PersistentVolumeClaim";
  metadata: { name: string };
  spec: {
    accessModes: string[];
    storageClassName: string;
    resources: { requests: { storage: string } };
    selector?: unknown;
  };
}

export interface StatefulSet extends KubeObject {
  spec: {
    serviceName: string;
    replicas: number;
    podManagementPolicy: "Parallel";
    updateStrategy: { type: "OnDelete" };
    selector: { matchLabels: Record<string, string> };
    template: {
      metadata: { labels: Record<string, string>; annotations: Record<string, string> };
      spec: PodSpec;
    };
    /** The user's own entries are passed on as they are. */
    volumeClaimTemplates: (ClaimTemplate | Record<string, unknown>)[];
  };
  status?: { observedGeneration?: number };
}
