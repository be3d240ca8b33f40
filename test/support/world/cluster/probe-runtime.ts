/** A pod that looks at an image: it runs once, its last word is the release that the image holds. */
import { KubeError } from "../../../../capabilities/runtime/ports";
import type { SeededRandom } from "../random";
import { imageNamed, troubleWith } from "./images";
import { API, type Network } from "./network";
import type { WorldNode } from "./node";
import { type Pod, pods } from "./resources";
import type { Surroundings } from "./surroundings";

/** Container of such a pod. */
const CONTAINER = "release";
const AGAIN_MS = 500;

export class ProbeRuntime {
  readonly node: WorldNode;
  private gone = false;
  private powerCuts = 0;

  constructor(
    private readonly around: Surroundings,
    private readonly network: Network,
    private readonly pod: Pod,
    private readonly random: SeededRandom,
  ) {
    this.node = around.node(pod.spec.nodeName ?? "");
  }

  /** Pulls both images and runs; what it finds is told once the API server can be reached. */
  start(): void {
    const { powerCuts } = this;
    this.around.time.after(this.around.pace.startMs() * 3, () => {
      if (!this.gone && powerCuts === this.powerCuts) this.report();
    });
  }

  losePower(): void {
    this.powerCuts++;
  }

  power(): void {
    if (!this.gone) this.start();
  }

  /** There is nothing to wait for. */
  terminate(): void {
    if (this.gone) return;
    this.gone = true;
    this.around.time.after(this.random.between(5, 200), () => this.sayGone());
  }

  private report(): void {
    if (this.gone) return;
    const { namespace, name, uid } = this.pod.metadata;
    const current = this.around.store.get<Pod>(pods, namespace, name);
    if (current === null || current.metadata.uid !== uid) return;
    if (!this.reachesApi()) return void this.around.time.after(AGAIN_MS, () => this.report());
    tolerant(() => this.around.store.replaceStatus(pods, { ...current, status: this.status() }));
  }

  private status(): NonNullable<Pod["status"]> {
    const image = imageNamed(this.pod.spec.containers.find(one => one.name === CONTAINER)?.image);
    const rest = { name: CONTAINER, ready: false, started: false, restartCount: 0, lastState: {} };
    const of = { image: "tt", imageID: "tt" };
    if (image.is === "absent") {
      const state = { waiting: troubleWith(image) };
      return { phase: "Pending", containerStatuses: [{ ...rest, ...of, state }] };
    }
    const message = JSON.stringify({ release: image.release });
    const state = { terminated: { exitCode: 0, reason: "Completed", message } };
    return { phase: "Succeeded", containerStatuses: [{ ...rest, ...of, state }] };
  }

  private sayGone(): void {
    if (!this.reachesApi()) return void this.around.time.after(AGAIN_MS, () => this.sayGone());
    const { namespace, name, uid } = this.pod.metadata;
    tolerant(() => this.around.store.delete(pods, namespace, name, { uid: uid!, gracePeriodSeconds: 0 }));
  }

  private reachesApi(): boolean {
    return this.node.up && this.network.joined({ name: this.pod.metadata.name, node: this.node.name }, API);
  }
}

function tolerant(write: () => void): void {
  try {
    write();
  } catch (error) {
    if (!(error instanceof KubeError)) throw error;
  }
}
