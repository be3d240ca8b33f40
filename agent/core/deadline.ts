import type { Clock, Log } from "../ports";

/** Work that did not end within its time. */
export class DeadlineError extends Error {
  constructor(ms: number) {
    super(`not done within ${ms} ms`);
    this.name = "DeadlineError";
  }
}

/**
 * Runs `work` with a signal that aborts after `ms`; does not wait for work that ignores the signal.
 * @throws DeadlineError when the time is over, else what `work` throws
 */
export async function withDeadline<T>(
  clock: Clock,
  ms: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  let cancel: () => void = () => undefined;
  const over = new Promise<never>((_, reject) => {
    cancel = clock.setTimer(ms, () => {
      controller.abort();
      reject(new DeadlineError(ms));
    });
  });
  try {
    return await Promise.race([work(controller.signal), over]);
  } finally {
    cancel();
  }
}

/** @returns whether it worked in time; what went wrong is said in the log */
export async function attempt(
  o: { clock: Clock; log: Log },
  what: string,
  work: (signal: AbortSignal) => Promise<void>,
  deadlineMs: number,
): Promise<boolean> {
  try {
    await withDeadline(o.clock, deadlineMs, work);
    return true;
  } catch (error) {
    o.log.warn(`could not ${what}`, { error: String(error) });
    return false;
  }
}
