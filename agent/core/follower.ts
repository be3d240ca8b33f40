/** Does what the rules ask, one step after the other; a failed step is tried again after a pause. */
import type { Clock, Log } from "../ports";
import type { Step } from "./permission";

/** Pause before a failed step is tried again: doubles from the first to the last value, ms. */
const RETRY_MS = { first: 100, last: 2_000 };

export interface FollowerOptions {
  clock: Clock;
  log: Log;
  /** Rules are followed now. */
  active: () => boolean;
  next: () => Step | null;
  /** @returns whether to ask for the next step at once although this one failed; throws never */
  carryOut: (step: Step) => Promise<"done" | "failed" | "overtaken">;
}

export class Follower {
  readonly #o: FollowerOptions;
  /** The steps that run now, or null. */
  #running: Promise<void> | null = null;
  #again = false;
  #failures = 0;
  #cancelRetry: () => void = () => undefined;

  constructor(options: FollowerOptions) {
    this.#o = options;
  }

  /** Something changed: ask for the next step. */
  kick(): void {
    if (!this.#o.active()) return;
    this.#again = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
      if (this.#again) this.kick();
    });
  }

  /** A new record: what failed under the former one is tried without a pause. */
  forgive(): void {
    this.#failures = 0;
  }

  /** Resolves when the step that runs now has ended. */
  async settled(): Promise<void> {
    await this.#running;
  }

  stop(): void {
    this.#cancelRetry();
  }

  async #run(): Promise<void> {
    while (this.#again && this.#o.active()) {
      this.#again = false;
      const step = this.#o.next();
      if (step === null) continue;
      const result = await this.#o.carryOut(step);
      if (result === "failed") {
        // A failed step has its pause, whatever was asked meanwhile; a new record asks again.
        this.#again = false;
        this.#retryLater();
        return;
      }
      if (result === "done") this.#failures = 0;
      this.#again = true;
    }
  }

  #retryLater(): void {
    const pause = Math.min(RETRY_MS.first * 2 ** this.#failures, RETRY_MS.last);
    this.#failures += 1;
    this.#cancelRetry();
    this.#cancelRetry = this.#o.clock.setTimer(pause, () => this.kick());
  }
}
