/**
 * Whether the operator may act on an object at all: people may take it out of management (the suspend annotation,
 * stopManaging, bothDownBehavior: Manual) and give it back. Meanwhile it is looked at and reported, the agents go on
 * being told the record in force, and nothing but status is written.
 */
import { SUSPEND_ANNOTATION } from "../../../objects/names";
import type { HighLevelState, TimesTenClassicObject } from "../../../../generated/types";
import type { EventText, ManagementSeen, Reason } from "../../decision";

/** Who keeps the operator from acting. */
export type HoldBy =
  /** The annotation, while it is there. */
  | "suspend"
  /** A change of stopManaging, until reexamine changes. */
  | "stopManaging"
  /** Both databases were down and bothDownBehavior is Manual, until reexamine changes. */
  | "bothDown"
  /** reexamine changed: first everything is looked at. */
  | "reexamine";

export interface Hold {
  by: HoldBy;
  why: Reason;
}

export interface Management {
  /** Why nothing but status may be written now; null: the operator manages. */
  hold: Hold | null;
  /** What status is to remember. */
  seen: ManagementSeen;
}

/**
 * @param unheard the pods whose agents may still answer, for people; null when all that can be heard has been heard
 * @returns what the spec, the annotation and the last report come to
 */
export function managementOf(object: TimesTenClassicObject, unheard: string | null): Management {
  const before = remembered(object);
  const wish = wishes(object);
  // A stop is obeyed at any time, also at creation and together with other changes.
  if (wish.stopManaging !== before.stopManaging) {
    return { hold: stopped("StopManaging"), seen: { ...wish, stopped: "StopManaging" } };
  }
  // Suspended, nothing is examined: a change of reexamine is found when management goes on.
  if (isSuspended(object)) return { hold: suspended(object.metadata.name), seen: before };
  const reported: HighLevelState = object.status?.highLevelState ?? "";
  if (wish.reexamine !== before.reexamine && reported === "ManualInterventionRequired") {
    return { hold: examining(unheard), seen: { ...wish, stopped: "" } };
  }
  const seen = { ...wish, stopped: before.stopped };
  if (before.stopped !== "") return { hold: stopped(before.stopped), seen };
  if (reported === "Reexamine" && unheard !== null) return { hold: examining(unheard), seen };
  return { hold: null, seen };
}

/** @returns what the last report remembers; before the first one, that nothing was asked for */
export function remembered({ status, spec }: TimesTenClassicObject): ManagementSeen {
  return {
    stopped: status?.managementStopped ?? "",
    stopManaging: status?.prevStopManaging ?? "",
    // At creation there is nothing to examine.
    reexamine: status?.prevReexamine ?? spec.ttspec.reexamine ?? "",
  };
}

function wishes({ spec }: TimesTenClassicObject): Pick<ManagementSeen, "stopManaging" | "reexamine"> {
  return { stopManaging: spec.ttspec.stopManaging ?? "", reexamine: spec.ttspec.reexamine ?? "" };
}

/** @returns whether the annotation takes the object out of management now */
export function isSuspended(object: TimesTenClassicObject): boolean {
  return object.metadata.annotations?.[SUSPEND_ANNOTATION] === "true";
}

const SUSPENDED = "ManagementSuspended";

function suspended(name: string): Hold {
  const resume = `kubectl annotate ttc ${name} ${SUSPEND_ANNOTATION}-`;
  const message = `annotation ${SUSPEND_ANNOTATION} is true: nothing is changed until it is removed (${resume})`;
  return { by: "suspend", why: { reason: SUSPENDED, message } };
}

/** @returns the hold that only a change of reexamine ends */
export function stopped(by: Exclude<ManagementSeen["stopped"], "">): Hold {
  if (by === "BothDown") {
    const message =
      "both databases were down and bothDownBehavior is Manual: nothing is changed until reexamine changes";
    return { by: "bothDown", why: { reason: "BothDownManual", message } };
  }
  const message = "stopManaging was changed: nothing is changed until reexamine changes";
  return { by: "stopManaging", why: { reason: "ManagementStopped", message } };
}

function examining(unheard: string | null): Hold {
  const message =
    unheard === null
      ? "reexamine was changed: both databases are looked at"
      : `reexamine was changed; waiting for ${unheard}`;
  return { by: "reexamine", why: { reason: "Reexamining", message } };
}

/** @returns the Events of the annotation's coming and going, told by the last report's condition */
export function suspensionEvents(object: TimesTenClassicObject, hold: Hold | null): EventText[] {
  const before = object.status?.conditions?.find(one => one.type === "ManagementSuspended");
  const was = before?.status === "True" && before.reason === SUSPENDED;
  const is = hold?.by === "suspend";
  if (was === is) return [];
  const reason = is ? "ManagementSuspended" : "ManagementResumed";
  const message = is
    ? `Management suspended by annotation ${SUSPEND_ANNOTATION}`
    : `Management resumed: annotation ${SUSPEND_ANNOTATION} was removed`;
  return [{ type: "Normal", reason, message }];
}
