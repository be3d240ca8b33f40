/**
 * One pass's decision: what happens to the record, what the agents are told, what is made or led elsewhere, and how
 * all that is explained. Pure: an observation in, a value out.
 */
import type { HighLevelState } from "../../../generated/types";
import type { Decision, Effect, EventText, Reason, RecordWrite } from "../decision";
import type { Observation, ObservedPod } from "../observation";
import { heard, mayStillAnswer, otherPod, writerPod } from "./facts";
import { whyAway } from "./fence/found";
import { isHandingOver } from "./fence/handover";
import { evidenceFor } from "./fence/proofs";
import { decideRecord } from "./fence/rules";
import { whyNotAllowed } from "./fence/transitions";
import { standing, type Verdict } from "./fence/verdict";
import { fenceWakeMs } from "./fence/wake";
import { planPods } from "./ha/build";
import { conditionsOf } from "./ha/conditions";
import { recordWrite, stopwatchOf } from "./ha/failover";
import type { Plan } from "./ha/plan";
import { podStates } from "./ha/podStates";
import { labelEffects, rolesOf, routeEffects } from "./ha/routing";
import { countRepairs, standbyProgress } from "./ha/standby";
import { nextState, type StateStep } from "./ha/states";
import { answerSwitchover } from "./ha/switchover";
import { bothAreDown, isManual, winnerEvents } from "./manage/bothDown";
import { decideChoice } from "./manage/choice";
import { handsOff } from "./manage/handsOff";
import { managementOf, remembered, stopped, suspensionEvents, type Management } from "./manage/management";
import { budgetEffects } from "./budget";
import { decideOwned } from "./owned";
import { decideUpgrade, finishUpgrade, heldUpgrade, withUpgradeStates } from "./upgrade/upgrade";

/** @returns what is observed, with the record that this pass writes: effects come after the write */
function asWritten(o: Observation, write: RecordWrite | null): Observation {
  if (write === null) return o;
  const { value, notes, writerPodName } = write;
  return { ...o, record: { value, notes, writerPodName, resourceVersion: "" } };
}

/** @returns what to do and what to say, for any observation whatever */
export function decide(o: Observation): Decision {
  if (o.object.metadata.deletionTimestamp !== undefined) return decideDeletion(o);
  const management = managementOf(o.object, whoMayStillAnswer(o));
  const { rule, verdict } = (management.hold === null ? personsChoice(o) : null) ?? decideRecord(o);
  const upgrade = management.hold === null ? decideUpgrade(o, verdict) : heldUpgrade(o, verdict);
  const step = stateStep(o, verdict, upgrade.memory.phase === "Failed");
  // What was closed for a planned change is brought to its end first: seconds, and nobody could write meanwhile.
  const held = isHandingOver(o) ? null : holdOf(o, management, step);
  if (held !== null) return handsOff({ o, verdict, step, repairs: kept(o), activePod, ...held });
  return manage(o, management, { rule, verdict, step, upgrade: finishUpgrade(o, upgrade, step) });
}

/** Like any other write it passes the last gate, or nothing is chosen. */
function personsChoice(o: Observation): ReturnType<typeof decideChoice> {
  const chosen = decideChoice(o);
  const write = chosen?.verdict.write ?? null;
  return write !== null && whyNotAllowed(o, write) === null ? chosen : null;
}

/** A pair whose databases are both down waits for a person where its user wants that. */
function holdOf(
  o: Observation,
  { hold, seen }: Management,
  { state }: StateStep,
): (Required<Pick<Management, "seen">> & { hold: NonNullable<Management["hold"]> }) | null {
  if (hold !== null) return { hold, seen };
  const reported = o.object.status?.highLevelState;
  const down = state === "BothDown" || (reported === "BothDown" && bothDownGoals.includes(state));
  if (!down || !isManual(o)) return null;
  return { hold: stopped("BothDown"), seen: { ...seen, stopped: "BothDown" } };
}

const bothDownGoals: readonly HighLevelState[] = ["WaitingForActive", "ConfiguringActive"];

/** The ordinary pass: the operator manages. */
function manage(
  o: Observation,
  { seen }: Management,
  {
    rule,
    verdict,
    step,
    upgrade,
  }: Pick<Decision, "rule" | "upgrade"> & { verdict: Verdict; step: StateStep },
): Decision {
  const owned = decideOwned(o);
  const write = recordWrite(o, verdict);
  const answer = answerSwitchover(o, verdict);
  const plan = planPods(o);
  const trouble = upgrade.trouble === null ? [] : [upgrade.trouble];
  const problems = [...owned.problems, ...plan.failures, ...trouble];
  // A failed upgrade explains its state; what the pair is like stays to be read beside it.
  const failed = upgrade.memory.phase === "Failed" && step.state === "ManualInterventionRequired";
  const why = owned.first ?? (failed ? upgrade.why : null) ?? verdict.why;
  const routes = routeEffects(asWritten(o, write));
  const { repairs, events } = repairsOf(o, verdict, plan);
  const reported = o.object.status?.highLevelState ?? "";
  const { situation } = verdict;
  const conditions = conditionsOf({ o, step, situation, why, problems, hold: null, upgrade });
  const effects: Effect[] = [
    ...owned.effects,
    ...routes,
    ...budgetEffects(o, conditions),
    ...labelEffects(o),
    ...upgrade.effects,
  ];
  const late = conditions.Stalled?.reason === "WaitTooLong" ? [conditions.Stalled] : [];
  return {
    state: step.state,
    podStates: withUpgradeStates(o, upgrade, podStates(o)),
    roles: rolesOf(o),
    activePod: activePod(o, step.state),
    recordWrite: write,
    evidence: evidenceFor(o),
    commands: plan.commands,
    effects,
    rule,
    reasons: [why, ...(why === verdict.why ? [] : [verdict.why]), ...problems, ...late],
    repairs,
    events: [
      ...suspensionEvents(o.object, null),
      ...events,
      ...winnerEvents(o, verdict, reported, step.state),
      ...answer.events,
      ...upgrade.events,
    ],
    conditions,
    upgrade,
    stopwatch: stopwatchOf(o, verdict, write),
    switchover: answer.switchover,
    management: seen,
    wakeAfterMs: Math.min(wakeAfterMs(o, step, verdict, plan, owned.retryAfterMs), upgrade.wakeAfterMs),
  };
}

/** @returns the pods whose agents are silent only for a moment, for people; null when all that can be heard was heard */
function whoMayStillAnswer(o: Observation): string | null {
  const silent = o.pods.filter(pod => mayStillAnswer(o, pod));
  return silent.length === 0 ? null : silent.map(whyAway).join("; ");
}

/** Kubernetes deletes what is owned; nothing is made again meanwhile and nobody's permission changes. */
function decideDeletion(o: Observation): Decision {
  const why: Reason = { reason: "BeingDeleted", message: "the object is being deleted" };
  const state = o.object.status?.highLevelState || "Initializing";
  const upgrade = heldUpgrade(o, standing("patience", why.reason, why.message));
  return {
    state,
    podStates: podStates(o),
    roles: rolesOf(o),
    activePod: activePod(o, state),
    recordWrite: null,
    evidence: evidenceFor(o),
    commands: [],
    effects: [],
    rule: "deletion",
    reasons: [why],
    events: [],
    repairs: kept(o),
    conditions: conditionsOf({
      o,
      step: { state, more: false, overdue: false },
      situation: "patience",
      why,
      problems: [],
      hold: null,
      upgrade,
    }),
    upgrade,
    stopwatch: null,
    switchover: null,
    management: remembered(o.object),
    wakeAfterMs: o.settings.pollingIntervalMs,
  };
}

function kept(o: Observation): Decision["repairs"] {
  const { status } = o.object;
  return {
    failCount: status?.repStartFailCount ?? 0,
    countedTask: status?.standbyDownStandbyAS?.asyncId ?? null,
  };
}

function stateStep(o: Observation, verdict: Verdict, upgradeFailed: boolean): StateStep {
  const reported: HighLevelState = o.object.status?.highLevelState ?? "";
  const writer = writerPod(o);
  const shown = reportedActive(o);
  return nextState({
    reported,
    situation: verdict.situation,
    progress: writer === null ? "down" : standbyProgress(o, otherPod(o, writer)),
    activeMoved: writer !== null && shown !== null && shown !== writer.name,
    acting: verdict.write !== null,
    bothDown: bothAreDown(o, verdict),
    upgradeFailed,
    reportedForMs: o.nowMs - (o.object.status?.lastHighLevelStateSwitch ?? 0) * 1000,
    longTaskMs: o.settings.longTaskMs,
  });
}

/** @returns the pod that the last report shows as the active */
export function reportedActive(o: Observation): string | null {
  return o.object.status?.podStatus?.find(pod => pod.intendedState === "Active")?.name ?? null;
}

/** Roles in status change where the state says so: the takeover is the moment at which the new active is shown. */
function activePod(o: Observation, state: HighLevelState): string | null {
  const writer = writerPod(o)?.name ?? null;
  const shown = reportedActive(o);
  const settled: HighLevelState[] = ["Initializing", "ActiveTakeover", "ConfiguringActive", "Normal"];
  const examined = o.object.status?.highLevelState === "Reexamine" && state !== "Reexamine";
  return examined || settled.includes(state) ? (writer ?? shown) : (shown ?? writer);
}

function repairsOf(o: Observation, verdict: Verdict, plan: Plan): Pick<Decision, "repairs" | "events"> {
  const writer = writerPod(o);
  if (writer === null) return { repairs: kept(o), events: [] };
  const peer = otherPod(o, writer);
  const duplicating = plan.commands.some(
    one => one.ordinal === peer.ordinal && one.command.verb === "duplicate",
  );
  const redundant = verdict.situation === "redundant";
  const { failCount, countedTask, messages } = countRepairs(o, peer, { redundant, duplicating });
  const events: EventText[] = messages.map(message => ({
    type: message.endsWith("successfully") ? "Normal" : "Warning",
    reason: "StateChange",
    message,
  }));
  return { repairs: { failCount, countedTask }, events };
}

/** While roles change or the pair forms, an agent's word that got lost is asked for again soon, ms. */
const UNSETTLED_MS = 1_000;

function wakeAfterMs(o: Observation, step: StateStep, verdict: Verdict, plan: Plan, ownedMs: number): number {
  if (step.more) return 0;
  const settled = verdict.situation === "redundant" || verdict.situation === "founding";
  const candidates = [
    o.settings.pollingIntervalMs,
    plan.wakeAfterMs,
    ownedMs,
    settled ? Infinity : UNSETTLED_MS,
    fenceWakeMs(o),
    ...o.pods.map(pod => timeoutOf(o, pod)),
  ];
  return Math.min(...candidates);
}

/** @returns until when this pod's silence or replication state turns into something else, ms */
function timeoutOf(o: Observation, pod: ObservedPod): number {
  const { unreachableTimeoutMs, repStateTimeoutMs } = o.settings;
  const leftMs =
    heard(pod) === null
      ? unreachableTimeoutMs - pod.agent.silentForMs
      : repStateTimeoutMs - pod.agent.repStateForMs;
  return leftMs > 0 ? leftMs : Infinity;
}
