/** The real clock and real chance. */
import { randomUUID } from "node:crypto";
import type { Clock, Random } from "./ports";

/** Node fires timers above this at once, ms. */
const LONGEST_TIMER_MS = 2_147_483_647;

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimer: (ms, callback) => {
    const timer = setTimeout(callback, Math.min(Math.max(0, Math.ceil(ms)), LONGEST_TIMER_MS));
    return () => clearTimeout(timer);
  },
};

export const systemRandom: Random = { next: () => Math.random(), uuid: () => randomUUID() };
