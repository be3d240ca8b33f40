import type { TimesTenClassicObject, TtSpec } from "../../generated/types";

/** One thing that is wrong with an object, or doubtful. `path message` reads as a sentence. */
export interface Fault {
  /** Where, e.g. spec.ttspec.image. */
  path: string;
  /** What is wrong with it and what to do, without the path. */
  message: string;
}

/**
 * A check looks at one topic and names every fault it finds there. It is pure, and copes with an object of any shape
 * (fields may be missing that the schema requires). It sees objects as capabilities/objects/normal.ts makes them,
 * unless it says otherwise.
 *
 * @param object as it would be
 * @param old as it is, or null when it is being created
 */
export type Check = (object: TimesTenClassicObject, old: TimesTenClassicObject | null) => Fault[];

/** @returns spec.ttspec, empty where it is missing (which a check of its own reports) */
export function ttspecOf(object: TimesTenClassicObject): Partial<TtSpec> {
  const spec = object.spec as { ttspec?: Partial<TtSpec> | null } | null | undefined;
  return spec?.ttspec ?? {};
}

/** @returns whether the object is a set of independent databases, not a pair */
export function isSet(object: TimesTenClassicObject): boolean {
  return ttspecOf(object).replicationTopology === "none";
}

/** @returns the fault or warning as a sentence */
export function describeFault(fault: Fault): string {
  return `${fault.path} ${fault.message}`;
}

/** @returns all faults as one text for people, in the order found */
export function describeFaults(faults: Fault[]): string {
  const sentences = faults.map(describeFault);
  return sentences.length === 1 ? `${sentences[0]}` : `${sentences.length} faults: ${sentences.join("; ")}`;
}
