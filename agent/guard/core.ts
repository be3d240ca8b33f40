/**
 * The guard: the process that holds the end of a permission in its own hands (docs/fencing.md). It does what it was
 * told last, whether the agent that told it lives, hangs or is gone: it closes the database shortly before the
 * permission ends, and kills its processes at the end if that did not work. Pure over ports.
 */
import type { FromGuard, Life, Permit, ToGuard } from "../../protocol";
import { clocksOf, remainingMs } from "../clocks";
import type { Clock, Log } from "../ports";

/** What the guard must not forget when its process starts again; gone with the pod and the node's memory. */
export interface GuardMemory {
  life: Life | null;
  permit: Permit | null;
}

export interface GuardStore {
  /** @returns what was saved last, or null */
  load(): Promise<GuardMemory | null>;
  /** Seen by a later process when it resolves. */
  save(memory: GuardMemory): Promise<void>;
}

/** The database as the guard handles it. */
export interface GuardedDatabase {
  /** Calls back once when all these processes have ended. @returns a function that ends the watching */
  watch(processes: string, onEnd: () => void): () => void;
  /** No new user, and none left connected, when it resolves. */
  close(signal: AbortSignal): Promise<void>;
  /** SIGKILL for everything that could still write; resolves when the last one is gone. */
  kill(life: Life): Promise<void>;
}

export interface GuardOptions {
  clock: Clock;
  store: GuardStore;
  database: GuardedDatabase;
  log: Log;
  /** To the agent, if one is connected. */
  onSend: (message: FromGuard) => void;
}

/** A kill that failed is tried again after this, ms. */
const KILL_RETRY_MS = 50;

export class Guard {
  readonly #o: GuardOptions;
  #life: Life | null = null;
  #permit: Permit | null = null;
  /** The closing of this permission has begun, or is done: then nothing is left to be killed. */
  #closing: "no" | "begun" | "done" = "no";
  #unwatch: () => void = () => undefined;
  #cancelTimer: () => void = () => undefined;
  #saving: Promise<void> = Promise.resolve();

  constructor(options: GuardOptions) {
    this.#o = options;
  }

  /** Takes up what a former process of the guard enforced. */
  async start(): Promise<void> {
    const memory = await this.#o.store.load();
    if (memory === null || memory.life === null) return;
    this.#life = memory.life;
    this.#permit = memory.permit;
    this.#watch(memory.life);
    this.#arm();
  }

  /** @returns the greeting for an agent that connects */
  hello(): FromGuard {
    return { type: "hello", life: this.#life, permit: this.#permit };
  }

  onMessage(message: ToGuard): void {
    switch (message.type) {
      case "life":
        this.#take(message.life);
        return;
      case "lifeOver":
        if (this.#life?.boot === message.boot) this.#over();
        return;
      case "permit":
        if (this.#life?.boot !== message.permit.boot) return;
        this.#permit = message.permit;
        this.#closing = "no";
        this.#arm();
        this.#saveThenConfirm(message.id);
        return;
      case "rest":
        if (this.#permit?.boot === message.boot) this.#permit = null;
        this.#arm();
        this.#saveThenConfirm(message.id);
        return;
    }
  }

  #take(life: Life): void {
    const isNew = this.#life?.boot !== life.boot;
    this.#life = life;
    if (isNew) {
      this.#permit = null;
      this.#closing = "no";
      this.#watch(life);
      this.#arm();
    }
    void this.#save();
  }

  #watch(life: Life): void {
    this.#unwatch();
    this.#unwatch = this.#o.database.watch(life.processes, () => {
      if (this.#life?.boot === life.boot) this.#over();
    });
  }

  /** The life is over: nobody is left to be guarded. */
  #over(): void {
    this.#unwatch();
    this.#unwatch = () => undefined;
    this.#life = null;
    this.#permit = null;
    this.#arm();
    void this.#save();
  }

  /** The next thing that is due: closing, or killing. */
  #arm(): void {
    this.#cancelTimer();
    const permit = this.#permit;
    if (permit === null || permit.until === null) return;
    const left = remainingMs(permit.until, clocksOf(this.#o.clock));
    if (left <= 0) {
      if (this.#closing !== "done") this.#kill();
      return;
    }
    const toClosing = left - permit.closingMs;
    if (toClosing <= 0 && this.#closing === "no") this.#close(permit, left);
    this.#cancelTimer = this.#o.clock.setTimer(toClosing > 0 ? toClosing : left, () => this.#arm());
  }

  #close(permit: Permit, leftMs: number): void {
    this.#closing = "begun";
    this.#o.log.warn("the permission ends, closing the database", { boot: permit.boot, n: permit.n });
    const giveUp = new AbortController();
    const cancel = this.#o.clock.setTimer(leftMs, () => giveUp.abort(new Error("the permission is over")));
    const { boot } = permit;
    this.#o.database.close(giveUp.signal).then(
      () => {
        cancel();
        const isLate = this.#permit !== permit;
        if (!isLate) this.#closing = "done";
        this.#o.onSend({ type: "acted", boot, what: isLate ? "closedLate" : "closed" });
      },
      (error: unknown) => {
        cancel();
        this.#o.log.warn("closing failed", { error: String(error) });
        // It may have been closed all the same.
        if (this.#permit !== permit) this.#o.onSend({ type: "acted", boot, what: "closedLate" });
      },
    );
  }

  #kill(): void {
    const life = this.#life;
    const permit = this.#permit;
    if (life === null || permit === null) return;
    this.#o.log.error("the permission is over, killing the database", { boot: life.boot, n: permit.n });
    this.#o.database.kill(life).then(
      () => {
        this.#o.onSend({ type: "acted", boot: life.boot, what: "killed" });
        if (this.#life?.boot === life.boot) this.#over();
      },
      (error: unknown) => {
        this.#o.log.error("killing failed", { error: String(error) });
        if (this.#permit === permit)
          this.#cancelTimer = this.#o.clock.setTimer(KILL_RETRY_MS, () => this.#arm());
      },
    );
  }

  #saveThenConfirm(id: number): void {
    void this.#save().then(() => this.#o.onSend({ type: "done", id }));
  }

  /** In order; a store that fails is told, and what is in memory is enforced all the same. */
  #save(): Promise<void> {
    const memory = { life: this.#life, permit: this.#permit };
    this.#saving = this.#saving
      .then(() => this.#o.store.save(memory))
      .catch((error: unknown) => this.#o.log.error("guard state not saved", { error: String(error) }));
    return this.#saving;
  }
}
