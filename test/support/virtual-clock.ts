/** Virtual time for unit tests of the runtime: a clock, chance by seed and a log that is kept, over the world's own. */
import type { Clock, Log, Random } from "../../capabilities/runtime/ports";
import { VirtualTime } from "./world/clock";
import { SeededRandom } from "./world/random";

/** The world's timers fire a microsecond late; a chain of them is still within this. */
const TIMER_SLACK_MS = 0.2;

export interface LogLine {
  level: keyof Log;
  message: string;
  fields: Record<string, unknown>;
}

export class VirtualSurroundings {
  readonly random: SeededRandom & Random;
  readonly time: VirtualTime;
  readonly clock: Clock;
  readonly lines: LogLine[] = [];
  readonly log: Log;

  constructor(seed = "unit") {
    this.random = new SeededRandom(seed);
    this.time = new VirtualTime(this.random.fork("time"));
    this.clock = {
      nowMs: () => this.time.epochMs + Math.floor(this.time.nowMs()),
      monotonicMs: () => Math.floor(this.time.nowMs()),
      setTimer: (ms, callback) => this.time.after(ms, callback),
    };
    const at =
      (level: keyof Log) =>
      (message: string, fields: Record<string, unknown> = {}): void => {
        this.lines.push({ level, message, fields });
      };
    this.log = { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
  }

  /** Lets so many whole ms pass, including what is due just at their end, and everything that can settle settle. */
  async pass(ms = 0): Promise<void> {
    const untilMs = Math.floor(this.time.nowMs()) + ms + TIMER_SLACK_MS;
    await this.time.pass(Math.max(0, untilMs - this.time.nowMs()));
  }

  /**
   * Lets time pass until the condition holds.
   * @throws Error when it does not within so many ms
   */
  async until(what: string, condition: () => boolean, withinMs = 60_000): Promise<void> {
    if ((await this.time.run(condition, withinMs)) === "deadline") throw new Error(`never came: ${what}`);
  }

  /** Lets time pass until the promise settles. @throws what it rejects with, or Error when it never settles */
  async settled<T>(work: Promise<T>, withinMs = 60_000): Promise<T> {
    let done = false;
    const noted = work.finally(() => {
      done = true;
    });
    noted.catch(() => undefined);
    await this.until("the promise settles", () => done, withinMs);
    return noted;
  }

  sleep(ms: number): Promise<void> {
    return new Promise(resolve => this.clock.setTimer(ms, resolve));
  }
}
