import type { Clock } from "../ports";

/** Lets others wait for something to come true without asking again and again. */
export class Changes {
  readonly #waiting = new Set<() => void>();

  constructor(private readonly clock: Clock) {}

  /** Something changed: every condition is asked again. */
  notify(): void {
    for (const ask of [...this.#waiting]) ask();
  }

  /** @returns whether it came true within `ms` */
  until(condition: () => boolean, ms: number): Promise<boolean> {
    if (condition()) return Promise.resolve(true);
    return new Promise(resolve => {
      const end = (result: boolean): void => {
        cancel();
        this.#waiting.delete(ask);
        resolve(result);
      };
      const ask = (): void => {
        if (condition()) end(true);
      };
      const cancel = this.clock.setTimer(ms, () => end(condition()));
      this.#waiting.add(ask);
    });
  }
}
