import type { Clock } from "../ports";

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
