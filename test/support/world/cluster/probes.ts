/** The kubelet's readiness probe of a tt container: asked by period, answered by the agent's process or not at all. */
import type { VirtualTime } from "../clock";
import type { SeededRandom } from "../random";
import type { AgentProcess } from "./agent-process";
import type { WorldNode } from "./node";
import type { Pod } from "./resources";
import type { Surroundings } from "./surroundings";

interface Probe {
  httpGet: { path: string };
  periodSeconds: number;
  timeoutSeconds: number;
}

export interface ProberOptions {
  time: VirtualTime;
  random: SeededRandom;
  pod: Pod;
  /** The kubelet runs, and so does the container. */
  runs: () => boolean;
  agent: () => AgentProcess | null;
  /** The answer is another than before. */
  onChange: () => void;
}

/** What is probed. */
interface Probed {
  readonly pod: Pod;
  readonly node: WorldNode;
  /** null while the container does not run. */
  readonly instance: object | null;
  readonly agent: AgentProcess | null;
  reportSoon(): void;
}

/** @returns the prober of a pod's tt container; null in a world whose kubelets do not probe */
export function proberOf(runtime: Probed, around: Surroundings, random: SeededRandom): Prober | null {
  if (around.probing !== true) return null;
  return new Prober({
    time: around.time,
    random: random.fork("probes"),
    pod: runtime.pod,
    runs: () => runtime.instance !== null && runtime.node.up,
    agent: () => runtime.agent,
    onChange: () => runtime.reportSoon(),
  });
}

export class Prober {
  readonly #o: ProberOptions;
  readonly #probe: Probe;
  /** As the kubelet takes it: a container begins not ready. */
  ready = false;

  constructor(options: ProberOptions) {
    this.#o = options;
    const tt = options.pod.spec.containers.find(one => one.name === "tt") as
      | { readinessProbe?: Probe }
      | undefined;
    if (tt?.readinessProbe === undefined) throw new Error("the tt container has no readiness probe");
    this.#probe = tt.readinessProbe;
    options.time.after(options.random.between(0, this.#probe.periodSeconds * 1_000), () => this.#ask());
  }

  /** Another container. */
  reset(): void {
    this.#take(false);
  }

  #ask(): void {
    const { time, runs, agent } = this.#o;
    time.after(this.#probe.periodSeconds * 1_000, () => this.#ask());
    if (!runs()) return;
    const asked = agent();
    if (asked === null) return this.#take(false);
    let answered = false;
    asked.process.enter(() => {
      answered = true;
      const { part } = asked.agent.readiness();
      this.#take(part === "serving" || (part === "complete" && this.#probe.httpGet.path === "/ready"));
    });
    if (!answered) time.after(this.#probe.timeoutSeconds * 1_000, () => answered || this.#take(false));
  }

  #take(ready: boolean): void {
    if (ready === this.ready) return;
    this.ready = ready;
    this.#o.onChange();
  }
}
