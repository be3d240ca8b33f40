/** One agent's session: dial, greet, keep alive, give up, dial again. */
import {
  HEARTBEAT_MS,
  PROTOCOL_VERSION,
  SESSION_SILENCE_MS,
  type AgentMessage,
  type AgentState,
  type Command,
  type OperatorMessage,
} from "../../protocol";
import type { AgentAddress, AgentConnection, AgentTransport, Clock, Log, Random } from "./ports";
import { Backoff } from "./backoff";
import { sameAddress } from "./pod-sessions";
import type { SessionView } from "./sessions";

/** Pause before the next dial after one that failed or a session that broke. */
export const REDIAL = { firstMs: 20, maxMs: 1_000 };
/** From the dial to the agent's welcome, ms. */
export const CONNECT_DEADLINE_MS = 3_000;
/** A command that is not answered within this is "unknown", ms. */
export const ANSWER_DEADLINE_MS = 2_000;
/** States kept for `drain`. */
export const MAX_UNREPORTED = 32;
/** Versions of the protocol this build speaks. */
const VERSIONS = [PROTOCOL_VERSION];

/** What became of a command at the door of the agent. */
export type CommandOutcome =
  | { outcome: "accepted" }
  /** It will not be carried out. */
  | { outcome: "refused"; reason: string }
  /** It never left us. */
  | { outcome: "not sent"; reason: string }
  /** No answer came: it may have been taken up. */
  | { outcome: "unknown"; reason: string };

export interface AgentSessionOptions {
  clock: Clock;
  random: Random;
  log: Log;
  agents: AgentTransport;
  operator: string;
  podUID: string;
  onChange: () => void;
}

interface Pending {
  answer(outcome: CommandOutcome): void;
}

/** One connection's share of the state; a new connection begins with a new one. */
interface Link {
  connection: AgentConnection | null;
  giveUp: () => void;
  welcomed: boolean;
  lastSeq: number;
  heardMs: number;
  sentMs: number;
  cancelTimer: () => void;
}

export class AgentSession {
  readonly #o: AgentSessionOptions;
  readonly #backoff: Backoff;
  readonly #pending = new Map<string, Pending[]>();
  #address: AgentAddress;
  #link: Link | null = null;
  #cancelRedial: () => void = () => undefined;
  #ended = false;
  #state: AgentState | null = null;
  /** The state as JSON, without its number; "" before the first. */
  #content = "";
  #unreported: AgentState[] = [];
  #lastHeardMs: number | null = null;
  #disconnectedSinceMs: number | null;
  #closeReason: string | null = null;

  /** Dials at once. */
  constructor(options: AgentSessionOptions, address: AgentAddress) {
    this.#o = options;
    this.#address = address;
    this.#backoff = new Backoff(options.random, REDIAL);
    this.#disconnectedSinceMs = options.clock.monotonicMs();
    this.#dial();
  }

  view(): SessionView {
    return {
      connected: this.#link?.welcomed ?? false,
      state: this.#state,
      lastHeardMonotonicMs: this.#lastHeardMs,
      disconnectedSinceMs: this.#disconnectedSinceMs,
      closeReason: this.#closeReason,
    };
  }

  drain(): AgentState[] {
    return this.#unreported.splice(0);
  }

  /** Another address or other credentials: the session there is another one. */
  setAddress(address: AgentAddress): void {
    if (sameAddress(address, this.#address)) return;
    this.#address = address;
    this.#backoff.reset();
    if (this.#link !== null) this.#close(this.#link, "address changed");
    this.#cancelRedial();
    if (!this.#ended) this.#dial();
  }

  /** Closes for good. */
  end(reason: string): void {
    this.#ended = true;
    this.#cancelRedial();
    if (this.#link !== null) this.#close(this.#link, reason);
  }

  /** @returns false when there is no session */
  send(message: OperatorMessage): boolean {
    const link = this.#link;
    if (link === null || !link.welcomed) return false;
    this.#transmit(link, message);
    return true;
  }

  /** Resolves with the agent's answer; see AgentSessions.command. */
  command(command: Command): Promise<CommandOutcome> {
    return new Promise(resolve => {
      const cancel = this.#o.clock.setTimer(ANSWER_DEADLINE_MS, () =>
        pending.answer({ outcome: "unknown", reason: `no answer within ${ANSWER_DEADLINE_MS} ms` }),
      );
      const pending: Pending = {
        answer: outcome => {
          cancel();
          this.#forget(command.id, pending);
          resolve(outcome);
        },
      };
      this.#pending.set(command.id, [...(this.#pending.get(command.id) ?? []), pending]);
      if (!this.send(command)) {
        pending.answer({ outcome: "not sent", reason: this.#closeReason ?? "not connected yet" });
      }
    });
  }

  #forget(id: string, pending: Pending): void {
    const left = (this.#pending.get(id) ?? []).filter(other => other !== pending);
    if (left.length === 0) this.#pending.delete(id);
    else this.#pending.set(id, left);
  }

  #dial(): void {
    const now = this.#o.clock.monotonicMs();
    const link: Link = {
      connection: null,
      giveUp: () => undefined,
      welcomed: false,
      lastSeq: -1,
      heardMs: now,
      sentMs: now,
      cancelTimer: () => undefined,
    };
    this.#link = link;
    link.cancelTimer = this.#o.clock.setTimer(CONNECT_DEADLINE_MS, () =>
      this.#lost(link, `not connected within ${CONNECT_DEADLINE_MS} ms`),
    );
    const giveUp = this.#o.agents.dial(this.#address, {
      onOpen: connection => {
        if (this.#link !== link) return connection.close();
        link.connection = connection;
        this.#transmit(link, { type: "hello", versions: VERSIONS, operator: this.#o.operator });
      },
      onMessage: message => {
        if (this.#link === link) this.#receive(link, message);
      },
      onClose: reason => this.#lost(link, reason),
    });
    // A transport may have called back before it returned.
    if (this.#link === link) link.giveUp = giveUp;
    else giveUp();
  }

  #transmit(link: Link, message: OperatorMessage): void {
    link.sentMs = this.#o.clock.monotonicMs();
    link.connection?.send(message);
  }

  #receive(link: Link, message: AgentMessage): void {
    link.heardMs = this.#o.clock.monotonicMs();
    this.#lastHeardMs = link.heardMs;
    switch (message.type) {
      case "welcome":
        return this.#welcome(link, message.version, message.state);
      case "state":
        if (link.welcomed) this.#learn(link, message.state);
        return;
      case "answer":
        for (const pending of this.#pending.get(message.id) ?? []) {
          const reason = message.reason ?? "no reason given";
          pending.answer(message.accepted ? { outcome: "accepted" } : { outcome: "refused", reason });
        }
        return;
      case "bye":
        return this.#lost(link, `agent said bye: ${message.reason}`);
      case "ping":
        return this.#transmit(link, { type: "pong", t: message.t });
      case "pong":
        return;
    }
  }

  #welcome(link: Link, version: number, state: AgentState): void {
    if (link.welcomed) return this.#lost(link, "agent said welcome twice");
    if (!VERSIONS.includes(version)) return this.#lost(link, `agent speaks protocol version ${version}`);
    if (state.podUID !== this.#o.podUID) return this.#lostToOther(link, state);
    link.welcomed = true;
    this.#backoff.reset();
    this.#disconnectedSinceMs = null;
    this.#o.log.info("agent connected", { pod: state.podName, podUID: state.podUID, boot: state.boot });
    this.#learn(link, state, true);
    this.#keepAlive(link);
  }

  #learn(link: Link, state: AgentState, first = false): void {
    if (state.podUID !== this.#o.podUID) return this.#lostToOther(link, state);
    // Within one connection only a higher number is news; a restarted agent counts anew in a new one.
    if (state.seq <= link.lastSeq) return;
    link.lastSeq = state.seq;
    const content = JSON.stringify({ ...state, seq: 0 });
    const news = content !== this.#content;
    this.#state = state;
    this.#content = content;
    if (news) {
      this.#unreported.push(state);
      if (this.#unreported.length > MAX_UNREPORTED) this.#unreported.shift();
    }
    if (news || first) this.#o.onChange();
  }

  #lostToOther(link: Link, state: AgentState): void {
    this.#lost(link, `agent of another pod answered: ${state.podUID}`);
  }

  /** Pings after our own silence, gives up after the agent's. One timer, set to whatever comes first. */
  #keepAlive(link: Link): void {
    const { clock } = this.#o;
    const now = clock.monotonicMs();
    if (now - link.heardMs >= SESSION_SILENCE_MS) {
      return this.#lost(link, `agent silent for ${SESSION_SILENCE_MS} ms`);
    }
    if (now - link.sentMs >= HEARTBEAT_MS) this.#transmit(link, { type: "ping", t: now });
    const nextMs = Math.min(link.sentMs + HEARTBEAT_MS, link.heardMs + SESSION_SILENCE_MS) - now;
    link.cancelTimer();
    link.cancelTimer = clock.setTimer(nextMs, () => this.#keepAlive(link));
  }

  /** The connection is over, whoever ended it: dial again after a pause. */
  #lost(link: Link, reason: string): void {
    if (this.#link !== link) return;
    this.#close(link, reason);
    if (this.#ended) return;
    const redialMs = this.#backoff.next();
    this.#cancelRedial = this.#o.clock.setTimer(redialMs, () => this.#dial());
  }

  #close(link: Link, reason: string): void {
    this.#link = null;
    link.cancelTimer();
    link.connection?.close();
    link.giveUp();
    const changed = link.welcomed || this.#closeReason !== reason;
    this.#closeReason = reason;
    if (link.welcomed) {
      this.#disconnectedSinceMs = this.#o.clock.monotonicMs();
      this.#o.log.warn("agent disconnected", { podUID: this.#o.podUID, reason });
    }
    for (const pending of [...this.#pending.values()].flat()) pending.answer({ outcome: "unknown", reason });
    if (changed && !this.#ended) this.#o.onChange();
  }
}
