import { decide } from "../../../capabilities/classic/decide/decide";
import type { Task } from "../../../protocol";
import {
  BOOT,
  UID,
  agentState,
  daemonDownView,
  emptyView,
  idleView,
  noPod,
  observation,
  pod,
  record,
  silentPod,
  solo,
  standbyView,
  type StateChange,
} from "./fixtures";

const verbs = (d: ReturnType<typeof decide>) =>
  d.commands.map(({ ordinal, command }) => `${ordinal} ${command.verb}`);

describe("the standby under a Solo", () => {
  const n = 6;
  const writer = (change: StateChange = {}) =>
    pod(0, {
      state: agentState(0, { ...change, permission: { obeyedN: n, soloed: n, ...change.permission } }),
    });
  const duplicated = (status: Task["status"] = "succeeded"): Task => ({
    id: `${UID[1]}/${n}/none/duplicate/1`,
    verb: "duplicate",
    status,
    error: status === "failed" ? "TT12078" : null,
    startedAtMs: 1,
    endedAtMs: 2,
  });
  const standby = (change: StateChange = {}, agent = {}) =>
    pod(1, {
      agent,
      state: agentState(1, { ...change, permission: { obeyedN: n, completeFor: 0, ...change.permission } }),
    });
  const at = (
    w: ReturnType<typeof writer>,
    s: ReturnType<typeof standby>,
    state: "StandbyDown" | "StandbyStarting" | "StandbyCatchup" = "StandbyDown",
  ) => decide(observation({ state, record: solo({ n }), pods: [w, s] }));
  const behind = standby({ timesten: { ...standbyView, repState: "FAILED" } });

  it("is duplicated from a writer that is open and obeys", () => {
    const { command } = at(writer(), behind).commands[0]!;
    expect(command).toMatchObject({ verb: "duplicate", n, fromHost: "sample-0.sample.mynamespace.svc" });
  });

  it.each([
    ["the writer is not open", writer({ timesten: { open: false } }), behind],
    ["the writer has not answered this number", writer({ permission: { obeyedN: 5 } }), behind],
    ["the writer has no permission without an end", writer({ permission: { mode: "none" } }), behind],
    ["the writer is silent", silentPod(0, 100), behind],
    ["the writer is shutting down", writer({ stopping: true }), behind],
    ["the writer does not replicate", writer({ timesten: { repAgent: "Unknown" } }), behind],
    [
      "the standby has not answered this number",
      writer(),
      standby({ permission: { obeyedN: 5 }, timesten: { repState: "FAILED" } }),
    ],
  ])("is not destroyed while %s", (_why, w, s) => {
    expect(verbs(at(w, s))).not.toContain("1 duplicate");
  });

  it("has replication started on the fresh copy", () => {
    expect(verbs(at(writer(), standby({ tasks: [duplicated()], timesten: idleView })))).toEqual([
      "1 startRepAgent",
    ]);
  });

  it("is left alone while a task runs, and the pair is watched meanwhile", () => {
    const d = at(writer(), standby({ tasks: [duplicated("running")], timesten: { db: "Loading" } }));
    expect(d.commands).toEqual([]);
    expect(d.wakeAfterMs).toBeLessThanOrEqual(5_000);
  });

  it("is not given a second task while its agent is at another", () => {
    const other: Task = {
      ...duplicated("running"),
      id: `${UID[1]}/${n}/${BOOT[1]}/startRepAgent/1`,
      verb: "startRepAgent",
    };
    expect(at(writer(), standby({ tasks: [other], timesten: { repState: "FAILED" } })).commands).toEqual([]);
  });

  it("shows StandbyStarting, then StandbyCatchup while it recovers", () => {
    const fresh = standby({ tasks: [duplicated()], timesten: { repState: "RECOVERING" } });
    expect(at(writer(), fresh).state).toBe("StandbyDown");
    const recovering = { ...fresh, agent: { ...fresh.agent, repStateForMs: 5_000 } };
    expect(at(writer(), recovering).state).toBe("StandbyStarting");
    expect(at(writer(), recovering, "StandbyStarting").state).toBe("StandbyCatchup");
    expect(at(writer(), recovering, "StandbyCatchup").state).toBe("StandbyCatchup");
  });

  it("falls back to StandbyDown when it is lost on the way", () => {
    expect(at(writer(), standby({ timesten: { repState: "FAILED" } }), "StandbyCatchup").state).toBe(
      "StandbyDown",
    );
  });

  it("forms the pair when it is STANDBY and the writer counts it in", () => {
    const d = at(writer(), standby({ tasks: [duplicated()] }));
    expect(d.recordWrite?.value).toEqual(record({ n: 7, ready: false }));
  });

  it("is not paired while the copy that is there is being made anew, ordered or under way", () => {
    const order = (agoMs: number) => ({
      sent: [{ id: duplicated().id, agoMs, accepted: null, reason: null }],
    });
    expect(at(writer(), standby({}, order(100))).recordWrite).toBeNull();
    expect(at(writer(), standby({ tasks: [duplicated("running")] })).recordWrite).toBeNull();
    // An order that left no trace holds nothing up for ever.
    expect(at(writer(), standby({}, order(6_000))).recordWrite).not.toBeNull();
  });

  it("is not paired while the writer still counts it out", () => {
    const d = at(writer({ timesten: { repPeerState: "failed" } }), standby({ tasks: [duplicated()] }));
    expect(d.recordWrite).toBeNull();
  });

  it("is duplicated again when it recovers for too long", () => {
    const d = at(
      writer(),
      standby(
        { tasks: [duplicated()], timesten: { repState: "RECOVERING" } },
        { repStateForMs: 31_000, endedAgoMs: { [duplicated().id]: 31_000 } },
      ),
    );
    expect(d.commands[0]?.command).toMatchObject({
      verb: "duplicate",
      id: `${UID[1]}/${n}/none/duplicate/2`,
    });
    expect(d.events).toContainEqual(
      expect.objectContaining({ message: "Standby: Replication state incorrect (RECOVERING). Count: 1" }),
    );
  });

  it("counts each failed attempt once, in the catalogue's words", () => {
    const failed = standby({ tasks: [duplicated("failed")], timesten: { ...emptyView } });
    const d = at(writer(), failed);
    expect(d.events).toEqual([
      { type: "Warning", reason: "StateChange", message: "Standby: Duplicate unsuccessful. Count: 1" },
    ]);
    expect(d.repairs).toEqual({ failCount: 1, countedTask: duplicated().id });
    const next = observation({
      state: "StandbyDown",
      status: { repStartFailCount: 1, standbyDownStandbyAS: { asyncId: duplicated().id } },
      record: solo({ n }),
      pods: [writer(), failed],
    });
    expect(decide(next)).toMatchObject({ events: [], repairs: { failCount: 1 } });
  });

  it("says so when replication runs again after failures, and forgets them", () => {
    const d = decide(observation({ state: "StandbyCatchup", status: { repStartFailCount: 3 } }));
    expect(d.events).toContainEqual(
      expect.objectContaining({ message: "Standby: Replication started successfully" }),
    );
    expect(d.repairs.failCount).toBe(0);
  });
});

describe("a Pair on its way to ready", () => {
  const pair = record({ ready: false });

  it("carries the writer's word to the standby", () => {
    const d = decide(
      observation({
        state: "StandbyCatchup",
        record: pair,
        pods: [pod(0), pod(1, { state: agentState(1, { permission: { completeFor: 0 } }) })],
      }),
    );
    expect(d.evidence).toEqual({ soloEnded: { n: 5, mark: 3 }, proofs: [], returns: false });
    expect(d).toMatchObject({ recordWrite: null, state: "StandbyCatchup" });
  });

  it("becomes ready and Normal when the standby is complete", () => {
    const d = decide(observation({ state: "StandbyCatchup", record: pair }));
    expect(d.recordWrite?.value).toEqual(record());
    expect(d.state).toBe("Normal");
  });

  it("does not become ready without the writer's word", () => {
    const mute = pod(0, { state: agentState(0, { permission: { soloEnded: null } }) });
    expect(
      decide(observation({ state: "StandbyCatchup", record: pair, pods: [mute, pod(1)] })).recordWrite,
    ).toBeNull();
  });

  it("keeps replication running on both sides", () => {
    const stopped = pod(1, { state: agentState(1, { timesten: { repAgent: "Not Running" } }) });
    expect(verbs(decide(observation({ record: pair, pods: [pod(0), stopped] })))).toEqual([
      "1 startRepAgent",
    ]);
  });
});

describe("loss of the standby", () => {
  const lost = (standby: ReturnType<typeof pod>) => decide(observation({ pods: [pod(0), standby] }));

  it.each([
    ["its pod is gone", noPod(1)],
    ["its pod was replaced", pod(1, { uid: "new", state: agentState(1, { podUID: "new", boot: null }) })],
    [
      "its container ended",
      silentPod(1, 0, {
        container: { containerID: null, running: false, waitingReason: null, restartCount: 1 },
      }),
    ],
    ["its database is down", pod(1, { state: agentState(1, { boot: null, timesten: daemonDownView }) })],
    ["it is shutting down", pod(1, { state: agentState(1, { stopping: true }) })],
    ["it is silent for too long", silentPod(1, 30_000)],
    ["it FAILED", pod(1, { state: agentState(1, { timesten: { repState: "FAILED" } }) })],
    [
      "it recovers for too long",
      pod(1, {
        state: agentState(1, { timesten: { repState: "RECOVERING" } }),
        agent: { repStateForMs: 30_000 },
      }),
    ],
  ])("when %s, the writer goes on alone", (_why, standby) => {
    const d = lost(standby);
    expect(d.recordWrite?.value).toEqual(solo({ n: 6, alt: 5 }));
    expect(d).toMatchObject({ state: "ActiveTakeover", reasons: [{ reason: "StandbyLost" }] });
  });

  it.each([
    ["a short silence", silentPod(1, 10_000)],
    [
      "a replication agent that has just stopped",
      pod(1, { state: agentState(1, { timesten: { repAgent: "Not Running" } }) }),
    ],
    ["a short catch-up", pod(1, { state: agentState(1, { timesten: { repState: "RECOVERING" } }) })],
    [
      "an agent that has just started",
      pod(1, { state: agentState(1, { boot: null, timesten: { ...daemonDownView, daemon: "Unknown" } }) }),
    ],
  ])("is not concluded from %s", (_why, standby) => {
    expect(lost(standby)).toMatchObject({ recordWrite: null, state: "Normal" });
  });

  it("goes on to StandbyDown with the active serving throughout", () => {
    const serving = pod(0, { state: agentState(0, { permission: { obeyedN: 6, soloed: 6 } }) });
    const d = decide(
      observation({ state: "ActiveTakeover", record: solo({ n: 6, alt: 5 }), pods: [serving, noPod(1)] }),
    );
    expect(d).toMatchObject({ state: "StandbyDown", roles: ["active", null] });
    expect(d.conditions).toMatchObject({
      Ready: { status: "True" },
      Redundant: { status: "False" },
      FailoverPossible: { status: "False" },
    });
  });

  it("leaves the record to a writer that is heard: without its live session nothing is written", () => {
    expect(decide(observation({ pods: [silentPod(0, 1_000), noPod(1)] })).recordWrite).toBeNull();
  });
});

describe("a standby that replicates and never becomes complete", () => {
  const never = (forMs: number) => {
    const o = observation({
      state: "StandbyCatchup",
      record: record({ ready: false }),
      pods: [
        pod(0, { state: agentState(0, { permission: { soloEnded: null } }) }),
        pod(1, {
          state: agentState(1, { permission: { completeFor: 0 } }),
          agent: { repStateForMs: 3_600_000 },
        }),
      ],
    });
    const found = o.record === null ? null : { ...o.record, forMs };
    return decide({ ...o, record: found });
  };

  it("is given up after the time of a long task, counted anew in each Pair", () => {
    expect(never(599_000).recordWrite).toBeNull();
    const late = never(600_000);
    expect(late.recordWrite?.value).toMatchObject({ mode: "Solo" });
    expect(late.reasons[0]?.message).toContain("did not become complete within 600 seconds");
  });
});
