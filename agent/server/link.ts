/**
 * One session with the agent: of an operator replica, or of the other pod's agent. Which of both it is, is what the
 * client's certificate says: neither may speak as the other.
 */
import * as z from "zod";
import {
  operatorMessageSchema,
  peerOnlySchema,
  type AgentMessage,
  type OperatorMessage,
  type PeerAnswer,
  type PeerRequest,
} from "../../protocol";
import type { AgentSessions, Clock, Log, OperatorLink, PeerLink, PeerSessions } from "../ports";
import { commonVersion, noCommonVersion, ServedSession, type Wire } from "./served";

export { SPOKEN_VERSIONS, type Wire } from "./served";

/** Whom a client's certificate names. */
export type ClientRole = "operator" | "agent";

const clientMessageSchema = z.discriminatedUnion("type", [operatorMessageSchema, peerOnlySchema]);
type ClientMessage = z.infer<typeof clientMessageSchema>;

const GREETINGS = { operator: "hello", agent: "peerHello" } as const;
const PEER_TYPES = ["peerHello", "request", "solo"];

export interface LinkOptions {
  sessions: AgentSessions;
  /** Sessions of the other pod's agent; absent: there is no such pod, and none is let in. */
  peers?: PeerSessions;
  /** Default: operator. */
  client?: ClientRole;
  /** A peer of another object is sent away. */
  objectUID?: string;
  wire: Wire;
  clock: Clock;
  log: Log;
}

/** For the core the link of an operator or of the other agent, for the connection its reader. */
export class Link implements OperatorLink, PeerLink {
  readonly #o: LinkOptions;
  readonly #client: ClientRole;
  readonly #session: ServedSession<ClientMessage, AgentMessage | PeerAnswer>;

  constructor(options: LinkOptions) {
    this.#o = options;
    this.#client = options.client ?? "operator";
    this.#session = new ServedSession<ClientMessage, AgentMessage | PeerAnswer>({
      wire: options.wire,
      clock: options.clock,
      log: options.log,
      schema: clientMessageSchema,
      client: this.#client,
      stateType: this.#client === "operator" ? "state" : "digest",
      greet: message => this.#greet(message),
      onOpen: () => this.#opened(),
      onMessage: message => this.#take(message),
      onEnd: () => this.#ended(),
    });
  }

  /** For the core: a slow reader gets the newest state only, one that does not read at all is dropped. */
  send(message: AgentMessage | PeerAnswer): void {
    this.#session.send(message);
  }

  close(): void {
    this.#session.close("closed by the agent");
  }

  /** A frame arrived. */
  received(frame: string): void {
    this.#session.received(frame);
  }

  /** The connection is gone. */
  disconnected(): void {
    this.#session.disconnected();
  }

  #greet(message: ClientMessage): { welcome: AgentMessage | PeerAnswer; who: string } | { refusal: string } {
    if (message.type !== "hello" && message.type !== "peerHello")
      return { refusal: `${message.type} before ${GREETINGS[this.#client]}` };
    if (message.type !== GREETINGS[this.#client])
      return { refusal: `${message.type}: the certificate is that of an ${this.#client}` };
    const version = commonVersion(message.versions);
    if (version === null) return { refusal: noCommonVersion("agent") };
    if (message.type === "hello")
      return {
        welcome: { type: "welcome", version, state: this.#o.sessions.state() },
        who: message.operator,
      };
    if (this.#o.peers === undefined) return { refusal: "this pod has no peer" };
    const { objectUID } = this.#o;
    if (objectUID !== undefined && message.objectUID !== objectUID)
      return { refusal: `peer of another object: ${message.objectUID}` };
    return {
      welcome: { type: "peerWelcome", version, digest: this.#o.peers.digest() },
      who: message.podUID,
    };
  }

  #opened(): void {
    if (this.#client === "operator") this.#o.sessions.onConnect(this);
    else this.#o.peers?.onPeerConnect(this);
  }

  #ended(): void {
    if (this.#client === "operator") this.#o.sessions.onDisconnect(this);
    else this.#o.peers?.onPeerDisconnect(this);
  }

  /** @returns why the session must end, or null */
  #take(message: ClientMessage): string | null {
    if (message.type === "hello" || message.type === "peerHello") return null;
    const isPeers = PEER_TYPES.includes(message.type);
    if (isPeers !== (this.#client === "agent"))
      return `${message.type}: the certificate is that of an ${this.#client}`;
    if (isPeers) this.#o.peers?.onPeerMessage(this, message as PeerRequest);
    else this.#o.sessions.onMessage(this, message as OperatorMessage);
    return null;
  }
}
