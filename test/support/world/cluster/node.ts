/** A node: the clocks that all its processes share, and whether it runs. */
import type { NodeClock } from "../process";
import type { VirtualTime } from "../clock";

export class WorldNode implements NodeClock {
  /** The machine has power. */
  up = true;
  wrongMs = 0;
  private sleptMs = 0;
  private asleepSinceMs: number | null = null;

  /** @param rate of its clocks against true time */
  constructor(
    readonly name: string,
    readonly rate: number,
    private readonly time: VirtualTime,
  ) {}

  /** CLOCK_MONOTONIC stands still in a suspend, CLOCK_BOOTTIME goes on. */
  monotonicMs(): number {
    const asleep = this.asleepSinceMs === null ? 0 : this.time.nowMs() - this.asleepSinceMs;
    return (this.time.nowMs() - this.sleptMs - asleep) * this.rate;
  }

  boottimeMs(): number {
    return this.time.nowMs() * this.rate;
  }

  /** The machine is suspended; its processes are frozen apart from this. */
  fallAsleep(): void {
    this.asleepSinceMs ??= this.time.nowMs();
  }

  wake(): void {
    if (this.asleepSinceMs === null) return;
    this.sleptMs += this.time.nowMs() - this.asleepSinceMs;
    this.asleepSinceMs = null;
  }
}
