/**
 * A process of the world: an operator replica, an agent, a database. Everything that enters it (timers, answers,
 * messages) goes through `enter`, so that it can be killed or frozen at any instant as a whole.
 */
import type { VirtualTime } from "./clock";

/** Both ports (engine and agent) ask for this clock. */
export interface ProcessClock {
  nowMs(): number;
  monotonicMs(): number;
  boottimeMs(): number;
  setTimer(ms: number, callback: () => void): () => void;
}

/** The clocks of the node a process runs on. */
export interface NodeClock {
  /** How fast they run against true time now. */
  readonly rate: number;
  /** The wall clock is set wrong by so much, ms. */
  wrongMs?: number;
  monotonicMs(): number;
  boottimeMs(): number;
}

/** Of a machine with nothing else on it. */
function ownClock(rate: number, time: VirtualTime): NodeClock {
  const ms = (): number => time.nowMs() * rate;
  return { rate, monotonicMs: ms, boottimeMs: ms };
}

export class VirtualProcess {
  private dead = false;
  private frozen = false;
  private readonly waiting: (() => void)[] = [];
  private readonly mourners: (() => void)[] = [];
  readonly clock: ProcessClock;

  /**
   * @param onThrow told of anything a callback throws: a process that throws out of its event loop has crashed
   * @param node how fast its clock runs against true time, or the clocks of its node
   */
  constructor(
    readonly name: string,
    private readonly time: VirtualTime,
    private readonly onThrow: (process: string, error: unknown) => void,
    node: number | NodeClock = 1,
  ) {
    const clocks = typeof node === "number" ? ownClock(node, time) : node;
    this.clock = {
      nowMs: () => Math.floor(time.epochMs + clocks.boottimeMs()) + (clocks.wrongMs ?? 0),
      monotonicMs: () => clocks.monotonicMs(),
      boottimeMs: () => clocks.boottimeMs(),
      setTimer: (ms, callback) => this.after(ms / clocks.rate, callback),
    };
  }

  alive(): boolean {
    return !this.dead;
  }

  isFrozen(): boolean {
    return this.frozen;
  }

  /** Runs it in this process: now, after the thaw, or never if it is dead. */
  enter(callback: () => void): void {
    if (this.dead) return;
    if (this.frozen) {
      this.waiting.push(callback);
      return;
    }
    try {
      callback();
    } catch (error) {
      this.onThrow(this.name, error);
    }
  }

  /** @returns a function that cancels it */
  after(ms: number, callback: () => void): () => void {
    if (this.dead) return () => undefined;
    let live = true;
    const cancel = this.time.after(ms, () => {
      this.enter(() => {
        if (live) callback();
      });
    });
    return () => {
      live = false;
      cancel();
    };
  }

  /** Resolves after so many ms of this process's life; never if it ends before; rejects when the signal is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        cancel();
        this.enter(() => reject(new Error("aborted")));
      };
      const cancel = this.after(ms, () => {
        signal?.removeEventListener("abort", abort);
        resolve();
      });
      if (signal?.aborted === true) abort();
      else signal?.addEventListener("abort", abort, { once: true });
    });
  }

  /** Stops answering until `thaw`. */
  freeze(): void {
    this.frozen = true;
  }

  thaw(): void {
    this.frozen = false;
    for (const callback of this.waiting.splice(0)) this.enter(callback);
  }

  /** SIGKILL: nothing of it runs any more. */
  kill(): void {
    if (this.dead) return;
    this.dead = true;
    this.waiting.length = 0;
    for (const callback of this.mourners.splice(0)) callback();
  }

  /** Called once when it ends, whatever the cause. */
  onEnd(callback: () => void): void {
    if (this.dead) callback();
    else this.mourners.push(callback);
  }
}

/** First in, first out, each item after its own delay but never before an earlier one: a TCP stream, a watch. */
export class Channel<T> {
  private readonly queue: T[] = [];
  private lastMs = 0;
  private held = false;
  private overdue = 0;
  private closed = false;

  constructor(
    private readonly time: VirtualTime,
    private readonly deliver: (item: T) => void,
  ) {}

  /** @param delayMs from now; raised so that the order is kept */
  send(item: T, delayMs: number): void {
    if (this.closed) return;
    this.queue.push(item);
    this.lastMs = Math.max(this.lastMs, this.time.nowMs() + delayMs);
    this.time.after(this.lastMs - this.time.nowMs(), () => this.arrive());
  }

  /** Nothing arrives until `release`; it is kept, as a stalled connection keeps it. */
  hold(): void {
    this.held = true;
  }

  release(): void {
    this.held = false;
    const due = this.overdue;
    this.overdue = 0;
    for (let i = 0; i < due; i++) this.arrive();
  }

  /** What is under way is lost. */
  close(): void {
    this.closed = true;
    this.queue.length = 0;
  }

  private arrive(): void {
    if (this.closed) return;
    if (this.held) {
      this.overdue++;
      return;
    }
    const item = this.queue.shift();
    if (item !== undefined) this.deliver(item);
  }
}
