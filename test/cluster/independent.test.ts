/**
 * Independent databases on real kubelets, from the example, with the operator as built: made, killed, scaled down and
 * up, taken out of management. One cluster for the whole file; the tests build on each other in their order.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { demoCluster, type DemoCluster } from "../../demo/cluster";
import type { PodStatusEntry } from "../../generated/types";
import { until, type AnyObject, type Kubectl } from "../../testbed/kubectl";
import { installOperator } from "../../testbed/operator";
import { changeSpec, eventsOf, killDaemon, pairStatus, type PairStatus } from "../../testbed/pair";

const NAME = "sample-none";
/** Generous: a machine with much else to do needs minutes where a free one needs seconds. */
const READY_MS = 240_000;
jest.setTimeout(600_000);

let cluster: DemoCluster;
let k: Kubectl;

beforeAll(async () => {
  cluster = await demoCluster();
  await installOperator(cluster.kubectl, cluster.deployDir);
  await cluster.kubectl.run(["create", "namespace", "mynamespace"]);
  k = cluster.kubectl.in("mynamespace");
});

afterAll(async () => {
  await cluster?.stop();
});

type Status = PairStatus & { podStatus?: PodStatusEntry[] };

/** Waits for a state with so many pods in status. */
async function waitState(state: string, replicas: number): Promise<Status> {
  return until(
    `${NAME} is ${state} with ${replicas} replicas`,
    READY_MS,
    async () => {
      const status: Status = await pairStatus(k, NAME);
      return status.highLevelState === state && status.podStatus?.length === replicas ? status : undefined;
    },
    { everyMs: 100, state: () => k.run(["describe", "timestenclassics", NAME]) },
  );
}

const pod = (ordinal: number) => `${NAME}-${ordinal}`;
const sql = (ordinal: number, text: string) =>
  k.exec(pod(ordinal), "tt", ["bash", "-lc", `ttIsql -v 1 -e "${text}; quit;" sample`]);
const rows = (ordinal: number) => sql(ordinal, "select * from appuser.ticks");
const change = (ttspec: object) => changeSpec(k, NAME, ttspec);
const messages = async () => (await eventsOf(k, NAME)).map(event => event.message);
const sees = (message: string) =>
  until(`the event "${message}"`, READY_MS, async () => (await messages()).includes(message) || undefined);

it("come up from the example until all are ready", async () => {
  await k.apply(cluster.adapt(readFileSync(join(cluster.root, "examples", "independent.yaml"), "utf8")));
  const status = await waitState("AllReplicasReady", 3);
  expect(status.activePods).toBe("N/A");
  expect(status.podStatus?.map(one => [one.name, one.highLevelState, one.intendedState])).toEqual(
    [0, 1, 2].map(ordinal => [pod(ordinal), "Normal", "Standalone"]),
  );
  // The kubelet asks every five seconds.
  await until("all Pods are Ready", READY_MS, async () => {
    const { podStatus = [] }: Status = await pairStatus(k, NAME);
    return podStatus.length === 3 && podStatus.every(one => one.ready) ? true : undefined;
  });
  await k.run(["wait", "--for=condition=Ready", `ttc/${NAME}`, "--timeout=10s"]);
  await sees("TimesTenClassic was SomeReplicasReady, now AllReplicasReady");
});

it("each takes writes of its own, without a record of who may write", async () => {
  for (const ordinal of [0, 1, 2])
    await sql(ordinal, `insert into appuser.ticks values (${100 + ordinal}); call ttCkpt`);
  for (const ordinal of [0, 1, 2]) {
    const found = await rows(ordinal);
    expect([100, 101, 102].filter(id => found.includes(String(id)))).toEqual([100 + ordinal]);
  }
  expect(await k.get("lease", NAME)).toBeNull();
  expect(await k.get("service", `${NAME}-active`)).toBeNull();
});

it("one whose daemon is killed comes back with its data, the others do not notice", async () => {
  const others = await Promise.all([bootOf(0), bootOf(2)]);
  await killDaemon(k, pod(1));
  await sees(`Pod ${pod(1)} state was Normal, now Down`);
  await sees(`Pod ${pod(1)} state was Down, now Normal`);
  await waitState("AllReplicasReady", 3);
  expect(await rows(1)).toMatch(/101/);
  expect(await Promise.all([bootOf(0), bootOf(2)])).toEqual(others);
});

it("one whose Pod is deleted comes back with its data", async () => {
  const uid = (await k.get("pod", pod(0)))?.metadata.uid;
  await k.run(["delete", "pod", pod(0)]);
  await until("another Pod", READY_MS, async () => {
    const status: Status = await pairStatus(k, NAME);
    const seen = status.podStatus?.[0]?.podStatus?.prevUID;
    return (seen !== uid && status.highLevelState === "AllReplicasReady") || undefined;
  });
  expect(await rows(0)).toMatch(/100/);
});

it("scale down: the highest goes and its volume stays", async () => {
  await change({ replicas: 2 });
  await waitState("AllReplicasReady", 2);
  await until(`${pod(2)} is gone`, READY_MS, async () =>
    (await k.get("pod", pod(2))) === null ? true : undefined,
  );
  const claims = (await k.list<AnyObject>("pvc")).map(claim => claim.metadata.name).sort();
  expect(claims).toEqual([0, 1, 2].map(ordinal => `tt-persistent-${pod(ordinal)}`));
  await sees("Number of replicas changed from 3 to 2");
});

it("scale up again: it goes on with its own data, and no other Pod is touched", async () => {
  const before = await Promise.all([bootOf(0), bootOf(1)]);
  await change({ replicas: 3 });
  await waitState("SomeReplicasReady", 3);
  await waitState("AllReplicasReady", 3);
  expect(await rows(2)).toMatch(/102/);
  expect(await Promise.all([bootOf(0), bootOf(1)])).toEqual(before);
});

it("stopManaging leaves a dead daemon dead, reexamine has it repaired", async () => {
  await change({ stopManaging: "1" });
  await waitState("ManualInterventionRequired", 3);
  await killDaemon(k, pod(1));
  await until("status shows the dead daemon", READY_MS, async () => {
    const status: Status = await pairStatus(k, NAME);
    return status.podStatus?.[1]?.timesTenStatus?.daemon === "Down" || undefined;
  });
  expect((await pairStatus(k, NAME)).highLevelState).toBe("ManualInterventionRequired");
  await change({ reexamine: "1" });
  await waitState("AllReplicasReady", 3);
  expect(await rows(1)).toMatch(/101/);
});

it("more storage is asked for and given, without a Pod being touched", async () => {
  const before = await Promise.all([bootOf(0), bootOf(1), bootOf(2)]);
  await change({ storageSize: "300G" });
  for (const ordinal of [0, 1, 2]) {
    const name = `tt-persistent-${pod(ordinal)}`;
    await until(`${name} has grown`, READY_MS, async () => {
      const claim = await k.get<AnyObject & { status?: { capacity?: { storage?: string } } }>("pvc", name);
      return claim?.status?.capacity?.storage === "300G" || undefined;
    });
    await sees(`Claim ${name} asks for 300G instead of 250G`);
  }
  expect(await Promise.all([bootOf(0), bootOf(1), bootOf(2)])).toEqual(before);
});

async function bootOf(ordinal: number): Promise<string | undefined> {
  const status: Status = await pairStatus(k, NAME);
  return status.podStatus?.[ordinal]?.dbStatus?.boot;
}
