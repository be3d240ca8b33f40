/** An AgentTransport of which a test plays the other end. */
import { unknownView, type AgentMessage, type AgentState, type OperatorMessage } from "../../protocol";
import type { AgentAddress, AgentHandlers, AgentTransport } from "../../capabilities/runtime/ports";
import { nothingPermitted } from "./permission";

/** One attempt to connect. */
export class Dial {
  readonly sent: OperatorMessage[] = [];
  /** The operator closed it or gave it up. */
  closed = false;
  #over = false;

  constructor(
    readonly address: AgentAddress,
    readonly atMs: number,
    private readonly handlers: AgentHandlers,
  ) {}

  open(): void {
    this.handlers.onOpen({
      send: message => void this.sent.push(message),
      close: () => {
        this.closed = true;
      },
    });
  }

  say(message: AgentMessage): void {
    this.handlers.onMessage(message);
  }

  /** Opens it and says welcome. */
  welcome(state: AgentState): void {
    this.open();
    this.say({ type: "welcome", version: 1, state });
  }

  breakOff(reason: string): void {
    if (this.#over) return;
    this.#over = true;
    this.handlers.onClose(reason);
  }

  /** @returns what was sent of one type */
  sentOf<T extends OperatorMessage["type"]>(type: T): Extract<OperatorMessage, { type: T }>[] {
    return this.sent.filter(message => message.type === type) as Extract<OperatorMessage, { type: T }>[];
  }
}

export class ScriptedAgents implements AgentTransport {
  readonly dials: Dial[] = [];

  constructor(private readonly nowMs: () => number) {}

  dial(address: AgentAddress, handlers: AgentHandlers): () => void {
    const dial = new Dial(address, this.nowMs(), handlers);
    this.dials.push(dial);
    return () => {
      dial.closed = true;
    };
  }

  /** @throws Error when nobody dialled yet */
  get last(): Dial {
    const last = this.dials.at(-1);
    if (last === undefined) throw new Error("nobody dialled");
    return last;
  }
}

/** @returns an address on that IP */
export function addressAt(ip: string): AgentAddress {
  const serverName = "sample-0.sample.ns.svc.cluster.local";
  return { ip, port: 8443, serverName, ca: "ca", cert: "cert", key: "key" };
}

/** @returns the state of an agent that has just started */
export function agentState(podUID: string, seq: number, more: Partial<AgentState> = {}): AgentState {
  return {
    seq,
    podName: "sample-0",
    podUID,
    agentVersion: "0.1.0",
    startedAtMs: 0,
    boot: null,
    endedBoots: [],
    timesten: unknownView,
    files: { adminUser: false, schema: false, cacheGroups: false, cacheUser: false },
    permission: nothingPermitted,
    peer: { connected: false, digest: null, witnessed: [] },
    tasks: [],
    stopping: false,
    ...more,
  };
}
