import type { TimesTenClassicObject } from "../../generated/types";
import type { KubeObject, ObjectMeta, OwnerReference } from "../runtime/ports";
import { APP_LABEL, identityOf } from "./names";

/** @returns the reference that makes Kubernetes delete the owned object with this one */
export function ownerReference(object: TimesTenClassicObject): OwnerReference {
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    name: object.metadata.name,
    uid: identityOf(object).uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** @returns whether `owned` belongs to exactly this life (uid) of the object; anything else is never adopted */
export function isOwnedBy(owned: KubeObject, object: TimesTenClassicObject): boolean {
  const { uid } = identityOf(object);
  return (owned.metadata.ownerReferences ?? []).some(owner => owner.controller === true && owner.uid === uid);
}

/** @returns metadata of an owned object: namespace, label app, owner */
export function ownedMetadata(object: TimesTenClassicObject, name: string): ObjectMeta {
  const identity = identityOf(object);
  return {
    name,
    namespace: identity.namespace,
    labels: { [APP_LABEL]: identity.name },
    ownerReferences: [ownerReference(object)],
  };
}
