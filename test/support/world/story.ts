/** The numbered story of a run: everything worth telling, in order, with virtual times; and its hash. */
import { createHash } from "node:crypto";

export interface Happening {
  atMs: number;
  who: string;
  what: string;
}

export class Story {
  private readonly happenings: Happening[] = [];
  private readonly digest = createHash("sha256");

  constructor(private readonly nowMs: () => number) {}

  tell(who: string, what: string): void {
    const happening = { atMs: this.nowMs(), who, what };
    this.happenings.push(happening);
    this.digest.update(`${happening.atMs.toFixed(3)} ${who} ${what}\n`);
  }

  /** @returns the same for the same course of events; to be asked once, at the end */
  hash(): string {
    return this.digest.copy().digest("hex");
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
