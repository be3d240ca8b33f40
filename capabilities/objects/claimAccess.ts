import type { TimesTenClassicObject } from "../../generated/types";
import type { KubeObject, Resource } from "../runtime/ports";
import { resources, type EnvVar, type PodTemplate, type Volume, type VolumeMount } from "./kinds";
import { claimAccessName, identityOf, recordLeaseName } from "./names";
import { ownedMetadata } from "./ownerReference";

/** The kubelet replaces the token well before that, s. */
const TOKEN_SECONDS = 3_600;
/** Volume with the token, by which a template is known that asks to claim. */
export const CLAIM_VOLUME = "tt-claim";
const RBAC = { apiGroup: "rbac.authorization.k8s.io", version: "rbac.authorization.k8s.io/v1" };

/** @returns whether a writer may write its own Solo: then, and only then, its Pods may reach the record */
export function writerMayClaim(object: TimesTenClassicObject): boolean {
  const { writerMayClaimSolo, replicationTopology } = object.spec.ttspec;
  return writerMayClaimSolo === true && replicationTopology !== "none";
}

/** @returns the name of the service account of the Pods: the user's own where the template names one */
export function podServiceAccount(object: TimesTenClassicObject, template: PodTemplate): string {
  const own = template.spec?.["serviceAccountName"];
  return typeof own === "string" && own !== "" ? own : claimAccessName(object.metadata.name);
}

/**
 * @returns what lets the Pods read and replace this object's record and nothing else, with where each lives in the API,
 *   in the order in which they are made
 */
export function buildClaimAccess(object: TimesTenClassicObject): [Resource, KubeObject][] {
  const { name, namespace } = identityOf(object);
  const accessName = claimAccessName(name);
  const metadata = ownedMetadata(object, accessName);
  const account = podServiceAccount(object, object.spec.template ?? {});
  const role: KubeObject & { rules: object[] } = {
    apiVersion: RBAC.version,
    kind: "Role",
    metadata,
    rules: [
      {
        apiGroups: ["coordination.k8s.io"],
        resources: ["leases"],
        resourceNames: [recordLeaseName(name)],
        verbs: ["get", "update"],
      },
    ],
  };
  const binding: KubeObject & { roleRef: object; subjects: object[] } = {
    apiVersion: RBAC.version,
    kind: "RoleBinding",
    metadata,
    roleRef: { apiGroup: RBAC.apiGroup, kind: "Role", name: accessName },
    subjects: [{ kind: "ServiceAccount", name: account, namespace }],
  };
  const serviceAccount: KubeObject & { automountServiceAccountToken: boolean } = {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata,
    automountServiceAccountToken: false,
  };
  return [
    ...(account === accessName ? [[resources.serviceAccount, serviceAccount] as [Resource, KubeObject]] : []),
    [resources.role, role],
    [resources.roleBinding, binding],
  ];
}

/** @returns the volume with a token for the API server and its authority */
export function claimVolumes(object: TimesTenClassicObject): Volume[] {
  if (!writerMayClaim(object)) return [];
  const sources = [
    { serviceAccountToken: { path: "token", expirationSeconds: TOKEN_SECONDS } },
    { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
  ];
  return [{ name: CLAIM_VOLUME, projected: { sources, defaultMode: 0o440 } }];
}

/** @returns its mount in tt, and in no other container */
export function claimMounts(object: TimesTenClassicObject): VolumeMount[] {
  return writerMayClaim(object) ? [{ name: CLAIM_VOLUME, mountPath: "/ttclaim", readOnly: true }] : [];
}

/** @returns what tells the agent that it may claim, and where the record is */
export function claimEnvironment(object: TimesTenClassicObject): EnvVar[] {
  if (!writerMayClaim(object)) return [];
  return [{ name: "TT_CLAIM_LEASE", value: recordLeaseName(object.metadata.name) }];
}
