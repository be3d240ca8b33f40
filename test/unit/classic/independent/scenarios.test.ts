/** Scenarios T99 to T103 of the reference, and what a user does to independent databases. */
import { isInCatalogue } from "../../../../capabilities/classic/report/catalogue";
import { unloadedView } from "../fixtures";
import { IndependentSet, closedView, readySet } from "./simulation";

const change = (pod: string, from: string, to: string) => `Pod ${pod} state was ${from}, now ${to}`;

describe("T99: three independent databases are created", () => {
  const set = new IndependentSet(3);
  set.settle();
  for (const ordinal of [0, 1, 2]) {
    set.startPod(ordinal);
    set.settle();
  }

  it("no replica is ready, then some, then all", () => {
    expect(set.states).toEqual(["Initializing", "NoReplicasReady", "SomeReplicasReady", "AllReplicasReady"]);
  });

  it("every database is made by one command and opened by its own agent", () => {
    expect(set.commands).toEqual([0, 1, 2].map(ordinal => `createDatabase in sample-${ordinal}`));
  });

  it("there is no active", () => {
    expect(set.object.status?.activePods).toBe("N/A");
    const pods = set.object.status?.podStatus ?? [];
    expect(pods.map(one => [one.highLevelState, one.ready, one.active, one.intendedState])).toEqual(
      [0, 1, 2].map(() => ["Normal", true, false, "Standalone"]),
    );
  });

  it("each change is an Event, and what all new pods show first is none", () => {
    expect(set.told("StateChange").filter(message => /state was|TimesTenClassic/.test(message))).toEqual([
      "TimesTenClassic was Initializing, now NoReplicasReady",
      change("sample-0", "Initializing", "Normal"),
      "TimesTenClassic was NoReplicasReady, now SomeReplicasReady",
      change("sample-1", "Initializing", "Normal"),
      change("sample-2", "Initializing", "Normal"),
      "TimesTenClassic was SomeReplicasReady, now AllReplicasReady",
    ]);
    expect(set.told("StateChange")).not.toContain("Pod sample-0 Database None");
    expect(set.events.filter(event => !isInCatalogue(event))).toEqual([]);
  });

  it("is Ready when all are, with a reason for every wait before", () => {
    expect(set.condition("Ready")).toMatchObject({ status: "True", reason: "ReplicasReady" });
    expect(set.condition("Reconciling")).toBeUndefined();
    expect(set.condition("Redundant")).toBeUndefined();
    expect(set.object.status?.decisions?.map(one => one.reason)).toEqual([
      "CreatingObjects",
      "PodAway",
      "CreatingDatabase",
      "PodAway",
      "CreatingDatabase",
      "PodAway",
      "CreatingDatabase",
      "ReplicasReady",
    ]);
  });
});

describe("T100: a database that is Normal", () => {
  it("whose daemon dies is Down, gets its daemon started and is loaded, and is Normal again", () => {
    const set = readySet(3);
    const before = set.events.length;
    set.commands.splice(0);
    set.killDaemon(1);
    set.settle();
    expect(set.commands).toEqual(["startDaemon in sample-1", "loadDatabase in sample-1"]);
    expect(set.podState(1)).toBe("Normal");
    const messages = set.events.slice(before).map(({ type, message }) => `${type} ${message}`);
    expect(messages).toEqual(
      expect.arrayContaining([
        "Normal Pod sample-1 Daemon Down",
        `Warning ${change("sample-1", "Normal", "Down")}`,
        "Warning TimesTenClassic was AllReplicasReady, now SomeReplicasReady",
        "Normal Pod sample-1 Daemon Up",
        `Normal ${change("sample-1", "Down", "Normal")}`,
        "Normal TimesTenClassic was SomeReplicasReady, now AllReplicasReady",
      ]),
    );
  });

  it("which somebody unloaded is loaded again", () => {
    const set = readySet(2);
    set.commands.splice(0);
    set.see(0, unloadedView, { boot: null });
    set.settle();
    expect(set.commands).toEqual(["loadDatabase in sample-0"]);
    expect(set.state).toBe("AllReplicasReady");
  });

  it("which somebody closed is Down until its agent has opened it, without a command", () => {
    const set = readySet(2);
    set.commands.splice(0);
    set.agentsOpen = false;
    set.see(0, closedView);
    set.pass();
    expect([set.podState(0), set.state]).toEqual(["Down", "SomeReplicasReady"]);
    expect(set.condition("Reconciling")).toMatchObject({ reason: "OpeningDatabase" });
    set.agentsOpen = true;
    set.settle();
    expect([set.podState(0), set.state]).toEqual(["Normal", "AllReplicasReady"]);
    expect(set.commands).toEqual([]);
  });

  it("which got a replication scheme is Down, says so, and comes back when it is dropped", () => {
    const set = readySet(1);
    set.see(0, { repScheme: "Exists" });
    set.settle();
    expect([set.podState(0), set.state]).toEqual(["Down", "NoReplicasReady"]);
    expect(set.condition("Stalled")).toMatchObject({ reason: "ReplicationFound" });
    set.see(0, { repScheme: "None" });
    set.settle();
    expect(set.state).toBe("AllReplicasReady");
  });
});

describe("T101: a database that cannot be loaded", () => {
  const fallen = () => {
    const set = readySet(2);
    set.broken.set("loadDatabase", "TT0994: Data store connection terminated");
    set.commands.splice(0);
    set.see(1, unloadedView, { boot: null });
    set.settle();
    return set;
  };

  it("is tried three times and then waits for a person, who is told why", () => {
    const set = fallen();
    expect(set.commands).toEqual(Array(3).fill("loadDatabase in sample-1"));
    expect([set.podState(1), set.state]).toEqual(["ManualInterventionRequired", "SomeReplicasReady"]);
    expect(set.told("RepairGivenUp")).toEqual([
      expect.stringMatching(/LoadDatabase in sample-1 failed 3 times: TT0994/),
    ]);
    expect(set.condition("Stalled")?.message).toMatch(/TT0994.*spec.ttspec.reexamine/);
  });

  it("leaves no replica ready where it was the only one", () => {
    const set = readySet(1);
    set.broken.set("loadDatabase", "TT0994: gone");
    set.see(0, unloadedView, { boot: null });
    set.settle();
    expect(set.state).toBe("NoReplicasReady");
  });

  it("is loaded after a change of reexamine, when the cause is gone", () => {
    const set = fallen();
    set.broken.clear();
    set.change({ reexamine: "1" });
    set.settle();
    expect([set.podState(1), set.state]).toEqual(["Normal", "AllReplicasReady"]);
    expect(set.told("StateChange")).toEqual(
      expect.arrayContaining([
        change("sample-1", "ManualInterventionRequired", "Reexamine"),
        change("sample-1", "Reexamine", "Down"),
        change("sample-1", "Down", "Normal"),
      ]),
    );
  });

  it("gets three attempts anew with each reexamine", () => {
    const set = fallen();
    set.commands.splice(0);
    set.change({ reexamine: "1" });
    set.settle();
    expect(set.commands).toEqual(Array(3).fill("loadDatabase in sample-1"));
    expect(set.podState(1)).toBe("ManualInterventionRequired");
  });
});

describe("T102: a database that is gone", () => {
  const lost = () => {
    const set = readySet(2);
    set.commands.splice(0);
    set.at(0).onDisk = false;
    set.killDaemon(0);
    set.settle();
    return set;
  };

  it("is Terminal, and no empty one is put in its place", () => {
    const set = lost();
    expect(set.commands).toEqual(["startDaemon in sample-0"]);
    expect([set.podState(0), set.state]).toEqual(["Terminal", "SomeReplicasReady"]);
    expect(set.told("DatabaseGone")).toEqual([expect.stringMatching(/sample-0 is gone/)]);
    expect(set.condition("Stalled")).toMatchObject({ reason: "DatabaseGone" });
  });

  it("stays Terminal whatever its pod shows", () => {
    const set = lost();
    set.startPod(0);
    set.settle();
    set.removePod(0);
    set.settle();
    expect(set.podState(0)).toBe("Terminal");
  });

  it("goes on after reexamine when a person has brought it back", () => {
    const set = lost();
    set.at(0).onDisk = true;
    set.see(0, unloadedView);
    set.change({ reexamine: "back" });
    set.settle();
    expect(set.commands.slice(1)).toEqual(["loadDatabase in sample-0"]);
    expect(set.state).toBe("AllReplicasReady");
  });

  it("is made anew, empty, when a person asks for it by reexamine", () => {
    const set = lost();
    set.change({ reexamine: "anew" });
    set.settle();
    expect(set.commands.slice(1)).toEqual(["createDatabase in sample-0"]);
    expect(set.state).toBe("AllReplicasReady");
    expect(set.told("StateChange")).toContain(change("sample-0", "Reexamine", "Initializing"));
  });
});

describe("T103: a database that is Normal and whose agent is silent", () => {
  it("stays Normal and ready for 20 s, and is Down after 40 s", () => {
    const set = readySet(1);
    set.at(0).silentForMs = 20_000;
    set.settle();
    expect([set.podState(0), set.object.status?.podStatus?.[0]?.ready]).toEqual(["Normal", true]);
    expect(set.last?.wakeAfterMs).toBeLessThanOrEqual(10_000);
    set.at(0).silentForMs = 40_000;
    set.settle();
    expect([set.podState(0), set.state]).toEqual(["Down", "NoReplicasReady"]);
    set.at(0).silentForMs = null;
    set.settle();
    expect(set.state).toBe("AllReplicasReady");
  });

  it("is borne as long as unreachableTimeout says", () => {
    const set = readySet(1, { unreachableTimeout: 60 });
    set.at(0).silentForMs = 40_000;
    set.settle();
    expect(set.podState(0)).toBe("Normal");
  });
});
