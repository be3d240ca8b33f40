/**
 * Who reaches whom: pods by name and address, the operators' sessions, the replication links. A cut stalls what is
 * under way and refuses what is new; only a dead process resets a connection.
 */
import type { AgentAddress, AgentHandlers, AgentTransport } from "../../../../capabilities/runtime/ports";
import { agentMessageSchema, type OperatorMessage, parseMessage } from "../../../../protocol";
import type { DatabaseWorld, LoadedDatabase } from "../database";
import { Channel, type VirtualProcess } from "../process";
import type { SeededRandom } from "../random";
import type { PodRuntime } from "./pod-runtime";
import type { Surroundings } from "./surroundings";
import type { PeerNetwork } from "./virtual-peer";

/** Dialling an address where nothing answers ends after this long, ms. */
const CONNECT_TIMEOUT_MS = 2_000;

/** Whether a command is carried to the agent, and whether its operator lives on: the kill points. */
export type CommandGate = (what: string) => "go" | "dieBefore" | "dieAfter";

/** The faults of sessions; by seed. */
export interface SessionFaults {
  /** One hop, ms. */
  hopMs(): number;
}

interface Session {
  operator: string;
  runtime: PodRuntime;
  hold(): void;
  release(): void;
  cut(reason: string): void;
}

export class Network {
  private readonly runtimes = new Map<string, PodRuntime>();
  private readonly sessions = new Set<Session>();
  private readonly cuts = new Set<string>();
  private readonly noted = new Map<string, string>();
  private readonly peerLinks = new Set<{ name: string; other: string; hold: () => void; release: () => void }>();

  constructor(
    private readonly around: Surroundings,
    private readonly faults: SessionFaults,
  ) {}

  join(runtime: PodRuntime): void {
    this.runtimes.set(runtime.ip, runtime);
  }

  leave(runtime: PodRuntime): void {
    if (this.runtimes.get(runtime.ip) === runtime) this.runtimes.delete(runtime.ip);
    this.reset(runtime);
  }

  /** The pod's process died: its connections are reset. */
  reset(runtime: PodRuntime): void {
    for (const session of [...this.sessions])
      if (session.runtime === runtime) session.cut("connection reset");
  }

  /** Cuts two ends (pod or operator names) off from each other, until `heal`. */
  cut(a: string, b: string): void {
    this.cuts.add(pairKey(a, b));
    for (const session of this.sessions)
      if (this.isCut(session.operator, session.runtime.name)) session.hold();
    for (const link of this.peerLinks) if (this.isCut(link.name, link.other)) link.hold();
  }

  heal(a: string, b: string): void {
    this.cuts.delete(pairKey(a, b));
    for (const session of this.sessions)
      if (!this.isCut(session.operator, session.runtime.name)) session.release();
    for (const link of this.peerLinks) if (!this.isCut(link.name, link.other)) link.release();
  }

  /** Ends one operator's or one pod's sessions, as a restarted proxy would. */
  dropSessions(name: string): void {
    for (const session of [...this.sessions]) {
      if (session.operator === name || session.runtime.name === name) session.cut("connection reset");
    }
  }

  /** @returns the running pod at an address, or undefined */
  byAddress(ip: string): PodRuntime | undefined {
    return this.runtimes.get(ip);
  }

  /** @returns all pods that have a sandbox */
  all(): PodRuntime[] {
    return [...this.runtimes.values()];
  }

  databaseWorld(random: SeededRandom): DatabaseWorld {
    const { around } = this;
    return {
      time: around.time,
      random: random.fork("database"),
      reach: (fromHost, host) => this.reach(fromHost, host),
      changed: (database, what) => around.databaseChanged(database, what),
      destroyed: (host, podUID) => around.copyDestroyed(host, podUID),
      lost: (copy, entries) => around.commitsLost(copy, entries),
    };
  }

  /** @returns what the agent of this pod dials the other pod's agent with */
  peersOf(runtime: PodRuntime): PeerNetwork {
    const { around } = this;
    const partner = (): PodRuntime | undefined =>
      this.all().find(
        one => one !== runtime && one.pod.metadata.namespace === runtime.pod.metadata.namespace && one.name !== runtime.name,
      );
    return {
      time: around.time,
      hopMs: () => this.faults.hopMs(),
      other: () => {
        const other = partner();
        return other === undefined || this.isCut(runtime.name, other.name) ? null : other.agent;
      },
      register: link => {
        const held = { name: runtime.name, other: partner()?.name ?? "", ...link };
        this.peerLinks.add(held);
        return () => this.peerLinks.delete(held);
      },
    };
  }

  /** @returns the way of one operator process to the agents */
  transport(process: VirtualProcess, gate: CommandGate): AgentTransport {
    return {
      dial: (address, handlers) => this.dial(process, gate, address, handlers),
    };
  }

  private reach(fromHost: string, host: string): LoadedDatabase | null {
    const target = this.all().find(runtime => runtime.host === host);
    const source = this.all().find(runtime => runtime.host === fromHost);
    if (target === undefined || source === undefined || this.isCut(source.name, target.name)) return null;
    return target.instance?.db ?? null;
  }

  private isCut(a: string, b: string): boolean {
    return this.cuts.has(pairKey(a, b));
  }

  private dial(
    process: VirtualProcess,
    gate: CommandGate,
    address: AgentAddress,
    handlers: AgentHandlers,
  ): () => void {
    let over = false;
    let hangUp: () => void = () => {
      over = true;
    };
    const fail = (reason: string, afterMs: number): void => {
      process.after(afterMs, () => {
        if (over) return;
        over = true;
        handlers.onClose(reason);
      });
    };
    this.around.time.after(this.faults.hopMs() * 2, () => {
      if (over || !process.alive()) return;
      const runtime = this.byAddress(address.ip);
      if (runtime === undefined || this.isCut(process.name, runtime.name)) {
        return fail("connect timed out", CONNECT_TIMEOUT_MS);
      }
      if (runtime.host !== address.serverName) return fail("certificate does not carry that name", 1);
      if (runtime.agent === null) return fail("connection refused", 1);
      hangUp = this.connect(process, gate, runtime, handlers);
    });
    return () => {
      over = true;
      hangUp();
    };
  }

  private connect(
    process: VirtualProcess,
    gate: CommandGate,
    runtime: PodRuntime,
    handlers: AgentHandlers,
  ): () => void {
    const { time } = this.around;
    let over = false;
    let hungUp = false;
    let closeReason = "closed";
    /** null is the end of the stream: what was sent before it arrives before it. */
    const toOperator = new Channel<string | null>(time, frame =>
      process.enter(() => {
        if (hungUp) return;
        if (frame !== null) return handlers.onMessage(parseMessage(agentMessageSchema, frame));
        hungUp = true;
        handlers.onClose(closeReason);
      }),
    );
    const toAgent = new Channel<string | null>(time, frame => {
      if (frame === null) server.closed();
      else server.receive(frame);
    });
    const end = (reason: string): void => {
      if (over) return;
      over = true;
      closeReason = reason;
      this.sessions.delete(session);
      toAgent.send(null, this.faults.hopMs());
      toOperator.send(null, this.faults.hopMs());
    };
    const session: Session = {
      operator: process.name,
      runtime,
      hold: () => {
        toAgent.hold();
        toOperator.hold();
      },
      release: () => {
        toAgent.release();
        toOperator.release();
      },
      cut: end,
    };
    const hangUp = (): void => {
      hungUp = true;
      end("closed by the operator");
    };
    const server = runtime.agent!.accept(
      frame => {
        if (!over) toOperator.send(frame, this.faults.hopMs());
      },
      () => end("closed by the agent"),
    );
    this.sessions.add(session);
    process.onEnd(hangUp);
    const send = (message: OperatorMessage): void => {
      if (over) return;
      const verdict = message.type === "command" ? gate(`${message.verb} to ${runtime.name}`) : "go";
      if (verdict !== "dieBefore") {
        this.note(process.name, runtime, message);
        toAgent.send(JSON.stringify(message), this.faults.hopMs());
      }
      if (verdict !== "go") process.kill();
    };
    process.enter(() => handlers.onOpen({ send, close: hangUp }));
    return hangUp;
  }

  /** Tells the story of what is worth telling, a repeated record once. */
  private note(operator: string, runtime: PodRuntime, message: OperatorMessage): void {
    if (message.type === "command") {
      this.around.story.tell(operator, `commands ${runtime.name}: ${message.verb} (n ${message.n})`);
    }
    if (message.type !== "record") return;
    const { record, evidence } = message;
    const text = `tells ${runtime.name} record ${record.n} ${record.mode}${record.ready ? " ready" : ""} ${JSON.stringify(evidence)}`;
    const key = `${operator} ${runtime.uid}`;
    if (this.noted.get(key) === text) return;
    this.noted.set(key, text);
    this.around.story.tell(operator, text);
  }
}

function pairKey(a: string, b: string): string {
  return a < b ? `${a}|${b}` : `${b}|${a}`;
}
