/** Scenarios T15 to T26 and T48 to T51: the standby fails and is made anew. */
import { decide } from "../../../../capabilities/classic/decide/decide";
import { UID, agentState, deadActive, noPod, observation, pod, record, silentPod } from "../fixtures";
import { normalPair } from "../simulation";
import { decideCell, worlds, type Answer } from "./matrix";
import { passes, since } from "./story";

/** @returns the state that follows, and the mode of the record written, as in docs/states.md */
function outcome(name: string, a: Answer, s: Answer): [string, string | null] {
  const world = worlds.find(one => one.name.startsWith(name));
  if (world === undefined) throw new Error(`no world ${name}`);
  const d = decideCell(world, a, s);
  return [d.state, d.recordWrite?.value.mode ?? null];
}

it("T15 a standby that is complete at once leads from StandbyDown to Normal directly", () => {
  const d = decide(observation({ state: "StandbyDown", record: record({ ready: false }) }));
  expect(d).toMatchObject({ state: "Normal", recordWrite: { value: { ready: true } } });
});

it("T16 one that recovers leads by StandbyStarting and StandbyCatchup", () => {
  const pair = normalPair();
  const story = since(pair);
  pair.killDaemon(1);
  pair.settle();
  expect(story().states).toEqual([
    "ActiveTakeover",
    "StandbyDown",
    "StandbyStarting",
    "StandbyCatchup",
    "Normal",
  ]);
});

it("T16 one that recovers within pollingInterval leads from StandbyDown to Normal, as the documents show it", () => {
  const pair = normalPair();
  pair.recoveringPasses = 2;
  const story = since(pair);
  pair.killDaemon(1);
  pair.settle();
  expect(story().states).toEqual(["ActiveTakeover", "StandbyDown", "Normal"]);
});

it("T17 a new standby that fails in StandbyStarting is StandbyDown again", () => {
  expect(outcome("StandbyStarting", "Healthy", "Down")[0]).toBe("StandbyDown");
});

it("T18 so it is in StandbyCatchup", () => {
  expect(outcome("StandbyCatchup", "Healthy", "Down")).toEqual(["StandbyDown", "Solo"]);
});

it("T19 (better) StandbyCatchup, the active dies: promoted only if the standby has everything", () => {
  expect(outcome("StandbyCatchup", "Down", "Healthy")).toEqual(["BothDown", null]);
  const over = [{ podUID: UID[0], boot: "boot-0" }];
  const ready = observation({ state: "StandbyCatchup", pods: [deadActive(), pod(1)], over });
  expect(decide(ready)).toMatchObject({ state: "ActiveDown", recordWrite: { value: { from: 5 } } });
});

it("T20 StandbyCatchup, both down: BothDown", () => {
  expect(outcome("StandbyCatchup", "Down", "Down")).toEqual(["BothDown", null]);
});

it("T21 (better) StandbyCatchup, the active down and the standby behind: the active's disk is waited for", () => {
  expect(outcome("StandbyCatchup", "Down", "CatchingUp")).toEqual(["BothDown", null]);
});

it("T22 (better) and in StandbyStarting", () => {
  expect(outcome("StandbyStarting", "Down", "CatchingUp")).toEqual(["BothDown", null]);
});

it("T23 (better) an active silent for a moment changes nothing in StandbyStarting", () => {
  expect(outcome("StandbyStarting", "Unknown", "Healthy")).toEqual(["StandbyStarting", null]);
});

it("T24 the standby is lost in Normal: ActiveTakeover, then StandbyDown, the active serves on", () => {
  expect(outcome("Normal", "Healthy", "Down")).toEqual(["ActiveTakeover", "Solo"]);
  const pair = normalPair();
  pair.killDaemon(1);
  const story = since(pair);
  while (pair.status.highLevelState !== "StandbyDown") {
    pair.pass();
    expect(pair.active()).toBe("sample-0");
  }
  expect(story().states).toEqual(["ActiveTakeover", "StandbyDown"]);
});

it("T25 (better) the active alone says that its peer failed: the standby gets repStateTimeout to be heard again", () => {
  expect(outcome("Normal", "OtherDown", "Healthy")).toEqual(["Normal", null]);
});

it("T26 the active says so and the standby is down: the active goes on alone", () => {
  expect(outcome("Normal", "OtherDown", "Down")).toEqual(["ActiveTakeover", "Solo"]);
});

it("T48 a duplicate that fails three times is counted and told three times, with growing pauses", () => {
  const pair = normalPair();
  pair.failing.add("duplicate");
  pair.killDaemon(1);
  const passesUntil: number[] = [];
  for (let count = 1; count <= 3; count++) {
    let needed = 0;
    while (pair.status.repStartFailCount !== count && needed < 50) {
      pair.pass();
      needed++;
    }
    passesUntil.push(needed);
  }
  expect(pair.status).toMatchObject({ highLevelState: "StandbyDown", repStartFailCount: 3 });
  expect(passesUntil[2]).toBeGreaterThan(passesUntil[1] ?? 0);
  const told = pair.events.filter(text => text.startsWith("Standby:"));
  expect(told).toEqual([1, 2, 3].map(n => `Standby: Duplicate unsuccessful. Count: ${n}`));
});

it("T49 then it succeeds: told, and the count is 0", () => {
  const pair = normalPair();
  pair.failing.add("duplicate");
  pair.killDaemon(1);
  passes(pair, 8);
  pair.failing.clear();
  pair.wait(60_000);
  pair.settle();
  expect(pair.status).toMatchObject({ highLevelState: "Normal", repStartFailCount: 0 });
  expect(pair.events).toContain("Standby: Replication started successfully");
});

it("T50 (better) StandbyDown, a STANDBY that the active has left behind is rebuilt, not believed", () => {
  expect(outcome("StandbyDown", "OtherDown", "Healthy")).toEqual(["StandbyDown", null]);
});

it("T51 (better) a standby without its instance leaves the active serving", () => {
  expect(outcome("StandbyDown", "Healthy", "Terminal")).toEqual(["StandbyDown", null]);
});

it("T51 and is told as stalled when it lasts", () => {
  const status = { lastHighLevelStateSwitch: -2_000 };
  const writer = pod(0, {
    state: agentState(0, { permission: { obeyedN: 6, soloed: 6 } }),
  });
  for (const peer of [noPod(1), silentPod(1, 90_000)]) {
    const solo6 = record({ n: 6, mode: "Solo", standby: null, ready: false });
    const d = decide(observation({ state: "StandbyDown", status, record: solo6, pods: [writer, peer] }));
    expect(d.state).toBe("StandbyDown");
    expect(d.conditions.Stalled).toMatchObject({ reason: "WaitTooLong" });
    expect(d.conditions.Ready.status).toBe("True");
  }
});
