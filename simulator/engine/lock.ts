/** One writer at a time, first come first served. */
import { errors } from "../shared/errors";

export class WriterLock {
  private held = false;
  private queue: { grant: () => void; timer: NodeJS.Timeout }[] = [];

  /**
   * @param waitMs how long to queue
   * @throws TimesTenError 6003 after that
   */
  acquire(waitMs: number): Promise<void> {
    if (!this.held) {
      this.held = true;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const entry = {
        grant: resolve,
        timer: setTimeout(() => {
          this.queue = this.queue.filter(other => other !== entry);
          reject(errors.lockTimeout());
        }, waitMs),
      };
      this.queue.push(entry);
    });
  }

  release(): void {
    const next = this.queue.shift();
    if (next === undefined) {
      this.held = false;
      return;
    }
    clearTimeout(next.timer);
    next.grant();
  }
}
