/** Every wait ends. */
import type { Clock } from "./ports";

/** The wait ended before what was waited for. What was begun may still take effect. */
export class DeadlineExceeded extends Error {
  constructor(readonly deadlineMs: number) {
    super(`no answer within ${deadlineMs} ms`);
    this.name = "DeadlineExceeded";
  }
}

/**
 * @param work goes on after the deadline; its outcome is then dropped
 * @returns what the work resolves to
 * @throws DeadlineExceeded, or what the work rejects with
 */
export function beforeDeadline<T>(clock: Clock, deadlineMs: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.setTimer(deadlineMs, () => reject(new DeadlineExceeded(deadlineMs)));
    work.then(
      value => {
        cancel();
        resolve(value);
      },
      (error: unknown) => {
        cancel();
        reject(error instanceof Error ? error : new Error(String(error)));
      },
    );
  });
}
