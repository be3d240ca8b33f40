/**
 * The standby's part of the write permission (rules A3a, A6, A9): when it grants, and when it knows by its own clock
 * that nobody writes by its grants any more.
 */
import { CLOCK_RATE_BOUND, timingFor, type Clocks, type PermissionRecord } from "../../protocol";

/** What granting looks at. */
export interface GrantSituation {
  podUID: string;
  objectUID: string;
  /** The record in force here. */
  record: PermissionRecord | null;
  /** n of the Pair this standby left gracefully (durable). */
  left: number;
  /** It is about to leave: nothing is granted any more. */
  leaving: boolean;
}

/**
 * Rule A6. Granting does not need a complete database, nor one at all: a grant only says "I will not be promoted
 * within W", and one that cannot be promoted keeps that word best.
 * @returns why this request is not granted, or null when it is
 */
export function whyNoGrant(s: GrantSituation, request: { n: number; boot: string }): string | null {
  const { record } = s;
  if (record === null || record.objectUID !== s.objectUID) return "no record is known here";
  if (record.n !== request.n) return `record ${record.n} is obeyed here`;
  if (record.mode !== "Pair" || record.standby !== s.podUID) return `this is not the standby of ${record.n}`;
  if (record.writer.boot !== request.boot) return `record ${record.n} names another life of the database`;
  if (s.left === record.n || s.leaving) return `this standby leaves Pair ${record.n}`;
  return null;
}

/** @returns the Pair this pod is, or in a promotion was, the standby of; 0 when of none */
export function standbyOf(record: PermissionRecord | null, podUID: string): number {
  if (record === null) return 0;
  switch (record.mode) {
    case "Pair":
      return record.standby === podUID ? record.n : 0;
    case "Closed":
      return record.standby === podUID ? record.from : 0;
    case "Solo":
      return record.writer.podUID === podUID ? record.from : 0;
  }
}

/** When this standby granted last, on both its clocks, and how long it has to wait after that. */
export class LastGrant {
  #at: Clocks;
  #waitMs: number;
  #n = 0;

  /** @param now the start of this agent: a former one may have granted just before it died (rule A9) */
  constructor(now: Clocks) {
    this.#at = now;
    this.#waitMs = 0;
  }

  /**
   * A record is obeyed from now on: W is that of its L, or what was agreed in it, whichever is longer.
   * A record of the same Pair's end (Closed, promotion) keeps what the Pair had.
   */
  obey(record: PermissionRecord): void {
    const waitMs = timingFor(record.leaseMs).waitMs;
    const isNew = record.mode === "Pair" && record.n !== this.#n;
    this.#waitMs = isNew ? waitMs : Math.max(this.#waitMs, waitMs);
    if (isNew) this.#n = record.n;
  }

  /** A grant is about to be sent: called before it leaves. */
  grant(now: Clocks, leaseMs: number, guardMs: number): void {
    this.#at = now;
    this.#waitMs = Math.max(this.#waitMs, Math.ceil((1 + CLOCK_RATE_BOUND) * (leaseMs + guardMs)));
  }

  /** @returns ms until W is over on both clocks; 0 when it is */
  leftMs(now: Clocks): number {
    const passed = Math.min(now.monotonicMs - this.#at.monotonicMs, now.boottimeMs - this.#at.boottimeMs);
    return Math.max(0, this.#waitMs - passed);
  }
}

/** Shortest time over which two clocks are compared, ms: the network's delays must not matter. */
const COMPARE_MS = 60_000;
/** After this the comparison begins anew, ms. */
const RENEW_MS = 900_000;

/** Compares the rates of two nodes' clocks by what the other said with each message. */
export class RateComparison {
  #first: { theirs: Clocks; mine: Clocks } | null = null;
  #apart: string | null = null;

  /** Takes in the other's clocks, and ours when they arrived. */
  add(theirs: Clocks, mine: Clocks): void {
    const first = this.#first;
    const passed = first === null ? 0 : mine.monotonicMs - first.mine.monotonicMs;
    // A node that was booted anew counts from the beginning.
    const restarted = first !== null && theirs.monotonicMs < first.theirs.monotonicMs;
    if (first === null || restarted || passed > RENEW_MS) {
      this.#first = { theirs, mine };
      return;
    }
    if (passed < COMPARE_MS) return;
    const ratio = (theirs.monotonicMs - first.theirs.monotonicMs) / passed;
    const off = Math.abs(ratio - 1);
    this.#apart =
      off > CLOCK_RATE_BOUND / 2
        ? `the clock of the other node runs at ${ratio.toFixed(3)} of this one's rate`
        : null;
  }

  /** @returns why no promise may rest on waiting, or null */
  whyNoWaiting(): string | null {
    return this.#apart;
  }
}
