/**
 * The agent's rules of the write permission (docs/fencing.md, rules A2 to A7), as one pure question: given the
 * record I obey and what my database is like, what is the next thing to do? Asked again after every change, so
 * nothing depends on the order in which things arrive.
 */
import {
  namesAsWriter,
  type Evidence,
  type PermissionRecord,
  type TimesTenView,
  type Writer,
} from "../../protocol";

/** What this standby has everything of: Pair `n`, and whose commits those were. */
export interface Complete {
  n: number;
  writer: Writer;
}

/** All that the rules look at. */
export interface Situation {
  podUID: string;
  objectUID: string;
  /** The record in force here (highest n seen), or null before the first. */
  record: PermissionRecord | null;
  evidence: Evidence;
  /** Present life of the database, or null when none is loaded. */
  boot: string | null;
  view: TimesTenView;
  /** No user is connected and none may connect. */
  closed: boolean;
  /** Highest n at which this database took solo or became active (durable). */
  soloed: number;
  /** n of the Pair this standby left gracefully (durable). */
  left: number;
  complete: Complete | null;
  soloEnded: { n: number; mark: number } | null;
  refused: { n: number; reason: string } | null;
  /** The peer was recorded as failed in this Solo, so commits wait for nobody. */
  aloneFor: number;
  /** SIGTERM was received: nothing is opened any more. */
  stopping: boolean;
}

/** The next thing to do. One at a time; the question is asked again when it is done. */
export type Step =
  | { do: "close"; why: string }
  | { do: "setActive"; n: number; why: string }
  | { do: "promote"; n: number; why: string }
  | { do: "noteSoloed"; n: number }
  | { do: "commitAlone"; n: number }
  | { do: "open"; why: string }
  | { do: "endSolo"; n: number }
  | { do: "complete"; complete: Complete }
  | { do: "refuse"; n: number; reason: string };

/**
 * @returns the next step, or null when there is nothing to do but wait
 */
export function nextStep(s: Situation): Step | null {
  if (s.boot === null) return null;
  const record = s.record !== null && s.record.objectUID === s.objectUID ? s.record : null;
  // A4, A9, A10: a life of a database that the record does not name as writer never stays open.
  if (record === null)
    return s.closed ? null : { do: "close", why: "no record names this life of the database" };
  if (record.mode === "Closed") return s.closed ? null : { do: "close", why: `record ${record.n} is Closed` };
  if (!namesAsWriter(record, s.podUID, s.boot)) {
    if (!s.closed) return { do: "close", why: `record ${record.n} names another writer` };
    return asStandby(s, record);
  }
  return record.mode === "Solo" ? asSoloWriter(s, record) : asPairWriter(s, record);
}

/** @returns whether this database may write now: endless, until a newer record says otherwise */
export function mayWrite(s: Situation): boolean {
  const { record, boot } = s;
  if (record === null || record.objectUID !== s.objectUID || record.mode === "Closed") return false;
  if (!namesAsWriter(record, s.podUID, boot)) return false;
  // A Pair is only ever written for a boot that had taken solo before.
  return record.mode === "Pair" || s.soloed >= record.n;
}

/** A2, and A3 where the record promotes a standby. */
function asSoloWriter(s: Situation, record: PermissionRecord): Step | null {
  const { repState, repScheme } = s.view;
  if (repState === "ACTIVE") {
    if (s.soloed < record.n) return { do: "noteSoloed", n: record.n };
    if (s.aloneFor !== record.n) return { do: "commitAlone", n: record.n };
    return mustOpen(s, `record ${record.n} is Solo for this life of the database`);
  }
  if (record.from > 0) return promotion(s, record);
  // Created a moment ago, or recovered from its own log: the record says this one goes on.
  if (repState === "IDLE" && repScheme === "Exists") {
    return { do: "setActive", n: record.n, why: `record ${record.n} is Solo for this life of the database` };
  }
  return null;
}

/** A3: only a complete standby, and only when it is certain that the old boot cannot write. */
function promotion(s: Situation, record: PermissionRecord): Step | null {
  if (s.refused?.n === record.n) return null;
  const missing = whyNotPromotable(s, record.from);
  if (missing !== null) return { do: "refuse", n: record.n, reason: missing };
  const proof = s.complete === null ? undefined : proofAbout(s.evidence, s.complete.writer);
  if (proof === undefined) return null;
  return { do: "promote", n: record.n, why: `${proof.kind}: ${proof.by}` };
}

function whyNotPromotable(s: Situation, from: number): string | null {
  if (s.left === from) return `this standby left Pair ${from} gracefully`;
  if (s.complete === null || s.complete.n !== from) return `this standby is not complete for Pair ${from}`;
  return null;
}

function proofAbout(evidence: Evidence, old: Writer): Evidence["proofs"][number] | undefined {
  return evidence.proofs.find(proof => proof.podUID === old.podUID && proof.boot === old.boot);
}

/** A5: what was endless stays; committing alone ends first, then it is said so, with a mark to measure by. */
function asPairWriter(s: Situation, record: PermissionRecord): Step | null {
  if (s.view.repState !== "ACTIVE") return null;
  if (isOpen(s) || s.stopping) return endOfSolo(s, record);
  return mustOpen(s, `record ${record.n} is a Pair with this life of the database as writer`);
}

function endOfSolo(s: Situation, record: PermissionRecord): Step | null {
  if (s.soloEnded?.n === record.n || s.stopping) return null;
  return s.view.repPeerState === "start" ? { do: "endSolo", n: record.n } : null;
}

/** A6, A7: complete only after the writer's word, and only once everything up to its mark has been applied here. */
function asStandby(s: Situation, record: PermissionRecord): Step | null {
  if (record.mode !== "Pair" || record.standby !== s.podUID || s.view.repState !== "STANDBY") return null;
  if (s.complete?.n === record.n || s.left === record.n) return null;
  const word = s.evidence.soloEnded;
  if (word === null || word.n !== record.n || s.view.dbId < word.mark) return null;
  return { do: "complete", complete: { n: record.n, writer: record.writer } };
}

function mustOpen(s: Situation, why: string): Step | null {
  return !isOpen(s) && !s.stopping ? { do: "open", why } : null;
}

/** An agent that has just started does not know who is connected; that nobody may connect it sees. */
function isOpen(s: Situation): boolean {
  return !s.closed && s.view.open;
}
