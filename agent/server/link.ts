/**
 * One session with one operator replica: greeting and version, heartbeats both ways, limits. What is left of the
 * messages goes to the agent's core.
 */
import {
  HEARTBEAT_MS,
  MAX_MESSAGE_BYTES,
  PROTOCOL_VERSION,
  SESSION_SILENCE_MS,
  operatorMessageSchema,
  parseMessage,
  ProtocolError,
  type AgentMessage,
  type OperatorMessage,
} from "../../protocol";
import type { AgentSessions, Clock, Log, OperatorLink } from "../ports";

/** Versions that this agent speaks: an operator of this or the former release can talk to it. */
export const SPOKEN_VERSIONS: readonly number[] = [PROTOCOL_VERSION, PROTOCOL_VERSION - 1].filter(
  v => v >= 1,
);
/** With more than this unsent, a newer state replaces the one that waits, bytes. */
const SLOW_BYTES = 64 * 1024;
/** With more than this unsent, the operator is not reading: given up, bytes. */
const STUCK_BYTES = 4 * MAX_MESSAGE_BYTES;

/** What a link needs of its WebSocket. */
export interface Wire {
  /** Handed over and not yet sent, bytes. */
  unsent(): number;
  send(frame: string): void;
  /** Says goodbye and closes; `code` as in RFC 6455, 7.4. */
  close(code: number, reason: string): void;
  /** Drops the connection at once. */
  terminate(): void;
}

/** A link is `greeting` until the operator's hello fits, then `open`, then `ended`. */
export class Link implements OperatorLink {
  readonly #sessions: AgentSessions;
  readonly #wire: Wire;
  readonly #clock: Clock;
  readonly #log: Log;
  #phase: "greeting" | "open" | "ended" = "greeting";
  #heardMs: number;
  #spokeMs: number;
  #waitingState: AgentMessage | null = null;
  #cancelTimer: () => void = () => undefined;

  constructor(o: { sessions: AgentSessions; wire: Wire; clock: Clock; log: Log }) {
    this.#sessions = o.sessions;
    this.#wire = o.wire;
    this.#clock = o.clock;
    this.#log = o.log;
    this.#heardMs = o.clock.monotonicMs();
    this.#spokeMs = this.#heardMs;
    this.#tick();
  }

  /** For the core: a slow reader gets the newest state only, one that does not read at all is dropped. */
  send(message: AgentMessage): void {
    if (this.#phase === "ended") return;
    const unsent = this.#wire.unsent();
    if (unsent > STUCK_BYTES) {
      this.#giveUp("the operator does not read", 1013);
      return;
    }
    if (message.type === "state" && unsent > SLOW_BYTES) {
      this.#waitingState = message;
      return;
    }
    if (message.type === "state") this.#waitingState = null;
    this.#spokeMs = this.#clock.monotonicMs();
    this.#wire.send(JSON.stringify(message));
  }

  close(): void {
    if (this.#phase === "ended") return;
    this.send({ type: "bye", reason: "closed by the agent" });
    this.#end();
    this.#wire.close(1000, "bye");
  }

  /** A frame arrived. */
  received(frame: string): void {
    if (this.#phase === "ended") return;
    this.#heardMs = this.#clock.monotonicMs();
    try {
      this.#take(parseMessage(operatorMessageSchema, frame));
    } catch (error) {
      const why = error instanceof ProtocolError ? error.message : "internal error";
      this.#log.warn("session given up", { error: String(error) });
      this.#giveUp(why, error instanceof ProtocolError ? 1002 : 1011);
    }
  }

  /** The connection is gone. */
  disconnected(): void {
    this.#end();
  }

  #take(message: OperatorMessage): void {
    if (message.type === "ping") {
      this.send({ type: "pong", t: message.t });
      return;
    }
    if (message.type === "pong") return;
    if (this.#phase === "greeting") {
      if (message.type === "hello") this.#greet(message.versions, message.operator);
      else this.#giveUp(`${message.type} before hello`, 1002);
      return;
    }
    if (message.type !== "hello") this.#sessions.onMessage(this, message);
  }

  #greet(versions: readonly number[], operator: string): void {
    const version = SPOKEN_VERSIONS.find(spoken => versions.includes(spoken));
    if (version === undefined) {
      this.#giveUp(`no common version: this agent speaks ${SPOKEN_VERSIONS.join(" and ")}`, 1002);
      return;
    }
    this.#phase = "open";
    this.#log.info("session open", { operator, version });
    this.send({ type: "welcome", version, state: this.#sessions.state() });
    this.#sessions.onConnect(this);
  }

  /** Heartbeats, and the end of a session whose other side is silent. */
  #tick(): void {
    this.#cancelTimer = this.#clock.setTimer(HEARTBEAT_MS / 2, () => {
      const now = this.#clock.monotonicMs();
      if (now - this.#heardMs > SESSION_SILENCE_MS) {
        this.#log.warn("session silent", { silentMs: Math.round(now - this.#heardMs) });
        this.#end();
        this.#wire.terminate();
        return;
      }
      if (this.#waitingState !== null) this.send(this.#waitingState);
      if (this.#phase === "open" && now - this.#spokeMs >= HEARTBEAT_MS) this.send({ type: "ping", t: now });
      if (this.#phase !== "ended") this.#tick();
    });
  }

  #giveUp(reason: string, code: number): void {
    if (this.#phase === "ended") return;
    const stuck = this.#wire.unsent() > STUCK_BYTES;
    this.#end();
    if (stuck) {
      this.#wire.terminate();
      return;
    }
    this.#wire.send(JSON.stringify({ type: "bye", reason } satisfies AgentMessage));
    this.#wire.close(code, reason.slice(0, 100));
  }

  #end(): void {
    this.#cancelTimer();
    const wasOpen = this.#phase === "open";
    this.#phase = "ended";
    this.#waitingState = null;
    if (wasOpen) this.#sessions.onDisconnect(this);
  }
}
