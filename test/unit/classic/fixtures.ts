/** Plain observations for the tests of decisions: a pair in order, changed by what a test is about. */
import type { TimesTenClassicObject, TimesTenClassicStatus } from "../../../generated/types";
import { unknownView, type AgentState, type PermissionRecord, type TimesTenView } from "../../../protocol";
import type {
  Observation,
  ObservedPod,
  OwnedKind,
  RecordNotes,
} from "../../../capabilities/classic/observation";

export const UID = ["uid-0", "uid-1"] as const;
export const BOOT = ["boot-0", "boot-1"] as const;
export const OBJECT_UID = "object-uid";

export type Ordinal = 0 | 1;

export function record(change: Partial<PermissionRecord> = {}): PermissionRecord {
  return {
    objectUID: OBJECT_UID,
    n: 5,
    mode: "Pair",
    writer: { podUID: UID[0], boot: BOOT[0] },
    standby: UID[1],
    from: 0,
    alt: 0,
    ready: true,
    leaseMs: 6_000,
    ...change,
  };
}

/** A Solo of pod 0. */
export function solo(change: Partial<PermissionRecord> = {}): PermissionRecord {
  return record({ mode: "Solo", standby: null, ready: false, leaseMs: 6_000, ...change });
}

/** A promotion of pod 1 that leaves Pair 5. */
export function promotion(change: Partial<PermissionRecord> = {}): PermissionRecord {
  return solo({ n: 6, writer: { podUID: UID[1], boot: BOOT[1] }, from: 5, ...change });
}

const loaded: TimesTenView = {
  ...unknownView,
  instance: "Exists",
  release: "18.1.4.11.0",
  imageRelease: "18.1.4.11.0",
  daemon: "Up",
  db: "Loaded",
  updatable: "No",
  repAgent: "Running",
  repScheme: "Exists",
  repPeerState: "start",
  cacheAgent: "Not Running",
  dbId: 3,
};
export const activeView: TimesTenView = { ...loaded, open: true, updatable: "Yes", repState: "ACTIVE" };
export const standbyView: TimesTenView = { ...loaded, repState: "STANDBY" };
export const emptyView: TimesTenView = {
  ...loaded,
  db: "None",
  repAgent: "Not Running",
  repScheme: "None",
  repState: "Unknown",
  repPeerState: "Unknown",
  dbId: 0,
};
export const unloadedView: TimesTenView = { ...emptyView, db: "Unloaded", repScheme: "Unknown" };
export const daemonDownView: TimesTenView = { ...unknownView, instance: "Exists", daemon: "Down" };
/** Loaded after its own life or as a fresh copy, replication not running. */
export const idleView: TimesTenView = { ...loaded, repState: "IDLE", repAgent: "Not Running" };

export type StateChange = Partial<Omit<AgentState, "timesten" | "permission">> & {
  timesten?: Partial<TimesTenView>;
  permission?: Partial<AgentState["permission"]>;
};

export function agentState(ordinal: Ordinal, change: StateChange = {}): AgentState {
  const { timesten, permission, ...rest } = change;
  return {
    seq: 1,
    podName: `sample-${ordinal}`,
    podUID: UID[ordinal],
    agentVersion: "test",
    startedAtMs: 1_000,
    boot: BOOT[ordinal],
    endedBoots: [],
    files: { adminUser: true, schema: true, cacheGroups: false, cacheUser: false },
    peer: { connected: false, digest: null, witnessed: [] },
    tasks: [],
    stopping: false,
    timesten: { ...(ordinal === 0 ? activeView : standbyView), ...timesten },
    permission: {
      obeyedN: 5,
      soloed: ordinal === 0 ? 4 : 0,
      left: 0,
      diskCompleteFor: 0,
      mode: ordinal === 0 ? "endless" : "none",
      closed: ordinal !== 0,
      completeFor: ordinal === 0 ? 0 : 5,
      soloEnded: ordinal === 0 ? { n: 5, mark: 3 } : null,
      drained: 0,
      waitedFor: 0,
      noWaiting: null,
      guarded: true,
      closedByPerson: false,
      refused: null,
      ...permission,
    },
    ...rest,
  };
}

export type PodChange = Partial<Omit<ObservedPod, "agent">> & {
  agent?: Partial<ObservedPod["agent"]>;
  /** What its agent says; null: never heard. */
  state?: AgentState | null;
};

export function pod(ordinal: Ordinal, change: PodChange = {}): ObservedPod {
  const { agent, state = agentState(ordinal), ...rest } = change;
  return {
    name: `sample-${ordinal}`,
    ordinal,
    uid: state?.podUID ?? UID[ordinal],
    resourceVersion: "3",
    phase: "Running",
    ip: `10.0.0.${ordinal + 1}`,
    nodeName: "node",
    terminating: false,
    ready: true,
    roleLabel: ordinal === 0 ? "active" : "standby",
    container: {
      containerID: `containerd://${ordinal}`,
      running: true,
      waitingReason: null,
      restartCount: 0,
    },
    images: { tt: "tt:1", agent: "operator:1", others: {} },
    trouble: null,
    agent: {
      connected: state !== null,
      state,
      silentForMs: 0,
      lastHeardMs: 100_000,
      lastError: null,
      repStateForMs: 1_000,
      peerApartForMs: 0,
      modeForMs: 10_000,
      viaPeer: null,
      sent: [],
      endedAgoMs: {},
      changes: [],
      ...agent,
    },
    ...rest,
  };
}

/** A pod whose agent was heard and is silent now. */
export function silentPod(ordinal: Ordinal, forMs: number, change: PodChange = {}): ObservedPod {
  const { agent, ...rest } = change;
  return pod(ordinal, {
    ...rest,
    agent: { connected: false, silentForMs: forMs, lastError: "no answer", ...agent },
  });
}

/** There is no such pod. */
export function noPod(ordinal: Ordinal): ObservedPod {
  const agent = { connected: false, state: null, lastHeardMs: null };
  return pod(ordinal, {
    uid: null,
    resourceVersion: null,
    phase: "Unknown",
    ip: null,
    container: null,
    images: null,
    roleLabel: null,
    agent,
  });
}

export function object(status: TimesTenClassicStatus = {}): TimesTenClassicObject {
  return {
    apiVersion: "timesten.oracle.com/v1",
    kind: "TimesTenClassic",
    metadata: {
      name: "sample",
      namespace: "mynamespace",
      uid: OBJECT_UID,
      generation: 1,
      resourceVersion: "1",
    },
    spec: { ttspec: { image: "tt:1", storageClassName: "oci" } },
    status,
  };
}

const names: Record<OwnedKind, string> = {
  Secret: `tt${OBJECT_UID}`,
  "headless Service": "sample",
  "active Service": "sample-active",
  EndpointSlice: "sample-active",
  PodDisruptionBudget: "sample",
  StatefulSet: "sample",
};

const noNotes: RecordNotes = { proofs: [], failover: null, container: null, node: null, handover: null };

export interface ObservationChange {
  state?: TimesTenClassicStatus["highLevelState"];
  status?: TimesTenClassicStatus;
  record?: PermissionRecord | null;
  writerPodName?: string;
  notes?: Partial<RecordNotes>;
  pods?: [ObservedPod, ObservedPod];
  over?: { podUID: string; boot: string; how?: "agent" | "kubelet" }[];
  rest?: Partial<Observation>;
}

/** Normal: pod 0 writes, pod 1 is complete, Pair 5 is ready; changed by what is given. */
export function observation(change: ObservationChange = {}): Observation {
  const value = change.record === undefined ? record() : change.record;
  const pods = change.pods ?? [pod(0), pod(1)];
  const writer = pods.find(one => one.uid === value?.writer.podUID);
  const status: TimesTenClassicStatus = {
    highLevelState: change.state ?? "Normal",
    lastHighLevelStateSwitch: 90,
    upgrade: { image: "tt:1" },
    podStatus: [
      { name: "sample-0", intendedState: "Active" },
      { name: "sample-1", intendedState: "Standby" },
    ],
    ...change.status,
  };
  return {
    nowMs: 100_000,
    object: object(status),
    objectUID: OBJECT_UID,
    settings: {
      dbName: "sample",
      repPort: 4444,
      repCreateStatement: "create active standby pair",
      hosts: ["sample-0.sample.mynamespace.svc", "sample-1.sample.mynamespace.svc"],
      unreachableTimeoutMs: 30_000,
      writerSilenceMs: 0,
      leaseMs: 6_000,
      repStateTimeoutMs: 30_000,
      pollingIntervalMs: 5_000,
      longTaskMs: 600_000,
      commandMs: 60_000,
      upgradeDownPodTimeoutMs: 600_000,
    },
    owned: (Object.keys(names) as OwnedKind[]).map(kind => ({
      kind,
      name: names[kind],
      presence: "ours",
      fault: null,
    })),
    template: {
      images: { tt: "tt:1", agent: "operator:1", others: {} },
      isAsWanted: true,
      bringsOurAgent: true,
      isObserved: true,
    },
    budget: { uid: "uid-budget", maxUnavailable: value === null ? 0 : 1 },
    record:
      value === null
        ? null
        : {
            value,
            resourceVersion: "7",
            writerPodName: change.writerPodName ?? writer?.name ?? "sample-0",
            notes: { ...noNotes, ...change.notes },
          },
    recordFault: null,
    pods,
    ends: (change.over ?? []).map(({ podUID, boot, how = "agent" }) => ({
      podUID,
      boot,
      containerID: how === "kubelet" ? "containerd://0" : null,
      endedAtMs: 99_000,
      source: how,
      heardAtMs: 99_010,
      by: "it was seen to end",
    })),
    former: null,
    writerSeen: seenOf(writer),
    containers: [],
    probes: [],
    routed: { podUID: UID[0], ip: "10.0.0.1" },
    ...change.rest,
  };
}

function seenOf(writer: ObservedPod | undefined): Observation["writerSeen"] {
  const { state = null, silentForMs = 0, lastHeardMs = null } = writer?.agent ?? {};
  return {
    silentForMs,
    lastHeardMs,
    dbId: state?.timesten.dbId || null,
    lagBytes: state?.timesten.lagBytes ?? null,
  };
}

/** The active's life is over and its agent says so; its daemon is down. */
export function deadActive(ordinal: Ordinal = 0, change: StateChange = {}): ObservedPod {
  const { permission, timesten, ...rest } = change;
  return pod(ordinal, {
    state: agentState(ordinal, {
      boot: null,
      endedBoots: [{ boot: BOOT[ordinal], endedAtMs: 99_000, how: "daemon died", podUID: "" }],
      timesten: { ...daemonDownView, ...timesten },
      permission: { mode: "none", closed: true, soloEnded: null, ...permission },
      ...rest,
    }),
  });
}
