/**
 * Planned changes of roles on real kubelets: the active's Pod deleted, its node drained, a switchover asked for; and what
 * changes no roles at all: the death of an agent or of a guard, whose database goes on. The
 * pair replicates asynchronously, and yet nothing that was acknowledged is lost. One cluster for the whole file; the
 * tests build on each other in their order.
 */
import { setTimeout as delay } from "node:timers/promises";
import { longest } from "../../demo/report";
import { signalAgent } from "../../testbed/faults";
import { until } from "../../testbed/kubectl";
import { nodeOf } from "../../testbed/layout";
import { startLocalWriter } from "../../testbed/local-writer";
import { OPERATOR_NAMESPACE, operatorReady, watcherPods } from "../../testbed/operator";
import { changeSpec, pairStatus, waitNormal, type PairStatus } from "../../testbed/pair";
import {
  changesNothing,
  changesOver,
  NORMAL_MS,
  pods,
  reignsSince,
  stage,
  writes,
  type Stage,
} from "./stage";

jest.setTimeout(300_000);

let s: Stage;

beforeAll(async () => {
  s = await stage("sample", "sample.yaml", {});
});

afterAll(async () => {
  await s?.cluster.stop();
});

const ask = (id: string) =>
  s.k.run(["annotate", "--overwrite", "ttc", "sample", `timesten.oracle.com/switchover=${id}`]);

async function answered(id: string): Promise<NonNullable<PairStatus["switchover"]>> {
  return until(`switchover ${id} is answered`, NORMAL_MS, async () => {
    const { switchover } = await pairStatus(s.k, "sample");
    return switchover?.requestId === id && switchover.phase !== "Running" ? switchover : undefined;
  });
}

/** `kubectl drain` of the pair's pods alone: the operator has replicas of its own to think of. */
async function drain(node: string): Promise<void> {
  await s.k.run(
    ["drain", node, "--ignore-daemonsets", "--delete-emptydir-data", "--pod-selector=app=sample"],
    { timeoutMs: 120_000 },
  );
}

/** The kubelet asks every five seconds. */
const READY_MS = 30_000;

async function isReady(pod: string): Promise<boolean> {
  const path = '{.status.conditions[?(@.type=="Ready")].status}';
  return (await s.k.run(["get", "pod", pod, "-o", `jsonpath=${path}`])).trim() === "True";
}

/** @returns how many Pods of the pair may be evicted now */
async function allowedDisruptions(): Promise<number> {
  return Number(await s.k.run(["get", "pdb", "sample", "-o", "jsonpath={.status.disruptionsAllowed}"]));
}

describe("a pair under a writing client", () => {
  it("does not notice that the active's agent is killed", async () => {
    const gapMs = await changesNothing(
      s,
      pod => signalAgent(s.k, pod, "serve", "KILL"),
      () => delay(3_000),
    );
    expect(gapMs).toBeLessThan(1_000);
  });

  it("does not notice that the active's guard is killed", async () => {
    const gapMs = await changesNothing(
      s,
      pod => signalAgent(s.k, pod, "guard", "KILL"),
      () => delay(3_000),
    );
    expect(gapMs).toBeLessThan(1_000);
  });
});

/** Drains leave both Pods on the node that was there: the standby's successor prefers another one. */
async function onDifferentNodes(): Promise<void> {
  const [active, standby] = await pods(s);
  const [first, second] = await Promise.all([active, standby].map(pod => nodeOf(s.k, pod)));
  if (first !== second) return;
  await s.k.run(["delete", "pod", standby]);
  await waitNormal(s.k, "sample", NORMAL_MS, active);
}

describe("a planned change of roles under a writing client", () => {
  it("happens before the active's deleted Pod ends, and loses nothing", async () => {
    const { status, gapMs } = await changesOver(s, pod => s.k.run(["delete", "pod", pod, "--wait=false"]));
    expect(status.lastFailover).toMatchObject({ kind: "handover", possibleLoss: false });
    expect(gapMs).toBeGreaterThan(0);
  });

  it("happens when asked for by annotation, with the answer in status", async () => {
    const [from, to] = await pods(s);
    const { status } = await changesOver(s, () => ask("first"));
    expect(await answered("first")).toMatchObject({ phase: "Done", from, to });
    expect(status.lastFailover).toMatchObject({ kind: "switchover", possibleLoss: false });
  });

  it("is refused with a reason while the pair is not fit, and the id is not taken up later", async () => {
    const [active, standby] = await pods(s);
    await s.k.run(["delete", "pod", standby, "--wait=false"]);
    await until("the pair is not Normal", NORMAL_MS, async () =>
      (await pairStatus(s.k, "sample")).highLevelState !== "Normal" ? true : undefined,
    );
    await ask("second");
    const answer = await answered("second");
    expect(answer).toMatchObject({ phase: "Refused" });
    expect(answer.message).toMatch(/not Normal/);
    await waitNormal(s.k, "sample", NORMAL_MS, active);
    await writes(s);
    expect((await pairStatus(s.k, "sample")).switchover).toMatchObject({
      requestId: "second",
      phase: "Refused",
    });
  });

  it("shows both Pods of the healthy pair as Ready, on different nodes", async () => {
    const both = await pods(s);
    await until("both Pods are Ready", READY_MS, async () =>
      (await Promise.all(both.map(isReady))).every(Boolean) ? true : undefined,
    );
    const [first, second] = await Promise.all(both.map(pod => nodeOf(s.k, pod)));
    expect(first).not.toBe(second);
    expect(await allowedDisruptions()).toBe(1);
  });

  it("is finished before a drain that follows at once may take the other Pod", async () => {
    const [active, standby] = await pods(s);
    const [first, second] = await Promise.all([active, standby].map(pod => nodeOf(s.k, pod)));
    const fromMs = Date.now();
    await drain(`node-${first}`);
    await s.k.run(["uncordon", `node-${first}`]);
    // The first one's successor is no complete standby yet, and the only good copy is asked for.
    expect(await allowedDisruptions()).toBe(0);
    await drain(`node-${second}`);
    await s.k.run(["uncordon", `node-${second}`]);
    const { lastFailover } = await waitNormal(s.k, "sample", NORMAL_MS, active);
    expect(lastFailover).toMatchObject({ kind: "handover", possibleLoss: false });
    await writes(s);
    // Two handovers, no outage: as long as a database that is loaded from its disk would take.
    const gap = longest(await s.writer.gapsSince(fromMs));
    expect((gap?.toMs ?? 0) - (gap?.fromMs ?? 0)).toBeLessThan(10_000);
  });

  it("goes with kubectl drain from node to node, one Pod at a time", async () => {
    await onDifferentNodes();
    const [active] = await pods(s);
    const first = await nodeOf(s.k, active);
    const second = first === 1 ? 2 : 1;
    const { status } = await changesOver(s, () => drain(`node-${first}`));
    expect(status.lastFailover).toMatchObject({ kind: "handover", possibleLoss: false });
    // Both are on the other node now: they leave it one after the other.
    await s.k.run(["uncordon", `node-${first}`]);
    await drain(`node-${second}`);
    await waitNormal(s.k, "sample", NORMAL_MS);
    for (const pod of await pods(s)) expect(await nodeOf(s.k, pod)).toBe(first);
    await s.k.run(["uncordon", `node-${second}`]);
    await writes(s);
  });

  it("is finished although the operator is killed in the middle of it", async () => {
    const { status } = await changesOver(s, async pod => {
      await s.k.run(["delete", "pod", pod, "--wait=false"]);
      const inOperator = s.cluster.kubectl.in(OPERATOR_NAMESPACE);
      const operators = await watcherPods(s.cluster.kubectl);
      // Its next one must run where this one did.
      await inOperator.run(["uncordon", "node-3"]);
      await inOperator.run(["delete", "pod", ...operators, "--force", "--grace-period=0"]);
    });
    expect(status.highLevelState).toBe("Normal");
    await operatorReady(s.cluster.kubectl);
  });

  it("has lost nothing that was acknowledged, although the pair replicates asynchronously", async () => {
    const verdict = await s.writer.verify();
    expect(verdict.acked).toBeGreaterThan(100);
    expect(verdict).toMatchObject({ lost: 0 });
  });
});

describe("an asynchronous pair whose active is cut off from everything, its database alive", () => {
  it("takes commits on that node until its permission ends, and none once the other one takes its first", async () => {
    const local = s.cluster.local;
    if (local === null) throw new Error("this test cuts off a node: unset KUBECONFIG for a local cluster");
    await changeSpec(s.k, "sample", { writePermissionSeconds: 3 });
    await until("the pair is formed anew", NORMAL_MS, async () =>
      (await s.k.run(["get", "lease", "sample", "-o", "yaml"])).includes('"leaseMs":3000') ? true : undefined,
    );
    await waitNormal(s.k, "sample", NORMAL_MS);
    const [active, standby] = await pods(s);
    for (const pod of [active, standby]) await startLocalWriter(s.k, "sample", pod);
    await local.partitionNode(await nodeOf(s.k, active));
    const cutMs = Date.now();
    await until(`${standby} serves`, NORMAL_MS, async () =>
      (await pairStatus(s.k, "sample")).activePods === standby ? true : undefined,
    );
    await local.heal();
    await waitNormal(s.k, "sample", NORMAL_MS, standby);
    const [old, next, ...others] = await reignsSince(s, cutMs);
    expect([old?.pod, next?.pod, others]).toEqual([active, standby, []]);
    // It went on for a while without hearing anybody, then stopped, and only then the other one began.
    expect(old?.commits).toBeGreaterThan(5);
    expect((old?.lastMs ?? 0) - cutMs).toBeLessThan(3_500);
    expect(next?.firstMs).toBeGreaterThan(old?.lastMs ?? Infinity);
  });
});
