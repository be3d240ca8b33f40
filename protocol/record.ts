/**
 * The record of the write permission: one small object per pair, changed only by compare-and-swap along the
 * allowed transitions. The operator keeps nothing else about who may write; an agent obeys the highest `n` it has
 * seen. See docs/fencing.md.
 */
import * as z from "zod";
import { DEFAULT_LEASE_MS } from "./timing";

export const writerSchema = z.object({
  /** metadata.uid of the pod that holds the database. */
  podUID: z.string().min(1),
  /** One life of one database in memory: a random id made by the agent at each load. */
  boot: z.string().min(1),
});
export type Writer = z.infer<typeof writerSchema>;

export const recordSchema = z.object({
  /** metadata.uid of the TimesTenClassic object; a record of another object is ignored. */
  objectUID: z.string().min(1),
  /** Grows by 1 with every write except the one that sets `ready`. */
  n: z.number().int().min(1),
  /** Pair: writer and standby together. Solo: writer alone. Closed: nobody writes. */
  mode: z.enum(["Pair", "Solo", "Closed"]),
  /** Who may write; in Closed, who was the last that might. */
  writer: writerSchema,
  /** metadata.uid of the standby's pod; null while there is none. */
  standby: z.string().min(1).nullable(),
  /** In a promotion (and in a Closed on its way there): the n of the ready Pair it leaves; else 0. */
  from: z.number().int().min(0),
  /** In a Solo written from a ready Pair: that Pair's n; else 0. */
  alt: z.number().int().min(0),
  /** In a Pair: the standby is complete for it and may be promoted. */
  ready: z.boolean(),
  /** L of this record's grants, ms; both agents count with it (timing.ts). A change of it is a new Pair. */
  leaseMs: z.number().int().positive().default(DEFAULT_LEASE_MS),
});
export type PermissionRecord = z.infer<typeof recordSchema>;

/** A statement that an old boot can no longer write. It names exactly what it is about. */
export const proofSchema = z.object({
  kind: z.enum(["fenced", "over", "attested"]),
  podUID: z.string().min(1),
  boot: z.string().min(1),
  /** The tt container whose end the kubelet reported; null where an agent itself testified. */
  containerID: z.string().nullable(),
  /** A sentence for people: who said so and when. */
  by: z.string(),
});
export type Proof = z.infer<typeof proofSchema>;

/**
 * What the operator carries from one pod to the other with a record. The receiver checks it against the record;
 * it never replaces the receiver's own rules.
 */
export const evidenceSchema = z.object({
  /** The writer of Pair n answered that it no longer commits alone, at this mark of its own log. */
  soloEnded: z.object({ n: z.number().int().min(1), mark: z.number().int().min(0) }).nullable(),
  /** Proofs about the writer of the Pair that a promotion leaves. */
  proofs: z.array(proofSchema),
  /** The old writer of this planned change comes back as standby by itself: it is not declared FAILED meanwhile. */
  returns: z.boolean().default(false),
});
export type Evidence = z.infer<typeof evidenceSchema>;

export const noEvidence: Evidence = { soloEnded: null, proofs: [], returns: false };

/**
 * @param record the record in force, or null
 * @param podUID the pod asked about
 * @param boot its database's present life, or null when nothing is loaded
 * @returns whether the record names exactly this life of this pod as the writer
 */
export function namesAsWriter(record: PermissionRecord | null, podUID: string, boot: string | null): boolean {
  return record !== null && boot !== null && record.writer.podUID === podUID && record.writer.boot === boot;
}
