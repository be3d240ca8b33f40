/** A wait that only a person can end names the command that ends it; a wait that ends by itself does not. */
import { decide } from "../../../capabilities/classic/decide/decide";
import type { Observation } from "../../../capabilities/classic/observation";
import {
  agentState,
  deadActive,
  emptyView,
  observation,
  pod,
  record,
  silentPod,
  solo,
  unloadedView,
  BOOT,
  UID,
} from "./fixtures";

const VOUCH = `kubectl annotate ttc sample timesten.oracle.com/attest-gone=${UID[0]}`;
const messageOf = (o: Observation): string => decide(o).reasons[0]?.message ?? "";

/** A new Pod on the volume of the one that was deleted by force. */
const successor = (ordinal: 0 | 1) =>
  pod(ordinal, {
    uid: `uid-${ordinal}b`,
    state: agentState(ordinal, {
      podUID: `uid-${ordinal}b`,
      boot: null,
      timesten: unloadedView,
      permission: { mode: "none", closed: true, completeFor: 0, soloEnded: null },
    }),
  });
const bothReplaced = {
  pods: [successor(0), successor(1)] as Observation["pods"],
  writerPodName: "sample-0",
};

describe("a pair whose Pods were both deleted by force", () => {
  it.each([
    ["a ready Pair", record()],
    ["a Closed", record({ n: 6, mode: "Closed", from: 5, ready: false })],
    ["a Solo", solo()],
  ])("names the old Pod to vouch for under %s", (_mode, value) => {
    const o = observation({ state: "WaitingForActive", record: value, ...bothReplaced });
    expect(decide(o)).toMatchObject({ recordWrite: null, reasons: [{ reason: "ActiveSilent" }] });
    expect(messageOf(o)).toContain(VOUCH);
  });

  it("goes on once a person has vouched", () => {
    const ends: Observation["ends"] = [
      {
        podUID: UID[0],
        boot: BOOT[0],
        containerID: null,
        endedAtMs: null,
        source: "attested",
        heardAtMs: 99_000,
        by: "a person said so",
      },
    ];
    const o = observation({ state: "WaitingForActive", ...bothReplaced, rest: { ends } });
    expect(decide(o).reasons[0]?.reason).not.toBe("ActiveSilent");
    expect(messageOf(o)).not.toContain("attest-gone");
  });
});

describe("a silent active", () => {
  const unfit = pod(1, { state: agentState(1, { permission: { completeFor: 0 } }) });
  const stuck = (forMs: number) => observation({ pods: [silentPod(0, forMs), unfit] });

  it("may be vouched for after unreachableTimeout", () => {
    expect(messageOf(stuck(31_000))).toContain(VOUCH);
  });

  it("is not to be vouched for while it may answer at any moment", () => {
    expect(decide(stuck(3_000)).reasons[0]?.reason).toBe("ActiveSilent");
    expect(messageOf(stuck(3_000))).not.toContain("attest-gone");
  });

  it("needs no word while its agent is heard: it would not be believed", () => {
    const forgot = pod(0, { state: agentState(0, { boot: null, timesten: emptyView }) });
    const o = observation({
      record: record({ n: 6, mode: "Closed", from: 5, ready: false }),
      pods: [forgot, unfit],
    });
    expect(decide(o).reasons[0]?.reason).toBe("ActiveSilent");
    expect(messageOf(o)).not.toContain("attest-gone");
  });

  it("replaces an older word", () => {
    const o = stuck(31_000);
    o.object.metadata.annotations = { "timesten.oracle.com/attest-gone": "another" };
    expect(messageOf(o)).toContain("kubectl annotate --overwrite ttc sample");
  });
});

describe("an object taken out of management in the middle of a handover", () => {
  const drainedAndDead = (annotations: Record<string, string> | undefined, closed: boolean): Observation => {
    const over = [{ podUID: UID[0], boot: BOOT[0] }];
    const standby = pod(1, { state: agentState(1, { permission: { obeyedN: 6 } }) });
    const value = closed ? record({ n: 6, mode: "Closed", from: 5, ready: false }) : record();
    const o = observation({ record: value, pods: [deadActive(), standby], over });
    o.object.metadata.annotations = annotations;
    return o;
  };
  const suspend = { "timesten.oracle.com/suspend": "true" };

  it("stays Closed, and says that nobody may write and how management is resumed", () => {
    const o = drainedAndDead(suspend, true);
    expect(decide(o).recordWrite).toBeNull();
    expect(messageOf(o)).toContain("nobody may write: record 6 is Closed");
    expect(messageOf(o)).toContain("kubectl annotate ttc sample timesten.oracle.com/suspend-");
    expect(decide(o).conditions.ManagementSuspended.message).toBe(messageOf(o));
  });

  it("says so after stopManaging as well", () => {
    const o = drainedAndDead(undefined, true);
    o.object.status = { ...o.object.status, managementStopped: "StopManaging" };
    expect(messageOf(o)).toMatch(/until reexamine changes; nobody may write: record 6 is Closed/);
  });

  it("promotes the standby once it is resumed", () => {
    expect(decide(drainedAndDead(undefined, true)).recordWrite?.value).toMatchObject({ n: 7, from: 5 });
  });

  it("says nothing of the kind where somebody is named", () => {
    expect(messageOf(drainedAndDead(suspend, false))).not.toContain("nobody may write");
  });
});
