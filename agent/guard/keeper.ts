/** Keeps the guard alive; without one the database must not go on. Pure over its clock and its way to start a guard. */
import type { AgentProcess } from "../entry/run";
import type { Clock, Log } from "../ports";

/** A guard that lived so long had started well, ms. */
const WELL_MS = 1_000;
/** Without a guard that started well for longer than this, the database is unguarded, ms. */
const LOST_MS = 1_000;
/** Pause before another start after one that failed at once, ms. */
const PAUSE_MS = 50;

export interface KeeperOptions {
  clock: Clock;
  log: Log;
  start: () => AgentProcess;
  /** The guard cannot be kept alive; called once. */
  onLost: () => void;
}

export class GuardKeeper {
  readonly #o: KeeperOptions;
  #process: AgentProcess | null = null;
  #startedMs = 0;
  /** Since when there is none that started well; null while there is one. */
  #badSinceMs: number | null = null;
  #stopped = false;
  #cancel: () => void = () => undefined;

  constructor(options: KeeperOptions) {
    this.#o = options;
    this.#start();
  }

  /** The container ends, and with it what was guarded. */
  stop(): void {
    this.#stopped = true;
    this.#cancel();
    this.#process?.terminate();
  }

  #start(): void {
    const { clock, log, start } = this.#o;
    this.#startedMs = clock.monotonicMs();
    const guard = start();
    this.#process = guard;
    guard.onEnd(how => {
      if (this.#process !== guard) return;
      this.#process = null;
      if (this.#stopped) return;
      log.warn("guard ended, starts again", { how });
      this.#ended();
    });
  }

  #ended(): void {
    const { clock, log, onLost } = this.#o;
    const now = clock.monotonicMs();
    const lived = now - this.#startedMs;
    if (lived >= WELL_MS) this.#badSinceMs = null;
    this.#badSinceMs ??= now;
    if (now - this.#badSinceMs > LOST_MS) {
      log.error("the guard cannot be kept alive", { forMs: Math.round(now - this.#badSinceMs) });
      this.#stopped = true;
      onLost();
      return;
    }
    this.#cancel = clock.setTimer(lived >= WELL_MS ? 0 : PAUSE_MS, () => this.#start());
  }
}
