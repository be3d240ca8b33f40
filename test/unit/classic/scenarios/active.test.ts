/** Scenarios T12 to T14 and T27 to T47: the active fails, or only seems to. */
import { decide } from "../../../../capabilities/classic/decide/decide";
import type { Decision } from "../../../../capabilities/classic/decision";
import type { ObservedPod } from "../../../../capabilities/classic/observation";
import type { AgentState, TimesTenView } from "../../../../protocol";
import {
  BOOT,
  UID,
  agentState,
  deadActive,
  noPod,
  observation,
  pod,
  promotion,
  record,
  silentPod,
  solo,
  type ObservationChange,
} from "../fixtures";
import { normalPair } from "../simulation";
import { since } from "./story";

const over = [{ podUID: UID[0], boot: BOOT[0] }];
const finite: Partial<AgentState["permission"]> = { mode: "finite" };
const active = (timesten: Partial<TimesTenView> = {}, change: Partial<ObservedPod["agent"]> = {}) =>
  pod(0, { state: agentState(0, { timesten, permission: finite }), agent: change });
const standby = (timesten: Partial<TimesTenView> = {}, permission: Partial<AgentState["permission"]> = {}) =>
  pod(1, { state: agentState(1, { timesten, permission }) });
const waited = () => standby({}, { waitedFor: 5 });
const normal = (a: ObservedPod, s: ObservedPod = standby(), change: Partial<ObservationChange> = {}) =>
  decide(observation({ pods: [a, s], ...change }));
const verbs = (d: Decision) => d.commands.map(({ ordinal, command }) => `${ordinal} ${command.verb}`);

it("T12 the active's daemon is down: ActiveDown in the same pass, the role is taken from it", () => {
  const d = normal(deadActive(), standby(), { over });
  expect(d).toMatchObject({ state: "ActiveDown", recordWrite: { value: { mode: "Solo", from: 5 } } });
  expect(d.roles[0]).toBeNull();
  expect(d.podStates).toEqual(["Down", "Healthy"]);
});

it("T13 the standby becomes the active: ActiveTakeover, roles swapped, the former role kept to be read", () => {
  const pair = normalPair();
  pair.killDaemon(0);
  while (pair.status.highLevelState !== "ActiveTakeover") pair.pass();
  expect(pair.active()).toBe("sample-1");
  expect(pair.status.podStatus?.map(one => one.intendedState)).toEqual(["Standby", "Active"]);
  expect(pair.status.podStatus?.map(one => one.prevIntendedState)).toEqual(["Active", "Standby"]);
});

it("T14 (better) then StandbyDown, clients led to the new active once, the old daemon is not stopped", () => {
  const pair = normalPair();
  const story = since(pair);
  pair.killDaemon(0);
  while (pair.status.highLevelState !== "StandbyDown") pair.pass();
  expect(story().states).toEqual(["ActiveDown", "ActiveTakeover", "StandbyDown"]);
  expect(story().effects.filter(effect => effect === "route")).toHaveLength(1);
  expect(story().commands.filter(text => text.includes("stop"))).toEqual([]);
});

it("T27 (better) a standby that believes the active failed demotes nobody", () => {
  expect(normal(active(), standby({ repPeerState: "failed" }))).toMatchObject({
    state: "Normal",
    recordWrite: null,
    podStates: ["Healthy", "OtherDown"],
  });
});

it("T28 (better) both believing so for a moment changes nothing; lasting, the active goes on alone", () => {
  const failed = { repPeerState: "failed" } as const;
  expect(normal(active(failed), standby(failed))).toMatchObject({
    state: "Normal",
    podStates: ["OtherDown", "OtherDown"],
  });
  const lasting = pod(1, {
    state: agentState(1, { timesten: failed }),
    agent: { repStateForMs: 30_000 },
  });
  expect(normal(active(failed), lasting)).toMatchObject({
    state: "ActiveTakeover",
    recordWrite: { value: { mode: "Solo", writer: { podUID: UID[0] } } },
  });
});

it("T29 (better) an active without its instance is replaced by its complete standby", () => {
  const gone = deadActive(0, { timesten: { instance: "Missing" } });
  expect(normal(gone, standby(), { over })).toMatchObject({
    state: "ActiveDown",
    podStates: ["Terminal", "Healthy"],
    recordWrite: { value: { mode: "Solo", writer: { podUID: UID[1] } } },
  });
});

it("T30 an active that is silent for a moment stays Normal, role and route untouched", () => {
  for (const s of [standby(), silentPod(1, 2_000), deadActive(1)]) {
    const d = normal(silentPod(0, 2_000), s);
    expect(d).toMatchObject({ state: "Normal", recordWrite: null });
    expect(d.podStates[0]).toBe("Unknown");
    expect(d.roles[0]).toBe("active");
    expect(d.effects.filter(effect => effect.do === "route")).toEqual([]);
  }
});

it("T31 (better) a dead active and a silent standby: ActiveDown is shown, nobody is promoted unheard", () => {
  expect(normal(deadActive(), silentPod(1, 2_000), { over })).toMatchObject({
    state: "ActiveDown",
    recordWrite: null,
  });
});

it("T32 silence within and beyond unreachableTimeout is Unknown and Down", () => {
  expect(normal(silentPod(0, 29_999)).podStates[0]).toBe("Unknown");
  const beyond = normal(silentPod(0, 31_000));
  expect(beyond).toMatchObject({ state: "ActiveDown", recordWrite: null });
  expect(beyond.podStates[0]).toBe("Down");
  expect(beyond.reasons[0]?.message).toContain("no proof");
});

it("T33 RECOVERING within and beyond repStateTimeout", () => {
  const recovering = (repStateForMs: number) => active({ repState: "RECOVERING" }, { repStateForMs });
  expect(normal(recovering(29_000))).toMatchObject({ state: "Normal", podStates: ["Unknown", "Healthy"] });
  expect(normal(recovering(30_000)).state).toBe("ActiveDown");
  const timeout = (ms: number) => {
    const o = observation({ pods: [recovering(10_000), standby()] });
    return decide({ ...o, settings: { ...o.settings, repStateTimeoutMs: ms } }).state;
  };
  expect([timeout(9_000), timeout(11_000)]).toEqual(["ActiveDown", "Normal"]);
});

it("T34 (better) a paused peer is no failure", () => {
  expect(normal(active({ repPeerState: "pause" }))).toMatchObject({ state: "Normal", recordWrite: null });
});

it("T35 (better) an active that is closed is not replaced: its agent opens it again", () => {
  expect(normal(active({ open: false }))).toMatchObject({
    state: "Normal",
    recordWrite: null,
    podStates: ["Unknown", "Healthy"],
  });
});

it("T36 (better) an active that shuts down hands over", () => {
  const leaving = pod(0, { state: agentState(0, { stopping: true, permission: finite }) });
  expect(normal(leaving)).toMatchObject({ state: "ActiveDown", recordWrite: { value: { mode: "Closed" } } });
});

it("T37 (better) an unknown RepState of the active is Unknown, not a new creation", () => {
  expect(normal(active({ repState: "Unknown" }))).toMatchObject({
    state: "Normal",
    podStates: ["Unknown", "Healthy"],
  });
});

describe("T38 (better) the active's container crashes again and again", () => {
  const crashing = silentPod(0, 1_000, {
    container: { containerID: "c", running: false, waitingReason: "CrashLoopBackOff", restartCount: 4 },
  });

  it("is a failover as soon as the kubelet says how it ended", () => {
    const d = normal(crashing, standby(), { over: [{ ...over[0]!, how: "kubelet" }] });
    expect(d).toMatchObject({ state: "ActiveDown", recordWrite: { value: { mode: "Solo" } } });
    expect(d.podStates[0]).toBe("Down");
  });

  it("or as soon as its grants have run out", () => {
    expect(normal(crashing, waited()).recordWrite?.value).toMatchObject({ mode: "Solo", from: 5 });
  });
});

describe("T39 (better) the active's pod object is missing", () => {
  it("is Down at once, and a failover when it is certain that it cannot write", () => {
    expect(normal(noPod(0)).podStates[0]).toBe("Down");
    expect(normal(noPod(0)).recordWrite).toBeNull();
    expect(normal(noPod(0), waited())).toMatchObject({
      state: "ActiveDown",
      recordWrite: { value: { mode: "Solo", writer: { podUID: UID[1] } } },
    });
  });
});

it("T40 (better) the active's pod was replaced: the new one is not the writer, whatever it says", () => {
  const replaced = pod(0, { uid: "uid-new", phase: "Pending", state: null, container: null });
  expect(normal(replaced).recordWrite).toBeNull();
  expect(normal(replaced, waited()).recordWrite?.value.writer.podUID).toBe(UID[1]);
});

it("T41 (better) the active's node is gone: promoted when the standby has waited, not after unreachableTimeout", () => {
  expect(normal(silentPod(0, 8_000), waited()).recordWrite?.value).toMatchObject({ mode: "Solo", from: 5 });
});

describe("ActiveDown", () => {
  const down = (a: ObservedPod, s: ObservedPod, change: Partial<ObservationChange> = {}) =>
    decide(observation({ state: "ActiveDown", pods: [a, s], over, ...change }));
  const named = { record: promotion() };

  it("T42 waits for a silent standby and promotes it when it answers", () => {
    expect(down(deadActive(), silentPod(1, 2_000))).toMatchObject({ state: "ActiveDown", recordWrite: null });
    expect(down(deadActive(), standby()).recordWrite?.value.mode).toBe("Solo");
  });

  it("T43 with the standby down as well is BothDown", () => {
    expect(down(deadActive(), deadActive(1)).state).toBe("BothDown");
  });

  it("T44 a promotion that is refused is given up: BothDown, the old active's disk goes on", () => {
    const refusing = standby({}, { obeyedN: 6, refused: { n: 6, reason: "not complete" } });
    expect(down(deadActive(), refusing, named)).toMatchObject({
      state: "BothDown",
      recordWrite: { value: { mode: "Closed" } },
    });
  });

  it("T45 (better) a standby that is ACTIVE already completes the failover", () => {
    const promoted = standby({ repState: "ACTIVE", open: true }, { obeyedN: 6, soloed: 6, mode: "endless" });
    expect(down(deadActive(), promoted, named)).toMatchObject({
      state: "ActiveTakeover",
      recordWrite: null,
      roles: [null, "active"],
    });
  });

  it("T46 (better) the old active, reachable, is not waited for and gets no command", () => {
    const closed = record({ n: 6, mode: "Closed", from: 5, ready: false });
    const old = pod(0, {
      state: agentState(0, { stopping: true, permission: { obeyedN: 6, mode: "none", closed: true } }),
    });
    const d = down(old, standby({}, { obeyedN: 6 }), { record: closed, over: [] });
    expect(verbs(d)).toEqual([]);
    expect(d.recordWrite?.value).toMatchObject({ mode: "Solo", writer: { podUID: UID[1] }, from: 5 });
  });
});

it("T47 (better) StandbyDown, the active dies: the standby's copy is not destroyed", () => {
  const d = decide(
    observation({
      state: "StandbyDown",
      record: solo({ n: 6 }),
      pods: [
        deadActive(0, { permission: { obeyedN: 6, soloed: 6 } }),
        standby({ repState: "FAILED" }, { obeyedN: 6, completeFor: 0 }),
      ],
      over,
    }),
  );
  expect(d.state).toBe("BothDown");
  expect(verbs(d)).not.toContain("1 duplicate");
});
