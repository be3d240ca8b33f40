/**
 * Losses of the active on real kubelets: processes killed and frozen, nodes cut off and without power. The pair
 * replicates twosafe with the shortest write permission; whatever happens, two databases never take commits at the
 * same time and nothing acknowledged is lost. One cluster for the whole file; the tests build on each other.
 */
import { OUT_OF_SERVICE_TAINT } from "../../capabilities/classic/observe/attested";
import { RECORD_ANNOTATION } from "../../capabilities/objects/names";
import type { PermissionRecord } from "../../protocol";
import { deletePods, signalAgent } from "../../testbed/faults";
import { nodeOf } from "../../testbed/layout";
import { OPERATOR_NAMESPACE, operatorReady, watcherPods } from "../../testbed/operator";
import { changeSpec, killDaemon, pairStatus, waitNormal } from "../../testbed/pair";
import type { Cluster } from "../../testbed/cluster";
import { until, type AnyObject } from "../../testbed/kubectl";
import { changesOver, NORMAL_MS, pods, reignsSince, stage, writes, type Stage } from "./stage";

jest.setTimeout(300_000);

let s: Stage;
let nodes: Cluster;

beforeAll(async () => {
  s = await stage("twosafe", "sample-twosafe.yaml", { writePermissionSeconds: 3 });
  if (s.cluster.local === null)
    throw new Error("these tests cut the power of nodes: unset KUBECONFIG for a local cluster");
  nodes = s.cluster.local;
});

afterAll(async () => {
  await s?.cluster.stop();
});

/** Changes L, and returns when a pair with it is whole. */
async function withPermissionOf(seconds: number): Promise<void> {
  await changeSpec(s.k, s.name, { writePermissionSeconds: seconds });
  await until(`the pair has a permission of ${seconds} s`, NORMAL_MS, async () => {
    const lease = await s.k.get<AnyObject>("lease", s.name);
    const record = JSON.parse(
      lease?.metadata.annotations?.[RECORD_ANNOTATION] ?? "{}",
    ) as Partial<PermissionRecord>;
    return record.leaseMs === seconds * 1_000 && record.ready === true ? true : undefined;
  });
  await waitNormal(s.k, s.name, NORMAL_MS);
}

describe("a pair in twosafe mode under a writing client", () => {
  it("fails over when the TimesTen daemon is killed", async () => {
    const { status } = await changesOver(s, pod => killDaemon(s.k, pod));
    expect(status.lastFailover).toMatchObject({ kind: "failover", possibleLoss: false });
    expect(String(status.lastFailover?.["proof"])).toMatch(/over/);
  });

  it("fails over when the tt container dies, on the witness's word", async () => {
    const { status } = await changesOver(s, pod => signalAgent(s.k, pod, "run", "KILL"));
    expect(String(status.lastFailover?.["proof"])).toMatch(/over/);
  });

  it("fails over when the active's agent is frozen: the guard closes its database in time", async () => {
    const { status } = await changesOver(
      s,
      pod => signalAgent(s.k, pod, "serve", "STOP"),
      pod => signalAgent(s.k, pod, "serve", "CONT"),
    );
    expect(status.lastFailover).toMatchObject({ kind: "failover" });
  });

  it("fails over although the operator is killed in the middle of it", async () => {
    await changesOver(s, async pod => {
      const inOperator = s.cluster.kubectl.in(OPERATOR_NAMESPACE);
      const operators = await watcherPods(s.cluster.kubectl);
      await inOperator.run(["uncordon", "node-3"]);
      await killDaemon(s.k, pod);
      await inOperator.run(["delete", "pod", ...operators, "--force", "--grace-period=0"]);
    });
    await operatorReady(s.cluster.kubectl);
    await s.cluster.kubectl.run(["cordon", "node-3"]);
  });

  it("fails over when the active's node is cut off, whose database refuses before the other accepts", async () => {
    const fromMs = Date.now();
    const { status, former } = await changesOver(
      s,
      async pod => nodes.partitionNode(await nodeOf(s.k, pod)),
      () => nodes.heal(),
    );
    expect(String(status.lastFailover?.["proof"])).toMatch(/waited/);
    const [old, next] = await reignsSince(s, fromMs);
    expect(old?.pod).toBe(former);
    expect(next?.firstMs).toBeGreaterThan(old?.lastMs ?? Infinity);
  });

  it("fails over when the active's node loses its power", async () => {
    const [active] = await pods(s);
    const node = await nodeOf(s.k, active);
    const { status } = await changesOver(
      s,
      () => nodes.stopNode(node),
      () => nodes.bootNode(node),
    );
    expect(String(status.lastFailover?.["proof"])).toMatch(/waited/);
  });

  it("fails over at once when the node without power is marked as out of service", async () => {
    // So long that nothing else can be the reason.
    await withPermissionOf(60);
    const [active] = await pods(s);
    const node = await nodeOf(s.k, active);
    const taint = (what: string) =>
      s.k.run(["taint", "node", `node-${node}`, `${OUT_OF_SERVICE_TAINT}${what}`]);
    const { status } = await changesOver(
      s,
      async () => {
        await nodes.stopNode(node);
        await taint("=nodeshutdown:NoExecute");
      },
      async () => {
        await nodes.bootNode(node);
        await taint("-");
      },
    );
    expect(String(status.lastFailover?.["proof"])).toMatch(/^attested: node node-\d has taint/);
    await withPermissionOf(3);
  });

  it("goes on by the copy that a person has prepared, where management was stopped", async () => {
    const [active, standby] = await pods(s);
    await changeSpec(s.k, s.name, { stopManaging: "1" });
    await until("management has stopped", NORMAL_MS, async () =>
      (await pairStatus(s.k, s.name)).highLevelState === "ManualInterventionRequired" ? true : undefined,
    );
    await killDaemon(s.k, active);
    const sql = "call ttRepStop; drop active standby pair;";
    await s.k.exec(standby, "tt", ["bash", "-lc", `ttIsql -v 1 -e "${sql} exit" ${s.name}`]);
    await changeSpec(s.k, s.name, { reexamine: "1" });
    await waitNormal(s.k, s.name, NORMAL_MS, standby);
    await writes(s);
  });

  it("comes back when both Pods are gone at once", async () => {
    await deletePods(s.k, await pods(s), 60_000);
    await until("both are seen to be down", NORMAL_MS, async () =>
      (await pairStatus(s.k, s.name)).highLevelState !== "Normal" ? true : undefined,
    ).catch(() => undefined);
    await waitNormal(s.k, s.name, NORMAL_MS);
    await writes(s);
  });

  it("waits for a person's word when both Pods were deleted by force and one's node has no power, and then goes on", async () => {
    const [active, standby] = await pods(s);
    const node = await nodeOf(s.k, active);
    await s.k.run(["cordon", `node-${node}`]);
    await nodes.stopNode(node);
    await s.k.run(["delete", "pod", active, standby, "--force", "--grace-period=0", "--wait=false"]);
    const command = await until("the way out is told", NORMAL_MS, async () => {
      const { conditions = [] } = await pairStatus(s.k, s.name);
      const told = conditions.map(({ message }) =>
        /kubectl (annotate ttc \S+ \S*attest-gone=\S+)/.exec(message),
      );
      return told.find(match => match !== null)?.[1];
    });
    await s.k.run(command.split(" "));
    await waitNormal(s.k, s.name, NORMAL_MS);
    await writes(s);
    await nodes.bootNode(node);
    await s.k.run(["uncordon", `node-${node}`]);
  });

  it("has lost nothing that was acknowledged", async () => {
    const verdict = await s.writer.verify();
    expect(verdict.acked).toBeGreaterThan(100);
    expect(verdict).toMatchObject({ lost: 0 });
  });
});
