/** The standby left its Pair in order, and its writer's processes died without ever going on alone. */
import { decide } from "../../../capabilities/classic/decide/decide";
import { whyNotAllowed } from "../../../capabilities/classic/decide/fence/transitions";
import type { AgentState, TimesTenView } from "../../../protocol";
import {
  BOOT,
  UID,
  agentState,
  deadActive,
  idleView,
  observation,
  pod,
  solo,
  unloadedView,
  type ObservationChange,
} from "./fixtures";
import { b0b, b1b, left, returned, standbyDisk } from "./returned";

const after = (change: Partial<ObservationChange> = {}) =>
  decide(left({ state: "ConfiguringActive", ...change }));
const next = { mode: "Solo", writer: b1b, from: 0, alt: 0 };

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
  expect(after({ pods: [returned(6, 5), standbyDisk()] }).recordWrite?.value.writer).toEqual(b0b);
});

it("has the copy loaded first", () => {
  const down = deadActive(1, {
    timesten: unloadedView,
    permission: { obeyedN: 6, diskCompleteFor: 5, left: 5 },
  });
  const d = after({ pods: [returned(6, 4), down] });
  expect(d.commands).toMatchObject([{ ordinal: 1, command: { verb: "loadDatabase" } }]);
  expect(d.recordWrite).toBeNull();
});

it("waits for a Pod that is still on its way out", () => {
  const d = after({ pods: [returned(6, 4), standbyDisk({}, 5, true)] });
  expect(d).toMatchObject({ recordWrite: null, reasons: [{ reason: "WaitingForActive" }] });
});

it("gives it a replication scheme of its own before it becomes the active", () => {
  const named = solo({ n: 7, writer: b1b });
  const commands = (timesten: Partial<TimesTenView>) =>
    after({ record: named, pods: [returned(6, 4), standbyDisk(timesten)] }).commands.filter(
      one => one.ordinal === 1,
    );
  expect(commands({})).toMatchObject([{ command: { verb: "dropScheme", boot: "boot-1b" } }]);
  expect(commands({ repScheme: "None" })).toMatchObject([{ command: { verb: "createScheme" } }]);
});

describe("where both were cut short", () => {
  it("stops in a two-safe pair, and says how a person goes on", () => {
    const d = after({ pods: [returned(6, 4), standbyDisk({}, 0)] });
    expect(d).toMatchObject({ state: "ManualInterventionRequired", recordWrite: null });
    expect(d.reasons[0]).toMatchObject({ reason: "MissingFact" });
    expect(d.reasons[0]?.message).toMatch(/both cut short; a person must choose: .*reexamine$/);
  });

  it("goes on by the writer's disk where commits wait for nobody", () => {
    const d = after({ pods: [returned(6, 4), standbyDisk({ usingTwosafe: false }, 0)] });
    expect(d.recordWrite?.value.writer).toEqual(b0b);
  });
});

it("stops where the copy has taken a role again that no rule may change", () => {
  const d = after({ pods: [returned(6, 4), standbyDisk({ repState: "STANDBY" })] });
  expect(d).toMatchObject({ recordWrite: null, reasons: [{ reason: "StandbyAhead" }] });
  expect(d.reasons[0]?.message).toContain("a person must choose");
});

describe("the table, after a promotion that was given up", () => {
  const givenUp = solo({ n: 7, mode: "Closed", writer: { podUID: UID[1], boot: BOOT[1] } });
  const to = { ...givenUp, n: 8, mode: "Solo" as const, writer: b1b };
  const old = (change: Partial<AgentState["permission"]> = {}, podUID: string = UID[0]) =>
    pod(0, {
      state: agentState(0, {
        podUID,
        boot: "boot-0b",
        endedBoots: [{ boot: BOOT[0], endedAtMs: 1, how: "daemon died", podUID: UID[0] }],
        timesten: { ...idleView, usingTwosafe: true },
        permission: { obeyedN: 7, soloed: 4, mode: "none", closed: true, ...change },
      }),
    });
  const named = (change: Partial<AgentState["permission"]> = {}, timesten: Partial<TimesTenView> = {}) =>
    pod(1, {
      state: agentState(1, {
        boot: "boot-1b",
        endedBoots: [{ boot: BOOT[1], endedAtMs: 1, how: "stopped", podUID: "" }],
        timesten: { ...idleView, usingTwosafe: true, ...timesten },
        permission: { obeyedN: 7, soloed: 0, completeFor: 0, diskCompleteFor: 5, ...change },
      }),
    });
  const why = (...pods: ObservationChange["pods"] & object) =>
    whyNotAllowed(observation({ record: givenUp, pods, over: [{ podUID: UID[1], boot: BOOT[1] }] }), to);

  it("allows the disk of the one that was named, which has everything", () => {
    expect(why(old(), named())).toBeNull();
  });

  it.each<[string, ReturnType<typeof why>]>([
    ["the old active obeys, which may have been told to go on alone", why(old({ obeyedN: 6 }), named())],
    ["the old active has closed", why(old({ closed: false }), named())],
    ["the old active has never gone on alone", why(old({ soloed: 5 }), named())],
    ["what its volume ran in a Pod deleted by force is over", why(old({}, "uid-a2"), named())],
    ["it obeys", why(old(), named({ obeyedN: 6 }))],
    ["its disk has everything", why(old(), named({ diskCompleteFor: 0 }))],
    ["commits wait for both", why(old(), named({}, { usingTwosafe: false }))],
    ["it has a life of its own since", why(old(), named({}, { repState: "STANDBY" }))],
  ])("not before %s", (_fact, missing) => {
    expect(missing).toEqual(expect.stringContaining("missing"));
  });
});
