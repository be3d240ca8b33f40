/**
 * Whether this database does its part, for the kubelet's readiness probe: it serves its users, or it is the copy that
 * takes over. A drain then takes the next Pod only when both are there again (docs/agent.md, Readiness). It says
 * nothing about who may write.
 */
import { namesAsWriter, type PermissionRecord, type TimesTenView } from "../../protocol";
import type { Clock } from "../ports";
import { mayWrite, type Situation } from "./permission";

/** The part this database does. */
export interface Readiness {
  /** serving: open to its users. complete: has everything and may take over. none: neither. */
  part: "serving" | "complete" | "none";
  /** A sentence for people. */
  why: string;
}

const none = (why: string): Readiness => ({ part: "none", why });

/** @returns the part of one of a pair; null while the database cannot be looked at */
export function readinessInPair(s: Situation): Readiness | null {
  if (s.boot === null) return none("no database is loaded");
  if (cannotSee(s.view)) return null;
  const record = s.record !== null && s.record.objectUID === s.objectUID ? s.record : null;
  if (record === null) return none("no record is known");
  const named = namesAsWriter(record, s.podUID, s.boot);
  if (named && record.mode !== "Closed" && serves(s)) return { part: "serving", why: "open as the active" };
  if (mayTakeOver(s, record, named)) return { part: "complete", why: `complete for Pair ${s.complete?.n}` };
  if (named) return none(`named by record ${record.n}, ${record.mode}, and not open`);
  return none(`no complete standby under record ${record.n}, ${record.mode}`);
}

/** @returns the part of a database of its own; null while it cannot be looked at */
export function readinessAlone(s: Pick<Situation, "boot" | "view" | "closed">): Readiness | null {
  if (s.boot === null) return none("no database is loaded");
  if (s.view.db === "Unknown") return null;
  return s.view.open && !s.closed ? { part: "serving", why: "open" } : none("loaded and closed");
}

const cannotSee = (view: TimesTenView): boolean => view.db === "Unknown" || view.repState === "Unknown";

function serves(s: Situation): boolean {
  return mayWrite(s) && s.view.open && !s.closed && s.view.repState === "ACTIVE";
}

/**
 * The copy that is needed if the other one goes. Whether the other one is heard does not matter: after its death this is
 * the only good copy. One that is left behind is told so, because a writer goes on alone only by a record.
 */
function mayTakeOver(s: Situation, record: PermissionRecord, named: boolean): boolean {
  const { complete, left, view } = s;
  if (complete === null || left === complete.n || view.repAgent !== "Running") return false;
  switch (record.mode) {
    case "Pair":
      return complete.n === record.n && record.standby === s.podUID && view.repState === "STANDBY";
    case "Closed":
      return complete.n === record.from && record.standby === s.podUID && view.repState === "STANDBY";
    case "Solo":
      // Being promoted: until it is open it is still the copy that has everything.
      return named && complete.n === record.from;
  }
}

/** A look that fails now and then is no news for so long, ms. */
const UNSEEN_MS = 10_000;

/** Bridges moments in which the database cannot be looked at. */
export class HeldReadiness {
  readonly #clock: Pick<Clock, "monotonicMs">;
  readonly #look: () => Readiness | null;
  #last: { readiness: Readiness; atMs: number } | null = null;

  /** @param look null: cannot be seen now */
  constructor(clock: Pick<Clock, "monotonicMs">, look: () => Readiness | null) {
    this.#clock = clock;
    this.#look = look;
  }

  /** @returns what is seen now, or what was seen a moment ago */
  now(): Readiness {
    const atMs = this.#clock.monotonicMs();
    const readiness = this.#look();
    if (readiness !== null) {
      this.#last = { readiness, atMs };
      return readiness;
    }
    const last = this.#last;
    return last !== null && atMs - last.atMs < UNSEEN_MS
      ? last.readiness
      : none("the database cannot be looked at");
  }
}
