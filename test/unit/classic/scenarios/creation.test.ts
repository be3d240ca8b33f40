/** Scenarios T1 to T11 but those of cache groups: a pair is made for the first time. */
import { decide } from "../../../../capabilities/classic/decide/decide";
import { makeReport } from "../../../../capabilities/classic/report/report";
import { agentState, daemonDownView, emptyView, noPod, observation, pod, silentPod } from "../fixtures";
import { SimulatedPair, normalPair } from "../simulation";
import { condition, passes } from "./story";

const nobody = {
  obeyedN: 0,
  soloed: 0,
  mode: "none" as const,
  closed: true,
  completeFor: 0,
  soloEnded: null,
};
const fresh = (ordinal: 0 | 1, timesten = emptyView) =>
  pod(ordinal, {
    roleLabel: null,
    state: agentState(ordinal, { boot: null, timesten, permission: nobody }),
  });
const founding = { record: null, rest: { routed: null } };
const verbs = (o: ReturnType<typeof observation>) =>
  decide(o).commands.map(({ ordinal, command }) => `${ordinal} ${command.verb}`);

function started(): SimulatedPair {
  const pair = new SimulatedPair();
  pair.startPod(0);
  pair.startPod(1);
  return pair;
}

it("T1 a new object gets its objects and shows Initializing, roles meant, no active", () => {
  const o = observation({ ...founding, state: "", status: { podStatus: [] }, pods: [noPod(0), noPod(1)] });
  const missing = { ...o, owned: o.owned.map(one => ({ ...one, presence: "missing" as const })) };
  const d = decide(missing);
  expect(d.effects.map(effect => (effect.do === "create" ? effect.kind : ""))).toEqual(
    expect.arrayContaining(["Secret", "headless Service", "StatefulSet", "PodDisruptionBudget"]),
  );
  const done = { routedAtMs: null, nowMs: 100_000, operatorName: "operator-0" };
  const { status, events } = makeReport(missing, d, done, new Map(), []);
  expect(status).toMatchObject({ highLevelState: "Initializing", activePods: "None", statusVersion: "1.0" });
  expect(status.podStatus?.map(one => one.intendedState)).toEqual(["Active", "Standby"]);
  expect(status.podStatus?.map(one => one.highLevelState)).toEqual(["Initializing", "Initializing"]);
  expect(events).toEqual([]);
});

it("T2 daemons that are down are started on both sides", () => {
  const o = observation({
    ...founding,
    state: "Initializing",
    pods: [fresh(0, daemonDownView), fresh(1, daemonDownView)],
  });
  expect(verbs(o)).toEqual(["0 startDaemon", "1 startDaemon"]);
  expect(decide(o).state).toBe("Initializing");
});

it("T3 the first active is made step by step: database, scheme, replication, epilog", () => {
  const own = normalPair().commands.filter(text => text.startsWith("0 "));
  expect(own.map(text => text.slice(2))).toEqual([
    "createDatabase",
    "createScheme",
    "startRepAgent",
    "runEpilog",
  ]);
});

it("T5 no duplicate before the active serves", () => {
  const o = observation({ ...founding, state: "Initializing", pods: [fresh(0), fresh(1)] });
  expect(verbs(o)).toEqual(["0 createDatabase"]);
});

it("T6 then the standby is duplicated and replication is started", () => {
  const { commands } = normalPair();
  const standby = commands.filter(text => text.startsWith("1 "));
  expect(standby).toEqual(["1 duplicate", "1 startRepAgent"]);
  expect(commands.indexOf("1 duplicate")).toBeGreaterThan(commands.indexOf("0 runEpilog"));
});

it("T7 both fit: Normal, with its Event, and clients are led to the active", () => {
  const pair = normalPair();
  expect(pair.status.highLevelState).toBe("Normal");
  expect(pair.events.at(-1)).toBe("TimesTenClassic was Initializing, now Normal");
  expect(pair.routes).toEqual(["sample-0"]);
});

it("T8 (better) a step that fails is tried again with a pause, told, and Normal is reached once it works", () => {
  const pair = started();
  pair.failing.add("createDatabase");
  passes(pair, 5);
  expect(pair.status.highLevelState).toBe("Initializing");
  expect(pair.commands.length).toBeLessThan(5);
  expect(pair.events).toContain("CreateDb error: TT0000: it cannot be");
  expect(condition(pair, "Stalled")).toBe("True");
  pair.failing.clear();
  pair.wait(60_000);
  pair.settle();
  expect(pair.status.highLevelState).toBe("Normal");
});

it("T9 an epilog that fails is told and not tried again", () => {
  const pair = started();
  pair.failing.add("runEpilog");
  pair.settle();
  expect(pair.status.highLevelState).toBe("Normal");
  expect(pair.commands.filter(text => text.endsWith("runEpilog"))).toHaveLength(1);
  expect(pair.events).toContain("CreateRepEpilog error: TT0000: it cannot be");
});

it("T10 (better) a pod that is replaced on the way starts over", () => {
  const pair = started();
  while (pair.record === null) pair.pass();
  pair.deletePod(0);
  pair.pass();
  pair.startPod(0);
  pair.settle();
  expect(pair.states).toEqual(["Initializing", "Normal"]);
});

it("T11 (better) Failed, as another operator may have left it, is not for ever", () => {
  const pair = normalPair();
  pair.status = { ...pair.status, highLevelState: "Failed" };
  pair.settle();
  expect(pair.status.highLevelState).toBe("Normal");
});

it("Initializing waits for agents as long as it takes, and says after its limit that it does", () => {
  const o = observation({
    ...founding,
    state: "Initializing",
    status: { lastHighLevelStateSwitch: -2_000 },
    pods: [silentPod(0, 60_000, { state: null }), noPod(1)],
  });
  const d = decide(o);
  expect(d.state).toBe("Initializing");
  expect(d.conditions.Stalled).toMatchObject({ status: "True", reason: "WaitTooLong" });
  expect(d.reasons.map(one => one.reason)).toContain("WaitTooLong");
});
