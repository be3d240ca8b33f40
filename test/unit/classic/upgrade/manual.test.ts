/** imageUpgradeStrategy manual: a person replaces the pods. T85 to T87 and what is told meanwhile. */
import { calmPair, expectServing, images, NEW, replace, told, upgrading } from "./stories";

const manual = { ...NEW, imageUpgradeStrategy: "manual" as const };

it("T85 the template takes the image, and no pod is deleted", () => {
  const pair = calmPair();
  pair.ttspec = manual;
  pair.settle();
  expect(told(pair)).toEqual(["Image updated, automatic upgrade disabled"]);
  expect(pair.template).toBe("tt:2");
  expect(pair.effects).not.toContain("probe");
  expect(pair.deleted).toEqual([]);
  expect(pair.status.classicUpgradeStatus).toEqual({
    activeStartTime: 0,
    activeStatus: "",
    imageUpdatePending: true,
    lastUpgradeStateSwitch: 0,
    prevResetUpgradeState: "",
    prevUpgradeState: "",
    standbyStartTime: 0,
    standbyStatus: "",
    upgradeStartTime: 0,
    upgradeState: "",
  });
  expect(upgrading(pair)).toBe("True UpgradeManual");
  expect(pair.status.upgrade?.message).toContain("sample-0 and sample-1 take tt:2 when they are deleted");
});

describe.each([0, 1] as const)("T86 both pods deleted by hand, pod %i the active", active => {
  const standby = active === 0 ? 1 : 0;
  const pair = calmPair(active);
  pair.ttspec = { ...manual, imageUpgradeStrategy: "Manual" };
  pair.settle();
  pair.pods[standby].terminating = true;
  pair.settle();
  replace(pair, standby);

  it("leaves the active as it is until its own pod is deleted", () => {
    expect(pair.status.highLevelState).toBe("Normal");
    expect(pair.status.classicUpgradeStatus?.imageUpdatePending).toBe(true);
    expectServing(pair, active);
    expect(pair.status.podStatus?.map(pod => pod.timesTenStatus?.release)).toEqual(
      active === 0 ? ["18.1.4.4.0", "18.1.4.11.0"] : ["18.1.4.11.0", "18.1.4.4.0"],
    );
  });

  it("tells the object's messages in the seeds' order", () => {
    pair.pods[active].terminating = true;
    pair.settle();
    replace(pair, active);
    expect(pair.events.filter(text => !text.startsWith("Pod "))).toEqual([
      "Image updated, automatic upgrade disabled",
      "TimesTenClassic was Normal, now ActiveTakeover",
      "TimesTenClassic was ActiveTakeover, now StandbyDown",
      "TimesTenClassic was StandbyDown, now Normal",
      "TimesTenClassic was Normal, now ActiveDown",
      "TimesTenClassic was ActiveDown, now ActiveTakeover",
      "TimesTenClassic was ActiveTakeover, now StandbyDown",
      "TimesTenClassic was StandbyDown, now Normal",
    ]);
  });

  it("(better) imageUpdatePending ends when both pods run the image", () => {
    expect(pair.status.classicUpgradeStatus?.imageUpdatePending).toBe(false);
    expect(images(pair)).toEqual(["tt:2", "tt:2"]);
    expect(upgrading(pair)).toBe("False NoUpgrade");
    expect(pair.deleted).toEqual([]);
  });
});

describe("the active deleted first", () => {
  it("hands over to the standby that is still old, with a warning", () => {
    const pair = calmPair();
    pair.ttspec = manual;
    pair.settle();
    pair.pods[0].terminating = true;
    pair.settle();
    const warning =
      "Active Pod sample-0 was deleted before its standby was upgraded: sample-1 takes over with tt:1";
    expect(told(pair).filter(text => text === warning)).toHaveLength(1);
    expectServing(pair, 1);
    replace(pair, 0);
    expect(images(pair)).toEqual(["tt:2", "tt:1"]);
    expect(pair.status.highLevelState).toBe("Normal");
    expect(pair.status.classicUpgradeStatus?.imageUpdatePending).toBe(true);
  });

  it("warns as well where it was deleted by force", () => {
    const pair = calmPair();
    pair.ttspec = manual;
    pair.settle();
    pair.deletePod(0);
    pair.settle();
    expect(told(pair).filter(text => text.includes("was deleted before its standby"))).toHaveLength(1);
    expectServing(pair, 1);
  });

  it("is no matter for a warning when the standby is upgraded, or nothing is", () => {
    const pair = calmPair();
    pair.pods[0].terminating = true;
    pair.settle();
    replace(pair, 0);
    expect(told(pair)).toEqual([]);
  });
});

describe("T87 the strategy switched to auto", () => {
  it("begins with the standby where nothing was done", () => {
    const pair = calmPair();
    pair.ttspec = manual;
    pair.settle();
    pair.ttspec = NEW;
    pair.settle();
    expect(told(pair).slice(-2)).toEqual([
      "Image updated, automatic upgrade started",
      "Deleted STANDBY pod sample-1 per upgrade",
    ]);
  });

  it("half way goes on with the pod that is left", () => {
    const pair = calmPair();
    pair.ttspec = manual;
    pair.settle();
    pair.deletePod(1);
    pair.settle();
    pair.startPod(1);
    pair.settle();
    pair.ttspec = NEW;
    pair.settle();
    expect(told(pair).slice(-2)).toEqual([
      "Image updated, automatic upgrade started",
      "Deleted ACTIVE pod sample-0 per upgrade",
    ]);
    replace(pair, 0);
    expect(told(pair).slice(-2)).toEqual([
      "Upgrade of ACTIVE complete",
      expect.stringMatching(/^Upgrade completed in \d+ secs$/),
    ]);
    expect(images(pair)).toEqual(["tt:2", "tt:2"]);
  });

  it("while a person's pod is on its way waits for it first", () => {
    const pair = calmPair();
    pair.ttspec = manual;
    pair.settle();
    pair.deletePod(1);
    pair.settle();
    pair.ttspec = NEW;
    pair.settle();
    expect(pair.deleted).toEqual([]);
    pair.startPod(1);
    pair.settle();
    expect(pair.deleted.map(one => one[0])).toEqual(["0"]);
  });
});

it("the strategy switched to manual half way leaves the rest to the person", () => {
  const pair = calmPair();
  pair.ttspec = NEW;
  pair.settle();
  pair.ttspec = manual;
  replace(pair, 1);
  expect(pair.deleted).toHaveLength(1);
  expect(told(pair).at(-1)).toBe("Image updated, automatic upgrade disabled");
  expect(pair.status.highLevelState).toBe("Normal");
  expect(pair.status.classicUpgradeStatus).toMatchObject({ upgradeState: "", imageUpdatePending: true });
});

it("an image set back before any pod was replaced is no upgrade any more", () => {
  const pair = calmPair();
  pair.ttspec = manual;
  pair.settle();
  pair.ttspec = { imageUpgradeStrategy: "manual" };
  pair.settle();
  expect(pair.template).toBe("tt:1");
  expect(upgrading(pair)).toBe("False NoUpgrade");
  expect(pair.status.classicUpgradeStatus?.imageUpdatePending).toBe(false);
});
