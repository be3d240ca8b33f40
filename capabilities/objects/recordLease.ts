import type { TimesTenClassicObject } from "../../generated/types";
import { recordSchema, type PermissionRecord } from "../../protocol";
import type { Lease } from "./kinds";
import { identityOf, RECORD_ANNOTATION, recordLeaseName } from "./names";
import { ownedMetadata } from "./ownerReference";

/**
 * @param writerPodName name of the Pod that record.writer.podUID means
 * @param resourceVersion of the Lease this one replaces (the compare of compare-and-swap); undefined to create it
 * @returns the Lease that holds the record: `kubectl get lease` shows the writer as holder
 * @throws Error when the record is of another object
 */
export function buildRecordLease(
  object: TimesTenClassicObject,
  record: PermissionRecord,
  writerPodName: string,
  resourceVersion?: string,
): Lease {
  const identity = identityOf(object);
  if (record.objectUID !== identity.uid)
    throw new Error(`record of ${record.objectUID} is not of ${identity.uid}`);
  return {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: {
      ...ownedMetadata(object, recordLeaseName(identity.name)),
      annotations: { [RECORD_ANNOTATION]: JSON.stringify(record) },
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
    spec: { holderIdentity: `${writerPodName}/${record.writer.boot}`, leaseTransitions: record.n },
  };
}

/**
 * @param lease as read from the API server
 * @param objectUID uid of the object whose record is expected
 * @returns the record, or the sentence that says why this Lease does not hold one
 */
export function parseRecordLease(
  lease: Lease,
  objectUID: string,
): { record: PermissionRecord } | { fault: string } {
  const text = lease.metadata.annotations?.[RECORD_ANNOTATION];
  if (text === undefined)
    return { fault: `Lease ${lease.metadata.name} has no annotation ${RECORD_ANNOTATION}` };
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { fault: `the record in Lease ${lease.metadata.name} is no JSON` };
  }
  const parsed = recordSchema.safeParse(json);
  if (!parsed.success) {
    const path = parsed.error.issues[0]?.path.join(".") ?? "";
    return { fault: `the record in Lease ${lease.metadata.name} does not fit at "${path}"` };
  }
  const record = parsed.data;
  if (record.objectUID !== objectUID)
    return { fault: `the record in Lease ${lease.metadata.name} is of another object` };
  // Both are written together: a difference means that somebody edited one of them.
  if (lease.spec.leaseTransitions !== record.n) {
    return {
      fault: `Lease ${lease.metadata.name} says number ${lease.spec.leaseTransitions}, its record ${record.n}`,
    };
  }
  return { record };
}
