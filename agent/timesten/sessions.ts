/**
 * The agent's two connections to the database: one to look, one to act, so that an action that takes long does not
 * stop the looking. Both are closed while the database has to be free of connections.
 */
import { TimesTenError } from "./errors";
import { IsqlSession, type IsqlOptions } from "./isql";

export class Sessions {
  readonly #observer: IsqlSession;
  readonly #actor: IsqlSession;
  #suspensions = 0;
  #resumed: Promise<void> = Promise.resolve();
  #resume: () => void = () => undefined;

  /**
   * @param options how to start a ttIsql with these arguments
   * @param connection connection string
   * @param onLost a connection broke by itself
   */
  constructor(
    options: (args: string[]) => Omit<IsqlOptions, "onLost">,
    connection: string,
    onLost: (reason: string) => void,
  ) {
    const session = () => new IsqlSession({ ...options(["-connStr", connection]), onLost });
    this.#observer = session();
    this.#actor = session();
  }

  get suspended(): boolean {
    return this.#suspensions > 0;
  }

  /** @returns process ids of the ttIsqls that run */
  pids(): number[] {
    return [this.#observer.pid, this.#actor.pid].filter(pid => pid !== null);
  }

  /** For questions. @throws TimesTenError also while the sessions are suspended */
  async look(statement: string, signal: AbortSignal): Promise<string[]> {
    if (this.suspended) throw new TimesTenError(null, "the sessions are closed for a moment");
    return this.#observer.execute(statement, signal);
  }

  /** For changes; waits while the sessions are suspended. @throws TimesTenError */
  async act(statement: string, signal: AbortSignal): Promise<string[]> {
    while (this.suspended) {
      if (signal.aborted) throw new TimesTenError(null, "no connection in time");
      await Promise.race([this.#resumed, new Promise(resolve => signal.addEventListener("abort", resolve))]);
    }
    return this.#actor.execute(statement, signal);
  }

  /** Closes both connections, does `work`, and lets them be opened again. */
  async without<T>(work: () => Promise<T>): Promise<T> {
    if (this.#suspensions === 0) {
      this.#resumed = new Promise(resolve => {
        this.#resume = resolve;
      });
    }
    this.#suspensions += 1;
    try {
      await this.close();
      return await work();
    } finally {
      this.#suspensions -= 1;
      if (this.#suspensions === 0) this.#resume();
    }
  }

  /** As `close`, without a word to the database: it is dead or must be. */
  async kill(): Promise<void> {
    await Promise.all([this.#observer.kill(), this.#actor.kill()]);
  }

  /** Closes both connections; the next statement opens its own again. */
  async close(): Promise<void> {
    await Promise.all([this.#observer.stop(), this.#actor.stop()]);
  }
}
