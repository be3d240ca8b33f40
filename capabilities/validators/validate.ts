import { isDeepStrictEqual } from "node:util";
import type { TimesTenClassicObject } from "../../generated/types";
import { describeFaults, type Check, type Fault } from "./fault";

/** Verdict on an object: `denial` null admits it, otherwise it is the text for the user. */
export interface Verdict {
  denial: string | null;
  faults: Fault[];
}

const ADMIT: Verdict = { denial: null, faults: [] };

/**
 * Runs every check and lists all faults at once.
 *
 * An object that is being deleted, or whose spec stays as it is, is admitted unseen: otherwise one that became invalid
 * (a check is new, say) could never lose its finalizer.
 *
 * @param old null when the object is being created
 * @returns the verdict; a check that throws becomes a denial that names it
 */
export function validate(
  checks: Record<string, Check>,
  object: TimesTenClassicObject,
  old: TimesTenClassicObject | null,
): Verdict {
  if (object.metadata.deletionTimestamp !== undefined) return ADMIT;
  if (old !== null && isDeepStrictEqual(object.spec, old.spec)) return ADMIT;
  const faults: Fault[] = [];
  for (const [name, check] of Object.entries(checks)) {
    try {
      faults.push(...check(object, old));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return { denial: `internal error of the operator in its check "${name}": ${reason}`, faults };
    }
  }
  return faults.length === 0 ? ADMIT : { denial: describeFaults(faults), faults };
}
