/** What the API server knows of a kind beyond its schema: which rules its writes follow. */
import type { Resource } from "../../../../capabilities/runtime/ports";

export interface KindRules {
  /** Has a status subresource: an ordinary write leaves status alone, a status write leaves the rest alone. */
  status: boolean;
  /** metadata.generation counts changes outside metadata and status. */
  generation: boolean;
  /** PUT without resourceVersion is allowed. */
  unconditionalUpdate: boolean;
  /** Deletion waits for the kubelet. */
  graceful: boolean;
}

const builtin: KindRules = { status: false, generation: false, unconditionalUpdate: true, graceful: false };
const custom: KindRules = { status: true, generation: true, unconditionalUpdate: false, graceful: false };

const rules: Record<string, KindRules> = {
  "/pods": { status: true, generation: false, unconditionalUpdate: true, graceful: true },
  "/services": { ...builtin, status: true },
  "/persistentvolumeclaims": { ...builtin, status: true },
  "/nodes": { ...builtin, status: true },
  "apps/statefulsets": { status: true, generation: true, unconditionalUpdate: true, graceful: false },
  "coordination.k8s.io/leases": { ...builtin, unconditionalUpdate: false },
  "policy/poddisruptionbudgets": {
    status: true,
    generation: true,
    unconditionalUpdate: false,
    graceful: false,
  },
  "discovery.k8s.io/endpointslices": { ...builtin, generation: true, unconditionalUpdate: true },
};

/** @returns `group/plural`, the name under which the store keeps a kind */
export function kindKey(resource: Resource): string {
  return `${resource.group}/${resource.plural}`;
}

/** @returns the rules of a kind; a group with a dot that no table names is a custom resource's */
export function kindRules(key: string): KindRules {
  const known = rules[key];
  if (known !== undefined) return known;
  return key.startsWith("timesten.oracle.com/") ? custom : builtin;
}
