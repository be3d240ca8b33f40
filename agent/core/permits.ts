/**
 * What this life of the database may do now: the agent's side of the guard. A permission counts only once the guard
 * has taken it up, so whatever the agent believes, the guard enforces.
 */
import type { Life, Permit } from "../../protocol";
import { clocksOf, remainingMs } from "../clocks";
import type { Clock, GuardPort, Log } from "../ports";

/** A guard that starts again is back well within this; longer without one means no permission, ms. */
const GUARD_ABSENCE_MS = 1_000;

/** What is permitted now; `n` is the record it rests on, 0 with "none". */
export interface PermissionNow {
  mode: "none" | "finite" | "endless";
  n: number;
}

const nothing: PermissionNow = { mode: "none", n: 0 };

export interface PermitsOptions {
  clock: Clock;
  guard: GuardPort;
  log: Log;
  /** Something may have begun or ended. */
  onChange: () => void;
}

export class Permits {
  readonly #o: PermitsOptions;
  /** What counts: taken up by the guard, and not taken away since. */
  #permit: Permit | null = null;
  /** What the guard was told last, whether or not it has answered. */
  #sent: Permit | null = null;
  /** Monotonic ms since when the guard is away; null while it is there. */
  #awaySinceMs: number | null;
  #life: Life | null = null;
  #cancelTimer: () => void = () => undefined;
  #last: Promise<void> = Promise.resolve();
  /** Grows with every change of mind, so that an answer to an older one changes nothing. */
  #turn = 0;

  constructor(options: PermitsOptions) {
    this.#o = options;
    this.#awaySinceMs = options.clock.monotonicMs();
    options.guard.onState(state => this.#guardState(state));
  }

  /** @returns whether the guard is there */
  guarded(): boolean {
    return this.#awaySinceMs === null;
  }

  /** @returns what this life may do at this moment */
  now(boot: string | null): PermissionNow {
    const permit = this.#permit;
    if (permit === null || boot === null || permit.boot !== boot || this.#awayTooLong()) return nothing;
    if (permit.until === null) return { mode: "endless", n: permit.n };
    const left = remainingMs(permit.until, clocksOf(this.#o.clock));
    return left > permit.closingMs ? { mode: "finite", n: permit.n } : nothing;
  }

  /** There is this life, with these processes. */
  begin(life: Life): void {
    if (this.#life?.boot !== life.boot) this.#drop();
    this.#life = life;
    this.#o.guard.life(life);
  }

  /** That life is over. */
  end(boot: string): void {
    if (this.#life?.boot === boot) this.#life = null;
    if (this.#sent?.boot === boot) this.#sent = null;
    if (this.#permit?.boot === boot) this.#drop();
    this.#o.guard.lifeOver(boot);
  }

  /**
   * Takes a permission: in force when it resolves.
   * @throws when the guard does not take it up: then nothing has changed
   */
  take(permit: Permit): Promise<void> {
    const turn = ++this.#turn;
    return this.#inOrder(async () => {
      if (turn !== this.#turn) return;
      this.#sent = permit;
      await this.#o.guard.permit(permit);
      // Meanwhile it may have been taken away.
      if (turn === this.#turn) this.#hold(permit);
    });
  }

  /**
   * Permission is over now; the guard sees to it that the database is closed within `withinMs`, or kills it.
   * Without a guard at hand the agent's own closing has to do.
   */
  revoke(boot: string, withinMs: number): void {
    const turn = ++this.#turn;
    this.#drop();
    void this.#inOrder(async () => {
      const sent = this.#sent;
      if (turn !== this.#turn || sent?.boot !== boot) return;
      const now = clocksOf(this.#o.clock);
      const left = Math.max(0, Math.min(withinMs, remainingMs(sent.until, now)));
      const until = { monotonicMs: now.monotonicMs + left, boottimeMs: now.boottimeMs + left };
      // The closing is the agent's work; the guard begins its own only where that was not done in time.
      await this.#o.guard.permit({ ...sent, until, closingMs: Math.min(sent.closingMs, withinMs) });
    }).catch((error: unknown) => this.#o.log.warn("the guard was not told", { error: String(error) }));
  }

  /** The database is closed and nothing is permitted: the guard has nothing to enforce. */
  rest(boot: string): void {
    const turn = ++this.#turn;
    this.#drop();
    void this.#inOrder(async () => {
      if (turn !== this.#turn || this.#sent?.boot !== boot) return;
      await this.#o.guard.rest(boot);
      this.#sent = null;
    }).catch((error: unknown) => this.#o.log.warn("the guard was not told", { error: String(error) }));
  }

  stop(): void {
    this.#cancelTimer();
  }

  #guardState(state: { life: Life | null; permit: Permit | null } | null): void {
    if (state === null) {
      this.#awaySinceMs ??= this.#o.clock.monotonicMs();
      this.#arm();
      return;
    }
    this.#awaySinceMs = null;
    // A guard that knows more than a restarted agent; one that lost its memory is told what there is.
    if (this.#life === null && state.life !== null) this.#life = state.life;
    else if (this.#life !== null && state.life?.boot !== this.#life.boot) this.#o.guard.life(this.#life);
    this.#sent = state.permit;
    if (state.permit === null || state.permit.boot !== this.#life?.boot) this.#drop();
    // What it enforces counts, whatever was held here.
    else this.#hold(state.permit);
    this.#o.onChange();
  }

  #hold(permit: Permit): void {
    this.#permit = permit;
    this.#arm();
    this.#o.onChange();
  }

  #drop(): void {
    this.#cancelTimer();
    if (this.#permit === null) return;
    this.#permit = null;
    this.#o.onChange();
  }

  /** Wakes when a permission ends, or when the guard has been away for too long. */
  #arm(): void {
    this.#cancelTimer();
    if (this.#permit === null) return;
    const { until, closingMs } = this.#permit;
    const left = remainingMs(until, clocksOf(this.#o.clock)) - closingMs;
    const patience =
      this.#awaySinceMs === null
        ? Infinity
        : GUARD_ABSENCE_MS - (this.#o.clock.monotonicMs() - this.#awaySinceMs);
    const ms = Math.min(left, patience);
    if (ms === Infinity) return;
    this.#cancelTimer = this.#o.clock.setTimer(Math.max(0, ms) + 1, () => this.#o.onChange());
  }

  #awayTooLong(): boolean {
    if (this.#awaySinceMs === null) return false;
    return this.#o.clock.monotonicMs() - this.#awaySinceMs >= GUARD_ABSENCE_MS;
  }

  #inOrder(work: () => Promise<void>): Promise<void> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }
}
