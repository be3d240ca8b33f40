/**
 * What one pass knows: a plain value, gathered once, on which everything is decided. Times named `...Ms` without
 * "ago" or "For" are wall clock of the operator, ms since 1970.
 */
import type { TimesTenClassicObject } from "../../generated/types";
import type { AgentState, PermissionRecord, Proof } from "../../protocol";

export interface Observation {
  /** Wall clock when the pass began, ms since 1970. */
  nowMs: number;
  /** As just read from the API server; `status` is what the last pass (of any replica) reported. */
  object: TimesTenClassicObject;
  objectUID: string;
  settings: PairSettings;
  owned: OwnedFacts[];
  record: ObservedRecord | null;
  /** Why the Lease of the record's name cannot be used (foreign, unreadable); null when it can. */
  recordFault: string | null;
  /** By ordinal. */
  pods: [ObservedPod, ObservedPod];
  /** Which former lives of databases are known to be over: facts that cannot become untrue. */
  ends: BootEnd[];
  /** Lives of databases and the containers they were seen in. */
  containers: BootContainer[];
  /** Where the Service of the active leads; null while it leads nowhere. */
  routed: { podUID: string; ip: string } | null;
}

/** What the spec and the operator's settings come to for a pair. */
export interface PairSettings {
  dbName: string;
  repPort: number;
  repCreateStatement: string;
  /** DNS names of the pods by ordinal, which are also their replication hosts. */
  hosts: [string, string];
  /** Silence of an agent before its pod counts as lost, ms. */
  unreachableTimeoutMs: number;
  /** How long a replication state such as RECOVERING may last, ms. */
  repStateTimeoutMs: number;
  /** Between two passes when nothing happens, ms. */
  pollingIntervalMs: number;
  /** How long a duplicate may take, ms. */
  longTaskMs: number;
  /** How long any other command may take, ms. */
  commandMs: number;
}

export interface ObservedRecord {
  value: PermissionRecord;
  resourceVersion: string;
  /** Name of the pod that is the writer, as the Lease's holder says. */
  writerPodName: string;
  /** What was noted beside the record when it was written. */
  notes: RecordNotes;
}

/**
 * Kept in an annotation of the record's Lease, written together with the record: a next leader finds what only the
 * last one had heard. Nothing in it permits anything; proofs are checked by their receiver as always.
 */
export interface RecordNotes {
  /** Proofs on which a promotion was decided. */
  proofs: Proof[];
  /** The stopwatch of a promotion so far; null otherwise. */
  failover: FailoverStart | null;
  /** In which container the writer's database ran when the record was written. */
  container: BootContainer | null;
}

/** The part of the stopwatch that is known when a promotion is decided. Wall clock, ms. */
export interface FailoverStart {
  /** n of the Pair that was left. */
  epoch: number;
  /** n of the promotion. */
  recordNumber: number;
  fromPod: string;
  toPod: string;
  failedAtMs: number | null;
  failedAtSource: string;
  seenAtMs: number;
  provenAtMs: number;
  proof: string;
  possibleLoss: boolean;
}

/** A life of a database and the container it ran in, as far as both were seen together. */
export interface BootContainer {
  podUID: string;
  boot: string;
  containerID: string;
  /** Wall clock of the node when that agent process began, ms. */
  agentStartedAtMs: number;
}

export type OwnedKind = "Secret" | "headless Service" | "active Service" | "EndpointSlice" | "StatefulSet";

/** One object that belongs to the pair. */
export interface OwnedFacts {
  kind: OwnedKind;
  name: string;
  /** missing: to be made. ours: there. foreign: somebody else's object has the name. broken: ours, but unusable. */
  presence: "missing" | "ours" | "foreign" | "broken";
  /** What is wrong, for people; null when nothing is. */
  fault: string | null;
}

export interface ObservedPod {
  name: string;
  ordinal: 0 | 1;
  /** null: there is no such pod object, or it belongs to somebody else. */
  uid: string | null;
  phase: string;
  ip: string | null;
  nodeName: string | null;
  /** The pod shall go: its agent has or soon gets the SIGTERM. */
  terminating: boolean;
  ready: boolean;
  /** Value of the role label now; null when absent. */
  roleLabel: string | null;
  container: TtContainer | null;
  agent: ObservedAgent;
}

/** The tt container as the kubelet describes it. */
export interface TtContainer {
  containerID: string | null;
  running: boolean;
  waitingReason: string | null;
  restartCount: number;
}

/** What is known of a pod's agent: the session of exactly this pod uid. */
export interface ObservedAgent {
  connected: boolean;
  /** The newest state heard from this pod uid, also after the session ended; null when never. */
  state: AgentState | null;
  /** How long nothing was heard, ms; since the operator began to listen where it never answered. */
  silentForMs: number;
  /** Wall clock when it was last heard; null when never. */
  lastHeardMs: number | null;
  /** Why the session is not there, for people; null while it is. */
  lastError: string | null;
  /** Since when repState has its present value without a break, ms. */
  repStateForMs: number;
  /** Commands sent within this session and what came of them. */
  sent: SentCommand[];
  /** When a finished task was first seen as finished, ms ago, by task id. */
  endedAgoMs: Record<string, number>;
  /** States heard since the last report, oldest first; the newest equals `state`. */
  changes: AgentState[];
}

export interface SentCommand {
  id: string;
  agoMs: number;
  /** null: no answer yet. */
  accepted: boolean | null;
  /** Why it was not taken up. */
  reason: string | null;
}

/** Proof *over*: a life of a database has no process left that could write. */
export interface BootEnd {
  podUID: string;
  boot: string;
  /** The container whose end the kubelet reported; null where an agent testified. */
  containerID: string | null;
  /** Wall clock of the end as far as known, ms; null when unknown. */
  endedAtMs: number | null;
  /** Who said when it ended. */
  source: "agent" | "kubelet";
  /** When this operator first knew, ms. */
  heardAtMs: number;
  /** A sentence for people. */
  by: string;
}
