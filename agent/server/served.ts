/**
 * One session, seen from the side that was dialled: greeting and version, heartbeats both ways, limits. What is left
 * of the messages goes to whoever serves.
 */
import type { ZodType } from "zod";
import {
  HEARTBEAT_MS,
  MAX_MESSAGE_BYTES,
  PROTOCOL_VERSION,
  SESSION_SILENCE_MS,
  parseMessage,
  ProtocolError,
  type Beat,
  type Bye,
} from "../../protocol";
import type { Clock, Log } from "../ports";

/** Versions spoken here: a client of this or the former release can talk to us. */
export const SPOKEN_VERSIONS: readonly number[] = [PROTOCOL_VERSION, PROTOCOL_VERSION - 1].filter(
  v => v >= 1,
);
/** We ping after this much silence of our own, ms: later than the client, whose pings we answer while all is well. */
const OWN_PING_MS = 1.5 * HEARTBEAT_MS;
/** With more than this unsent, a newer state replaces the one that waits, bytes. */
const SLOW_BYTES = 64 * 1024;
/** With more than this unsent, the client is not reading: given up, bytes. */
const STUCK_BYTES = 4 * MAX_MESSAGE_BYTES;

/** What a session needs of its WebSocket. */
export interface Wire {
  /** Handed over and not yet sent, bytes. */
  unsent(): number;
  send(frame: string): void;
  /** Says goodbye and closes; `code` as in RFC 6455, 7.4. */
  close(code: number, reason: string): void;
  /** Drops the connection at once. */
  terminate(): void;
}

export interface ServedOptions<In extends { type: string }, Out extends { type: string }> {
  wire: Wire;
  clock: Clock;
  log: Log;
  /** What the client may say. */
  schema: ZodType<In>;
  /** Who is on the other side, for the log and the words of a refusal: "operator", "agent". */
  client: string;
  /** Of our messages, the type that holds a whole state: only the newest is kept for a slow reader. */
  stateType: Out["type"];
  /** Looks at the client's first message. @returns the welcome, or why the client is sent away */
  greet(message: In): { welcome: Out; who: string } | { refusal: string };
  /** The welcome was sent. */
  onOpen(): void;
  /** Everything after the greeting but heartbeats. @returns why the session must end, or null */
  onMessage(message: In): string | null;
  /** The session is over; called only after onOpen. */
  onEnd(): void;
}

/**
 * @param offered the client's versions
 * @returns the one to speak, or null when there is none in common
 */
export function commonVersion(offered: readonly number[]): number | null {
  return SPOKEN_VERSIONS.find(spoken => offered.includes(spoken)) ?? null;
}

/** @returns the words for a client with no version in common */
export function noCommonVersion(side: string): string {
  return `no common version: this ${side} speaks ${SPOKEN_VERSIONS.join(" and ")}`;
}

/** It is `greeting` until the client's greeting fits, then `open`, then `ended`. */
export class ServedSession<In extends { type: string }, Out extends { type: string }> {
  readonly #o: ServedOptions<In, Out>;
  #phase: "greeting" | "open" | "ended" = "greeting";
  #heardMs: number;
  #spokeMs: number;
  #waitingState: Out | null = null;
  #cancelTimer: () => void = () => undefined;

  constructor(options: ServedOptions<In, Out>) {
    this.#o = options;
    this.#heardMs = options.clock.monotonicMs();
    this.#spokeMs = this.#heardMs;
    this.#arm();
  }

  /** A slow reader gets the newest state only, one that does not read at all is dropped. */
  send(message: Out): void {
    if (this.#phase === "ended") return;
    const { wire, stateType, client } = this.#o;
    const unsent = wire.unsent();
    if (unsent > STUCK_BYTES) {
      this.#giveUp(`the ${client} does not read`, 1013);
      return;
    }
    if (message.type === stateType && unsent > SLOW_BYTES) {
      const isFirst = this.#waitingState === null;
      this.#waitingState = message;
      if (isFirst) this.#arm();
      return;
    }
    if (message.type === stateType) this.#waitingState = null;
    this.#transmit(message);
  }

  /** Says goodbye and ends it. */
  close(reason: string): void {
    if (this.#phase === "ended") return;
    this.#transmit({ type: "bye", reason });
    this.#end();
    this.#o.wire.close(1000, "bye");
  }

  /** A frame arrived. */
  received(frame: string): void {
    if (this.#phase === "ended") return;
    this.#heardMs = this.#o.clock.monotonicMs();
    try {
      const why = this.#take(parseMessage(this.#o.schema, frame));
      if (why !== null) this.#giveUp(why, 1002);
    } catch (error) {
      const why = error instanceof ProtocolError ? error.message : "internal error";
      this.#o.log.warn("session given up", { error: String(error) });
      this.#giveUp(why, error instanceof ProtocolError ? 1002 : 1011);
    }
  }

  /** The connection is gone. */
  disconnected(): void {
    this.#end();
  }

  /** @returns why the session must end, or null */
  #take(message: In): string | null {
    if (isPing(message)) {
      this.#transmit({ type: "pong", t: message.t });
      return null;
    }
    if (message.type === "pong") return null;
    if (this.#phase === "open") return this.#o.onMessage(message);
    const greeted = this.#o.greet(message);
    if ("refusal" in greeted) return greeted.refusal;
    this.#phase = "open";
    this.#o.log.info("session open", { [this.#o.client]: greeted.who });
    this.send(greeted.welcome);
    this.#arm();
    this.#o.onOpen();
    return null;
  }

  /** Heartbeats, and the end of a session whose other side is silent. One timer, set to whatever comes first. */
  #arm(): void {
    const pingMs = this.#phase === "open" ? this.#spokeMs + OWN_PING_MS : Infinity;
    const now = this.#o.clock.monotonicMs();
    const againMs = this.#waitingState === null ? Infinity : now + HEARTBEAT_MS / 2;
    const nextMs = Math.min(this.#heardMs + SESSION_SILENCE_MS, pingMs, againMs) - now;
    this.#cancelTimer();
    this.#cancelTimer = this.#o.clock.setTimer(Math.max(nextMs, 1), () => this.#due());
  }

  #due(): void {
    const now = this.#o.clock.monotonicMs();
    if (now - this.#heardMs >= SESSION_SILENCE_MS) {
      this.#o.log.warn("session silent", { silentMs: Math.round(now - this.#heardMs) });
      this.#end();
      this.#o.wire.terminate();
      return;
    }
    if (this.#waitingState !== null) this.send(this.#waitingState);
    if (this.#phase === "open" && now - this.#spokeMs >= OWN_PING_MS)
      this.#transmit({ type: "ping", t: now });
    if (this.#phase !== "ended") this.#arm();
  }

  #transmit(message: Out | Beat | Bye): void {
    this.#spokeMs = this.#o.clock.monotonicMs();
    this.#o.wire.send(JSON.stringify(message));
  }

  #giveUp(reason: string, code: number): void {
    if (this.#phase === "ended") return;
    const { wire } = this.#o;
    const stuck = wire.unsent() > STUCK_BYTES;
    this.#end();
    if (stuck) {
      wire.terminate();
      return;
    }
    wire.send(JSON.stringify({ type: "bye", reason } satisfies Bye));
    wire.close(code, reason.slice(0, 100));
  }

  #end(): void {
    this.#cancelTimer();
    const wasOpen = this.#phase === "open";
    this.#phase = "ended";
    this.#waitingState = null;
    if (wasOpen) this.#o.onEnd();
  }
}

function isPing(message: { type: string }): message is Extract<Beat, { type: "ping" }> {
  return message.type === "ping";
}
