/**
 * Upgrades on real kubelets as the documents show them: `sample` by itself, `sample2` by hand, from either Pod to the
 * other and back; images that do not pull, do not fit, do not work; an operator that dies in the middle; independent
 * databases one after the other. A client writes all the time. One cluster for the whole file; the tests build on each
 * other in their order.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { TimesTenClassicStatus } from "../../generated/types";
import { notOneAfterTheOther } from "../../testbed/history";
import { until, type AnyObject, type Kubectl } from "../../testbed/kubectl";
import { localCommits, startLocalWriter } from "../../testbed/local-writer";
import { operatorReady, OPERATOR_NAMESPACE, watcherPods } from "../../testbed/operator";
import { changeSpec, eventsOf, peerOf, waitNormal } from "../../testbed/pair";
import { simulatorImages as images } from "../../testbed/simulator-images";
import { startWriter, type Writer } from "../../testbed/writer";
import { CALM_NODE } from "../../testbed/layout";
import { automaticUpgrade, differences, manualUpgrade, type Step } from "./golden";
import { NORMAL_MS, stage, type Stage } from "./stage";

jest.setTimeout(300_000);

const OLD = "18.1.4.4.0";
const NEW = "18.1.4.11.0";

let s: Stage;
let k: Kubectl;
let writer2: Writer;

beforeAll(async () => {
  s = await stage("sample", "sample.yaml", {}, withSample2);
  k = s.k;
  await waitNormal(k, "sample2", NORMAL_MS);
  writer2 = await startWriter(k, "sample2", s.cluster.simulatorImage, { nodeName: CALM_NODE });
});

afterAll(async () => {
  await s?.cluster.stop();
});

/** Beside `sample` the documents' other object, which is upgraded by hand. */
function withSample2(yaml: string): string {
  const object = yaml.split("---").at(-1) ?? "";
  const manual = object.replace("imageUpgradeStrategy: auto", "imageUpgradeStrategy: manual");
  return `${yaml}\n---${manual.replace("name: sample\n", "name: sample2\n")}`;
}

const example = (file: string): string =>
  s.cluster.adapt(readFileSync(join(s.cluster.root, "examples", file), "utf8"));

async function status(name: string): Promise<TimesTenClassicStatus> {
  const object = await k.get<AnyObject & { status: TimesTenClassicStatus }>("timestenclassics", name);
  return object?.status ?? {};
}

async function roles(name: string): Promise<{ active: string; standby: string }> {
  const { activePods: active = "" } = await status(name);
  return { active, standby: peerOf(active) };
}

const change = (name: string, ttspec: object) => changeSpec(k, name, ttspec);

const image = (name: string): string => s.cluster.adapt(name);

const messages = async (name: string): Promise<string[]> =>
  (await eventsOf(k, name)).map(event => event.message);

/** @returns once the condition Upgrading has that reason */
const upgrading = (name: string, reason: string) =>
  until(
    `Upgrading of ${name} says ${reason}`,
    NORMAL_MS,
    async () =>
      (await status(name)).conditions?.find(one => one.type === "Upgrading" && one.reason === reason),
    { state: () => k.run(["describe", "ttc", name]) },
  );

/** @returns the image of the init container that brings the agent, in the objects' StatefulSets */
const agentImages = (names: string[]): Promise<string[]> =>
  Promise.all(
    names.map(name =>
      k.run([
        "get",
        "statefulset",
        name,
        "-o",
        "jsonpath={.spec.template.spec.initContainers[?(@.name=='ttagent')].image}",
      ]),
    ),
  );

/** Has management end or begin again, and waits until it has. */
async function suspended(name: string, wish: boolean): Promise<void> {
  await k.run(["annotate", "ttc", name, `timesten.oracle.com/suspend${wish ? "=true" : "-"}`]);
  await until(`management of ${name} is suspended: ${wish}`, NORMAL_MS, async () =>
    (await status(name)).conditions?.find(
      ({ type, status: is }) => type === "ManagementSuspended" && is === (wish ? "True" : "False"),
    ),
  );
}

/** Sets a variable of the operators that act, and waits for the next ones. */
async function operatorImage(variable: string): Promise<void> {
  const inOperator = s.cluster.kubectl.in(OPERATOR_NAMESPACE);
  const deployment = "deployment/pepr-timesten-operator-watcher";
  await inOperator.run(["set", "env", deployment, variable]);
  await inOperator.run(["rollout", "status", deployment, "--timeout=120s"]);
}

async function podUIDs(name: string): Promise<(string | undefined)[]> {
  return Promise.all([0, 1].map(async i => (await k.get("pod", `${name}-${i}`))?.metadata.uid));
}

/** Commits of both databases are watched from inside: who took them when. Pods that come back are joined again. */
async function watched(
  name: string,
  what: () => Promise<void>,
): Promise<{ active: string; standby: string }> {
  const before = await roles(name);
  const fromMs = Date.now();
  const pods = [before.active, before.standby];
  let ended = false;
  const keep = async (): Promise<void> => {
    while (!ended) {
      for (const pod of pods) await startLocalWriter(k, name, pod).catch(() => undefined);
      await new Promise(resolve => setTimeout(resolve, 300));
    }
  };
  const kept = keep();
  try {
    await until(`${before.active} takes commits`, 30_000, async () =>
      (await localCommits(k, before.active)).some(commit => commit.sentMs >= fromMs) ? true : undefined,
    );
    await what();
    await until(`${before.standby} takes commits`, 30_000, async () =>
      (await localCommits(k, before.standby)).some(commit => commit.sentMs >= fromMs) ? true : undefined,
    );
  } finally {
    ended = true;
    await kept;
  }
  const all = (await Promise.all(pods.map(pod => localCommits(k, pod)))).flat();
  const since = all.filter(commit => commit.sentMs >= fromMs);
  expect(notOneAfterTheOther(since, pods)).toEqual([]);
  return before;
}

/** @returns what the object tells from now on, and holds it against a listing when it is over */
async function listening(name: string): Promise<(steps: Step[]) => Promise<void>> {
  const before = (await messages(name)).length;
  return async steps => {
    const told = async (): Promise<string[]> => differences((await messages(name)).slice(before), steps);
    // Events are written beside the passes: the last ones a moment after the status.
    await until("all is told", 5_000, async () => ((await told()).length === 0 ? true : undefined)).catch(
      () => undefined,
    );
    expect(await told()).toEqual([]);
  };
}

/** Status after an upgrade, as the documents show it. */
async function expectUpgraded(
  name: string,
  active: string,
  releases: { now: string; prevImage: string },
): Promise<void> {
  const after = await status(name);
  expect(after).toMatchObject({
    highLevelState: "Normal",
    prevHighLevelState: "StandbyDown",
    activePods: active,
    statusVersion: "1.0",
    repPort: 4444,
  });
  expect(after.classicUpgradeStatus).toEqual({
    activeStartTime: 0,
    activeStatus: "",
    imageUpdatePending: false,
    lastUpgradeStateSwitch: 0,
    prevResetUpgradeState: "",
    prevUpgradeState: "",
    standbyStartTime: 0,
    standbyStatus: "",
    upgradeStartTime: 0,
    upgradeState: "",
  });
  for (const pod of after.podStatus ?? []) {
    const isActive = pod.name === active;
    expect(pod).toMatchObject({
      intendedState: isActive ? "Active" : "Standby",
      highLevelState: "Healthy",
      prevImage: image(releases.prevImage),
      dbStatus: { db: "Loaded", dbUpdatable: isActive ? "Yes" : "No" },
      replicationStatus: {
        repAgent: "Running",
        repPeerPState: "start",
        repScheme: "Exists",
        repState: isActive ? "ACTIVE" : "STANDBY",
      },
      timesTenStatus: { daemon: "Up", instance: "Exists", release: releases.now },
      podStatus: { agent: "Up", podPhase: "Running" },
    });
  }
  const version = await k.exec(active, "tt", ["bash", "-lc", "ttVersion"]);
  expect(version).toContain(`TimesTen Release ${releases.now} `);
}

async function waitUpgraded(name: string, active: string): Promise<void> {
  await until(
    `${name} is upgraded, with ${active} as the active`,
    NORMAL_MS,
    async () => {
      const { highLevelState, activePods, classicUpgradeStatus } = await status(name);
      const over = classicUpgradeStatus?.imageUpdatePending === false && highLevelState === "Normal";
      return over && activePods === active ? true : undefined;
    },
    { state: () => k.run(["describe", "ttc", name]) },
  );
}

/** `sample`: the image is changed, the rest happens by itself. */
async function byItself(to: string, release: string, prevImage: string): Promise<void> {
  const listing = await listening("sample");
  const before = await watched("sample", async () => {
    const { standby } = await roles("sample");
    await change("sample", { image: image(to) });
    await waitUpgraded("sample", standby);
  });
  await listing(automaticUpgrade({ ...before, release }));
  await expectUpgraded("sample", before.standby, { now: release, prevImage });
  expect((await status("sample")).lastFailover).toMatchObject({ kind: "handover", possibleLoss: false });
}

/** `sample2`: a person deletes the standby's Pod, waits for Normal, deletes the active's. */
async function byHand(to: string, release: string, prevImage: string): Promise<void> {
  const listing = await listening("sample2");
  const before = await watched("sample2", async () => {
    const { active, standby } = await roles("sample2");
    await change("sample2", { image: image(to) });
    await until("the change is noted", NORMAL_MS, async () =>
      (await status("sample2")).classicUpgradeStatus?.imageUpdatePending === true ? true : undefined,
    );
    for (const pod of [standby, active]) {
      await k.run(["delete", "pod", pod]);
      await waitNormal(k, "sample2", NORMAL_MS, pod === active ? standby : active);
    }
    await waitUpgraded("sample2", standby);
  });
  await listing(manualUpgrade({ ...before, release }));
  await expectUpgraded("sample2", before.standby, { now: release, prevImage });
}

describe("the documents' two upgrades, `sample` by itself and `sample2` by hand", () => {
  it("go from Pod 0 to Pod 1, step by step as listed", async () => {
    expect((await roles("sample")).active).toBe("sample-0");
    expect((await roles("sample2")).active).toBe("sample2-0");
    await Promise.all([byItself(images.new, NEW, images.old), byHand(images.new, NEW, images.old)]);
  });

  it("go the other way round too, and to the older release", async () => {
    await Promise.all([byItself(images.old, OLD, images.new), byHand(images.old, OLD, images.new)]);
  });

  it("by hand has lost nothing that was acknowledged", async () => {
    const verdict = await writer2.verify();
    expect(verdict.acked).toBeGreaterThan(100);
    expect(verdict).toMatchObject({ lost: 0 });
    await writer2.remove();
    await k.run(["delete", "ttc", "sample2"]);
    // They come up while others are looked at.
    await k.apply(example("independent.yaml").replace("replicas: 3", "replicas: 2"));
  });
});

describe("an image that cannot be taken", () => {
  it.each([
    ["is not there", images.absent, "ImageTrouble"],
    ["is of another major release", images.otherMajor, "ReleaseRefused"],
  ])("and %s costs nothing: no Pod is touched", async (_, name, reason) => {
    const before = await podUIDs("sample");
    await change("sample", { image: image(name) });
    await until(`an Event ${reason}`, NORMAL_MS, async () =>
      (await eventsOf(k, "sample")).some(event => event.reason === reason) ? true : undefined,
    );
    expect(await podUIDs("sample")).toEqual(before);
    expect((await status("sample")).highLevelState).toBe("Normal");
    await change("sample", { image: image(images.old) });
    await upgrading("sample", "NoUpgrade");
    expect(await podUIDs("sample")).toEqual(before);
    await until("no probe is left", NORMAL_MS, async () =>
      (await k.list("pods", ["-l", "timesten.oracle.com/probe"])).length === 0 ? true : undefined,
    );
  });

  it("and does not work costs the standby: the active serves, and the former image brings the pair back", async () => {
    const { active, standby } = await roles("sample");
    const [former] = (await podUIDs("sample")).filter((_, i) => active.endsWith(`-${i}`));
    await change("sample", { image: image(images.broken), upgradeDownPodTimeout: 15 });
    await until(
      "the upgrade has failed",
      NORMAL_MS,
      async () =>
        (await status("sample")).highLevelState === "ManualInterventionRequired" ? true : undefined,
      { state: () => k.run(["describe", "ttc", "sample"]) },
    );
    expect((await eventsOf(k, "sample")).map(event => event.reason)).toContain("UpgradeError");
    const acked = await s.writer.acked();
    await until("the client commits", 20_000, async () =>
      (await s.writer.acked()) > acked ? true : undefined,
    );
    expect((await k.get("pod", active))?.metadata.uid).toBe(former);
    await change("sample", { image: image(images.old), upgradeDownPodTimeout: 900 });
    await waitNormal(k, "sample", NORMAL_MS, active);
    expect((await k.get("pod", active))?.metadata.uid).toBe(former);
    expect(await k.exec(standby, "tt", ["bash", "-lc", "ttVersion"])).toContain(OLD);
    await upgrading("sample", "NoUpgrade");
  });
});

describe("an operator that is killed while an upgrade goes on", () => {
  it("changes nothing about how it ends", async () => {
    const inOperator = s.cluster.kubectl.in(OPERATOR_NAMESPACE);
    const before = await watched("sample", async () => {
      const { standby } = await roles("sample");
      const told = (await messages("sample")).length;
      await change("sample", { image: image(images.new) });
      await until("the standby is replaced", NORMAL_MS, async () =>
        (await messages("sample")).slice(told).some(message => message.startsWith("Deleted STANDBY"))
          ? true
          : undefined,
      );
      const operators = await watcherPods(s.cluster.kubectl);
      // Its next one must run where this one did.
      await inOperator.run(["uncordon", CALM_NODE]);
      await inOperator.run(["delete", "pod", ...operators, "--force", "--grace-period=0"]);
      await waitUpgraded("sample", standby);
    });
    await operatorReady(s.cluster.kubectl);
    await expectUpgraded("sample", before.standby, { now: NEW, prevImage: images.old });
  });

  it("of another image comes into the templates, replaces no Pod, and is no upgrade", async () => {
    const objects = ["sample", "sample-none"];
    await until("the independent databases are ready", NORMAL_MS, async () =>
      (await status("sample-none")).highLevelState === "AllReplicasReady" ? true : undefined,
    );
    const before = await Promise.all(objects.map(podUIDs));
    const told = await Promise.all(objects.map(messages));
    const images = await agentImages(objects);
    await operatorImage("OPERATOR_IMAGE=registry.local/timesten-operator:next");
    try {
      await until("both templates bring the next agent", NORMAL_MS, async () =>
        (await agentImages(objects)).every(one => one === "registry.local/timesten-operator:next")
          ? true
          : undefined,
      );
      // It has looked at everything since, and nothing has come of it.
      for (const name of objects) {
        await suspended(name, true);
        await suspended(name, false);
      }
      expect(await Promise.all(objects.map(podUIDs))).toEqual(before);
      for (const [i, name] of objects.entries()) {
        const since = (await messages(name)).slice(told[i]?.length);
        expect(since.filter(message => /upgrade|Deleted|, now /i.test(message))).toEqual([]);
        await upgrading(name, "NoUpgrade");
      }
    } finally {
      await operatorImage("OPERATOR_IMAGE-");
    }
    await until("both templates bring the former agent", NORMAL_MS, async () =>
      JSON.stringify(await agentImages(objects)) === JSON.stringify(images) ? true : undefined,
    );
  });

  it("has lost nothing that was acknowledged in all these upgrades, although the pair replicates asynchronously", async () => {
    const verdict = await s.writer.verify();
    expect(verdict.acked).toBeGreaterThan(100);
    expect(verdict).toMatchObject({ lost: 0 });
    await k.run(["delete", "ttc", "sample"]);
  });
});

describe("independent databases", () => {
  const NAME = "sample-none";
  const pod = (ordinal: number): string => `${NAME}-${ordinal}`;
  const all = (state: string) =>
    until(
      `${NAME} is ${state}`,
      NORMAL_MS,
      async () => {
        const { highLevelState, classicUpgradeStatus } = await status(NAME);
        const rests = classicUpgradeStatus?.upgradeStartTime === 0 || state !== "AllReplicasReady";
        return highLevelState === state && rests ? true : undefined;
      },
      { state: () => k.run(["describe", "ttc", NAME]) },
    );
  const imageOf = (ordinal: number) =>
    k.run(["get", "pod", pod(ordinal), "-o", "jsonpath={.spec.containers[?(@.name=='tt')].image}"]);

  it("take a new image one after the other, from the highest ordinal, with their data", async () => {
    await all("AllReplicasReady");
    for (const ordinal of [0, 1]) {
      const insert = `insert into appuser.ticks values (${100 + ordinal}); call ttCkpt; quit;`;
      await k.exec(pod(ordinal), "tt", ["bash", "-lc", `ttIsql -v 1 -e "${insert}" sample`]);
    }
    await change(NAME, { image: image(images.new) });
    await until("the upgrade is complete", NORMAL_MS, async () =>
      (await messages(NAME)).some(message => /^Upgrade completed in \d+ secs$/.test(message))
        ? true
        : undefined,
    );
    const told = (await messages(NAME)).filter(message => /^Deleted pod|^Image updated/.test(message));
    expect(told).toEqual([
      "Image updated, automatic upgrade started",
      `Deleted pod ${pod(1)} per upgrade`,
      `Deleted pod ${pod(0)} per upgrade`,
    ]);
    for (const ordinal of [0, 1]) {
      const look = 'ttVersion; ttIsql -v 1 -e "select * from appuser.ticks; quit;" sample';
      const found = await k.exec(pod(ordinal), "tt", ["bash", "-lc", look]);
      expect(found).toContain(`TimesTen Release ${NEW} `);
      expect(found).toContain(String(100 + ordinal));
    }
  });

  it("stop at one that does not come back, and go back with the former image", async () => {
    await change(NAME, { image: image(images.broken), upgradeDownPodTimeout: 15 });
    await until(
      `${pod(1)} waits for a person`,
      NORMAL_MS,
      async () =>
        (await status(NAME)).podStatus?.[1]?.highLevelState === "ManualInterventionRequired"
          ? true
          : undefined,
      { state: () => k.run(["describe", "ttc", NAME]) },
    );
    expect((await messages(NAME)).some(message => message.startsWith("Upgrade Failed on POD 1: "))).toBe(
      true,
    );
    expect(await imageOf(0)).toBe(image(images.new));
    expect((await status(NAME)).highLevelState).toBe("SomeReplicasReady");
    const former = (await k.get("pod", pod(0)))?.metadata.uid;
    await change(NAME, { image: image(images.new) });
    await all("AllReplicasReady");
    expect(await imageOf(1)).toBe(image(images.new));
    expect((await k.get("pod", pod(0)))?.metadata.uid).toBe(former);
  });
});
