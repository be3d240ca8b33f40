/**
 * `make bench REPEATS=30`: fails a pair over again and again, by deleting the active's pod and by kill -9 of its
 * TimesTen daemon in turn, with a client that writes all the time. Prints each run and the distribution of the write
 * gaps; ends with one line for scripts and a non-zero exit code unless every run ended in Normal and nothing
 * acknowledged was lost.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { demoCluster } from "../demo/cluster";
import { act, longest, say } from "../demo/report";
import { until, type Kubectl } from "../testbed/kubectl";
import { installOperator } from "../testbed/operator";
import { killDaemon, pairStatus, peerOf, waitNormal } from "../testbed/pair";
import { startWriter, type Writer } from "../testbed/writer";

const NAME = "twosafe";
const faults = {
  delete: (k: Kubectl, pod: string) => k.run(["delete", "pod", pod, "--wait=false"]),
  kill: (k: Kubectl, pod: string) => killDaemon(k, pod),
};
type Fault = keyof typeof faults;

async function main(): Promise<void> {
  const repeats = Number(process.env["REPEATS"] ?? 30);
  act("Start a cluster, the operator and a pair");
  const cluster = await demoCluster({ say });
  try {
    await installOperator(cluster.kubectl, cluster.deployDir);
    const k = cluster.kubectl.in("default");
    await k.apply(cluster.adapt(readFileSync(join(cluster.root, "examples", "sample-twosafe.yaml"), "utf8")));
    await waitNormal(k, NAME, 180_000);
    const writer = await startWriter(k, NAME, cluster.simulatorImage);
    act(`${repeats} failovers`);
    const gaps: Record<Fault, number[]> = { delete: [], kill: [] };
    for (let i = 0; i < repeats; i += 1) {
      const fault: Fault = i % 2 === 0 ? "delete" : "kill";
      gaps[fault].push(await failOver(k, fault, writer, i + 1));
    }
    const { acked, lost } = await writer.verify();
    for (const fault of ["delete", "kill"] as const) say(`${fault}: write gap ${distribution(gaps[fault])}`);
    console.log(`bench: failovers=${repeats} ok=${repeats} acked=${acked} lost=${lost}`);
    process.exitCode = lost === 0 ? 0 : 1;
  } finally {
    await cluster.stop();
  }
}

/** @returns the client's write gap, ms */
async function failOver(k: Kubectl, fault: Fault, writer: Writer, run: number): Promise<number> {
  const active = (await pairStatus(k, NAME)).activePods ?? "";
  const before = await writer.acked();
  await until("the client commits", 20_000, async () => ((await writer.acked()) > before ? true : undefined));
  const faultMs = Date.now();
  await faults[fault](k, active);
  await waitNormal(k, NAME, 120_000, peerOf(active));
  const gap = longest(await writer.gapsSince(faultMs - 1_000));
  const gapMs = gap === null ? 0 : gap.toMs - gap.fromMs;
  say(
    `${String(run).padStart(3)} ${fault} of ${active}: write gap ${gapMs} ms, Normal again after ${Date.now() - faultMs} ms`,
  );
  return gapMs;
}

function distribution(values: number[]): string {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return `min ${at(0)} ms, p50 ${at(0.5)} ms, max ${at(1)} ms (${sorted.length} runs)`;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  console.log("bench: FAIL");
  process.exitCode = 1;
});
