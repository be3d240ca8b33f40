/** Scenarios T104 to T106 of the reference: changes of the image of independent databases. */
import { isInCatalogue } from "../../../../capabilities/classic/report/catalogue";
import { readySet, type IndependentSet } from "./simulation";

/** Three ready databases whose Pods Kubernetes brings back. */
function rollingSet(ttspec: Parameters<typeof readySet>[1] = {}, replicas = 3): IndependentSet {
  const set = readySet(replicas, ttspec);
  set.restarts = true;
  set.commands.splice(0);
  set.events.splice(0);
  return set;
}

const images = (set: IndependentSet): string[] => set.pods.map(one => one.image);
const states = (set: IndependentSet): (string | undefined)[] => set.pods.map((_, i) => set.podState(i));
const minutes = (set: IndependentSet, count: number): void => {
  set.nowMs += count * 60_000;
  set.probes.forEach(probe => (probe.ageMs += count * 60_000));
  set.settle();
};
const upgradeEvents = (set: IndependentSet): string[] =>
  set.events
    .map(event => event.message)
    .filter(message => /[Uu]pgrade|Deleted|state was|TimesTenClassic/.test(message));

describe("T104: the image of three independent databases changes", () => {
  const set = rollingSet();
  set.change({ image: "tt:2" });
  set.settle();

  it("Pods are replaced from the highest ordinal, each when the one before is Normal again", () => {
    expect(set.deleted).toEqual(["sample-2", "sample-1", "sample-0"]);
    expect(images(set)).toEqual(["tt:2", "tt:2", "tt:2"]);
    const some = "TimesTenClassic was AllReplicasReady, now SomeReplicasReady";
    const all = "TimesTenClassic was SomeReplicasReady, now AllReplicasReady";
    const round = (pod: string) => [
      `Deleted pod ${pod} per upgrade`,
      `Pod ${pod} state was Normal, now Down`,
      some,
      `Pod ${pod} state was Down, now Normal`,
      all,
    ];
    expect(upgradeEvents(set).filter(message => !/^Upgrade completed|^Image/.test(message))).toEqual([
      ...round("sample-2"),
      ...round("sample-1"),
      ...round("sample-0"),
    ]);
  });

  it("says when it begins and when it ends, in the documents' words", () => {
    const messages = upgradeEvents(set);
    expect(messages[0]).toBe("Image updated, automatic upgrade started");
    expect(messages.at(-1)).toMatch(/^TimesTenClassic|^Upgrade completed in \d+ secs$/);
    expect(messages.filter(message => /^Upgrade completed in \d+ secs$/.test(message))).toHaveLength(1);
    expect(set.events.filter(event => !isInCatalogue(event))).toEqual([]);
  });

  it("each database goes on with what is on its volume, under the new release", () => {
    expect(set.commands).toEqual([2, 1, 0].map(ordinal => `loadDatabase in sample-${ordinal}`));
    const pods = set.object.status?.podStatus ?? [];
    expect(pods.map(one => one.timesTenStatus?.release)).toEqual(Array(3).fill("18.1.4.11.0"));
    expect(pods.map(one => one.prevImage)).toEqual(["tt:1", "tt:1", "tt:1"]);
  });

  it("leaves nothing behind", () => {
    expect(set.condition("Upgrading")).toMatchObject({ status: "False", reason: "NoUpgrade" });
    expect(set.object.status?.classicUpgradeStatus).toMatchObject({
      imageUpdatePending: false,
      upgradeStartTime: 0,
    });
    expect(set.probes).toEqual([]);
  });
});

describe("while Pods are replaced", () => {
  it("one that shuts down keeps its state until it is gone, and no other goes", () => {
    const set = rollingSet();
    set.change({ image: "tt:2" });
    while (set.deleted.length === 0) set.pass();
    set.startPod(2);
    set.at(2).image = "tt:1";
    set.settle();
    const before = set.deleted.length;
    set.see(2, {}, { stopping: true });
    set.at(2).terminating = true;
    set.settle();
    expect(set.podState(2)).toBe("Normal");
    expect(set.deleted).toHaveLength(before);
  });

  it("the next one waits until the last one is Ready for Kubernetes too", () => {
    const set = rollingSet();
    set.change({ image: "tt:2" });
    while (set.deleted.length === 0) set.pass();
    set.at(2).ready = false;
    set.settle();
    expect(states(set)).toEqual(["Normal", "Normal", "Normal"]);
    expect(set.deleted).toEqual(["sample-2"]);
    expect(set.condition("Upgrading")).toMatchObject({
      status: "True",
      reason: "UpgradeRolling",
      message: "1 of 3 Pods have tt:2: sample-2 is not Ready yet",
    });
    set.at(2).ready = true;
    set.settle();
    expect(set.deleted).toEqual(["sample-2", "sample-1", "sample-0"]);
  });

  it("another change of the image is taken up where it stands", () => {
    const set = rollingSet();
    set.releases.set("tt:3", "18.1.4.12.0");
    set.change({ image: "tt:2" });
    while (set.deleted.length < 2) set.pass();
    set.change({ image: "tt:3" });
    set.settle();
    expect(images(set)).toEqual(["tt:3", "tt:3", "tt:3"]);
    expect(set.state).toBe("AllReplicasReady");
  });

  it("one that does not serve goes first: there is nothing to lose", () => {
    const set = rollingSet();
    set.see(0, { repScheme: "Exists" });
    set.settle();
    set.change({ image: "tt:2" });
    set.settle();
    expect(set.deleted).toEqual(["sample-0", "sample-2", "sample-1"]);
  });

  it("one that is silent may serve its clients: neither it nor another is taken down", () => {
    const set = rollingSet();
    set.at(0).silentForMs = 60_000;
    set.settle();
    set.change({ image: "tt:2" });
    set.settle();
    expect([set.podState(0), set.deleted]).toEqual(["Down", []]);
    expect(set.condition("Upgrading")).toMatchObject({ status: "True", reason: "UpgradeWaiting" });
    set.at(0).silentForMs = null;
    set.settle();
    expect(set.deleted).toEqual(["sample-2", "sample-1", "sample-0"]);
  });

  it("waits where a database below the partition does not serve", () => {
    const set = rollingSet({ rollingUpdatePartition: 1 });
    set.at(0).silentForMs = 60_000;
    set.settle();
    set.change({ image: "tt:2" });
    set.settle();
    expect(set.deleted).toEqual([]);
    expect(set.condition("Upgrading")).toMatchObject({
      reason: "UpgradeWaiting",
      message: "the change to tt:2 waits, no further database is taken down: sample-0 is Down",
    });
  });

  it("nothing is replaced before Kubernetes knows the new template", () => {
    const set = rollingSet();
    set.change({ image: "tt:2" });
    while (set.template.images.tt !== "tt:2") set.pass();
    set.template = { ...set.template, isObserved: false };
    set.settle();
    expect(set.deleted).toEqual([]);
    set.template = { ...set.template, isObserved: true };
    set.settle();
    expect(set.deleted).toHaveLength(3);
  });

  it("suspension holds it where it is, and says so", () => {
    const set = rollingSet();
    set.change({ image: "tt:2" });
    while (set.deleted.length === 0) set.pass();
    set.object.metadata.annotations = { "timesten.oracle.com/suspend": "true" };
    set.settle();
    expect(set.deleted).toEqual(["sample-2"]);
    expect(set.condition("Upgrading")).toMatchObject({ status: "True", reason: "ManagementSuspended" });
    set.object.metadata.annotations = {};
    set.settle();
    expect(set.deleted).toHaveLength(3);
  });
});

describe("rollingUpdatePartition", () => {
  const set = rollingSet({ rollingUpdatePartition: 2 });
  it("leaves the Pods below it alone", () => {
    set.change({ image: "tt:2" });
    set.settle();
    expect(images(set)).toEqual(["tt:1", "tt:1", "tt:2"]);
    expect(set.condition("Upgrading")).toMatchObject({
      status: "False",
      reason: "UpgradePartial",
      message: "rollingUpdatePartition leaves sample-0, sample-1 with another image",
    });
    expect(set.object.status?.classicUpgradeStatus?.imageUpdatePending).toBe(true);
  });

  it("lets the others follow when it is lowered", () => {
    set.change({ rollingUpdatePartition: 0 });
    set.settle();
    expect(set.deleted).toEqual(["sample-2", "sample-1", "sample-0"]);
    expect(set.condition("Upgrading")).toMatchObject({ status: "False", reason: "NoUpgrade" });
  });
});

describe("imageUpgradeStrategy manual", () => {
  const started = () => {
    const set = rollingSet({ imageUpgradeStrategy: "manual" });
    set.change({ image: "tt:2" });
    set.settle();
    return set;
  };

  it("changes the template and leaves the Pods to a person", () => {
    const set = started();
    expect([set.template.images.tt, set.deleted]).toEqual(["tt:2", []]);
    expect(upgradeEvents(set)).toEqual(["Image updated, automatic upgrade disabled"]);
    expect(set.condition("Upgrading")).toMatchObject({ status: "True", reason: "UpgradeManual" });
    for (const ordinal of [0, 1, 2]) {
      expect(set.object.status?.classicUpgradeStatus?.imageUpdatePending).toBe(true);
      set.removePod(ordinal);
      set.settle();
    }
    expect(images(set)).toEqual(["tt:2", "tt:2", "tt:2"]);
    expect(set.object.status?.classicUpgradeStatus?.imageUpdatePending).toBe(false);
    expect(set.condition("Upgrading")).toMatchObject({ status: "False", reason: "NoUpgrade" });
  });

  it("switched to auto half way, the rest follows by itself", () => {
    const set = started();
    set.removePod(1);
    set.settle();
    set.change({ imageUpgradeStrategy: "auto" });
    set.settle();
    expect(set.deleted).toEqual(["sample-2", "sample-0"]);
    expect(upgradeEvents(set)).toContain("Image updated, automatic upgrade started");
  });
});

describe("T105: a Pod that does not come back with the new image", () => {
  const failing = (ttspec: Parameters<typeof readySet>[1] = {}) => {
    const set = rollingSet({ upgradeDownPodTimeout: 600, ...ttspec });
    set.noStart.set("tt:2", "CrashLoopBackOff: ttInstanceModify exited with code 1");
    set.change({ image: "tt:2" });
    set.settle();
    return set;
  };

  it("is shown with what keeps it, and waited for as long as the object allows", () => {
    const set = failing();
    expect(states(set)).toEqual(["Normal", "Normal", "Down"]);
    expect(set.condition("Upgrading")).toMatchObject({
      status: "True",
      message:
        "1 of 3 Pods have tt:2: Pod sample-2 does not run (CrashLoopBackOff: ttInstanceModify exited with code 1)",
    });
    minutes(set, 8);
    expect(states(set)).toEqual(["Normal", "Normal", "Down"]);
  });

  it("then waits for a person, and the others keep what they have", () => {
    const set = failing();
    minutes(set, 10);
    expect(states(set)).toEqual(["Normal", "Normal", "ManualInterventionRequired"]);
    expect([set.deleted, images(set)]).toEqual([["sample-2"], ["tt:1", "tt:1", "tt:2"]]);
    expect(set.state).toBe("SomeReplicasReady");
    expect(set.object.status?.podStatus?.[2]?.nonRepUpgradeFailed).toBe(true);
    const told = set.told("UpgradeError");
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(/^Upgrade Failed on POD 2: .*within 600 s.*ttInstanceModify exited with code 1/);
    expect(set.condition("Upgrading")).toMatchObject({ status: "False", reason: "UpgradeFailed" });
    expect(set.condition("Stalled")).toMatchObject({ status: "True", reason: "UpgradeFailed" });
    minutes(set, 60);
    expect(set.deleted).toEqual(["sample-2"]);
  });

  it("is waited for for ever where upgradeDownPodTimeout is 0", () => {
    const set = failing({ upgradeDownPodTimeout: 0 });
    minutes(set, 10_000);
    expect(states(set)).toEqual(["Normal", "Normal", "Down"]);
  });

  it("is known at once when its instance is not of the image's release", () => {
    const set = rollingSet();
    set.change({ image: "tt:2" });
    while (set.deleted.length === 0) set.pass();
    set.see(2, { release: "18.1.4.4.0" });
    set.settle();
    expect(states(set)).toEqual(["Normal", "Normal", "ManualInterventionRequired"]);
    expect(set.deleted).toEqual(["sample-2"]);
    expect(set.told("UpgradeError")[0]).toMatch(
      /^Upgrade Failed on POD 2: .*18\.1\.4\.4\.0.*18\.1\.4\.11\.0/,
    );
  });

  it("comes back by itself when the former image is set back; the others are not touched", () => {
    const set = failing();
    minutes(set, 10);
    set.change({ image: "tt:1" });
    set.settle();
    expect(states(set)).toEqual(["Normal", "Normal", "Normal"]);
    expect([set.deleted, images(set)]).toEqual([
      ["sample-2", "sample-2"],
      ["tt:1", "tt:1", "tt:1"],
    ]);
    expect(set.probed).toEqual(["tt:2"]);
    expect(set.state).toBe("AllReplicasReady");
    expect(set.condition("Stalled")).toBeUndefined();
    expect(set.object.status?.podStatus?.[2]?.nonRepUpgradeFailed).toBe(false);
  });

  it("is replaced by one of a third image too, and then the others follow", () => {
    const set = failing();
    minutes(set, 10);
    set.releases.set("tt:3", "18.1.4.12.0");
    set.change({ image: "tt:3" });
    set.settle();
    expect(set.deleted).toEqual(["sample-2", "sample-2", "sample-1", "sample-0"]);
    expect(set.state).toBe("AllReplicasReady");
  });
});

describe("T106: reexamine after a failed upgrade", () => {
  const failed = () => {
    const set = rollingSet();
    set.noStart.set("tt:2", "CrashLoopBackOff");
    set.change({ image: "tt:2" });
    minutes(set, 11);
    minutes(set, 11);
    expect(set.podState(2)).toBe("ManualInterventionRequired");
    return set;
  };

  it("once it is repaired: Normal, and the others follow", () => {
    const set = failed();
    set.repairPod(2);
    set.settle();
    expect(set.podState(2)).toBe("ManualInterventionRequired");
    expect(set.condition("Stalled")?.message).toContain("change spec.ttspec.reexamine");
    set.change({ reexamine: "1" });
    set.settle();
    expect(states(set)).toEqual(["Normal", "Normal", "Normal"]);
    expect(set.deleted).toEqual(["sample-2", "sample-1", "sample-0"]);
  });

  it("not repaired: it has its time again, and then waits for a person again", () => {
    const set = failed();
    set.change({ reexamine: "1" });
    set.settle();
    expect(set.podState(2)).toBe("Down");
    minutes(set, 11);
    expect(set.podState(2)).toBe("ManualInterventionRequired");
    expect(set.told("UpgradeError")).toHaveLength(2);
    expect(set.deleted).toEqual(["sample-2"]);
  });

  it("with an instance of another release still: a person again", () => {
    const set = rollingSet();
    set.change({ image: "tt:2" });
    while (set.deleted.length === 0) set.pass();
    set.see(2, { release: "18.1.4.4.0" });
    set.settle();
    set.change({ reexamine: "1" });
    set.settle();
    expect(set.podState(2)).toBe("ManualInterventionRequired");
    set.see(2, { release: "18.1.4.11.0" });
    set.change({ reexamine: "2" });
    set.settle();
    expect(states(set)).toEqual(["Normal", "Normal", "Normal"]);
    expect(set.deleted).toHaveLength(3);
  });
});

describe("before the first Pod goes", () => {
  it("an image of another major release is refused, and nothing is touched", () => {
    const set = rollingSet();
    set.change({ image: "tt:22" });
    set.settle();
    expect([set.template.images.tt, set.deleted, set.probed]).toEqual(["tt:1", [], ["tt:22"]]);
    expect(set.state).toBe("AllReplicasReady");
    expect(set.condition("Upgrading")).toMatchObject({ status: "False", reason: "ReleaseRefused" });
    expect(set.told("ReleaseRefused")).toHaveLength(1);
    set.change({ image: "tt:1" });
    set.settle();
    expect(set.condition("Upgrading")).toMatchObject({ reason: "NoUpgrade" });
    expect(set.condition("Stalled")).toBeUndefined();
    expect(set.probes).toEqual([]);
  });

  it("an image that cannot be pulled is told of at once, and taken up when it comes", () => {
    const set = rollingSet();
    set.change({ image: "tt:later" });
    set.settle();
    expect(set.told("ImageTrouble")).toHaveLength(1);
    expect(set.condition("Upgrading")).toMatchObject({ status: "True", reason: "ImageTrouble" });
    minutes(set, 10);
    expect(set.condition("Upgrading")).toMatchObject({ status: "False", reason: "ImageUnusable" });
    expect([set.template.images.tt, set.deleted]).toEqual(["tt:1", []]);
    set.releases.set("tt:later", "18.1.4.11.0");
    set.probes.forEach(probe => (probe.found = { is: "release", release: "18.1.4.11.0" }));
    set.settle();
    expect(images(set)).toEqual(["tt:later", "tt:later", "tt:later"]);
    expect(set.probes).toEqual([]);
  });

  it("a downgrade within the major release goes the same way", () => {
    const set = rollingSet();
    set.releases.set("tt:0", "18.1.4.1.0");
    set.change({ image: "tt:0" });
    set.settle();
    expect(images(set)).toEqual(["tt:0", "tt:0", "tt:0"]);
  });
});

describe("what is no change of TimesTen's image", () => {
  it("another image of the operator reaches the template and replaces no Pod", () => {
    const set = rollingSet();
    set.template = { ...set.template, bringsOurAgent: false };
    set.settle();
    expect(set.template.bringsOurAgent).toBe(true);
    expect([set.deleted, set.probed, upgradeEvents(set)]).toEqual([[], [], []]);
    expect(set.condition("Upgrading")).toMatchObject({ status: "False", reason: "NoUpgrade" });
  });

  it("nor does another image of an application's container, or anything else of the template", () => {
    const set = rollingSet();
    set.template = { ...set.template, isAsWanted: false };
    set.settle();
    expect(set.template.isAsWanted).toBe(true);
    expect([set.deleted, set.probed, upgradeEvents(set)]).toEqual([[], [], []]);
  });
});
