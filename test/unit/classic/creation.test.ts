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
    expect(kinds).toEqual([
      "Secret",
      "headless Service",
      "active Service",
      "EndpointSlice",
      "PodDisruptionBudget",
      "StatefulSet",
    ]);
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
          fresh(0, {
            timesten: { ...idleView, dbId: 2 },
            boot: BOOT[0],
            permission: { obeyedN: 7, soloed: 3 },
          }),
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
