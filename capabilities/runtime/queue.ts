/**
 * The work queue: every source of news (watch, agent, timer, leader change) only adds a key; the queue runs one
 * pass per key, never two of one key at once, and lets no key wait for another. It knows nothing of what a pass does.
 */
import type { Clock, Log, Random } from "./ports";
import { Backoff, type BackoffLimits } from "./backoff";

/** What a pass asks for when it ends well. */
export interface PassResult {
  /** Run this key again after so many ms even if nothing happens; absent: only when something does. */
  wakeAfterMs?: number | undefined;
}

/**
 * One pass.
 * @param signal aborted when the pass is past its deadline or the queue stops: end soon, begin nothing new
 * @throws anything: the pass is tried again after a growing pause
 */
export type Pass = (key: string, signal: AbortSignal) => Promise<PassResult | void>;

export interface QueueOptions {
  clock: Clock;
  random: Random;
  log: Log;
  /** Passes at the same time, over all keys. */
  concurrency: number;
  /** From the start of one pass of a key to the start of its next, ms: bounds a key that fires without end. */
  minIntervalMs: number;
  /** A pass longer than this is aborted and counts as failed, ms. */
  passDeadlineMs: number;
  /** Pause after a failed pass. */
  backoff: BackoffLimits;
  /** News during the pause after a failure shortens it to at most this, ms. */
  failedNewsDelayMs: number;
}

export const defaultQueueOptions: Omit<QueueOptions, "clock" | "random" | "log"> = {
  concurrency: 16,
  minIntervalMs: 5,
  passDeadlineMs: 30_000,
  backoff: { firstMs: 50, maxMs: 5_000 },
  failedNewsDelayMs: 50,
};

/** For metrics and health. */
export interface QueueStats {
  /** Keys ready to run that wait for a free place. */
  waiting: number;
  running: number;
  /** Keys with an appointment later. */
  scheduled: number;
  /** Passes that ignored their abort; each holds its own key only. */
  stuck: number;
  /** Age of the oldest pass that runs, ms; 0 when none does. */
  oldestRunningMs: number;
  passes: number;
  failures: number;
}

interface Entry {
  /** idle: nothing to do now. ready: in line. running: a pass is under way. */
  phase: "idle" | "ready" | "running";
  /** News came while it ran. */
  dirty: boolean;
  stuck: boolean;
  /** Nothing need be remembered once its pass has ended. */
  forgotten: boolean;
  /** Monotonic ms of the latest pass's start; -Infinity before the first. */
  startedAtMs: number;
  failures: Backoff;
  /** The appointment, if any: monotonic ms and how to cancel it. */
  wake: { atMs: number; cancel: () => void } | null;
  abort: AbortController | null;
}

export class WorkQueue {
  readonly #pass: Pass;
  readonly #o: QueueOptions;
  readonly #entries = new Map<string, Entry>();
  #line: string[] = [];
  #active = 0;
  #pumping = false;
  #stopped = false;
  #passes = 0;
  #failures = 0;
  #idleWaiters: (() => void)[] = [];

  constructor(pass: Pass, options: QueueOptions) {
    this.#pass = pass;
    this.#o = options;
  }

  /** Something happened to this key: run it now, or again as soon as its present pass ends. */
  add(key: string): void {
    if (this.#stopped) return;
    const entry = this.#entry(key);
    entry.forgotten = false;
    if (entry.phase === "running") entry.dirty = true;
    else if (entry.phase === "idle") this.#readyAt(key, entry, this.#earliest(entry));
  }

  /** Runs the key at the latest after so many ms; an earlier appointment stays. */
  addAfter(key: string, delayMs: number): void {
    this.addAt(key, this.#o.clock.monotonicMs() + delayMs);
  }

  /**
   * Runs the key at the latest at that instant; an earlier appointment stays.
   * @param atMonotonicMs on the clock's monotonic scale
   */
  addAt(key: string, atMonotonicMs: number): void {
    if (this.#stopped) return;
    const entry = this.#entry(key);
    entry.forgotten = false;
    if (entry.phase !== "ready") this.#readyAt(key, entry, atMonotonicMs);
  }

  /**
   * Drops everything known about a key that is gone for good, best called by the pass that finds it gone. That pass
   * is the last unless it asks to be woken or news comes.
   */
  forget(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#cancelWake(entry);
    entry.dirty = false;
    entry.forgotten = true;
    if (entry.phase === "running") return;
    this.#line = this.#line.filter(other => other !== key);
    this.#entries.delete(key);
  }

  stats(): QueueStats {
    const now = this.#o.clock.monotonicMs();
    const entries = [...this.#entries.values()];
    const running = entries.filter(entry => entry.phase === "running");
    return {
      waiting: this.#line.length,
      running: running.length,
      scheduled: entries.filter(entry => entry.wake !== null).length,
      stuck: entries.filter(entry => entry.stuck).length,
      oldestRunningMs: Math.max(0, ...running.map(entry => now - entry.startedAtMs)),
      passes: this.#passes,
      failures: this.#failures,
    };
  }

  /** Takes nothing more, aborts what runs; resolves when the last pass has ended or is given up as stuck. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#line = [];
    for (const entry of this.#entries.values()) {
      this.#cancelWake(entry);
      entry.abort?.abort(new Error("queue stopped"));
    }
    while (this.#active > 0) await new Promise<void>(resolve => this.#idleWaiters.push(resolve));
  }

  #entry(key: string): Entry {
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      entry = {
        phase: "idle",
        dirty: false,
        stuck: false,
        forgotten: false,
        startedAtMs: -Infinity,
        failures: new Backoff(this.#o.random, this.#o.backoff),
        wake: null,
        abort: null,
      };
      this.#entries.set(key, entry);
    }
    return entry;
  }

  /** When news may start the next pass: at once for a key that was quiet. */
  #earliest(entry: Entry): number {
    const now = this.#o.clock.monotonicMs();
    const failed = entry.failures.count > 0 ? now + this.#o.failedNewsDelayMs : now;
    return Math.max(failed, entry.startedAtMs + this.#o.minIntervalMs);
  }

  #readyAt(key: string, entry: Entry, atMs: number): void {
    const now = this.#o.clock.monotonicMs();
    if (entry.wake !== null && entry.wake.atMs <= atMs) return;
    this.#cancelWake(entry);
    if (atMs <= now && entry.phase === "idle") {
      this.#due(key, entry);
      return;
    }
    const cancel = this.#o.clock.setTimer(Math.max(0, atMs - now), () => {
      entry.wake = null;
      this.#due(key, entry);
    });
    entry.wake = { atMs, cancel };
  }

  /** Its time has come. */
  #due(key: string, entry: Entry): void {
    if (entry.phase === "running") entry.dirty = true;
    if (entry.phase !== "idle") return;
    entry.phase = "ready";
    this.#line.push(key);
    this.#pump();
  }

  #cancelWake(entry: Entry): void {
    entry.wake?.cancel();
    entry.wake = null;
  }

  /** Starts what is in line, after the present turn: news that comes together makes one pass. */
  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    queueMicrotask(() => {
      this.#pumping = false;
      while (!this.#stopped && this.#active < this.#o.concurrency) {
        const key = this.#line.shift();
        if (key === undefined) return;
        const entry = this.#entries.get(key);
        if (entry !== undefined) void this.#run(key, entry);
      }
    });
  }

  async #run(key: string, entry: Entry): Promise<void> {
    const { clock } = this.#o;
    const abort = new AbortController();
    this.#cancelWake(entry);
    Object.assign(entry, { phase: "running", dirty: false, startedAtMs: clock.monotonicMs(), abort });
    this.#active++;
    this.#passes++;
    let holdsPlace = true;
    const release = (): void => {
      if (!holdsPlace) return;
      holdsPlace = false;
      this.#active--;
      this.#pump();
      for (const wake of this.#idleWaiters.splice(0)) wake();
    };
    const cancelDeadline = this.#watchDeadline(key, entry, abort, release);
    let wakeAfterMs: number | undefined;
    try {
      wakeAfterMs = (await this.#pass(key, abort.signal))?.wakeAfterMs;
      if (abort.signal.aborted && !this.#stopped) throw abort.signal.reason;
      entry.failures.reset();
    } catch (error) {
      wakeAfterMs = this.#failed(key, entry, error);
    }
    cancelDeadline();
    Object.assign(entry, { phase: "idle", stuck: false, abort: null });
    this.#after(key, entry, wakeAfterMs);
    release();
  }

  #failed(key: string, entry: Entry, error: unknown): number {
    if (this.#stopped) return 0;
    this.#failures++;
    const retryMs = entry.failures.next();
    this.#o.log.warn("pass failed", { key, error, retryMs, failures: entry.failures.count });
    return retryMs;
  }

  /** At the deadline the pass is aborted; as long again later its place (never its key) is given to others. */
  #watchDeadline(key: string, entry: Entry, abort: AbortController, release: () => void): () => void {
    const { clock, passDeadlineMs, log } = this.#o;
    let cancel = clock.setTimer(passDeadlineMs, () => {
      abort.abort(new Error(`pass took longer than ${passDeadlineMs} ms`));
      cancel = clock.setTimer(passDeadlineMs, () => {
        entry.stuck = true;
        log.error("pass ignores its abort", { key, passDeadlineMs });
        release();
      });
    });
    return () => cancel();
  }

  /** What comes next for a key whose pass just ended. */
  #after(key: string, entry: Entry, wakeAfterMs: number | undefined): void {
    if (this.#stopped) return;
    const now = this.#o.clock.monotonicMs();
    if (wakeAfterMs !== undefined) {
      this.#readyAt(key, entry, Math.max(now + wakeAfterMs, entry.startedAtMs + this.#o.minIntervalMs));
    }
    if (entry.dirty && entry.phase === "idle") this.#readyAt(key, entry, this.#earliest(entry));
    entry.dirty = false;
    if (entry.forgotten && entry.phase === "idle" && entry.wake === null) this.#entries.delete(key);
  }
}
