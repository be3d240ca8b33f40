/** The single exit of a pass: status and Events from the same reasons, written only when something changed. */
import {
  timesTenClassicResource,
  type LastFailover,
  type TimesTenClassicObject,
  type TimesTenClassicStatus,
} from "../../../generated/types";
import { KubeError, type KubeApi } from "../../runtime/ports";
import type { Decision, EventText } from "../decision";
import type { Observation } from "../observation";
import type { PairMemory } from "../observe/memory";
import type { EventWriter } from "./eventWriter";
import { knownFromStatus, podEvents, type KnownPod } from "./podEvents";
import { reasonEvents } from "./reasonEvents";
import { isNews, nextStatus, stateEvent, type Done } from "./status";

/** A report, not written yet. */
export interface Report {
  status: TimesTenClassicStatus;
  events: EventText[];
  /** status.lastEvent before them. */
  lastEvent: number;
  /** How many of the events are about things done (memory.pendingEvents). */
  doneEvents: number;
  /** How many of the states each pod told are in it, by pod uid. */
  changes: Map<string, number>;
  /** What has been said about each pod once this is written, by name. */
  known: Map<string, KnownPod>;
  news: boolean;
  /** The change of the active whose last station is in it for the first time; null when none is. */
  finished?: LastFailover | null;
}

/**
 * @param known what was said about each pod so far, by name
 * @param doneEvents Events of things done in this pass or in one whose report was not written
 */
export function makeReport(
  o: Observation,
  d: Decision,
  done: Done,
  known: ReadonlyMap<string, KnownPod>,
  doneEvents: readonly EventText[],
): Report {
  const reported = o.object.status?.highLevelState ?? "";
  const events: EventText[] = [...doneEvents, ...d.upgrade.announcements];
  const next = new Map<string, KnownPod>();
  for (const pod of o.pods) {
    const before = known.get(pod.name) ?? knownFromStatus(o.object.status?.podStatus?.[pod.ordinal]);
    const told = podEvents(pod, before, reported);
    events.push(...told.events);
    next.set(pod.name, told.known);
  }
  events.push(
    ...d.events,
    ...reasonEvents(o, { ...d, first: d.reasons[0] }),
    ...stateEvent(reported, d.state),
  );
  const status = nextStatus(o, d, done, events.length);
  return {
    status,
    events,
    lastEvent: o.object.status?.lastEvent ?? 0,
    doneEvents: doneEvents.length,
    changes: new Map(o.pods.flatMap(pod => (pod.uid === null ? [] : [[pod.uid, pod.agent.changes.length]]))),
    known: next,
    news: events.length > 0 || isNews(o.object.status, status),
    finished: finishedNow(o.object.status?.lastFailover, status.lastFailover),
  };
}

function finishedNow(before: LastFailover | undefined, now: LastFailover | undefined): LastFailover | null {
  if (now?.redundantAt === undefined) return null;
  const told = before?.recordNumber === now.recordNumber && before?.redundantAt !== undefined;
  return told ? null : now;
}

/**
 * Writes the report. Events follow the status, whose counter has numbered them: after a conflict nothing has been said
 * and the next pass says it all.
 * @throws KubeError as the API server says, 409 when the object has changed meanwhile
 */
export async function writeReport(
  report: Report,
  object: TimesTenClassicObject,
  memory: PairMemory,
  kube: KubeApi,
  writer: EventWriter,
): Promise<void> {
  if (report.news) {
    try {
      await kube.replaceStatus<TimesTenClassicObject>(timesTenClassicResource, {
        ...object,
        status: report.status,
      });
    } catch (error) {
      // Whether it took effect shows in the object next time: then its Events are still to be written.
      if (error instanceof KubeError && error.status === 0) memory.uncertain = report;
      throw error;
    }
  }
  said(report, object, memory, writer);
}

/** A report whose write was not answered: if the object shows it, it was written and its Events follow now. */
export function settleUncertain(
  object: TimesTenClassicObject,
  memory: PairMemory,
  writer: EventWriter,
): void {
  const report = memory.uncertain;
  memory.uncertain = null;
  if (report === null) return;
  const { lastEvent, lastReconcile } = object.status ?? {};
  const written = lastEvent === report.status.lastEvent && lastReconcile === report.status.lastReconcile;
  if (written) said(report, object, memory, writer);
}

function said(report: Report, object: TimesTenClassicObject, memory: PairMemory, writer: EventWriter): void {
  writer.write(object, report.events, report.lastEvent + 1);
  memory.pendingEvents.splice(0, report.doneEvents);
  if (report.finished) memory.finishedFailovers.push(report.finished);
  for (const [name, known] of report.known) memory.known.set(name, known);
  for (const [podUID, count] of report.changes) memory.reported(podUID, count);
}
