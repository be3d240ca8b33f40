/** The history of the permissions by grants, as it truly was: from when to when each life could write. */
import { CLOCK_RATE_BOUND, type Permit, timingFor } from "../../../protocol";
import type { GrantWatch } from "./cluster/network";

interface Request {
  boot: string;
  n: number;
  sentMs: number;
  leaseMs: number;
}

export class GrantHistory implements GrantWatch {
  private readonly requests = new Map<string, Request>();
  /** By boot and n: until when in true time a commit may come at the very latest. */
  private readonly until = new Map<string, number>();

  /** By boot: the Pair on whose grants its guard lets it write; null while that has no end. */
  private readonly finite = new Map<string, number | null>();

  constructor(private readonly nowMs: () => number) {}

  requested(id: string, boot: string, n: number, leaseMs: number): void {
    this.requests.set(id, { boot, n, leaseMs, sentMs: this.nowMs() });
  }

  /** Granted from its standby's side: whether the answer arrives is another matter. */
  granted(id: string): void {
    const request = this.requests.get(id);
    if (request === undefined) return;
    this.requests.delete(id);
    const { boot, n, sentMs, leaseMs } = request;
    // The slower of two clocks whose rates are apart by no more than the bound.
    const untilMs = sentMs + leaseMs * (1 + CLOCK_RATE_BOUND) + timingFor(leaseMs).guardMs;
    const key = `${boot} ${n}`;
    this.until.set(key, Math.max(untilMs, this.until.get(key) ?? 0));
  }

  /** A guard has taken up what it was told. */
  taken(permit: Permit): void {
    this.finite.set(permit.boot, permit.until === null ? null : permit.n);
  }

  /** @returns true ms; null while this life does not write by grants for that Pair */
  untilMs(boot: string, n: number): number | null {
    if (this.finite.get(boot) !== n) return null;
    return this.until.get(`${boot} ${n}`) ?? null;
  }
}
