/** What happens on the way: T75, T88 to T93 and everything a person or a fault may do in between. */
import { SUSPEND_ANNOTATION } from "../../../../capabilities/objects";
import { decide } from "../../../../capabilities/classic/decide/decide";
import { observation } from "../fixtures";
import { SimulatedPair, normalPair } from "../simulation";
import { calmPair, expectServing, forget, images, NEW, replace, told, upgrading } from "./stories";

describe("T75 (better) an image changed while the pair is not Normal", () => {
  const pair = calmPair();
  pair.deletePod(1);
  pair.settle();
  pair.ttspec = NEW;
  pair.settle();

  it("is said to wait, once, and touches nothing: what comes back runs the image before", () => {
    expect(told(pair)).toEqual([
      "Cannot initiate the upgrade, HL state not 'Normal' (HL state=StandbyDown); it starts when the pair is Normal",
    ]);
    expect(upgrading(pair)).toBe("True UpgradeWaiting");
    expect(pair.status.classicUpgradeStatus?.imageUpdatePending).toBe(true);
    expect(pair.template).toBe("tt:1");
  });

  it("starts when it is", () => {
    pair.startPod(1);
    pair.settle();
    expect(told(pair).slice(-2)).toEqual([
      "Image updated, automatic upgrade started",
      "Deleted STANDBY pod sample-1 per upgrade",
    ]);
  });
});

it("a standby that cannot start with its image is repaired by a change of it, although the pair is not Normal", () => {
  const pair = calmPair();
  pair.deletePod(1);
  pair.settle();
  pair.startBroken(1, "ErrImagePull: gone from the registry");
  pair.settle();
  pair.ttspec = NEW;
  pair.settle();
  expect(pair.deleted.map(one => one[0])).toEqual(["1"]);
  expectServing(pair, 0);
  replace(pair, 1);
  expect(pair.deleted.map(one => one[0])).toEqual(["1", "0"]);
  replace(pair, 0);
  expect(images(pair)).toEqual(["tt:2", "tt:2"]);
});

it("a pair that was created with an image nobody can pull is made with the right one", () => {
  const pair = new SimulatedPair();
  pair.template = "typo";
  pair.ttspec = { image: "typo" };
  pair.startBroken(0, "ErrImagePull: not found");
  pair.startBroken(1, "ErrImagePull: not found");
  pair.settle();
  pair.ttspec = { image: "tt:1" };
  pair.settle();
  expect(pair.template).toBe("tt:1");
  expect(pair.deleted.map(one => one[0])).toContain("0");
  for (const ordinal of [0, 1] as const) {
    pair.settle();
    if (pair.pods[ordinal].terminating) replace(pair, ordinal);
  }
  expect(images(pair)).toEqual(["tt:1", "tt:1"]);
  expect(pair.status.highLevelState).toBe("Normal");
  expect(told(pair).filter(text => text.includes("pgrade"))).toEqual([]);
});

describe("T88 (better) the image changed again during an upgrade", () => {
  it("in its first phase goes on with the newest, the standby first", () => {
    const pair = calmPair();
    pair.releases["tt:3"] = "18.1.4.12.0";
    pair.ttspec = NEW;
    pair.settle();
    const { startedAt } = pair.status.upgrade ?? {};
    pair.terminated(1);
    pair.startPod(1);
    pair.pass();
    pair.ttspec = { image: "tt:3" };
    pair.settle();
    expect(told(pair)).toContain("Image updated again, the upgrade goes on with tt:3");
    expect(pair.status.upgrade?.startedAt).toBe(startedAt);
    replace(pair, 1);
    replace(pair, 0);
    expect(pair.deleted.map(one => one[0])).toEqual(["1", "1", "0"]);
    expect(images(pair)).toEqual(["tt:3", "tt:3"]);
    expect(pair.status.highLevelState).toBe("Normal");
  });

  it("in its second phase replaces both once more, the standby first", () => {
    const pair = calmPair();
    pair.releases["tt:3"] = "18.1.4.12.0";
    pair.ttspec = NEW;
    pair.settle();
    replace(pair, 1);
    pair.ttspec = { image: "tt:3" };
    pair.settle();
    replace(pair, 0);
    replace(pair, 1);
    expect(images(pair)).toEqual(["tt:3", "tt:3"]);
    expect(pair.status.highLevelState).toBe("Normal");
    expect(told(pair).filter(text => text.startsWith("Upgrade completed"))).toHaveLength(1);
  });

  it("back to the old one in its first phase rolls the standby back", () => {
    const pair = calmPair();
    pair.ttspec = NEW;
    pair.settle();
    pair.terminated(1);
    pair.startPod(1);
    pair.pass();
    pair.ttspec = { image: "tt:1" };
    pair.settle();
    replace(pair, 1);
    expect(images(pair)).toEqual(["tt:1", "tt:1"]);
    expect(pair.deleted.map(one => one[0])).toEqual(["1", "1"]);
    expect(told(pair).at(-1)).toMatch(/^Upgrade rolled back/);
    expectServing(pair, 0);
  });

  it("to one that cannot be used leaves the pair as it is, Normal or on its way there", () => {
    const pair = calmPair();
    pair.ttspec = NEW;
    pair.settle();
    pair.terminated(1);
    pair.startPod(1);
    pair.pass();
    pair.ttspec = { image: "typo" };
    pair.settle();
    expect(pair.status.highLevelState).toBe("Normal");
    expect(pair.status.upgrade?.phase).toBe("Refused");
    expect(pair.template).toBe("tt:2");
    pair.ttspec = NEW;
    pair.settle();
    expect(pair.deleted.map(one => one[0])).toEqual(["1", "0"]);
  });
});

it("T89 only a user container's image changed: the template takes it, and no upgrade of TimesTen starts", () => {
  const others = { app: "app:1" };
  const images = { tt: "tt:1", agent: "operator:1", others };
  const template = { images, isAsWanted: false, bringsOurAgent: true, isObserved: true };
  const d = decide(observation({ rest: { template } }));
  expect(d.effects).toEqual([{ do: "template", name: "sample", image: "tt:1" }]);
  expect(d.upgrade.memory.phase).toBe("Idle");
  expect(d.upgrade.announcements).toEqual([]);
  expect(d.conditions.Upgrading).toMatchObject({ status: "False", reason: "NoUpgrade" });
});

it("T89 so it is with the image of a new operator: nothing but the template follows", () => {
  const images = { tt: "tt:1", agent: "operator:0", others: {} };
  const template = { images, isAsWanted: true, bringsOurAgent: false, isObserved: true };
  const d = decide(observation({ rest: { template } }));
  expect(d.effects).toEqual([{ do: "template", name: "sample", image: "tt:1" }]);
  expect(d.conditions.Upgrading.status).toBe("False");
});

describe("T90 the active dies", () => {
  it("in the first phase: its own disk goes on, then the upgrade does, never with two actives", () => {
    const pair = calmPair();
    pair.ttspec = NEW;
    pair.settle();
    pair.terminated(1);
    pair.settle();
    pair.killDaemon(0);
    pair.settle();
    expectServing(pair, 0);
    pair.startPod(1);
    pair.settle();
    replace(pair, 0);
    expect(images(pair)).toEqual(["tt:2", "tt:2"]);
    expectServing(pair, 1);
    expect(pair.status.highLevelState).toBe("Normal");
  });

  it("in the first phase, its pod too: it comes back on the new image and nothing is left to replace", () => {
    const pair = calmPair();
    pair.ttspec = NEW;
    pair.settle();
    pair.terminated(1);
    pair.settle();
    pair.deletePod(0);
    pair.settle();
    pair.startPod(0);
    pair.startPod(1);
    pair.settle();
    expect(pair.status.highLevelState).toBe("Normal");
    expect(pair.deleted).toHaveLength(1);
    expect(told(pair).at(-1)).toMatch(/^Upgrade completed/);
  });

  it("between the phases: the upgraded standby takes over, and the old pod is replaced as the standby it is now", () => {
    const pair = calmPair();
    pair.ttspec = NEW;
    pair.tell(0, { lagBytes: 50_000_000 });
    pair.settle();
    replace(pair, 1);
    expect(pair.deleted).toHaveLength(1);
    pair.killDaemon(0);
    pair.settle();
    expectServing(pair, 1);
    expect(told(pair).at(-1)).toBe("Deleted STANDBY pod sample-0 per upgrade");
    replace(pair, 0);
    expect(pair.status.highLevelState).toBe("Normal");
    expect(told(pair).at(-1)).toMatch(/^Upgrade completed/);
  });

  it("in the second phase, the new one: the pair waits for what it has, and the upgrade ends", () => {
    const pair = calmPair();
    pair.ttspec = NEW;
    pair.settle();
    replace(pair, 1);
    pair.terminated(0);
    pair.settle();
    expectServing(pair, 1);
    pair.killDaemon(1);
    pair.settle();
    pair.startPod(0);
    pair.settle();
    expect(pair.status.highLevelState).toBe("Normal");
    expectServing(pair, 1);
    expect(told(pair).at(-1)).toMatch(/^Upgrade completed/);
  });
});

it("the standby lost after it was verified is rebuilt before the active is touched", () => {
  const pair = calmPair();
  pair.ttspec = NEW;
  pair.tell(0, { lagBytes: 50_000_000 });
  pair.settle();
  replace(pair, 1);
  pair.killDaemon(1);
  pair.tell(0, { lagBytes: 0 });
  pair.pass();
  expect(pair.deleted).toHaveLength(1);
  pair.settle();
  expect(pair.deleted.map(one => one[0])).toEqual(["1", "0"]);
});

it("never more than one pod of the pair is told to go at a time, and never while the other is not in order", () => {
  const pair = calmPair();
  pair.ttspec = NEW;
  for (let i = 0; i < 120; i++) {
    const before = pair.deleted.length;
    const normal = pair.status.highLevelState === "Normal";
    pair.pass();
    expect(pair.pods.filter(pod => pod.terminating).length).toBeLessThan(2);
    if (pair.deleted.length > before) expect(normal).toBe(true);
    for (const ordinal of [0, 1] as const) {
      if (pair.pods[ordinal].terminating && i % 7 === 0) pair.terminated(ordinal);
      else if (pair.pods[ordinal].uid === null && i % 5 === 0) pair.startPod(ordinal);
    }
  }
  expect(images(pair)).toEqual(["tt:2", "tt:2"]);
  expect(pair.deleted).toHaveLength(2);
});

describe("management in between", () => {
  it("suspended, nothing is deleted; it goes on when the annotation is gone", () => {
    const pair = calmPair();
    pair.ttspec = NEW;
    pair.settle();
    pair.annotations = { [SUSPEND_ANNOTATION]: "true" };
    replace(pair, 1);
    pair.settle();
    expect(pair.deleted).toHaveLength(1);
    pair.annotations = {};
    pair.settle();
    expect(pair.deleted).toHaveLength(2);
    replace(pair, 0);
    expect(images(pair)).toEqual(["tt:2", "tt:2"]);
  });

  it("suspended, a change of image is taken note of later", () => {
    const pair = calmPair();
    pair.annotations = { [SUSPEND_ANNOTATION]: "true" };
    pair.ttspec = NEW;
    pair.settle();
    expect(pair.template).toBe("tt:1");
    expect(told(pair).filter(text => text.includes("pgrade"))).toEqual([]);
    pair.annotations = {};
    pair.settle();
    expect(told(pair)).toContain("Image updated, automatic upgrade started");
  });

  it("stopManaging ends it: after reexamine the rest is left to a person, by name", () => {
    const pair = calmPair();
    pair.ttspec = NEW;
    pair.settle();
    pair.ttspec = { ...NEW, stopManaging: "1" };
    replace(pair, 1);
    expect(pair.status.highLevelState).toBe("ManualInterventionRequired");
    pair.ttspec = { ...NEW, stopManaging: "1", reexamine: "1" };
    pair.settle();
    expect(pair.status.highLevelState).toBe("Normal");
    expect(pair.deleted).toHaveLength(1);
    expect(pair.status.upgrade?.phase).toBe("Unfinished");
    expect(told(pair).at(-1)).toContain("sample-0 (the active) still runs tt:1");
  });

  it("resetUpgradeState in the middle ends it where it is", () => {
    const pair = calmPair();
    pair.ttspec = NEW;
    pair.settle();
    pair.ttspec = { ...NEW, resetUpgradeState: "1" };
    replace(pair, 1);
    expect(pair.status.highLevelState).toBe("Normal");
    expect(pair.deleted).toHaveLength(1);
    expect(pair.status.classicUpgradeStatus).toMatchObject({ upgradeState: "", upgradeStartTime: 0 });
    expect(pair.status.upgrade?.phase).toBe("Unfinished");
  });

  it("a switchover is refused while pods are replaced, and taken while the change only waits", () => {
    const pair = calmPair();
    pair.ttspec = { ...NEW, imageUpgradeStrategy: "manual" };
    pair.settle();
    pair.annotations = { "timesten.oracle.com/switchover": "r1" };
    pair.settle();
    expectServing(pair, 1);
    pair.ttspec = NEW;
    pair.settle();
    pair.annotations = { "timesten.oracle.com/switchover": "r2" };
    pair.settle();
    expect(pair.status.switchover).toMatchObject({ phase: "Refused", message: "an upgrade is under way" });
  });
});

it("an object of an earlier operator, whose pods run what it asks for, begins no upgrade", () => {
  const pair = calmPair();
  delete pair.status.upgrade;
  pair.settle();
  expect(told(pair)).toEqual([]);
  expect(pair.status.upgrade).toEqual({ image: "tt:1" });
});

it("one whose image was changed while no operator was there does", () => {
  const pair = calmPair();
  delete pair.status.upgrade;
  pair.ttspec = NEW;
  pair.settle();
  expect(told(pair)[0]).toBe("Image updated, automatic upgrade started");
});

it("a value of resetUpgradeState that was there at creation resets nothing", () => {
  const pair = normalPair();
  expect(told(pair)).not.toContain("Resetting upgrade state");
  const other = new SimulatedPair();
  other.ttspec = { resetUpgradeState: "from the manifest" };
  other.startPod(0);
  other.startPod(1);
  other.settle();
  expect(told(other)).not.toContain("Resetting upgrade state");
  forget(other);
  other.ttspec = { resetUpgradeState: "later" };
  other.settle();
  expect(told(other)).toEqual(["Resetting upgrade state"]);
});
