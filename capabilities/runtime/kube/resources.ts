/** The kinds the operator reads or writes, by their place in the API. */
import type { Resource } from "../ports";

/** API group of our own kinds and prefix of our labels and annotations. */
export const GROUP = "timesten.oracle.com";

export const timesTenClassics: Resource = {
  group: GROUP,
  version: "v1",
  plural: "timestenclassics",
  kind: "TimesTenClassic",
  namespaced: true,
};
export const pods: Resource = core("Pod", "pods");
export const services: Resource = core("Service", "services");
export const secrets: Resource = core("Secret", "secrets");
export const configMaps: Resource = core("ConfigMap", "configmaps");
export const events: Resource = core("Event", "events");
export const persistentVolumeClaims: Resource = core("PersistentVolumeClaim", "persistentvolumeclaims");
export const nodes: Resource = { ...core("Node", "nodes"), namespaced: false };
export const namespaces: Resource = { ...core("Namespace", "namespaces"), namespaced: false };
export const statefulSets: Resource = {
  group: "apps",
  version: "v1",
  plural: "statefulsets",
  kind: "StatefulSet",
  namespaced: true,
};
export const endpointSlices: Resource = {
  group: "discovery.k8s.io",
  version: "v1",
  plural: "endpointslices",
  kind: "EndpointSlice",
  namespaced: true,
};
export const leases: Resource = {
  group: "coordination.k8s.io",
  version: "v1",
  plural: "leases",
  kind: "Lease",
  namespaced: true,
};
export const customResourceDefinitions: Resource = {
  group: "apiextensions.k8s.io",
  version: "v1",
  plural: "customresourcedefinitions",
  kind: "CustomResourceDefinition",
  namespaced: false,
};

function core(kind: string, plural: string): Resource {
  return { group: "", version: "v1", plural, kind, namespaced: true };
}

/** @returns e.g. "v1" or "apps/v1" */
export function apiVersion(resource: Resource): string {
  return resource.group === "" ? resource.version : `${resource.group}/${resource.version}`;
}
