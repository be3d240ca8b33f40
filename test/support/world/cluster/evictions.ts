/**
 * What drains go through, as in Kubernetes 1.34: the disruption controller, which counts Ready pods, and the eviction
 * API, which lets pods go by its count.
 */
import type { KubeObject } from "../../../../capabilities/runtime/ports";
import type { VirtualTime } from "../clock";
import type { KubeStore } from "../kube/store";
import type { SeededRandom } from "../random";
import { tolerant } from "./controllers";
import { podDisruptionBudgets, pods, statefulSets, type Pod, type StatefulSet } from "./resources";

/** A pod that was let go and is not deleted after this counts again, ms. */
const DELETION_MS = 120_000;

/** A PodDisruptionBudget; `disruptedPods` with virtual ms. */
export interface Budget extends KubeObject {
  spec: {
    maxUnavailable: number;
    selector: { matchLabels: Record<string, string> };
    unhealthyPodEvictionPolicy?: string;
  };
  status?: {
    observedGeneration: number;
    disruptionsAllowed: number;
    currentHealthy: number;
    desiredHealthy: number;
    disruptedPods: Record<string, number>;
  };
}

export const isReady = (pod: Pod): boolean =>
  (pod.status?.["conditions"] as { type: string; status: string }[] | undefined)?.some(
    one => one.type === "Ready" && one.status === "True",
  ) ?? false;

const matches = (labels: Record<string, string>, object: KubeObject): boolean =>
  Object.entries(labels).every(([key, value]) => object.metadata.labels?.[key] === value);

export class Evictions {
  readonly #store: KubeStore;
  readonly #time: VirtualTime;
  readonly #random: SeededRandom;
  #planned = false;

  constructor(store: KubeStore, time: VirtualTime, random: SeededRandom) {
    this.#store = store;
    this.#time = time;
    this.#random = random;
    store.subscribe(({ kind }) => {
      if (kind === "/pods" || kind === "policy/poddisruptionbudgets") this.#plan();
    });
    this.#plan();
  }

  /** @returns null when the pod is let go, else why not */
  evict(namespace: string, name: string): string | null {
    const pod = this.#store.get<Pod>(pods, namespace, name);
    if (pod === null) return "there is no such pod";
    const isOver = pod.metadata.deletionTimestamp !== undefined || pod.status?.phase === "Pending";
    const budget = this.#budgets().find(one => matches(one.spec.selector.matchLabels, pod));
    const isFree = !isReady(pod) && budget?.spec.unhealthyPodEvictionPolicy === "AlwaysAllow";
    if (!isOver && !isFree && budget !== undefined) {
      const { status } = budget;
      if (status === undefined || status.observedGeneration < (budget.metadata.generation ?? 0))
        return "the budget is still being processed";
      if (status.disruptionsAllowed <= 0)
        return `the budget needs ${status.desiredHealthy} healthy pods and has ${status.currentHealthy}`;
      const disruptedPods = { ...status.disruptedPods, [name]: this.#time.nowMs() };
      const disruptionsAllowed = status.disruptionsAllowed - 1;
      this.#store.replaceStatus(podDisruptionBudgets, {
        ...budget,
        status: { ...status, disruptionsAllowed, disruptedPods },
      });
    }
    this.#store.delete(pods, namespace, name, {});
    return null;
  }

  #budgets(): Budget[] {
    return this.#store.list<Budget>(podDisruptionBudgets, {}).items;
  }

  #plan(): void {
    if (this.#planned) return;
    this.#planned = true;
    this.#time.after(this.#random.between(5, 60), () => {
      this.#planned = false;
      for (const budget of this.#budgets()) tolerant(() => this.#count(budget));
    });
  }

  #count(budget: Budget): void {
    const now = this.#time.nowMs();
    const { matchLabels } = budget.spec.selector;
    const found = this.#store.list<Pod>(pods, {}).items.filter(pod => matches(matchLabels, pod));
    const disruptedPods = Object.fromEntries(
      Object.entries(budget.status?.disruptedPods ?? {}).filter(([name, atMs]) =>
        found.some(
          pod =>
            pod.metadata.name === name &&
            pod.metadata.deletionTimestamp === undefined &&
            now - atMs < DELETION_MS,
        ),
      ),
    );
    const currentHealthy = found.filter(
      pod =>
        pod.metadata.deletionTimestamp === undefined && !(pod.metadata.name in disruptedPods) && isReady(pod),
    ).length;
    const sets = this.#store.list<StatefulSet>(statefulSets, {}).items;
    const scale =
      sets.find(set => matches(matchLabels, { ...set, metadata: set.metadata }))?.spec.replicas ?? 0;
    const desiredHealthy = Math.max(0, scale - budget.spec.maxUnavailable);
    const disruptionsAllowed = scale === 0 ? 0 : Math.max(0, currentHealthy - desiredHealthy);
    this.#store.replaceStatus(podDisruptionBudgets, {
      ...budget,
      status: {
        observedGeneration: budget.metadata.generation ?? 0,
        disruptionsAllowed,
        currentHealthy,
        desiredHealthy,
        disruptedPods,
      },
    });
  }
}
