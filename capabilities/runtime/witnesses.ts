/**
 * The sessions with the witnesses: one per pod, dialled by us and kept as those with the agents are. A witness lives
 * in the sidecar, so it may still speak when the pod's agent cannot.
 */
import {
  DialledSession,
  PROTOCOL_VERSION,
  type WitnessMessage,
  type WitnessRequest,
  type WitnessState,
} from "../../protocol";
import { Backoff } from "./backoff";
import { PodSessions, sameAddress } from "./pod-sessions";
import type { AgentAddress, Clock, Log, Random, WitnessTransport } from "./ports";

/** Pause before the next dial after one that failed or a session that broke. */
const REDIAL = { firstMs: 20, maxMs: 1_000 };
/** Versions of the protocol this build speaks. */
const VERSIONS = [PROTOCOL_VERSION];

export interface WitnessSessionsOptions {
  clock: Clock;
  random: Random;
  log: Log;
  witnesses: WitnessTransport;
  /** How we introduce ourselves: our replica's name. */
  operator: string;
}

/** What is known of one witness. */
export interface WitnessView {
  /** A session is open and the witness has told its state in it. */
  connected: boolean;
  /** What it said last, in this session or an earlier one; null before the first. */
  state: WitnessState | null;
  /** Why the last session or attempt ended; null before. For people. */
  closeReason: string | null;
}

export class WitnessSessions extends PodSessions<WitnessSession> {
  constructor(o: WitnessSessionsOptions) {
    super((podUID, onChange, address) => new WitnessSession(o, podUID, onChange, address));
  }

  /** @returns what is known of that witness; null when it is not wanted */
  view(podUID: string): WitnessView | null {
    return this.session(podUID)?.view() ?? null;
  }
}

class WitnessSession {
  readonly #podUID: string;
  readonly #onChange: () => void;
  readonly #session: DialledSession<WitnessRequest, WitnessMessage>;
  #address: AgentAddress;
  #state: WitnessState | null = null;
  #lastSeq = -1;
  #closeReason: string | null = null;
  #ended = false;

  /** Dials at once. */
  constructor(o: WitnessSessionsOptions, podUID: string, onChange: () => void, address: AgentAddress) {
    this.#podUID = podUID;
    this.#onChange = onChange;
    this.#address = address;
    const backoff = new Backoff(o.random, REDIAL);
    this.#session = new DialledSession<WitnessRequest, WitnessMessage>({
      clock: o.clock,
      dial: handlers => o.witnesses.dial(this.#address, handlers),
      hello: () => ({ type: "witnessHello", versions: VERSIONS, who: o.operator }),
      welcomeType: "witnessWelcome",
      whyNotWelcome: message => this.#whyNotWelcome(message),
      pauseMs: () => backoff.next(),
      onOpen: message => {
        backoff.reset();
        o.log.info("witness connected", { podUID });
        if (message.type === "witnessWelcome") this.#learn(message.state, true);
      },
      onMessage: message => this.#take(message),
      onClose: (reason, wasOpen) => {
        this.#lastSeq = -1;
        const changed = wasOpen || this.#closeReason !== reason;
        this.#closeReason = reason;
        if (wasOpen) o.log.warn("witness disconnected", { podUID, reason });
        if (changed && !this.#ended) onChange();
      },
    });
  }

  view(): WitnessView {
    return { connected: this.#session.open, state: this.#state, closeReason: this.#closeReason };
  }

  setAddress(address: AgentAddress): void {
    if (sameAddress(address, this.#address)) return;
    this.#address = address;
    this.#session.redial("address changed");
  }

  end(reason: string): void {
    this.#ended = true;
    this.#session.end(reason);
  }

  #whyNotWelcome(message: WitnessMessage): string | null {
    if (message.type !== "witnessWelcome") return `${message.type} before a welcome`;
    if (!VERSIONS.includes(message.version)) return `witness speaks protocol version ${message.version}`;
    return this.#whyNotOurs(message.state);
  }

  #take(message: WitnessMessage): string | null {
    if (message.type !== "witnessState") return null;
    const why = this.#whyNotOurs(message.state);
    if (why === null) this.#learn(message.state, false);
    return why;
  }

  #whyNotOurs(state: WitnessState): string | null {
    return state.podUID === this.#podUID ? null : `witness of another pod answered: ${state.podUID}`;
  }

  #learn(state: WitnessState, first: boolean): void {
    // Within one connection only a higher number is news; a restarted witness counts anew in a new one.
    if (state.seq <= this.#lastSeq) return;
    this.#lastSeq = state.seq;
    const before = this.#state;
    this.#state = state;
    const same = JSON.stringify({ ...before, seq: 0 }) === JSON.stringify({ ...state, seq: 0 });
    if (first || before === null || !same) this.#onChange();
  }
}
