import { decide } from "../../../capabilities/classic/decide/decide";
import {
  BOOT,
  UID,
  agentState,
  deadActive,
  idleView,
  observation,
  pod,
  promotion,
  silentPod,
  solo,
  unloadedView,
} from "./fixtures";

const overActive = [{ podUID: UID[0], boot: BOOT[0] }];
const promoting = pod(1, { state: agentState(1, { permission: { obeyedN: 6 } }) });
const promoted = pod(1, {
  state: agentState(1, {
    timesten: { repState: "ACTIVE", open: true, repAgent: "Not Running" },
    permission: { obeyedN: 6, soloed: 6, mode: "endless", closed: false, completeFor: 0 },
  }),
});

describe("a promotion under way", () => {
  it("is shown as ActiveDown until the new active is open", () => {
    const o = observation({
      state: "ActiveDown",
      record: promotion(),
      pods: [deadActive(), promoting],
      over: overActive,
    });
    expect(decide(o)).toMatchObject({ state: "ActiveDown", recordWrite: null });
  });

  it("tells the standby every proof there is", () => {
    const o = observation({
      state: "ActiveDown",
      record: promotion(),
      pods: [deadActive(), promoting],
      over: overActive,
    });
    expect(decide(o).evidence.proofs).toMatchObject([{ kind: "over", podUID: UID[0], boot: BOOT[0] }]);
  });

  it("tells a next leader's agents the proof that was noted with the record", () => {
    const proof = { kind: "over" as const, podUID: UID[0], boot: BOOT[0], containerID: null, by: "noted" };
    const o = observation({ state: "Normal", record: promotion(), pods: [silentPod(0, 0), promoting] });
    const noted = { ...o, record: { ...o.record!, notes: { ...o.record!.notes, proofs: [proof] } } };
    expect(decide(noted).evidence.proofs).toEqual([proof]);
  });

  it("counts the old writer's own closed word as fenced", () => {
    const fenced = pod(0, {
      state: agentState(0, { permission: { obeyedN: 6, mode: "none", closed: true } }),
    });
    const o = observation({ state: "ActiveDown", record: promotion(), pods: [fenced, promoting] });
    expect(decide(o).evidence.proofs).toMatchObject([{ kind: "fenced", podUID: UID[0], boot: BOOT[0] }]);
  });

  it("leads to ActiveTakeover with one write of the route once the new active is open", () => {
    const d = decide(
      observation({ state: "ActiveDown", record: promotion(), pods: [deadActive(), promoted] }),
    );
    expect(d.state).toBe("ActiveTakeover");
    expect(d.effects.filter(effect => effect.do === "route")).toMatchObject([
      { to: { podName: "sample-1" } },
    ]);
    expect(d.activePod).toBe("sample-1");
  });

  it("shows ActiveDown first even when all was over before a leader looked", () => {
    const o = observation({ state: "Normal", record: promotion(), pods: [deadActive(), promoted] });
    expect(decide(o)).toMatchObject({ state: "ActiveDown", wakeAfterMs: 0 });
  });

  it("takes the role from the old pod before it gives it to the new one", () => {
    const d = decide(
      observation({ state: "ActiveDown", record: promotion(), pods: [deadActive(), promoted] }),
    );
    const labels = d.effects.filter(effect => effect.do === "label");
    expect(labels).toMatchObject([
      { podName: "sample-0", role: null },
      { podName: "sample-1", role: "active" },
    ]);
  });

  it("takes the role first also where the new active is the first pod", () => {
    const active = pod(0, {
      roleLabel: "standby",
      state: agentState(0, {
        permission: { obeyedN: 6, soloed: 6 },
        timesten: { repState: "ACTIVE", open: true },
      }),
    });
    const mirrored = promotion({ writer: { podUID: UID[0], boot: BOOT[0] } });
    const old = { ...deadActive(1), roleLabel: "active" };
    const d = decide(observation({ state: "ActiveDown", record: mirrored, pods: [active, old] }));
    expect(
      d.effects.flatMap(effect => (effect.do === "label" ? [`${effect.podName} ${effect.role}`] : [])),
    ).toEqual(["sample-1 null", "sample-0 active"]);
  });

  it("starts replication on the new active", () => {
    const d = decide(
      observation({ state: "ActiveDown", record: promotion(), pods: [deadActive(), promoted] }),
    );
    expect(d.commands).toContainEqual(
      expect.objectContaining({
        ordinal: 1,
        command: expect.objectContaining({ verb: "startRepAgent", n: 6 }) as object,
      }),
    );
  });

  it("goes from ActiveTakeover to StandbyDown", () => {
    const status = {
      podStatus: [
        { name: "sample-0", intendedState: "Standby" as const },
        { name: "sample-1", intendedState: "Active" as const },
      ],
    };
    const o = observation({
      state: "ActiveTakeover",
      status,
      record: promotion(),
      pods: [deadActive(), promoted],
    });
    expect(decide(o).state).toBe("StandbyDown");
  });

  it("is completed when the target is found ACTIVE by a leader that did not see it happen", () => {
    const o = observation({
      state: "ActiveDown",
      record: promotion(),
      pods: [silentPod(0, 60_000), promoted],
    });
    expect(decide(o)).toMatchObject({ state: "ActiveTakeover", recordWrite: null });
  });
});

describe("a promotion that cannot be", () => {
  const refusing = pod(1, {
    state: agentState(1, {
      permission: { obeyedN: 6, refused: { n: 6, reason: "not complete for Pair 5" } },
    }),
  });
  const crashed = deadActive(1, { permission: { obeyedN: 6, soloed: 0 } });
  const overBoth = [...overActive, { podUID: UID[1], boot: BOOT[1] }];
  const back = pod(0, {
    state: agentState(0, {
      boot: "boot-0b",
      endedBoots: [{ boot: BOOT[0], endedAtMs: 1, how: "daemon died", podUID: "" }],
      timesten: { ...idleView },
      permission: { obeyedN: 7, mode: "none", closed: true },
    }),
  });

  it("is given up when the standby refuses, with its reason", () => {
    const d = decide(
      observation({
        state: "ActiveDown",
        record: promotion(),
        pods: [deadActive(), refusing],
        over: overActive,
      }),
    );
    expect(d.recordWrite?.value).toMatchObject({
      n: 7,
      mode: "Closed",
      writer: { podUID: UID[1] },
      from: 0,
      standby: null,
    });
    expect(d.reasons[0]).toMatchObject({ reason: "PromotionRefused" });
    expect(d.reasons[0]?.message).toContain("not complete for Pair 5");
  });

  it("is given up when the standby's database ended before it became the active", () => {
    const d = decide(
      observation({
        state: "ActiveDown",
        record: promotion(),
        pods: [deadActive(), crashed],
        over: overBoth,
      }),
    );
    expect(d.recordWrite?.value).toMatchObject({ n: 7, mode: "Closed" });
  });

  it("is not given up when its disk says that it became the active", () => {
    const won = deadActive(1, { permission: { obeyedN: 6, soloed: 6 } });
    const d = decide(
      observation({ state: "StandbyDown", record: promotion(), pods: [deadActive(), won], over: overBoth }),
    );
    expect(d.recordWrite).toBeNull();
  });

  it("lets the old writer's disk go on once the standby obeys and never wrote", () => {
    const givenUp = solo({ n: 7, mode: "Closed", writer: { podUID: UID[1], boot: BOOT[1] } });
    const obeying = pod(1, { state: agentState(1, { permission: { obeyedN: 7, completeFor: 0 } }) });
    const d = decide(
      observation({ state: "WaitingForActive", record: givenUp, pods: [back, obeying], over: overActive }),
    );
    expect(d.recordWrite?.value).toMatchObject({
      n: 8,
      mode: "Solo",
      writer: { podUID: UID[0], boot: "boot-0b" },
      from: 0,
    });
  });

  describe("that leaves a two-safe pair with a copy that has everything and a disk that was cut short", () => {
    type How = "daemon died" | "stopped" | "unloaded";
    const idleTwosafe = { ...idleView, usingTwosafe: true };
    interface Change {
      /** Of the copy that was promoted. */
      timesten?: typeof idleTwosafe;
      diskCompleteFor?: number;
      /** By the old writer. */
      obeyedN?: number;
    }
    const after = (former: How, promoted: How, usingTwosafe = true, change: Change = {}) => {
      const ended = (boot: string, how: How) => [{ boot, endedAtMs: 1, how, podUID: "" }];
      const givenUp = solo({ n: 7, mode: "Closed", writer: { podUID: UID[1], boot: BOOT[1] } });
      const standby = pod(1, {
        state: agentState(1, {
          boot: "boot-1b",
          endedBoots: ended(BOOT[1], promoted),
          ...(change.timesten && { timesten: change.timesten }),
          permission: { obeyedN: 7, completeFor: 0, diskCompleteFor: change.diskCompleteFor ?? 0 },
        }),
      });
      const active = pod(0, {
        state: agentState(0, {
          boot: "boot-0b",
          endedBoots: ended(BOOT[0], former),
          timesten: { ...idleView, usingTwosafe },
          permission: { obeyedN: change.obeyedN ?? 7, soloed: 3, mode: "none", closed: true },
        }),
      });
      const over = [...overActive, { podUID: UID[1], boot: BOOT[1] }];
      return decide(
        observation({ state: "WaitingForActive", record: givenUp, pods: [active, standby], over }),
      );
    };

    it.each(["stopped", "unloaded"] as const)("is a matter for people where that copy was %s", how => {
      const d = after("daemon died", how);
      expect(d).toMatchObject({ state: "ManualInterventionRequired", recordWrite: null });
      expect(d.reasons[0]).toMatchObject({ reason: "StandbyAhead" });
      expect(d.reasons[0]?.message).toContain("sample-1 has everything but never became the active");
    });

    it("lets the disk of that copy go on once it is known to have everything", () => {
      const d = after("daemon died", "stopped", true, { timesten: idleTwosafe, diskCompleteFor: 5 });
      expect(d.recordWrite?.value).toMatchObject({ n: 8, writer: { podUID: UID[1], boot: "boot-1b" } });
      expect(d.reasons[0]).toMatchObject({ reason: "StandbyReturned" });
    });

    it("waits until the old writer obeys, which may have been told to go on alone", () => {
      const change = { timesten: idleTwosafe, diskCompleteFor: 5, obeyedN: 6 };
      expect(after("daemon died", "stopped", true, change)).toMatchObject({
        recordWrite: null,
        reasons: [{ reason: "WaitingForActive" }],
      });
    });

    it.each([
      ["the old writer ended in order", after("stopped", "stopped")],
      ["both were cut short", after("daemon died", "daemon died")],
      ["commits do not wait for the standby", after("daemon died", "stopped", false)],
    ])("lets the old writer's disk go on where %s", (_why, d) => {
      expect(d.recordWrite?.value).toMatchObject({ n: 8, writer: { podUID: UID[0], boot: "boot-0b" } });
    });
  });

  it("is a matter for people when the old writer's disk is gone as well", () => {
    const givenUp = solo({ n: 7, mode: "Closed", writer: { podUID: UID[1], boot: BOOT[1] } });
    const obeying = pod(1, { state: agentState(1, { permission: { obeyedN: 7, completeFor: 0 } }) });
    const empty = deadActive(0, { timesten: { ...unloadedView, db: "None" }, endedBoots: [] });
    const d = decide(observation({ state: "ConfiguringActive", record: givenUp, pods: [empty, obeying] }));
    expect(d.state).toBe("ManualInterventionRequired");
    expect(d.reasons[0]).toMatchObject({ reason: "MissingFact" });
    expect(d.reasons[0]?.message).toContain("sample-0 has no database any more");
  });

  it("asks for a proof about the old writer's life where another Pod of it may still run", () => {
    const givenUp = solo({ n: 7, mode: "Closed", writer: { podUID: UID[1], boot: BOOT[1] } });
    const obeying = pod(1, { state: agentState(1, { permission: { obeyedN: 7, completeFor: 0 } }) });
    const successor = pod(0, {
      uid: "uid-0-new",
      state: agentState(0, {
        podUID: "uid-0-new",
        boot: "boot-0b",
        endedBoots: [{ boot: BOOT[0], endedAtMs: 1, how: "container restarted", podUID: UID[0] }],
        timesten: { ...idleView },
        permission: { obeyedN: 7, mode: "none", closed: true },
      }),
    });
    const found = { state: "WaitingForActive" as const, record: givenUp };
    const d = decide(observation({ ...found, pods: [successor, obeying] }));
    expect(d.recordWrite).toBeNull();
    expect(d.reasons[0]?.message).toContain("a proof that the former life");
    const proven = decide(observation({ ...found, pods: [successor, obeying], over: overActive }));
    expect(proven.recordWrite?.value).toMatchObject({ n: 8, writer: { podUID: "uid-0-new" } });
  });

  it("loads both copies to compare them", () => {
    const givenUp = solo({ n: 7, mode: "Closed", writer: { podUID: UID[1], boot: BOOT[1] } });
    const down = (ordinal: 0 | 1) =>
      deadActive(ordinal, { timesten: { ...unloadedView }, permission: { obeyedN: 7, soloed: 1 } });
    const d = decide(
      observation({ state: "WaitingForActive", record: givenUp, pods: [down(0), down(1)], over: overBoth }),
    );
    expect(d.commands.map(({ ordinal, command }) => [ordinal, command.verb])).toEqual([
      [0, "loadDatabase"],
      [1, "loadDatabase"],
    ]);
  });

  it("waits while the standby has not said whether it wrote", () => {
    const givenUp = solo({ n: 7, mode: "Closed", writer: { podUID: UID[1], boot: BOOT[1] } });
    const d = decide(
      observation({
        state: "WaitingForActive",
        record: givenUp,
        pods: [back, silentPod(1, 40_000)],
        over: overActive,
      }),
    );
    expect(d).toMatchObject({ recordWrite: null, state: "WaitingForActive" });
  });

  it("names the promoted one again when it turns out to have become the active", () => {
    const givenUp = solo({ n: 7, mode: "Closed", writer: { podUID: UID[1], boot: BOOT[1] } });
    const won = pod(1, {
      state: agentState(1, {
        timesten: { repState: "ACTIVE" },
        permission: { obeyedN: 7, soloed: 6, completeFor: 0 },
      }),
    });
    const d = decide(
      observation({ state: "ActiveDown", record: givenUp, pods: [deadActive(), won], over: overActive }),
    );
    expect(d.recordWrite?.value).toMatchObject({
      n: 8,
      mode: "Solo",
      writer: { podUID: UID[1], boot: BOOT[1] },
    });
  });
});
