import { isDeepStrictEqual } from "node:util";
import type { TimesTenClassicObject } from "../../generated/types";
import { normalObject } from "../objects/normal";
import { describeFault, describeFaults, type Check, type Fault } from "./fault";
import { doubtOlderWords } from "./olderWords";

/** Verdict on an object: `denial` null admits it, otherwise it is the text for the user. */
export interface Verdict {
  denial: string | null;
  faults: Fault[];
  /** Sentences for the user, whether it is admitted or not. */
  warnings: string[];
}

/** Checks by name: `faults` refuse, `doubts` warn. */
export interface Checks {
  faults: Readonly<Record<string, Check>>;
  doubts: Readonly<Record<string, Check>>;
}

const ADMIT: Verdict = { denial: null, faults: [], warnings: [] };
/** The API server cuts longer warnings, and drops them all when they are too many. */
const WARNING_LENGTH_MAX = 250;
const WARNINGS_MAX = 15;

/**
 * Runs every check and lists all faults at once.
 *
 * An object that is being deleted is admitted unseen, and one whose spec stays as it is may keep the faults it has:
 * otherwise one that became invalid (a check is new, say) could never lose its finalizer.
 *
 * @param old null when the object is being created
 * @returns the verdict; a check that throws becomes a denial that names it, a doubt that throws says nothing
 */
export function validate(
  { faults: checks, doubts }: Checks,
  object: TimesTenClassicObject,
  old: TimesTenClassicObject | null,
): Verdict {
  if (object.metadata.deletionTimestamp !== undefined) return ADMIT;
  const [now, before] = [normalObject(object), old === null ? null : normalObject(old)];
  const sameSpec = before !== null && isDeepStrictEqual(now.spec, before.spec);
  const faults: Fault[] = [];
  for (const [name, check] of Object.entries(checks)) {
    try {
      const had = sameSpec ? new Set(check(before, before).map(describeFault)) : new Set<string>();
      faults.push(...check(now, before).filter(fault => !had.has(describeFault(fault))));
    } catch (error) {
      if (sameSpec) continue;
      const reason = error instanceof Error ? error.message : String(error);
      const denial = `internal error of the operator in its check "${name}": ${reason}`;
      return { denial, faults, warnings: [] };
    }
  }
  const warnings = sameSpec ? [] : warningsOf(doubts, object, now, before);
  if (faults.length > 0) return { denial: describeFaults(faults), faults, warnings };
  return { ...ADMIT, warnings };
}

function warningsOf(
  doubts: Readonly<Record<string, Check>>,
  object: TimesTenClassicObject,
  now: TimesTenClassicObject,
  before: TimesTenClassicObject | null,
): string[] {
  const found = Object.values(doubts).flatMap(doubt => {
    try {
      // Which words were used shows only before they are made one.
      return doubt(doubt === doubtOlderWords ? object : now, before);
    } catch {
      return [];
    }
  });
  const sentences = found
    .map(describeFault)
    .map(text => (text.length > WARNING_LENGTH_MAX ? `${text.slice(0, WARNING_LENGTH_MAX - 1)}…` : text));
  const rest = sentences.length - WARNINGS_MAX;
  return rest > 0 ? [...sentences.slice(0, WARNINGS_MAX), `and ${rest} more`] : sentences;
}
