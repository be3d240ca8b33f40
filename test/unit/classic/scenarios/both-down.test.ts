/** Scenarios T52 to T64: both databases are down. The winner follows from the record and the disks, not from roles. */
import { decide } from "../../../../capabilities/classic/decide/decide";
import type { ObservedPod } from "../../../../capabilities/classic/observation";
import type { TimesTenView } from "../../../../protocol";
import {
  BOOT,
  UID,
  agentState,
  deadActive,
  idleView,
  noPod,
  observation,
  pod,
  record,
  silentPod,
  solo,
  unloadedView,
  type ObservationChange,
} from "../fixtures";
import { normalPair, type SimulatedPair } from "../simulation";
import { condition, passes, since } from "./story";

const rebuilt = ["StandbyDown", "StandbyStarting", "StandbyCatchup", "Normal"];
const winner = (name: string, role: string) =>
  `Based on replication configuration ${name} will be the new 'active'; its previous role was ${role}`;
const NOBODY = "Operator cannot determine Best database";

function bothDie(pair: SimulatedPair): void {
  pair.killDaemon(0);
  pair.killDaemon(1);
}

const overBoth = [0, 1].map(i => ({ podUID: UID[i] ?? "", boot: BOOT[i] ?? "" }));
const closed = record({ n: 6, mode: "Closed", from: 5, ready: false });
/** A database that came back from its own disk. */
const back = (ordinal: 0 | 1, dbId: number, timesten: Partial<TimesTenView> = {}): ObservedPod =>
  pod(ordinal, {
    state: agentState(ordinal, {
      boot: `boot-${ordinal}b`,
      endedBoots: [{ boot: BOOT[ordinal], endedAtMs: 1, how: "daemon died", podUID: "" }],
      timesten: { ...idleView, dbId, ...timesten },
      permission: { obeyedN: 6, mode: "none", closed: true, completeFor: 0, soloEnded: null },
    }),
  });
const loaded = (change: Partial<ObservationChange>) =>
  decide(observation({ state: "ConfiguringActive", record: closed, over: overBoth, ...change }));

it("T52 both die in Normal: BothDown, the active's disk wins and is named, then it serves and the other is rebuilt", () => {
  const pair = normalPair();
  const story = since(pair);
  bothDie(pair);
  pair.settle();
  expect(story().states).toEqual(["BothDown", "WaitingForActive", "ConfiguringActive", ...rebuilt]);
  expect(story().events).toContain(winner("sample-0", "Active"));
  expect(story().events).not.toContain(NOBODY);
  expect(pair.active()).toBe("sample-0");
});

it("T53 (better) a standby that was named but never became the active: the old active's disk wins", () => {
  const pair = normalPair();
  pair.killDaemon(0);
  pair.pass();
  const story = since(pair);
  pair.killDaemon(1);
  pair.settle();
  expect(story().states).toContain("BothDown");
  expect(story().events).toContain(winner("sample-0", "Active"));
  expect(pair.active()).toBe("sample-0");
});

it("T54 (better) the standby's copy is ahead: nobody guesses, a person decides", () => {
  const d = loaded({ pods: [back(0, 3), back(1, 9)] });
  expect(d).toMatchObject({
    state: "ManualInterventionRequired",
    recordWrite: null,
    reasons: [{ reason: "StandbyAhead" }],
  });
  expect(d.events.map(event => event.message)).toContain(NOBODY);
});

it("T55 (better) two-safe that was weakened is shown for ever; the disks are compared all the same", () => {
  const weak = { usingTwosafe: true, disableReturn: true };
  const pair = normalPair();
  pair.tell(0, weak);
  pair.pass();
  pair.tell(0, { usingTwosafe: true, disableReturn: false });
  pair.pass();
  expect(pair.status).toMatchObject({ usingTwosafe: true, bothDownRecoveryIneligible: true });
  expect(loaded({ pods: [back(0, 3, weak), back(1, 3, weak)] }).recordWrite?.value).toMatchObject({
    mode: "Solo",
    writer: { podUID: UID[0], boot: "boot-0b" },
  });
});

it("T56 both down in StandbyDown: the disk of the active that was alone wins", () => {
  const pair = normalPair();
  pair.killDaemon(1);
  while (pair.status.highLevelState !== "StandbyDown") pair.pass();
  const story = since(pair);
  pair.killDaemon(0);
  pair.settle();
  expect(story().states.slice(0, 3)).toEqual(["BothDown", "WaitingForActive", "ConfiguringActive"]);
  expect(story().events).toContain(winner("sample-0", "Active"));
  expect(pair.active()).toBe("sample-0");
});

it("T57 (better) and in StandbyCatchup, whatever the return service: only the active has everything", () => {
  const pair = normalPair();
  pair.killDaemon(1);
  while (pair.status.highLevelState !== "StandbyCatchup") pair.pass();
  bothDie(pair);
  pair.settle();
  expect(pair.active()).toBe("sample-0");
  expect(pair.status.highLevelState).toBe("Normal");
});

describe("T58 bothDownBehavior: Manual", () => {
  function manual(): SimulatedPair {
    const pair = normalPair();
    pair.ttspec = { bothDownBehavior: "Manual" };
    return pair;
  }

  it("is BothDown, then ManualInterventionRequired; no winner, nothing written, no command", () => {
    const pair = manual();
    const story = since(pair);
    bothDie(pair);
    passes(pair, 20);
    expect(story()).toMatchObject({
      states: ["BothDown", "ManualInterventionRequired"],
      records: [],
      commands: [],
    });
    expect(story().events.join()).not.toContain("Based on replication configuration");
    expect(pair.written.filter(event => event.reason === "BothDownManual")).toHaveLength(1);
    expect(pair.status.managementStopped).toBe("BothDown");
    expect(condition(pair, "Stalled")).toBe("True");
  });

  it("goes on as Best would when reexamine changes", () => {
    const pair = manual();
    bothDie(pair);
    passes(pair, 5);
    const story = since(pair);
    pair.ttspec = { ...pair.ttspec, reexamine: "1" };
    pair.settle();
    expect(story().states.slice(0, 2)).toEqual(["Reexamine", "ConfiguringActive"]);
    expect(pair.status.highLevelState).toBe("Normal");
    expect(pair.active()).toBe("sample-0");
  });

  it("does not concern the loss of one", () => {
    const pair = manual();
    pair.killDaemon(0);
    pair.settle();
    expect(pair.status.highLevelState).toBe("Normal");
    expect(pair.active()).toBe("sample-1");
  });

  it("is no reason to stop a writer that lives and is only named again", () => {
    const o = observation({ state: "ActiveDown", record: closed });
    o.object.spec.ttspec.bothDownBehavior = "Manual";
    expect(decide(o)).toMatchObject({
      state: "ConfiguringActive",
      recordWrite: { value: { mode: "Solo", writer: { podUID: UID[0] } } },
    });
  });
});

describe("WaitingForActive", () => {
  const n = 6;
  const over = [overBoth[0]!];
  const at = (a: ObservedPod, s: ObservedPod, rest: Partial<ObservationChange> = {}) =>
    decide(observation({ state: "WaitingForActive", record: solo({ n }), pods: [a, s], over, ...rest }));
  const loser = pod(1, { state: agentState(1, { permission: { obeyedN: n, completeFor: 0 } }) });

  it("T59 stays while only the loser is there", () => {
    expect(at(noPod(0), loser)).toMatchObject({ state: "WaitingForActive", recordWrite: null, commands: [] });
    expect(at(silentPod(0, 90_000), loser).state).toBe("WaitingForActive");
  });

  it("T59 is shown as a person's matter after ten minutes, and goes on all the same", () => {
    const status = { lastHighLevelStateSwitch: -600 };
    expect(at(noPod(0), loser, { status }).state).toBe("ManualInterventionRequired");
    const later = decide(
      observation({
        state: "ManualInterventionRequired",
        record: solo({ n }),
        pods: [deadActive(0, { permission: { obeyedN: n, soloed: n } }), loser],
        over,
      }),
    );
    expect(later.state).toBe("ConfiguringActive");
  });

  it("T60 is left for ConfiguringActive when the winner's agent answers", () => {
    const answers = deadActive(0, { permission: { obeyedN: n, soloed: n } });
    expect(at(answers, loser).state).toBe("ConfiguringActive");
  });
});

describe("ConfiguringActive", () => {
  const n = 6;
  const over = [overBoth[0]!];
  const at = (a: ObservedPod, rest: Partial<ObservationChange> = {}) =>
    decide(
      observation({ state: "ConfiguringActive", record: solo({ n }), pods: [a, noPod(1)], over, ...rest }),
    );
  const dead = (timesten: Partial<TimesTenView>) =>
    deadActive(0, { timesten, permission: { obeyedN: n, soloed: n } });
  const verbs = (a: ObservedPod) => at(a).commands.map(one => one.command.verb);

  it("T61 starts the daemon, loads the database, names its new life and then StandbyDown", () => {
    expect(verbs(dead({ daemon: "Down" }))).toEqual(["startDaemon"]);
    expect(verbs(dead({ ...unloadedView }))).toEqual(["loadDatabase"]);
    const again = back(0, 3);
    expect(at(again).recordWrite?.value).toMatchObject({
      n: 7,
      mode: "Solo",
      writer: { boot: "boot-0b" },
    });
    const serving = pod(0, { state: agentState(0, { permission: { obeyedN: n, soloed: n } }) });
    expect(at(serving, { over: [] }).state).toBe("StandbyDown");
  });

  it("T62 (better) a former standby that goes on keeps its scheme: nothing is dropped", () => {
    const pair = normalPair();
    pair.killDaemon(0);
    pair.settle();
    pair.killDaemon(0);
    while (pair.status.highLevelState !== "StandbyDown") pair.pass();
    const story = since(pair);
    pair.killDaemon(1);
    pair.settle();
    expect(pair.active()).toBe("sample-1");
    expect(story().commands).not.toContain("1 createScheme");
  });

  it("T63 (better) waits for a database that is still loading", () => {
    expect(at(dead({ ...unloadedView, db: "Loading" })).state).toBe("ConfiguringActive");
  });

  it("T64 (better) waits for a database that does not become the active yet, and says when it takes too long", () => {
    const named = pod(0, {
      state: agentState(0, { timesten: idleView, permission: { obeyedN: n, soloed: 4, mode: "none" } }),
    });
    expect(at(named, { over: [] }).state).toBe("ConfiguringActive");
    const late = at(named, { over: [], status: { lastHighLevelStateSwitch: -2_000 } });
    expect(late.state).toBe("ConfiguringActive");
    expect(late.conditions.Stalled).toMatchObject({ reason: "WaitTooLong" });
  });
});
