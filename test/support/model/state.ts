/**
 * One state of the modelled world as bytes: records ever written, two pods and the old container of a force-deleted
 * one. Equal bytes are one state, so what can no longer matter is wiped (`tidy`).
 */

/** L of a grant, in ticks. */
export const LEASE_TICKS = 2;
/** So much longer a slow clock may take for one L, in ticks. */
export const DRIFT_TICKS = 1;
/** From the end of a permission to the last possible commit, in ticks. */
export const GUARD_TICKS = 1;
/** Value of `PERM` for a permission without end. */
export const ENDLESS = 9;
/** Highest record number and highest boot a state has room for. */
export const MAX_N = 13;
export const MAX_BOOT = 10;

export const PAIR = 1;
export const SOLO = 2;
export const CLOSED = 3;

/** Of the database of a slot. */
export const NONE = 0;
export const UNLOADED = 1;
export const IDLE = 2;
export const STANDBY = 3;
export const ACTIVE = 4;

/** Of the copy on disk. */
export const COPY = 1;
export const WAS_ACTIVE = 2;
/** It was complete when it left its Pair or ended in order. */
export const LEFT_WHOLE = 3;
/** And then took in nothing more, all it had being durable. */
export const SECURED = 4;

// Globals.
export const CUR = 0;
export const NEXT_BOOT = 2;
export const CRASHES = 3;
export const RESTARTS = 4;
export const FORCED = 5;
export const LEAVES = 6;
/** Highest n under which a database was opened. */
export const MAX_OPEN = 8;
/** Last value of the replicated counter. */
export const MARKS = 9;
/** A handover was asked for (the planned runs). */
export const PLANNED = 10;
/** The stale operator's look: 0 never, 1 taken. */
export const LOOKED = 11;
/** Records from 1 on: mode and marks, boot of the writer, pod of the standby, from << 4 | alt. */
const RECORDS = 12;
const RECORD_SIZE = 4;
/** Beside the mode: this Pair was recorded as ready; its standby may have told its writer that it is alone. */
const READY_BIT = 8;
const LEFT_BIT = 16;
/** Mark of the word `soloEnded` for Pair n; 0: never said. */
const WORDS = RECORDS + (MAX_N + 1) * RECORD_SIZE;
/** Per boot: pod it belongs to, and the highest n at which it was known to be closed, << 4. */
const BOOTS = WORDS + MAX_N + 1;
const SLOTS = BOOTS + MAX_BOOT + 2;

// Within a slot.
export const UID = 0;
export const BOOT = 1;
/** Record in force (disk). */
export const N = 2;
export const ROLE = 3;
export const KIND = 4;
/** Disk. */
export const SOLOED = 5;
/** Disk. */
export const LEFT = 6;
/** Pair for which this life is complete (disk, of this life). */
export const COMPLETE = 7;
/** Pair for which it said that it no longer commits alone. */
export const ENDED = 8;
/** Disk. */
export const DRAINED = 9;
export const REFUSED = 10;
export const ALONE_FOR = 11;
export const PEER_LEFT = 12;
/** What the guard enforces: 0, ticks left, or ENDLESS. */
export const PERM = 13;
export const PERM_N = 14;
/** The clock was slow once within this permission. */
export const SLIP = 15;
/** The guard closes: ticks until nothing can be committed any more. */
export const CLOSING = 16;
/** Users can commit. */
export const WRITES = 17;
/** The agent does not know who is connected. */
export const UNSURE = 18;
/** Ticks since the last grant, by the standby's clock. */
export const SINCE = 19;
/** Lacks acknowledged commits. */
export const STALE = 20;
/** Value of the replicated counter in this copy. */
export const MARK = 21;
/** The database has its peer recorded as failed. */
export const PEER_FAILED = 22;
/** SIGTERM was received. */
export const STOPPING = 23;
/** The newest grant on its way to this writer: ticks + 1, its n, its boot. */
export const GRANT_AGE = 24;
export const GRANT_N = 25;
export const GRANT_BOOT = 26;
/** Pair of which the agent says that this copy has everything: its life left it so, or ended in order (disk). */
export const WHOLE = 27;
export const SLOT_SIZE = 28;

export const SIZE = Math.ceil((SLOTS + 3 * SLOT_SIZE) / 4) * 4;
/** With the stale operator's look at both pods behind it. */
export const SIZE_WITH_LOOK = Math.ceil((SLOTS + 5 * SLOT_SIZE) / 4) * 4;

/** Pod A, pod B, and the old container of pod A. */
export const A = SLOTS;
export const B = SLOTS + SLOT_SIZE;
export const OLD = SLOTS + 2 * SLOT_SIZE;
/** What the stale operator saw of A and B. */
export const SEEN_A = SLOTS + 3 * SLOT_SIZE;
export const SEEN_B = SLOTS + 4 * SLOT_SIZE;
export const slots = [A, B, OLD] as const;

/** Pod uids: the first A, B, the A that was made after a force-delete. */
export const UID_A = 1;
export const UID_B = 2;
export const UID_A2 = 3;

export type State = Uint8Array;

/** A record as the model keeps it. */
export interface Rec {
  mode: number;
  writer: number;
  standby: number;
  from: number;
  alt: number;
}

export const at = (s: State, i: number): number => s[i] as number;
export const recordAt = (n: number): number => RECORDS + n * RECORD_SIZE;
export const mode = (s: State, n: number): number => at(s, recordAt(n)) & 7;
export const writerOf = (s: State, n: number): number => at(s, recordAt(n) + 1);
export const standbyUid = (s: State, n: number): number => at(s, recordAt(n) + 2);
export const fromOf = (s: State, n: number): number => at(s, recordAt(n) + 3) >> 4;
export const altOf = (s: State, n: number): number => at(s, recordAt(n) + 3) & 15;
export const wordAt = (n: number): number => WORDS + n;
export const ownerOf = (s: State, boot: number): number => at(s, BOOTS + boot) & 15;
export const fencedOf = (s: State, boot: number): number => at(s, BOOTS + boot) >> 4;

export function putRecord(s: State, n: number, r: Rec): void {
  const i = recordAt(n);
  s[i] = r.mode;
  s[i + 1] = r.writer;
  s[i + 2] = r.standby;
  s[i + 3] = (r.from << 4) | r.alt;
}

export function setOwner(s: State, boot: number, uid: number): void {
  s[BOOTS + boot] = uid;
}

export function setFenced(s: State, boot: number, n: number): void {
  s[BOOTS + boot] = (at(s, BOOTS + boot) & 15) | (n << 4);
}

/** @returns whether Pair n was recorded as ready */
export const isReady = (s: State, n: number): boolean => (at(s, recordAt(n)) & READY_BIT) > 0;
export function setReady(s: State, n: number): void {
  s[recordAt(n)] = at(s, recordAt(n)) | READY_BIT;
}

/** @returns whether the standby of Pair n may have told its writer that it is alone */
export const isLeft = (s: State, n: number): boolean => (at(s, recordAt(n)) & LEFT_BIT) > 0;
export function setLeft(s: State, n: number): void {
  s[recordAt(n)] = at(s, recordAt(n)) | LEFT_BIT;
}

/** @returns the slot in which that life runs, or 0 */
export function slotOf(s: State, boot: number): number {
  if (boot === 0) return 0;
  if (at(s, A + BOOT) === boot) return A;
  if (at(s, B + BOOT) === boot) return B;
  return at(s, OLD + BOOT) === boot ? OLD : 0;
}

/** @returns whether users are out and cannot come back by themselves */
export function isClosed(s: State, i: number): boolean {
  return at(s, i + WRITES) === 0 && at(s, i + CLOSING) === 0 && at(s, i + UNSURE) === 0;
}

/** @returns the slot whose database could replicate with that of slot i, for the old container too */
export const otherSlots = (i: number): readonly number[] => (i === B ? [A, OLD] : [B]);

/** A pair in order under Pair 1: A writes and B is complete, or the other way about. */
export function initial(size: number, swapped: boolean): State {
  const s = new Uint8Array(size);
  const [writer, standby] = swapped ? [B, A] : [A, B];
  s[CUR] = s[MAX_OPEN] = s[MARKS] = 1;
  s[NEXT_BOOT] = 3;
  s[A + UID] = UID_A;
  s[B + UID] = UID_B;
  s[A + BOOT] = 1;
  s[B + BOOT] = 2;
  for (const i of [A, B]) s[i + N] = s[i + MARK] = 1;
  setOwner(s, 1, UID_A);
  setOwner(s, 2, UID_B);
  putRecord(s, 1, {
    mode: PAIR,
    writer: at(s, writer + BOOT),
    standby: at(s, standby + UID),
    from: 0,
    alt: 0,
  });
  setReady(s, 1);
  s[wordAt(1)] = 1;
  s[writer + ROLE] = ACTIVE;
  s[writer + KIND] = WAS_ACTIVE;
  s[writer + ENDED] = s[writer + PERM_N] = s[writer + WRITES] = 1;
  s[writer + PERM] = LEASE_TICKS;
  s[standby + ROLE] = STANDBY;
  s[standby + KIND] = COPY;
  s[standby + COMPLETE] = 1;
  return s;
}
