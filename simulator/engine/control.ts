/** What a database remembers about its place in the pair, besides its rows. */
import type { Scheme } from "../sql/scheme";

/** TimesTen's states of a database in a pair. */
export type RepState = "IDLE" | "ACTIVE" | "STANDBY" | "RECOVERING" | "FAILED";

/** TimesTen's states of a peer, as the active keeps them. */
export type PeerState = "start" | "pause" | "stop" | "failed";

/** Durable; every change is a log record flushed before anything depends on it. */
export interface Control {
  scheme: Scheme | null;
  /** Last role: NEW after CREATE ACTIVE STANDBY PAIR, COPY after a duplicate. */
  role: "NONE" | "NEW" | "COPY" | "ACTIVE" | "STANDBY" | "FAILED";
  /** Number of promotions so far. */
  term: number;
  /** Commit number at which each term began, oldest first. */
  history: { term: number; csn: number }[];
  /** Wall clock of the last promotion, ms; breaks ties between two actives of one term. */
  promotedAtMs: number;
  peerState: PeerState;
  /** The standby has everything and commits wait for it as the return service says. */
  synced: boolean;
}

/** @returns control data of a database outside any scheme */
export function newControl(): Control {
  return {
    scheme: null,
    role: "NONE",
    term: 0,
    history: [],
    promotedAtMs: 0,
    peerState: "start",
    synced: false,
  };
}

/** A position in the pair's common history. */
export interface Position {
  term: number;
  csn: number;
}

/**
 * Whether a database at `peer` holds nothing that ours lacks, so that sending it what follows makes both equal.
 * @param history terms of ours, oldest first
 */
export function isPrefix(history: Control["history"], ours: Position, peer: Position): boolean {
  if (peer.term > ours.term || peer.csn > ours.csn) return false;
  if (peer.term === ours.term) return true;
  const next = history.find(entry => entry.term > peer.term);
  return next === undefined || peer.csn <= next.csn;
}
