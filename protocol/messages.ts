/**
 * One WebSocket session (mutual TLS) per pod: the operator dials, the agent answers and from then on pushes its
 * whole state at every change. Text frames, one JSON message each.
 */
import * as z from "zod";
import { evidenceSchema, recordSchema } from "./record";
import { agentStateSchema } from "./state";

/** Spoken by this build; an agent accepts its own and the previous one (an agent update alone restarts nothing). */
export const PROTOCOL_VERSION = 1;
/** Port of the agent's server in the tt container, as Oracle's. */
export const AGENT_PORT = 8443;
/** Largest message either side accepts, bytes. */
export const MAX_MESSAGE_BYTES = 256 * 1024;
/** Whoever dialled sends a ping after this much silence of its own, the other side after half as much again. */
export const HEARTBEAT_MS = 500;
/** A session that was silent for so long is given up and dialled anew. */
export const SESSION_SILENCE_MS = 2_000;

const commandBase = {
  type: z.literal("command"),
  /** Idempotency key: the same id is carried out once, however often it arrives. */
  id: z.string().min(1),
  /** Record number on which the operator based this command; an agent that obeys a higher one refuses. 0: none yet. */
  n: z.number().int().min(0),
  /** The life of the database it is meant for; null where none is loaded or any will do. */
  boot: z.string().nullable(),
  /** The agent gives up after this long, ms. */
  deadlineMs: z.number().int().positive(),
};

/** Verbs never concern writing: that is the record's alone. Each is safe to repeat. */
export const commandSchema = z.discriminatedUnion("verb", [
  z.object({ ...commandBase, verb: z.literal("startDaemon") }),
  /** Create the database, its users and schema; leaves it loaded and closed. */
  z.object({ ...commandBase, verb: z.literal("createDatabase") }),
  z.object({ ...commandBase, verb: z.literal("createScheme"), statement: z.string().min(1) }),
  /** Only of the writer of a Solo that was a standby before: TimesTen makes no other an active from its disk. */
  z.object({ ...commandBase, verb: z.literal("dropScheme") }),
  z.object({ ...commandBase, verb: z.literal("runEpilog") }),
  /** Load what is on disk, closed. */
  z.object({ ...commandBase, verb: z.literal("loadDatabase") }),
  z.object({ ...commandBase, verb: z.literal("startRepAgent") }),
  z.object({ ...commandBase, verb: z.literal("stopRepAgent") }),
  /** Destroy this copy and duplicate the other's: only while the record is Solo for another pod. */
  z.object({ ...commandBase, verb: z.literal("duplicate"), fromHost: z.string().min(1) }),
]);
export type Command = z.infer<typeof commandSchema>;
export type CommandVerb = Command["verb"];

export const operatorMessageSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("hello"), versions: z.array(z.number().int()).min(1), operator: z.string() }),
  z.object({ type: z.literal("record"), record: recordSchema, evidence: evidenceSchema }),
  commandSchema,
  z.object({ type: z.literal("ping"), t: z.number() }),
  z.object({ type: z.literal("pong"), t: z.number() }),
]);
export type OperatorMessage = z.infer<typeof operatorMessageSchema>;

export const agentMessageSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("welcome"), version: z.number().int(), state: agentStateSchema }),
  z.object({ type: z.literal("state"), state: agentStateSchema }),
  /** Answer to a command: taken up (its task is in the state from now on), or not, and why. */
  z.object({
    type: z.literal("answer"),
    id: z.string(),
    accepted: z.boolean(),
    reason: z.string().nullable(),
  }),
  z.object({ type: z.literal("bye"), reason: z.string() }),
  z.object({ type: z.literal("ping"), t: z.number() }),
  z.object({ type: z.literal("pong"), t: z.number() }),
]);
export type AgentMessage = z.infer<typeof agentMessageSchema>;

/** A frame that is not a message of this protocol; `message` names the field, never its content. */
export class ProtocolError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ProtocolError";
  }
}

/**
 * @param schema the side that speaks
 * @param frame one text frame
 * @returns the message, with unknown keys dropped (a newer peer may send more)
 * @throws ProtocolError when it is no JSON or does not fit; never quotes the content
 */
export function parseMessage<T>(schema: z.ZodType<T>, frame: string): T {
  if (frame.length > MAX_MESSAGE_BYTES)
    throw new ProtocolError(`message of ${frame.length} characters is too long`);
  let json: unknown;
  try {
    json = JSON.parse(frame);
  } catch {
    throw new ProtocolError("message is no JSON");
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const first = parsed.error.issues[0];
  throw new ProtocolError(
    `message does not fit at "${first?.path.join(".") ?? ""}": ${first?.code ?? "invalid"}`,
  );
}
