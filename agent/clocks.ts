/** Both clocks of a node that count on, as agent and guard of one pod read and compare them. */
import type { Clocks } from "../protocol";
import type { Clock } from "./ports";

/** @returns both clocks at this moment */
export function clocksOf(clock: Pick<Clock, "monotonicMs" | "boottimeMs">): Clocks {
  return { monotonicMs: clock.monotonicMs(), boottimeMs: clock.boottimeMs() };
}

/**
 * @returns ms until either clock says that the permission is over; Infinity without an end. Either: a clock that
 *   stood still in a suspend must not make a permission longer.
 */
export function remainingMs(until: Clocks | null, now: Clocks): number {
  if (until === null) return Infinity;
  return Math.min(until.monotonicMs - now.monotonicMs, until.boottimeMs - now.boottimeMs);
}
