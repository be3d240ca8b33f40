import { decide } from "../../../capabilities/classic/decide/decide";
import { BOOT, UID, agentState, deadActive, noPod, observation, pod, record, silentPod } from "./fixtures";

const overActive = [{ podUID: UID[0], boot: BOOT[0] }];

describe("a ready Pair whose active is proven over", () => {
  const lost = observation({ pods: [deadActive(), pod(1)], over: overActive });

  it("names the complete standby's life as the writer, in the same pass", () => {
    expect(decide(lost).recordWrite?.value).toEqual(
      record({
        n: 6,
        mode: "Solo",
        writer: { podUID: UID[1], boot: BOOT[1] },
        standby: null,
        from: 5,
        ready: false,
      }),
    );
  });

  it("carries the proof with the record", () => {
    const [proof] = decide(lost).recordWrite?.notes.proofs ?? [];
    expect(proof).toMatchObject({ kind: "over", podUID: UID[0], boot: BOOT[0] });
  });

  it("is shown as ActiveDown", () => {
    expect(decide(lost)).toMatchObject({ state: "ActiveDown", reasons: [{ reason: "PromotionStarted" }] });
  });

  it("starts the stopwatch with the time of the end, when it was heard and when it was certain", () => {
    expect(decide(lost).stopwatch).toMatchObject({
      fromPod: "sample-0",
      toPod: "sample-1",
      epoch: 6,
      recordNumber: 6,
      failedAtMs: 99_000,
      failedAtSource: "agent",
      seenAtMs: 99_010,
      provenAtMs: 100_000,
      promoted: false,
    });
  });

  it("is the same with the kubelet's word", () => {
    const over = [{ podUID: UID[0], boot: BOOT[0], how: "kubelet" as const }];
    const [proof] = decide(observation({ pods: [noPod(0), pod(1)], over })).recordWrite?.notes.proofs ?? [];
    expect(proof).toMatchObject({ kind: "over", containerID: "containerd://0" });
  });

  it("is the same with the roles on the other pods", () => {
    const mirrored = observation({
      record: record({ writer: { podUID: UID[1], boot: BOOT[1] }, standby: UID[0] }),
      pods: [
        pod(0, {
          state: agentState(0, {
            timesten: { repState: "STANDBY", open: false },
            permission: { completeFor: 5 },
          }),
        }),
        deadActive(1),
      ],
      over: [{ podUID: UID[1], boot: BOOT[1] }],
    });
    expect(decide(mirrored).recordWrite?.value.writer).toEqual({ podUID: UID[0], boot: BOOT[0] });
  });

  it("says that commits may be missing where replication is asynchronous, and not where it is two-safe", () => {
    const twosafe = pod(1, { state: agentState(1, { timesten: { usingTwosafe: true } }) });
    expect(decide(lost).stopwatch?.possibleLoss).toBe(true);
    expect(
      decide(observation({ pods: [deadActive(), twosafe], over: overActive })).stopwatch?.possibleLoss,
    ).toBe(false);
  });

  it.each([
    ["it is not complete", agentState(1, { permission: { completeFor: 0 } })],
    ["it is complete for another Pair", agentState(1, { permission: { completeFor: 4 } })],
    ["it left this Pair gracefully", agentState(1, { permission: { left: 5 } })],
    ["it is shutting down", agentState(1, { stopping: true })],
    ["it is not STANDBY", agentState(1, { timesten: { repState: "RECOVERING" } })],
    ["its database is not loaded", agentState(1, { boot: null })],
  ])("does not promote the standby when %s", (_why, state) => {
    const d = decide(observation({ pods: [deadActive(), pod(1, { state })], over: overActive }));
    expect(d.recordWrite).toBeNull();
  });

  it("does not promote a pod that took the standby's name", () => {
    const other = pod(1, { uid: "uid-new", state: agentState(1, { podUID: "uid-new" }) });
    expect(decide(observation({ pods: [deadActive(), other], over: overActive })).recordWrite).toBeNull();
  });

  it("waits for a standby that is silent for a moment", () => {
    const d = decide(observation({ pods: [deadActive(), silentPod(1, 500)], over: overActive }));
    expect(d).toMatchObject({ state: "ActiveDown", recordWrite: null, reasons: [{ reason: "ActiveOver" }] });
  });
});

describe("an active that is shutting down", () => {
  const leaving = (change: Partial<ReturnType<typeof agentState>["permission"]> = {}) =>
    pod(0, { terminating: true, state: agentState(0, { stopping: true, permission: change }) });
  const closed = record({ n: 6, mode: "Closed", from: 5, ready: false });

  it("is stopped by the record while its standby is complete", () => {
    expect(decide(observation({ pods: [leaving(), pod(1)] }))).toMatchObject({
      state: "ActiveDown",
      recordWrite: { value: closed },
    });
  });

  it("is not stopped where nobody could take over", () => {
    const unfit = pod(1, { state: agentState(1, { permission: { completeFor: 0 } }) });
    expect(decide(observation({ pods: [leaving(), unfit] })).recordWrite).toBeNull();
  });

  it("stays ActiveDown until it has closed", () => {
    const d = decide(
      observation({ state: "ActiveDown", record: closed, pods: [leaving({ obeyedN: 6 }), pod(1)] }),
    );
    expect(d).toMatchObject({
      state: "ActiveDown",
      recordWrite: null,
      reasons: [{ reason: "WriterStopped" }],
    });
  });

  it("hands over on its own closed word, without waiting for its end", () => {
    const gone = leaving({ obeyedN: 6, mode: "none", closed: true });
    const d = decide(observation({ state: "ActiveDown", record: closed, pods: [gone, pod(1)] }));
    expect(d.recordWrite?.value).toMatchObject({ n: 7, mode: "Solo", writer: { podUID: UID[1] }, from: 5 });
    expect(d.recordWrite?.notes.proofs).toMatchObject([{ kind: "fenced", podUID: UID[0], boot: BOOT[0] }]);
  });

  it("does not hand over on a closed word of an older number", () => {
    const early = leaving({ obeyedN: 5, mode: "none", closed: true });
    expect(
      decide(observation({ state: "ActiveDown", record: closed, pods: [early, pod(1)] })).recordWrite,
    ).toBeNull();
  });
});

describe("what proves nothing", () => {
  it.each([
    ["a silent agent", silentPod(0, 10_000)],
    ["a silent agent in a terminating pod", silentPod(0, 10_000, { terminating: true })],
    ["a missing pod", noPod(0)],
    [
      "a pod of the same name",
      pod(0, { uid: "uid-new", state: agentState(0, { podUID: "uid-new", boot: null }) }),
    ],
    [
      "a container that waits",
      silentPod(0, 10_000, {
        container: { containerID: null, running: false, waitingReason: "CrashLoopBackOff", restartCount: 3 },
      }),
    ],
  ])("%s leaves the record as it is", (_what, active) => {
    expect(decide(observation({ pods: [active, pod(1)] })).recordWrite).toBeNull();
  });

  it("is waited out as Normal for unreachableTimeout", () => {
    const d = decide(observation({ pods: [silentPod(0, 29_000), pod(1)] }));
    expect(d).toMatchObject({ state: "Normal", podStates: ["Unknown", "Healthy"], wakeAfterMs: 1_000 });
  });

  it("is shown as ActiveDown after it, with the proof that is missing", () => {
    const d = decide(observation({ pods: [silentPod(0, 31_000), pod(1)] }));
    expect(d).toMatchObject({ state: "ActiveDown", podStates: ["Down", "Healthy"], recordWrite: null });
    expect(d.reasons[0]?.message).toContain("there is no proof that its database has ended");
  });

  it("returns to Normal when the same life is heard again", () => {
    expect(decide(observation({ state: "ActiveDown" }))).toMatchObject({
      state: "Normal",
      recordWrite: null,
    });
  });
});

describe("a Pair that is not ready, its active over", () => {
  const pair = record({ ready: false });
  const returned = pod(0, {
    state: agentState(0, {
      boot: "boot-0b",
      endedBoots: [{ boot: BOOT[0], endedAtMs: 99_000, how: "daemon died", podUID: "" }],
      timesten: { repState: "IDLE", open: false, dbId: 3 },
      permission: { mode: "none", closed: true },
    }),
  });
  const catchingUp = pod(1, {
    state: agentState(1, { timesten: { dbId: 2 }, permission: { completeFor: 0 } }),
  });

  it("waits for the active's own disk and loads what is there", () => {
    const back = deadActive(0, { timesten: { daemon: "Up", db: "Unloaded" } });
    const d = decide(
      observation({ state: "StandbyCatchup", record: pair, pods: [back, catchingUp], over: overActive }),
    );
    expect(d).toMatchObject({ recordWrite: null, state: "BothDown" });
    expect(d.commands).toMatchObject([{ ordinal: 0, command: { verb: "loadDatabase", n: 5 } }]);
  });

  it("closes the Pair once the database is loaded again", () => {
    const o = observation({
      state: "WaitingForActive",
      record: pair,
      pods: [returned, catchingUp],
      over: overActive,
    });
    expect(decide(o).recordWrite?.value).toEqual({ ...pair, n: 6, mode: "Closed" });
  });

  it("then names its new life, which is not behind", () => {
    const closed = record({ n: 6, mode: "Closed", ready: false });
    const o = observation({
      state: "ConfiguringActive",
      record: closed,
      pods: [returned, catchingUp],
      over: overActive,
    });
    expect(decide(o).recordWrite?.value).toMatchObject({
      n: 7,
      mode: "Solo",
      writer: { boot: "boot-0b" },
      from: 0,
    });
  });

  it("asks for a person when the standby's copy is ahead", () => {
    const closed = record({ n: 6, mode: "Closed", ready: false });
    const ahead = pod(1, { state: agentState(1, { timesten: { dbId: 9 } }) });
    const d = decide(
      observation({ state: "ConfiguringActive", record: closed, pods: [returned, ahead], over: overActive }),
    );
    expect(d).toMatchObject({ state: "ManualInterventionRequired", recordWrite: null });
    expect(d.reasons[0]).toMatchObject({ reason: "StandbyAhead" });
    expect(d.conditions.Stalled).toMatchObject({ status: "True" });
  });
});
