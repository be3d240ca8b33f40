/**
 * Virtual time. One heap of timers for the whole world; time jumps from one to the next, and every promise that can
 * settle does so in between. Nothing in a run waits for a real clock.
 */
import type { SeededRandom } from "./random";

interface Timer {
  atMs: number;
  /** Decides between timers of one instant: by seed, so that no test rests on an order nobody promised. */
  tie: number;
  sequence: number;
  callback: (() => void) | null;
}

/** What `run` was left by. */
export type RunEnd = "condition" | "deadline";

/** More than this many timers at one instant is a loop without progress. */
const MAX_AT_ONE_INSTANT = 20_000;

export class VirtualTime {
  private readonly heap: Timer[] = [];
  private sequence = 0;
  private now = 0;
  private fired = 0;

  constructor(
    private readonly random: SeededRandom,
    /** Wall clock at the start, ms since 1970. */
    readonly epochMs: number = Date.UTC(2026, 0, 1),
  ) {}

  /** @returns ms since the start of the run */
  nowMs(): number {
    return this.now;
  }

  /** @returns timers fired so far: the cost of a run */
  steps(): number {
    return this.fired;
  }

  /**
   * @param delayMs below 0 counts as 0
   * @returns a function that cancels it
   */
  after(delayMs: number, callback: () => void): () => void {
    const timer: Timer = {
      // Clocks tick in microseconds: a wait above nothing always ends later than now.
      atMs: delayMs > 0 ? Math.ceil((this.now + delayMs) * 1_000 + 0.01) / 1_000 : this.now,
      tie: this.random.next(),
      sequence: this.sequence++,
      callback,
    };
    this.push(timer);
    return () => {
      timer.callback = null;
    };
  }

  /**
   * Lets time pass until the condition holds or so many ms are over.
   * @returns which of the two it was
   * @throws Error when timers fire without end at one instant
   */
  run(condition: () => boolean, forMs: number): Promise<RunEnd> {
    // From an immediate: promise jobs can only be run to their end when none is running.
    return new Promise((resolve, reject) => {
      setImmediate(() => {
        try {
          resolve(this.loop(condition, forMs));
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
    });
  }

  private loop(condition: () => boolean, forMs: number): RunEnd {
    const deadlineMs = this.now + forMs;
    let instant = this.now;
    let count = 0;
    for (;;) {
      runPromiseJobs();
      if (condition()) return "condition";
      const next = this.peek();
      if (next === undefined || next.atMs > deadlineMs) {
        this.now = deadlineMs;
        return "deadline";
      }
      this.pop();
      this.now = next.atMs;
      count = next.atMs === instant ? count + 1 : 0;
      instant = next.atMs;
      if (count > MAX_AT_ONE_INSTANT) throw new Error(`no progress: ${count} timers fired at ${instant} ms`);
      this.fired++;
      next.callback?.();
    }
  }

  /** Lets so many ms pass. */
  async pass(ms: number): Promise<void> {
    await this.run(() => false, ms);
  }

  private peek(): Timer | undefined {
    while (this.heap[0] !== undefined && this.heap[0].callback === null) this.pop();
    return this.heap[0];
  }

  private push(timer: Timer): void {
    const heap = this.heap;
    let i = heap.push(timer) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!before(timer, heap[parent]!)) break;
      heap[i] = heap[parent]!;
      i = parent;
    }
    heap[i] = timer;
  }

  private pop(): void {
    const heap = this.heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, last)) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = last;
  }
}

function before(a: Timer, b: Timer): boolean {
  if (a.atMs !== b.atMs) return a.atMs < b.atMs;
  return a.tie !== b.tie ? a.tie < b.tie : a.sequence < b.sequence;
}

/** Runs every promise job, and those that come of them, to the end: many times faster than a turn of the event loop. */
function runPromiseJobs(): void {
  (process as unknown as { _tickCallback: () => void })._tickCallback();
}
