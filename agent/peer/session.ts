/**
 * The way to the other pod: a session with its agent and one with its witness, both dialled by us for ever. Pure over
 * its ways to dial, so that it runs over virtual links too.
 */
import {
  DialledSession,
  PROTOCOL_VERSION,
  type Dial,
  type PeerAnswer,
  type PeerRequest,
  type WitnessMessage,
  type WitnessRequest,
  type WitnessState,
} from "../../protocol";
import type { Clock, Log, PeerHandlers, PeerPort } from "../ports";

/** Pause before the next dial: doubles from the first to the last value, ms. */
const PAUSE_MS = { first: 100, last: 500 };
/** Versions of the protocol this build speaks. */
const VERSIONS = [PROTOCOL_VERSION];

export interface PeerSessionOptions {
  clock: Pick<Clock, "monotonicMs" | "setTimer">;
  log: Log;
  self: { podName: string; podUID: string; objectUID: string };
  dialAgent: Dial<PeerRequest, PeerAnswer>;
  dialWitness: Dial<WitnessRequest, WitnessMessage>;
}

export class PeerSession implements PeerPort {
  readonly #o: PeerSessionOptions;
  #agent: DialledSession<PeerRequest, PeerAnswer> | null = null;
  #witness: DialledSession<WitnessRequest, WitnessMessage> | null = null;

  constructor(options: PeerSessionOptions) {
    this.#o = options;
  }

  start(handlers: PeerHandlers): void {
    if (this.#agent !== null) return;
    this.#agent = this.#dialAgent(handlers);
    this.#witness = this.#dialWitness(handlers);
  }

  send(message: PeerRequest): boolean {
    return this.#agent?.send(message) ?? false;
  }

  stop(): void {
    this.#agent?.end("the agent ends");
    this.#witness?.end("the agent ends");
  }

  #dialAgent(handlers: PeerHandlers): DialledSession<PeerRequest, PeerAnswer> {
    const { clock, dialAgent, self } = this.#o;
    const pause = new Pause();
    return new DialledSession<PeerRequest, PeerAnswer>({
      clock,
      dial: dialAgent,
      hello: () => ({
        type: "peerHello",
        versions: VERSIONS,
        objectUID: self.objectUID,
        podUID: self.podUID,
      }),
      welcomeType: "peerWelcome",
      whyNotWelcome: message => this.#whyNoPeer(message),
      pauseMs: () => pause.next(),
      onOpen: message => {
        pause.reset();
        handlers.onOpen();
        handlers.onMessage(message);
      },
      onMessage: message => {
        handlers.onMessage(message);
        return null;
      },
      onClose: (reason, wasOpen) => {
        if (wasOpen) handlers.onClose(reason);
      },
    });
  }

  #dialWitness(handlers: PeerHandlers): DialledSession<WitnessRequest, WitnessMessage> {
    const { clock, log, dialWitness, self } = this.#o;
    const pause = new Pause();
    const hear = ({ podUID, over }: WitnessState): void => {
      // The oldest first, so that whoever keeps a few keeps the newest.
      for (const { boot, endedAtMs } of [...over].reverse()) handlers.onWitness({ podUID, boot, endedAtMs });
    };
    return new DialledSession<WitnessRequest, WitnessMessage>({
      clock,
      dial: dialWitness,
      hello: () => ({ type: "witnessHello", versions: VERSIONS, who: self.podName }),
      welcomeType: "witnessWelcome",
      whyNotWelcome: message => this.#whyNoWitness(message),
      pauseMs: () => pause.next(),
      onOpen: message => {
        pause.reset();
        log.info("the other pod's witness is connected");
        if (message.type === "witnessWelcome") hear(message.state);
      },
      onMessage: message => {
        if (message.type === "witnessState") hear(message.state);
        return null;
      },
      onClose: (reason, wasOpen) => {
        if (wasOpen) log.info("the other pod's witness is not connected", { reason });
      },
    });
  }

  #whyNoPeer(message: PeerAnswer): string | null {
    if (message.type !== "peerWelcome") return `${message.type} before a welcome`;
    if (!VERSIONS.includes(message.version)) return `peer speaks protocol version ${message.version}`;
    // A name that still leads to our own address, as after a change of addresses.
    return message.digest.podUID === this.#o.self.podUID ? "this very agent answered" : null;
  }

  #whyNoWitness(message: WitnessMessage): string | null {
    if (message.type !== "witnessWelcome") return `${message.type} before a welcome`;
    if (!VERSIONS.includes(message.version)) return `witness speaks protocol version ${message.version}`;
    return message.state.podUID === this.#o.self.podUID ? "this very pod's witness answered" : null;
  }
}

/** No jitter: there is one other pod, and one of us. */
class Pause {
  #ms = PAUSE_MS.first;

  next(): number {
    const ms = this.#ms;
    this.#ms = Math.min(2 * ms, PAUSE_MS.last);
    return ms;
  }

  reset(): void {
    this.#ms = PAUSE_MS.first;
  }
}
