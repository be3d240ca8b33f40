/** A writer that nobody hears: replaced when its standby has waited, when a person vouches, and never on silence alone. */
import { decide } from "../../../capabilities/classic/decide/decide";
import type { Observation } from "../../../capabilities/classic/observation";
import type { PeerDigest } from "../../../protocol";
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
  type ObservationChange,
  type StateChange,
} from "./fixtures";

const standbyWho = (permission: StateChange["permission"]) =>
  pod(1, { state: agentState(1, { permission: { ...permission } }) });
const waiter = standbyWho({ waitedFor: 5 });
const settings = (o: Observation, change: Partial<Observation["settings"]>): Observation => ({
  ...o,
  settings: { ...o.settings, ...change },
});
const silent = (change: ObservationChange = {}) =>
  observation({ pods: [silentPod(0, 8_000), waiter], ...change });

function digest(ordinal: 0 | 1, change: StateChange = {}): PeerDigest {
  const { podName, podUID, boot, endedBoots, timesten, permission, stopping } = agentState(ordinal, change);
  return { podName, podUID, boot, endedBoots, timesten, permission, stopping };
}

describe("a silent active whose standby has waited", () => {
  it("is replaced, without a proof to carry", () => {
    const { recordWrite, evidence } = decide(silent());
    expect(recordWrite?.value).toMatchObject({ n: 6, mode: "Solo", writer: { boot: BOOT[1] }, from: 5 });
    expect(recordWrite?.notes.proofs).toEqual([]);
    expect(evidence.proofs).toEqual([]);
  });

  it("has its stopwatch say so, with the time it was last heard", () => {
    const { stopwatch } = decide(silent());
    expect(stopwatch).toMatchObject({
      kind: "failover",
      epoch: 6,
      failedAtMs: 100_000,
      failedAtSource: "last heard",
      seenAtMs: 92_000,
      provenAtMs: 100_000,
    });
    expect(stopwatch?.proof).toMatch(/^waited: sample-1 has granted nothing/);
  });

  it("is replaced also where its pod is gone", () => {
    expect(decide(observation({ pods: [noPod(0), waiter] })).recordWrite?.value.from).toBe(5);
  });

  it.each([
    ["the wait is not over", standbyWho({ waitedFor: 0 })],
    ["the wait is about another Pair", standbyWho({ waitedFor: 4 })],
    ["the standby left this Pair", standbyWho({ waitedFor: 5, left: 5 })],
    ["the nodes' clocks differ too much", standbyWho({ waitedFor: 5, noWaiting: "rates differ by 7 %" })],
    ["the standby is not complete", standbyWho({ waitedFor: 5, completeFor: 0 })],
    ["the standby is silent too", silentPod(1, 500, { state: waiter.agent.state })],
  ])("is not replaced when %s", (_why, standby) => {
    const { recordWrite } = decide(observation({ pods: [silentPod(0, 8_000), standby] }));
    expect(recordWrite).toBeNull();
  });

  it("says why waiting proves nothing here", () => {
    const skewed = standbyWho({ noWaiting: "rates differ by 7 %" });
    const { reasons } = decide(observation({ pods: [silentPod(0, 31_000), skewed] }));
    expect(reasons[0]?.message).toContain("waiting proves nothing here: rates differ by 7 %");
  });

  it("is not replaced in a Pair that is not ready", () => {
    expect(decide(silent({ record: record({ ready: false }) })).recordWrite).toBeNull();
  });

  it("goes on alone instead where it is heard and stays", () => {
    const starved = pod(0, {
      agent: { modeForMs: 1_000 },
      state: agentState(0, {
        timesten: { open: false },
        permission: { mode: "none", closed: true, obeyedN: 5 },
      }),
    });
    const { recordWrite } = decide(observation({ pods: [starved, waiter] }));
    expect(recordWrite?.value).toMatchObject({ mode: "Solo", writer: { boot: BOOT[0] }, alt: 5 });
  });
});

describe("unreachableTimeout", () => {
  const patient = (forMs: number) =>
    settings(observation({ pods: [silentPod(0, forMs), waiter] }), {
      unreachableTimeoutMs: 60_000,
      writerSilenceMs: 60_000,
    });

  it("holds a replacement on waiting back, and looks again when it is over", () => {
    const d = decide(patient(59_500));
    expect(d).toMatchObject({ recordWrite: null, wakeAfterMs: 500 });
    expect(d.reasons[0]).toMatchObject({ reason: "ActiveSilent" });
  });

  it("lets it happen after so many seconds of silence", () => {
    expect(decide(patient(60_000)).recordWrite?.value.from).toBe(5);
  });

  it("holds no proof back", () => {
    const over = [{ podUID: UID[0], boot: BOOT[0] }];
    const dead = settings(observation({ pods: [deadActive(), pod(1)], over }), { writerSilenceMs: 60_000 });
    expect(decide(dead).recordWrite?.value.from).toBe(5);
  });
});

describe("a person's word", () => {
  const attested: Observation["ends"][number] = {
    podUID: UID[0],
    boot: BOOT[0],
    containerID: null,
    endedAtMs: null,
    source: "attested",
    heardAtMs: 99_000,
    by: "node n1 has taint node.kubernetes.io/out-of-service (set with kubectl, 2026-01-01T00:00:00Z)",
  };

  it("promotes the standby, is carried to it and noted with its author", () => {
    const o = observation({ pods: [silentPod(0, 3_000), pod(1)], rest: { ends: [attested] } });
    const { recordWrite, stopwatch } = decide(o);
    expect(recordWrite?.notes.proofs).toMatchObject([{ kind: "attested", podUID: UID[0], boot: BOOT[0] }]);
    expect(stopwatch).toMatchObject({ failedAtSource: "last heard", seenAtMs: 99_000 });
    expect(stopwatch?.proof).toMatch(/^attested: .*set with kubectl/);
  });
});

describe("Closed, its writer silent", () => {
  const closed = record({ n: 6, mode: "Closed", from: 5, ready: false });
  const obeying = (change: StateChange["permission"] = {}, rest: StateChange = {}) =>
    pod(1, { state: agentState(1, { ...rest, permission: { obeyedN: 6, waitedFor: 5, ...change } }) });
  const returned = pod(0, {
    uid: "uid-new",
    state: agentState(0, {
      podUID: "uid-new",
      boot: "boot-0b",
      endedBoots: [{ boot: BOOT[0], endedAtMs: 1, how: "container restarted", podUID: "" }],
      timesten: idleView,
      permission: { obeyedN: 6, mode: "none", closed: true },
    }),
  });
  const with1 = (standby: Observation["pods"][1], first = silentPod(0, 9_000)) =>
    observation({ state: "ActiveDown", record: closed, pods: [first, standby] });

  it("promotes the standby that has waited", () => {
    expect(decide(with1(obeying())).recordWrite?.value).toMatchObject({ n: 7, mode: "Solo", from: 5 });
  });

  it("waits while it has not", () => {
    const d = decide(with1(obeying({ waitedFor: 0 })));
    expect(d).toMatchObject({ recordWrite: null, reasons: [{ reason: "ActiveSilent" }] });
  });

  it("lets the old disk go on where the standby obeys, has waited and cannot be promoted", () => {
    const d = decide(with1(obeying({ completeFor: 0 }), returned));
    expect(d.recordWrite?.value).toMatchObject({ n: 7, writer: { boot: "boot-0b" }, from: 0 });
  });

  it.each([
    ["does not obey yet", obeying({ completeFor: 0, obeyedN: 5 })],
    ["has not waited", obeying({ completeFor: 0, waitedFor: 0 })],
    ["left the Pair", obeying({ completeFor: 0, left: 5 })],
    ["is ahead", obeying({ completeFor: 0 }, { timesten: { dbId: 9 } })],
  ])("does not let it go on where the standby %s", (_why, standby) => {
    expect(decide(with1(standby, returned)).recordWrite).toBeNull();
  });

  it("loads what came back, closed, to be compared", () => {
    const unloaded = pod(0, {
      uid: "uid-new",
      state: agentState(0, {
        podUID: "uid-new",
        boot: null,
        endedBoots: [{ boot: BOOT[0], endedAtMs: 1, how: "container restarted", podUID: "" }],
        timesten: { ...idleView, db: "Unloaded" },
        permission: { obeyedN: 6, mode: "none", closed: true },
      }),
    });
    const { commands } = decide(with1(obeying({ completeFor: 0 }), unloaded));
    expect(commands).toMatchObject([{ ordinal: 0, command: { verb: "loadDatabase" } }]);
  });
});

describe("two pairs of eyes", () => {
  const seen = (agoMs: number) => ({ viaPeer: { digest: digest(1), agoMs } });

  it("a standby silent to the operator but heard by the active's agent is not lost", () => {
    const standby = silentPod(1, 40_000, { agent: seen(0) });
    expect(decide(observation({ pods: [pod(0), standby] }))).toMatchObject({
      recordWrite: null,
      state: "Normal",
    });
  });

  it("is lost when that was too long ago", () => {
    const standby = silentPod(1, 40_000, { agent: seen(4_000) });
    expect(decide(observation({ pods: [pod(0), standby] })).recordWrite?.value).toMatchObject({
      mode: "Solo",
      writer: { boot: BOOT[0] },
    });
  });

  it("is lost at once when its peer hears that it is shutting down", () => {
    const viaPeer = { digest: digest(1, { stopping: true }), agoMs: 0 };
    const standby = silentPod(1, 100, { agent: { viaPeer } });
    expect(decide(observation({ pods: [pod(0), standby] })).reasons[0]).toMatchObject({
      reason: "StandbyLost",
    });
  });

  it("what a peer says of the other's ends is no proof", () => {
    const ended = digest(0, {
      boot: null,
      endedBoots: [{ boot: BOOT[0], endedAtMs: 1, how: "stopped", podUID: "" }],
    });
    const active = silentPod(0, 2_000, { agent: { viaPeer: { digest: ended, agoMs: 0 } } });
    expect(decide(observation({ pods: [active, pod(1)] })).recordWrite).toBeNull();
  });
});
