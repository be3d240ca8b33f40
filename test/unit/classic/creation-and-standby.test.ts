import { decide } from "../../../capabilities/classic/decide/decide";
import type { Task } from "../../../protocol";
import {
  BOOT,
  UID,
  activeView,
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
  unloadedView,
  type StateChange,
} from "./fixtures";

const nothingYet: StateChange = {
  boot: null,
  timesten: emptyView,
  permission: { obeyedN: 0, soloed: 0, mode: "none", closed: true, completeFor: 0, soloEnded: null },
};
const fresh = (ordinal: 0 | 1, change: StateChange = {}) =>
  pod(ordinal, {
    roleLabel: null,
    state: agentState(ordinal, {
      ...nothingYet,
      ...change,
      timesten: { ...emptyView, ...change.timesten },
      permission: { ...nothingYet.permission, ...change.permission },
    }),
  });
const verbs = (d: ReturnType<typeof decide>) =>
  d.commands.map(({ ordinal, command }) => `${ordinal} ${command.verb}`);
const founding = { state: "Initializing" as const, record: null, rest: { routed: null } };

describe("the objects of a pair", () => {
  it("are made in an order in which each finds what it needs", () => {
    const o = observation({ ...founding, pods: [noPod(0), noPod(1)] });
    const missing = { ...o, owned: o.owned.map(one => ({ ...one, presence: "missing" as const })) };
    const kinds = decide(missing).effects.flatMap(effect => (effect.do === "create" ? [effect.kind] : []));
    expect(kinds).toEqual(["Secret", "headless Service", "active Service", "EndpointSlice", "StatefulSet"]);
  });

  it("are never adopted from somebody else, and that is said", () => {
    const o = observation({ ...founding, pods: [noPod(0), noPod(1)] });
    const owned = o.owned.map(one =>
      one.kind === "StatefulSet" ? { ...one, presence: "foreign" as const, fault: "it has no owner" } : one,
    );
    const d = decide({ ...o, owned });
    expect(d.effects).toEqual([]);
    expect(d.conditions.Stalled).toMatchObject({ status: "True", reason: "ForeignObject" });
    expect(d.wakeAfterMs).toBeLessThanOrEqual(5_000);
  });

  it("are not made again while the object is being deleted", () => {
    const o = observation({ pods: [noPod(0), noPod(1)] });
    o.object.metadata.deletionTimestamp = "2026-01-01T00:00:00Z";
    const d = decide({ ...o, owned: o.owned.map(one => ({ ...one, presence: "missing" as const })) });
    expect(d).toMatchObject({
      effects: [],
      commands: [],
      recordWrite: null,
      reasons: [{ reason: "BeingDeleted" }],
    });
  });
});

describe("the first active", () => {
  it("is chosen only when both agents have answered", () => {
    const d = decide(observation({ ...founding, pods: [fresh(0), silentPod(1, 1_000)] }));
    expect(d).toMatchObject({ commands: [], recordWrite: null, reasons: [{ reason: "WaitingForAgents" }] });
  });

  it("has its daemon started wherever it is down, whatever the other pod does", () => {
    const down = fresh(0, { timesten: daemonDownView });
    expect(verbs(decide(observation({ ...founding, pods: [down, noPod(1)] })))).toEqual(["0 startDaemon"]);
  });

  it("gets a database, then its scheme, then the record", () => {
    const at = (timesten: StateChange["timesten"], boot: string | null) =>
      decide(observation({ ...founding, pods: [fresh(0, { timesten: { ...timesten }, boot }), fresh(1)] }));
    expect(verbs(at(emptyView, null))).toEqual(["0 createDatabase"]);
    expect(verbs(at({ ...idleView, repScheme: "None", repState: "Unknown" }, BOOT[0]))).toEqual([
      "0 createScheme",
    ]);
    const ready = at(idleView, BOOT[0]);
    expect(verbs(ready)).toEqual([]);
    expect(ready.recordWrite).toMatchObject({
      replaces: null,
      value: { n: 1, mode: "Solo", writer: { podUID: UID[0], boot: BOOT[0] }, from: 0, alt: 0 },
    });
  });

  it("is the pod that wrote last when claims of a former object are there, numbered above all", () => {
    const d = decide(
      observation({
        ...founding,
        pods: [
          fresh(0, { timesten: unloadedView, permission: { obeyedN: 7, soloed: 3 } }),
          fresh(1, { timesten: idleView, boot: BOOT[1], permission: { obeyedN: 9, soloed: 9 } }),
        ],
      }),
    );
    expect(d.recordWrite?.value).toMatchObject({ n: 10, writer: { podUID: UID[1] } });
  });

  it("is the pod that writes now when the record was lost", () => {
    const d = decide(observation({ record: null, pods: [pod(0), pod(1)] }));
    expect(d.recordWrite?.value).toMatchObject({
      n: 6,
      mode: "Solo",
      writer: { podUID: UID[0], boot: BOOT[0] },
    });
  });

  it("is decided anew when agents obey a higher number than the record has", () => {
    const d = decide(observation({ record: record({ n: 4 }) }));
    expect(d.recordWrite?.value).toMatchObject({ n: 6, mode: "Solo", writer: { podUID: UID[0] } });
    const half = decide(observation({ record: record({ n: 4 }), pods: [pod(0), silentPod(1, 0)] }));
    expect(half).toMatchObject({
      recordWrite: null,
      state: "ManualInterventionRequired",
      reasons: [{ reason: "RecordLost" }],
    });
  });

  it("loads a database that is there instead of making one", () => {
    const pods = [fresh(0, { timesten: unloadedView }), fresh(1)] as const;
    expect(verbs(decide(observation({ ...founding, pods: [...pods] })))).toEqual(["0 loadDatabase"]);
  });

  it("tries a failed creation again after a pause and shows what TimesTen said", () => {
    const failed: Task = {
      id: `${UID[0]}/0/none/createDatabase/1`,
      verb: "createDatabase",
      status: "failed",
      error: "TT0001: no",
      startedAtMs: 1,
      endedAtMs: 2,
    };
    const at = (agoMs: number) =>
      decide(
        observation({
          ...founding,
          pods: [
            pod(0, {
              state: agentState(0, { ...nothingYet, tasks: [failed] }),
              agent: { endedAgoMs: { [failed.id]: agoMs } },
            }),
            fresh(1),
          ],
        }),
      );
    expect(at(100)).toMatchObject({ commands: [], wakeAfterMs: 900 });
    expect(at(100).conditions.Stalled?.message).toContain("TT0001");
    expect(at(1_000).commands[0]?.command.id).toBe(`${UID[0]}/0/none/createDatabase/2`);
  });
});

describe("the writer of a Solo", () => {
  const first = solo({ n: 1 });
  const serving = (change: StateChange["timesten"] = {}, tasks: Task[] = []) =>
    pod(0, {
      state: agentState(0, {
        tasks,
        timesten: { ...activeView, ...change },
        permission: { obeyedN: 1, soloed: 1 },
      }),
    });
  const empty = fresh(1, { permission: { obeyedN: 1 } });
  const epilog: Task = {
    id: `${UID[0]}/1/${BOOT[0]}/runEpilog/1`,
    verb: "runEpilog",
    status: "failed",
    error: "TT2",
    startedAtMs: 1,
    endedAtMs: 2,
  };
  const at = (writer: ReturnType<typeof serving>, standby = empty) =>
    decide(observation({ state: "Initializing", record: first, pods: [writer, standby] }));

  it("replicates, runs the epilog once, and only then is duplicated", () => {
    expect(verbs(at(serving({ repAgent: "Not Running" })))).toEqual(["0 startRepAgent"]);
    expect(verbs(at(serving()))).toEqual(["0 runEpilog"]);
    expect(verbs(at(serving({}, [epilog])))).toEqual(["1 duplicate"]);
  });

  it("is not given an epilog again when the pair is older", () => {
    const o = observation({
      state: "StandbyDown",
      record: solo({ n: 2 }),
      pods: [
        pod(0, { state: agentState(0, { permission: { obeyedN: 2, soloed: 2 } }) }),
        fresh(1, { permission: { obeyedN: 2 } }),
      ],
    });
    expect(verbs(decide(o))).toEqual(["1 duplicate"]);
  });
});

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
    const recovering = standby({ tasks: [duplicated()], timesten: { repState: "RECOVERING" } });
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
    expect(d.evidence).toEqual({ soloEnded: { n: 5, mark: 3 }, proofs: [] });
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
