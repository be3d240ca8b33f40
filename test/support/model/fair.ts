/**
 * What comes of a state once nothing fails any more: both pods run and are heard, messages arrive, the operator follows
 * its own rules, time passes. One certain step per state, so each state leads to one end.
 */
import type { Verdict } from "../../../capabilities/classic/decide/fence/verdict";
import { freshEyes, type Bridge } from "./bridge";
import type { StateSet } from "./search";
import * as S from "./state";
import { at, type State } from "./state";
import { carryOut, duplicate, end, load } from "./lives";
import { tidy } from "./tidy";
import { fromRecord } from "./views";

/** How it ends. */
export interface Ending {
  situation: Verdict["situation"] | "runs on for ever";
  rule: string;
  /** Said to people where it stands still. */
  message: string;
}

/** More steps than any way to an end has. */
const MAX_STEPS = 400;

export class Fair {
  readonly #endings = new Map<string, Ending>();

  constructor(private readonly bridge: Bridge) {}

  /** @returns how it ends from that state */
  ending(from: State): Ending {
    const s = Uint8Array.from(from);
    for (const budget of [S.CRASHES, S.RESTARTS, S.FORCED, S.LEAVES, S.LOOKED]) s[budget] = 0;
    const passed: string[] = [];
    for (let step = 0; step < MAX_STEPS; step++) {
      const key = Buffer.from(s).toString("latin1");
      const known = this.#endings.get(key);
      if (known !== undefined) return this.#keep(passed, known);
      passed.push(key);
      if (!this.step(s)) return this.#keep(passed, this.#endOf(s));
      tidy(s, this.bridge);
    }
    return this.#keep(passed, { situation: "runs on for ever", rule: "none", message: "" });
  }

  #keep(passed: string[], ending: Ending): Ending {
    for (const key of passed) this.#endings.set(key, ending);
    return ending;
  }

  #endOf(s: State): Ending {
    const { rule, verdict } = this.bridge.code.decideRecord(this.bridge.observation(s, freshEyes, 3));
    return { situation: verdict.situation, rule, message: verdict.why.message };
  }

  /** @returns whether anything was left to be done */
  step(s: State): boolean {
    for (const i of [S.A, S.B]) {
      if (this.#obeys(s, i) || this.#acts(s, i) || this.#hears(s, i) || replicates(s, i) || this.#ends(s, i))
        return true;
    }
    if (this.#granted(s)) return true;
    // First at once, then with every patience at its end.
    if (this.#operator(s, false)) return true;
    if (this.#tick(s)) return true;
    return this.#operator(s, true);
  }

  #obeys(s: State, i: number): boolean {
    const cur = at(s, S.CUR);
    if (at(s, i + S.N) >= cur) return false;
    s[i + S.N] = cur;
    if (S.mode(s, cur) === S.PAIR) s[i + S.COMPLETE] = 0;
    if (at(s, i + S.BOOT) > 0 && !this.bridge.permits(s, i)) {
      s[i + S.PERM] = s[i + S.PERM_N] = s[i + S.SLIP] = s[i + S.WRITES] = s[i + S.CLOSING] = 0;
    }
    return true;
  }

  #acts(s: State, i: number): boolean {
    if (at(s, i + S.BOOT) === 0) return false;
    const step = this.bridge.step(s, i);
    return step !== null && carryOut(s, i, step, this.bridge);
  }

  #hears(s: State, i: number): boolean {
    const n = at(s, i + S.N);
    const fits =
      S.mode(s, n) === S.PAIR &&
      S.isLeft(s, n) &&
      S.writerOf(s, n) === at(s, i + S.BOOT) &&
      at(s, i + S.BOOT) > 0;
    if (!fits || at(s, i + S.PEER_LEFT) === n) return false;
    s[i + S.PEER_LEFT] = n;
    return true;
  }

  /** What was asked to end does so when the rules have nothing left for it, and comes back. */
  #ends(s: State, i: number): boolean {
    if (at(s, i + S.STOPPING) === 0) return false;
    end(s, i, this.bridge, true);
    s[i + S.STOPPING] = 0;
    return true;
  }

  #granted(s: State): boolean {
    for (const k of [S.A, S.B]) {
      const i = k === S.A ? S.B : S.A;
      const n = at(s, k + S.N);
      const full = at(s, k + S.PERM) === S.LEASE_TICKS && at(s, k + S.PERM_N) === n;
      if (full || at(s, k + S.BOOT) === 0 || !this.bridge.asks(s, k) || !this.bridge.grants(s, i, k))
        continue;
      s[i + S.SINCE] = 0;
      s[k + S.PERM] = S.LEASE_TICKS;
      s[k + S.PERM_N] = n;
      s[k + S.GRANT_AGE] = s[k + S.SLIP] = 0;
      return true;
    }
    return false;
  }

  #operator(s: State, settled: boolean): boolean {
    const o = this.bridge.observation(s, freshEyes, 3, settled);
    const { write } = this.bridge.code.decideRecord(o).verdict;
    if (write !== null) {
      const cur = at(s, S.CUR);
      if (write.n === cur) S.setReady(s, cur);
      else {
        if (cur >= S.MAX_N) return false;
        s[S.CUR] = write.n;
        S.putRecord(s, write.n, fromRecord(write, o));
      }
      return true;
    }
    for (const { ordinal, command } of this.bridge.code.planPods(o).commands) {
      const i = ordinal === 0 ? S.A : S.B;
      if (at(s, S.NEXT_BOOT) >= S.MAX_BOOT) return false;
      if (command.verb === "loadDatabase" && at(s, i + S.ROLE) === S.UNLOADED) {
        load(s, i);
        return true;
      }
      if (command.verb === "dropScheme") {
        s[i + S.WHOLE] = 0;
        return true;
      }
      if (command.verb === "duplicate") {
        duplicate(s, i, i === S.A ? S.B : S.A);
        return true;
      }
    }
    return false;
  }

  /** Time matters only while something is running out. */
  #tick(s: State): boolean {
    let changed = false;
    for (const i of S.slots) {
      if (at(s, i + S.UID) === 0) continue;
      if (at(s, i + S.CLOSING) > 0) {
        s[i + S.CLOSING] = s[i + S.WRITES] = 0;
        changed = true;
      }
      const perm = at(s, i + S.PERM);
      const k = i === S.A ? S.B : S.A;
      const renewed = i !== S.OLD && this.bridge.asks(s, i) && this.bridge.grants(s, k, i);
      if (perm > 0 && perm !== S.ENDLESS && !renewed) {
        s[i + S.PERM] = s[i + S.PERM_N] = s[i + S.SLIP] = s[i + S.WRITES] = 0;
        changed = true;
      }
      if (at(s, i + S.SINCE) < this.bridge.waitTicks && !(i !== S.OLD && this.#grantsNow(s, i))) {
        s[i + S.SINCE] = this.bridge.waitTicks;
        changed = true;
      }
    }
    return changed;
  }

  #grantsNow(s: State, i: number): boolean {
    const k = i === S.A ? S.B : S.A;
    return at(s, k + S.BOOT) > 0 && this.bridge.asks(s, k) && this.bridge.grants(s, i, k);
  }
}

function replicates(s: State, j: number): boolean {
  const k = j === S.A ? S.B : S.A;
  const role = at(s, j + S.ROLE);
  const takes =
    (role === S.STANDBY && at(s, j + S.KIND) !== S.SECURED) ||
    (role === S.IDLE && at(s, j + S.KIND) !== S.WAS_ACTIVE);
  if (!takes || at(s, k + S.ROLE) !== S.ACTIVE || at(s, k + S.BOOT) === 0 || at(s, k + S.PEER_FAILED) === 1)
    return false;
  if (
    role === S.STANDBY &&
    at(s, j + S.STALE) === at(s, k + S.STALE) &&
    at(s, j + S.MARK) === at(s, k + S.MARK)
  )
    return false;
  if (role === S.IDLE) s[j + S.WHOLE] = 0;
  s[j + S.ROLE] = S.STANDBY;
  s[j + S.KIND] = S.COPY;
  s[j + S.STALE] = at(s, k + S.STALE);
  s[j + S.MARK] = at(s, k + S.MARK);
  return true;
}

/** @returns every way it ends from these states, how often, and the first state that ends so */
export function endings(
  fair: Fair,
  states: StateSet,
  every: number,
): Map<string, { count: number; index: number; ending: Ending }> {
  const found = new Map<string, { count: number; index: number; ending: Ending }>();
  for (let index = 0; index < states.count; index += every) {
    const ending = fair.ending(states.get(index));
    const key = `${ending.situation}: ${ending.rule}`;
    const known = found.get(key);
    if (known === undefined) found.set(key, { count: 1, index, ending });
    else known.count += 1;
  }
  return found;
}
