/** What a pass decided: plain values that the executor carries out and the report shows. */
import type { HighLevelState, TimesTenClassicStatus } from "../../generated/types";
import type { Command, Evidence, PermissionRecord } from "../../protocol";
import type { ConditionType } from "./conditions";
import type { MendedKind } from "./observe/drift";
import type { SmallClaim } from "./observe/needs";
import type { FailoverStart, OwnedKind, RecordNotes } from "./observation";
import type { UpgradeDecision } from "./decide/upgrade/upgrade";
import type { ReasonName } from "./reasons";

/** Why something is as it is or was done: feeds condition, event, journal and log alike. */
export interface Reason {
  reason: ReasonName;
  message: string;
}

export interface Decision {
  state: HighLevelState;
  /** What the pods are in themselves, by ordinal: Oracle's words. */
  podStates: [PodState, PodState];
  /** Roles as the record and the databases say, by ordinal. */
  roles: [Role | null, Role | null];
  /** The change of the record to be made first of all, or null. */
  recordWrite: RecordWrite | null;
  /** What goes to every agent with the newest record. */
  evidence: Evidence;
  commands: PodCommand[];
  effects: Effect[];
  /** The rule about the record that had the verdict, for the log. */
  rule: string;
  /** At least one; the first is the one that explains the state. */
  reasons: Reason[];
  /** Events beside those of changes of state, and of upgrades. */
  events: EventText[];
  conditions: Conditions;
  upgrade: UpgradeDecision;
  stopwatch: Stopwatch | null;
  /** The pod that counts as the active one in status; null before there is one. */
  activePod: string | null;
  /** Failed attempts to rebuild the standby, for status.repStartFailCount. */
  repairs: Repairs;
  /** status.switchover from now on; null: as it is. */
  switchover: TimesTenClassicStatus["switchover"] | null;
  /** What status is to remember of the wishes about management. */
  management: ManagementSeen;
  /** Run again after so long even if nothing happens; the polling interval bounds it from above. */
  wakeAfterMs: number;
}

/** Oracle's words. Pairs have neither Normal nor Reexamine nor ManualInterventionRequired. */
export type PodState =
  | "Initializing"
  | "Healthy"
  | "HealthyActive"
  | "HealthyStandby"
  | "HealthyIdle"
  | "Normal"
  | "Down"
  | "OtherDown"
  | "Unknown"
  | "CatchingUp"
  | "Reexamine"
  | "ManualInterventionRequired"
  | "UpgradeFailed"
  | "Terminal";
export type Role = "active" | "standby";

export interface RecordWrite {
  value: PermissionRecord;
  /** resourceVersion of the Lease that is replaced; null where it is created. */
  replaces: string | null;
  /** Name of the pod that is the writer. */
  writerPodName: string;
  notes: RecordNotes;
  why: Reason;
}

export interface PodCommand {
  ordinal: 0 | 1;
  command: Command;
}

export interface EventText {
  type: "Normal" | "Warning";
  reason: string;
  message: string;
}

/** Changes of owned objects and pods. Each is safe to repeat. */
export type Effect =
  | { do: "create"; kind: OwnedKind; name: string }
  /** The StatefulSet's template becomes what the object asks for, with this image of TimesTen. */
  | { do: "template"; name: string; image: string }
  /** Our fields of the object become again what they should be. */
  | { do: "mend"; kind: MendedKind; name: string; paths: readonly string[] }
  /** A claim asks for more. */
  | { do: "grow"; claim: SmallClaim }
  /** A Pod of its own looks at that image, if possible on that node. */
  | { do: "probe"; podName: string; image: string; nodeName: string | null }
  | { do: "endProbe"; podName: string; podUID: string }
  /** Exactly that pod in that version; `event` is told once it is deleted, where nothing else tells it. */
  | { do: "deletePod"; podName: string; podUID: string; resourceVersion: string; event: EventText | null }
  /** So many Pods may be evicted at once. */
  | { do: "budget"; name: string; uid: string; maxUnavailable: number }
  | {
      do: "route";
      to: { ordinal: 0 | 1; podUID: string; podName: string; ip: string; nodeName: string | null } | null;
    }
  | { do: "label"; ordinal: 0 | 1; podName: string; podUID: string; role: Role | null };

export interface ConditionVerdict extends Reason {
  status: "True" | "False" | "Unknown";
}

/** One verdict per type; null: left out, because it is shown only while true. */
export type Conditions = Record<Exclude<ConditionType, "Reconciling" | "Stalled">, ConditionVerdict> &
  Record<"Reconciling" | "Stalled", ConditionVerdict | null>;

/** The last change of the active as far as it has come; what is not known yet stays as status has it. */
export interface Stopwatch extends FailoverStart {
  /** The new active is open for its users. */
  promoted: boolean;
  /** The Service leads there when the effects of this pass are done. */
  routed: boolean;
  /** A complete standby is there again. */
  redundant: boolean;
}

export interface ManagementSeen {
  /** What stopped management until reexamine changes; "" while the object is managed. */
  stopped: NonNullable<TimesTenClassicStatus["managementStopped"]>;
  /** The values of the spec that were acted on. */
  stopManaging: string;
  reexamine: string;
}

export interface Repairs {
  failCount: number;
  /** Id of the newest finished task that is counted; null when none. */
  countedTask: string | null;
}
