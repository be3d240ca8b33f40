/** The session that one agent dials to the other agent of its pair, over the world's network. */
import type { PeerHandlers, PeerLink, PeerPort } from "../../../../agent/ports";
import type { PeerAnswer, PeerRequest } from "../../../../protocol";
import type { VirtualTime } from "../clock";
import { Channel, type VirtualProcess } from "../process";
import type { AgentProcess } from "./agent-process";

/** What a virtual peer port asks of the network. */
export interface PeerNetwork {
  time: VirtualTime;
  hopMs: () => number;
  /** @returns the other pod's agent, if it can be reached now */
  other: () => AgentProcess | null;
  /** Tells of cuts: a held link keeps what is sent. */
  register: (link: {
    hold: () => void;
    release: () => void;
    cut: () => void;
    reached: () => boolean;
  }) => () => void;
}

/** Between two attempts, ms. */
const RETRY_MS = [50, 400] as const;
/** A session that carries nothing for so long is given up, ms. */
const SILENCE_MS = 2_000;

export class VirtualPeer implements PeerPort {
  private handlers: PeerHandlers | null = null;
  private session: { send: (message: PeerRequest) => void; end: () => void } | null = null;
  private stopped = false;

  constructor(
    private readonly process: VirtualProcess,
    private readonly network: PeerNetwork,
    private readonly random: { between: (a: number, b: number) => number },
  ) {}

  start(handlers: PeerHandlers): void {
    if (this.handlers !== null) return;
    this.handlers = handlers;
    this.dial();
  }

  send(message: PeerRequest): boolean {
    if (this.session === null) return false;
    this.session.send(message);
    return true;
  }

  stop(): void {
    this.stopped = true;
    this.session?.end();
  }

  private retry(): void {
    if (!this.stopped) this.process.after(this.random.between(...RETRY_MS), () => this.dial());
  }

  private dial(): void {
    const { handlers, network, process } = this;
    const other = network.other();
    if (handlers === null || this.stopped) return;
    if (other === null) return this.retry();
    const server = other.process;
    let over = false;
    let heardMs = process.clock.monotonicMs();
    let cancelWatch: () => void = () => undefined;
    let unregister: () => void = () => undefined;
    const toServer = new Channel<PeerRequest | null>(network.time, message =>
      server.enter(() => {
        if (message === null) other.agent.peering.onPeerDisconnect(link);
        else other.agent.peering.onPeerMessage(link, message);
      }),
    );
    const toClient = new Channel<PeerAnswer | null>(network.time, message =>
      process.enter(() => {
        if (over) return;
        heardMs = process.clock.monotonicMs();
        if (message === null) return end("closed by the other agent");
        if (message.type === "peerWelcome") {
          this.session = { send, end: () => end("stopped") };
          handlers.onOpen();
        }
        handlers.onMessage(message);
      }),
    );
    const end = (reason: string): void => {
      if (over) return;
      over = true;
      cancelWatch();
      unregister();
      toServer.send(null, network.hopMs());
      const wasOpen = this.session !== null;
      this.session = null;
      if (wasOpen) handlers.onClose(reason);
      this.retry();
    };
    const send = (message: PeerRequest): void => {
      if (!over) toServer.send(message, network.hopMs());
    };
    const link: PeerLink = {
      send: message => toClient.send(message, network.hopMs()),
      close: () => toClient.send(null, network.hopMs()),
    };
    const watch = (): void => {
      cancelWatch = process.after(SILENCE_MS / 4, () => {
        if (process.clock.monotonicMs() - heardMs > SILENCE_MS) end("silent");
        else {
          send({ type: "ping", t: 0 });
          watch();
        }
      });
    };
    unregister = network.register({
      hold: () => {
        toServer.hold();
        toClient.hold();
      },
      release: () => {
        toServer.release();
        toClient.release();
      },
      cut: () => process.enter(() => end("connection reset")),
      reached: () => network.other() === other,
    });
    server.onEnd(() => process.after(network.hopMs(), () => end("connection reset")));
    process.onEnd(() => server.after(network.hopMs(), () => other.agent.peering.onPeerDisconnect(link)));
    watch();
    network.time.after(network.hopMs(), () =>
      server.enter(() => {
        link.send({ type: "peerWelcome", version: 1, digest: other.agent.peering.digest() });
        other.agent.peering.onPeerConnect(link);
      }),
    );
  }
}
