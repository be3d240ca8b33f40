/**
 * The witness: holds the processes of the database of its pod and tells which of its lives are over. It says so only of
 * a life all of whose processes it saw to be gone, by process id and start time; a missing file or a silent agent says
 * nothing. Pure over ports.
 */
import type { Life, WitnessMessage, WitnessState } from "../../protocol";
import type { Clock, Log } from "../ports";

/** How many ended lives are told. */
const TOLD = 4;

/** The processes of a life. */
export interface LifeHolder {
  /**
   * Calls back once, when every process of this life that could write is gone.
   * @returns a function that ends the holding
   */
  hold(life: Life, onOver: () => void): () => void;
}

/** One client of the witness. */
export interface WitnessLinkPort {
  send(message: WitnessMessage): void;
}

export interface WitnessOptions {
  clock: Pick<Clock, "nowMs">;
  holder: LifeHolder;
  log: Log;
  self: { podName: string; podUID: string };
}

export class Witness {
  readonly #o: WitnessOptions;
  readonly #startedAtMs: number;
  /** Every life that was named and is not over, by boot, in the order in which they were named. */
  readonly #held = new Map<string, { content: string; release: () => void }>();
  readonly #links = new Set<WitnessLinkPort>();
  readonly #waiting = new Set<() => void>();
  #over: WitnessState["over"] = [];
  #seq = 0;

  constructor(options: WitnessOptions) {
    this.#o = options;
    this.#startedAtMs = options.clock.nowMs();
  }

  /**
   * The guard says that this is the present life; the same one again with other processes replaces what was said. A
   * former life is held on until it is over: that another was named proves nothing.
   */
  onLife(life: Life): void {
    const { log, self, holder } = this.#o;
    if (life.podUID !== self.podUID) return;
    if (this.#over.some(one => one.boot === life.boot)) return;
    const known = this.#held.get(life.boot);
    const content = `${life.processes}|${life.attached}`;
    if (known?.content === content) return;
    if (known === undefined) log.info("holding a life of the database", { boot: life.boot });
    known?.release();
    const entry = { content, release: () => undefined as void };
    this.#held.set(life.boot, entry);
    entry.release = holder.hold(life, () => {
      if (this.#held.get(life.boot) === entry) this.#ended(life.boot);
    });
    if (known === undefined) this.#tell();
  }

  state(): WitnessState {
    return {
      seq: this.#seq,
      ...this.#o.self,
      startedAtMs: this.#startedAtMs,
      watching: [...this.#held.keys()].at(-1) ?? null,
      over: this.#over,
    };
  }

  /** A client is there; it was welcomed with the state. */
  onConnect(link: WitnessLinkPort): void {
    this.#links.add(link);
  }

  onDisconnect(link: WitnessLinkPort): void {
    this.#links.delete(link);
  }

  /** @returns when no life is held any more */
  allOver(): Promise<void> {
    if (this.#held.size === 0) return Promise.resolve();
    return new Promise(resolve => void this.#waiting.add(resolve));
  }

  /** Ends the holding of everything: nothing more is told. */
  stop(): void {
    for (const { release } of this.#held.values()) release();
    this.#held.clear();
  }

  #ended(boot: string): void {
    this.#held.delete(boot);
    this.#o.log.info("a life of the database is over", { boot });
    this.#over = [{ boot, endedAtMs: this.#o.clock.nowMs() }, ...this.#over].slice(0, TOLD);
    this.#tell();
    if (this.#held.size > 0) return;
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  #tell(): void {
    this.#seq += 1;
    const state = this.state();
    for (const link of this.#links) link.send({ type: "witnessState", state });
  }
}
