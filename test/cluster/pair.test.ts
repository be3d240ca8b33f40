/**
 * A pair on real kubelets, from the documents' own object, with the operator as built: what users do to it and what
 * happens to it, with a client that writes all the time. One cluster for the whole file; the tests build on each
 * other in their order.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { demoCluster, type DemoCluster } from "../../demo/cluster";
import { until, type AnyObject, type Kubectl } from "../../testbed/kubectl";
import { installOperator } from "../../testbed/operator";
import { eventsOf, pairStatus, peerOf, waitNormal } from "../../testbed/pair";
import { startWriter, type Writer } from "../../testbed/writer";

const NORMAL_MS = 120_000;
jest.setTimeout(300_000);

let cluster: DemoCluster;
let k: Kubectl;
let twosafe: Kubectl;
let writer: Writer;

const example = (file: string) => cluster.adapt(readFileSync(join(cluster.root, "examples", file), "utf8"));

beforeAll(async () => {
  cluster = await demoCluster();
  await installOperator(cluster.kubectl, cluster.deployDir);
  for (const namespace of ["mynamespace", "another"])
    await cluster.kubectl.run(["create", "namespace", namespace]);
  k = cluster.kubectl.in("mynamespace");
  twosafe = cluster.kubectl.in("another");
});

afterAll(async () => {
  await cluster?.stop();
});

/** Does it, and waits until the pair is Normal again with the other pod as the active. */
async function failsOver(
  name: string,
  in_: Kubectl,
  fault: (active: string) => Promise<unknown>,
): Promise<string> {
  const active = (await pairStatus(in_, name)).activePods ?? "";
  await fault(active);
  await waitNormal(in_, name, NORMAL_MS, peerOf(active));
  return peerOf(active);
}

async function writesAgain(): Promise<void> {
  const before = await writer.acked();
  await until("the client commits again", 30_000, async () =>
    (await writer.acked()) > before ? true : undefined,
  );
}

describe("two pairs in two namespaces", () => {
  it("come up to Normal at the same time from the documents' own object", async () => {
    await Promise.all([k.apply(example("sample.yaml")), twosafe.apply(example("sample-twosafe.yaml"))]);
    await Promise.all([waitNormal(k, "sample", NORMAL_MS), waitNormal(twosafe, "twosafe", NORMAL_MS)]);
  });

  it("show state and active to kubectl get", async () => {
    const lines = (await k.run(["get", "ttc"])).trim().split("\n");
    expect(lines[0]).toMatch(/^NAME\s+STATE\s+ACTIVE\s+AGE/);
    expect(lines[1]).toMatch(/^sample\s+Normal\s+sample-[01]\s/);
  });

  it("show every label of the documents to kubectl describe", async () => {
    const text = await k.run(["describe", "ttc", "sample"]);
    const labels = [
      "Classic Upgrade Status",
      "Active Start Time",
      "Active Status",
      "Image Update Pending",
      "Last Upgrade State Switch",
      "Prev Reset Upgrade State",
      "Prev Upgrade State",
      "Standby Start Time",
      "Standby Status",
      "Upgrade Start Time",
      "Upgrade State",
      "Active Pods",
      "High Level State",
      "Last Event",
      "Last High Level State Switch",
      "Pod Status",
      "Cache Status",
      "Cache Agent",
      "Cache UID Pwd Set",
      "N Cache Groups",
      "Db Status",
      "Db",
      "Db Id",
      "Db Updatable",
      "Initialized",
      "Agent",
      "Last Time Reachable",
      "Pod IP",
      "Pod Phase",
      "Prev High Level State",
      "Prev Image",
      "Replication Status",
      "Last Time Rep State Changed",
      "Rep Agent",
      "Rep Peer P State",
      "Rep Scheme",
      "Rep State",
      "Times Ten Status",
      "Daemon",
      "Instance",
      "Release",
      "Admin User File",
      "Cache User File",
      "Cg File",
      "Disable Return",
      "Intended State",
      "Local Commit",
      "Name",
      "Schema File",
      "Using Twosafe",
      "Prev Reexamine",
      "Prev Stop Managing",
      "Rep Create Statement",
      "Rep Port",
      "Status Version",
    ];
    const missing = labels.filter(label => !new RegExp(`^\\s*${label}:`, "m").test(text));
    expect(missing).toEqual([]);
    expect(text).toMatch(/Release:\s+18\.1\.4\.4\.0/);
    expect(text).toMatch(/TimesTenClassic was Initializing, now Normal/);
  });

  it("have both pods Ready and a daemon log", async () => {
    // The kubelet asks the agents every five seconds.
    await k.run(["wait", "--for=condition=Ready", "pod", "-l", "app=sample", "--timeout=15s"]);
    const pods = (await k.run(["get", "pods", "-l", "app=sample", "--no-headers"])).trim().split("\n");
    expect(pods.map(line => line.split(/\s+/).slice(0, 3))).toEqual([
      ["sample-0", "2/2", "Running"],
      ["sample-1", "2/2", "Running"],
    ]);
    const log = await until(
      "daemonlog prints",
      20_000,
      async () => (await k.run(["logs", "sample-0", "-c", "daemonlog"])) || undefined,
    );
    expect(log).toMatch(/timesten|TimesTen/i);
  });

  it("let a person in with ttIsql, ttStatus and ttVersion", async () => {
    const { activePods = "" } = await pairStatus(k, "sample");
    const shell = async (pod: string, command: string) => k.exec(pod, "tt", ["bash", "-lc", command]);
    expect(await shell(activePods, "ttVersion")).toMatch(/TimesTen Release 18\.1\.4\.4\.0/);
    expect(await shell(activePods, "ttStatus")).toMatch(/Replication agent is running/i);
    expect(await shell(activePods, 'ttIsql -e "call ttRepStateGet; quit;" sample')).toMatch(/< ACTIVE >/);
    expect(await shell(peerOf(activePods), 'ttIsql -e "call ttRepStateGet; quit;" sample')).toMatch(
      /< STANDBY >/,
    );
  });

  it("show who may write to kubectl get lease", async () => {
    const { activePods = "" } = await pairStatus(k, "sample");
    expect(await k.run(["get", "lease", "sample"])).toMatch(new RegExp(`${activePods}/`));
  });
});

describe("a pair under a writing client", () => {
  beforeAll(async () => {
    writer = await startWriter(twosafe, "twosafe", cluster.simulatorImage);
  });

  it("survives the deletion of the active's pod", async () => {
    await failsOver("twosafe", twosafe, pod => twosafe.run(["delete", "pod", pod, "--wait=false"]));
    await writesAgain();
  });

  it("goes on without a standby and rebuilds it", async () => {
    const { activePods = "" } = await pairStatus(twosafe, "twosafe");
    const standby = peerOf(activePods);
    const uid = (await twosafe.get("pod", standby))?.metadata.uid;
    await twosafe.run(["delete", "pod", standby, "--wait=false"]);
    await until("the standby's pod is a new one", 60_000, async () => {
      const now = (await twosafe.get("pod", standby))?.metadata.uid;
      return now !== undefined && now !== uid ? true : undefined;
    });
    await waitNormal(twosafe, "twosafe", NORMAL_MS, activePods);
    await writesAgain();
  });

  it("has lost nothing that was acknowledged in twosafe mode", async () => {
    const verdict = await writer.verify();
    expect(verdict.acked).toBeGreaterThan(100);
    expect(verdict).toMatchObject({ lost: 0 });
  });

  it("tells each change of state in an event of its own", async () => {
    const messages = (await eventsOf(twosafe, "twosafe")).map(event => event.message);
    for (const message of [
      "TimesTenClassic was Normal, now ActiveDown",
      "TimesTenClassic was ActiveDown, now ActiveTakeover",
      "TimesTenClassic was ActiveTakeover, now StandbyDown",
    ]) {
      expect(messages).toContain(message);
    }
  });
});

describe("an object that is deleted and created again", () => {
  it("keeps its claims and finds its data again", async () => {
    const { activePods = "" } = await pairStatus(k, "sample");
    const sql = (text: string) => ["bash", "-lc", `ttIsql -v 1 -e "${text}; quit;" sample`];
    await k.exec(activePods, "tt", sql("insert into appuser.ticks values (424242)"));
    await k.run(["delete", "ttc", "sample"]);
    await until("the pods are gone", 90_000, async () =>
      (await k.list("pods", ["-l", "app=sample"])).length === 0 ? true : undefined,
    );
    expect(await claims()).toEqual(["tt-persistent-sample-0", "tt-persistent-sample-1"]);
    await k.apply(example("sample.yaml"));
    const status = await waitNormal(k, "sample", NORMAL_MS);
    expect(await k.exec(status.activePods ?? "", "tt", sql("select * from appuser.ticks"))).toMatch(/424242/);
  });
});

async function claims(): Promise<string[]> {
  return (await k.list<AnyObject>("pvc"))
    .map(claim => claim.metadata.name)
    .filter(name => name.includes("sample"))
    .sort();
}
