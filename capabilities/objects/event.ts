import type { TimesTenClassicObject } from "../../generated/types";
import type { CoreEvent } from "./kinds";
import { identityOf } from "./names";

/** Shown in the From column, as Oracle's operator does. */
export const EVENT_SOURCE = "ttclassic";
/** Longest message the API server takes in the newer Event API; longer ones are cut. */
const MAX_MESSAGE = 1022;

export interface EventContent {
  type: "Normal" | "Warning";
  reason: string;
  message: string;
  /** status.lastEvent after this Event: its place among those of the object. */
  sequence: number;
  /** Wall clock, ms since 1970. */
  atMs: number;
  /** Name of the operator's Pod. */
  reporter: string;
}

/**
 * @returns a core/v1 Event. The name follows from object, sequence and text: writing it once more after a crash
 *   meets AlreadyExists instead of a second Event, and another text under the same sequence is not lost.
 */
export function buildEvent(object: TimesTenClassicObject, content: EventContent): CoreEvent {
  const { name, namespace, uid } = identityOf(object);
  const time = new Date(content.atMs).toISOString().replace(/\.\d+Z$/, "Z");
  const message = content.message.slice(0, MAX_MESSAGE);
  const digest = hash(`${uid}\n${content.type}\n${content.reason}\n${message}`);
  return {
    apiVersion: "v1",
    kind: "Event",
    metadata: {
      name: `${name}.${uid.slice(0, 8)}.${String(content.sequence).padStart(6, "0")}.${digest}`,
      namespace,
    },
    involvedObject: { apiVersion: object.apiVersion, kind: object.kind, namespace, name, uid },
    type: content.type,
    reason: content.reason,
    message,
    source: { component: EVENT_SOURCE },
    reportingComponent: EVENT_SOURCE,
    reportingInstance: content.reporter,
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
  };
}

/** FNV-1a, 32 bits, as eight hex digits: tells texts apart, protects nothing. */
function hash(text: string): string {
  let value = 0x811c9dc5;
  for (const byte of Buffer.from(text, "utf8")) value = Math.imul(value ^ byte, 0x01000193) >>> 0;
  return value.toString(16).padStart(8, "0");
}
