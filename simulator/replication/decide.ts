/** The rules of an active standby pair, without any I/O. */
import { isPrefix, type Control, type PeerState, type Position, type RepState } from "../engine/control";
import type { Scheme, Store } from "../sql/scheme";

/** Which store of the scheme is this database, and which is its peer. */
export interface Places {
  mine: Store;
  peer: Store;
}

/** Replication port where the scheme names none. */
export const defaultPort = 4444;

/** @returns whether a host of the scheme is this host: equal, or equal up to the domain that one of them lacks */
export function isThisHost(host: string, names: string[]): boolean {
  const wanted = host.toLowerCase();
  return names.some(name => {
    const own = name.toLowerCase();
    if (own === wanted) return true;
    const numeric = /^[\d.:]+$/.test(own) || /^[\d.:]+$/.test(wanted);
    return (
      !numeric && (!own.includes(".") || !wanted.includes(".")) && own.split(".")[0] === wanted.split(".")[0]
    );
  });
}

/**
 * @param names this host's names, the decisive one first
 * @returns null when this database is in the scheme under no name
 */
export function findPlaces(scheme: Scheme, database: string, names: string[]): Places | null {
  const [first, second] = scheme.masters;
  const fits = (store: Store): boolean =>
    store.database.toLowerCase() === database.toLowerCase() && isThisHost(store.host, names);
  if (fits(first)) return { mine: first, peer: second };
  if (fits(second)) return { mine: second, peer: first };
  return null;
}

/** What is known of the peer from its messages. */
export interface PeerView {
  state: RepState;
  position: Position;
  /** Heard within the last second. */
  recent: boolean;
}

/**
 * ttRepStateSet('ACTIVE').
 * @param peer null when the replication agent does not run or has not heard from the peer
 * @returns null when it is legal, else the reason why not
 */
export function whyNotActive(
  state: RepState,
  control: Control,
  csn: number,
  peer: PeerView | null,
): string | null {
  if (state === "FAILED" || control.role === "FAILED")
    return "it has been declared FAILED and must be duplicated";
  if (state === "RECOVERING") return "its catch-up is not complete";
  if (control.role === "COPY") return "it is a copy that has never caught up with the active";
  if (peer?.recent !== true) return null;
  if (peer.state === "ACTIVE") return "its peer is ACTIVE";
  const ours = { term: control.term, csn };
  const ahead =
    peer.position.term > ours.term || (peer.position.term === ours.term && peer.position.csn > ours.csn);
  return ahead ? "its peer holds later transactions" : null;
}

/** @returns control data after a promotion */
export function promoted(control: Control, csn: number, peerTerm: number, nowMs: number): Control {
  const again = control.role === "ACTIVE";
  const term = Math.max(control.term, peerTerm) + 1;
  return {
    ...control,
    role: "ACTIVE",
    term,
    history: [...control.history, { term, csn }].slice(-100),
    promotedAtMs: nowMs,
    peerState: again ? control.peerState : "start",
    // A restarted active whose commits waited for the standby goes on waiting for it.
    synced: again && control.synced,
  };
}

/** Two databases that both say ACTIVE: the later promotion stays. @returns whether ours does */
export function survives(
  ours: { term: number; promotedAtMs: number; host: string },
  theirs: { term: number; promotedAtMs: number; host: string },
): boolean {
  if (ours.term !== theirs.term) return ours.term > theirs.term;
  if (ours.promotedAtMs !== theirs.promotedAtMs) return ours.promotedAtMs > theirs.promotedAtMs;
  return ours.host > theirs.host;
}

/** What the active does with a peer that answered. */
export type Admission = { ok: true; from: number } | { ok: false; reason: string; tell: boolean };

/**
 * @param peer its state and position
 * @param peerState what the active has recorded about it
 * @param twosafe RETURN TWOSAFE: a failed former active may catch up when it holds nothing we lack
 * @param logAvailable whether every commit from a number on is still in our log
 */
export function admit(
  control: Control,
  csn: number,
  peer: { state: RepState; position: Position },
  twosafe: boolean,
  logAvailable: (from: number) => boolean,
): Admission {
  const from = peer.position.csn + 1;
  if (peer.state === "FAILED") return { ok: false, reason: "the peer is FAILED", tell: false };
  const prefix = isPrefix(control.history, { term: control.term, csn }, peer.position);
  if (control.peerState === "failed" && !(twosafe && prefix && logAvailable(from))) {
    return { ok: false, reason: "48106: the active has declared this database FAILED", tell: true };
  }
  if (!prefix)
    return { ok: false, reason: "it holds transactions that the active does not have", tell: true };
  if (!logAvailable(from))
    return { ok: false, reason: "the active no longer has the log it needs", tell: true };
  return { ok: true, from };
}

/** How a commit waits now. */
export function commitMode(
  control: Control,
  state: RepState,
  agentRuns: boolean,
  disabled: boolean,
  mine: Store | null,
): "none" | "receipt" | "twosafe" {
  const { scheme } = control;
  if (scheme === null || mine === null || state !== "ACTIVE") return "none";
  if (scheme.returnService === "none" || scheme.byRequest || disabled) return "none";
  if (control.peerState === "failed" || !control.synced) return "none";
  if (!agentRuns && !(mine.returnWhenStopped ?? scheme.returnService === "twosafe")) return "none";
  return scheme.returnService;
}

/** @returns whether a silent peer has used up its FAILTHRESHOLD */
export function overThreshold(peerState: PeerState, threshold: number, filesHeld: number): boolean {
  return peerState !== "failed" && threshold > 0 && filesHeld > threshold;
}
