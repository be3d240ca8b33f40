/**
 * Proof *attested*: a person, or a tool that powered the node off, vouches that an old writer is gone. Two forms: the
 * node of its pod has the taint `node.kubernetes.io/out-of-service`, or an annotation of the object names the pod.
 */
import type { TimesTenClassicObject } from "../../../generated/types";
import type { Writer } from "../../../protocol";
import { ATTEST_ANNOTATION, identityOf, parseRecordLease, type Lease } from "../../objects";
import type { KubeObject } from "../../runtime/ports";
import type { BootEnd } from "../observation";
import { parseNotes } from "./notes";
import type { PodObject } from "./podObject";

/** Kubernetes' own taint: the node is off and stays off until the taint is taken away. */
export const OUT_OF_SERVICE_TAINT = "node.kubernetes.io/out-of-service";

/** What matters of a Node. */
export interface NodeObject extends KubeObject {
  spec?: { taints?: { key: string; timeAdded?: string }[] };
}

interface ManagedFields {
  manager?: string;
  time?: string;
  fieldsV1?: Record<string, unknown>;
}

/**
 * @param writer the life that the record names
 * @param node the node on which its pod ran, as just read; null where it was not asked for or not found
 * @returns that life's end by attestation, or null where nobody vouches for it
 */
export function attestedEnd(
  object: TimesTenClassicObject,
  writer: Writer,
  node: NodeObject | null,
  nowMs: number,
): BootEnd | null {
  const by = annotationWord(object, writer.podUID) ?? taintWord(node);
  if (by === null) return null;
  return { ...writer, containerID: null, endedAtMs: null, source: "attested", heardAtMs: nowMs, by };
}

function annotationWord(object: TimesTenClassicObject, podUID: string): string | null {
  if (object.metadata.annotations?.[ATTEST_ANNOTATION]?.trim() !== podUID) return null;
  const { manager, time } = authorOf(object, ["f:metadata", "f:annotations", `f:${ATTEST_ANNOTATION}`]);
  return `annotation ${ATTEST_ANNOTATION} says that Pod ${podUID} is gone (set with ${manager}, ${time})`;
}

function taintWord(node: NodeObject | null): string | null {
  const taint = node?.spec?.taints?.find(one => one.key === OUT_OF_SERVICE_TAINT);
  if (node === null || taint === undefined) return null;
  // Taints are one list: its last author is all that the API server knows.
  const { manager, time } = authorOf(node, ["f:spec", "f:taints"]);
  return `node ${node.metadata.name} has taint ${OUT_OF_SERVICE_TAINT} (set with ${manager}, ${taint.timeAdded ?? time})`;
}

/**
 * @param lease the record's, as just read
 * @param isHeard whether a session with the agent of that pod is open
 * @returns the node on which a writer runs or ran that is not heard now: only then an attestation matters
 */
export function nodeOfSilentWriter(
  object: TimesTenClassicObject,
  lease: Lease | null,
  pods: readonly (PodObject | null)[],
  isHeard: (podUID: string) => boolean,
): string | null {
  const parsed = lease === null ? null : parseRecordLease(lease, identityOf(object).uid);
  if (lease === null || parsed === null || "fault" in parsed) return null;
  const { podUID } = parsed.record.writer;
  if (isHeard(podUID)) return null;
  const pod = pods.find(one => one?.metadata.uid === podUID);
  return pod?.spec?.nodeName ?? parseNotes(lease).node;
}

/** Who last wrote a field and when, as far as the API server keeps it. */
function authorOf(object: KubeObject, path: string[]): { manager: string; time: string } {
  const { managedFields = [] } = object.metadata as { managedFields?: ManagedFields[] };
  const authors = managedFields.filter(one => has(one.fieldsV1, path));
  const last = authors.sort((a, b) => (a.time ?? "").localeCompare(b.time ?? "")).at(-1);
  return { manager: last?.manager ?? "an unknown client", time: last?.time ?? "time unknown" };
}

function has(fields: unknown, [first, ...rest]: string[]): boolean {
  if (first === undefined) return true;
  if (fields === null || typeof fields !== "object" || !(first in fields)) return false;
  return has((fields as Record<string, unknown>)[first], rest);
}
