/** Where the time of an upgrade goes: what Kubernetes takes to replace two Pods, and what is left for us. */
import type { ChildProcess } from "node:child_process";
import type { Kubectl } from "../testbed/kubectl";
import { until, type AnyObject } from "../testbed/kubectl";
import { changeSpec } from "../testbed/pair";
import { simulatorImages as images } from "../testbed/simulator-images";

/** What one upgrade took, ms. */
export interface UpgradeTimes {
  /** From the change of the image to both databases verified on it. */
  totalMs: number;
  /** Of that, until nothing stood in the way any more: the new image was looked at by a Pod of its own. */
  lookMs: number;
  /** Of that, from the deletion of a Pod to the start of TimesTen's container in the next one, both Pods together. */
  kubernetesMs: number;
  /** What is left: ours, and TimesTen's own duplicates. */
  ownMs: number;
}

interface PodTimes {
  /** Wall clock, ms, as the watch told it. */
  leavesMs: number;
  runsMs: number | null;
}

/** The replacements of a pair's Pods, as a watch sees them. */
export class PodWatch {
  readonly #process: ChildProcess;
  /** By name: uid of the Pod that runs. */
  readonly #present = new Map<string, string>();
  readonly #replaced = new Map<string, PodTimes>();

  constructor(k: Kubectl, name: string) {
    const running = '.status.containerStatuses[?(@.name=="tt")].state.running.startedAt';
    const fields = ["metadata.name", "metadata.uid", "metadata.deletionTimestamp"].map(
      field => `{.${field}}`,
    );
    const line = `${fields.join("|")}|{${running}}{"\\n"}`;
    this.#process = k.stream(["get", "pods", "-l", `app=${name}`, "-w", "-o", `jsonpath=${line}`], text =>
      this.#see(text, Date.now()),
    );
  }

  #see(text: string, atMs: number): void {
    const [name = "", uid = "", leaves = "", runs = ""] = text.split("|");
    const present = this.#present.get(name);
    if (leaves !== "" && present === uid && !this.#replaced.has(name)) {
      this.#replaced.set(name, { leavesMs: atMs, runsMs: null });
    }
    if (leaves !== "" || runs === "" || present === uid) return;
    const times = this.#replaced.get(name);
    if (times !== undefined) times.runsMs ??= atMs;
    this.#present.set(name, uid);
  }

  /** Ends the watch. @returns how long the replacements took together, ms; NaN unless both Pods were replaced */
  end(): number {
    this.#process.kill();
    const all = [...this.#replaced.values()];
    if (all.length !== 2) return Number.NaN;
    return all.reduce((sum, { leavesMs, runsMs }) => sum + ((runsMs ?? Number.NaN) - leavesMs), 0);
  }
}

interface Upgradable extends AnyObject {
  spec: { ttspec: { image: string } };
  status?: { lastUpgrade?: { startedAt?: string; completedAt?: string } };
}

/** Asks for the release that the pair does not run. */
export async function changeImage(k: Kubectl, name: string): Promise<void> {
  const object = await k.get<Upgradable>("timestenclassics", name);
  const image = object?.spec.ttspec.image === images.new ? images.old : images.new;
  await changeSpec(k, name, { image });
}

/**
 * @param fromMs when the image was changed
 * @param kubernetesMs what the replacements of the Pods took
 * @returns the times once the upgrade is complete
 */
export async function upgradeTimes(
  k: Kubectl,
  name: string,
  fromMs: number,
  kubernetesMs: number,
): Promise<UpgradeTimes> {
  const done = await until(`the upgrade of ${name} is complete`, 60_000, async () => {
    const last = (await k.get<Upgradable>("timestenclassics", name))?.status?.lastUpgrade;
    const completedMs = Date.parse(last?.completedAt ?? "");
    return completedMs > fromMs ? last : undefined;
  });
  const [startedMs, completedMs] = [Date.parse(done.startedAt ?? ""), Date.parse(done.completedAt ?? "")];
  const ownMs = completedMs - startedMs - kubernetesMs;
  return { totalMs: completedMs - fromMs, lookMs: startedMs - fromMs, kubernetesMs, ownMs };
}
