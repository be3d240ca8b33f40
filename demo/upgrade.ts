/** The demo's second act: TimesTen is upgraded while the client writes, and kubectl shows it as the documents do. */
import type { DemoCluster } from "./cluster";
import { act, longest, say, sayChanges } from "./report";
import { until, type AnyObject, type Kubectl } from "../testbed/kubectl";
import { changeSpec, pairStatus, peerOf, waitNormal } from "../testbed/pair";
import { simulatorImages } from "../testbed/simulator-images";
import type { Writer } from "../testbed/writer";

const UPGRADED_MS = 240_000;

export interface Upgraded {
  /** From the change of the image to both databases on it. */
  seconds: number;
  /** The client's longest wait, ms. */
  gapMs: number;
}

/** Changes the image of the pair and shows what follows. */
export async function upgrade(
  cluster: DemoCluster,
  k: Kubectl,
  name: string,
  writer: Writer,
): Promise<Upgraded> {
  const image = cluster.adapt(simulatorImages.new);
  act(`Upgrade of ${name} to TimesTen 18.1.4.11.0: kubectl patch ttc ${name}, spec.ttspec.image`);
  const { activePods: active = "" } = await pairStatus(k, name);
  const before = (await eventsShown(k, name)).length;
  const fromMs = Date.now();
  const watch = k.stream(["get", "ttc", name, "-w"], sayChanges());
  try {
    await changeSpec(k, name, { image });
    for (const [status, limit] of [
      ["True", "30s"],
      ["False", `${UPGRADED_MS / 1_000}s`],
    ] as const) {
      const wait = ["wait", `--for=condition=Upgrading=${status}`, `ttc/${name}`, `--timeout=${limit}`];
      say(`$ kubectl ${wait.join(" ")}`);
      say((await k.run(wait, { timeoutMs: UPGRADED_MS + 10_000 })).trim());
    }
    await waitNormal(k, name, UPGRADED_MS, peerOf(active));
    await until(`both Pods of ${name} run ${image}`, UPGRADED_MS, async () => {
      const pods = await k.list<PodOfPair>("pods", ["-l", `app=${name}`]);
      const running = pods.filter(pod => pod.spec.containers.some(one => one.image === image));
      return running.length === 2 ? true : undefined;
    });
  } finally {
    watch.kill();
  }
  const seconds = (Date.now() - fromMs) / 1000;
  act(`kubectl describe ttc ${name}`);
  const shown = await eventsShown(k, name);
  for (const line of ["Events:", ...shown.slice(0, 2), ...shown.slice(before)]) console.log(line);
  const gap = longest(await writer.gapsSince(fromMs));
  const gapMs = gap === null ? 0 : gap.toMs - gap.fromMs;
  say(`${name} runs 18.1.4.11.0 after ${seconds.toFixed(1)} s; the client's longest wait was ${gapMs} ms`);
  return { seconds, gapMs };
}

interface PodOfPair extends AnyObject {
  spec: { containers: { image: string }[] };
}

/** @returns the lines of the Events in `kubectl describe`, with their two heading lines */
async function eventsShown(k: Kubectl, name: string): Promise<string[]> {
  const lines = (await k.run(["describe", "ttc", name])).split("\n");
  const from = lines.findIndex(line => line.startsWith("Events:"));
  return from === -1 ? [] : lines.slice(from + 1).filter(line => line.trim() !== "");
}
