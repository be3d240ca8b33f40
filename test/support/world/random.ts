/** Randomness of a run: one seed, independent streams by name, so that a new caller does not shift the others. */

/** A stream of numbers that is the same for the same seed and name. Fits the Random port of the engine. */
export class SeededRandom {
  private state: number;

  constructor(private readonly seed: string) {
    this.state = hash(seed);
  }

  /** @returns uniform in [0, 1) (mulberry32: 2^32 states, plenty for one run's stream) */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let z = this.state;
    z = Math.imul(z ^ (z >>> 15), z | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 4294967296;
  }

  /** @returns an id shaped like a version 4 UUID */
  uuid(): string {
    const word = (): string =>
      Math.floor(this.next() * 0x1_0000_0000)
        .toString(16)
        .padStart(8, "0");
    const hex = word() + word() + word() + word();
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
  }

  /** @returns uniform in [low, high) */
  between(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  /** @returns an integer in [0, count) */
  index(count: number): number {
    return Math.floor(this.next() * count);
  }

  /** @returns true with the given probability */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /**
   * @param items at least one
   * @throws Error when there is none
   */
  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new Error("nothing to pick from");
    return items[this.index(items.length)] as T;
  }

  /** @returns the stream of that name below this one; asking twice gives the same numbers again */
  fork(name: string): SeededRandom {
    return new SeededRandom(`${this.seed}/${name}`);
  }
}

/** FNV-1a over UTF-16 units, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value | 0;
}
