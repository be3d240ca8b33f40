/**
 * The witness in the sidecar: it sees the database's processes of its pod and outlives the tt container. Operator and
 * peer dial it (mutual TLS); it only ever tells which lives of the database are over.
 */
import * as z from "zod";

/** Port of the witness in the sidecar. */
export const WITNESS_PORT = 8444;

export const witnessStateSchema = z.object({
  /** Grows with every change; restarts with the witness. */
  seq: z.number().int().min(0),
  podName: z.string(),
  podUID: z.string().min(1),
  /** Wall clock, ms, when this process began. */
  startedAtMs: z.number(),
  /** The life whose processes it holds now, or null. */
  watching: z.string().nullable(),
  /** Lives all of whose processes, and all direct-mode processes attached to them, are gone; newest first. */
  over: z.array(z.object({ boot: z.string().min(1), endedAtMs: z.number() })).max(4),
});
export type WitnessState = z.infer<typeof witnessStateSchema>;

/** To the witness. */
export const witnessRequestSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("witnessHello"), versions: z.array(z.number().int()).min(1), who: z.string() }),
  z.object({ type: z.literal("ping"), t: z.number() }),
  z.object({ type: z.literal("pong"), t: z.number() }),
]);
export type WitnessRequest = z.infer<typeof witnessRequestSchema>;

/** From the witness. */
export const witnessMessageSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("witnessWelcome"), version: z.number().int(), state: witnessStateSchema }),
  z.object({ type: z.literal("witnessState"), state: witnessStateSchema }),
  z.object({ type: z.literal("ping"), t: z.number() }),
  z.object({ type: z.literal("pong"), t: z.number() }),
  z.object({ type: z.literal("bye"), reason: z.string() }),
]);
export type WitnessMessage = z.infer<typeof witnessMessageSchema>;
