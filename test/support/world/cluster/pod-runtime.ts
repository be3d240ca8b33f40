/** One pod on its node: sandbox, init containers, the tt container with its restarts, and its end. */
import { KubeError } from "../../../../capabilities/runtime/ports";
import type { AgentMemory } from "../../../../agent/ports";
import { type Permit, timingFor } from "../../../../protocol";
import { type Disk, emptyDisk } from "../database";
import type { SeededRandom } from "../random";
import { TimesTenInstance } from "../timesten";
import type { ClientRole } from "../../../../agent/server/link";
import { AgentProcess } from "./agent-process";
import { imageNamed, troubleWith, type WorldImage } from "./images";
import { API, type Listener, type Network } from "./network";
import type { WorldNode } from "./node";
import { proberOf, type Prober } from "./probes";
import { type ContainerEnd, type ContainerRun, podStatus } from "./pod-status";
import { type Pod, pods, secrets } from "./resources";
import type { Place } from "./stream";
import type { Surroundings } from "./surroundings";
import { type RunVolume, VirtualGuard } from "./virtual-guard";
import { VirtualWitness } from "./virtual-witness";

/** First restart at once, then CrashLoopBackOff. */
const BACKOFF_MS = [0, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000];
/** What a killed process reports. */
const KILLED = 137;

function freeAddress(random: SeededRandom, isTaken: (ip: string) => boolean): string {
  for (;;) {
    const ip = `10.0.${random.index(250)}.${1 + random.index(250)}`;
    if (!isTaken(ip)) return ip;
  }
}

/** A pod's containers and what the kubelet will say of them. */
export class PodRuntime {
  readonly ip: string;
  readonly host: string;
  /** The agent proper; null while none runs. */
  agent: AgentProcess | null = null;
  /** Of the container that runs. */
  guarded: { instance: TimesTenInstance; guard: VirtualGuard } | null = null;
  /** In the sidecar: outlives the tt container. */
  witness: VirtualWitness | null = null;
  readonly node: WorldNode;
  private readonly image: WorldImage;
  private readonly prober: Prober | null;
  private readonly volume: RunVolume = { guard: null, life: null, changed: () => undefined };
  /** Daemon and database; null while the tt container does not run. */
  instance: TimesTenInstance | null = null;
  private phase: "Pending" | "Running" = "Pending";
  private run: ContainerRun | null = null;
  private last: ContainerEnd | null = null;
  private restarts = 0;
  private agentStarts = 0;
  private backoff: (() => void) | null = null;
  private terminating = false;
  private statusPlanned = false;
  private powerCuts = 0;
  private gone = false;

  constructor(
    private readonly around: Surroundings,
    private readonly network: Network,
    readonly pod: Pod,
    private readonly random: SeededRandom,
    isTaken: (ip: string) => boolean,
  ) {
    this.node = around.node(pod.spec.nodeName ?? "");
    this.image = imageNamed(pod.spec.containers.find(one => one.name === "tt")?.image);
    this.ip = pod.status?.podIP ?? freeAddress(random, isTaken);
    this.host = `${pod.metadata.name}.${serviceOf(pod)}.${pod.metadata.namespace}.svc.cluster.local`;
    this.prober = proberOf(this, around, random);
  }

  private isReady(): boolean {
    return this.run !== null && (this.prober?.ready ?? true);
  }

  get uid(): string {
    return this.pod.metadata.uid!;
  }

  get name(): string {
    return this.pod.metadata.name;
  }

  /** Where it is in the network. */
  place(): Place {
    return { name: this.name, node: this.node.name };
  }

  /** @returns who answers on the agent's port; null: nobody */
  listensAsAgent(client: ClientRole): Listener | null {
    const { agent } = this;
    if (agent === null) return null;
    return { process: agent.process, accept: (send, hangUp) => agent.accept(client, send, hangUp) };
  }

  /** @returns who answers on the witness's port; null: nobody */
  listensAsWitness(): Listener | null {
    const { witness } = this;
    if (witness?.process.alive() !== true) return null;
    return { process: witness.process, accept: (send, hangUp) => witness.accept(send, hangUp) };
  }

  /** Brings the pod up; waits for its Secret as the kubelet's volume manager does. */
  start(): void {
    this.step(this.around.pace.startMs(), () => {
      if (!this.volumesThere()) {
        this.step(this.random.between(300, 2_000), () => this.start());
        return;
      }
      this.around.story.tell("kubelet", `sandbox of ${this.name} ${this.uid.slice(0, 8)} at ${this.ip}`);
      this.network.join(this);
      this.reportSoon();
      // An image that is not there, or does not work, stays so.
      if (troubleWith(this.image) !== null) return;
      // ttagent copies the agent, ttinit makes the instance on first start.
      const disk = this.disk();
      const initMs = this.around.pace.startMs() * 2 + (disk.instance ? 0 : this.random.between(200, 900));
      this.step(initMs, () => {
        disk.instance = true;
        this.startWitness();
        this.startContainer();
      });
    });
  }

  /**
   * The pod of a prepared world: its container runs and its database is loaded, as status and claim say. Agent, guard
   * and witness start again; a writer has been granted leave a moment ago.
   */
  goOn(): void {
    const { around, volume } = this;
    const disk = this.disk();
    const memory = disk.memory === null ? null : (JSON.parse(disk.memory) as AgentMemory);
    const status = this.pod.status?.containerStatuses?.find(({ name }) => name === "tt");
    if (memory === null || memory.boot === null || status?.containerID === undefined)
      throw new Error(`${this.name} does not run in the prepared world`);
    const running = status.state["running"] as { startedAt: string };
    this.phase = "Running";
    this.run = { id: status.containerID, startedAt: running.startedAt };
    this.restarts = status.restartCount;
    this.network.join(this);
    this.instance = this.newInstance(disk);
    this.instance.goOn(memory.boot.processes);
    const { id: boot, processes } = memory.boot;
    volume.life = { podUID: this.uid, boot, processes, attached: "" };
    volume.guard = { life: volume.life, permit: this.grantedAtFirst(memory) };
    if (volume.guard.permit !== null) around.permitTaken(volume.guard.permit);
    this.startWitness();
    this.startAgent();
  }

  /** @returns what the writer of a Pair may do at the beginning of a prepared world; null: nothing */
  private grantedAtFirst({ boot, obeyed }: AgentMemory): Permit | null {
    if (boot === null || obeyed?.mode !== "Pair" || obeyed.writer.boot !== boot.id) return null;
    const { leaseMs, closingMs } = timingFor(obeyed.leaseMs);
    this.network.grantedAtFirst(boot.id, obeyed.n, leaseMs);
    const until = {
      monotonicMs: this.node.monotonicMs() + leaseMs,
      boottimeMs: this.node.boottimeMs() + leaseMs,
    };
    return { boot: boot.id, n: obeyed.n, until, closingMs };
  }

  /** SIGTERM to everything, SIGKILL after the grace period; then the pod is no more. */
  terminate(graceS: number): void {
    // The kubelet hears of it when it is back.
    if (this.terminating || !this.node.up) return;
    this.terminating = true;
    this.backoff?.();
    this.around.story.tell("kubelet", `SIGTERM to ${this.name}, grace ${graceS} s`);
    if (this.instance === null) return this.finish();
    if (this.agent === null) this.startAgent();
    this.agent?.terminate();
    this.around.time.after(graceS * 1_000, () => this.killContainer("SIGKILL after the grace period"));
  }

  /** SIGKILL to the tt container: agent and databases die, the kubelet notices and starts it again. */
  killContainer(why: string): void {
    if (this.instance === null) return;
    this.around.story.tell("kubelet", `tt container of ${this.name} killed: ${why}`);
    this.ended(KILLED);
  }

  /** SIGKILL to the agent alone: the database lives on, the supervisor starts another agent. */
  killAgent(): void {
    if (this.agent === null) return;
    this.agent.process.kill();
    this.agentEnded(KILLED);
  }

  /** SIGTERM to the agent alone: it brings its database down and ends, and the supervisor starts another one. */
  endAgent(): void {
    this.agent?.terminate();
  }

  /** SIGKILL to the sidecar; the kubelet starts it again. */
  killWitness(): void {
    const { witness } = this;
    if (witness?.process.alive() !== true) return;
    this.around.story.tell("fault", `the witness of ${this.name} is killed`);
    witness.process.kill();
    this.around.time.after(this.random.between(300, 2_000), () => {
      if (this.witness === witness && !this.gone && this.node.up) this.startWitness();
    });
  }

  /** The node has lost its power: nothing of the pod runs, and nobody says so. */
  losePower(): void {
    this.powerCuts++;
    this.network.vanish(this);
    this.backoff?.();
    this.witness?.process.kill();
    this.witness = null;
    this.killAll();
    if (this.run !== null)
      this.last = { ...this.run, exitCode: 255, reason: "Unknown", finishedAt: this.stamp() };
    this.run = null;
    // A memory volume.
    this.volume.guard = null;
    this.volume.life = null;
  }

  /** The node is back, and its kubelet starts the pod's containers again. */
  power(): void {
    if (this.gone) return;
    this.terminating = false;
    if (this.phase === "Running") this.restarts++;
    this.step(this.around.pace.startMs() * 3, () => this.start());
  }

  /** The node is suspended, or goes on: every process with it. */
  setAsleep(asleep: boolean): void {
    for (const process of [this.agent?.process, this.guarded?.guard.process, this.witness?.process]) {
      if (asleep) process?.freeze();
      else process?.thaw();
    }
    this.instance?.db?.setAsleep(asleep);
  }

  /** The pod object is gone: what still runs is killed soon. */
  orphan(): void {
    if (!this.terminating) this.terminate(2);
  }

  /** Its agent was told to end. */
  isEnding(): boolean {
    return this.terminating || this.agent?.isEnding === true;
  }

  isGone(): boolean {
    return this.gone;
  }

  private step(ms: number, next: () => void): void {
    const { powerCuts } = this;
    this.around.time.after(ms, () => {
      if (!this.terminating && powerCuts === this.powerCuts) next();
    });
  }

  private startContainer(): void {
    const { random } = this;
    this.prober?.reset();
    this.run = { id: `containerd://${random.uuid().replaceAll("-", "")}`, startedAt: this.stamp() };
    this.phase = "Running";
    this.instance = this.newInstance(this.disk());
    this.around.story.tell("kubelet", `tt container of ${this.name} runs`);
    this.startAgent();
    this.reportSoon();
  }

  private newInstance(disk: Disk): TimesTenInstance {
    const place = {
      podName: this.name,
      podUID: this.uid,
      host: this.host,
      release: this.image.is === "absent" ? "" : this.image.release,
      disk,
    };
    const life = this.random.fork(`container ${this.restarts}`);
    return new TimesTenInstance(place, this.network.databaseWorld(life), life);
  }

  private startWitness(): void {
    const self = { podName: this.name, podUID: this.uid };
    const random = this.random.fork(`witness ${this.restarts}`);
    const instance = (): TimesTenInstance | null => this.instance;
    this.witness = new VirtualWitness(this.around, self, this.node, this.volume, random, instance);
  }

  private startAgent(): void {
    const { instance } = this;
    if (instance === null) return;
    const life = this.random.fork(`agent ${this.agentStarts++}`);
    const world = this.network.databaseWorld(life);
    if (this.guarded?.instance !== instance) {
      const { around, node, volume } = this;
      const guard = new VirtualGuard(around, instance, world, life.fork("guard"), node, volume);
      this.guarded = { instance, guard };
    }
    const agent = new AgentProcess({
      around: this.around,
      instance,
      objectUID: this.env("TT_OBJECT_UID"),
      topology: this.env("TT_REPLICATION_TOPOLOGY") === "none" ? "none" : "activeStandbyPair",
      world,
      random: life,
      guard: this.guarded.guard,
      node: this.node,
      peers: process => this.network.peersOf(this, process),
      onExit: code => this.agentEnded(code),
    });
    this.agent = agent;
    agent.start();
  }

  /** The supervisor starts it again after a pause, unless the container shall end. */
  private agentEnded(code: number): void {
    const { instance } = this;
    this.agent = null;
    if (this.terminating) return this.ended(code);
    this.around.time.after(this.random.between(100, 300), () => {
      if (this.instance === instance && this.agent === null) this.startAgent();
      if (this.terminating) this.agent?.terminate();
    });
  }

  private ended(exitCode: number): void {
    const { run } = this;
    this.killAll();
    if (run !== null) {
      const reason = exitCode === 0 ? "Completed" : "Error";
      this.last = { ...run, exitCode, reason, finishedAt: this.stamp() };
    }
    this.run = null;
    if (this.terminating) return this.finish();
    this.reportSoon();
    const wait = BACKOFF_MS[Math.min(this.restarts, BACKOFF_MS.length - 1)]!;
    const cancel = this.around.time.after(wait + this.around.pace.statusMs(), () => {
      this.backoff = null;
      this.restarts++;
      this.startContainer();
    });
    this.backoff = cancel;
  }

  /** Everything of the tt container. */
  private killAll(): void {
    this.agent?.process.kill();
    this.agent = null;
    this.guarded?.guard.end();
    this.guarded = null;
    this.instance?.die();
    this.instance = null;
  }

  /** tt is dead; the witness has its last words, then the pod is gone: the last status, and then the object goes. */
  private finish(): void {
    if (this.gone) return;
    this.gone = true;
    this.around.time.after(this.random.between(200, 500), () => {
      this.witness?.process.kill();
      this.network.leave(this);
    });
    this.reportSoon();
    this.around.time.after(this.around.pace.statusMs() + 1, () => this.sayGone());
  }

  /** As often as it takes to reach the API server. */
  private sayGone(): void {
    if (!this.network.joined(this.place(), API)) {
      this.around.time.after(500, () => this.sayGone());
      return;
    }
    this.report();
    const { uid } = this;
    this.tolerateAbsence(() =>
      this.around.store.delete(pods, this.pod.metadata.namespace, this.name, { uid, gracePeriodSeconds: 0 }),
    );
  }

  /** Tells the API server how it is, a moment later. */
  reportSoon(): void {
    if (this.statusPlanned) return;
    this.statusPlanned = true;
    this.around.time.after(this.around.pace.statusMs(), () => {
      this.statusPlanned = false;
      this.report();
    });
  }

  private report(): void {
    const { store } = this.around;
    const current = store.get<Pod>(pods, this.pod.metadata.namespace, this.name);
    // A node that does not reach the API server tells it nothing.
    if (!this.node.up || !this.network.joined(this.place(), API)) return;
    if (current === null || current.metadata.uid !== this.uid) return;
    const { phase, ip, image, run, last, restarts, gone } = this;
    const ready = this.isReady();
    const status = podStatus({ phase, ip, image, run, ready, last, restarts, gone });
    this.tolerateAbsence(() => store.replaceStatus(pods, { ...current, status }));
  }

  private tolerateAbsence(write: () => void): void {
    try {
      write();
    } catch (error) {
      if (!(error instanceof KubeError)) throw error;
    }
  }

  private volumesThere(): boolean {
    const namespace = this.pod.metadata.namespace;
    return (this.pod.spec.volumes ?? []).every(
      volume =>
        volume.secret === undefined ||
        this.around.store.get(secrets, namespace, volume.secret.secretName) !== null,
    );
  }

  private disk(): Disk {
    const claim = (this.pod.spec.volumes ?? []).find(volume => volume.name === "tt-persistent");
    const key = `${this.pod.metadata.namespace}/${claim?.persistentVolumeClaim?.claimName ?? this.uid}`;
    let disk = this.around.disks.get(key);
    if (disk === undefined) this.around.disks.set(key, (disk = emptyDisk()));
    return disk;
  }

  private env(name: string): string {
    const tt = this.pod.spec.containers.find(container => container.name === "tt");
    const value = tt?.env?.find(entry => entry.name === name)?.value;
    if (value === undefined) throw new Error(`the tt container has no ${name}`);
    return value;
  }

  private stamp(): string {
    return new Date(this.around.time.epochMs + this.around.time.nowMs())
      .toISOString()
      .replace(/\.\d+Z$/, "Z");
  }
}

function serviceOf(pod: Pod): string {
  return pod.metadata.name.replace(/-\d+$/, "");
}
