/**
 * The session between the two agents of a pair (mutual TLS, on the agent's port): each dials the other, asks and
 * announces on the session it dialled, and answers on the one it accepted. Requests and grants of the write
 * permission, and each one's state, so that the operator also sees a pod through the other.
 */
import * as z from "zod";
import { peerDigestSchema } from "./state";

/** Both clocks of a node that count on: ms since some start. */
export const clocksSchema = z.object({ monotonicMs: z.number(), boottimeMs: z.number() });
export type Clocks = z.infer<typeof clocksSchema>;

/** What only an agent that dialled says. */
export const peerOnlySchema = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("peerHello"),
    versions: z.array(z.number().int()).min(1),
    objectUID: z.string().min(1),
    podUID: z.string().min(1),
  }),
  /** The writer of Pair n asks for another L. */
  z.object({
    type: z.literal("request"),
    n: z.number().int().min(1),
    boot: z.string().min(1),
    id: z.string().min(1),
    leaseMs: z.number().int().positive(),
    guardMs: z.number().int().positive(),
    clocks: clocksSchema,
  }),
  /** The standby leaves Pair n for good (it is on its disk): the writer may go on alone. */
  z.object({ type: z.literal("solo"), n: z.number().int().min(1), boot: z.string().min(1) }),
]);

/** From the agent that dialled. */
export const peerRequestSchema = z.discriminatedUnion("type", [
  peerOnlySchema,
  z.object({ type: z.literal("ping"), t: z.number() }),
  z.object({ type: z.literal("pong"), t: z.number() }),
]);
export type PeerRequest = z.infer<typeof peerRequestSchema>;

/** From the agent that was dialled. */
export const peerAnswerSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("peerWelcome"), version: z.number().int(), digest: peerDigestSchema }),
  z.object({ type: z.literal("digest"), digest: peerDigestSchema }),
  z.object({
    type: z.literal("grant"),
    n: z.number().int().min(1),
    boot: z.string().min(1),
    id: z.string().min(1),
    clocks: clocksSchema,
  }),
  z.object({ type: z.literal("no"), id: z.string(), reason: z.string() }),
  z.object({ type: z.literal("soloTaken"), n: z.number().int().min(1), boot: z.string().min(1) }),
  z.object({ type: z.literal("ping"), t: z.number() }),
  z.object({ type: z.literal("pong"), t: z.number() }),
  z.object({ type: z.literal("bye"), reason: z.string() }),
]);
export type PeerAnswer = z.infer<typeof peerAnswerSchema>;
