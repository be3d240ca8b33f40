/** An automatic upgrade of a pair, pass by pass over the decisions: T72, T73, T74, T92 and what a user sees of it. */
import type { SimulatedPair } from "../simulation";
import { isInCatalogue } from "../../../../capabilities/classic/report/catalogue";
import { calmPair, replace } from "./stories";

function upgrade(pair: SimulatedPair, active: 0 | 1): void {
  const standby = active === 0 ? 1 : 0;
  pair.ttspec = { image: "tt:2" };
  pair.settle();
  replace(pair, standby);
  replace(pair, active);
}

const ofObject = (pair: SimulatedPair): string[] => pair.events.filter(text => !text.startsWith("Pod "));

describe.each([0, 1] as const)("T73, T74 a full automatic upgrade, pod %i active at the start", active => {
  const standby = active === 0 ? 1 : 0;
  const pair = calmPair(active);
  upgrade(pair, active);

  it("tells the object's messages in the seeds' order", () => {
    expect(ofObject(pair)).toEqual([
      "Image updated, automatic upgrade started",
      `Deleted STANDBY pod sample-${standby} per upgrade`,
      "TimesTenClassic was Normal, now ActiveTakeover",
      "TimesTenClassic was ActiveTakeover, now StandbyDown",
      "TimesTenClassic was StandbyDown, now Normal",
      `Deleted ACTIVE pod sample-${active} per upgrade`,
      "TimesTenClassic was Normal, now ActiveDown",
      "TimesTenClassic was ActiveDown, now ActiveTakeover",
      "TimesTenClassic was ActiveTakeover, now StandbyDown",
      "Upgrade of ACTIVE complete",
      expect.stringMatching(/^Upgrade completed in \d+ secs$/),
      "TimesTenClassic was StandbyDown, now Normal",
    ]);
  });

  it("tells of each pod what the seeds tell, after its deletion", () => {
    for (const [pod, deleted] of [
      [standby, `Deleted STANDBY pod sample-${standby} per upgrade`],
      [active, `Deleted ACTIVE pod sample-${active} per upgrade`],
    ] as const) {
      const later = pair.events.slice(pair.events.indexOf(deleted));
      for (const what of ["Agent Up", "Release 18.1.4.11.0", "Database None", "Database Loaded"])
        expect(later.filter(text => text === `Pod sample-${pod} ${what}`).length).toBeGreaterThanOrEqual(
          what === "Database None" ? 0 : 1,
        );
      expect(later).toContain(`Pod sample-${pod} RepState STANDBY`);
    }
  });

  it("ends with both pods on the new image, the roles changed, and every field empty", () => {
    expect(pair.pods.map(pod => pod.image)).toEqual(["tt:2", "tt:2"]);
    expect(pair.active()).toBe(`sample-${standby}`);
    expect(pair.status.highLevelState).toBe("Normal");
    expect(pair.status.prevHighLevelState).toBe("StandbyDown");
    expect(pair.status.classicUpgradeStatus).toEqual({
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
    expect(pair.status.upgrade).toEqual({ image: "tt:2" });
    expect(pair.status.podStatus?.map(pod => pod.prevImage)).toEqual(["tt:1", "tt:1"]);
    expect(pair.status.podStatus?.map(pod => pod.timesTenStatus?.release)).toEqual([
      "18.1.4.11.0",
      "18.1.4.11.0",
    ]);
  });

  it("leaves the stopwatch of the whole, with the time nobody could write", () => {
    expect(pair.status.lastUpgrade).toMatchObject({
      image: "tt:2",
      outcome: "Completed",
      fromRelease: "18.1.4.4.0",
      toRelease: "18.1.4.11.0",
    });
    const { startedAt, standbyReadyAt, completedAt, writeGapMs } = pair.status.lastUpgrade ?? {};
    expect(Date.parse(startedAt ?? "")).toBeLessThan(Date.parse(standbyReadyAt ?? ""));
    expect(Date.parse(standbyReadyAt ?? "")).toBeLessThan(Date.parse(completedAt ?? ""));
    expect(writeGapMs).toBeGreaterThan(0);
  });

  it("deletes each pod once, the standby first", () => {
    expect(pair.deleted.map(one => one[0])).toEqual([String(standby), String(active)]);
  });

  it("writes no Event that is not in the catalogue", () => {
    expect(pair.written.filter(event => !isInCatalogue(event))).toEqual([]);
  });
});

it("T72 an image change in Normal is recorded before the standby is deleted", () => {
  const pair = calmPair(0);
  pair.ttspec = { image: "tt:2" };
  const seen: [string, string, number][] = [];
  for (let i = 0; i < 8; i++) {
    pair.pass();
    const { upgradeState = "", standbyStatus = "" } = pair.status.classicUpgradeStatus ?? {};
    seen.push([upgradeState, standbyStatus, pair.deleted.length]);
  }
  const recorded = seen.findIndex(([state]) => state === "UpgradingStandby");
  const deleted = seen.findIndex(([, , count]) => count === 1);
  expect(recorded).toBeGreaterThan(-1);
  expect(deleted).toBeGreaterThan(recorded);
  expect(seen[recorded]).toEqual(["UpgradingStandby", "deleteStandby", 0]);
  expect(seen.at(-1)).toEqual(["UpgradingStandby", "processing", 1]);
  expect(pair.status.classicUpgradeStatus).toMatchObject({
    activeStatus: "waiting",
    imageUpdatePending: true,
  });
});

describe("what is seen while it goes on", () => {
  const pair = calmPair(0);
  const steps: [string, number | undefined][] = [];
  const note = (): void => {
    const upgrading = pair.status.conditions?.find(one => one.type === "Upgrading");
    const step: [string, number | undefined] = [
      `${upgrading?.status} ${upgrading?.reason}`,
      pair.status.upgrade?.step,
    ];
    if (JSON.stringify(steps.at(-1)) !== JSON.stringify(step)) steps.push(step);
  };
  const pass = (count: number): void => {
    for (let i = 0; i < count; i++) {
      pair.pass();
      note();
    }
  };
  note();
  pair.ttspec = { image: "tt:2" };
  pass(10);
  pair.terminated(1);
  pass(10);
  pair.startPod(1);
  pass(40);
  pair.terminated(0);
  pass(10);
  pair.startPod(0);
  pass(40);

  it("is a condition with a reason for each step, true from the change to the end", () => {
    expect(steps).toEqual([
      ["False NoUpgrade", undefined],
      ["True UpgradeWaiting", undefined],
      ["True LearningRelease", undefined],
      ["True UpgradeStarting", 1],
      ["True UpgradeReplacingStandby", 2],
      ["True UpgradeVerifyingStandby", 3],
      ["True UpgradeReplacingActive", 4],
      ["True UpgradeVerifyingActive", 5],
      ["False NoUpgrade", undefined],
    ]);
  });
});

it("the template takes the image only when the image is known to fit and that is recorded", () => {
  const pair = calmPair(0);
  pair.ttspec = { image: "tt:2" };
  const seen: string[] = [];
  for (let i = 0; i < 6; i++) {
    const { phase = "" } = pair.status.upgrade ?? {};
    pair.pass();
    seen.push(`${phase} ${pair.template}`);
  }
  expect(seen.filter(one => one.endsWith("tt:2") && !one.startsWith("Standby"))).toEqual([]);
  expect(seen).toContain("Standby tt:2");
});

it("no pod is deleted before the probe has told the release, and the probe is ended", () => {
  const pair = calmPair(0);
  pair.ttspec = { image: "tt:2" };
  pair.settle();
  expect(pair.effects).toContain("probe");
  expect(pair.effects.indexOf("probe")).toBeLessThan(pair.effects.indexOf("deletePod"));
  expect(pair.probes).toEqual([]);
});
