import { decide } from "../../../capabilities/classic/decide/decide";
import type { Observation } from "../../../capabilities/classic/observation";
import { knownFromStatus, podEvents, type KnownPod } from "../../../capabilities/classic/report/podEvents";
import { makeReport, type Report } from "../../../capabilities/classic/report/report";
import { isNews } from "../../../capabilities/classic/report/status";
import {
  UID,
  agentState,
  daemonDownView,
  deadActive,
  emptyView,
  idleView,
  noPod,
  observation,
  pod,
  promotion,
  silentPod,
  standbyView,
  unloadedView,
  type StateChange,
} from "./fixtures";

const done = { routedAtMs: null, nowMs: 100_000, operatorName: "operator-0" };
const none = new Map<string, KnownPod>();

/** The report of an observation, and of what follows when its status has been written. */
function report(o: Observation, known: ReadonlyMap<string, KnownPod> = none): Report {
  return makeReport(o, decide(o), done, known, []);
}

describe("status", () => {
  // As after Initializing: nothing is known of the pods' states before.
  const { status } = report(observation({ status: { podStatus: [] } }));

  it("has the labels that the documents' listing shows", () => {
    expect(Object.keys(status)).toEqual(
      expect.arrayContaining(
        [
          "classicUpgradeStatus",
          "activePods",
          "highLevelState",
          "lastEvent",
          "lastHighLevelStateSwitch",
          "podStatus",
          "prevHighLevelState",
          "prevReexamine",
          "prevStopManaging",
          "repCreateStatement",
          "repPort",
          "statusVersion",
        ].filter(key => key !== "prevHighLevelState"),
      ),
    );
    expect(status).toMatchObject({
      activePods: "sample-0",
      highLevelState: "Normal",
      repPort: 4444,
      statusVersion: "1.0",
    });
    expect(status.classicUpgradeStatus).toMatchObject({
      activeStartTime: 0,
      activeStatus: "",
      imageUpdatePending: false,
    });
  });

  it("shows each pod as the documents do", () => {
    expect(status.podStatus?.[0]).toMatchObject({
      name: "sample-0",
      initialized: true,
      intendedState: "Active",
      highLevelState: "Healthy",
      prevHighLevelState: "Healthy",
      lastHighLevelStateSwitch: "?",
      adminUserFile: true,
      cacheUserFile: false,
      cgFile: false,
      schemaFile: true,
      usingTwosafe: false,
      disableReturn: false,
      localCommit: false,
      cacheStatus: { cacheAgent: "Not Running", cacheUidPwdSet: false, nCacheGroups: 0 },
      dbStatus: { db: "Loaded", dbId: 3, dbUpdatable: "Yes" },
      podStatus: { agent: "Up", lastTimeReachable: 100, podIP: "10.0.0.1", podPhase: "Running" },
      replicationStatus: {
        repAgent: "Running",
        repPeerPState: "start",
        repScheme: "Exists",
        repState: "ACTIVE",
        lastTimeRepStateChanged: 0,
      },
      timesTenStatus: { daemon: "Up", instance: "Exists", release: "18.1.4.11.0" },
    });
  });

  it("is not written again when only the times of looking differ", () => {
    const later = {
      ...status,
      lastReconcile: 7,
      podStatus:
        status.podStatus?.map(one => ({ ...one, podStatus: { ...one.podStatus, lastTimeReachable: 7 } })) ??
        [],
    };
    expect(isNews(status, later)).toBe(false);
    expect(isNews(status, { ...status, activePods: "None" })).toBe(true);
  });

  it("comes to rest: a second look at the same pair has nothing to say", () => {
    const o = observation();
    const first = report(o);
    const second = report({ ...o, object: { ...o.object, status: first.status } }, first.known);
    expect(second).toMatchObject({ news: false, events: [] });
  });

  it("comes to rest also for a leader that remembers nothing", () => {
    const o = observation();
    const first = report(o);
    expect(report({ ...o, object: { ...o.object, status: first.status } })).toMatchObject({
      news: false,
      events: [],
    });
  });

  it("names no active while none serves", () => {
    const down = report(observation({ pods: [silentPod(0, 31_000), pod(1)] }));
    expect(down.status).toMatchObject({
      highLevelState: "ActiveDown",
      prevHighLevelState: "Normal",
      activePods: "None",
    });
  });

  it("says what it no longer knows of a silent agent, and keeps what stays true", () => {
    const { status: shown } = report(observation({ pods: [silentPod(0, 31_000), pod(1)] }));
    expect(shown.podStatus?.[0]).toMatchObject({
      highLevelState: "Down",
      podStatus: { agent: "Down" },
      timesTenStatus: { release: "18.1.4.11.0", daemon: "Unknown" },
      dbStatus: { db: "Unknown" },
      schemaFile: true,
    });
  });

  it("keeps the time of a condition's last change of status", () => {
    const o = observation();
    const lastTransitionTime = "2026-01-01T00:00:00.000Z";
    const conditions = [
      { type: "Ready", status: "True" as const, lastTransitionTime, reason: "Old", message: "old" },
      { type: "Redundant", status: "False" as const, lastTransitionTime, reason: "Old", message: "old" },
    ];
    const { status: next } = report({
      ...o,
      object: { ...o.object, status: { ...o.object.status, conditions } },
    });
    const at = (type: string) => next.conditions?.find(one => one.type === type)?.lastTransitionTime;
    expect(at("Ready")).toBe(lastTransitionTime);
    expect(at("Redundant")).not.toBe(lastTransitionTime);
  });

  it("shows Reconciling and Stalled only while they are true", () => {
    const types = (o: Observation) => report(o).status.conditions?.map(one => one.type);
    expect(types(observation())).toEqual([
      "Ready",
      "Redundant",
      "FailoverPossible",
      "Upgrading",
      "ManagementSuspended",
    ]);
    expect(types(observation({ state: "StandbyDown", pods: [pod(0), noPod(1)] }))).toContain("Reconciling");
  });

  it("keeps a journal of what explained the state, bounded", () => {
    const o = observation();
    const decisions = Array.from({ length: 20 }, (_, i) => ({
      at: "2026-01-01T00:00:00.000Z",
      reason: "Old",
      message: `${i}`,
    }));
    const { status: next } = report({
      ...o,
      object: { ...o.object, status: { ...o.object.status, decisions } },
    });
    expect(next.decisions).toHaveLength(20);
    expect(next.decisions?.at(-1)).toMatchObject({ reason: "PairHealthy" });
    const again = report({ ...o, object: { ...o.object, status: next } });
    expect(again.status.decisions).toEqual(next.decisions);
  });

  it("swaps the intended states at the takeover, not before", () => {
    const promoted = pod(1, {
      state: agentState(1, {
        timesten: { repState: "ACTIVE", open: true },
        permission: { obeyedN: 6, soloed: 6 },
      }),
    });
    const before = report(observation({ record: promotion(), pods: [deadActive(), promoted] }));
    const after = report(
      observation({ state: "ActiveDown", record: promotion(), pods: [deadActive(), promoted] }),
    );
    expect(before.status.podStatus?.map(one => one.intendedState)).toEqual(["Active", "Standby"]);
    expect(after.status.podStatus?.map(one => one.intendedState)).toEqual(["Standby", "Active"]);
    expect(after.status.activePods).toBe("sample-1");
  });
});

describe("Events of a pod", () => {
  const told = (changes: StateChange[], known: KnownPod, reported: "Normal" | "Initializing" = "Normal") => {
    const states = changes.map(change => agentState(1, change));
    const observed = pod(1, { state: states.at(-1) ?? null, agent: { changes: states } });
    return podEvents(observed, known, reported).events.map(event =>
      event.message.replace("Pod sample-1 ", ""),
    );
  };
  const fresh = knownFromStatus(undefined);

  it("follow the catalogue's order for a pod that comes back", () => {
    expect(
      told(
        [
          { timesten: emptyView },
          { timesten: idleView },
          { timesten: { ...standbyView, repState: "IDLE" } },
          { timesten: standbyView },
        ],
        fresh,
      ),
    ).toEqual([
      "Agent Up",
      "Release 18.1.4.11.0",
      "Instance Exists",
      "Daemon Up",
      "Database None",
      "Database Loaded",
      "Database Not Updatable",
      "CacheAgent Not Running",
      "RepAgent Not Running",
      "RepScheme Exists",
      "RepState IDLE",
      "RepAgent Running",
      "RepState STANDBY",
    ]);
  });

  it("leave out what every new pod shows first while Initializing", () => {
    expect(told([{ timesten: daemonDownView }, { timesten: emptyView }], fresh, "Initializing")).toEqual(
      ["Agent Up", "Release 18.1.4.11.0", "Daemon Up"].filter(
        text => text !== "Release 18.1.4.11.0" || emptyView.release !== "Unknown",
      ),
    );
  });

  it("miss nothing that was over before a pass looked", () => {
    const known = {
      ...fresh,
      podUID: UID[1],
      agent: "Up",
      repState: "STANDBY",
      repAgent: "Running",
      db: "Loaded",
      repScheme: "Exists",
      instance: "Exists",
      daemon: "Up",
      release: "18.1.4.11.0",
      updatable: "No",
      cacheAgent: "Not Running",
    };
    expect(told([{ timesten: { repState: "RECOVERING" } }, { timesten: standbyView }], known)).toEqual([
      "RepState RECOVERING",
      "RepState STANDBY",
    ]);
  });

  it("are silent about a value that is unknown for a moment", () => {
    const known = {
      ...fresh,
      podUID: UID[1],
      agent: "Up",
      ...{
        db: "Loaded",
        daemon: "Up",
        instance: "Exists",
        release: "18.1.4.11.0",
        updatable: "No",
        cacheAgent: "Not Running",
        repAgent: "Running",
        repScheme: "Exists",
        repState: "STANDBY",
      },
    };
    expect(
      told([{ timesten: { repState: "Unknown", repAgent: "Unknown", db: "Unknown" } }, {}], known),
    ).toEqual([]);
  });

  it("start over for another pod of the name", () => {
    const known = { ...fresh, podUID: "older", agent: "Up", daemon: "Up" };
    expect(told([{ timesten: unloadedView }], known)).toEqual(
      expect.arrayContaining(["Agent Up", "Daemon Up", "Database Unloaded"]),
    );
  });

  it("tell a failed step once, with TimesTen's message", () => {
    const task = {
      id: "t/1",
      verb: "runEpilog",
      status: "failed" as const,
      error: "TT2206: no such table",
      startedAtMs: 1,
      endedAtMs: 2,
    };
    const known = { ...fresh, podUID: UID[1], endedTasks: [] };
    expect(told([{ tasks: [task] }, { tasks: [task] }], known)).toContain(
      "CreateRepEpilog error: TT2206: no such table",
    );
    expect(told([{ tasks: [task] }], { ...known, endedTasks: ["t/1"] }).join()).not.toContain(
      "CreateRepEpilog",
    );
  });
});

describe("Events of reasons", () => {
  const refusing = pod(1, {
    state: agentState(1, { permission: { obeyedN: 6, refused: { n: 6, reason: "not complete" } } }),
  });
  const o = observation({
    state: "ActiveDown",
    record: promotion(),
    pods: [deadActive(), refusing],
    over: [{ podUID: UID[0], boot: "boot-0" }],
  });

  it("are written when the reason begins", () => {
    expect(report(o).events).toContainEqual(
      expect.objectContaining({ type: "Warning", reason: "PromotionRefused" }),
    );
  });

  it("are not repeated while it lasts", () => {
    const again = {
      ...o,
      object: {
        ...o.object,
        status: { ...o.object.status, ...report(o).status, highLevelState: "ActiveDown" as const },
      },
    };
    expect(report(again).events.map(event => event.reason)).not.toContain("PromotionRefused");
  });
});
