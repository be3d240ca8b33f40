/**
 * The product's own decisions as the model asks them. A mutation replaces one of them; everything else of the model is
 * the world around.
 */
import { whyRefused, type CommandContext } from "../../../agent/core/commands";
import { whyNoGrant, type GrantSituation } from "../../../agent/core/granting";
import {
  asksForGrants,
  nextStep,
  recordPermits,
  type Situation,
  type Step,
} from "../../../agent/core/permission";
import { planPods } from "../../../capabilities/classic/decide/ha/build";
import { fencedProof } from "../../../capabilities/classic/decide/fence/proofs";
import { decideRecord } from "../../../capabilities/classic/decide/fence/rules";
import { whyNotAllowed } from "../../../capabilities/classic/decide/fence/transitions";
import { mayDuplicate } from "../../../capabilities/classic/decide/ha/standby";
import type { Observation, ObservedPod } from "../../../capabilities/classic/observation";
import {
  timingFor,
  type Command,
  type PermissionRecord,
  type PermissionTiming,
  type Proof,
} from "../../../protocol";
import { DRIFT_TICKS, GUARD_TICKS, LEASE_TICKS } from "./state";

/** What of an agent outlives what, and what it does with messages: its shell around the pure rules. */
export interface Shell {
  /** A record's number is on disk before it is obeyed. */
  keepsNumber: boolean;
  /** `left` is on disk before anybody is told. */
  keepsLeft: boolean;
  /** An agent that starts assumes that it granted just now. */
  waitsAfterStart: boolean;
  /** A grant is noted before it is sent; asked with whether the record in force is a Pair. */
  notesGrant: (inPair: boolean) => boolean;
  /** A standby that left its Pair is not promoted for it. */
  leftCounts: boolean;
  /** The old writer that has handed everything over is no longer ACTIVE. */
  deactivates: boolean;
  /** What this life is complete for ends with it. */
  forgetsComplete: boolean;
  /** What the record no longer permits is revoked at once. */
  revokes: boolean;
  /** The log is durable before a database goes on alone. */
  flushes: boolean;
  /** A life that left its Pair with everything and was then cut short has everything no longer. */
  wholeEndsInOrder: boolean;
  /** What it had when it left says nothing once it replicates again. */
  forgetsWhole: boolean;
  /** The guard acts at the end of a permission. */
  guardActs: boolean;
  /** A grant counts from the request on, not from its arrival. */
  countsFromRequest: boolean;
  /** @returns whether the writer takes a grant of number n for that boot */
  takesGrant: (
    grant: { n: number; boot: string },
    now: { n: number; boot: string; asks: boolean },
  ) => boolean;
  /** @returns whether the writer takes the word that its standby left Pair n */
  takesSolo: (n: number, now: { n: number; isPairWriter: boolean }) => boolean;
  /** @returns whether a record of number n replaces the one obeyed */
  obeys: (n: number, obeyed: number) => boolean;
}

/** As agent/core/peering.ts, agent.ts and life.ts do it. */
export const shell: Shell = {
  keepsNumber: true,
  keepsLeft: true,
  waitsAfterStart: true,
  notesGrant: () => true,
  leftCounts: true,
  deactivates: true,
  forgetsComplete: true,
  revokes: true,
  flushes: true,
  wholeEndsInOrder: true,
  forgetsWhole: true,
  guardActs: true,
  countsFromRequest: true,
  takesGrant: (grant, now) => now.asks && grant.n === now.n && grant.boot === now.boot,
  takesSolo: (n, now) => now.isPairWriter && n === now.n,
  obeys: (n, obeyed) => n > obeyed,
};

export interface Code {
  nextStep: (s: Situation) => Step | null;
  recordPermits: typeof recordPermits;
  asksForGrants: (s: Situation) => boolean;
  whyNoGrant: (s: GrantSituation, request: { n: number; boot: string }) => string | null;
  whyNotAllowed: (o: Observation, to: PermissionRecord) => string | null;
  decideRecord: typeof decideRecord;
  planPods: typeof planPods;
  mayDuplicate: (o: Observation, writer: ObservedPod, peer: ObservedPod) => boolean;
  whyRefused: (command: Command, c: CommandContext) => string | null;
  fencedProof: (pod: ObservedPod, n: number) => Proof | null;
  timing: (leaseMs: number) => PermissionTiming;
  shell: Shell;
}

export const realCode: Code = {
  nextStep,
  recordPermits,
  asksForGrants,
  whyNoGrant,
  whyNotAllowed,
  decideRecord,
  planPods,
  mayDuplicate,
  whyRefused,
  fencedProof,
  timing: timingFor,
  shell,
};

/** L of the model's records, ms. */
export const LEASE_MS = 6_000;
const RATE_BOUND = 0.1;

/**
 * How many ticks the standby waits: the real W, read as what it covers. A tick of drift is the whole bound on the
 * clocks' rates, a tick of the guard its whole time.
 */
export function waitTicks(code: Code): number {
  const { leaseMs, guardMs, waitMs } = code.timing(LEASE_MS);
  const covers = (ms: number): boolean => waitMs >= Math.floor(ms);
  if (covers((1 + RATE_BOUND) * (leaseMs + guardMs))) return LEASE_TICKS + DRIFT_TICKS + GUARD_TICKS;
  if (covers(leaseMs + guardMs)) return LEASE_TICKS + GUARD_TICKS;
  return covers(leaseMs) ? LEASE_TICKS : 0;
}
