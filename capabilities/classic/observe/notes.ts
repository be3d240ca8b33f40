/** The annotation beside the record: see RecordNotes. */
import * as z from "zod";
import { proofSchema } from "../../../protocol";
import type { Lease } from "../../objects";
import type { RecordNotes } from "../observation";

/** Lease annotation with what was noted when the record was written. */
export const NOTES_ANNOTATION = "timesten.oracle.com/record-notes";

const notesSchema = z.object({
  proofs: z.array(proofSchema),
  failover: z
    .object({
      kind: z.enum(["failover", "handover", "switchover"]).default("failover"),
      requestId: z.string().nullable().default(null),
      epoch: z.number(),
      recordNumber: z.number(),
      fromPod: z.string(),
      toPod: z.string(),
      failedAtMs: z.number().nullable(),
      failedAtSource: z.string(),
      seenAtMs: z.number(),
      provenAtMs: z.number(),
      proof: z.string(),
      possibleLoss: z.boolean(),
      lossBytes: z.number().nullable().default(null),
      fromPosition: z.number().nullable().default(null),
      toPosition: z.number().nullable().default(null),
    })
    .nullable(),
  container: z
    .object({ podUID: z.string(), boot: z.string(), containerID: z.string(), agentStartedAtMs: z.number() })
    .nullable(),
  node: z.string().nullable().default(null),
  handover: z
    .object({
      kind: z.enum(["handover", "switchover"]),
      requestId: z.string().nullable(),
      startedAtMs: z.number(),
      fromPod: z.string(),
      toPod: z.string(),
    })
    .nullable()
    .default(null),
});

const noNotes: RecordNotes = { proofs: [], failover: null, container: null, node: null, handover: null };

/** @returns the notes; none where they are missing or unreadable, since nothing depends on them alone */
export function parseNotes(lease: Lease): RecordNotes {
  const text = lease.metadata.annotations?.[NOTES_ANNOTATION];
  if (text === undefined) return noNotes;
  try {
    return notesSchema.parse(JSON.parse(text));
  } catch {
    return noNotes;
  }
}

/** @returns the Lease with the notes beside its record */
export function withNotes(lease: Lease, notes: RecordNotes): Lease {
  const annotations = { ...lease.metadata.annotations, [NOTES_ANNOTATION]: JSON.stringify(notes) };
  return { ...lease, metadata: { ...lease.metadata, annotations } };
}
