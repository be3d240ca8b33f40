/** Whole stories, decision by decision: which states, records and Events follow each other. */
import { normalPair, SimulatedPair } from "./simulation";

/** Everything that happened after this moment. */
function since(pair: SimulatedPair): {
  states: () => string[];
  records: () => string[];
  events: () => string[];
  routes: () => (string | null)[];
} {
  const from = [pair.states.length, pair.records.length, pair.events.length, pair.routes.length] as const;
  return {
    states: () => pair.states.slice(from[0]),
    records: () => pair.records.slice(from[1]),
    events: () => pair.events.slice(from[2]),
    routes: () => pair.routes.slice(from[3]),
  };
}

const failover = [
  "ActiveDown",
  "ActiveTakeover",
  "StandbyDown",
  "StandbyStarting",
  "StandbyCatchup",
  "Normal",
];
const standbyLoss = ["ActiveTakeover", "StandbyDown", "StandbyStarting", "StandbyCatchup", "Normal"];

describe("creation", () => {
  it("goes from Initializing to Normal by Solo, Pair and ready", () => {
    const pair = normalPair();
    expect(pair.states).toEqual(["Initializing", "Normal"]);
    expect(pair.records).toEqual(["Solo(1)", "Pair(2)", "Pair(2) ready"]);
    expect(pair.routes).toEqual(["sample-0"]);
    expect(pair.active()).toBe("sample-0");
  });

  it("tells each pod's way in the catalogue's words", () => {
    const { events } = normalPair();
    expect(events).toEqual(
      expect.arrayContaining([
        "Pod sample-0 Agent Up",
        "Pod sample-0 Release 18.1.4.4.0",
        "Pod sample-0 Daemon Up",
        "Pod sample-0 Database Loaded",
        "Pod sample-0 RepScheme Exists",
        "Pod sample-0 RepState ACTIVE",
        "Pod sample-0 Database Updatable",
        "Pod sample-0 RepAgent Running",
        "Pod sample-1 Database Loaded",
        "Pod sample-1 RepState STANDBY",
        "TimesTenClassic was Initializing, now Normal",
      ]),
    );
    expect(events.at(-1)).toBe("TimesTenClassic was Initializing, now Normal");
  });

  it("starts over when the first active dies on the way, still Initializing", () => {
    const pair = new SimulatedPair();
    pair.startPod(0);
    pair.startPod(1);
    while (pair.record === null) pair.pass();
    pair.killDaemon(0);
    pair.settle();
    expect(pair.states).toEqual(["Initializing", "Normal"]);
    expect(pair.records[0]).toBe("Solo(1)");
    expect(pair.records[1]).toBe("Solo(2)");
  });
});

describe("failover", () => {
  it("walks through every state when the active's daemon dies, and the old active becomes the standby", () => {
    const pair = normalPair();
    const story = since(pair);
    pair.killDaemon(0);
    pair.settle();
    expect(story.states()).toEqual(failover);
    expect(story.records()).toEqual(["Solo(3)", "Pair(4)", "Pair(4) ready"]);
    expect(story.routes()).toEqual(["sample-1"]);
    expect(pair.active()).toBe("sample-1");
    expect(pair.status.podStatus?.map(pod => pod.intendedState)).toEqual(["Standby", "Active"]);
  });

  it("works both ways", () => {
    const pair = normalPair();
    pair.killDaemon(0);
    pair.settle();
    const back = since(pair);
    pair.killDaemon(1);
    pair.settle();
    expect(back.states()).toEqual(failover);
    expect(pair.active()).toBe("sample-0");
    expect(pair.status.highLevelState).toBe("Normal");
  });

  it("follows the deletion of the active's pod and takes its successor as the standby", () => {
    const pair = normalPair();
    const story = since(pair);
    pair.deletePod(0);
    pair.pass();
    pair.pass();
    pair.startPod(0);
    pair.settle();
    expect(story.states()).toEqual(failover);
    expect(pair.active()).toBe("sample-1");
  });

  it("says every change of state once, in order", () => {
    const pair = normalPair();
    const story = since(pair);
    pair.killDaemon(0);
    pair.settle();
    expect(story.events().filter(message => message.startsWith("TimesTenClassic"))).toEqual([
      "TimesTenClassic was Normal, now ActiveDown",
      "TimesTenClassic was ActiveDown, now ActiveTakeover",
      "TimesTenClassic was ActiveTakeover, now StandbyDown",
      "TimesTenClassic was StandbyDown, now StandbyStarting",
      "TimesTenClassic was StandbyStarting, now StandbyCatchup",
      "TimesTenClassic was StandbyCatchup, now Normal",
    ]);
  });

  it("carries its stopwatch from the failure to redundancy", () => {
    const pair = normalPair();
    pair.killDaemon(0);
    pair.settle();
    const { lastFailover } = pair.status;
    expect(lastFailover).toMatchObject({
      kind: "failover",
      from: "sample-0",
      to: "sample-1",
      epoch: 3,
      recordNumber: 3,
    });
    const { failedAt, seenAt, provenAt, promotedAt, routedAt, redundantAt } = lastFailover ?? {};
    const times = [failedAt, seenAt, provenAt, promotedAt, routedAt, redundantAt].map(time =>
      Date.parse(time ?? ""),
    );
    expect(times.every(Number.isFinite)).toBe(true);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  it("counts Events as many as were written", () => {
    const pair = normalPair();
    pair.killDaemon(0);
    pair.settle();
    expect(pair.status.lastEvent).toBe(pair.events.length);
  });
});

describe("loss of the standby", () => {
  it("is ActiveTakeover, StandbyDown and a rebuild, while the active serves", () => {
    const pair = normalPair();
    const story = since(pair);
    pair.killDaemon(1);
    pair.settle();
    expect(story.states()).toEqual(standbyLoss);
    expect(story.records()).toEqual(["Solo(3)", "Pair(4)", "Pair(4) ready"]);
    expect(story.routes()).toEqual([]);
    expect(pair.active()).toBe("sample-0");
  });

  it("is the same for its pod", () => {
    const pair = normalPair();
    const story = since(pair);
    pair.deletePod(1);
    pair.pass();
    pair.startPod(1);
    pair.settle();
    expect(story.states()).toEqual(standbyLoss);
  });
});

describe("loss of both", () => {
  it("goes on from the disk of the active that was alone", () => {
    const pair = normalPair();
    const story = since(pair);
    pair.killDaemon(1);
    while (pair.status.highLevelState !== "StandbyDown") pair.pass();
    pair.killDaemon(0);
    pair.settle();
    expect(story.states()).toEqual([
      "ActiveTakeover",
      "StandbyDown",
      "BothDown",
      "WaitingForActive",
      "ConfiguringActive",
      "StandbyDown",
      "StandbyStarting",
      "StandbyCatchup",
      "Normal",
    ]);
    expect(pair.active()).toBe("sample-0");
  });

  it("goes on from the active's disk, by way of Closed, when both die at once", () => {
    const pair = normalPair();
    const story = since(pair);
    pair.killDaemon(0);
    pair.killDaemon(1);
    pair.settle();
    expect(story.records()).toEqual(["Closed(3)", "Solo(4)", "Pair(5)", "Pair(5) ready"]);
    expect(pair.status.highLevelState).toBe("Normal");
    expect(pair.active()).toBe("sample-0");
  });

  it("takes a promotion back when the standby dies before it became the active", () => {
    const pair = normalPair();
    const story = since(pair);
    pair.killDaemon(0);
    pair.pass();
    expect(pair.records.at(-1)).toBe("Solo(3)");
    pair.killDaemon(1);
    pair.settle();
    expect(story.records().slice(0, 3)).toEqual(["Solo(3)", "Closed(4)", "Solo(5)"]);
    expect(pair.status.highLevelState).toBe("Normal");
    expect(pair.active()).toBe("sample-0");
  });
});
