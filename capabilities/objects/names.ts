/** Every name, label, port and path that several parts must agree on. */
import type { TimesTenClassicObject } from "../../generated/types";

export const DAEMON_PORT = 6624;
export const SERVER_PORT = 6625;
export const DEFAULT_REP_PORT = 4444;

/** Label that selects the Pods of an object; its value is the object's name. */
export const APP_LABEL = "app";
/** Label on Pods for people and selectors: active or standby. */
export const ROLE_LABEL = "timesten.oracle.com/role";
/** Annotation on the object: "true" takes it out of management until it is removed. */
export const SUSPEND_ANNOTATION = "timesten.oracle.com/suspend";
/** Annotation of the object: uid of a pod that is gone for good, by a person's word. */
export const ATTEST_ANNOTATION = "timesten.oracle.com/attest-gone";
/** Pod annotation that carries the uid of the object the Pod belongs to. */
export const OBJECT_UID_ANNOTATION = "TTC";
/** Label on a Pod that looks at an image before its first use; its value is the object's name. */
export const PROBE_LABEL = "timesten.oracle.com/probe";
/** Annotation of such a Pod: the image it looks at. */
export const PROBED_IMAGE_ANNOTATION = "timesten.oracle.com/probed-image";
/** Lease annotation that holds the whole record of the write permission as JSON. */
export const RECORD_ANNOTATION = "timesten.oracle.com/record";

/** Settings of the operator that its objects depend on. */
export interface ObjectSettings {
  /** Image that brings the agent: the operator's own. */
  operatorImage: string;
  /** DNS domain of the cluster, e.g. cluster.local. */
  clusterDomain: string;
  /** What the database of the object in hand needs; null or left out where that is not known. */
  size?: DatabaseSize | null;
}

/** Shared memory of a database. */
export interface DatabaseSize {
  bytes: number;
  /** How it came about, for people. */
  because: string;
}

/** The identity every builder needs; any object that went through the API server has it. */
export interface Identity {
  name: string;
  namespace: string;
  uid: string;
}

/**
 * @param object as read from the API server
 * @throws Error when it has no namespace or uid yet, which an object from the API server always has
 */
export function identityOf(object: TimesTenClassicObject): Identity {
  const { name, namespace, uid } = object.metadata;
  if (namespace === undefined || uid === undefined) throw new Error(`object ${name} has no namespace or uid`);
  return { name, namespace, uid };
}

export const statefulSetName = (name: string): string => name;
export const headlessServiceName = (name: string): string => name;
/** Service and EndpointSlice that lead clients to the active database. */
export const activeServiceName = (name: string): string => `${name}-active`;
export const recordLeaseName = (name: string): string => name;
export const podDisruptionBudgetName = (name: string): string => name;
/** Role, RoleBinding and, unless the template names one, ServiceAccount of the Pods (writerMayClaimSolo). */
export const claimAccessName = (name: string): string => `${name}-claim`;
export const secretName = (uid: string): string => `tt${uid}`;
/** One name per image, so that one that is on its way out is in nobody's way. */
export const probePodName = (name: string, image: string): string => `${name}-probe-${fingerprint(image)}`;
export const podName = (name: string, ordinal: number): string => `${name}-${ordinal}`;

/** FNV-1a, 32 bits: short, the same everywhere, and no secret. */
function fingerprint(text: string): string {
  let hash = 0x811c9dc5;
  for (const character of text) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}

/** @returns the database and DSN name: the object's name up to its first dash */
export function databaseName(name: string): string {
  return name.split("-")[0] ?? name;
}

/** @returns number of Pods: two of a pair, otherwise spec.ttspec.replicas (default 1) */
export function podCount(object: TimesTenClassicObject): number {
  return object.spec.ttspec.replicationTopology === "none" ? (object.spec.ttspec.replicas ?? 1) : 2;
}

/** @returns the names of all Pods by ordinal */
export function podNames(object: TimesTenClassicObject): string[] {
  return Array.from({ length: podCount(object) }, (_, ordinal) => podName(object.metadata.name, ordinal));
}

/** @returns DNS suffix of the object's Pods: <name>.<namespace>.svc.<domain> */
export function serviceDomain(identity: Identity, settings: ObjectSettings): string {
  return `${headlessServiceName(identity.name)}.${identity.namespace}.svc.${settings.clusterDomain}`;
}

/** @returns full DNS name of a Pod, which is also its replication host and the name in the agent's certificate */
export function podHost(identity: Identity, pod: string, settings: ObjectSettings): string {
  return `${pod}.${serviceDomain(identity, settings)}`;
}

/** @returns the DNS name (wildcard) that the agents' certificate carries */
export function certificateName(identity: Identity, settings: ObjectSettings): string {
  return `*.${serviceDomain(identity, settings)}`;
}

/** @returns spec.ttspec.repPort or its default */
export function repPort(object: TimesTenClassicObject): number {
  return object.spec.ttspec.repPort ?? DEFAULT_REP_PORT;
}
