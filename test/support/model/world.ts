/**
 * The modelled world: everything that may happen next. Whoever decides (agents, operators) is the product's own code;
 * networks, databases, clocks and faults are as hostile as the bounds allow.
 */
import { freshEyes, staleEyes, type Bridge, type Eyes } from "./bridge";
import type { Write } from "./views";
import type { Step } from "../../../agent/core/permission";
import { agentStarts, carryOut, duplicate, end, endPermission, load, receiver, wholeFor } from "./lives";
import * as S from "./state";
import { at, type State } from "./state";
import { blur, tidy } from "./tidy";

/** How much may happen in one run. */
export interface Bounds {
  name: string;
  maxN: number;
  maxBoot: number;
  crashes: number;
  /** Restarts of an agent alone. */
  restarts: number;
  forced: number;
  /** Graceful ends of the standby. */
  leaves: number;
  /** Commits are acknowledged without waiting for the standby. */
  async: boolean;
  /** B is the writer at the beginning. */
  swapped: boolean;
  /** Only planned changes: the operator follows its own rules, and the writer is asked to leave. */
  planned: boolean;
  /** Agents do several small steps in a row at once: fewer states, fewer moments to die at. */
  brisk: boolean;
  /** A second operator that acts on one old look at the pods. */
  stale: boolean;
}

/** Says what happens, for stories; null while searching. */
export type Tell = ((text: string) => void) | null;

export interface WorldOptions {
  bridge: Bridge;
  bounds: Bounds;
}

const podNames: Record<number, string> = {
  [S.A]: "A",
  [S.B]: "B",
  [S.OLD]: "old A (force-deleted, still running)",
};
const modeNames = ["none", "Pair", "Solo", "Closed"] as const;

export class World {
  readonly size: number;
  readonly #bridge: Bridge;
  readonly #bounds: Bounds;
  readonly #next: State;
  #emit: (next: State) => void = () => undefined;
  /** Set while a story is told. */
  tell: Tell = null;

  constructor({ bridge, bounds }: WorldOptions) {
    this.#bridge = bridge;
    this.#bounds = bounds;
    this.size = bounds.stale ? S.SIZE_WITH_LOOK : S.SIZE;
    this.#next = new Uint8Array(this.size);
  }

  initial(): State {
    const s = S.initial(this.size, this.#bounds.swapped);
    if (this.#bounds.planned) s[S.PLANNED] = 1;
    tidy(s, this.#bridge);
    return s;
  }

  successors(s: State, emit: (next: State) => void): void {
    this.#emit = emit;
    this.#time(s);
    this.#operators(s);
    for (const i of S.slots) {
      if (at(s, i + S.UID) === 0) continue;
      this.#records(s, i);
      this.#step(s, i);
      this.#granting(s, i);
      this.#grantArrives(s, i);
      this.#soloArrives(s, i);
      this.#commits(s, i);
      this.#replicates(s, i);
      this.#loads(s, i);
      this.#secures(s, i);
      this.#dropsScheme(s, i);
      this.#duplicates(s, i);
      this.#leaves(s, i);
      this.#dies(s, i);
      this.#agentRestarts(s, i);
    }
    this.#forceDelete(s);
  }

  #begin(s: State): State {
    this.#next.set(s);
    return this.#next;
  }

  #done(next: State, text: () => string): void {
    if (this.#bounds.brisk) this.#hurry(next);
    tidy(next, this.#bridge);
    this.tell?.(text());
    this.#emit(next);
  }

  #hurry(n: State): void {
    for (const i of S.slots) {
      for (let k = 0; k < 8 && at(n, i + S.BOOT) > 0; k++) {
        const step = this.#bridge.step(n, i);
        if (step === null || !isBrisk(step) || !carryOut(n, i, step, this.#bridge)) break;
      }
    }
  }

  // --- time ----------------------------------------------------------------------------------------------------

  #time(s: State): void {
    if (this.#bounds.planned && this.#isBusy(s)) return;
    this.#tick(s, false);
    for (const i of S.slots) {
      const perm = at(s, i + S.PERM);
      if (perm > 0 && perm !== S.ENDLESS && at(s, i + S.SLIP) === 0) {
        this.#tick(s, true);
        return;
      }
    }
  }

  /** A planned change is one in which messages arrive and agents act before time runs out. */
  #isBusy(s: State): boolean {
    return [S.A, S.B].some(i => {
      if (at(s, i + S.N) !== at(s, S.CUR) || this.#bridge.step(s, i) !== null) return true;
      const k = i === S.A ? S.B : S.A;
      return at(s, i + S.PERM) === 1 && this.#bridge.asks(s, i) && this.#bridge.grants(s, k, i);
    });
  }

  #tick(s: State, slow: boolean): void {
    const n = this.#begin(s);
    const { shell } = this.#bridge.code;
    for (const i of S.slots) {
      if (at(n, i + S.UID) === 0) continue;
      if (at(n, i + S.SINCE) < this.#bridge.waitTicks) n[i + S.SINCE] = at(n, i + S.SINCE) + 1;
      const age = at(n, i + S.GRANT_AGE);
      if (age > 0 && shell.countsFromRequest) n[i + S.GRANT_AGE] = age >= S.LEASE_TICKS ? 0 : age + 1;
      const closing = at(n, i + S.CLOSING);
      if (closing > 0) {
        n[i + S.CLOSING] = closing - 1;
        if (closing === 1) n[i + S.WRITES] = 0;
      }
      const perm = at(n, i + S.PERM);
      if (perm === 0 || perm === S.ENDLESS || !shell.guardActs) continue;
      if (slow && at(n, i + S.SLIP) === 0) n[i + S.SLIP] = 1;
      else {
        n[i + S.PERM] = perm - 1;
        if (perm === 1) endPermission(n, i);
      }
    }
    this.#done(n, () => `one tick passes${slow ? " (the writer's clock is slow)" : ""}`);
  }

  // --- operators ---------------------------------------------------------------------------------------------

  #operators(s: State): void {
    this.#operator(s, freshEyes, "the operator");
    if (!this.#bounds.stale) return;
    if (at(s, S.LOOKED) === 1) {
      this.#operator(s, staleEyes, "the other operator, on its old look,");
      return;
    }
    const n = this.#begin(s);
    n[S.LOOKED] = 1;
    n.copyWithin(S.SEEN_A, S.A, S.A + 2 * S.SLOT_SIZE);
    blur(n);
    this.#done(n, () => "the other operator looks at both pods, and then hangs");
  }

  #operator(s: State, eyes: Eyes, who: string): void {
    const cur = at(s, S.CUR);
    const mayBecomeReady = S.mode(s, cur) === S.PAIR && !S.isReady(s, cur);
    if (cur >= this.#bounds.maxN && !mayBecomeReady) return;
    if (this.#bounds.planned) {
      for (const write of this.#bridge.decides(s, eyes, 3)) this.#write(s, write, who);
      return;
    }
    for (const write of this.#bridge.writes(s, eyes)) this.#write(s, write, who);
  }

  #write(s: State, write: Write, who: string): void {
    const cur = at(s, S.CUR);
    if (!write.ready && cur >= this.#bounds.maxN) return;
    const n = this.#begin(s);
    if (write.ready) S.setReady(n, cur);
    else {
      n[S.CUR] = cur + 1;
      S.putRecord(n, cur + 1, write);
    }
    this.#done(n, () => `${who} writes ${describe(s, write)} (row "${write.row}")`);
  }

  // --- agents ---------------------------------------------------------------------------------------------------

  /** Any record ever written may come at any later time. */
  #records(s: State, i: number): void {
    const { shell } = this.#bridge.code;
    for (let m = 1; m <= at(s, S.CUR); m++) {
      if (S.mode(s, m) === 0 || m === at(s, i + S.N) || !shell.obeys(m, at(s, i + S.N))) continue;
      const n = this.#begin(s);
      n[i + S.N] = m;
      if (S.mode(n, m) === S.PAIR && at(n, i + S.COMPLETE) !== m) n[i + S.COMPLETE] = 0;
      if (shell.revokes && at(n, i + S.BOOT) > 0 && !this.#bridge.permits(n, i)) endPermission(n, i);
      this.#done(n, () => `${name(i)} receives record ${m} (${modeNames[S.mode(s, m)]})`);
    }
  }

  #step(s: State, i: number): void {
    if (at(s, i + S.BOOT) === 0) return;
    const step = this.#bridge.step(s, i);
    if (step === null) return;
    const n = this.#begin(s);
    if (carryOut(n, i, step, this.#bridge)) this.#done(n, () => `${name(i)}: ${stepText(step)}`);
  }

  #granting(s: State, i: number): void {
    for (const k of S.otherSlots(i)) {
      if (at(s, k + S.BOOT) === 0 || !this.#bridge.asks(s, k) || !this.#bridge.grants(s, i, k)) continue;
      const n = this.#begin(s);
      n[k + S.GRANT_AGE] = 1;
      n[k + S.GRANT_N] = at(s, k + S.N);
      n[k + S.GRANT_BOOT] = at(s, k + S.BOOT);
      if (this.#bridge.code.shell.notesGrant(S.mode(s, at(s, i + S.N)) === S.PAIR)) n[i + S.SINCE] = 0;
      this.#done(
        n,
        () => `${name(i)} answers the request of ${name(k)}: grant of ${at(s, k + S.N)} (on its way)`,
      );
    }
  }

  #grantArrives(s: State, i: number): void {
    const age = at(s, i + S.GRANT_AGE);
    const boot = at(s, i + S.BOOT);
    if (age === 0 || boot === 0) return;
    const grant = { n: at(s, i + S.GRANT_N), boot: `boot-${at(s, i + S.GRANT_BOOT)}` };
    const { shell } = this.#bridge.code;
    const now = { n: at(s, i + S.N), boot: `boot-${boot}`, asks: this.#bridge.asks(s, i) };
    if (!shell.takesGrant(grant, now)) return;
    const n = this.#begin(s);
    n[i + S.GRANT_AGE] = 0;
    n[i + S.PERM] = S.LEASE_TICKS - (age - 1);
    n[i + S.PERM_N] = at(s, i + S.N);
    n[i + S.SLIP] = 0;
    this.#done(n, () => `${name(i)} receives the grant of ${grant.n}`);
  }

  #soloArrives(s: State, i: number): void {
    const record = at(s, i + S.N);
    if (at(s, i + S.BOOT) === 0) return;
    const isPairWriter = S.mode(s, record) === S.PAIR && S.writerOf(s, record) === at(s, i + S.BOOT);
    for (let p = 1; p <= at(s, S.CUR); p++) {
      if (!S.isLeft(s, p) || at(s, i + S.PEER_LEFT) === record) continue;
      if (!this.#bridge.code.shell.takesSolo(p, { n: record, isPairWriter })) continue;
      const n = this.#begin(s);
      n[i + S.PEER_LEFT] = record;
      this.#done(n, () => `${name(i)} hears that the standby left Pair ${p}`);
    }
  }

  /** SIGTERM: a standby leaves its Pair; in the planned runs a writer is asked to go too. */
  #leaves(s: State, i: number): void {
    const record = at(s, i + S.N);
    if (i === S.OLD || at(s, i + S.STOPPING) === 1 || at(s, S.LEAVES) >= this.#bounds.leaves) return;
    const inPair = S.mode(s, record) === S.PAIR;
    if ((!inPair && S.fromOf(s, record) === 0) || at(s, i + S.BOOT) === 0) return;
    const isStandby = S.standbyUid(s, record) === at(s, i + S.UID) && at(s, i + S.ROLE) !== S.ACTIVE;
    if (isStandby === this.#bounds.planned || (!inPair && !isStandby)) return;
    const n = this.#begin(s);
    n[S.LEAVES] = at(s, S.LEAVES) + 1;
    n[i + S.STOPPING] = 1;
    if (isStandby && inPair) {
      n[i + S.LEFT] = record;
      const whole = at(s, i + S.COMPLETE) === record;
      if (whole) n[i + S.KIND] = S.LEFT_WHOLE;
      n[i + S.WHOLE] = whole ? record : 0;
      if (this.#bridge.code.shell.leftCounts) n[i + S.COMPLETE] = 0;
      S.setLeft(n, record);
    }
    this.#done(n, () =>
      isStandby && inPair
        ? `${name(i)} is asked to end: it writes "left ${record}" to its disk and tells its writer`
        : `${name(i)} is asked to end`,
    );
  }

  // --- databases -----------------------------------------------------------------------------------------------

  #commits(s: State, i: number): void {
    if (at(s, i + S.WRITES) === 0 || at(s, i + S.ROLE) !== S.ACTIVE) return;
    const alone = at(s, i + S.PERM) === S.ENDLESS || at(s, i + S.PEER_FAILED) === 1;
    if (alone || this.#bounds.async) this.#commit(s, i, 0);
    if (this.#bounds.async) return;
    const j = receiver(s, i);
    if (j === 0 || !isPromised(s, i, j)) return;
    const inStep = at(s, j + S.STALE) === at(s, i + S.STALE) && at(s, j + S.MARK) === at(s, i + S.MARK);
    if (inStep) this.#commit(s, i, j);
  }

  #commit(s: State, i: number, j: number): void {
    const n = this.#begin(s);
    let news = false;
    for (const k of S.slots) {
      if (k === i || k === j || at(s, k + S.ROLE) === S.NONE || at(s, k + S.STALE) === 1) continue;
      n[k + S.STALE] = 1;
      news = true;
    }
    const how = j > 0 ? `twosafe with ${name(j)}` : this.#bounds.async ? "asynchronously" : "alone";
    if (news) this.#done(n, () => `${name(i)} commits ${how} (acknowledged)`);
  }

  /** The standby takes in everything its active has. */
  #replicates(s: State, j: number): void {
    const role = at(s, j + S.ROLE);
    if (role !== S.STANDBY && (role !== S.IDLE || at(s, j + S.KIND) === S.WAS_ACTIVE)) return;
    for (const k of S.otherSlots(j)) {
      if (at(s, k + S.ROLE) !== S.ACTIVE || at(s, k + S.BOOT) === 0 || at(s, k + S.PEER_FAILED) === 1)
        continue;
      if (role === S.STANDBY && at(s, j + S.KIND) === S.SECURED) continue;
      const same = at(s, j + S.STALE) === at(s, k + S.STALE) && at(s, j + S.MARK) === at(s, k + S.MARK);
      if (same && role === S.STANDBY) continue;
      if (role === S.IDLE && !this.#bridge.mayReplicate(s, j, k)) continue;
      const n = this.#begin(s);
      if (role === S.IDLE && this.#bridge.code.shell.forgetsWhole) n[j + S.WHOLE] = 0;
      n[j + S.ROLE] = S.STANDBY;
      n[j + S.KIND] = S.COPY;
      n[j + S.STALE] = at(s, k + S.STALE);
      n[j + S.MARK] = at(s, k + S.MARK);
      this.#done(n, () => `${name(j)} has everything that ${name(k)} has`);
    }
  }

  #loads(s: State, i: number): void {
    if (at(s, i + S.ROLE) !== S.UNLOADED || i === S.OLD || at(s, S.NEXT_BOOT) > this.#bounds.maxBoot) return;
    const n = this.#begin(s);
    load(n, i);
    this.#done(n, () => `the database of ${name(i)} is loaded from its disk: life ${at(s, S.NEXT_BOOT)}`);
  }

  /** What leaves and hears nothing of its writer keeps its copy before anything else. */
  #secures(s: State, i: number): void {
    if (at(s, i + S.KIND) !== S.LEFT_WHOLE || at(s, i + S.STOPPING) === 0 || at(s, i + S.BOOT) === 0) return;
    if (at(s, i + S.ROLE) !== S.STANDBY || at(s, i + S.WHOLE) === 0) return;
    const n = this.#begin(s);
    n[i + S.KIND] = S.SECURED;
    this.#done(n, () => `${name(i)} stops its replication, and its log is durable`);
  }

  /** A former standby that is named gets its scheme anew. */
  #dropsScheme(s: State, i: number): void {
    const isNamed = S.mode(s, at(s, i + S.N)) === S.SOLO && this.#bridge.permits(s, i);
    if (at(s, i + S.WHOLE) === 0 || at(s, i + S.ROLE) !== S.IDLE || !isNamed) return;
    const n = this.#begin(s);
    n[i + S.WHOLE] = 0;
    this.#done(n, () => `the replication scheme of ${name(i)} is made anew`);
  }

  #duplicates(s: State, i: number): void {
    if (i === S.OLD) return;
    const k = i === S.A ? S.B : S.A;
    if (at(s, k + S.WRITES) === 0 || at(s, S.CUR) !== at(s, k + S.N)) return;
    const fresh =
      at(s, i + S.ROLE) >= S.IDLE && at(s, i + S.KIND) !== S.WAS_ACTIVE && at(s, k + S.PEER_FAILED) === 0;
    if (fresh || at(s, S.NEXT_BOOT) > this.#bounds.maxBoot || !this.#bridge.duplicates(s, i)) return;
    const n = this.#begin(s);
    duplicate(n, i, k);
    this.#done(n, () => `${name(i)} is destroyed and made anew from ${name(k)}: life ${at(s, S.NEXT_BOOT)}`);
  }

  // --- faults ----------------------------------------------------------------------------------------------------

  #dies(s: State, i: number): void {
    if (at(s, i + S.BOOT) === 0) return;
    const leaving = at(s, i + S.STOPPING) === 1 && this.#mayEnd(s, i);
    if (leaving) {
      const n = this.#begin(s);
      end(n, i, this.#bridge, true);
      n[i + S.STOPPING] = 0;
      this.#done(n, () => `${name(i)} ends as it was asked to; its successor starts`);
    }
    if (at(s, S.CRASHES) >= this.#bounds.crashes) return;
    const n = this.#begin(s);
    n[S.CRASHES] = at(s, S.CRASHES) + 1;
    end(n, i, this.#bridge, false);
    this.#done(
      n,
      () => `the container of ${name(i)} dies; ${i === S.OLD ? "nothing is left" : "its agent starts again"}`,
    );
  }

  /** A writer that leaves gives its handover time. */
  #mayEnd(s: State, i: number): boolean {
    if (!this.#bounds.planned) return true;
    const record = at(s, i + S.N);
    return S.mode(s, record) === S.CLOSED ? at(s, i + S.DRAINED) === record : !this.#bridge.permits(s, i);
  }

  #agentRestarts(s: State, i: number): void {
    if (i === S.OLD || at(s, S.RESTARTS) >= this.#bounds.restarts) return;
    const n = this.#begin(s);
    n[S.RESTARTS] = at(s, S.RESTARTS) + 1;
    agentStarts(n, i, this.#bridge);
    if (at(n, i + S.BOOT) > 0) n[i + S.UNSURE] = 1;
    this.#done(n, () => `the agent of ${name(i)} starts again; database and guard live on`);
  }

  #forceDelete(s: State): void {
    if (at(s, S.FORCED) >= this.#bounds.forced || at(s, S.A + S.BOOT) === 0) return;
    if (at(s, S.NEXT_BOOT) > this.#bounds.maxBoot) return;
    const n = this.#begin(s);
    n[S.FORCED] = 1;
    n.copyWithin(S.OLD, S.A, S.A + S.SLOT_SIZE);
    end(n, S.A, this.#bridge, false);
    n[S.A + S.UID] = S.UID_A2;
    n[S.A + S.STOPPING] = 0;
    load(n, S.A);
    this.#done(
      n,
      () => "A's pod is force-deleted while its node is cut off; a new pod A starts from the same disk",
    );
  }
}

const name = (i: number): string => podNames[i] ?? "?";

function describe(s: State, write: Write): string {
  const n = at(s, S.CUR);
  if (write.ready) return `Pair(${n}) ready`;
  const i = S.slotOf(s, write.writer);
  const who = i === 0 ? `life ${write.writer}, which is over` : `${name(i)}'s life ${write.writer}`;
  const from = write.from > 0 ? `, from ${write.from}` : write.alt > 0 ? `, alt ${write.alt}` : "";
  return `${modeNames[write.mode]}(${n + 1}) of ${who}${from}`;
}

function stepText(step: { do: string } & Record<string, unknown>): string {
  const why = typeof step.why === "string" ? ` (${step.why})` : "";
  const n = typeof step.n === "number" ? ` ${step.n}` : "";
  return `${step.do}${n}${why}`;
}

/** @returns whether an agent in haste does this before anything else can happen (Bounds.brisk) */
const isBrisk = (step: Step): boolean =>
  ["noteSoloed", "permit", "commitAlone", "refuse", "setActive", "open"].includes(step.do);

/** Until the writer notes that it goes on alone, a commit with the standby of its ready Pair is on both for good. */
function isPromised(s: State, i: number, j: number): boolean {
  const p = wholeFor(s, j);
  return p > 0 && S.isReady(s, p) && at(s, i + S.SOLOED) < p;
}
