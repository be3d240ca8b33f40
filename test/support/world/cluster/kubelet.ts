/** The kubelets of all nodes: bring bound pods up, take deleted ones down. */
import { PROBE_LABEL } from "../../../../capabilities/objects";
import type { SeededRandom } from "../random";
import { API, type Network } from "./network";
import { PodRuntime } from "./pod-runtime";
import { ProbeRuntime } from "./probe-runtime";
import { type Pod, pods } from "./resources";
import type { Surroundings } from "./surroundings";

/** From a kubelet's hearing of a deletion to the signal, ms at most. */
const SIGNAL_MS = 150;

export class Kubelet {
  private readonly runtimes = new Map<string, PodRuntime>();
  /** The newest by `namespace/name`. */
  private readonly newest = new Map<string, PodRuntime>();
  private readonly probes = new Map<string, ProbeRuntime>();

  constructor(
    private readonly around: Surroundings,
    private readonly network: Network,
    private readonly random: SeededRandom,
  ) {
    around.store.subscribe(change => {
      if (change.kind !== "/pods") return;
      const pod = change.object as unknown as Pod;
      // A kubelet hears of it a moment later, and never in the middle of the write itself.
      around.time.after(random.between(2, 25), () => this.see(pod, change.type === "DELETED"));
    });
  }

  /** The pods of a prepared world run already. */
  goOn(): void {
    for (const pod of this.around.store.list<Pod>(pods, {}).items) {
      this.add(pod).goOn();
    }
  }

  isUp(node: string): boolean {
    return this.around.node(node).up;
  }

  /** The machine loses its power. */
  losePower(node: string): void {
    this.around.node(node).up = false;
    this.around.story.tell("fault", `${node} loses its power`);
    for (const runtime of [...this.of(node), ...this.probesOn(node)]) runtime.losePower();
  }

  /** The machine is back: its kubelet starts what is bound to it, and ends what is no more. */
  power(node: string): void {
    this.around.node(node).up = true;
    this.around.story.tell("fault", `${node} is back`);
    for (const runtime of [...this.of(node), ...this.probesOn(node)]) runtime.power();
    this.lookAgain(node);
  }

  /** The machine is suspended for a while: nothing on it runs, and only one of its clocks goes on. */
  suspend(node: string, forMs: number): void {
    const { around } = this;
    around.story.tell("fault", `${node} is suspended`);
    around.node(node).fallAsleep();
    const asleep = this.of(node);
    for (const runtime of asleep) runtime.setAsleep(true);
    around.time.after(forMs, () => {
      around.story.tell("fault", `${node} wakes`);
      around.node(node).wake();
      for (const runtime of asleep) runtime.setAsleep(false);
    });
  }

  /** The node reaches the API server again. */
  lookAgain(node: string): void {
    const known = this.of(node);
    for (const pod of this.around.store.list<Pod>(pods, {}).items)
      if (pod.spec.nodeName === node) this.see(pod, false);
    for (const runtime of known) {
      const { namespace, name } = runtime.pod.metadata;
      if (this.around.store.get<Pod>(pods, namespace, name)?.metadata.uid !== runtime.uid) runtime.orphan();
      runtime.reportSoon();
    }
  }

  private of(node: string): PodRuntime[] {
    return [...this.runtimes.values()].filter(runtime => runtime.node.name === node && !runtime.isGone());
  }

  private probesOn(node: string): ProbeRuntime[] {
    return [...this.probes.values()].filter(probe => probe.node.name === node);
  }

  /** @returns the runtime of a pod by name, the newest one */
  runtime(namespace: string, name: string): PodRuntime | undefined {
    return this.newest.get(`${namespace}/${name}`);
  }

  /** @returns the runtime of a pod by uid, also of one that another has replaced */
  runtimeOf(uid: string): PodRuntime | undefined {
    return this.runtimes.get(uid);
  }

  private see(pod: Pod, deleted: boolean): void {
    const uid = pod.metadata.uid!;
    if (pod.metadata.labels?.[PROBE_LABEL] !== undefined) return this.seeProbe(pod, deleted);
    const runtime = this.runtimes.get(uid);
    if (deleted) {
      if (runtime !== undefined && this.hears(runtime.node.name)) runtime.orphan();
      return;
    }
    if (pod.spec.nodeName === undefined || !this.hears(pod.spec.nodeName)) return;
    if (runtime === undefined) this.admit(pod);
    else if (pod.metadata.deletionTimestamp !== undefined) {
      // Its queue, a preStop hook: an operator that watches may well be sooner.
      const graceS = pod.metadata.deletionGracePeriodSeconds ?? 30;
      this.around.time.after(graceS === 0 ? 0 : this.random.between(0, SIGNAL_MS), () => {
        if (this.hears(runtime.node.name)) runtime.terminate(graceS);
      });
    }
  }

  private seeProbe(pod: Pod, deleted: boolean): void {
    const uid = pod.metadata.uid!;
    const known = this.probes.get(uid);
    if (deleted) return known?.terminate();
    if (pod.spec.nodeName === undefined || !this.hears(pod.spec.nodeName)) return;
    const probe = known ?? new ProbeRuntime(this.around, this.network, pod, this.random.fork(uid));
    this.probes.set(uid, probe);
    if (pod.metadata.deletionTimestamp !== undefined) probe.terminate();
    else if (known === undefined) probe.start();
  }

  private hears(node: string): boolean {
    return this.around.node(node).up && this.network.joined({ name: node, node }, API);
  }

  private add(pod: Pod): PodRuntime {
    const { uid, namespace, name } = pod.metadata;
    const runtime = new PodRuntime(this.around, this.network, pod, this.random.fork(uid!), ip =>
      [...this.runtimes.values()].some(other => other.ip === ip && !other.isGone()),
    );
    this.runtimes.set(uid!, runtime);
    this.newest.set(`${namespace}/${name}`, runtime);
    return runtime;
  }

  private admit(pod: Pod): void {
    const runtime = this.add(pod);
    if (pod.metadata.deletionTimestamp !== undefined) runtime.terminate(0);
    else this.startWhenFree(runtime);
  }

  /** A claim is not mounted for a second pod of the same name while the first one's processes live. */
  private startWhenFree(runtime: PodRuntime): void {
    // On another node it has a claim of its own (WholeWorld.loseDisk).
    const inUse = [...this.runtimes.values()].some(
      other =>
        other !== runtime &&
        other.node === runtime.node &&
        other.name === runtime.name &&
        other.pod.metadata.namespace === runtime.pod.metadata.namespace &&
        !other.isGone(),
    );
    if (!inUse) runtime.start();
    else this.around.time.after(50, () => this.startWhenFree(runtime));
  }
}
