/**
 * What an object needs beyond itself, and whether it is there. What is certain to be in the way keeps the StatefulSet
 * from being made; it never harms one that is there.
 */
import type { TimesTenClassicObject } from "../../../generated/types";
import { describeFaults, type Check } from "../../validators/fault";
import { checks as checksByName } from "../../validators/checks";
import { imagesOf, isOwnedBy, type StatefulSet } from "../../objects";
import type { KubeObject } from "../../runtime/ports";
import type { Reason } from "../decision";
import { changedClaims } from "./claims";

/** The checks of admission: an object may have been stored while it was away. */
const checks: readonly Check[] = Object.values(checksByName);

/** A claim that is smaller than the spec asks for. */
export interface SmallClaim {
  name: string;
  uid: string;
  /** Quantities. */
  from: string;
  to: string;
}

export interface NeedsFacts {
  /** What admission would refuse; nothing new is done about the Pods while it is so. */
  invalid: Reason | null;
  /** What the object refers to has been looked for. */
  isKnown: boolean;
  /** Without this a Pod could not start, or no database be made. */
  missing: Reason | null;
  /** What may stand in the way of a first start. */
  doubt: Reason | null;
  /** What a person should know when the database is made, each a sentence. */
  warnings: readonly string[];
  /** Claims that are to grow. */
  small: readonly SmallClaim[];
}

/** Nothing is known to be wrong. */
export const allThere: NeedsFacts = {
  invalid: null,
  isKnown: true,
  missing: null,
  doubt: null,
  warnings: [],
  small: [],
};

/**
 * @param set the StatefulSet of that name, whoever's it is: it tells what the object was when it was made
 * @returns what admission would say about the object as it is stored; null when it would admit it
 */
export function specFault(object: TimesTenClassicObject, set: KubeObject | null): Reason | null {
  // Compared with itself: what may not change has not changed.
  const old = object.status?.highLevelState === undefined ? null : object;
  const faults = [...checks.flatMap(check => check(object, old)), ...changedClaims(object, set)];
  return faults.length === 0 ? null : { reason: "InvalidSpec", message: describeFaults(faults) };
}

/**
 * @param set the StatefulSet of that name, whoever's it is
 * @returns an object that cannot be acted on with the image that its Pods are made with; any other as it is
 */
export function heldBack(
  object: TimesTenClassicObject,
  invalid: Reason | null,
  set: KubeObject | null,
): TimesTenClassicObject {
  if (invalid === null || set === null || !isOwnedBy(set, object)) return object;
  const { tt } = imagesOf((set as StatefulSet).spec.template.spec);
  if (tt === null) return object;
  return { ...object, spec: { ...object.spec, ttspec: { ...object.spec.ttspec, image: tt } } };
}

/** @returns one reason for several: that of the first, with what all of them say */
export function together(reasons: readonly Reason[]): Reason | null {
  const [first] = reasons;
  return first === undefined
    ? null
    : { reason: first.reason, message: reasons.map(one => one.message).join("; ") };
}

/** @returns names in quotes, as messages list them */
export const quoted = (names: readonly string[]): string => names.map(name => `"${name}"`).join(", ");
