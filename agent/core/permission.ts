/**
 * The agent's rules of the write permission (docs/fencing.md, rules A2 to A8), as one pure question: given the
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
import type { PermissionNow } from "./permits";

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
  /** What the guard enforces for this life at this moment. */
  permit: PermissionNow;
  /** Highest n at which this database took solo or became active (durable). */
  soloed: number;
  /** n of the Pair this standby left gracefully (durable). */
  left: number;
  /** n of the Pair of which its disk has everything (durable); then it is a former standby's. */
  diskCompleteFor: number;
  complete: Complete | null;
  soloEnded: { n: number; mark: number } | null;
  /** The Closed under which this old writer has handed everything over; 0: none. */
  drained: number;
  refused: { n: number; reason: string } | null;
  /** The peer was recorded as failed in this Solo, so commits wait for nobody. */
  aloneFor: number;
  /** The other pod's agent leaves or cannot be reached: its database acknowledges nothing any more. */
  peerGone: boolean;
  /** The Closed under which the other pod's agent says that its database, the writer, has drained; 0: none. */
  peerDrained: number;
  /** The standby of this Pair left it and told this very life to go on alone; 0: none. */
  peerLeft: number;
  /** W is over since this standby last granted, on both clocks, and the clocks may be relied on. */
  waitOver: boolean;
  /** SIGTERM was received: nothing is opened any more. */
  stopping: boolean;
  /** A person has closed this life of the database, or it is not sure yet that it was none: it is not opened. */
  closedByPerson: boolean;
}

/** The next thing to do. One at a time; the question is asked again when it is done. */
export type Step =
  | { do: "close"; how: "planned" | "atOnce"; why: string }
  | { do: "setActive"; n: number; replicates: boolean; why: string }
  | { do: "promote"; n: number; replicates: boolean; why: string }
  | { do: "noteSoloed"; n: number }
  | { do: "permit"; n: number }
  | { do: "commitAlone"; n: number }
  | { do: "open"; why: string }
  | { do: "endSolo"; n: number }
  | { do: "drain"; n: number }
  | { do: "stopReplication" }
  | { do: "complete"; complete: Complete }
  | { do: "refuse"; n: number; reason: string };

/**
 * @returns the next step, or null when there is nothing to do but wait
 */
export function nextStep(s: Situation): Step | null {
  if (s.boot === null) return null;
  const record = s.record !== null && s.record.objectUID === s.objectUID ? s.record : null;
  // A4, A9, A10: a life of a database that the record does not name as writer never stays open.
  if (record === null) return unlessClosed(s, "no record names this life of the database");
  if (record.mode === "Closed") return asClosed(s, record);
  if (!namesAsWriter(record, s.podUID, s.boot)) {
    return (
      unlessClosed(s, `record ${record.n} names another writer`) ??
      asLeaving(s, record) ??
      asStandby(s, record)
    );
  }
  return record.mode === "Solo" ? asSoloWriter(s, record) : asPairWriter(s, record);
}

/** @returns whether the record in force lets this life write, given a permission: else it must end at once (A4) */
export function recordPermits(s: Pick<Situation, "record" | "objectUID" | "podUID" | "boot">): boolean {
  const { record, boot } = s;
  if (record === null || record.objectUID !== s.objectUID || record.mode === "Closed") return false;
  return namesAsWriter(record, s.podUID, boot);
}

/** @returns whether this database may write now */
export function mayWrite(s: Situation): boolean {
  return recordPermits(s) && s.permit.mode !== "none";
}

/** @returns whether this life asks its standby for leave to write: the writer of a Pair that may still go on (A5) */
export function asksForGrants(
  s: Pick<Situation, "record" | "objectUID" | "podUID" | "boot" | "view" | "soloed">,
): boolean {
  return (
    s.record?.mode === "Pair" && recordPermits(s) && s.view.repState === "ACTIVE" && s.soloed < s.record.n
  );
}

function unlessClosed(s: Situation, why: string): Step | null {
  return s.closed ? null : { do: "close", how: "atOnce", why };
}

/** @returns how much time the writer has to close: more where it is to hand over, and nobody waits for its silence */
export function howToClose(record: PermissionRecord): "planned" | "atOnce" {
  return record.mode === "Closed" && record.from > 0 ? "planned" : "atOnce";
}

/** A4; the old writer of a ready Pair then hands over: its standby gets everything, and it is no longer ACTIVE. */
function asClosed(s: Situation, record: PermissionRecord): Step | null {
  if (!s.closed) return { do: "close", how: howToClose(record), why: `record ${record.n} is Closed` };
  if (!namesAsWriter(record, s.podUID, s.boot)) return asSuccessor(s, record);
  if (record.from > 0 && s.view.repState === "ACTIVE" && s.drained !== record.n)
    return { do: "drain", n: record.n };
  return s.drained === record.n ? asLeaving(s, record) : null;
}

/** Nothing more comes once the old writer has drained: what a promotion begins with is done while its record is written. */
function asSuccessor(s: Situation, record: PermissionRecord): Step | null {
  const named = record.from > 0 && s.complete?.n === record.from && s.left !== record.from;
  if (!named || s.peerDrained !== record.n || s.view.repAgent !== "Running") return null;
  return { do: "stopReplication" };
}

/**
 * What leaves while another goes on alone takes no more part in replication: with RETURN TWOSAFE it would catch up by
 * itself, the active would wait for its word at every commit, and then it would be gone.
 */
function asLeaving(s: Situation, record: PermissionRecord): Step | null {
  if (!s.stopping || record.mode === "Pair" || s.view.repAgent !== "Running") return null;
  return { do: "stopReplication" };
}

/** A2, and A3 where the record promotes a standby. */
function asSoloWriter(s: Situation, record: PermissionRecord): Step | null {
  const { repState, repScheme } = s.view;
  if (repState === "ACTIVE") {
    return goesAlone(s, record.n, `record ${record.n} is Solo for this life of the database`);
  }
  // What leaves begins nothing new.
  if (s.stopping) return null;
  if (record.from > 0 && s.soloed < record.n) return promotion(s, record);
  // Created a moment ago, recovered from its own log, or deactivated in a handover that was taken back.
  // A former standby gets its scheme anew first: TimesTen takes no other for the active (ttRepStateSet).
  if (repState === "IDLE" && repScheme === "Exists" && s.diskCompleteFor === 0) {
    const replicates = s.view.repAgent === "Running";
    const why = `record ${record.n} is Solo for this life of the database`;
    return { do: "setActive", n: record.n, replicates, why };
  }
  return null;
}

/** Alone from record n on: durable first, then the permission, then the commits that wait for nobody. */
function goesAlone(s: Situation, n: number, why: string): Step | null {
  if (s.soloed < n) return { do: "noteSoloed", n };
  if (s.permit.mode === "none" && !s.closed)
    return { do: "close", how: "atOnce", why: "no permission is in force" };
  if (s.permit.mode !== "endless" || s.permit.n !== n) return { do: "permit", n };
  if ((s.aloneFor !== n && !s.evidence.returns) || peerIsMissed(s)) return { do: "commitAlone", n };
  return mustOpen(s, why);
}

/** The peer had caught up by itself and is gone again: commits would wait for it. */
function peerIsMissed(s: Situation): boolean {
  return s.peerGone && s.view.usingTwosafe && s.view.repPeerState === "start";
}

/** A3: only a complete standby, and only when it is certain that the old boot cannot write. */
function promotion(s: Situation, record: PermissionRecord): Step | null {
  if (s.refused?.n === record.n) return null;
  const missing = whyNotPromotable(s, record.from);
  if (missing !== null) return { do: "refuse", n: record.n, reason: missing };
  const why = certainty(s);
  if (why === null) return null;
  return { do: "promote", n: record.n, replicates: s.view.repAgent !== "Not Running", why };
}

function whyNotPromotable(s: Situation, from: number): string | null {
  if (s.left === from) return `this standby left Pair ${from} gracefully`;
  if (s.complete === null || s.complete.n !== from) return `this standby is not complete for Pair ${from}`;
  return null;
}

/** @returns what makes it certain that the old boot cannot write, or null */
function certainty(s: Situation): string | null {
  const old = s.complete?.writer;
  const proof = s.evidence.proofs.find(one => one.podUID === old?.podUID && one.boot === old.boot);
  if (proof !== undefined) return `${proof.kind}: ${proof.by}`;
  return s.waitOver ? "waited: nobody can write by the last grant any more" : null;
}

/** A5, A8. */
function asPairWriter(s: Situation, record: PermissionRecord): Step | null {
  if (s.view.repState !== "ACTIVE") return null;
  const why = `record ${record.n} is a Pair with this life of the database as writer`;
  if (s.peerLeft === record.n || s.soloed === record.n) return goesAlone(s, record.n, why);
  if (s.permit.mode === "none") return unlessClosed(s, `no permission in Pair ${record.n}`);
  return mustOpen(s, why) ?? endOfSolo(s, record);
}

/** Alone no longer: only when the permission rests on this Pair's grants, or it could outlive a promotion. */
function endOfSolo(s: Situation, record: PermissionRecord): Step | null {
  if (s.soloEnded?.n === record.n || s.stopping) return null;
  if (s.permit.mode !== "finite" || s.permit.n !== record.n) return null;
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
  return !isOpen(s) && !s.stopping && !s.closedByPerson ? { do: "open", why } : null;
}

/** An agent that has just started does not know who is connected; that nobody may connect it sees. */
function isOpen(s: Situation): boolean {
  return !s.closed && s.view.open;
}
