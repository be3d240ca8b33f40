/** One whole world: cluster, databases, operators and an application, under one seed. */
import { Engine } from "../../../capabilities/classic/engine";
import { resources } from "../../../capabilities/objects";
import type { KubeObject, World as EngineWorld } from "../../../capabilities/runtime/ports";
import { Checker, objectOf } from "./checker";
import { WritingClient } from "./client";
import { VirtualTime } from "./clock";
import { logInto } from "./cluster/agent-process";
import { startGarbageCollector, startScheduler, startStatefulSets } from "./cluster/controllers";
import { Kubelet } from "./cluster/kubelet";
import { Network } from "./cluster/network";
import type { PodRuntime } from "./cluster/pod-runtime";
import {
  configMaps,
  endpointSlices,
  namespaces,
  pods,
  storageClass,
  timesTenClassics,
} from "./cluster/resources";
import type { Surroundings, Tampering } from "./cluster/surroundings";
import { WorldNode } from "./cluster/node";
import { copyOf, type DatabaseFiles, type Disk, emptyDisk, type LoadedDatabase } from "./database";
import { WorldFaults } from "./faults";
import { type Call, KubeClient } from "./kube/client";
import { KubeStore, type StoreImage } from "./kube/store";
import { VirtualProcess } from "./process";
import { SeededRandom } from "./random";
import { Story } from "./story";

export const NAMESPACE = "mynamespace";
export const NAME = "sample";
const KEY = `${NAMESPACE}/${NAME}`;

/** The object as its API holds it; only what the world looks at. */
export interface Classic extends KubeObject {
  spec: { ttspec: Record<string, unknown> };
  status?: {
    highLevelState?: string;
    activePods?: string;
    observedGeneration?: number;
    conditions?: { type: string; status: string; reason: string; message: string }[];
    decisions?: { reason: string; message: string }[];
    lastFailover?: {
      recordNumber?: number;
      proof?: string;
      promotedAt?: string;
      routedAt?: string;
      redundantAt?: string;
    };
    [key: string]: unknown;
  };
}

export interface OperatorReplica {
  process: VirtualProcess;
  engine: Engine;
}

/** Breaks the product on purpose, for tests of the tests. */
export interface WorldTampering extends Tampering {
  /** Changes the engine's surroundings before it is made. */
  operator?: (world: EngineWorld) => EngineWorld;
}

export interface WorldOptions {
  seed: string;
  twosafe: boolean;
  /** Nodes and utilities are faster by a factor of its own (by seed): the same happens in less time. */
  brisk?: boolean | undefined;
  /** L, ms: the object's writePermissionSeconds. */
  leaseMs?: number | undefined;
  /** How far the clocks of the two nodes may be apart in rate; 0.04 where nothing is said. */
  drift?: number | undefined;
  tampering?: WorldTampering | undefined;
  /** Kubelets probe readiness; without it a Pod is Ready while its containers run, which is quicker to compute. */
  probing?: boolean | undefined;
  /** Begins with this pair instead of nothing. */
  prepared?: PreparedPair | undefined;
}

/** A pair that serves, as plain data: what API server and claims hold at one moment. */
export interface PreparedPair {
  /** Wall clock of that moment, ms since 1970. */
  epochMs: number;
  store: StoreImage;
  disks: ReadonlyMap<string, Disk>;
  /** The application has not used this number or one above it. */
  nextCommit: number;
}

/** Decides over every write and command of the operators: what it is called, and whether its operator survives it. */
export type EffectGate = (operator: string, effect: string) => "go" | "dieBefore" | "dieAfter";

export class WholeWorld {
  readonly random: SeededRandom;
  readonly time: VirtualTime;
  readonly story: Story;
  readonly store: KubeStore;
  readonly faults: WorldFaults;
  readonly network: Network;
  readonly kubelet: Kubelet;
  readonly checker: Checker;
  readonly client: WritingClient;
  readonly operators: OperatorReplica[] = [];
  gate: EffectGate = () => "go";
  /** Writes of the operators to the API, without the leader lease. */
  writes = 0;
  readonly nodes = new Map<string, WorldNode>();
  /** Pods that must go to another node than theirs. */
  private readonly placements = new Map<string, string>();
  private readonly disks = new Map<string, Disk>();
  private started = 0;
  private readonly pace: number;
  /** Read once per version; undefined: to be read again. */
  private newest: Classic | null | undefined;

  constructor(protected readonly options: WorldOptions) {
    const random = (this.random = new SeededRandom(options.seed));
    const { prepared } = options;
    const time = (this.time = new VirtualTime(random.fork("time"), prepared?.epochMs));
    this.story = new Story(() => time.nowMs());
    this.store = new KubeStore(random.fork("store"), () => time.epochMs + time.nowMs(), prepared?.store);
    for (const [claim, disk] of prepared?.disks ?? []) this.disks.set(claim, copyOf(disk));
    this.checker = this.makeChecker();
    this.checker.follow(this.store);
    this.store.subscribe(change => {
      if (change.kind === "timesten.oracle.com/timestenclassics") this.newest = undefined;
    });
    this.pace = options.brisk === true ? random.fork("brisk").between(0.1, 0.5) : 1;
    this.faults = new WorldFaults(random.fork("faults"), this.pace);
    const around = this.surroundings();
    this.network = new Network(around, this.faults, this.checker.grants);
    this.kubelet = new Kubelet(around, this.network, random.fork("kubelet"));
    startStatefulSets(this.store, time, random.fork("statefulsets"));
    startScheduler(this.store, time, random.fork("scheduler"), name => this.placements.get(name));
    startGarbageCollector(this.store, time, random.fork("gc"));
    if (prepared === undefined) {
      for (const name of [NAMESPACE, "operators"])
        this.store.create(namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
    } else this.kubelet.goOn();
    this.client = new WritingClient(
      around,
      this.network,
      NAMESPACE,
      NAME,
      random.fork("client"),
      prepared?.nextCommit ?? 1,
      50,
      (id, database) => this.checker.seeAcknowledged(id, database),
    );
    this.client.start();
  }

  /** @returns who holds what happens against the promises; asked once, before there is anything else */
  protected makeChecker(): Checker {
    return new Checker(this.story, () => this.time.nowMs());
  }

  /** @returns what the user asks for beside an image and volumes */
  protected wishes(): Record<string, unknown> {
    const { leaseMs, twosafe } = this.options;
    return {
      ...(leaseMs === undefined ? {} : { writePermissionSeconds: leaseMs / 1_000 }),
      ...(twosafe ? { repReturnServiceAttribute: "RETURN TWOSAFE" } : {}),
    };
  }

  /** The user applies the object. */
  apply(): void {
    const config = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: NAME, namespace: NAMESPACE },
      data: { "db.ini": "PermSize=200\n" },
    };
    if (this.store.get(configMaps, NAMESPACE, NAME) === null) this.store.create(configMaps, config);
    if (this.store.get(resources.storageClass, undefined, "standard") === null)
      this.store.create(resources.storageClass, storageClass("standard"));
    const object: Classic = {
      apiVersion: "timesten.oracle.com/v1",
      kind: "TimesTenClassic",
      metadata: { name: NAME, namespace: NAMESPACE },
      spec: {
        ttspec: {
          image: "registry.example.com/timesten:18.1.4.11.0",
          storageClassName: "standard",
          dbConfigMap: [NAME],
          imageUpgradeStrategy: "auto",
          ...this.wishes(),
        },
      },
    };
    this.store.create(timesTenClassics, object);
    this.story.tell("user", `applies ${KEY}${this.options.twosafe ? " (twosafe)" : ""}`);
  }

  /** @returns what another world can begin with; the processes of this one are not in it */
  image(): PreparedPair {
    const disks = new Map([...this.disks].map(([claim, disk]) => [claim, copyOf(disk)]));
    for (const { runtime, database } of this.databases()) {
      const { database: files } = disks.get(`${NAMESPACE}/tt-persistent-${runtime.name}`) ?? emptyDisk();
      // Everything of it is flushed.
      if (files !== null) files.log = [...database.log];
    }
    const epochMs = this.time.epochMs + this.time.nowMs();
    return { epochMs, store: this.store.image(), disks, nextCommit: 1 + this.client.attempts.length };
  }

  /** @returns the object as it is stored; not to be changed */
  object(): Classic | null {
    if (this.newest === undefined) this.newest = this.store.get<Classic>(timesTenClassics, NAMESPACE, NAME);
    return this.newest;
  }

  /** Starts one operator replica. @param name of its pod; a restarted container keeps it */
  startOperator(name: string): OperatorReplica {
    const { time, random } = this;
    const life = random.fork(`operator ${name} ${this.started++}`);
    const process = new VirtualProcess(
      name,
      time,
      (who, error) => this.crashed(who, error),
      life.between(0.99, 1.01),
    );
    const gate = (effect: string): ReturnType<EffectGate> => {
      const verdict = process.alive() ? this.gate(name, effect) : "go";
      if (verdict !== "go")
        this.story.tell(
          "fault",
          `${name} is killed ${verdict === "dieBefore" ? "before" : "after"} ${effect}`,
        );
      return verdict;
    };
    const kube = new KubeClient(this.store, time, process, this.faults, call => {
      if (isLeaderLease(call)) return "go";
      this.writes++;
      if (call.verb === "delete" && call.kind === "/pods") this.checker.seeDeletion(call.name, this.store);
      this.story.tell(name, `writes ${call.verb} ${call.kind} ${call.name}`);
      return gate(`${call.verb} ${call.kind} ${call.name}`);
    });
    const world: EngineWorld = {
      clock: process.clock,
      random: life.fork("random"),
      kube,
      agents: this.network.transport(process, gate),
      witnesses: this.network.witnesses(process),
      log: logInto((level, text) => this.story.tell(name, `${level}: ${text}`)),
    };
    const engine = new Engine(this.options.tampering?.operator?.(world) ?? world, {
      operatorName: name,
      operatorNamespace: "operators",
      namespaces: [],
      objects: {
        operatorImage: "registry.example.com/timesten-operator:world",
        clusterDomain: "cluster.local",
      },
      newCredentials: async () => {
        await process.sleep(life.between(5, 60));
        return {
          caCert: "ca",
          agentCert: "cert",
          agentKey: "key",
          operatorCert: "cert",
          operatorKey: "key",
          agentUser: "ttagent/world",
        };
      },
    });
    const replica = { process, engine };
    this.operators.push(replica);
    this.story.tell(name, "starts");
    process.enter(() => engine.start());
    return replica;
  }

  /** SIGKILL. */
  killOperator(replica: OperatorReplica): void {
    if (replica.process.alive()) this.story.tell("fault", `${replica.process.name} is killed`);
    replica.process.kill();
  }

  /** The user deletes a pod; without a grace period it is the pod's own. */
  deletePod(name: string, gracePeriodSeconds?: number): void {
    this.story.tell("user", `deletes pod ${name}${gracePeriodSeconds === 0 ? " by force" : ""}`);
    if (this.store.get(pods, NAMESPACE, name) === null) return;
    this.store.delete(pods, NAMESPACE, name, gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds });
  }

  /** @returns the pods' runtimes by ordinal, where there are any */
  pods(): (PodRuntime | undefined)[] {
    return [0, 1].map(ordinal => this.kubelet.runtime(NAMESPACE, `${NAME}-${ordinal}`));
  }

  /** @returns the loaded databases */
  databases(): { runtime: PodRuntime; database: LoadedDatabase }[] {
    return this.pods().flatMap(runtime => {
      const database = runtime?.instance?.db ?? null;
      return runtime === undefined || database === null ? [] : [{ runtime, database }];
    });
  }

  /** @returns the databases on volumes, as they were last flushed */
  protected volumes(): DatabaseFiles[] {
    return [...this.disks.values()].flatMap(({ database }) => (database === null ? [] : [database]));
  }

  /** @returns the pod whose database may be written now */
  activePod(): PodRuntime | undefined {
    return this.databases().find(({ database }) => database.writable())?.runtime;
  }

  /** @returns the other pod of a pair with an active */
  standbyPod(): PodRuntime | undefined {
    const active = this.activePod();
    return active === undefined
      ? undefined
      : this.pods().find(runtime => runtime !== undefined && runtime !== active);
  }

  /** @returns what the object says of itself; "" before it says anything */
  state(): string {
    return this.object()?.status?.highLevelState ?? "";
  }

  /** @returns why the pair is not what Normal promises, in truth and in words; null when it is */
  whyNotNormal(): string | null {
    const status = this.object()?.status;
    if (status?.highLevelState !== "Normal") return `state is ${status?.highLevelState ?? "absent"}`;
    const found = this.databases();
    const active = found.find(({ database }) => database.writable());
    if (active === undefined) return "no database is writable";
    const standby = found.find(other => other !== active);
    if (standby?.database.role !== "STANDBY")
      return `the other database is ${standby?.database.role ?? "absent"}`;
    if (!standby.database.linked()) return "the standby is not connected";
    if (status.activePods !== active.runtime.name) return `activePods says ${status.activePods ?? "nothing"}`;
    const record = this.checker.record(KEY);
    if (record?.mode !== "Pair" || !record.ready)
      return `the record is ${record?.mode ?? "absent"}${record?.ready === true ? " ready" : ""}`;
    if (record.writer.podUID !== active.runtime.uid) return "the record names another writer";
    const slice = this.store.get<KubeObject & { endpoints?: { addresses: string[] }[] }>(
      endpointSlices,
      NAMESPACE,
      `${NAME}-active`,
    );
    return slice?.endpoints?.[0]?.addresses[0] === active.runtime.ip
      ? null
      : "the endpoint is not the active's";
  }

  /** At the end. @returns how many commits were acknowledged, are gone, and could not have been kept */
  checkCommits(): { acked: number; lost: number; died: number } {
    const active = this.databases().find(({ database }) => database.writable());
    if (active === undefined) return { acked: 0, lost: 0, died: 0 };
    return this.checker.checkCommits(active.database, this.options.twosafe, this.client);
  }

  /**
   * The object says what a person has to do: they do it.
   * @returns whether there was anything to be done
   */
  answer(): boolean {
    return false;
  }

  /** @returns what the object does not tell of the promotion whose database serves now; null when it tells all */
  whyNotExplained(): string | null {
    const record = this.checker.record(KEY);
    const promotion = this.checker.promotions.get(KEY);
    if (promotion === undefined || record?.writer.boot !== promotion.writer.boot) return null;
    const told = this.object()?.status?.lastFailover;
    if (told?.recordNumber !== promotion.n) return `lastFailover tells nothing of promotion ${promotion.n}`;
    const missing = (["proof", "promotedAt", "routedAt", "redundantAt"] as const).filter(
      field => !told[field],
    );
    return missing.length === 0
      ? null
      : `lastFailover of promotion ${promotion.n} lacks ${missing.join(", ")}`;
  }

  /**
   * @param inAnyState a wait counts that has not become a matter for people by its state
   * @returns the explanation if the object says that it stopped
   */
  explainedStop(inAnyState = false): string | null {
    const state = this.state();
    const forPeople = state === "ManualInterventionRequired" || state === "Failed";
    if (!forPeople && !inAnyState) return null;
    const conditions = this.object()?.status?.conditions ?? [];
    const why =
      conditions.find(({ type, status }) => type === "Ready" && status === "False") ??
      conditions.find(
        ({ type, status, reason }) => type === "Stalled" && status === "True" && reason === "UpgradeFailed",
      );
    return why === undefined || why.message === "" ? null : `${state}: ${why.reason} ${why.message}`;
  }

  /** The user changes annotations of the object. */
  annotate(annotations: Record<string, string | null>): void {
    this.story.tell("user", `annotates ${KEY}: ${JSON.stringify(annotations)}`);
    this.store.mergePatch(timesTenClassics, NAMESPACE, NAME, { metadata: { annotations } });
  }

  /** The user changes fields of spec.ttspec, e.g. the image. */
  change(ttspec: Record<string, unknown>): void {
    this.story.tell("user", `changes ${KEY}: ${JSON.stringify(ttspec)}`);
    this.store.mergePatch(timesTenClassics, NAMESPACE, NAME, { spec: { ttspec } });
  }

  /** The volume of a pod is lost, and its node with it as far as this pod goes: it comes up empty on another node. */
  loseDisk(runtime: PodRuntime): void {
    this.story.tell("fault", `the volume of ${runtime.name} is lost`);
    const { database } = this.disks.get(`${NAMESPACE}/tt-persistent-${runtime.name}`) ?? emptyDisk();
    if (database !== null) this.checker.seeVolumeLost(database.copy);
    this.disks.delete(`${NAMESPACE}/tt-persistent-${runtime.name}`);
    this.placements.set(runtime.name, `${runtime.node.name}-b`);
    this.deletePod(runtime.name, 0);
  }

  /** Two clocks of these bounds run apart by `drift` at most. */
  private rates(): [number, number] {
    const drift = this.options.drift ?? 0.04;
    return [1 / Math.sqrt(1 + drift), Math.sqrt(1 + drift)];
  }

  private crashed(who: string, error: unknown): void {
    this.checker.violated(
      `${who} threw out of its event loop: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
  }

  private surroundings(): Surroundings {
    const { time, random, store, story } = this;
    const pace = random.fork("pace");
    return {
      time,
      random: random.fork("cluster"),
      store,
      story,
      pace: {
        statusMs: () => this.pace * pace.between(20, 1_200),
        startMs: () => this.pace * pace.between(50, 500),
      },
      timesTenFaults: this.faults,
      tampering: this.options.tampering ?? {},
      probing: this.options.probing ?? false,
      disks: this.disks,
      node: name => {
        let node = this.nodes.get(name);
        if (node === undefined) {
          const rate = random.fork(`clocks of ${name}`).between(...this.rates());
          this.nodes.set(name, (node = new WorldNode(name, rate, time)));
        }
        return node;
      },
      permitTaken: permit => this.checker.grants.taken(permit),
      databaseCommitted: database => {
        if (objectOf(database.host) === KEY) this.checker.seeCommitted(database);
      },
      databaseChanged: (database, what) => {
        story.tell(database.host.split(".")[0] ?? "", `database ${what}`);
        if (objectOf(database.host) === KEY) this.checker.seeDatabase(database);
      },
      copyDestroyed: (host, podUID) => {
        story.tell(host.split(".")[0] ?? "", "database is destroyed");
        this.checker.seeDestroyed(host, podUID);
      },
      commitsLost: (copy, entries) => this.checker.seeLost(copy, entries),
      crashed: (who, error) => this.crashed(who, error),
    };
  }
}

function isLeaderLease(call: Call): boolean {
  return call.kind === "coordination.k8s.io/leases" && call.name !== NAME;
}
