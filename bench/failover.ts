/**
 * `make bench REPEATS=n`: changes the roles of a pair again and again, n times in each way (bench/faults.ts), with a
 * client that writes all the time. Prints each run; writes the distributions of write gap and phases to
 * bench/failover.md and bench/upgrade.md; ends with one line for scripts and a non-zero exit code unless every run ended in Normal, nothing
 * acknowledged was lost and every run kept its target. KINDS="kill node" measures only those.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { demoCluster, type DemoCluster } from "../demo/cluster";
import { act, longest, say } from "../demo/report";
import { until } from "../testbed/kubectl";
import { CALM_NODE, nodeOf, onCalmNode } from "../testbed/layout";
import { installOperator } from "../testbed/operator";
import { pairStatus, peerOf, waitNormal } from "../testbed/pair";
import { startWriter, type Writer } from "../testbed/writer";
import { machine, quantile, spread, table } from "./distribution";
import { PodWatch, upgradeTimes, type UpgradeTimes } from "./upgrade";
import { kinds, LEASE_SECONDS, PHASES, phasesOf, type Bed, type Kind, type Measured } from "./faults";

const NAME = "twosafe";
const SERVES_MS = { fault: 60_000, upgrade: 240_000 };
const NORMAL_MS = 180_000;
/** Our own share of an upgrade, ms. */
const OWN_TARGET_MS = 10_000;

async function main(): Promise<void> {
  const repeats = Number(process.env["REPEATS"] ?? 20);
  const wanted = (process.env["KINDS"] ?? "").split(/\s+/).filter(word => word !== "");
  const chosen = kinds.filter(kind => wanted.length === 0 || wanted.includes(kind.name));
  act("Start a cluster, the operator and a pair");
  const cluster = await demoCluster({ nodes: 3, say });
  try {
    const { bed, writer } = await prepare(cluster);
    const results = new Map<Kind, Measured[]>();
    for (const kind of chosen) {
      act(`${repeats} times ${kind.title}`);
      const runs: Measured[] = [];
      results.set(kind, runs);
      for (let run = 1; run <= repeats; run += 1) runs.push(await once(bed, kind, writer, run));
    }
    const { acked, lost } = await writer.verify();
    for (const { file, title, of } of reports) {
      const measured = new Map([...results].filter(([kind]) => of(kind)));
      if (measured.size === 0) continue;
      const report = describe(title, measured, acked, lost);
      console.log(`\n${report}`);
      if (measured.size === kinds.filter(of).length)
        writeFileSync(join(cluster.root, "bench", file), `${report}\n`);
    }
    const missed = [...results].reduce((sum, [kind, runs]) => sum + runs.length - kept(kind, runs), 0);
    const all = chosen.length * repeats;
    console.log(`bench: runs=${all} kept=${all - missed} acked=${acked} lost=${lost}`);
    process.exitCode = lost === 0 && missed === 0 ? 0 : 1;
  } finally {
    await cluster.stop();
  }
}

async function prepare(cluster: DemoCluster): Promise<{ bed: Bed; writer: Writer }> {
  const { local } = cluster;
  if (local === null)
    throw new Error("this bench cuts the power of nodes: unset KUBECONFIG for a local cluster");
  await onCalmNode(cluster.kubectl, () => installOperator(cluster.kubectl, cluster.deployDir));
  const k = cluster.kubectl.in("default");
  const yaml = cluster.adapt(readFileSync(join(cluster.root, "examples", "sample-twosafe.yaml"), "utf8"));
  await k.apply(yaml.replace(/^( +)ttspec:$/m, `$1ttspec:\n    writePermissionSeconds: ${LEASE_SECONDS}`));
  await waitNormal(k, NAME, NORMAL_MS);
  const writer = await startWriter(k, NAME, cluster.simulatorImage, { nodeName: CALM_NODE });
  return { bed: { k, local, name: NAME }, writer };
}

async function once(bed: Bed, kind: Kind, writer: Writer, run: number): Promise<Measured> {
  const { k } = bed;
  const active = (await pairStatus(k, NAME)).activePods ?? "";
  const node = await nodeOf(k, active);
  const before = await writer.acked();
  await until("the client commits", 20_000, async () => ((await writer.acked()) > before ? true : undefined));
  const faultMs = Date.now();
  const watch = kind.name === "upgrade" ? new PodWatch(k, NAME) : null;
  await kind.inflict(bed, active, run);
  await until(`${peerOf(active)} serves`, watch === null ? SERVES_MS.fault : SERVES_MS.upgrade, async () => {
    const { activePods } = await pairStatus(k, NAME);
    return activePods === peerOf(active) && (await writer.gapsSince(faultMs)).length > 0 ? true : undefined;
  });
  await kind.recover(bed, node);
  const { lastFailover = {} } = await waitNormal(k, NAME, NORMAL_MS, peerOf(active));
  const gap = longest(await writer.gapsSince(faultMs));
  const gapMs = gap === null ? 0 : gap.toMs - gap.fromMs;
  const upgrade = watch === null ? {} : { upgrade: await upgradeTimes(k, NAME, faultMs, watch.end()) };
  const measured = { gapMs, ...phasesOf(lastFailover), ...upgrade };
  const phases = PHASES.map(phase => `${phase} ${measured.phases[phase]}`).join(", ");
  say(`${String(run).padStart(3)} ${kind.name} of ${active}: write gap ${gapMs} ms; ${phases}`);
  if (measured.upgrade !== undefined) say(`    ${shownUpgrade(measured.upgrade)}`);
  return measured;
}

const held = (kind: Kind, run: Measured): number =>
  kind.target.of === "write gap" ? run.gapMs : run.promotedMs;

const kept = (kind: Kind, runs: readonly Measured[]): number =>
  runs.filter(run => held(kind, run) <= kind.target.ms && (run.upgrade?.ownMs ?? 0) <= OWN_TARGET_MS).length;

const shownUpgrade = (times: UpgradeTimes): string =>
  `total ${times.totalMs} ms: looking at the image ${times.lookMs}, replacing both Pods ${times.kubernetesMs}, the rest ${times.ownMs}`;

/** @returns lines about the upgrades as a whole; none where none was measured */
function upgrades(results: ReadonlyMap<Kind, Measured[]>): string[] {
  const runs = [...results.values()]
    .flat()
    .flatMap(({ upgrade }) => (upgrade === undefined ? [] : [upgrade]));
  if (runs.length === 0) return [];
  const of = (part: keyof UpgradeTimes) => spread(runs.map(run => run[part]));
  return [
    "",
    "Upgrades as a whole, ms (min / p50 / p99 / max): from the change of the image to both databases verified on it. Looking",
    "is the Pod that learns the new image's release before anything is touched; replacing is Kubernetes' part, from the",
    "deletion of a Pod to TimesTen's container in the next one, both Pods together (the active's hands over in that time);",
    `the rest is ours and TimesTen's duplicates, target ${OWN_TARGET_MS}.`,
    "",
    table(
      ["total", "looking", "replacing", "the rest"],
      [[of("totalMs"), of("lookMs"), of("kubernetesMs"), of("ownMs")]],
    ),
  ];
}

/** What is written, once all its kinds were measured in one run. */
const reports: readonly { file: string; title: string; of: (kind: Kind) => boolean }[] = [
  { file: "failover.md", title: "Changes of roles, measured", of: ({ name }) => name !== "upgrade" },
  { file: "upgrade.md", title: "Upgrades, measured", of: ({ name }) => name === "upgrade" },
];

/** @returns one report */
function describe(
  title: string,
  results: ReadonlyMap<Kind, Measured[]>,
  acked: number,
  lost: number,
): string {
  const gaps = [...results].map(([kind, runs]) => [
    kind.title,
    String(runs.length),
    spread(runs.map(run => run.gapMs)),
    spread(runs.map(run => run.promotedMs)),
    `${kind.target.of} <= ${kind.target.ms}`,
    `${kept(kind, runs)} of ${runs.length}`,
  ]);
  const phases = [...results].map(([kind, runs]) => [
    kind.name,
    ...PHASES.map(phase =>
      [0.5, 0.99]
        .map(share =>
          Math.round(
            quantile(
              runs.map(run => run.phases[phase]),
              share,
            ),
          ),
        )
        .join(" / "),
    ),
  ]);
  return [
    `# ${title}`,
    "",
    `By \`make bench\`. One pair (RETURN TWOSAFE, \`writePermissionSeconds: ${LEASE_SECONDS}\`), a client on another node that`,
    "commits every 5 ms through `<name>-active` and reconnects, kube-proxy at its defaults. The write gap is from the last",
    "commit acknowledged by the old active to the first by the new one. All of it, three nodes and the control plane,",
    `on one machine: ${machine()}.`,
    "",
    table(
      ["", "runs", "write gap, ms (min / p50 / p99 / max)", "failed to promoted, ms", "target, ms", "kept"],
      gaps,
    ),
    "",
    "Where the time goes, from `status.lastFailover` (p50 / p99, ms): detect is failedAt to seenAt, prove to provenAt,",
    "promote to promotedAt, route to routedAt; redundant is from failedAt to a whole pair again.",
    "",
    table(["", ...PHASES], phases),
    ...upgrades(results),
    "",
    `${acked} commits were acknowledged to the client, ${lost} of them were lost.`,
  ].join("\n");
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  console.log("bench: FAIL");
  process.exitCode = 1;
});
