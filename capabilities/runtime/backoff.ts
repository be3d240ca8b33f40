/** Growing pauses between attempts, with jitter so that many do not come back at one instant. */
import type { Random } from "./ports";

export interface BackoffLimits {
  /** Pause after the first failure, ms. */
  firstMs: number;
  /** No pause is longer, ms. */
  maxMs: number;
}

export class Backoff {
  readonly #random: Random;
  readonly #limits: BackoffLimits;
  #count = 0;

  constructor(random: Random, limits: BackoffLimits) {
    this.#random = random;
    this.#limits = limits;
  }

  /** Failures in a row. */
  get count(): number {
    return this.#count;
  }

  /** @returns the pause after one more failure, ms: between half of and the whole of firstMs * 2^(failures - 1) */
  next(): number {
    const { firstMs, maxMs } = this.#limits;
    const wholeMs = Math.min(maxMs, firstMs * 2 ** Math.min(this.#count, 30));
    this.#count++;
    return wholeMs * (0.5 + this.#random.next() / 2);
  }

  /** It went well: the next pause is the first again. */
  reset(): void {
    this.#count = 0;
  }
}
