/** Status and Events of independent databases: the same words, writer and journal as a pair's. */
import type { PodStatusEntry, TimesTenClassicStatus } from "../../../generated/types";
import { texts } from "../decide/upgrade/texts";
import type { EventText, Reason } from "../decision";
import { knownFromStatus, podEvents, type KnownPod } from "../report/podEvents";
import { observedEntry, podHighLevel } from "../report/podStatus";
import { reasonEvents } from "../report/reasonEvents";
import type { Report } from "../report/report";
import { conditions, highLevel, isNews, journal, stateEvent, type Done } from "../report/status";
import type { IndependentDecision } from "./decide";
import type { IndependentObservation, ObservedDatabase } from "./observation";
import type { PodVerdict } from "./podRules";
import { rememberedRoll, rollStatus } from "./rollMemory";

/**
 * @param known what was said about each pod so far, by name
 * @param doneEvents Events of things done in this pass or in one whose report was not written
 */
export function makeIndependentReport(
  o: IndependentObservation,
  d: IndependentDecision,
  done: Omit<Done, "routedAtMs">,
  known: ReadonlyMap<string, KnownPod>,
  doneEvents: readonly EventText[],
): Report {
  const reported = o.object.status?.highLevelState ?? "";
  const events: EventText[] = [...doneEvents];
  const next = new Map<string, KnownPod>();
  o.pods.forEach((pod, ordinal) => {
    const verdict = d.pods[ordinal];
    if (verdict === undefined) return;
    const before = known.get(pod.name) ?? knownFromStatus(entryOf(o, pod.name));
    // What a new pod shows first is left out while it is made, as with a pair.
    const told = podEvents(pod, before, verdict.before === "Initializing" ? "Initializing" : "Normal");
    events.push(...told.events, ...changeEvents(verdict));
    next.set(pod.name, told.known);
  });
  const told = { reasons: d.problems, first: d.reasons[0], conditions: d.conditions };
  events.push(...d.events, ...reasonEvents(o, told), ...stateEvent(reported, d.state));
  const status = nextStatus(o, d, done, events.length);
  return {
    status,
    events,
    lastEvent: o.object.status?.lastEvent ?? 0,
    doneEvents: doneEvents.length,
    changes: new Map(o.pods.flatMap(pod => (pod.uid === null ? [] : [[pod.uid, pod.agent.changes.length]]))),
    known: next,
    news: events.length > 0 || isNews(o.object.status, status),
  };
}

/** The change in Oracle's words; where a person is asked for, what for. */
function changeEvents({ name, before, state, why, stuck }: PodVerdict): EventText[] {
  if (before === state) return [];
  const type = state === "Terminal" || state === "Down" ? "Warning" : "Normal";
  const change: EventText = {
    type,
    reason: "StateChange",
    message: `Pod ${name} state was ${before}, now ${state}`,
  };
  return stuck ? [change, asked(name, why)] : [change];
}

function asked(name: string, { reason, message }: Reason): EventText {
  if (reason === "UpgradeFailed") return texts.replicaFailed(Number(/\d+$/.exec(name)?.[0] ?? 0), message);
  return { type: "Warning", reason, message: message.charAt(0).toUpperCase() + message.slice(1) };
}

function entryOf(o: IndependentObservation, name: string): PodStatusEntry | undefined {
  return o.object.status?.podStatus?.find(one => one.name === name);
}

function nextStatus(
  o: IndependentObservation,
  d: IndependentDecision,
  done: Omit<Done, "routedAtMs">,
  events: number,
): TimesTenClassicStatus {
  const before = o.object.status ?? {};
  return {
    ...before,
    statusVersion: "1.0",
    observedGeneration: o.object.metadata.generation ?? 0,
    lastReconcile: done.nowMs,
    lastReconcilingOperator: done.operatorName,
    ...highLevel(o, d),
    activePods: "N/A",
    lastEvent: (before.lastEvent ?? 0) + events,
    prevReexamine: d.management.reexamine,
    prevStopManaging: d.management.stopManaging,
    managementStopped: d.management.stopped,
    ...rollStatus(d.roll),
    podStatus: o.pods.map((pod, ordinal) => podEntry(o, d, pod, d.pods[ordinal])),
    conditions: conditions(o, d, done.nowMs),
    decisions: journal(before.decisions ?? [], d, done.nowMs),
  };
}

/** The image before the last change of it. */
function prevImage(o: IndependentObservation, d: IndependentDecision): Partial<PodStatusEntry> {
  const { image } = rememberedRoll(o.object);
  return image === null || image === d.roll.image ? {} : { prevImage: image };
}

function podEntry(
  o: IndependentObservation,
  d: IndependentDecision,
  pod: ObservedDatabase,
  verdict: PodVerdict | undefined,
): PodStatusEntry {
  const before = entryOf(o, pod.name);
  const state = verdict?.state ?? "Initializing";
  const sinceFirst = before === undefined ? { lastHighLevelStateSwitch: Math.floor(o.nowMs / 1000) } : {};
  return {
    ...observedEntry(o, pod, before),
    intendedState: "Standalone",
    prevIntendedState: "Standalone",
    ...podHighLevel(o.nowMs, before, state),
    ...sinceFirst,
    // Of independent databases each is used by itself, so ready means: open for its users.
    ready: state === "Normal",
    nonRepUpgradeFailed: state === "ManualInterventionRequired" && verdict?.why.reason === "UpgradeFailed",
    ...prevImage(o, d),
    active: false,
  };
}
