/** A switchover by annotation: each request id is answered once, whatever happens in between. */
import { decide } from "../../../capabilities/classic/decide/decide";
import { HANDOVER_MS, SWITCHOVER_ANNOTATION } from "../../../capabilities/classic/decide/fence/handover";
import type { Handover, Observation } from "../../../capabilities/classic/observation";
import { SUSPEND_ANNOTATION } from "../../../capabilities/objects/names";
import { isInCatalogue } from "../../../capabilities/classic/report/catalogue";
import type { TimesTenClassicStatus } from "../../../generated/types";
import {
  BOOT,
  agentState,
  observation,
  pod,
  promotion,
  record,
  silentPod,
  solo,
  type ObservationChange,
} from "./fixtures";

type Answered = NonNullable<TimesTenClassicStatus["switchover"]>;

function asked(id: string, change: ObservationChange = {}): Observation {
  const o = observation(change);
  o.object.metadata.annotations = { [SWITCHOVER_ANNOTATION]: id };
  return o;
}

const closed = record({ n: 6, mode: "Closed", from: 5, ready: false });
const note: Handover = {
  kind: "switchover",
  requestId: "r1",
  startedAtMs: 99_800,
  fromPod: "sample-0",
  toPod: "sample-1",
};
const running: Answered = { requestId: "r1", phase: "Running", from: "sample-0", to: "sample-1" };
const failover = {
  kind: "switchover" as const,
  requestId: "r1",
  epoch: 7,
  recordNumber: 7,
  fromPod: "sample-0",
  toPod: "sample-1",
  failedAtMs: 99_000,
  failedAtSource: "record Closed",
  seenAtMs: 99_000,
  provenAtMs: 99_500,
  proof: "fenced",
  possibleLoss: false,
  lossBytes: null,
  fromPosition: 3,
  toPosition: 3,
};
const newActive = pod(1, {
  state: agentState(1, {
    timesten: { repState: "ACTIVE", open: true },
    permission: { obeyedN: 7, soloed: 7, mode: "endless", closed: false },
  }),
});
const promoted = promotion({ n: 7 });
const messages = (o: Observation) => decide(o).events.map(({ reason, message }) => `${reason}: ${message}`);

describe("a request to a pair in order", () => {
  const o = asked("r1");

  it("closes the record as a switchover", () => {
    expect(decide(o).recordWrite).toMatchObject({
      value: closed,
      notes: { handover: { ...note, startedAtMs: 100_000 } },
    });
  });

  it("is Running, with an Event", () => {
    expect(decide(o).switchover).toMatchObject(running);
    expect(messages(o)).toEqual(["SwitchoverStarted: Switchover r1 from sample-0 to sample-1 started"]);
  });

  it("is Running also for a leader that finds only the record", () => {
    const d = decide(asked("r1", { state: "ActiveDown", record: closed, notes: { handover: note } }));
    expect(d.switchover).toMatchObject(running);
    expect(d.recordWrite).toBeNull();
  });

  it("is Done when the new active is open and the Service leads there", () => {
    const change = { state: "ActiveTakeover" as const, record: promoted, notes: { failover } };
    const done = asked("r1", { ...change, status: { switchover: running }, pods: [pod(0), newActive] });
    expect(decide(done).switchover).toMatchObject({ requestId: "r1", phase: "Done", to: "sample-1" });
    expect(messages(done)).toContain("SwitchoverDone: Switchover r1: sample-1 is the active");
  });

  it("is answered once: neither again after Done nor after Refused", () => {
    for (const phase of ["Done", "Refused"] as const) {
      const answered = asked("r1", { status: { switchover: { requestId: "r1", phase } } });
      expect(decide(answered)).toMatchObject({ recordWrite: null, switchover: null, events: [] });
    }
  });

  it("stays Refused while the record still tells of the one before it", () => {
    const refused = { requestId: "r2", phase: "Refused" as const };
    const change = { state: "StandbyDown" as const, record: promoted, notes: { failover } };
    const o = asked("r2", { ...change, status: { switchover: refused }, pods: [pod(0), newActive] });
    expect(decide(o).switchover).toBeNull();
    expect(messages(o).filter(message => message.startsWith("Switchover"))).toEqual([]);
  });

  it("is not begun again while the record still tells of it and status does not", () => {
    const pair = record({ n: 8, writer: { podUID: "uid-1", boot: BOOT[1] }, standby: "uid-0" });
    const active = pod(1, {
      state: agentState(1, {
        timesten: { repState: "ACTIVE", open: true },
        permission: { obeyedN: 8, soloed: 7, mode: "finite", closed: false, completeFor: 0 },
      }),
    });
    const standby = pod(0, {
      state: agentState(0, {
        timesten: { repState: "STANDBY", open: false },
        permission: { obeyedN: 8, completeFor: 8, mode: "none", closed: true },
      }),
    });
    const d = decide(asked("r1", { record: pair, pods: [standby, active], notes: { failover } }));
    expect(d.recordWrite).toBeNull();
    expect(d.switchover).toMatchObject({ requestId: "r1", phase: "Done" });
  });
});

describe("a switchover that goes back", () => {
  it("is Refused with the reason, in the pass that writes the record", () => {
    const staying = pod(0, {
      state: agentState(0, { permission: { obeyedN: 6, mode: "none", closed: true } }),
    });
    const standby = pod(1, { state: agentState(1, { permission: { obeyedN: 6 } }) });
    const late = asked("r1", {
      state: "ActiveDown",
      status: { switchover: running },
      record: closed,
      pods: [staying, standby],
      notes: { handover: { ...note, startedAtMs: 100_000 - HANDOVER_MS } },
    });
    const d = decide(late);
    expect(d.recordWrite?.value).toMatchObject({ mode: "Solo", writer: { boot: BOOT[0] } });
    expect(d.switchover).toMatchObject({ requestId: "r1", phase: "Refused", from: "sample-0" });
    expect(d.switchover?.message).toContain("did not let sample-1 have everything within 4 seconds");
  });

  it("is Refused where status says Running and the record knows nothing of it any more", () => {
    const o = asked("r1", { state: "StandbyDown", status: { switchover: running }, record: solo() });
    expect(decide(o).switchover).toMatchObject({ phase: "Refused", message: "it was given up" });
  });
});

describe("a request to a pair that is not fit", () => {
  const condition = (type: string) => ({
    conditions: [{ type, status: "True" as const, reason: "X", message: "", lastTransitionTime: "" }],
  });
  const cases: [string, ObservationChange, string][] = [
    ["is not Normal", { state: "StandbyDown", record: solo() }, "the pair is not Normal but StandbyDown"],
    [
      "is being upgraded",
      { status: { upgrade: { image: "tt:1", phase: "Standby" } } },
      "an upgrade is under way",
    ],
    ["is not managed", { status: condition("ManagementSuspended") }, "the object is not managed at present"],
    ["has a silent standby", { pods: [pod(0), silentPod(1, 100)] }, "sample-1 cannot take over now"],
    ["has a silent active", { pods: [silentPod(0, 100), pod(1)] }, "the agent of sample-0 does not answer"],
    [
      "has an active that leaves",
      { pods: [pod(0, { terminating: true }), pod(1)] },
      "sample-0 is shutting down and is handed over for that reason",
    ],
    [
      "has an incomplete standby",
      { pods: [pod(0), pod(1, { state: agentState(1, { permission: { completeFor: 0 } }) })] },
      "sample-1 cannot take over now",
    ],
  ];

  it.each(cases)("that %s is refused with that reason", (_what, change, why) => {
    const o = asked("r2", change);
    expect(decide(o).switchover).toMatchObject({ requestId: "r2", phase: "Refused", message: why });
    expect(messages(o)).toContain(`SwitchoverRefused: Switchover r2 refused: ${why}`);
  });

  it("does not change the record for it", () => {
    expect(decide(asked("r2", { pods: [pod(0), silentPod(1, 100)] })).recordWrite).toBeNull();
  });
});

it("a switchover under way is brought to its end also when the object is suspended meanwhile", () => {
  const drained = { obeyedN: 6, mode: "none" as const, closed: true, drained: 6 };
  const o = asked("r1", {
    state: "ActiveDown",
    status: { switchover: running },
    record: closed,
    pods: [pod(0, { state: agentState(0, { permission: drained }) }), pod(1)],
    notes: { handover: note },
  });
  o.object.metadata.annotations = { ...o.object.metadata.annotations, [SUSPEND_ANNOTATION]: "true" };
  expect(decide(o).recordWrite?.value).toMatchObject({ mode: "Solo", from: 5 });
  const before = { ...o, record: { ...o.record!, value: record() } };
  expect(decide(before).recordWrite).toBeNull();
});

it("a new id after an answered one is a new request", () => {
  const o = asked("r2", { status: { switchover: { requestId: "r1", phase: "Done" } } });
  expect(decide(o).switchover).toMatchObject({ requestId: "r2", phase: "Running" });
});

it("no annotation, or an empty one, asks for nothing", () => {
  for (const o of [observation(), asked(" ")])
    expect(decide(o)).toMatchObject({ recordWrite: null, switchover: null });
});

it("its Events are in the catalogue", () => {
  for (const o of [asked("r1"), asked("r2", { state: "StandbyDown", record: solo() })])
    expect(decide(o).events.filter(event => !isInCatalogue(event))).toEqual([]);
});
