/** The kubelets of all nodes: bring bound pods up, take deleted ones down. */
import type { SeededRandom } from "../random";
import type { Network } from "./network";
import { PodRuntime } from "./pod-runtime";
import type { Pod } from "./resources";
import type { Surroundings } from "./surroundings";

export class Kubelet {
  private readonly runtimes = new Map<string, PodRuntime>();

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

  /** @returns the runtime of a pod by name, the newest one */
  runtime(namespace: string, name: string): PodRuntime | undefined {
    return [...this.runtimes.values()]
      .reverse()
      .find(runtime => runtime.name === name && runtime.pod.metadata.namespace === namespace);
  }

  private see(pod: Pod, deleted: boolean): void {
    const uid = pod.metadata.uid!;
    const runtime = this.runtimes.get(uid);
    if (deleted) {
      runtime?.orphan();
      return;
    }
    if (pod.spec.nodeName === undefined) return;
    if (runtime === undefined) this.admit(pod);
    else if (pod.metadata.deletionTimestamp !== undefined)
      runtime.terminate(pod.metadata.deletionGracePeriodSeconds ?? 30);
  }

  private admit(pod: Pod): void {
    const runtime = new PodRuntime(this.around, this.network, pod, this.random.fork(pod.metadata.uid!));
    this.runtimes.set(pod.metadata.uid!, runtime);
    if (pod.metadata.deletionTimestamp !== undefined) runtime.terminate(0);
    else this.startWhenFree(runtime);
  }

  /** A claim is not mounted for a second pod of the same name while the first one's processes live. */
  private startWhenFree(runtime: PodRuntime): void {
    const inUse = [...this.runtimes.values()].some(
      other =>
        other !== runtime &&
        other.name === runtime.name &&
        other.pod.metadata.namespace === runtime.pod.metadata.namespace &&
        !other.isGone(),
    );
    if (!inUse) runtime.start();
    else this.around.time.after(50, () => this.startWhenFree(runtime));
  }
}
