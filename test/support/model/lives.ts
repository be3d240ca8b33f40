/** What happens to one pod: its agent's steps, its database's lives, its ends. Over bytes. */
import type { Step } from "../../../agent/core/permission";
import type { Bridge } from "./bridge";
import * as S from "./state";
import { at, type State } from "./state";

/** @returns whether the agent could do it: a drain needs its standby */
export function carryOut(n: State, i: number, step: Step, bridge: Bridge): boolean {
  switch (step.do) {
    case "close":
      n[i + S.WRITES] = n[i + S.CLOSING] = n[i + S.UNSURE] = 0;
      if (!bridge.permits(n, i)) n[i + S.PERM] = n[i + S.PERM_N] = n[i + S.SLIP] = 0;
      return true;
    case "setActive":
    case "promote":
      n[i + S.ROLE] = S.ACTIVE;
      n[i + S.KIND] = S.WAS_ACTIVE;
      return true;
    case "noteSoloed":
      n[i + S.SOLOED] = step.n;
      return true;
    case "permit":
      n[i + S.PERM] = S.ENDLESS;
      n[i + S.PERM_N] = step.n;
      n[i + S.SLIP] = 0;
      return true;
    case "commitAlone":
      n[i + S.ALONE_FOR] = step.n;
      n[i + S.PEER_FAILED] = 1;
      return true;
    case "open":
      n[i + S.WRITES] = 1;
      n[i + S.UNSURE] = 0;
      n[S.MAX_OPEN] = Math.max(at(n, S.MAX_OPEN), at(n, i + S.N));
      return true;
    case "endSolo":
      n[S.MARKS] = n[i + S.MARK] = at(n, S.MARKS) + 1;
      n[i + S.ENDED] = step.n;
      // The earliest word is the most dangerous one to be carried.
      if (at(n, S.wordAt(step.n)) === 0) n[S.wordAt(step.n)] = at(n, S.MARKS);
      return true;
    case "drain":
      return drain(n, i, step.n, bridge);
    case "stopReplication":
      return true;
    case "complete":
      n[i + S.COMPLETE] = step.complete.n;
      return true;
    case "refuse":
      n[i + S.REFUSED] = step.n;
      return true;
  }
}

function drain(n: State, i: number, record: number, bridge: Bridge): boolean {
  const j = receiver(n, i);
  if (j === 0) return false;
  n[j + S.STALE] = at(n, i + S.STALE);
  n[j + S.MARK] = at(n, i + S.MARK);
  if (bridge.code.shell.deactivates) n[i + S.ROLE] = S.IDLE;
  n[i + S.DRAINED] = record;
  return true;
}

/** The permission is over: the guard closes what is open, within its time. */
export function endPermission(n: State, i: number): void {
  n[i + S.PERM] = n[i + S.PERM_N] = n[i + S.SLIP] = 0;
  if (at(n, i + S.WRITES) === 1 && at(n, i + S.CLOSING) === 0) n[i + S.CLOSING] = S.GUARD_TICKS;
}

/** @returns the slot to which this active's commits go, or 0 */
export function receiver(s: State, i: number): number {
  if (at(s, i + S.ROLE) !== S.ACTIVE || at(s, i + S.PEER_FAILED) === 1) return 0;
  for (const j of S.otherSlots(i)) {
    const takes = at(s, j + S.ROLE) === S.STANDBY && at(s, j + S.KIND) !== S.SECURED;
    if (takes && at(s, j + S.BOOT) > 0) return j;
  }
  return 0;
}

export function load(n: State, i: number): void {
  const boot = at(n, S.NEXT_BOOT);
  n[S.NEXT_BOOT] = boot + 1;
  S.setOwner(n, boot, at(n, i + S.UID));
  n[i + S.BOOT] = boot;
  n[i + S.ROLE] = S.IDLE;
}

/** @param k the slot it is copied from */
export function duplicate(n: State, i: number, k: number): void {
  endLife(n, i);
  n[i + S.COMPLETE] = n[i + S.WHOLE] = 0;
  load(n, i);
  n[i + S.KIND] = S.COPY;
  n[i + S.STALE] = at(n, k + S.STALE);
  n[i + S.MARK] = at(n, k + S.MARK);
  n[k + S.PEER_FAILED] = 0;
}

function endLife(n: State, i: number): void {
  for (let f = S.ENDED; f <= S.UNSURE; f++) if (f !== S.DRAINED) n[i + f] = 0;
  n[i + S.BOOT] = n[i + S.GRANT_AGE] = 0;
  if (at(n, i + S.ROLE) !== S.NONE) n[i + S.ROLE] = S.UNLOADED;
}

/** Every process of the container ends. What was not yet on disk is lost, unless it ended in good order. */
export function end(n: State, i: number, bridge: Bridge, clean: boolean): void {
  const { shell } = bridge.code;
  const complete = wholeFor(n, i);
  const whole = complete > 0 && at(n, i + S.SOLOED) <= complete && at(n, i + S.STALE) === 0;
  const stays = clean && at(n, i + S.SOLOED) < at(n, i + S.COMPLETE) && at(n, i + S.ROLE) === S.STANDBY;
  if (stays) {
    n[i + S.KIND] = S.SECURED;
    n[i + S.WHOLE] = complete;
  }
  endLife(n, i);
  if (shell.forgetsComplete) n[i + S.COMPLETE] = 0;
  // The life that left and was killed; a later one only read what that one had on disk.
  const kind = at(n, i + S.KIND);
  const leaves = at(n, i + S.STOPPING) === 1;
  if (!clean && leaves && kind !== S.SECURED && shell.wholeEndsInOrder) n[i + S.WHOLE] = 0;
  const unchanged = kind === S.SECURED || (kind === S.LEFT_WHOLE && !leaves);
  if (!clean && !unchanged && S.slots.some(k => k !== i && losesTo(n, i, k, shell.flushes)))
    n[i + S.STALE] = 1;
  agentStarts(n, i, bridge);
  if (i === S.OLD) n.fill(0, S.OLD, S.OLD + S.SLOT_SIZE);
  // What nobody has any more is not missed by anybody; nor what only a standby had that ended too.
  const copies = S.slots.filter(k => at(n, k + S.ROLE) !== S.NONE);
  const lost = !clean && whole && copies.every(k => k === i || at(n, k + S.STALE) === 1);
  if (lost || copies.every(k => at(n, k + S.STALE) === 1)) for (const k of copies) n[k + S.STALE] = 0;
}

/**
 * Whether a copy that ends without a clean unload lacks what copy k has: a standby its last commits; an active those it
 * committed twosafe, unless it made its log durable when it went on alone.
 */
function losesTo(n: State, i: number, k: number, flushes: boolean): boolean {
  if (at(n, k + S.ROLE) === S.NONE || at(n, k + S.STALE) === 1) return false;
  if (at(n, i + S.KIND) !== S.WAS_ACTIVE) return true;
  const p = wholeFor(n, k);
  return S.isReady(n, p) && (!flushes || at(n, i + S.SOLOED) < p);
}

/** @returns the Pair of which this copy has everything: as its standby, or as one that has left it; 0: none */
export function wholeFor(s: State, i: number): number {
  if (at(s, i + S.KIND) < S.LEFT_WHOLE) return at(s, i + S.COMPLETE);
  return Math.max(at(s, i + S.LEFT), at(s, i + S.WHOLE));
}

/** A new process of the agent: what it only had in memory is gone. */
export function agentStarts(n: State, i: number, bridge: Bridge): void {
  const { shell } = bridge.code;
  n[i + S.ENDED] = n[i + S.REFUSED] = n[i + S.ALONE_FOR] = n[i + S.PEER_LEFT] = n[i + S.GRANT_AGE] = 0;
  n[i + S.SINCE] = shell.waitsAfterStart ? 0 : bridge.waitTicks;
  if (!shell.keepsNumber) n[i + S.N] = 1;
  if (!shell.keepsLeft) n[i + S.LEFT] = 0;
}
