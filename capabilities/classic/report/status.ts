/** The whole status of an object after a pass, from what was reported before and what is known and decided now. */
import {
  MAX_DECISIONS,
  type Condition,
  type DecisionEntry,
  type HighLevelState,
  type LastFailover,
  type TimesTenClassicStatus,
} from "../../../generated/types";
import type { Conditions, Decision, EventText } from "../decision";
import type { FailoverStart, Observation } from "../observation";
import { classicStatus, noUpgrade, upgradeStatus } from "../decide/upgrade/memory";
import { podStatusEntry } from "./podStatus";
import { sameJson } from "./sameJson";

/** What the executor did in this pass, as far as the report shows it. */
export interface Done {
  /** When the Service was led to another pod, wall clock, ms; null: not in this pass. */
  routedAtMs: number | null;
  /** Wall clock at the report, ms. */
  nowMs: number;
  /** Name of this replica. */
  operatorName: string;
}

/**
 * @param events how many Events go with this report
 * @returns the status to write
 */
export function nextStatus(o: Observation, d: Decision, done: Done, events: number): TimesTenClassicStatus {
  const before = o.object.status ?? {};
  const state = highLevel(o, d);
  return {
    ...before,
    statusVersion: "1.0",
    observedGeneration: o.object.metadata.generation ?? 0,
    lastReconcile: done.nowMs,
    lastReconcilingOperator: done.operatorName,
    ...state,
    activePods: activePods(o, d),
    repCreateStatement: before.repCreateStatement ?? o.settings.repCreateStatement,
    repPort: o.settings.repPort,
    lastEvent: (before.lastEvent ?? 0) + events,
    prevReexamine: d.management.reexamine,
    prevStopManaging: d.management.stopManaging,
    managementStopped: d.management.stopped,
    ...sticky(o),
    repStartFailCount: d.repairs.failCount,
    standbyDownStandbyAS: repair(o, d),
    ...upgradeFields(o, d),
    podStatus: [podStatusEntry(o, d, 0), podStatusEntry(o, d, 1)],
    conditions: conditions(o, d, done.nowMs),
    ...failover(before.lastFailover, d, o, done),
    ...(d.switchover === null || d.switchover === undefined ? {} : { switchover: d.switchover }),
    decisions: journal(before.decisions ?? [], d, done.nowMs),
  };
}

export { noUpgrade };

function upgradeFields(o: Observation, { upgrade }: Decision): Partial<TimesTenClassicStatus> {
  const { status } = o.object;
  const { memory, pending, why, finished } = upgrade;
  return {
    classicUpgradeStatus: classicStatus(memory, status, { pending, nowMs: o.nowMs }),
    upgrade: upgradeStatus(memory, why?.message ?? ""),
    ...(finished === null ? {} : { lastUpgrade: finished }),
  };
}

/** @returns whether two statuses differ in anything but the times of looking */
export function isNews(before: TimesTenClassicStatus | undefined, after: TimesTenClassicStatus): boolean {
  return before === undefined || !sameJson(stable(before), stable(after));
}

/** Without what changes with every look. */
function stable(status: TimesTenClassicStatus): TimesTenClassicStatus {
  const podStatus = (status.podStatus ?? []).map(pod => ({
    ...pod,
    podStatus: { ...pod.podStatus, lastTimeReachable: 0 },
  }));
  return { ...status, lastReconcile: 0, lastReconcilingOperator: "", podStatus };
}

/** @returns the fields of the state: changed only with it */
export function highLevel(
  o: Pick<Observation, "object" | "nowMs">,
  d: Pick<Decision, "state">,
): Partial<TimesTenClassicStatus> {
  const before = o.object.status;
  const reported = before?.highLevelState ?? "";
  if (reported === d.state) return {};
  return {
    highLevelState: d.state,
    prevHighLevelState: reported === "" ? d.state : reported,
    lastHighLevelStateSwitch: Math.floor(o.nowMs / 1000),
  };
}

/** Nothing is missing: to leave them is a Warning. */
const best: readonly HighLevelState[] = ["Normal", "AllReplicasReady"];

/** @returns the Event of a change of state, Oracle's words; none for the first state */
export function stateEvent(reported: HighLevelState, now: HighLevelState): EventText[] {
  if (reported === now || reported === "" || now === "Initializing") return [];
  const type = best.includes(reported) ? "Warning" : "Normal";
  return [{ type, reason: "StateChange", message: `TimesTenClassic was ${reported}, now ${now}` }];
}

const noActive: readonly HighLevelState[] = [
  "",
  "Initializing",
  "ActiveDown",
  "BothDown",
  "WaitingForActive",
  "ConfiguringActive",
];

function activePods(o: Observation, d: Decision): string {
  const serving = o.pods.find(pod => d.roles[pod.ordinal] === "active");
  return serving === undefined || noActive.includes(d.state) ? "None" : serving.name;
}

function sticky(o: Observation): Partial<TimesTenClassicStatus> {
  const views = o.pods.flatMap(pod => (pod.agent.state === null ? [] : [pod.agent.state.timesten]));
  const before = o.object.status;
  const usingTwosafe = before?.usingTwosafe === true || views.some(view => view.usingTwosafe);
  const alone = views.some(view => view.usingTwosafe && (view.disableReturn || view.localCommit));
  return { usingTwosafe, bothDownRecoveryIneligible: before?.bothDownRecoveryIneligible === true || alone };
}

function repair(o: Observation, d: Decision): NonNullable<TimesTenClassicStatus["standbyDownStandbyAS"]> {
  const before = o.object.status?.standbyDownStandbyAS ?? {};
  const status = d.state === "Normal" ? "complete" : "pending";
  return d.repairs.countedTask === null
    ? before
    : { ...before, id: String(o.record?.value.n ?? 0), asyncId: d.repairs.countedTask, status };
}

/** @returns status.conditions; those without a verdict are left out */
export function conditions(
  o: Pick<Observation, "object">,
  d: { conditions: Partial<Conditions> },
  nowMs: number,
): Condition[] {
  const before = o.object.status?.conditions ?? [];
  const all = Object.entries(d.conditions);
  return all.flatMap(([type, verdict]) => {
    if (verdict === null || verdict === undefined) return [];
    const last = before.find(one => one.type === type);
    const since = last?.status === verdict.status ? last.lastTransitionTime : new Date(nowMs).toISOString();
    const observedGeneration = o.object.metadata.generation ?? 0;
    return [{ type, ...verdict, observedGeneration, lastTransitionTime: since }];
  });
}

function failover(
  before: LastFailover | undefined,
  d: Decision,
  o: Observation,
  done: Done,
): { lastFailover?: LastFailover } {
  const { stopwatch } = d;
  if (stopwatch === null) return before === undefined ? {} : { lastFailover: before };
  const known = before?.recordNumber === stopwatch.recordNumber ? before : undefined;
  const at = (ms: number): string => new Date(ms).toISOString();
  const stamp = (key: "promotedAt" | "routedAt" | "redundantAt", reached: boolean, ms: number) =>
    known?.[key] !== undefined ? { [key]: known[key] } : reached ? { [key]: at(ms) } : {};
  return {
    lastFailover: {
      kind: stopwatch.kind,
      from: stopwatch.fromPod,
      to: stopwatch.toPod,
      epoch: stopwatch.epoch,
      recordNumber: stopwatch.recordNumber,
      ...(stopwatch.failedAtMs === null ? {} : { failedAt: at(stopwatch.failedAtMs) }),
      failedAtSource: stopwatch.failedAtSource,
      seenAt: at(stopwatch.seenAtMs),
      provenAt: at(stopwatch.provenAtMs),
      proof: stopwatch.proof,
      ...stamp("promotedAt", stopwatch.promoted, o.nowMs),
      ...stamp("routedAt", stopwatch.routed, done.routedAtMs ?? o.nowMs),
      ...stamp("redundantAt", stopwatch.redundant, o.nowMs),
      possibleLoss: stopwatch.possibleLoss,
      ...lossOf(stopwatch),
    },
  };
}

/** Positions, and how much may be missing at most by the last that was heard; what is not known is left out. */
function lossOf({ possibleLoss, lossBytes, fromPosition, toPosition }: FailoverStart): Partial<LastFailover> {
  const both = fromPosition !== null && toPosition !== null;
  return {
    ...(lossBytes === null ? {} : { lossBytes }),
    ...(possibleLoss && both ? { lossCommits: Math.max(0, fromPosition - toPosition) } : {}),
    ...(fromPosition === null ? {} : { fromPosition }),
    ...(toPosition === null ? {} : { toPosition }),
  };
}

/** The journal: an entry per change of what explains the state. */
export function journal(
  before: DecisionEntry[],
  d: Pick<Decision, "reasons">,
  nowMs: number,
): DecisionEntry[] {
  const last = before.at(-1);
  const [why] = d.reasons;
  if (why === undefined || (last?.reason === why.reason && last.message === why.message)) return before;
  return [...before, { at: new Date(nowMs).toISOString(), ...why }].slice(-MAX_DECISIONS);
}
