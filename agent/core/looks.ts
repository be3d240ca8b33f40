/** The agent's looks at its database: one at a time, often while something is going on, else once a second. */
import { unknownView, type TimesTenView } from "../../protocol";
import type { Clock, Log, TimesTen } from "../ports";
import { withDeadline } from "./deadline";

/** Between two looks when nothing is going on, ms. */
const QUIET_LOOK_MS = 1_000;
/** Between two looks while the pair is forming or a role changes, ms. */
const BUSY_LOOK_MS = 50;
/** The same when that has lasted for a while: each look costs utilities and queries, ms. */
const LONG_BUSY = { afterMs: 3_000, lookMs: 250 };
/** A look that takes longer than this says Unknown, ms. */
const LOOK_DEADLINE_MS = 5_000;

export interface LooksOptions {
  clock: Clock;
  timesten: TimesTen;
  log: Log;
  /** Something is going on: look often. */
  busy: () => boolean;
  /** A look is done. */
  onView: (view: TimesTenView) => Promise<void>;
}

export class Looks {
  readonly #o: LooksOptions;
  #view: TimesTenView = unknownView;
  #looking: Promise<void> | null = null;
  #cancel: () => void = () => undefined;
  #ended = false;
  #busySinceMs: number | null = null;
  /** What was patched while a look is under way: it may have looked before. */
  #patched: Partial<TimesTenView> = {};

  constructor(options: LooksOptions) {
    this.#o = options;
  }

  /** What the last look saw. */
  get view(): TimesTenView {
    return this.#view;
  }

  /** What is known without a look, for example because we have just done it ourselves. */
  patch(change: Partial<TimesTenView>): void {
    this.#view = { ...this.#view, ...change };
    this.#patched = { ...this.#patched, ...change };
  }

  /** One look at a time; who asks during one is content with that one. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = null;
    });
    return this.#looking;
  }

  /** A look that begins after this call: what was just done is in it. */
  async afresh(): Promise<void> {
    if (this.#looking !== null) await this.#looking;
    await this.look();
  }

  /** Plans the next look anew: something has begun or ended. */
  schedule(): void {
    if (this.#ended) return;
    this.#cancel();
    this.#cancel = this.#o.clock.setTimer(this.#pauseMs(), () => {
      void this.look().finally(() => this.schedule());
    });
  }

  #pauseMs(): number {
    if (!this.#o.busy()) {
      this.#busySinceMs = null;
      return QUIET_LOOK_MS;
    }
    const now = this.#o.clock.monotonicMs();
    this.#busySinceMs ??= now;
    return now - this.#busySinceMs < LONG_BUSY.afterMs ? BUSY_LOOK_MS : LONG_BUSY.lookMs;
  }

  end(): void {
    this.#ended = true;
    this.#cancel();
  }

  async #look(): Promise<void> {
    const { clock, timesten, log, onView } = this.#o;
    this.#patched = {};
    try {
      const view = await withDeadline(clock, LOOK_DEADLINE_MS, signal => timesten.observe(signal));
      if (this.#ended) return;
      this.#view = { ...view, ...this.#patched };
    } catch (error) {
      log.warn("cannot look at TimesTen", { error: String(error) });
      this.#view = { ...unknownView, instance: this.#view.instance, release: this.#view.release };
    }
    await onView(this.#view);
  }
}
