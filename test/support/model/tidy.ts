/** Keeps states few: what can never matter again is wiped, what is known for ever is noted. */
import type { Bridge } from "./bridge";
import { shell } from "./code";
import { wholeFor } from "./lives";
import * as S from "./state";
import { at, type State } from "./state";

/** Of an old look only what an operator is told matters. */
export function blur(n: State): void {
  for (const i of [S.SEEN_A, S.SEEN_B]) {
    n[i + S.SLIP] =
      n[i + S.STALE] =
      n[i + S.GRANT_AGE] =
      n[i + S.GRANT_N] =
      n[i + S.GRANT_BOOT] =
      n[i + S.ALONE_FOR] =
        0;
    const perm = at(n, i + S.PERM);
    if (perm > 0 && perm !== S.ENDLESS) n[i + S.PERM] = 1;
  }
}

/** Wipes what can never matter again, so that states that differ only there are one; notes what is known for ever. */
export function tidy(n: State, bridge: Bridge): void {
  let oldest = at(n, S.CUR);
  for (const i of S.slots) {
    if (at(n, i + S.UID) === 0) continue;
    const record = at(n, i + S.N);
    oldest = Math.min(oldest, record);
    for (const f of [S.ENDED, S.ALONE_FOR, S.PEER_LEFT, S.REFUSED, S.DRAINED])
      if (at(n, i + f) !== record) n[i + f] = 0;
    if (bridge.code.shell.takesGrant === shell.takesGrant && at(n, i + S.GRANT_N) !== record)
      n[i + S.GRANT_AGE] = 0;
    if (at(n, i + S.GRANT_AGE) === 0) n[i + S.GRANT_N] = n[i + S.GRANT_BOOT] = 0;
    // Who is no standby now counts as having waited: whatever it granted, it is the next Pair that matters.
    if (!bridge.isStandby(n, i)) n[i + S.SINCE] = bridge.waitTicks;
    const boot = at(n, i + S.BOOT);
    if (boot === 0) n[i + S.UNSURE] = 0;
    else if (i !== S.OLD && record > S.fencedOf(n, boot) && bridge.fences(S.isClosed(n, i), record, 0)) {
      S.setFenced(n, boot, record);
    }
  }
  forget(n, oldest, bridge);
}

function forget(n: State, oldest: number, bridge: Bridge): void {
  const cur = at(n, S.CUR);
  // A mistaken agent could take up any of them again.
  const { keepsNumber, obeys, takesSolo } = bridge.code.shell;
  if (!keepsNumber || obeys(1, 2) || takesSolo !== shell.takesSolo) oldest = 1;
  // Pairs that may still be left.
  let pairs = 0;
  for (let m = oldest; m <= cur; m++) {
    pairs |= (1 << S.fromOf(n, m)) | (1 << S.altOf(n, m));
    if (S.mode(n, m) === S.PAIR) pairs |= 1 << m;
  }
  let kept = (1 << S.fromOf(n, cur)) | (1 << S.altOf(n, cur));
  for (const i of S.slots) {
    // A returned disk that went alone less far may still be compared with it.
    const known = Math.min(
      ...S.slots.map(k => (k === i || at(n, k + S.UID) === 0 ? S.MAX_N : at(n, k + S.SOLOED))),
    );
    for (const f of [S.COMPLETE, S.LEFT, S.WHOLE]) {
      if (((pairs >> at(n, i + f)) & 1) === 0 && at(n, i + f) <= known) n[i + f] = 0;
    }
    if (at(n, i + S.KIND) >= S.LEFT_WHOLE && wholeFor(n, i) === 0) n[i + S.KIND] = S.COPY;
    kept |= (1 << at(n, i + S.COMPLETE)) | (1 << at(n, i + S.LEFT)) | (1 << at(n, i + S.WHOLE));
  }
  let boots = 0;
  for (let m = 1; m <= cur; m++) {
    if (m < oldest && ((kept >> m) & 1) === 0) {
      const r = S.recordAt(m);
      n[r] = n[r + 1] = n[r + 2] = n[r + 3] = 0;
    } else boots |= 1 << S.writerOf(n, m);
    if (m < oldest) n[S.wordAt(m)] = 0;
  }
  for (let boot = 1; boot < at(n, S.NEXT_BOOT); boot++) {
    if (S.slotOf(n, boot) > 0) continue;
    S.setFenced(n, boot, 0);
    if (((boots >> boot) & 1) === 0) S.setOwner(n, boot, 0);
  }
}
