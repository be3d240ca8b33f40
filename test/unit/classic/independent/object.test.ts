/** What a user does to an object with independent databases: scaling, stopping, suspending, deleting. */
import { isNews } from "../../../../capabilities/classic/report/status";
import { SUSPEND_ANNOTATION } from "../../../../capabilities/objects/names";
import { IndependentSet, readySet } from "./simulation";

describe("scaling", () => {
  it("up: the new databases are made, the others are left alone", () => {
    const set = readySet(2);
    set.commands.splice(0);
    set.change({ replicas: 4 });
    set.settle();
    expect(set.scaled).toEqual([4]);
    expect(set.state).toBe("SomeReplicasReady");
    set.startPod(2);
    set.startPod(3);
    set.settle();
    expect(set.commands).toEqual(["createDatabase in sample-2", "createDatabase in sample-3"]);
    expect(set.state).toBe("AllReplicasReady");
  });

  it("down: the highest go at once, with their entries in status", () => {
    const set = readySet(3);
    set.change({ replicas: 2 });
    set.settle();
    expect(set.scaled).toEqual([2]);
    expect(set.object.status?.podStatus?.map(one => one.name)).toEqual(["sample-0", "sample-1"]);
    expect(set.state).toBe("AllReplicasReady");
  });

  it("up again: the database on the volume that stayed is loaded", () => {
    const set = readySet(3);
    set.change({ replicas: 2 });
    set.settle();
    set.commands.splice(0);
    set.change({ replicas: 3 });
    set.settle();
    set.startPod(2);
    set.settle();
    expect(set.commands).toEqual(["loadDatabase in sample-2"]);
    expect(set.state).toBe("AllReplicasReady");
  });
});

describe("stopManaging and reexamine", () => {
  it("stop: nothing is done any more; reexamine: the counts say what it is", () => {
    const set = readySet(2);
    set.commands.splice(0);
    set.change({ stopManaging: "1" });
    set.settle();
    expect(set.state).toBe("ManualInterventionRequired");
    set.killDaemon(0);
    set.change({ replicas: 3 });
    set.settle();
    expect([set.commands, set.scaled, set.podState(0)]).toEqual([[], [], "Normal"]);
    expect(set.condition("ManagementSuspended")).toMatchObject({
      status: "True",
      reason: "ManagementStopped",
    });
    set.change({ reexamine: "1", replicas: 2 });
    set.states.splice(0);
    set.settle();
    expect(set.states).toEqual(["Reexamine", "SomeReplicasReady", "AllReplicasReady"]);
    expect(set.commands).toEqual(["startDaemon in sample-0", "loadDatabase in sample-0"]);
  });

  it("leave a database that waits for a person alone when they concern the object", () => {
    const set = readySet(2);
    set.at(1).onDisk = false;
    set.killDaemon(1);
    set.settle();
    set.change({ stopManaging: "1" });
    set.settle();
    set.change({ reexamine: "1" });
    set.settle();
    expect([set.podState(1), set.state]).toEqual(["Terminal", "SomeReplicasReady"]);
  });

  it("reexamine does nothing where all are ready", () => {
    const set = readySet(2);
    set.states.splice(0);
    set.change({ reexamine: "1" });
    set.settle();
    expect(set.states).toEqual([]);
    expect(set.object.status?.prevReexamine).toBe("1");
  });
});

describe("the suspend annotation", () => {
  it("keeps the operator from acting while the status goes on being true", () => {
    const set = readySet(2);
    set.commands.splice(0);
    set.object.metadata.annotations = { [SUSPEND_ANNOTATION]: "true" };
    set.killDaemon(0);
    set.settle();
    expect([set.commands, set.podState(0), set.state]).toEqual([[], "Down", "SomeReplicasReady"]);
    expect(set.told("ManagementSuspended")).toHaveLength(1);
    delete set.object.metadata.annotations;
    set.settle();
    expect(set.state).toBe("AllReplicasReady");
    expect(set.told("ManagementResumed")).toHaveLength(1);
  });
});

it("a deleted object is left as it is", () => {
  const set = readySet(2);
  set.commands.splice(0);
  set.object.metadata.deletionTimestamp = "2026-01-01T00:00:00Z";
  set.killDaemon(0);
  set.removePod(1);
  set.settle();
  expect([set.commands, set.state]).toEqual([[], "AllReplicasReady"]);
});

it("an object of a name that is taken is explained and not taken over", () => {
  const set = new IndependentSet(1);
  set.owned = [{ kind: "StatefulSet", name: "sample", presence: "foreign", fault: "it has no owner" }];
  set.settle();
  expect(set.condition("Stalled")).toMatchObject({ reason: "ForeignObject" });
  expect(set.last?.effects).toEqual([]);
  expect(set.told("ForeignObject")).toHaveLength(1);
});

it("missing objects are made", () => {
  const set = new IndependentSet(1);
  set.owned = [{ kind: "headless Service", name: "sample", presence: "missing", fault: null }];
  set.pass();
  set.pass();
  expect(set.last?.effects).toEqual([{ do: "create", kind: "headless Service", name: "sample" }]);
});

it("comes to rest: a second look at the same has nothing to say", () => {
  const set = readySet(3);
  const before = set.object.status;
  const count = set.events.length;
  set.pass();
  expect(isNews(before, set.object.status ?? {})).toBe(false);
  expect(set.events).toHaveLength(count);
});
