/** Waiting for a condition, always with an end. */
import { setTimeout as delay } from "node:timers/promises";

/** Thrown by {@link waitFor} when the deadline passes; the message says what was waited for and the last state seen. */
export class DeadlineError extends Error {}

export interface WaitOptions {
  /** Longest wait, milliseconds. */
  readonly timeoutMs: number;
  /** Pause between two looks, milliseconds (default 50). */
  readonly everyMs?: number;
}

/**
 * Calls `look` until it gives a value other than undefined, and returns that value. An error of `look` counts as
 * "not yet"; the last one is named when the deadline passes. Throws {@link DeadlineError}.
 */
export async function waitFor<T>(
  what: string,
  look: () => Promise<T | undefined> | T | undefined,
  options: WaitOptions,
): Promise<T> {
  const end = performance.now() + options.timeoutMs;
  let last = "";
  for (;;) {
    try {
      const value = await look();
      if (value !== undefined) return value;
    } catch (error) {
      if (error instanceof FatalError) throw error;
      last = error instanceof Error ? error.message : String(error);
    }
    if (performance.now() >= end)
      throw new DeadlineError(
        `${what}: not after ${options.timeoutMs / 1000} s${last === "" ? "" : ` (${last})`}`,
      );
    await delay(options.everyMs ?? 50);
  }
}

/** An error that no waiting will mend: {@link waitFor} passes it on at once. */
export class FatalError extends Error {}
