import { decide } from "../../../capabilities/classic/decide/decide";
import {
  BOOT,
  UID,
  agentState,
  daemonDownView,
  deadActive,
  idleView,
  observation,
  pod,
  record,
  silentPod,
  solo,
  unloadedView,
} from "./fixtures";

const overActive = [{ podUID: UID[0], boot: BOOT[0] }];
describe("Closed on its way from a ready Pair", () => {
  const closed = record({ n: 6, mode: "Closed", from: 5, ready: false });

  it("goes back to a writer that lives", () => {
    const d = decide(observation({ state: "ConfiguringActive", record: closed }));
    expect(d.recordWrite?.value).toMatchObject({
      n: 7,
      mode: "Solo",
      writer: { podUID: UID[0], boot: BOOT[0] },
    });
  });

  it("promotes the complete standby when the writer is over", () => {
    const d = decide(
      observation({
        state: "WaitingForActive",
        record: closed,
        pods: [deadActive(), pod(1)],
        over: overActive,
      }),
    );
    expect(d.recordWrite?.value).toMatchObject({
      n: 7,
      mode: "Solo",
      writer: { podUID: UID[1], boot: BOOT[1] },
      from: 5,
    });
  });

  it("asks for a person when the writer's disk is back and nobody knows how far the standby got", () => {
    const back = pod(0, {
      state: agentState(0, {
        boot: "boot-0b",
        endedBoots: [{ boot: BOOT[0], endedAtMs: 1, how: "daemon died", podUID: "" }],
        timesten: idleView,
      }),
    });
    const d = decide(
      observation({
        state: "ConfiguringActive",
        record: closed,
        pods: [back, silentPod(1, 60_000)],
        over: overActive,
      }),
    );
    expect(d).toMatchObject({
      state: "ManualInterventionRequired",
      recordWrite: null,
      reasons: [{ reason: "MissingFact" }],
    });
    expect(d.reasons[0]?.message).toContain("how far the copy of sample-1 got");
  });
});

describe("a writer alone whose life is over", () => {
  const alone = solo({ n: 6 });

  it("has its daemon started and its database loaded, and stays closed meanwhile", () => {
    const o = observation({
      state: "StandbyDown",
      record: alone,
      pods: [deadActive(), pod(1)],
      over: overActive,
    });
    expect(decide(o).commands).toMatchObject([{ ordinal: 0, command: { verb: "startDaemon" } }]);
    const up = deadActive(0, { timesten: unloadedView });
    expect(decide({ ...o, pods: [up, pod(1)] }).commands).toMatchObject([
      { ordinal: 0, command: { verb: "loadDatabase" } },
    ]);
  });

  it("has the other copy loaded for comparison when it died before it took the Solo", () => {
    const back = pod(0, {
      state: agentState(0, {
        boot: "boot-0b",
        endedBoots: [{ boot: BOOT[0], endedAtMs: 1, how: "daemon died", podUID: UID[0] }],
        timesten: idleView,
        permission: { obeyedN: 6, soloed: 4, mode: "none", closed: true },
      }),
    });
    const down = deadActive(1, { timesten: unloadedView, permission: { obeyedN: 6, completeFor: 0 } });
    const unheard = observation({
      state: "ConfiguringActive",
      record: solo({ n: 6, alt: 5 }),
      pods: [back, down],
      over: overActive,
    });
    expect(decide(unheard).commands).toMatchObject([{ ordinal: 1, command: { verb: "loadDatabase" } }]);
  });

  it("goes through BothDown, WaitingForActive and ConfiguringActive", () => {
    const o = observation({
      state: "StandbyDown",
      record: alone,
      pods: [deadActive(), pod(1)],
      over: overActive,
    });
    expect(decide(o)).toMatchObject({ state: "BothDown", wakeAfterMs: 0 });
    const next = observation({
      state: "BothDown",
      record: alone,
      pods: [deadActive(), pod(1)],
      over: overActive,
    });
    expect(decide(next)).toMatchObject({ state: "WaitingForActive", wakeAfterMs: 0 });
    const last = observation({
      state: "WaitingForActive",
      record: alone,
      pods: [deadActive(), pod(1)],
      over: overActive,
    });
    expect(decide(last).state).toBe("ConfiguringActive");
  });

  it("is named with its new life", () => {
    const back = pod(0, {
      state: agentState(0, {
        boot: "boot-0b",
        endedBoots: [{ boot: BOOT[0], endedAtMs: 1, how: "daemon died", podUID: "" }],
        timesten: idleView,
        permission: { obeyedN: 6, soloed: 6, mode: "none", closed: true },
      }),
    });
    const d = decide(
      observation({ state: "ConfiguringActive", record: alone, pods: [back, pod(1)], over: overActive }),
    );
    expect(d.recordWrite?.value).toEqual({ ...alone, n: 7, writer: { podUID: UID[0], boot: "boot-0b" } });
  });

  it("is named on a new pod with the same volume", () => {
    const back = pod(0, {
      state: agentState(0, {
        podUID: "uid-new",
        boot: "boot-0b",
        endedBoots: [{ boot: BOOT[0], endedAtMs: 1, how: "stopped", podUID: "" }],
        timesten: idleView,
        permission: { obeyedN: 6, soloed: 6, mode: "none", closed: true },
      }),
    });
    const d = decide(
      observation({ state: "ConfiguringActive", record: alone, pods: [back, pod(1)], over: overActive }),
    );
    expect(d.recordWrite?.value.writer).toEqual({ podUID: "uid-new", boot: "boot-0b" });
  });

  it("asks for a person when its volume is another one", () => {
    const empty = pod(0, {
      state: agentState(0, {
        podUID: "uid-new",
        boot: null,
        timesten: { ...daemonDownView, daemon: "Up", db: "None" },
        permission: { obeyedN: 0, soloed: 0, mode: "none" },
      }),
    });
    const d = decide(
      observation({
        state: "WaitingForActive",
        record: alone,
        pods: [empty, pod(1)],
        over: overActive,
        writerPodName: "sample-0",
      }),
    );
    expect(d).toMatchObject({ state: "ManualInterventionRequired", reasons: [{ reason: "MissingFact" }] });
    expect(d.commands).toEqual([]);
  });

  it("leaves ManualInterventionRequired by itself when the fact arrives", () => {
    const d = decide(observation({ state: "ManualInterventionRequired", record: alone }));
    expect(d.state).toBe("StandbyDown");
  });

  it("promotes the standby of the Pair it left if it never heard that it may go on alone", () => {
    const unheard = deadActive(0, { permission: { obeyedN: 5, soloed: 4 } });
    const o = observation({
      state: "StandbyDown",
      record: solo({ n: 6, alt: 5 }),
      pods: [unheard, pod(1)],
      over: overActive,
    });
    expect(decide(o).recordWrite?.value).toMatchObject({
      n: 7,
      mode: "Solo",
      writer: { podUID: UID[1] },
      from: 5,
    });
  });

  it("does not promote it once the writer went on alone", () => {
    const heardIt = deadActive(0, { permission: { obeyedN: 6, soloed: 6 } });
    const o = observation({
      state: "StandbyDown",
      record: solo({ n: 6, alt: 5 }),
      pods: [heardIt, pod(1)],
      over: overActive,
    });
    expect(decide(o).recordWrite).toBeNull();
  });
});

describe("a record that was lost, both databases down and loaded again", () => {
  const copy = (ordinal: 0 | 1, dbId: number, db: "Loaded" | "Unloaded" = "Loaded") =>
    pod(ordinal, {
      state: agentState(ordinal, {
        boot: db === "Loaded" ? `boot-${ordinal}b` : null,
        timesten: { ...(db === "Loaded" ? idleView : unloadedView), dbId },
        permission: { obeyedN: 5, mode: "none", closed: true, soloed: ordinal === 0 ? 4 : 0 },
      }),
    });
  const lost = (one: ReturnType<typeof copy>, other: ReturnType<typeof copy>) =>
    observation({ state: "ActiveDown", record: null, pods: [one, other] });

  it("goes on with the last writer's copy where it is not behind", () => {
    expect(decide(lost(copy(0, 3), copy(1, 3))).recordWrite?.value).toMatchObject({
      n: 6,
      mode: "Solo",
      writer: { podUID: UID[0] },
    });
  });

  it("asks for a person where the other copy has more", () => {
    const d = decide(lost(copy(0, 3), copy(1, 4)));
    expect(d).toMatchObject({ recordWrite: null, reasons: [{ reason: "StandbyAhead" }] });
  });

  it("loads both copies before it decides", () => {
    const d = decide(lost(copy(0, 3), copy(1, 0, "Unloaded")));
    expect(d).toMatchObject({ recordWrite: null, reasons: [{ reason: "RecordLost" }] });
    expect(d.commands).toMatchObject([{ ordinal: 1, command: { verb: "loadDatabase" } }]);
  });

  it("does not ask a database that writes now", () => {
    const writes = pod(0, { state: agentState(0, { permission: { mode: "finite" } }) });
    expect(decide(lost(writes, copy(1, 9))).recordWrite?.value.writer.podUID).toBe(UID[0]);
  });
});
