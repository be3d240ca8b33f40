/** A node: the clocks that all its processes share, and whether it runs. */
import type { NodeClock } from "../process";
import type { VirtualTime } from "../clock";

export class WorldNode implements NodeClock {
  /** The machine has power. */
  up = true;
  wrongMs = 0;
  private sleptMs = 0;
  private asleepSinceMs: number | null = null;
  /** What its clocks had counted when their rate was set last, and true time then. */
  private counted = { ms: 0, atMs: 0 };

  /** @param clockRate of its clocks against true time */
  constructor(
    readonly name: string,
    private clockRate: number,
    private readonly time: VirtualTime,
  ) {}

  get rate(): number {
    return this.clockRate;
  }

  /** Its clocks run at another rate from now on. */
  setRate(rate: number): void {
    this.counted = { ms: this.boottimeMs(), atMs: this.time.nowMs() };
    this.clockRate = rate;
  }

  /** CLOCK_MONOTONIC stands still in a suspend, CLOCK_BOOTTIME goes on. */
  monotonicMs(): number {
    const asleep = this.asleepSinceMs === null ? 0 : this.boottimeMs() - this.asleepSinceMs;
    return this.boottimeMs() - this.sleptMs - asleep;
  }

  boottimeMs(): number {
    return this.counted.ms + (this.time.nowMs() - this.counted.atMs) * this.clockRate;
  }

  /** The machine is suspended; its processes are frozen apart from this. */
  fallAsleep(): void {
    this.asleepSinceMs ??= this.boottimeMs();
  }

  wake(): void {
    if (this.asleepSinceMs === null) return;
    this.sleptMs += this.boottimeMs() - this.asleepSinceMs;
    this.asleepSinceMs = null;
  }
}
