/**
 * `make bench-guard REPEATS=n`: how late after the end of a write permission a commit was still acknowledged. The
 * active's agent is frozen, so that its guard alone ends the database; meanwhile its pod is left in peace, is kept busy,
 * or stands still across the deadline. Writes bench/guard.md; ends with one line for scripts and a non-zero exit code
 * when a commit came later than g after the deadline.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { demoCluster } from "../demo/cluster";
import { act, say } from "../demo/report";
import { timingFor } from "../protocol";
import { signalAgent } from "../testbed/faults";
import { until, type Kubectl } from "../testbed/kubectl";
import { onCalmNode } from "../testbed/layout";
import { localCommits, startLocalWriter } from "../testbed/local-writer";
import { installOperator } from "../testbed/operator";
import { pairStatus, peerOf, waitNormal } from "../testbed/pair";
import { spread, table } from "./distribution";

const NAME = "twosafe";
const LEASE_SECONDS = 3;
const BUSY_LOOPS = 8;
/** So long the pod stands still, from shortly before the deadline on, ms. */
const STALL_MS = 300;
const BEFORE_MS = 100;

const stresses = {
  calm: async () => undefined,
  busy: async (k: Kubectl, pod: string) => {
    const loop = `for i in $(seq ${BUSY_LOOPS}); do timeout 8 sh -c 'while :; do :; done' & done >/dev/null 2>&1`;
    await k.exec(pod, "daemonlog", ["sh", "-c", loop]);
  },
  stall: async (k: Kubectl, pod: string, deadlineMs: number) => {
    const seconds = Math.max(0, deadlineMs - BEFORE_MS - Date.now()) / 1_000;
    // Guard and database at once, as a stall of the machine would do it; the client in daemonlog goes on asking.
    const pids =
      "for p in /proc/[0-9]*; do tr '\\0' ' ' <$p/cmdline 2>/dev/null | grep -qE 'agent.cjs [g]uard|^timesten' && echo ${p#/proc/}; done";
    await k.exec(pod, "daemonlog", [
      "sh",
      "-c",
      `p=$(${pids}); sleep ${seconds.toFixed(3)}; kill -STOP $p; sleep ${STALL_MS / 1_000}; kill -CONT $p; :`,
    ]);
  },
};
type Stress = keyof typeof stresses;

/** @returns wall clock of the end of the permission that the guard enforces, ms */
async function deadlineOf(k: Kubectl, pod: string): Promise<number> {
  const script = "cat /ttrun/guard.json; echo; cat /proc/uptime; date +%s%N";
  const [memory, uptime, now] = (await k.exec(pod, "tt", ["sh", "-c", script])).trim().split("\n");
  const { permit } = JSON.parse(memory ?? "") as { permit: { until: { boottimeMs: number } | null } | null };
  if (permit === null || permit.until === null) throw new Error(`${pod} has no permission that ends`);
  return Number(now) / 1e6 - Number(uptime?.split(" ")[0]) * 1_000 + permit.until.boottimeMs;
}

/** @returns ms from the deadline to the last acknowledgement; negative: before it */
async function once(k: Kubectl, stress: Stress): Promise<number> {
  const { activePods: active = "" } = await pairStatus(k, NAME);
  await startLocalWriter(k, NAME, active, { intervalMs: 1 });
  const before = (await localCommits(k, active)).length;
  await until(
    "commits",
    20_000,
    async () => (await localCommits(k, active)).length > before + 50 || undefined,
  );
  await signalAgent(k, active, "serve", "STOP");
  const deadlineMs = await deadlineOf(k, active);
  await stresses[stress](k, active, deadlineMs);
  await delay(Math.max(0, deadlineMs + 2_000 - Date.now()));
  const last = (await localCommits(k, active)).at(-1);
  await signalAgent(k, active, "serve", "CONT");
  await waitNormal(k, NAME, 180_000, peerOf(active));
  const lateMs = Math.round((last?.ackedMs ?? Number.NaN) - deadlineMs);
  say(`${stress}: the last commit was acknowledged ${lateMs} ms after the deadline`);
  return lateMs;
}

async function main(): Promise<void> {
  const repeats = Number(process.env["REPEATS"] ?? 10);
  const { guardMs } = timingFor(LEASE_SECONDS * 1_000);
  act("Start a cluster, the operator and a pair");
  const cluster = await demoCluster({ nodes: 3, say });
  try {
    await onCalmNode(cluster.kubectl, () => installOperator(cluster.kubectl, cluster.deployDir));
    const k = cluster.kubectl.in("default");
    const yaml = cluster.adapt(readFileSync(join(cluster.root, "examples", "sample-twosafe.yaml"), "utf8"));
    await k.apply(yaml.replace(/^( +)ttspec:$/m, `$1ttspec:\n    writePermissionSeconds: ${LEASE_SECONDS}`));
    await waitNormal(k, NAME, 180_000);
    const results: [Stress, number[]][] = [];
    for (const stress of Object.keys(stresses) as Stress[]) {
      act(`${repeats} times: ${stress}`);
      const late: number[] = [];
      for (let run = 0; run < repeats; run += 1) late.push(await once(k, stress));
      results.push([stress, late]);
    }
    const worst = Math.max(...results.flatMap(([, late]) => late));
    const head = ["", "runs", "last acknowledgement after the deadline, ms (min / p50 / p99 / max)"];
    const rows = results.map(([stress, late]) => [stress, String(late.length), spread(late)]);
    const text = [
      "# How late the guard was",
      "",
      `By \`make bench-guard\`, simulator, \`writePermissionSeconds: ${LEASE_SECONDS}\` (g = ${guardMs} ms). Negative: before the deadline.`,
      `busy: ${BUSY_LOOPS} busy loops in the pod; stall: guard and database stood still for ${STALL_MS} ms, from ${BEFORE_MS} ms before`,
      "the deadline on. See [docs/guard-timing.md](../docs/guard-timing.md).",
      "",
      table(head, rows),
    ].join("\n");
    console.log(`\n${text}`);
    writeFileSync(join(cluster.root, "bench", "guard.md"), `${text}\n`);
    console.log(`bench-guard: runs=${repeats * results.length} worst_ms=${worst} g_ms=${guardMs}`);
    process.exitCode = worst <= guardMs ? 0 : 1;
  } finally {
    await cluster.stop();
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  console.log("bench-guard: FAIL");
  process.exitCode = 1;
});
