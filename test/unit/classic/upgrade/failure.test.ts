/** An upgrade that fails leaves the active serving, and there are ways out: T76 to T84. */
import type { SimulatedPair } from "../simulation";
import { calmPair, expectServing, forget, images, NEW, replace, told, upgrading } from "./stories";

/** @returns a pair whose standby's pod was deleted for the new image and is gone */
function withoutStandby(ttspec: object = {}, active: 0 | 1 = 0): SimulatedPair {
  const pair = calmPair(active);
  pair.ttspec = { ...NEW, ...ttspec };
  pair.settle();
  pair.terminated(active === 0 ? 1 : 0);
  pair.settle();
  expect(pair.status.highLevelState).toBe("StandbyDown");
  return pair;
}

/** @returns a pair whose upgrade has failed because the standby's new pod does not start */
function failed(active: 0 | 1 = 0): SimulatedPair {
  const pair = withoutStandby({}, active);
  pair.startBroken(active === 0 ? 1 : 0, "ErrImagePull: not found");
  pair.wait(600_000);
  pair.settle();
  return pair;
}

it("T76 releases that differ beforehand on one image: no pod is deleted, and the upgrade is cancelled", () => {
  const pair = calmPair();
  pair.tell(1, {});
  pair.releases["tt:1"] = "18.1.4.5.0";
  pair.tell(0, {});
  forget(pair);
  pair.ttspec = NEW;
  pair.settle();
  expect(told(pair)).toEqual(["TimesTen version mismatch, 0=18.1.4.5.0 1=18.1.4.4.0, upgrade cancelled."]);
  expect(pair.deleted).toEqual([]);
  expect(pair.template).toBe("tt:1");
  expect(pair.status).toMatchObject({ highLevelState: "Normal", upgrade: { phase: "Refused" } });
  expect(upgrading(pair)).toBe("False UpgradeRefused");
});

describe("T77 the new standby is not compatible", () => {
  const pair = calmPair();
  pair.releases["tt:2"] = "Unknown";
  pair.ttspec = NEW;
  pair.settle();
  pair.releases["tt:2"] = "22.1.1.1.0";
  pair.commands.splice(0);
  replace(pair, 1);

  it("is told, and shown as the pod's state and in the upgrade's fields", () => {
    expect(told(pair)).toContain(
      "Active version 18.1.4.4.0 on POD 0 is not patch compatible with standby version 22.1.1.1.0 on POD 1; update image and delete pod sample-1",
    );
    expect(pair.status.highLevelState).toBe("ManualInterventionRequired");
    expect(pair.status.podStatus?.[1]?.highLevelState).toBe("UpgradeFailed");
    expect(pair.status.classicUpgradeStatus).toMatchObject({
      upgradeState: "UpgradingStandby",
      standbyStatus: "failed",
      activeStatus: "waiting",
    });
  });

  it("leaves the active untouched and open, and copies nothing into the other release", () => {
    expectServing(pair, 0);
    expect(pair.deleted).toHaveLength(1);
    expect(pair.commands.filter(one => one.includes("duplicate"))).toEqual([]);
  });
});

it("T77 (better) an image of another major release is refused before anything is touched", () => {
  const pair = calmPair();
  pair.releases["tt:2"] = "22.1.1.1.0";
  pair.ttspec = NEW;
  pair.settle();
  expect(pair.deleted).toEqual([]);
  expect(pair.template).toBe("tt:1");
  expect(pair.status.highLevelState).toBe("Normal");
  expect(pair.written.map(event => event.reason)).toContain("ReleaseRefused");
  expect(upgrading(pair)).toBe("False UpgradeRefused");
  expect(pair.status.conditions?.find(one => one.type === "Stalled")).toMatchObject({ status: "True" });
  pair.ttspec = { image: "tt:1" };
  pair.settle();
  expect(upgrading(pair)).toBe("False NoUpgrade");
});

it("an image that a probe cannot use is refused once, and tried again only when a person says so", () => {
  const pair = calmPair();
  delete pair.releases["tt:2"];
  pair.ttspec = NEW;
  pair.settle();
  expect(pair.written.filter(event => event.reason === "ImageUnusable")).toHaveLength(1);
  pair.releases["tt:2"] = "18.1.4.11.0";
  pair.settle();
  expect(pair.status.upgrade?.phase).toBe("Refused");
  pair.ttspec = { ...NEW, resetUpgradeState: "1" };
  pair.settle();
  expect(told(pair)).toContain("Image updated, automatic upgrade started");
  expect(pair.deleted).toHaveLength(1);
});

describe("T78 the new standby never comes up", () => {
  it("is waited for as long as upgradeDownPodTimeout says", () => {
    const pair = withoutStandby({ upgradeDownPodTimeout: 300 });
    pair.startBroken(1, "ErrImagePull: not found");
    pair.wait(200_000);
    pair.settle();
    expect(pair.status.highLevelState).toBe("StandbyDown");
    expect(upgrading(pair)).toBe("True UpgradeReplacingStandby");
    expect(pair.status.upgrade?.message).toContain("ErrImagePull: not found");
    pair.wait(100_000);
    pair.settle();
    expect(pair.status.highLevelState).toBe("ManualInterventionRequired");
    expect(told(pair).at(-1)).toMatch(
      /^standby upgrade unsuccessful: not back within 300 seconds: sample-1 .*ErrImagePull/,
    );
    expectServing(pair, 0);
    expect(upgrading(pair)).toBe("False UpgradeFailed");
  });

  it("is waited for for ever with 0", () => {
    const pair = withoutStandby({ upgradeDownPodTimeout: 0 });
    pair.startBroken(1, "ErrImagePull: not found");
    pair.wait(100 * 24 * 3_600_000);
    pair.settle();
    expect(pair.status.highLevelState).toBe("StandbyDown");
    expect(pair.status.upgrade?.phase).toBe("Standby");
  });

  it("is waited for as well where no pod is made at all", () => {
    const pair = withoutStandby();
    pair.wait(600_000);
    pair.settle();
    expect(told(pair).at(-1)).toContain("(there is no such Pod)");
    expect(pair.status.highLevelState).toBe("ManualInterventionRequired");
  });
});

it("T79 replication that cannot be verified fails the upgrade", () => {
  const pair = withoutStandby();
  pair.incomplete = true;
  pair.startPod(1);
  pair.settle();
  expect(pair.pods[1].state?.timesten.repState).toBe("STANDBY");
  expect(pair.status.highLevelState).toBe("StandbyDown");
  pair.wait(290_000);
  pair.settle();
  expect(told(pair)).toContain("Replication cannot be verified; error upgrading standby");
  expect(pair.status.highLevelState).toBe("ManualInterventionRequired");
  expect(pair.status.classicUpgradeStatus?.standbyStatus).toBe("failed");
  expectServing(pair, 0);
  expect(pair.deleted).toHaveLength(1);
});

describe("T80 the standby stays far behind when the active is to be replaced", () => {
  function behind(): SimulatedPair {
    const pair = withoutStandby();
    pair.tell(0, { lagBytes: 50_000_000 });
    pair.startPod(1);
    pair.settle();
    expect(pair.status.upgrade?.phase).toBe("Active");
    return pair;
  }

  it("the active is not deleted while it is so", () => {
    const pair = behind();
    expect(pair.status.highLevelState).toBe("Normal");
    expect(pair.deleted).toHaveLength(1);
    pair.tell(0, { lagBytes: 1_000 });
    pair.settle();
    expect(pair.deleted).toHaveLength(2);
  });

  it("the upgrade is given up in the end, with the active open all the time", () => {
    const pair = behind();
    pair.wait(300_000);
    pair.settle();
    expect(told(pair).slice(-2)).toEqual([
      "Could not quiesce the database, standby behind active",
      "Upgrade aborted",
    ]);
    expect(pair.status.highLevelState).toBe("ManualInterventionRequired");
    expect(pair.deleted).toHaveLength(1);
    expectServing(pair, 0);
  });
});

it("T81 an agent that does not say how far its standby is behind holds nothing up", () => {
  const pair = withoutStandby();
  pair.tell(0, { lagBytes: null });
  pair.startPod(1);
  pair.settle();
  expect(pair.deleted).toHaveLength(2);
});

it("T82 (better) a former active that never comes back fails the upgrade in time; the new one serves", () => {
  const pair = withoutStandby();
  pair.startPod(1);
  pair.settle();
  pair.terminated(0);
  pair.settle();
  pair.startBroken(0, "CrashLoopBackOff: back-off");
  pair.wait(600_000);
  pair.settle();
  expect(told(pair).at(-1)).toMatch(/^active upgrade unsuccessful: not back within 600 seconds/);
  expect(pair.status.highLevelState).toBe("ManualInterventionRequired");
  expect(pair.status.classicUpgradeStatus).toMatchObject({
    standbyStatus: "success",
    activeStatus: "failed",
  });
  expectServing(pair, 1);
});

describe.each([0, 1] as const)("T83 a failed upgrade, repaired, pod %i the active", active => {
  const standby = active === 0 ? 1 : 0;
  const pair = failed(active);
  forget(pair);
  pair.terminated(standby);
  pair.startPod(standby);
  pair.settle();

  it("stays with the person although the standby has come", () => {
    expect(pair.status.highLevelState).toBe("ManualInterventionRequired");
    expect(pair.status.conditions?.find(one => one.type === "Redundant")?.status).toBe("True");
  });

  it("is Normal after reexamine, with the rest left undone and what finishes it named", () => {
    pair.ttspec = { ...pair.ttspec, reexamine: "1" };
    pair.settle();
    expect(pair.states).toEqual(["Reexamine", "Normal"]);
    expect(told(pair)[0]).toBe("Recovery from upgrade failure complete");
    expect(told(pair)[1]).toContain(`sample-${active} (the active) still runs tt:1`);
    expect(told(pair)[1]).toContain(`kubectl delete pod sample-${active}`);
    expect(pair.status.classicUpgradeStatus).toMatchObject({
      upgradeState: "",
      standbyStatus: "",
      upgradeStartTime: 0,
      imageUpdatePending: true,
    });
    expect(upgrading(pair)).toBe("False UpgradeUnfinished");
    expect(pair.deleted).toEqual([]);
  });

  it("is finished by a person who deletes the active's pod", () => {
    forget(pair);
    pair.pods[active].terminating = true;
    pair.settle();
    replace(pair, active);
    expect(images(pair)).toEqual(["tt:2", "tt:2"]);
    expectServing(pair, standby);
    expect(told(pair)).toEqual(["Upgrade finished: both Pods run tt:2"]);
    expect(pair.status.classicUpgradeStatus?.imageUpdatePending).toBe(false);
    expect(upgrading(pair)).toBe("False NoUpgrade");
  });
});

it("T83 reexamine before the repair: the standby has its time again, and fails again", () => {
  const pair = failed();
  forget(pair);
  pair.ttspec = { ...pair.ttspec, reexamine: "1" };
  pair.settle();
  expect(pair.states).toEqual(["Reexamine", "StandbyDown"]);
  expect(upgrading(pair)).toBe("False UpgradeRecovering");
  pair.wait(600_000);
  pair.settle();
  expect(pair.status.highLevelState).toBe("ManualInterventionRequired");
  expectServing(pair, 0);
});

it("T83 reexamine after replication could not be verified: it has its time again", () => {
  const pair = withoutStandby();
  pair.incomplete = true;
  pair.startPod(1);
  pair.settle();
  pair.wait(290_000);
  pair.settle();
  forget(pair);
  pair.ttspec = { ...pair.ttspec, reexamine: "1" };
  pair.settle();
  expect(pair.states).toEqual(["Reexamine", "StandbyDown"]);
  expect(upgrading(pair)).toBe("False UpgradeRecovering");
  pair.wait(290_000);
  pair.settle();
  expect(told(pair)).toEqual(["Replication cannot be verified; error upgrading standby"]);
  expect(pair.status.highLevelState).toBe("ManualInterventionRequired");
  expectServing(pair, 0);
});

it("T84 resetUpgradeState clears the fields of a failed upgrade and keeps the state", () => {
  const pair = failed();
  forget(pair);
  pair.ttspec = { ...pair.ttspec, resetUpgradeState: "again" };
  pair.settle();
  expect(told(pair)).toEqual(["Resetting upgrade state"]);
  expect(pair.status.classicUpgradeStatus).toMatchObject({
    upgradeState: "",
    standbyStatus: "",
    upgradeStartTime: 0,
    prevResetUpgradeState: "again",
  });
  expect(pair.status.highLevelState).toBe("ManualInterventionRequired");
  pair.terminated(1);
  pair.startPod(1);
  pair.ttspec = { ...pair.ttspec, reexamine: "1" };
  pair.settle();
  expect(pair.status.highLevelState).toBe("Normal");
});

describe("the old image set back after a failure", () => {
  const pair = failed();
  forget(pair);
  pair.ttspec = { image: "tt:1" };
  pair.settle();

  it("makes the failed standby anew on it, and touches nothing else", () => {
    expect(pair.template).toBe("tt:1");
    expect(pair.deleted).toHaveLength(1);
    expect(pair.deleted[0]).toMatch(/^1 /);
    replace(pair, 1);
    expect(pair.deleted).toHaveLength(1);
    expectServing(pair, 0);
  });

  it("ends in Normal by itself, with nothing pending", () => {
    expect(pair.status.highLevelState).toBe("Normal");
    expect(images(pair)).toEqual(["tt:1", "tt:1"]);
    expect(told(pair).at(-1)).toMatch(/^Upgrade rolled back in \d+ secs$/);
    expect(pair.status.lastUpgrade?.outcome).toBe("RolledBack");
    expect(pair.status.classicUpgradeStatus).toMatchObject({ upgradeState: "", imageUpdatePending: false });
    expect(upgrading(pair)).toBe("False NoUpgrade");
  });
});

it("the old image set back after a failure of the active's phase changes the roles back, step by step", () => {
  const pair = withoutStandby();
  pair.startPod(1);
  pair.settle();
  pair.terminated(0);
  pair.settle();
  pair.startBroken(0, "CrashLoopBackOff: back-off");
  pair.wait(600_000);
  pair.settle();
  forget(pair);
  pair.ttspec = { image: "tt:1" };
  pair.settle();
  replace(pair, 0);
  replace(pair, 1);
  expect(pair.deleted.map(one => one[0])).toEqual(["0", "1"]);
  expect(images(pair)).toEqual(["tt:1", "tt:1"]);
  expectServing(pair, 0);
});

it("while an upgrade has failed the active is still protected: its new life is named", () => {
  const pair = failed();
  pair.killDaemon(0);
  pair.settle();
  expectServing(pair, 0);
  expect(pair.status.highLevelState).toBe("ManualInterventionRequired");
});

it("a change to a third image after a failure is a new upgrade of both", () => {
  const pair = failed();
  pair.releases["tt:3"] = "18.1.4.12.0";
  forget(pair);
  pair.ttspec = { image: "tt:3" };
  pair.settle();
  expect(told(pair)[0]).toBe("Image updated, automatic upgrade started");
  replace(pair, 1);
  replace(pair, 0);
  expect(images(pair)).toEqual(["tt:3", "tt:3"]);
  expect(pair.status.highLevelState).toBe("Normal");
});
