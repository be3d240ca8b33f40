/**
 * What one pass knows: a plain value, gathered once, on which everything is decided. Times named `...Ms` without
 * "ago" or "For" are wall clock of the operator, ms since 1970.
 */
import type { TimesTenClassicObject } from "../../generated/types";
import type { PodImages } from "../objects";
import type { NeedsFacts } from "./observe/needs";
import type { AgentState, PeerDigest, PermissionRecord, Proof } from "../../protocol";

export interface Observation {
  /** Wall clock when the pass began, ms since 1970. */
  nowMs: number;
  /** As just read from the API server; `status` is what the last pass (of any replica) reported. */
  object: TimesTenClassicObject;
  objectUID: string;
  settings: PairSettings;
  owned: OwnedFacts[];
  /** What the object refers to; left out: nothing is known to be wrong. */
  needs?: NeedsFacts;
  /** The template from which new pods are made; null while there is no StatefulSet of ours. */
  template: TemplateFacts | null;
  /** The PodDisruptionBudget as last seen; null while there is none of ours. */
  budget: BudgetFacts | null;
  record: ObservedRecord | null;
  /** Why the Lease of the record's name cannot be used (foreign, unreadable); null when it can. */
  recordFault: string | null;
  /** By ordinal. */
  pods: [ObservedPod, ObservedPod];
  /**
   * The pod of the record's writer where its object is gone (deleted by force) and its agent is still heard: it may
   * write until its processes end, and can still hand over. null otherwise.
   */
  former: ObservedPod | null;
  /** Which former lives of databases are known to be over: facts that cannot become untrue. */
  ends: BootEnd[];
  /** What was last heard of the pod of the record's writer, also when that pod is gone. */
  writerSeen: WriterSeen;
  /** Lives of databases and the containers they were seen in. */
  containers: BootContainer[];
  /** Pods that look at images. */
  probes: ImageProbe[];
  /** Where the Service of the active leads; null while it leads nowhere. */
  routed: { podUID: string; ip: string } | null;
}

/** A Pod of its own that looks at an image before anything of the object runs it. */
export interface ImageProbe {
  podName: string;
  podUID: string;
  image: string;
  /** Since the Pod was made, by the API server's clock and ours, ms. */
  ageMs: number;
  found: ProbeFinding;
}

export type ProbeFinding =
  /** On its way. `trouble`: what keeps it, in the kubelet's words (ErrImagePull: ...); null: nothing known of. */
  | { is: "waiting"; trouble: string | null }
  /** e.g. 18.1.4.11.0; "Unknown" where the image's installation does not say. */
  | { is: "release"; release: string }
  /** The image ran and cannot be used. */
  | { is: "unusable"; message: string }
  /** The Pod ended without a word of the image (evicted, its node gone, being deleted): another one has to look. */
  | { is: "lost"; message: string };

/** The last that is known of a writer. */
export interface WriterSeen {
  /** Neither we nor its peer heard of it for so long, ms; since this replica began to listen where it never did. */
  silentForMs: number;
  /** Wall clock when we last heard it, ms; null when never. */
  lastHeardMs: number | null;
  /** Mark of its database (dbId) and bytes its standby had not confirmed, as it last said; null where not known. */
  dbId: number | null;
  lagBytes: number | null;
}

/** What the spec and the operator's settings come to for a pair. */
export interface PairSettings {
  dbName: string;
  repPort: number;
  repCreateStatement: string;
  /** DNS names of the pods by ordinal, which are also their replication hosts. */
  hosts: [string, string];
  /** Silence of an agent before its pod counts as lost where nothing tells more, ms. */
  unreachableTimeoutMs: number;
  /** A silent writer is not replaced on *waited* before so much silence, ms; 0: as soon as it has been waited. */
  writerSilenceMs: number;
  /** L of the next Pair, ms. */
  leaseMs: number;
  /** How long a replication state such as RECOVERING may last, ms. */
  repStateTimeoutMs: number;
  /** Between two passes when nothing happens, ms. */
  pollingIntervalMs: number;
  /** How long a duplicate may take, ms. */
  longTaskMs: number;
  /** How long any other command may take, ms. */
  commandMs: number;
  /** How long a pod that an upgrade replaced may stay down, ms; 0: for ever. */
  upgradeDownPodTimeoutMs: number;
}

export interface ObservedRecord {
  value: PermissionRecord;
  resourceVersion: string;
  /** Name of the pod that is the writer, as the Lease's holder says. */
  writerPodName: string;
  /** What was noted beside the record when it was written. */
  notes: RecordNotes;
  /** How long this replica has known this number, ms; left out: for long. */
  forMs?: number;
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
  /** On which node the writer's pod ran then; null where that was not known. */
  node: string | null;
  /** In a Closed: the planned change of roles it is a step of; null otherwise. */
  handover: Handover | null;
}

export type FailoverKind = "failover" | "handover" | "switchover";

/** A planned change of roles: the writer was well when it was stopped. */
export interface Handover {
  /** handover: its Pod leaves. switchover: asked for by annotation. */
  kind: "handover" | "switchover";
  /** Value of the annotation; null in a handover. */
  requestId: string | null;
  /** Wall clock of the operator when the record was Closed, ms. */
  startedAtMs: number;
  fromPod: string;
  toPod: string;
}

/** The part of the stopwatch that is known when a promotion is decided. Wall clock, ms. */
export interface FailoverStart {
  kind: FailoverKind;
  /** Of a switchover: value of the annotation; else null. */
  requestId: string | null;
  /** n of the last change of writer: this promotion's. */
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
  /** Where there may be loss: the last the old active said about its standby's lag, bytes; null where not known. */
  lossBytes: number | null;
  /** Last mark known of the old active, and the new one's at the decision; null where not known. */
  fromPosition: number | null;
  toPosition: number | null;
}

/** A life of a database and the container it ran in, as far as both were seen together. */
export interface BootContainer {
  podUID: string;
  boot: string;
  containerID: string;
  /** Wall clock of the node when that agent process began, ms. */
  agentStartedAtMs: number;
}

export type OwnedKind =
  | "Secret"
  | "headless Service"
  | "active Service"
  | "EndpointSlice"
  | "PodDisruptionBudget"
  | "StatefulSet";

/** From what new pods are made. */
export interface TemplateFacts {
  images: PodImages;
  /** Apart from TimesTen's image and the operator's it is as the object asks for. */
  isAsWanted: boolean;
  /** It brings the agent of this operator's release. */
  bringsOurAgent: boolean;
  /** Kubernetes' own controller has seen it: new pods are made from it, not from an older one. */
  isObserved: boolean;
}

/** What drains may take. */
export interface BudgetFacts {
  uid: string;
  /** Pods that may be evicted at once; null where it says something else. */
  maxUnavailable: number | null;
}

/** One object that belongs to the pair. */
export interface OwnedFacts {
  kind: OwnedKind;
  name: string;
  /** missing: to be made. ours: there. foreign: somebody else's object has the name. broken: ours, but unusable. */
  presence: "missing" | "ours" | "foreign" | "broken";
  /** What is wrong, for people; null when nothing is. */
  fault: string | null;
  /** Paths of our fields in it that somebody else changed; left out: none. */
  drift?: readonly string[];
}

export interface ObservedPod {
  name: string;
  ordinal: 0 | 1;
  /** null: there is no such pod object, or it belongs to somebody else. */
  uid: string | null;
  /** Of the pod object as last seen: a precondition for deleting just that. */
  resourceVersion: string | null;
  phase: string;
  ip: string | null;
  nodeName: string | null;
  /** The pod shall go: its agent has or soon gets the SIGTERM. */
  terminating: boolean;
  ready: boolean;
  /** Value of the role label now; null when absent. */
  roleLabel: string | null;
  container: TtContainer | null;
  /** What it was made to run; null where there is no such pod object. */
  images: PodImages | null;
  /** What keeps the pod from running, in the kubelet's words (ErrImagePull: ...); null: nothing known of. */
  trouble: string | null;
  agent: ObservedAgent;
}

/** Any pod with an agent, of a pair or not. */
export type AgentPod = Pick<ObservedPod, "name" | "uid" | "agent">;

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
  /** For so long it says that its session with the other pod's agent is broken, ms; 0 while it is there. */
  peerApartForMs: number;
  /** Since when its permission has its present mode, ms. */
  modeForMs: number;
  /** What the other pod's agent last heard of this one, and how long ago, ms. For detection and status, no proof. */
  viaPeer: { digest: PeerDigest; agoMs: number } | null;
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

/** A life of a database has no process left that could write: proof *over*, or *attested* by a person. */
export interface BootEnd {
  podUID: string;
  boot: string;
  /** The container whose end the kubelet reported; null where an agent or a witness testified. */
  containerID: string | null;
  /** Wall clock of the end as far as known, ms; null when unknown. */
  endedAtMs: number | null;
  /** Who said that it ended. */
  source: "agent" | "witness" | "kubelet" | "attested";
  /** When this operator first knew, ms. */
  heardAtMs: number;
  /** A sentence for people. */
  by: string;
}
