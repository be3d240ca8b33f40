/**
 * What the tests of high availability have in common: a cluster whose first two nodes hold one pair and whose third
 * holds operator and client, so that a fault meets what it is meant for; a client that writes all the time through
 * `<name>-active`; and one inside each pod, so that it is known which database took commits when.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { demoCluster, type DemoCluster } from "../../demo/cluster";
import { longest } from "../../demo/report";
import { notOneAfterTheOther, reigns, type Reign } from "../../testbed/history";
import { until, type AnyObject, type Kubectl } from "../../testbed/kubectl";
import { CALM_NODE, onCalmNode } from "../../testbed/layout";
import { localCommits, startLocalWriter } from "../../testbed/local-writer";
import { installOperator } from "../../testbed/operator";
import { pairStatus, peerOf, waitNormal, type PairStatus } from "../../testbed/pair";
import { startWriter, type Writer } from "../../testbed/writer";

/** Normal is reached within this, with all the machine's other work. */
export const NORMAL_MS = 120_000;
const NAMESPACE = "mynamespace";

export interface Stage {
  cluster: DemoCluster;
  k: Kubectl;
  name: string;
  writer: Writer;
}

/** What became of a fault. */
export interface Outcome {
  /** Of `<name>-active`, by the client: last acknowledged commit before to first after, ms. */
  gapMs: number;
  status: PairStatus;
  former: string;
}

/**
 * @param file of examples/
 * @param ttspec added to its spec.ttspec
 * @param edit last change of what is applied
 */
export async function stage(
  name: string,
  file: string,
  ttspec: object,
  edit: (yaml: string) => string = yaml => yaml,
): Promise<Stage> {
  const cluster = await demoCluster({ nodes: 3 });
  await onCalmNode(cluster.kubectl, () => installOperator(cluster.kubectl, cluster.deployDir));
  await cluster.kubectl.run(["create", "namespace", NAMESPACE]);
  const k = cluster.kubectl.in(NAMESPACE);
  const yaml = cluster.adapt(readFileSync(join(cluster.root, "examples", file), "utf8"));
  await k.apply(edit(yaml.replace(/^( +)ttspec:$/m, `$1ttspec:${fields(ttspec)}`)));
  await waitNormal(k, name, NORMAL_MS);
  const writer = await startWriter(k, name, cluster.simulatorImage, { nodeName: CALM_NODE });
  return { cluster, k, name, writer };
}

function fields(ttspec: object): string {
  return Object.entries(ttspec)
    .map(([key, value]) => `\n    ${key}: ${JSON.stringify(value)}`)
    .join("");
}

/** @returns both pods, the active first */
export async function pods({ k, name }: Stage): Promise<[active: string, standby: string]> {
  const { activePods = "" } = await pairStatus(k, name);
  return [activePods, peerOf(activePods)];
}

/** @returns once the client's commits go through, and are counted up */
export async function writes({ writer }: Stage): Promise<void> {
  const before = await writer.acked();
  await until("the client commits", 30_000, async () => ((await writer.acked()) > before ? true : undefined));
}

/**
 * Does it to the active, waits until the other is the active and the pair Normal, and holds the history against it:
 * the old one took no commit any more once the new one had taken its first.
 * @param recover what brings back what the fault took away
 */
export async function changesOver(
  s: Stage,
  fault: (active: string) => Promise<unknown>,
  recover: (former: string) => Promise<unknown> = async () => undefined,
): Promise<Outcome> {
  const [former, next] = await pods(s);
  for (const pod of [former, next]) await startLocalWriter(s.k, s.name, pod);
  const sinceMs = Date.now();
  await until(`${former} takes commits`, 30_000, async () =>
    (await localCommits(s.k, former)).some(commit => commit.sentMs >= sinceMs) ? true : undefined,
  );
  await writes(s);
  const fromMs = Date.now();
  await fault(former);
  await until(`${next} serves`, NORMAL_MS, async () =>
    (await s.writer.gapsSince(fromMs)).length > 0 && (await pairStatus(s.k, s.name)).activePods === next
      ? true
      : undefined,
  );
  await recover(former);
  const status = await waitNormal(s.k, s.name, NORMAL_MS, next);
  const gap = longest(await s.writer.gapsSince(fromMs));
  expect(await notOnce(s, sinceMs, [former, next])).toEqual([]);
  await writes(s);
  return { gapMs: gap === null ? 0 : gap.toMs - gap.fromMs, status, former };
}

/**
 * Does it, and nobody notices: same record, same life, no outage worth the name.
 * @returns the client's longest outage, ms
 */
export async function changesNothing(
  s: Stage,
  fault: (active: string) => Promise<unknown>,
  settled: () => Promise<unknown>,
): Promise<number> {
  const [active] = await pods(s);
  await writes(s);
  const before = await holder(s);
  const fromMs = Date.now();
  await fault(active);
  await settled();
  await writes(s);
  expect(await holder(s)).toBe(before);
  const gap = longest(await s.writer.gapsSince(fromMs));
  await waitNormal(s.k, s.name, NORMAL_MS, active);
  return gap === null ? 0 : gap.toMs - gap.fromMs;
}

/** @returns holder and number of the pair's record */
export async function holder({ k, name }: Stage): Promise<string> {
  interface Lease extends AnyObject {
    spec: { holderIdentity: string; leaseTransitions: number };
  }
  const lease = await k.get<Lease>("lease", name);
  return `${lease?.spec.holderIdentity} ${lease?.spec.leaseTransitions}`;
}

/** @returns what is wrong with who took commits since then */
async function notOnce(s: Stage, fromMs: number, expected: readonly string[]): Promise<string[]> {
  return notOneAfterTheOther(await commitsSince(s, fromMs), expected);
}

/** @returns who took commits since then, by the clients inside the pods */
export async function reignsSince(s: Stage, fromMs: number): Promise<Reign[]> {
  return reigns(await commitsSince(s, fromMs));
}

async function commitsSince({ k, name }: Stage, fromMs: number) {
  const all = await Promise.all([0, 1].map(i => localCommits(k, `${name}-${i}`)));
  return all.flat().filter(commit => commit.sentMs >= fromMs);
}
