/** A world with independent databases (replicationTopology none) in place of a pair, one to three by seed. */
import type { PodRuntime } from "../cluster/pod-runtime";
import { NAME, NAMESPACE, WholeWorld, type WorldOptions } from "../world";
import { type Copy, IndependentChecker } from "./checker";
import { startDirectClient } from "./client";

/** More pods than any run has. */
const MOST = 4;

export class IndependentWorld extends WholeWorld {
  private answers = 0;

  constructor(options: WorldOptions) {
    super(options);
    this.judge().isEnding = podUID => this.kubelet.runtimeOf(podUID)?.isEnding() === true;
    for (let ordinal = 0; ordinal < MOST; ordinal++) startDirectClient(this, ordinal, this.judge());
  }

  protected override makeChecker(): IndependentChecker {
    return new IndependentChecker(this.story, () => this.time.nowMs());
  }

  private judge(): IndependentChecker {
    return this.checker as IndependentChecker;
  }

  protected override wishes(): Record<string, unknown> {
    return { replicationTopology: "none", replicas: 1 + this.random.fork("replicas").index(3) };
  }

  /** @returns how many databases the object asks for now */
  replicas(): number {
    return Number(this.object()?.spec.ttspec["replicas"] ?? 1);
  }

  override pods(): (PodRuntime | undefined)[] {
    return Array.from({ length: MOST }, (_, i) => this.kubelet.runtime(NAMESPACE, `${NAME}-${i}`));
  }

  override whyNotNormal(): string | null {
    const status = this.object()?.status;
    if (status?.highLevelState !== "AllReplicasReady")
      return `state is ${status?.highLevelState ?? "absent"}`;
    const wanted = this.replicas();
    const told = status["podStatus"] as unknown[] | undefined;
    if (told?.length !== wanted) return `status tells of ${told?.length ?? 0} pods instead of ${wanted}`;
    for (const [ordinal, runtime] of this.pods().entries()) {
      if (ordinal >= wanted && runtime?.isGone() === false) return `there is still a pod ${ordinal}`;
      if (ordinal < wanted && runtime?.instance?.db?.writable() !== true)
        return `database ${ordinal} is not open`;
    }
    return null;
  }

  override whyNotExplained(): string | null {
    return null;
  }

  override explainedStop(): string | null {
    const conditions = this.object()?.status?.conditions ?? [];
    const stalled = conditions.find(({ type, status }) => type === "Stalled" && status === "True");
    return stalled === undefined || stalled.message === ""
      ? null
      : `${this.state()}: ${stalled.reason} ${stalled.message}`;
  }

  override checkCommits(): { acked: number; lost: number; died: number } {
    const loaded = this.databases().map(({ database }): Copy => {
      return { copy: database.files.copy, has: id => database.has(id) };
    });
    // A database that nobody has loaded is on its volume still.
    const stored = this.volumes().map(({ copy, log }): Copy => {
      const ids = new Set(log.map(entry => (entry.kind === "row" ? entry.id : null)));
      return { copy, has: id => ids.has(id) };
    });
    return this.judge().checkAll([...loaded, ...stored]);
  }

  /** Whoever waits for `reexamine` gets it. */
  override answer(): boolean {
    const conditions = this.object()?.status?.conditions ?? [];
    const stalled = conditions.find(({ type, status }) => type === "Stalled" && status === "True");
    if (stalled?.message.includes("spec.ttspec.reexamine") !== true) return false;
    this.change({ reexamine: `answer ${++this.answers}` });
    return true;
  }
}
