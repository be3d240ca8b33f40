/**
 * Who reaches whom: pods by name and address, sessions, replication links. A cut stalls what is under way and refuses
 * what is new, each direction by itself; only a dead process resets a connection.
 */
import type { ZodType } from "zod";
import type { AgentAddress, AgentTransport, WitnessTransport } from "../../../../capabilities/runtime/ports";
import {
  agentMessageSchema,
  type Dial,
  type DialHandlers,
  type OperatorMessage,
  type PeerAnswer,
  peerAnswerSchema,
  type PeerRequest,
  type WitnessMessage,
  witnessMessageSchema,
  type WitnessRequest,
} from "../../../../protocol";
import type { DatabaseWorld, LoadedDatabase } from "../database";
import type { VirtualProcess } from "../process";
import type { SeededRandom } from "../random";
import type { PodRuntime } from "./pod-runtime";
import { type Place, type ServerSession, Stream } from "./stream";
import type { Surroundings } from "./surroundings";

/** Dialling an address where nothing answers ends after this long, ms. */
const CONNECT_TIMEOUT_MS = 2_000;

/** Whether a command is carried to the agent, and whether its operator lives on: the kill points. */
export type CommandGate = (what: string) => "go" | "dieBefore" | "dieAfter";

/** The faults of sessions; by seed. */
export interface SessionFaults {
  /** One hop, ms. */
  hopMs(): number;
}

/** What the two agents say to each other, for the checker. */
export interface GrantWatch {
  requested(id: string, boot: string, n: number, leaseMs: number): void;
  granted(id: string): void;
}

/** Directions in which a node is cut off. */
export type Isolation = "both" | "in" | "out";

type AnyStream = Pick<Stream<unknown, unknown>, "client" | "server" | "end" | "vanish" | "hold">;

/** The API server, and whatever else is on none of the pair's nodes. */
export const API: Place = { name: "api", node: null };

/** Who answers on a port of a pod. */
export interface Listener {
  process: VirtualProcess;
  accept(send: (frame: string) => void, hangUp: () => void): ServerSession;
}

interface DialPlan<Out, In> {
  from: Place;
  process: VirtualProcess;
  /** @returns the pod to be reached now, or undefined where nothing answers */
  to: () => PodRuntime | undefined;
  /** @returns who listens there; null: refused; a text: why the connection ends at once */
  listener: (runtime: PodRuntime) => Listener | null | string;
  schema: ZodType<In>;
  onSend?: (runtime: PodRuntime, message: Out) => ReturnType<CommandGate>;
  onAnswer?: (frame: string) => void;
}

export class Network {
  private readonly runtimes = new Map<string, PodRuntime>();
  /** By host name: the one that joined last of those that are there. */
  private readonly hosts = new Map<string, PodRuntime>();
  private readonly streams = new Set<AnyStream>();
  /** `from>to` */
  private readonly cuts = new Set<string>();
  private readonly isolated = new Map<string, Isolation>();
  private readonly noted = new Map<string, string>();
  /** How much longer a batch of replication takes than usual, ms. */
  private replicationLagMs = 0;

  constructor(
    private readonly around: Surroundings,
    private readonly faults: SessionFaults,
    private readonly grants: GrantWatch,
  ) {}

  /** A writer of a prepared world begins with a grant of this very moment. */
  grantedAtFirst(boot: string, n: number, leaseMs: number): void {
    this.grants.requested("prepared", boot, n, leaseMs);
    this.grants.granted("prepared");
  }

  join(runtime: PodRuntime): void {
    this.runtimes.set(runtime.ip, runtime);
    this.hosts.set(runtime.host, runtime);
  }

  private forget(runtime: PodRuntime): void {
    if (this.runtimes.get(runtime.ip) === runtime) this.runtimes.delete(runtime.ip);
    const other = this.all().findLast(one => one.host === runtime.host);
    if (other === undefined) this.hosts.delete(runtime.host);
    else this.hosts.set(runtime.host, other);
  }

  leave(runtime: PodRuntime): void {
    this.forget(runtime);
    for (const stream of this.streamsOf(runtime.name)) stream.end("connection reset");
  }

  /** Its node lost power: whoever is connected hears nothing of that. */
  vanish(runtime: PodRuntime): void {
    this.forget(runtime);
    for (const stream of this.streamsOf(runtime.name)) stream.vanish();
  }

  /** Cuts two ends (pod or operator names) off from each other, until `heal`. */
  cut(a: string, b: string): void {
    this.cutOneWay(a, b);
    this.cutOneWay(b, a);
  }

  /** Nothing from one end arrives at the other, until `heal`. */
  cutOneWay(from: string, to: string): void {
    this.cuts.add(`${from}>${to}`);
    this.holdCut();
  }

  heal(a: string, b: string): void {
    this.cuts.delete(`${a}>${b}`);
    this.cuts.delete(`${b}>${a}`);
    this.holdCut();
  }

  /** Cuts a node off from everything else, its API server included. */
  isolate(node: string, direction: Isolation): void {
    this.isolated.set(node, direction);
    this.holdCut();
  }

  rejoin(node: string): void {
    this.isolated.delete(node);
    this.holdCut();
  }

  /** From now on every batch of replication takes so much longer; what is on its way is not affected. */
  lagReplication(ms: number): void {
    this.replicationLagMs = ms;
  }

  /** Ends one operator's or one pod's sessions, as a restarted proxy would. */
  dropSessions(name: string): void {
    for (const stream of this.streamsOf(name)) stream.end("connection reset");
  }

  /** @returns the running pod at an address, or undefined */
  byAddress(ip: string): PodRuntime | undefined {
    return this.runtimes.get(ip);
  }

  /** @returns all pods that have a sandbox */
  all(): PodRuntime[] {
    return [...this.runtimes.values()];
  }

  /** @returns whether packets go both ways */
  joined(a: Place, b: Place): boolean {
    return !this.isCut(a, b) && !this.isCut(b, a);
  }

  databaseWorld(random: SeededRandom): DatabaseWorld {
    const { around } = this;
    return {
      time: around.time,
      random: random.fork("database"),
      reach: (fromHost, host) => this.reach(fromHost, host),
      lagMs: () => this.replicationLagMs,
      changed: (database, what) => around.databaseChanged(database, what),
      committed: database => around.databaseCommitted(database),
      destroyed: (host, podUID) => around.copyDestroyed(host, podUID),
      lost: (copy, entries) => around.commitsLost(copy, entries),
    };
  }

  /** @returns the way of one operator process to the agents */
  transport(process: VirtualProcess, gate: CommandGate): AgentTransport {
    return {
      dial: (address, handlers) =>
        this.dial<OperatorMessage, Parameters<typeof handlers.onMessage>[0]>(
          {
            from: { name: process.name, node: null },
            process,
            to: () => this.byAddress(address.ip),
            listener: runtime => wrongName(runtime, address) ?? runtime.listensAsAgent("operator"),
            schema: agentMessageSchema,
            onSend: (runtime, message) => this.fromOperator(process, gate, runtime, message),
          },
          handlers,
        ),
    };
  }

  /** @returns the way of one operator process to the witnesses */
  witnesses(process: VirtualProcess): WitnessTransport {
    return {
      dial: (address, handlers) =>
        this.dial<WitnessRequest, WitnessMessage>(
          {
            from: { name: process.name, node: null },
            process,
            to: () => this.byAddress(address.ip),
            listener: runtime => wrongName(runtime, address) ?? runtime.listensAsWitness(),
            schema: witnessMessageSchema,
          },
          handlers,
        ),
    };
  }

  /** @returns how an agent of this pod dials the other pod's agent and witness */
  peersOf(
    runtime: PodRuntime,
    process: VirtualProcess,
  ): { agent: Dial<PeerRequest, PeerAnswer>; witness: Dial<WitnessRequest, WitnessMessage> } {
    const from = runtime.place();
    const to = (): PodRuntime | undefined => this.partner(runtime);
    return {
      agent: handlers =>
        this.dial<PeerRequest, PeerAnswer>(
          {
            from,
            process,
            to,
            listener: other => other.listensAsAgent("agent"),
            schema: peerAnswerSchema,
            onSend: (_other, message) => {
              if (message.type === "request")
                this.grants.requested(message.id, message.boot, message.n, message.leaseMs);
              return "go";
            },
            onAnswer: frame => {
              if (frame.startsWith('{"type":"grant"'))
                this.grants.granted((JSON.parse(frame) as { id: string }).id);
            },
          },
          handlers,
        ),
      witness: handlers =>
        this.dial<WitnessRequest, WitnessMessage>(
          { from, process, to, listener: other => other.listensAsWitness(), schema: witnessMessageSchema },
          handlers,
        ),
    };
  }

  private partner(runtime: PodRuntime): PodRuntime | undefined {
    const { namespace } = runtime.pod.metadata;
    return this.all().findLast(one => one.pod.metadata.namespace === namespace && one.name !== runtime.name);
  }

  private reach(fromHost: string, host: string): LoadedDatabase | null {
    const target = this.hosts.get(host);
    const source = this.hosts.get(fromHost);
    if (target === undefined || source === undefined) return null;
    return this.joined(source.place(), target.place()) ? (target.instance?.db ?? null) : null;
  }

  private isCut(from: Place, to: Place): boolean {
    if (this.cuts.has(`${from.name}>${to.name}`)) return true;
    if (this.isolated.size === 0 || from.node === to.node) return false;
    const out = from.node === null ? undefined : this.isolated.get(from.node);
    const into = to.node === null ? undefined : this.isolated.get(to.node);
    return out === "both" || out === "out" || into === "both" || into === "in";
  }

  private streamsOf(name: string): AnyStream[] {
    return [...this.streams].filter(({ client, server }) => client.name === name || server.name === name);
  }

  private holdCut(): void {
    for (const stream of this.streams)
      stream.hold(this.isCut(stream.client, stream.server), this.isCut(stream.server, stream.client));
  }

  private dial<Out, In>(plan: DialPlan<Out, In>, handlers: DialHandlers<Out, In>): () => void {
    const { process } = plan;
    let over = false;
    let hangUp: () => void = () => undefined;
    const fail = (reason: string, afterMs: number): void => {
      process.after(afterMs, () => {
        if (over) return;
        over = true;
        handlers.onClose(reason);
      });
    };
    this.around.time.after(this.faults.hopMs() * 2, () => {
      if (over || !process.alive()) return;
      const runtime = plan.to();
      if (runtime === undefined || !this.joined(plan.from, runtime.place()))
        return fail("connect timed out", CONNECT_TIMEOUT_MS);
      const listener = plan.listener(runtime);
      if (listener === null) return fail("connection refused", 1);
      if (typeof listener === "string") return fail(listener, 1);
      hangUp = this.connect(plan, runtime, listener, handlers);
    });
    return () => {
      over = true;
      hangUp();
    };
  }

  private connect<Out, In>(
    plan: DialPlan<Out, In>,
    runtime: PodRuntime,
    listener: Listener,
    handlers: DialHandlers<Out, In>,
  ): () => void {
    const stream: Stream<Out, In> = new Stream<Out, In>({
      time: this.around.time,
      hopMs: () => this.faults.hopMs(),
      client: { place: plan.from, process: plan.process },
      server: { place: runtime.place(), process: listener.process },
      accept: (send, end) => listener.accept(send, end),
      schema: plan.schema,
      handlers,
      onSend: message => plan.onSend?.(runtime, message) ?? "go",
      onAnswer: frame => plan.onAnswer?.(frame),
      onEnd: () => this.streams.delete(stream),
    });
    this.streams.add(stream);
    stream.open();
    return () => stream.hangUp();
  }

  private fromOperator(
    process: VirtualProcess,
    gate: CommandGate,
    runtime: PodRuntime,
    message: OperatorMessage,
  ): ReturnType<CommandGate> {
    const verdict = message.type === "command" ? gate(`${message.verb} to ${runtime.name}`) : "go";
    if (verdict !== "dieBefore") this.note(process.name, runtime, message);
    return verdict;
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

function wrongName(runtime: PodRuntime, address: AgentAddress): string | null {
  return runtime.host === address.serverName ? null : "certificate does not carry that name";
}
