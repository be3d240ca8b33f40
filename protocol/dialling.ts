/**
 * One kept session, seen from the side that dials: dial, greet, wait for the welcome, keep alive, give up, dial again.
 * Pure over its clock and its way to dial; operator and agents share it.
 */
import { HEARTBEAT_MS, SESSION_SILENCE_MS } from "./messages";

/** From the dial to the welcome, ms. */
const WELCOME_DEADLINE_MS = 3_000;

/** Heartbeats, the same in every session. */
export type Beat = { type: "ping"; t: number } | { type: "pong"; t: number };
/** The other side ends the session and says why. */
export interface Bye {
  type: "bye";
  reason: string;
}

export interface DialledConnection<Out> {
  send(message: Out): void;
  close(): void;
}

export interface DialHandlers<Out, In> {
  onOpen(connection: DialledConnection<Out>): void;
  onMessage(message: In): void;
  /** Called once, also when it never opened. `reason` is for people. */
  onClose(reason: string): void;
}

/** One attempt to connect. @returns a function that gives it up; no handler is called after that */
export type Dial<Out, In> = (handlers: DialHandlers<Out, In>) => () => void;

export interface DialledSessionOptions<Out extends { type: string }, In extends { type: string }> {
  clock: { monotonicMs(): number; setTimer(ms: number, callback: () => void): () => void };
  dial: Dial<Out | Beat, In | Beat | Bye>;
  /** @returns the greeting */
  hello(): Out;
  /** @returns why this first message is no welcome that suits us, or null when it is one */
  whyNotWelcome(message: In): string | null;
  /** Of the type that greets: a second one in the same session ends it. */
  welcomeType: In["type"];
  /** @returns ms until the next dial after one that failed or a session that ended */
  pauseMs(): number;
  /** The welcome came: the session is open. */
  onOpen(welcome: In): void;
  /** Everything after the welcome but heartbeats. @returns why the session must end, or null */
  onMessage(message: In): string | null;
  /** A session (`wasOpen`) or an attempt is over; another is dialled after a pause. */
  onClose(reason: string, wasOpen: boolean): void;
  /** Anything at all was heard. */
  onHeard?(): void;
}

interface Attempt<Out> {
  connection: DialledConnection<Out> | null;
  giveUp: () => void;
  open: boolean;
  heardMs: number;
  sentMs: number;
  cancelTimer: () => void;
}

/** Dials at once and for ever, until it is ended. */
export class DialledSession<Out extends { type: string }, In extends { type: string }> {
  readonly #o: DialledSessionOptions<Out, In>;
  #attempt: Attempt<Out | Beat> | null = null;
  #cancelRedial: () => void = () => undefined;
  #ended = false;

  constructor(options: DialledSessionOptions<Out, In>) {
    this.#o = options;
    this.#dial();
  }

  /** @returns whether a session is open */
  get open(): boolean {
    return this.#attempt?.open ?? false;
  }

  /** @returns false when no session is open; true says only that it was handed over */
  send(message: Out): boolean {
    const attempt = this.#attempt;
    if (attempt === null || !attempt.open) return false;
    this.#transmit(attempt, message);
    return true;
  }

  /** The other side is elsewhere now: dialled anew at once. */
  redial(reason: string): void {
    if (this.#attempt !== null) this.#close(this.#attempt, reason);
    this.#cancelRedial();
    if (!this.#ended) this.#dial();
  }

  /** Closes for good. */
  end(reason: string): void {
    this.#ended = true;
    this.#cancelRedial();
    if (this.#attempt !== null) this.#close(this.#attempt, reason);
  }

  #dial(): void {
    const now = this.#o.clock.monotonicMs();
    const attempt: Attempt<Out | Beat> = {
      connection: null,
      giveUp: () => undefined,
      open: false,
      heardMs: now,
      sentMs: now,
      cancelTimer: () => undefined,
    };
    this.#attempt = attempt;
    attempt.cancelTimer = this.#o.clock.setTimer(WELCOME_DEADLINE_MS, () =>
      this.#lost(attempt, `not connected within ${WELCOME_DEADLINE_MS} ms`),
    );
    const giveUp = this.#o.dial({
      onOpen: connection => {
        if (this.#attempt !== attempt) return connection.close();
        attempt.connection = connection;
        this.#transmit(attempt, this.#o.hello());
      },
      onMessage: message => {
        if (this.#attempt === attempt) this.#receive(attempt, message);
      },
      onClose: reason => this.#lost(attempt, reason),
    });
    // A transport may have called back before it returned.
    if (this.#attempt === attempt) attempt.giveUp = giveUp;
    else giveUp();
  }

  #transmit(attempt: Attempt<Out | Beat>, message: Out | Beat): void {
    attempt.sentMs = this.#o.clock.monotonicMs();
    attempt.connection?.send(message);
  }

  #receive(attempt: Attempt<Out | Beat>, message: In | Beat | Bye): void {
    attempt.heardMs = this.#o.clock.monotonicMs();
    this.#o.onHeard?.();
    if (isPing(message)) return this.#transmit(attempt, { type: "pong", t: message.t });
    if (message.type === "pong") return;
    if (isBye(message)) return this.#lost(attempt, `the other side said bye: ${message.reason}`);
    const other = message as In;
    if (!attempt.open) return this.#welcome(attempt, other);
    const why = other.type === this.#o.welcomeType ? "welcomed twice" : this.#o.onMessage(other);
    if (why !== null) this.#lost(attempt, why);
  }

  #welcome(attempt: Attempt<Out | Beat>, message: In): void {
    const why =
      message.type === this.#o.welcomeType
        ? this.#o.whyNotWelcome(message)
        : `${message.type} before a welcome`;
    if (why !== null) return this.#lost(attempt, why);
    attempt.open = true;
    this.#o.onOpen(message);
    if (this.#attempt === attempt) this.#keepAlive(attempt);
  }

  /** Pings after our own silence, gives up after the other's. One timer, set to whatever comes first. */
  #keepAlive(attempt: Attempt<Out | Beat>): void {
    const { clock } = this.#o;
    const now = clock.monotonicMs();
    if (now - attempt.heardMs >= SESSION_SILENCE_MS) {
      return this.#lost(attempt, `silent for ${SESSION_SILENCE_MS} ms`);
    }
    if (now - attempt.sentMs >= HEARTBEAT_MS) this.#transmit(attempt, { type: "ping", t: now });
    const nextMs = Math.min(attempt.sentMs + HEARTBEAT_MS, attempt.heardMs + SESSION_SILENCE_MS) - now;
    attempt.cancelTimer();
    attempt.cancelTimer = clock.setTimer(Math.max(nextMs, 1), () => this.#keepAlive(attempt));
  }

  /** The connection is over, whoever ended it: dial again after a pause. */
  #lost(attempt: Attempt<Out | Beat>, reason: string): void {
    if (this.#attempt !== attempt) return;
    this.#close(attempt, reason);
    if (this.#ended) return;
    this.#cancelRedial();
    this.#cancelRedial = this.#o.clock.setTimer(this.#o.pauseMs(), () => this.#dial());
  }

  #close(attempt: Attempt<Out | Beat>, reason: string): void {
    this.#attempt = null;
    attempt.cancelTimer();
    attempt.connection?.close();
    attempt.giveUp();
    this.#o.onClose(reason, attempt.open);
  }
}

function isPing(message: { type: string }): message is Extract<Beat, { type: "ping" }> {
  return message.type === "ping";
}

function isBye(message: { type: string }): message is Bye {
  return message.type === "bye";
}
