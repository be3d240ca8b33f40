/** The agent's way to its guard: a Unix socket that is connected again for ever. */
import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import {
  fromGuardSchema,
  parseMessage,
  type FromGuard,
  type GuardAct,
  type Life,
  type Permit,
  type ToGuard,
} from "../../protocol";
import type { GuardPort, Log } from "../ports";

/** Pause before the socket is tried again, ms. */
const AGAIN_MS = 50;
/** The guard has taken up what it was told within this, or it did not, ms. */
const ANSWER_MS = 500;

type GuardState = { life: Life | null; permit: Permit | null } | null;

/** The guard is away, or did not answer. */
export class GuardError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "GuardError";
  }
}

/** Connects at once. */
export class GuardClient implements GuardPort {
  readonly #path: string;
  readonly #log: Log;
  readonly #waiting = new Map<number, (failure: string | null) => void>();
  #socket: Socket | null = null;
  /** What the guard said when it greeted; null while it is away. */
  #state: GuardState = null;
  #onState: (state: GuardState) => void = () => undefined;
  #onActed: (boot: string, what: GuardAct) => void = () => undefined;
  #life: Life | null = null;
  #again: NodeJS.Timeout | undefined;
  #stopped = false;
  /** Not from 1: an answer that a former agent waited for must not be taken for ours. */
  #lastId = Math.floor(Math.random() * 2 ** 40);

  constructor(path: string, log: Log) {
    this.#path = path;
    this.#log = log;
    this.#connect();
  }

  onState(callback: (state: GuardState) => void): void {
    this.#onState = callback;
    // Not at once: whoever asks is still being made.
    queueMicrotask(() => {
      if (this.#state !== null) callback(this.#state);
    });
  }

  onActed(callback: (boot: string, what: GuardAct) => void): void {
    this.#onActed = callback;
  }

  life(life: Life): void {
    this.#life = life;
    this.#send({ type: "life", life });
  }

  lifeOver(boot: string): void {
    if (this.#life?.boot === boot) this.#life = null;
    this.#send({ type: "lifeOver", boot });
  }

  permit(permit: Permit): Promise<void> {
    return this.#confirmed(id => ({ type: "permit", id, permit }));
  }

  rest(boot: string): Promise<void> {
    return this.#confirmed(id => ({ type: "rest", id, boot }));
  }

  /** Ends the connection for good. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#again);
    this.#socket?.destroy();
  }

  #confirmed(message: (id: number) => ToGuard): Promise<void> {
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId;
      const timer = setTimeout(() => {
        answered("the guard did not answer");
        // One that hangs is as good as away: it greets again when it is back.
        this.#socket?.destroy();
      }, ANSWER_MS);
      const answered = (failure: string | null): void => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        if (failure === null) resolve();
        else reject(new GuardError(failure));
      };
      this.#waiting.set(id, answered);
      if (!this.#send(message(id))) answered("the guard is away");
    });
  }

  #send(message: ToGuard): boolean {
    if (this.#state === null || this.#socket === null) return false;
    this.#socket.write(`${JSON.stringify(message)}\n`);
    return true;
  }

  #connect(): void {
    const socket = connect(this.#path);
    this.#socket = socket;
    const lines = createInterface({ input: socket });
    lines.on("error", () => undefined);
    lines.on("line", line => {
      try {
        if (this.#socket === socket) this.#take(parseMessage(fromGuardSchema, line));
      } catch (error) {
        this.#log.warn("the guard said what is not understood", { error: String(error) });
        socket.destroy();
      }
    });
    socket.on("error", () => undefined);
    // Always follows an error.
    socket.on("close", () => this.#closed(socket));
  }

  #closed(socket: Socket): void {
    if (this.#socket !== socket) return;
    this.#socket = null;
    const wasThere = this.#state !== null;
    this.#state = null;
    if (!this.#stopped) this.#again = setTimeout(() => this.#connect(), AGAIN_MS);
    for (const answered of [...this.#waiting.values()]) answered("the guard is away");
    if (!wasThere) return;
    this.#log.warn("the guard is away");
    this.#onState(null);
  }

  #take(message: FromGuard): void {
    switch (message.type) {
      case "hello":
        this.#greeted({ life: message.life, permit: message.permit });
        return;
      case "done":
        this.#waiting.get(message.id)?.(null);
        return;
      case "acted":
        this.#log.warn("the guard acted", { boot: message.boot, what: message.what });
        this.#onActed(message.boot, message.what);
        return;
    }
  }

  #greeted(state: NonNullable<GuardState>): void {
    this.#state = state;
    this.#log.info("the guard is there", { boot: state.life?.boot ?? null });
    // Applications that came while it was away; another life is for the core to tell.
    const told = this.#life;
    if (told !== null && state.life?.boot === told.boot && state.life.attached !== told.attached)
      this.#send({ type: "life", life: told });
    this.#onState(state);
  }
}
