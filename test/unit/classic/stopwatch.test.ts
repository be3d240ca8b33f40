/** status.lastFailover: who, when, by which proof, and how much may be missing; told once when it is complete. */
import { decide } from "../../../capabilities/classic/decide/decide";
import type { FailoverStart, Observation } from "../../../capabilities/classic/observation";
import { makeReport, type Report } from "../../../capabilities/classic/report/report";
import { UID, agentState, deadActive, observation, pod, record, type ObservationChange } from "./fixtures";

const start: FailoverStart = {
  kind: "failover",
  requestId: null,
  epoch: 6,
  recordNumber: 6,
  fromPod: "sample-0",
  toPod: "sample-1",
  failedAtMs: 90_000,
  failedAtSource: "witness",
  seenAtMs: 90_010,
  provenAtMs: 90_020,
  proof: "over: the witness of sample-0 says that no process of this life is left",
  possibleLoss: true,
  lossBytes: 4_096,
  fromPosition: 12,
  toPosition: 10,
};
const newPair = record({ n: 7, writer: { podUID: UID[1], boot: "boot-1" }, standby: UID[0] });
const newActive = pod(1, {
  state: agentState(1, {
    timesten: { repState: "ACTIVE", open: true },
    permission: { obeyedN: 7, soloed: 6, mode: "finite", closed: false, completeFor: 0 },
  }),
});
const newStandby = pod(0, {
  state: agentState(0, {
    timesten: { repState: "STANDBY", open: false },
    permission: { obeyedN: 7, completeFor: 7, mode: "none", closed: true },
  }),
});

function report(o: Observation): Report {
  const done = { routedAtMs: null, nowMs: o.nowMs, operatorName: "operator-0" };
  return makeReport(o, decide(o), done, new Map(), []);
}

const redundant = (change: ObservationChange & { failover?: Partial<FailoverStart> } = {}) => {
  const { failover, ...rest } = change;
  return observation({
    state: "StandbyCatchup",
    record: newPair,
    pods: [newStandby, newActive],
    notes: { failover: { ...start, ...failover } },
    ...rest,
  });
};

describe("status.lastFailover", () => {
  it("has every station, the positions, and how much may be missing at most", () => {
    const o = { ...redundant(), routed: { podUID: UID[1], ip: "10.0.0.2" } };
    expect(report(o).status.lastFailover).toEqual({
      kind: "failover",
      from: "sample-0",
      to: "sample-1",
      epoch: 6,
      recordNumber: 6,
      failedAt: "1970-01-01T00:01:30.000Z",
      failedAtSource: "witness",
      seenAt: "1970-01-01T00:01:30.010Z",
      provenAt: "1970-01-01T00:01:30.020Z",
      proof: start.proof,
      promotedAt: "1970-01-01T00:01:40.000Z",
      routedAt: "1970-01-01T00:01:40.000Z",
      redundantAt: "1970-01-01T00:01:40.000Z",
      possibleLoss: true,
      lossBytes: 4_096,
      lossCommits: 2,
      fromPosition: 12,
      toPosition: 10,
    });
  });

  it("keeps its stations when it is reported again", () => {
    const promotedAt = "1970-01-01T00:01:31.000Z";
    const before = { kind: "failover" as const, recordNumber: 6, promotedAt };
    const o = redundant({ status: { lastFailover: before } });
    expect(report(o).status.lastFailover).toMatchObject({
      promotedAt,
      redundantAt: "1970-01-01T00:01:40.000Z",
    });
  });

  it("leaves out what is not known, and losses where there are none", () => {
    const nothing = { possibleLoss: false, lossBytes: null, fromPosition: null, toPosition: 10 };
    const { lastFailover } = report(redundant({ failover: nothing })).status;
    expect(lastFailover).toMatchObject({ possibleLoss: false, toPosition: 10 });
    expect(lastFailover).not.toHaveProperty("lossBytes");
    expect(lastFailover).not.toHaveProperty("lossCommits");
    expect(lastFailover).not.toHaveProperty("fromPosition");
  });

  it.each(["handover", "switchover"] as const)("says that it was a %s", kind => {
    expect(report(redundant({ failover: { kind } })).status.lastFailover?.kind).toBe(kind);
  });
});

describe("a change of the active", () => {
  it("is told as finished by the report that first has redundantAt", () => {
    expect(report(redundant()).finished).toMatchObject({ recordNumber: 6 });
  });

  it("is not told again, nor before its last station", () => {
    const told = redundant({
      status: { lastFailover: { recordNumber: 6, redundantAt: "1970-01-01T00:01:35.000Z" } },
    });
    expect(report(told).finished).toBeNull();
    const early = observation({
      pods: [deadActive(), pod(1)],
      over: [{ podUID: UID[0], boot: "boot-0" }],
    });
    expect(report(early).finished).toBeNull();
  });
});
