/**
 * An operator played by hand: makes the owned objects with the product's builders and speaks to the agents, so that
 * the world's cluster and the real agent core can be tested without the engine.
 */
import {
  buildEndpointSlice,
  buildHeadlessService,
  buildSecret,
  buildStatefulSet,
  type ObjectSettings,
  podHost,
} from "../../../capabilities/objects";
import type { AgentConnection } from "../../../capabilities/runtime/ports";
import type { TimesTenClassicObject } from "../../../generated/types";
import {
  type AgentMessage,
  type AgentState,
  type Command,
  type Evidence,
  noEvidence,
  type PermissionRecord,
  PROTOCOL_VERSION,
} from "../../../protocol";
import { endpointSlices, secrets, services, statefulSets } from "./cluster/resources";
import { VirtualProcess } from "./process";
import { NAME, NAMESPACE, type WholeWorld } from "./world";

type CommandBody = Command extends infer C
  ? C extends Command
    ? Omit<C, "type" | "id" | "deadlineMs">
    : never
  : never;

const settings: ObjectSettings = { operatorImage: "operator", clusterDomain: "cluster.local" };

export class HandOperator {
  readonly states: (AgentState | null)[] = [null, null];
  readonly answers: AgentMessage[] = [];
  readonly closings: string[] = [];
  private readonly connections: (AgentConnection | null)[] = [null, null];
  private readonly process: VirtualProcess;
  private ids = 0;

  constructor(private readonly world: WholeWorld) {
    this.process = new VirtualProcess("hand", world.time, (_who, error) => {
      throw error;
    });
  }

  /** Makes everything a pair owns. */
  createObjects(): void {
    const object = this.world.object() as unknown as TimesTenClassicObject;
    const { store } = this.world;
    const credentials = {
      caCert: "x",
      agentCert: "x",
      agentKey: "x",
      operatorCert: "x",
      operatorKey: "x",
      agentUser: "ttagent/x",
    };
    store.create(secrets, buildSecret(object, credentials));
    store.create(services, buildHeadlessService(object));
    store.create(endpointSlices, buildEndpointSlice(object, null));
    store.create(statefulSets, buildStatefulSet(object, settings));
  }

  /** Leads applications to a pod. */
  route(ordinal: number): void {
    const object = this.world.object() as unknown as TimesTenClassicObject;
    const runtime = this.world.pods()[ordinal]!;
    this.world.store.replace(
      endpointSlices,
      buildEndpointSlice(object, { ip: runtime.ip, podName: runtime.name, podUID: runtime.uid }),
    );
  }

  /** Opens a session and waits for the welcome. */
  async connect(ordinal: number): Promise<void> {
    const { time, network } = this.world;
    this.states[ordinal] = null;
    await time.run(() => (this.world.pods()[ordinal]?.agent ?? null) !== null, 30_000);
    const runtime = this.world.pods()[ordinal]!;
    const address = { ip: runtime.ip, port: 8443, serverName: runtime.host, ca: "", cert: "", key: "" };
    network
      .transport(this.process, () => "go")
      .dial(address, {
        onOpen: connection => {
          this.connections[ordinal] = connection;
          connection.send({ type: "hello", versions: [PROTOCOL_VERSION], operator: "hand" });
          this.beat(connection);
        },
        onMessage: message => {
          if (message.type === "welcome" || message.type === "state") this.states[ordinal] = message.state;
          if (message.type === "answer") this.answers.push(message);
        },
        onClose: reason => {
          this.connections[ordinal] = null;
          this.closings.push(reason);
        },
      });
    await this.until(() => this.states[ordinal] !== null, `welcome of pod ${ordinal}`);
  }

  /** Sends a command and waits for its end. @throws Error when it is refused or fails */
  async command(ordinal: number, body: CommandBody): Promise<void> {
    const id = `task-${++this.ids}`;
    this.connections[ordinal]!.send({ ...body, type: "command", id, deadlineMs: 60_000 });
    const answer = (): (AgentMessage & { type: "answer" }) | undefined =>
      this.answers.find(
        (message): message is AgentMessage & { type: "answer" } =>
          message.type === "answer" && message.id === id,
      );
    await this.until(() => answer() !== undefined, `answer to ${body.verb}`);
    if (answer()?.accepted !== true) throw new Error(`refused: ${answer()?.reason ?? ""}`);
    const task = (): AgentState["tasks"][number] | undefined =>
      this.states[ordinal]?.tasks.find(one => one.id === id);
    await this.until(() => task() !== undefined && task()?.status !== "running", `end of ${body.verb}`);
    if (task()?.status === "failed") throw new Error(`failed: ${task()?.error ?? ""}`);
  }

  /** Tells both agents the record. */
  record(record: Omit<PermissionRecord, "objectUID">, evidence: Evidence = noEvidence): void {
    const objectUID = this.world.object()!.metadata.uid!;
    for (const connection of this.connections)
      connection?.send({ type: "record", record: { ...record, objectUID }, evidence });
  }

  host(ordinal: number): string {
    return podHost({ name: NAME, namespace: NAMESPACE, uid: "" }, `${NAME}-${ordinal}`, settings);
  }

  writer(ordinal: number): PermissionRecord["writer"] {
    const state = this.states[ordinal]!;
    return { podUID: state.podUID, boot: state.boot ?? "none" };
  }

  async until(condition: () => boolean, what: string, forMs = 30_000): Promise<void> {
    if ((await this.world.time.run(condition, forMs)) === "deadline" && !condition()) {
      throw new Error(`never came: ${what}\n${this.world.story.lines(30).join("\n")}`);
    }
  }

  private beat(connection: AgentConnection): void {
    this.process.clock.setTimer(500, () => {
      if (!this.connections.includes(connection)) return;
      connection.send({ type: "ping", t: 0 });
      this.beat(connection);
    });
  }
}
