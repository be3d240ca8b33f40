/** Scenarios T65 to T71: people take a pair out of management and give it back. */
import { normalPair, SimulatedPair } from "../simulation";
import { condition, passes, since } from "./story";

const SUSPEND = "timesten.oracle.com/suspend";
const rebuilt = ["StandbyDown", "StandbyStarting", "StandbyCatchup", "Normal"];

function stopped(): SimulatedPair {
  const pair = normalPair();
  pair.ttspec = { stopManaging: "a" };
  passes(pair, 2);
  return pair;
}

function reexamine(pair: SimulatedPair, value = "1"): void {
  pair.ttspec = { ...pair.ttspec, reexamine: value };
}

describe("stopManaging", () => {
  it("T65 leads to ManualInterventionRequired at once and nothing is done, while the active stays", () => {
    const pair = normalPair();
    const story = since(pair);
    pair.ttspec = { stopManaging: "a" };
    pair.settle();
    expect(story()).toMatchObject({
      states: ["ManualInterventionRequired"],
      records: [],
      commands: [],
      effects: [],
      events: ["TimesTenClassic was Normal, now ManualInterventionRequired"],
    });
    expect(pair.written.at(-1)?.type).toBe("Warning");
    expect(pair.active()).toBe("sample-0");
    expect(pair.status).toMatchObject({ prevStopManaging: "a", managementStopped: "StopManaging" });
    expect(condition(pair, "ManagementSuspended")).toBe("True");
    expect(condition(pair, "Ready")).toBe("True");
    expect(condition(pair, "FailoverPossible")).toBe("False");
    expect(condition(pair, "Stalled")).toBe("True");
  });

  it("T65 counts any change: at creation, and to nothing", () => {
    const born = new SimulatedPair();
    born.ttspec = { stopManaging: "from the start" };
    born.startPod(0);
    born.startPod(1);
    born.settle();
    expect(born.states).toEqual(["ManualInterventionRequired"]);
    expect(born.commands).toEqual([]);
    const pair = stopped();
    reexamine(pair);
    pair.settle();
    pair.ttspec = { ...pair.ttspec, stopManaging: "" };
    pair.settle();
    expect(pair.status.highLevelState).toBe("ManualInterventionRequired");
  });

  it("T65 is obeyed in every other state, and no record is written in it", () => {
    const pair = normalPair();
    pair.killDaemon(1);
    while (pair.status.highLevelState !== "StandbyDown") pair.pass();
    pair.ttspec = { stopManaging: "a" };
    const story = since(pair);
    pair.settle();
    expect(story()).toMatchObject({ states: ["ManualInterventionRequired"], records: [], commands: [] });
  });

  it("T66 leaves a dead active dead: no failover, no command", () => {
    const pair = stopped();
    const story = since(pair);
    pair.killDaemon(0);
    pair.settle();
    expect(story()).toMatchObject({ states: [], records: [], commands: [], effects: [] });
    expect(pair.active()).toBe("None");
    expect(condition(pair, "Ready")).toBe("False");
  });

  it("ends only by reexamine, however well the pair is", () => {
    const pair = stopped();
    passes(pair, 30);
    expect(pair.status.highLevelState).toBe("ManualInterventionRequired");
  });
});

describe("reexamine", () => {
  it("T67 is consumed without effect in Normal; a later stop needs a new value", () => {
    const pair = normalPair();
    const story = since(pair);
    reexamine(pair);
    pair.settle();
    expect(story().states).toEqual([]);
    expect(pair.status.prevReexamine).toBe("1");
    pair.ttspec = { ...pair.ttspec, stopManaging: "a" };
    pair.settle();
    expect(pair.status.highLevelState).toBe("ManualInterventionRequired");
    reexamine(pair, "2");
    pair.settle();
    expect(pair.status.highLevelState).toBe("Normal");
  });

  it("T68 finds HealthyActive and HealthyStandby: Reexamine, then Normal, nothing else", () => {
    const pair = stopped();
    const story = since(pair);
    reexamine(pair);
    pair.pass();
    expect(pair.status.podStatus?.map(one => one.highLevelState)).toEqual([
      "HealthyActive",
      "HealthyStandby",
    ]);
    pair.settle();
    expect(story()).toMatchObject({ states: ["Reexamine", "Normal"], records: [], commands: [] });
    expect(pair.active()).toBe("sample-0");
    expect(pair.status.managementStopped).toBe("");
    expect(condition(pair, "ManagementSuspended")).toBe("False");
  });

  it("T68 is the same with the roles the other way round", () => {
    const pair = normalPair();
    pair.killDaemon(0);
    pair.settle();
    pair.ttspec = { stopManaging: "a" };
    pair.settle();
    const story = since(pair);
    reexamine(pair);
    pair.pass();
    expect(pair.status.podStatus?.map(one => one.highLevelState)).toEqual([
      "HealthyStandby",
      "HealthyActive",
    ]);
    pair.settle();
    expect(story().states).toEqual(["Reexamine", "Normal"]);
    expect(pair.active()).toBe("sample-1");
  });

  it.each([0, 1] as const)("T69 makes the database that a person prepared in pod %i the active", ordinal => {
    const pair = stopped();
    const story = since(pair);
    const other = ordinal === 0 ? 1 : 0;
    pair.killDaemon(other);
    pair.killDaemon(ordinal);
    pair.tell(ordinal, { daemon: "Up", instance: "Exists" });
    pair.prepare(ordinal);
    passes(pair, 2);
    reexamine(pair);
    pair.pass();
    const found = pair.status.podStatus?.map(one => one.highLevelState);
    expect(found?.[ordinal]).toBe("HealthyIdle");
    expect(found?.[other]).toBe("Down");
    pair.settle();
    expect(story().states).toEqual(["Reexamine", "ConfiguringActive", ...rebuilt]);
    expect(story().commands).toContain(`${ordinal} createScheme`);
    expect(story().commands).toContain(`${other} duplicate`);
    expect(pair.active()).toBe(`sample-${ordinal}`);
  });

  it("T69 chooses nobody while the other database is up or its agent silent", () => {
    const pair = stopped();
    pair.killDaemon(0);
    pair.prepare(1);
    pair.silentForMs[0] = 60_000;
    reexamine(pair);
    const story = since(pair);
    passes(pair, 10);
    expect(story().records.filter(one => one.startsWith("Solo"))).toEqual([]);
  });

  it("T70 (better) with HealthyActive and a dead standby the active goes on and the standby is rebuilt", () => {
    const pair = stopped();
    pair.killDaemon(1);
    passes(pair, 2);
    const story = since(pair);
    reexamine(pair);
    pair.settle();
    expect(story().states).toEqual(["Reexamine", ...rebuilt]);
    expect(pair.active()).toBe("sample-0");
  });

  it("T71 (better) looks again at a pod that is silent for a moment", () => {
    const pair = stopped();
    pair.silentForMs[1] = 2_000;
    const story = since(pair);
    reexamine(pair);
    passes(pair, 5);
    expect(story().states).toEqual(["Reexamine"]);
    pair.silentForMs[1] = null;
    pair.settle();
    expect(story().states).toEqual(["Reexamine", "Normal"]);
  });

  it("ends in ManualInterventionRequired again, with its reason, where a fact is missing", () => {
    const pair = stopped();
    pair.killDaemon(0);
    pair.killDaemon(1);
    pair.tell(0, { daemon: "Up", instance: "Missing" });
    pair.record = pair.record === null ? null : { ...pair.record, mode: "Solo", standby: null, ready: false };
    reexamine(pair);
    pair.settle();
    expect(pair.status.highLevelState).toBe("ManualInterventionRequired");
    expect(pair.status.managementStopped).toBe("");
    expect(pair.status.decisions?.at(-1)).toMatchObject({ reason: "MissingFact" });
  });
});

describe("the suspend annotation", () => {
  it("stops everything but the report, and says so once", () => {
    const pair = normalPair();
    const story = since(pair);
    pair.annotations = { [SUSPEND]: "true" };
    pair.settle();
    pair.killDaemon(0);
    passes(pair, 10);
    expect(story()).toMatchObject({ records: [], commands: [], effects: [] });
    expect(story().states).toEqual(["ActiveDown"]);
    expect(story().events.filter(text => text.startsWith("Management"))).toEqual([
      `Management suspended by annotation ${SUSPEND}`,
    ]);
    expect(condition(pair, "ManagementSuspended")).toBe("True");
    expect(condition(pair, "Stalled")).toBeUndefined();
    expect(condition(pair, "Reconciling")).toBeUndefined();
  });

  it("goes on where it was when it is removed", () => {
    const pair = normalPair();
    pair.annotations = { [SUSPEND]: "true" };
    pair.killDaemon(0);
    passes(pair, 5);
    pair.annotations = {};
    const story = since(pair);
    pair.settle();
    expect(pair.status.highLevelState).toBe("Normal");
    expect(pair.active()).toBe("sample-1");
    expect(story().events).toContain(`Management resumed: annotation ${SUSPEND} was removed`);
    expect(condition(pair, "ManagementSuspended")).toBe("False");
  });

  it("makes nothing of a new object", () => {
    const pair = new SimulatedPair();
    pair.annotations = { [SUSPEND]: "true" };
    pair.startPod(0);
    pair.startPod(1);
    pair.settle();
    expect(pair.states).toEqual(["Initializing"]);
    expect(pair.commands).toEqual([]);
  });

  it("does not promise more than is done: a standby that becomes complete meanwhile is not Normal", () => {
    const pair = normalPair();
    pair.killDaemon(1);
    while (pair.record?.mode !== "Pair" || pair.record.ready) pair.pass();
    pair.annotations = { [SUSPEND]: "true" };
    passes(pair, 10);
    expect(pair.record.ready).toBe(false);
    expect(pair.status.highLevelState).not.toBe("Normal");
    expect(condition(pair, "Redundant")).toBe("False");
  });

  it("leaves a change of reexamine for when management goes on", () => {
    const pair = stopped();
    pair.annotations = { [SUSPEND]: "true" };
    reexamine(pair);
    passes(pair, 3);
    expect(pair.status.highLevelState).toBe("ManualInterventionRequired");
    pair.annotations = {};
    pair.settle();
    expect(pair.status.highLevelState).toBe("Normal");
  });

  it("any other value than true suspends nothing", () => {
    const pair = normalPair();
    pair.annotations = { [SUSPEND]: "false" };
    pair.killDaemon(0);
    pair.settle();
    expect(pair.active()).toBe("sample-1");
  });
});
