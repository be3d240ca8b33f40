/**
 * `make demo`: a pair comes up from the documents' own object on real kubelets, replicates, is upgraded, hands over when
 * its active's Pod is deleted, and survives the loss of the active's daemon and of its whole node, while a client writes all the
 * time.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { demoCluster, type DemoCluster } from "./cluster";
import { act, longest, say, sayChanges, timeline } from "./report";
import { upgrade, type Upgraded } from "./upgrade";
import { until, type Kubectl } from "../testbed/kubectl";
import { CALM_NODE, nodeOf, onCalmNode } from "../testbed/layout";
import { installOperator } from "../testbed/operator";
import { killDaemon, pairStatus, peerOf, waitNormal } from "../testbed/pair";
import { startWriter, type Writer } from "../testbed/writer";
import type { Cluster } from "../testbed/cluster";

const NAMESPACE = "mynamespace";
const PAIRS = ["sample", "twosafe"] as const;
type Pair = (typeof PAIRS)[number];

interface Fault {
  name: "delete" | "kill" | "node";
  title: string;
  inflict: (k: Kubectl, pod: string) => Promise<unknown>;
}

const faults: Fault[] = [
  {
    name: "delete",
    title: "kubectl delete pod of the active: it hands over before it goes",
    inflict: (k, pod) => k.run(["delete", "pod", pod, "--wait=false"]),
  },
  { name: "kill", title: "kill -9 of the active's TimesTen daemon", inflict: (k, pod) => killDaemon(k, pod) },
];

/** A busy machine alone makes commits wait for so long, ms; the loss of a node takes longer. */
const HICCUP_MS = 1_000;

/** Everything the demo measured. */
interface Result {
  normalSeconds: number;
  upgraded: Upgraded;
  gaps: Record<Fault["name"], number>;
  acked: number;
  lost: number;
  asyncLost: number;
}

async function main(): Promise<void> {
  const keep = process.env["KEEP"] === "1";
  act("Start a cluster: two nodes for the pairs, one for operator and clients");
  const cluster = await demoCluster({ say, nodes: 3, ...(keep ? { name: "demo" } : {}) });
  let result: Result;
  try {
    result = await run(cluster);
  } finally {
    if (keep) printWhatToTry(cluster);
    else await cluster.stop();
  }
  const ok = result.lost === 0;
  console.log(
    `demo: ${ok ? "PASS" : "FAIL"} normal_s=${result.normalSeconds.toFixed(1)} upgrade_s=${result.upgraded.seconds.toFixed(1)} ` +
      `upgrade_gap_ms=${result.upgraded.gapMs} delete_gap_ms=${result.gaps.delete} ` +
      `kill_gap_ms=${result.gaps.kill} node_gap_ms=${result.gaps.node} acked=${result.acked} lost=${result.lost} async_lost=${result.asyncLost}`,
  );
  process.exitCode = ok ? 0 : 1;
}

async function run(cluster: DemoCluster): Promise<Result> {
  act("Install the operator");
  const install = () => installOperator(cluster.kubectl, cluster.deployDir);
  // With the operator on the lost node its Deployment decides when it comes back, and that is not what is shown here.
  await (cluster.local === null ? install() : onCalmNode(cluster.kubectl, install));
  say("kubectl apply -f dist/deploy/: admission and watcher are ready");

  const k = cluster.kubectl.in(NAMESPACE);
  const normalSeconds = await createPairs(cluster, k);

  act("A client writes all the time through sample-active (and twosafe-active)");
  const writers: Record<Pair, Writer> = {
    sample: await startWriter(k, "sample", cluster.simulatorImage, where(cluster)),
    twosafe: await startWriter(k, "twosafe", cluster.simulatorImage, where(cluster)),
  };
  const upgraded = await upgrade(cluster, k, "sample", writers.sample);
  const gaps: Result["gaps"] = { delete: 0, kill: 0, node: Number.NaN };
  for (const fault of faults) gaps[fault.name] = await failOver(k, fault, writers);
  if (cluster.local !== null) gaps.node = await loseNode(k, cluster.local, writers.sample);

  act("Count what was acknowledged against what is there");
  const twosafe = await writers.twosafe.verify();
  const sample = await writers.sample.verify();
  say(`twosafe: ${twosafe.acked} commits acknowledged, ${twosafe.lost} lost`);
  say(
    `sample: ${sample.acked} commits acknowledged, ${sample.lost} lost: it replicates asynchronously, so what was ` +
      "acknowledged in the last moment before the kill may not have left the dead database",
  );
  return { normalSeconds, upgraded, gaps, acked: twosafe.acked, lost: twosafe.lost, asyncLost: sample.lost };
}

/** @returns seconds from the apply to both pairs in Normal */
async function createPairs(cluster: DemoCluster, k: Kubectl): Promise<number> {
  act("kubectl apply -f examples/sample.yaml -f examples/sample-twosafe.yaml");
  await cluster.kubectl.run(["create", "namespace", NAMESPACE]).catch(() => undefined);
  const began = Date.now();
  for (const file of ["sample.yaml", "sample-twosafe.yaml"]) {
    await k.apply(cluster.adapt(readFileSync(join(cluster.root, "examples", file), "utf8")));
  }
  const watch = k.stream(["get", "ttc", "-w"], sayChanges());
  try {
    await Promise.all(PAIRS.map(name => waitNormal(k, name, 180_000)));
  } finally {
    watch.kill();
  }
  return (Date.now() - began) / 1000;
}

/** @returns the client's write gap on `sample`, ms */
async function failOver(k: Kubectl, fault: Fault, writers: Record<Pair, Writer>): Promise<number> {
  act(fault.title);
  const watch = k.stream(["get", "ttc", "-w"], sayChanges());
  try {
    const gaps = await Promise.all(PAIRS.map(name => failOverOne(k, name, fault, writers[name])));
    return gaps[0] ?? Number.NaN;
  } finally {
    watch.kill();
  }
}

async function failOverOne(k: Kubectl, name: Pair, fault: Fault, writer: Writer): Promise<number> {
  const active = (await pairStatus(k, name)).activePods ?? "";
  const before = await writer.acked();
  await until(`the writer of ${name} commits`, 20_000, async () =>
    (await writer.acked()) > before ? true : undefined,
  );
  const faultMs = Date.now();
  await fault.inflict(k, active);
  const status = await waitNormal(k, name, 120_000, peerOf(active));
  const gap = longest(await writer.gapsSince(faultMs - 1_000));
  say(timeline(`${name}, ${fault.title}`, faultMs, status.lastFailover ?? {}, gap));
  return gap === null ? 0 : gap.toMs - gap.fromMs;
}

function where(cluster: DemoCluster): { nodeName?: string } {
  return cluster.local === null ? {} : { nodeName: CALM_NODE };
}

/**
 * Cuts the power of the node of `sample`'s active; when the other one serves the node comes back.
 * @returns the client's write gap on `sample`, ms
 */
async function loseNode(k: Kubectl, local: Cluster, writer: Writer): Promise<number> {
  act("Power cut of the active's node");
  const { activePods: active = "" } = await pairStatus(k, "sample");
  const node = await nodeOf(k, active);
  const watch = k.stream(["get", "ttc", "-w"], sayChanges());
  try {
    const faultMs = Date.now();
    await local.stopNode(node);
    say(`node-${node} with ${active} has no power; nobody can ask whether its database still writes`);
    const seen = await until(
      "the client commits again",
      60_000,
      async () =>
        longest((await writer.gapsSince(faultMs)).filter(gap => gap.toMs - gap.fromMs > HICCUP_MS)) ??
        undefined,
    );
    await local.bootNode(node);
    say(`node-${node} is back`);
    const normal = await Promise.all([
      waitNormal(k, "sample", 120_000, peerOf(active)),
      waitNormal(k, "twosafe", 120_000),
    ]);
    say(timeline("sample, power cut", faultMs, normal[0].lastFailover ?? {}, seen));
    return seen.toMs - seen.fromMs;
  } finally {
    watch.kill();
  }
}

function printWhatToTry(cluster: DemoCluster): void {
  cluster.keep();
  console.log(`
The cluster is still running. Try:
  export KUBECONFIG=${cluster.kubectl.kubeconfig}
  kubectl -n ${NAMESPACE} get ttc
  kubectl -n ${NAMESPACE} describe ttc sample
  kubectl -n ${NAMESPACE} exec -it sample-0 -c tt -- bash -l     # then: ttIsql sample, ttStatus, ttVersion
  kubectl -n ${NAMESPACE} logs sample-0 -c daemonlog
  kubectl -n ${NAMESPACE} delete pod sample-0
End it with: make cluster-down`);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  console.log("demo: FAIL");
  process.exitCode = 1;
});
