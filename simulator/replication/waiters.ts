/** Waiting for a condition that messages make true. */

interface Waiter {
  look: () => boolean;
}

export class Waiters {
  private list: Waiter[] = [];

  /** Something has changed: whoever is satisfied now goes on. */
  check(): void {
    if (this.list.length === 0) return;
    const still = this.list.filter(waiter => !waiter.look());
    this.list = still;
  }

  /**
   * @param value gives the outcome, or null while there is none
   * @returns the outcome, or null after the time
   */
  until<T>(value: () => T | null, timeoutMs: number): Promise<T | null> {
    const now = value();
    if (now !== null) return Promise.resolve(now);
    return new Promise(resolve => {
      const timer = setTimeout(() => {
        this.list = this.list.filter(other => other !== waiter);
        resolve(value());
      }, timeoutMs);
      const waiter: Waiter = {
        look: () => {
          const outcome = value();
          if (outcome === null) return false;
          clearTimeout(timer);
          resolve(outcome);
          return true;
        },
      };
      this.list.push(waiter);
    });
  }
}
