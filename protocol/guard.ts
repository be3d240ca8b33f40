/**
 * Inside one pod: between the agent and the guard (a Unix socket, one JSON message per line), and the file that tells
 * the witness which processes are the present life. The guard acts on what it was told last, also when the agent is
 * hung or dead.
 */
import * as z from "zod";
import { clocksSchema } from "./peer";

/** Which processes are one life of the database. */
export const lifeSchema = z.object({
  podUID: z.string().min(1),
  boot: z.string().min(1),
  /** Those that hold the loaded database: "pid:starttime,...". */
  processes: z.string().min(1),
  /** Direct-mode applications attached to it, in the same form; "" when none. */
  attached: z.string(),
});
export type Life = z.infer<typeof lifeSchema>;

/** Until when a life may write. */
export const permitSchema = z.object({
  boot: z.string().min(1),
  /** Number of the record it rests on. */
  n: z.number().int().min(1),
  /** Not later than either of both clocks says; null: without an end. */
  until: clocksSchema.nullable(),
  /** c: closing begins so long before, ms. */
  closingMs: z.number().int().min(0),
});
export type Permit = z.infer<typeof permitSchema>;

export const toGuardSchema = z.discriminatedUnion("type", [
  /** There is a new life, or the direct-mode applications of this one changed. */
  z.object({ type: z.literal("life"), life: lifeSchema }),
  /** The agent saw the end of that life. */
  z.object({ type: z.literal("lifeOver"), boot: z.string().min(1) }),
  /** Replaces what was permitted before. */
  z.object({ type: z.literal("permit"), id: z.number().int(), permit: permitSchema }),
  /** Permission is over and the database is closed: nothing is left to be enforced. */
  z.object({ type: z.literal("rest"), id: z.number().int(), boot: z.string().min(1) }),
]);
export type ToGuard = z.infer<typeof toGuardSchema>;

/**
 * closedLate: another permission had come while it closed. Somebody may have opened the database since, so this is no
 * word that it is closed; only that whoever finds it closed need not look for a person who did it.
 */
export const guardActSchema = z.enum(["closed", "closedLate", "killed"]);
export type GuardAct = z.infer<typeof guardActSchema>;

export const fromGuardSchema = z.discriminatedUnion("type", [
  /** On connect: what the guard enforces now. */
  z.object({ type: z.literal("hello"), life: lifeSchema.nullable(), permit: permitSchema.nullable() }),
  /** Taken up: from now on it is enforced. */
  z.object({ type: z.literal("done"), id: z.number().int() }),
  /** The guard did this at the end of a permission. */
  z.object({ type: z.literal("acted"), boot: z.string().min(1), what: guardActSchema }),
]);
export type FromGuard = z.infer<typeof fromGuardSchema>;
