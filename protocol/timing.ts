/**
 * The times of the write permission (docs/fencing.md): everything follows from `leaseMs`, which the record carries,
 * so that both agents of a Pair count with the same.
 */

/** L where the object says nothing, ms. */
export const DEFAULT_LEASE_MS = 6_000;
/** Bounds of L, ms: the schema holds the same in seconds. */
export const LEASE_BOUNDS_MS = { min: 3_000, max: 60_000 } as const;
/** Bound on how far the rates of two nodes' clocks may be apart; 0.1: by a tenth. */
export const CLOCK_RATE_BOUND = 0.1;
/** Below this L the short set of h and c is used, ms. */
const SHORT_LEASE_MS = 6_000;
/** g, measured with processors that are busy with eight other things (docs/guard-timing.md), and some more, ms. */
const GUARD_MS = 1_000;

/** All in ms. */
export interface PermissionTiming {
  /** L: a grant lets the writer go on for so long, counted from the moment the request was sent. */
  leaseMs: number;
  /** h: between two requests. */
  heartbeatMs: number;
  /** c: so long before the deadline closing begins. */
  closingMs: number;
  /** g: no commit is possible later than this after the deadline, in real time. */
  guardMs: number;
  /** W: so long after its last grant the standby knows by its own clock that nobody writes by it. */
  waitMs: number;
}

/**
 * @param leaseMs L
 * @returns all times that follow from it; W >= (1 + rho) * (L + g)
 */
export function timingFor(leaseMs: number): PermissionTiming {
  const short = leaseMs < SHORT_LEASE_MS;
  return {
    leaseMs,
    heartbeatMs: short ? 250 : 500,
    closingMs: short ? 250 : 500,
    guardMs: GUARD_MS,
    waitMs: Math.ceil((1 + CLOCK_RATE_BOUND) * (leaseMs + GUARD_MS)),
  };
}
