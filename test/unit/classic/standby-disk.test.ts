/** The standby left its Pair in order, and its writer's processes died without ever going on alone. */
import { decide } from "../../../capabilities/classic/decide/decide";
import type { TimesTenView } from "../../../protocol";
import {
  BOOT,
  UID,
  agentState,
  deadActive,
  idleView,
  observation,
  pod,
  record,
  solo,
  unloadedView,
  type ObservationChange,
} from "./fixtures";

const closed = record({ n: 6, mode: "Closed", from: 5, ready: false });
const over = [{ podUID: UID[0], boot: BOOT[0] }];
const writer = (soloed = 4) =>
  pod(0, {
    state: agentState(0, {
      boot: "boot-0b",
      endedBoots: [{ boot: BOOT[0], endedAtMs: 1, how: "daemon died", podUID: "" }],
      timesten: { ...idleView, dbId: 3, usingTwosafe: true },
      permission: { obeyedN: 6, soloed, mode: "none", closed: true },
    }),
  });
const standby = (change: { timesten?: Partial<TimesTenView>; whole?: number; stopping?: boolean } = {}) =>
  pod(1, {
    state: agentState(1, {
      boot: "boot-1b",
      timesten: { ...idleView, dbId: 3, usingTwosafe: true, ...change.timesten },
      permission: { obeyedN: 6, completeFor: 0, left: 5, diskCompleteFor: change.whole ?? 5 },
      stopping: change.stopping ?? false,
    }),
  });
const after = (change: Partial<ObservationChange> = {}) =>
  decide(
    observation({
      state: "ConfiguringActive",
      record: closed,
      pods: [writer(), standby()],
      over,
      ...change,
    }),
  );
const next = { mode: "Solo", writer: { podUID: UID[1], boot: "boot-1b" }, from: 0, alt: 0 };

it("goes on by the standby's disk, and says so", () => {
  const d = after();
  expect(d.recordWrite?.value).toMatchObject({ n: 7, ...next });
  expect(d.reasons[0]).toMatchObject({ reason: "StandbyReturned" });
  expect(d.reasons[0]?.message).toContain("sample-1 left Pair 5 with everything");
  expect(d.recordWrite?.notes.failover).toMatchObject({ fromPod: "sample-0", toPod: "sample-1" });
});

it("goes on so too after a Solo that the writer never took", () => {
  const d = after({ record: solo({ n: 6, alt: 5 }) });
  expect(d.recordWrite?.value).toMatchObject({ n: 7, ...next });
});

it("goes on by the writer's disk once that had gone on alone", () => {
  expect(after({ pods: [writer(5), standby()] }).recordWrite?.value.writer).toEqual({
    podUID: UID[0],
    boot: "boot-0b",
  });
});

it("has the copy loaded first", () => {
  const down = deadActive(1, {
    timesten: unloadedView,
    permission: { obeyedN: 6, diskCompleteFor: 5, left: 5 },
  });
  const d = after({ pods: [writer(), down] });
  expect(d.commands).toMatchObject([{ ordinal: 1, command: { verb: "loadDatabase" } }]);
  expect(d.recordWrite).toBeNull();
});

it("waits for a Pod that is still on its way out", () => {
  const d = after({ pods: [writer(), standby({ stopping: true })] });
  expect(d).toMatchObject({ recordWrite: null, reasons: [{ reason: "WaitingForActive" }] });
});

it("gives it a replication scheme of its own before it becomes the active", () => {
  const named = solo({ n: 7, writer: { podUID: UID[1], boot: "boot-1b" } });
  const commands = (timesten: Partial<TimesTenView>) =>
    after({ record: named, pods: [writer(), standby({ timesten })] }).commands.filter(
      one => one.ordinal === 1,
    );
  expect(commands({})).toMatchObject([{ command: { verb: "dropScheme", boot: "boot-1b" } }]);
  expect(commands({ repScheme: "None" })).toMatchObject([{ command: { verb: "createScheme" } }]);
});

describe("where both were cut short", () => {
  it("stops in a two-safe pair, and says how a person goes on", () => {
    const d = after({ pods: [writer(), standby({ whole: 0 })] });
    expect(d).toMatchObject({ state: "ManualInterventionRequired", recordWrite: null });
    expect(d.reasons[0]).toMatchObject({ reason: "MissingFact" });
    expect(d.reasons[0]?.message).toMatch(/both cut short; a person must choose: .*reexamine$/);
  });

  it("goes on by the writer's disk where commits wait for nobody", () => {
    const d = after({ pods: [writer(), standby({ whole: 0, timesten: { usingTwosafe: false } })] });
    expect(d.recordWrite?.value.writer).toEqual({ podUID: UID[0], boot: "boot-0b" });
  });
});

it("stops where the copy has taken a role again that no rule may change", () => {
  const d = after({ pods: [writer(), standby({ timesten: { repState: "STANDBY" } })] });
  expect(d).toMatchObject({ recordWrite: null, reasons: [{ reason: "StandbyAhead" }] });
  expect(d.reasons[0]?.message).toContain("a person must choose");
});
