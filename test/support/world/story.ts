/** The numbered story of a run: everything worth telling, in order, with virtual times; and its hash. */
import { createHash } from "node:crypto";

export interface Happening {
  atMs: number;
  who: string;
  what: string;
}

export class Story {
  private readonly happenings: Happening[] = [];

  constructor(private readonly nowMs: () => number) {}

  tell(who: string, what: string): void {
    this.happenings.push({ atMs: this.nowMs(), who, what });
  }

  /** @returns the same for the same course of events */
  hash(): string {
    const digest = createHash("sha256");
    for (const { atMs, who, what } of this.happenings) digest.update(`${atMs.toFixed(3)} ${who} ${what}\n`);
    return digest.digest("hex");
  }

  length(): number {
    return this.happenings.length;
  }

  /** @returns the lines for people, the last `count` of them */
  lines(count = Infinity): string[] {
    const first = Math.max(0, this.happenings.length - count);
    return this.happenings.slice(first).map((happening, i) => {
      const number = String(first + i + 1).padStart(4);
      const at = (happening.atMs / 1000).toFixed(3).padStart(9);
      return `${number} ${at} s  ${happening.who.padEnd(16)} ${happening.what}`;
    });
  }
}
