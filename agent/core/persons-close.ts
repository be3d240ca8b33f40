/**
 * Tells a database that a person has closed (`ttAdmin -close`) from one that we closed. A person's close stays until a
 * person opens it, or the database becomes the active anew; all that is ours is opened again as soon as it may be.
 * In doubt it was ours: a database that stays closed by mistake would be an outage.
 */
import type { TimesTenView } from "../../protocol";
import type { AgentMemory, Clock, Log } from "../ports";

/** It must be seen closed for so long before it is taken for a person's doing, ms: more than one look. */
const CONFIRM_MS = 900;

export interface PersonsCloseParts {
  clock: Pick<Clock, "monotonicMs">;
  log: Log;
  /** Present life and durable memory. */
  life: {
    readonly boot: string | null;
    readonly memory: Pick<AgentMemory, "closedByPerson">;
    remember(patch: Partial<AgentMemory>): Promise<void>;
  };
}

export class PersonsClose {
  readonly #p: PersonsCloseParts;
  /** It is open by us, and nothing of ours has closed it or may have since. */
  #opened = false;
  #doubtSinceMs: number | null = null;
  /** What this agent has seen or done tells; before that, an open database was opened by a former agent. */
  #looked = false;

  constructor(parts: PersonsCloseParts) {
    this.#p = parts;
  }

  /** A person has closed this life of the database, and nobody has opened it since. */
  get isClosed(): boolean {
    const { boot, memory } = this.#p.life;
    return boot !== null && memory.closedByPerson === boot;
  }

  /** So it is, or it is not known yet whose doing it is: nobody opens it meanwhile. */
  get isToStay(): boolean {
    return this.isClosed || this.#doubtSinceMs !== null;
  }

  /** Our own opening has succeeded. */
  opened(): void {
    this.#isOurs(true);
    this.#looked = true;
  }

  /** We or the guard close it, or may from here on. */
  closing(): void {
    this.#isOurs(false);
    this.#looked = true;
  }

  #isOurs(opened: boolean): void {
    this.#opened = opened;
    this.#doubtSinceMs = null;
  }

  /**
   * A look is done. To be asked at once, before any rule: what a person closed is not opened in between.
   * @param permitted it may write at this moment, and stays
   * @returns whether it is closed by a person; null where this look does not say
   */
  judge(view: Pick<TimesTenView, "db" | "repState" | "open">, permitted: boolean): boolean | null {
    if (!permitted) this.#isOurs(false);
    if (this.#p.life.boot === null || view.db !== "Loaded" || view.repState !== "ACTIVE") return null;
    if (view.open) return this.#seenOpen(permitted);
    if (!this.#opened) return null;
    const now = this.#p.clock.monotonicMs();
    this.#doubtSinceMs ??= now;
    return now - this.#doubtSinceMs >= CONFIRM_MS ? true : null;
  }

  /** An agent that has just started finds it open: a former one did that. Where a person had closed it, a person did. */
  #seenOpen(permitted: boolean): false {
    this.#isOurs(!this.#looked || this.isClosed ? permitted : this.#opened);
    if (permitted) this.#looked = true;
    return false;
  }

  /** On disk before it counts, so that an agent that starts again does not open what a person closed. */
  async note(closed: boolean | null): Promise<void> {
    if (closed === null || closed === this.isClosed) return;
    const { life, log } = this.#p;
    const { boot } = life;
    await life.remember({ closedByPerson: closed ? boot : null });
    if (closed) this.#doubtSinceMs = null;
    log.info(closed ? "a person closed the database: it stays closed" : "it is open to its users again", {
      boot,
    });
  }
}
