/** Role change before death: Closed, the old active drains, the standby is promoted; bounded, and back where it fails. */
import { decide } from "../../../capabilities/classic/decide/decide";
import { HANDOVER_MS, LEAVING_HANDOVER_MS } from "../../../capabilities/classic/decide/fence/handover";
import type { Handover, Observation } from "../../../capabilities/classic/observation";
import {
  BOOT,
  UID,
  agentState,
  deadActive,
  noPod,
  observation,
  pod,
  record,
  silentPod,
  solo,
  type PodChange,
  type StateChange,
} from "./fixtures";

const closed = record({ n: 6, mode: "Closed", from: 5, ready: false });
const handover = (change: Partial<Handover> = {}): Handover => ({
  kind: "handover",
  requestId: null,
  startedAtMs: 99_800,
  fromPod: "sample-0",
  toPod: "sample-1",
  ...change,
});
const drainedState = { obeyedN: 6, mode: "none" as const, closed: true, drained: 6 };
const old = (
  permission: NonNullable<StateChange["permission"]>,
  rest: StateChange = {},
  change: PodChange = {},
) => pod(0, { ...change, state: agentState(0, { ...rest, permission }) });
const leavingOld = (permission: NonNullable<StateChange["permission"]>) =>
  old(permission, { stopping: true }, { terminating: true });
const idle = { timesten: { repState: "IDLE" as const, open: false } };
const under = (pods: Observation["pods"], note: Partial<Handover> = {}, ago = 200): Observation =>
  observation({
    state: "ActiveDown",
    record: closed,
    pods,
    notes: { handover: handover({ startedAtMs: 100_000 - ago, ...note }) },
  });
const standby = pod(1, { state: agentState(1, { permission: { obeyedN: 6 } }) });
const unfit = pod(1, { state: agentState(1, { permission: { obeyedN: 6, completeFor: 0 } }) });

describe("the active of a ready Pair", () => {
  it.each([
    ["its pod has a deletionTimestamp", pod(0, { terminating: true })],
    ["its agent has its SIGTERM", old({}, { stopping: true })],
  ])("is closed for a handover when %s", (_when, active) => {
    const { recordWrite, reasons, stopwatch } = decide(observation({ pods: [active, pod(1)] }));
    expect(recordWrite?.value).toEqual(closed);
    expect(recordWrite?.notes.handover).toEqual(handover({ startedAtMs: 100_000 }));
    expect(reasons[0]).toMatchObject({ reason: "HandingOver" });
    expect(stopwatch).toBeNull();
  });

  it.each([
    ["is not complete", pod(1, { state: agentState(1, { permission: { completeFor: 0 } }) })],
    ["goes as well", pod(1, { terminating: true })],
    ["is shutting down", pod(1, { state: agentState(1, { stopping: true }) })],
    ["is silent", silentPod(1, 100)],
  ])("is not closed where the standby %s", (_why, other) => {
    const { recordWrite } = decide(observation({ pods: [pod(0, { terminating: true }), other] }));
    expect(recordWrite?.value.mode).not.toBe("Closed");
  });

  it("is not closed in a Pair that is not ready", () => {
    const o = observation({
      record: record({ ready: false }),
      pods: [pod(0, { terminating: true }), pod(1)],
    });
    expect(decide(o).recordWrite?.value.mode).not.toBe("Closed");
  });
});

describe("a handover under way", () => {
  it("waits while the old active closes and drains, and comes back when its time is over", () => {
    const d = decide(under([leavingOld({ obeyedN: 6 }), standby]));
    expect(d).toMatchObject({ recordWrite: null, reasons: [{ reason: "HandingOver" }], wakeAfterMs: 1_000 });
    const goes = decide(under([leavingOld({ obeyedN: 6 }), standby], {}, LEAVING_HANDOVER_MS - 50));
    expect(goes).toMatchObject({ reasons: [{ reason: "HandingOver" }], wakeAfterMs: 50 });
    const stays = decide(under([old({ obeyedN: 6 }), standby], { kind: "switchover" }, HANDOVER_MS - 50));
    expect(stays).toMatchObject({ reasons: [{ reason: "HandingOver" }], wakeAfterMs: 50 });
  });

  it("does not promote on closed alone while there is time to drain", () => {
    const { recordWrite } = decide(under([leavingOld({ obeyedN: 6, mode: "none", closed: true }), standby]));
    expect(recordWrite).toBeNull();
  });

  it("promotes as soon as the old active has drained, without loss", () => {
    const d = decide(under([old(drainedState, { ...idle, stopping: true }, { terminating: true }), standby]));
    expect(d.recordWrite?.value).toMatchObject({ n: 7, mode: "Solo", writer: { boot: BOOT[1] }, from: 5 });
    expect(d.recordWrite?.notes).toMatchObject({ proofs: [{ kind: "fenced" }], handover: null });
    expect(d.stopwatch).toMatchObject({
      kind: "handover",
      epoch: 7,
      failedAtMs: 99_800,
      failedAtSource: "record Closed",
      seenAtMs: 99_800,
      provenAtMs: 100_000,
      possibleLoss: false,
      lossBytes: null,
    });
  });

  it("does not take the drained word of an older Closed, or of one not closed", () => {
    for (const word of [
      { ...drainedState, drained: 4 },
      { ...drainedState, closed: false },
    ]) {
      expect(decide(under([leavingOld(word), standby])).recordWrite).toBeNull();
    }
  });

  it("promotes at once when the old active's life is over, and says what may be lost", () => {
    const over = [{ podUID: UID[0], boot: BOOT[0] }];
    const o = { ...under([deadActive(), standby]), ends: observation({ over }).ends };
    const d = decide({
      ...o,
      writerSeen: { silentForMs: 0, lastHeardMs: 99_900, dbId: 12, lagBytes: 4_096 },
    });
    expect(d.stopwatch).toMatchObject({
      kind: "handover",
      possibleLoss: true,
      lossBytes: 4_096,
      fromPosition: 12,
      toPosition: 3,
    });
  });

  it("knows that nothing is lost where the old active had drained before its life was over", () => {
    const over = [{ podUID: UID[0], boot: BOOT[0] }];
    const gone = deadActive(0, { permission: { ...drainedState } });
    const d = decide({ ...under([gone, standby]), ends: observation({ over }).ends });
    expect(d.stopwatch?.possibleLoss).toBe(false);
  });
});

describe("a handover whose time is over", () => {
  const late = (pods: Observation["pods"], note: Partial<Handover> = {}) =>
    under(pods, note, LEAVING_HANDOVER_MS);

  it("promotes the standby of a leaving active that has closed, and says that commits may be missing", () => {
    const d = decide(late([leavingOld({ obeyedN: 6, mode: "none", closed: true }), standby]));
    expect(d.recordWrite?.notes.proofs).toMatchObject([{ kind: "fenced" }]);
    expect(d.stopwatch).toMatchObject({ kind: "handover", possibleLoss: true });
  });

  it("promotes it on waited as well", () => {
    const waited = pod(1, { state: agentState(1, { permission: { obeyedN: 6, waitedFor: 5 } }) });
    expect(decide(late([leavingOld({ obeyedN: 6 }), waited])).stopwatch?.proof).toMatch(/^waited/);
  });

  it("waits for the proof while a leaving active has not closed", () => {
    const d = decide(late([leavingOld({ obeyedN: 6 }), standby]));
    expect(d).toMatchObject({ recordWrite: null, reasons: [{ reason: "WriterStopped" }] });
  });

  it("goes back to an active that stays, with the reason", () => {
    const d = decide(
      late([old({ obeyedN: 6, mode: "none", closed: true }), standby], { kind: "switchover" }),
    );
    expect(d.recordWrite?.value).toMatchObject({ n: 7, mode: "Solo", writer: { boot: BOOT[0] }, from: 0 });
    expect(d.recordWrite?.notes.handover).toBeNull();
    expect(d.reasons[0]).toMatchObject({ reason: "HandoverFailed" });
    expect(d.reasons[0]?.message).toContain("within 4 seconds");
  });

  it("ends also when the clock was set back", () => {
    const d = decide(under([old({ obeyedN: 6 }), standby], { startedAtMs: 160_000 }));
    expect(d.reasons[0]).toMatchObject({ reason: "HandoverFailed" });
  });
});

describe("a standby that becomes unfit during a handover", () => {
  it("has the active go on at once where it stays, also after it drained", () => {
    const d = decide(under([old(drainedState, idle), unfit], { kind: "switchover" }));
    expect(d.recordWrite?.value).toMatchObject({ mode: "Solo", writer: { boot: BOOT[0] } });
    expect(d.reasons[0]?.message).toContain("cannot take over any more");
  });

  it("leaves a leaving active to come back from its own disk", () => {
    const d = decide(under([leavingOld({ obeyedN: 6 }), unfit]));
    expect(d).toMatchObject({ recordWrite: null, reasons: [{ reason: "WaitingForActive" }] });
  });
});

describe("an active whose pod was deleted by force, its agent still heard", () => {
  const former = (permission: NonNullable<StateChange["permission"]>, rest: StateChange = {}) => {
    const { container: _none, ...gone } = old(permission, rest, { terminating: true, ip: null });
    return { ...gone, container: null };
  };

  it("hands over as one that leaves", () => {
    const o = observation({ pods: [noPod(0), pod(1)], rest: { former: former({}) } });
    expect(decide(o).recordWrite?.value).toEqual(closed);
  });

  it("is replaced without loss when it has drained", () => {
    const o = { ...under([noPod(0), standby]), former: former(drainedState, idle) };
    expect(decide(o)).toMatchObject({
      recordWrite: { value: { n: 7, from: 5 } },
      stopwatch: { kind: "handover", fromPod: "sample-0", possibleLoss: false },
    });
  });

  it("keeps the Service's address until the one write that swaps it", () => {
    const routed = { podUID: UID[0], ip: "10.0.0.1" };
    const near = { ...under([noPod(0), standby]), former: former({ obeyedN: 6 }), routed };
    expect(decide(near).effects.filter(one => one.do === "route")).toEqual([]);
    expect(decide({ ...near, former: null }).effects).toContainEqual({ do: "route", to: null });
  });

  it("gets no commands, nor does the pod that has its name now", () => {
    const successor = pod(0, { uid: "uid-new", state: agentState(0, { podUID: "uid-new", boot: null }) });
    const o = observation({
      state: "StandbyDown",
      record: solo(),
      pods: [successor, pod(1)],
      rest: { former: former({ soloed: 5 }) },
    });
    expect(decide(o).commands).toEqual([]);
  });
});
