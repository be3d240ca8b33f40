/**
 * From bytes to the values the product's code looks at, and its answers back. Every answer is kept by what the
 * question looked at, so the real code runs once per different question.
 */
import type { CommandContext } from "../../../agent/core/commands";
import type { Situation, Step } from "../../../agent/core/permission";
import type { Observation, ObservedPod } from "../../../capabilities/classic/observation";
import type { AgentState, Evidence, PermissionRecord } from "../../../protocol";
import { agentState, observation, pod as podFixture } from "../../unit/classic/fixtures";
import { LEASE_MS, type Code } from "./code";
import * as S from "./state";
import { at, type State } from "./state";
import {
  OBJECT_UID,
  bootName,
  candidates,
  diskCompleteFor,
  endedBoots,
  fromRecord,
  sameWrite,
  standbyOf,
  toRecord,
  uidName,
  view,
  type Write,
} from "./views";

/** Which pods the operator hears: bit 0 A, bit 1 B. */
export type Hearing = 0 | 1 | 2 | 3;

/** How the operator's view of a pod begins: what is in the state now, or what a stale one saw. */
export interface Eyes {
  a: number;
  b: number;
}

export const freshEyes: Eyes = { a: S.A, b: S.B };
export const staleEyes: Eyes = { a: S.SEEN_A, b: S.SEEN_B };

const scratch = Buffer.alloc(256);
/** What transitions.ts says of a record that no row could ever lead to. */
const NO_FORM = "no allowed transition has this form";

export class Bridge {
  readonly waitTicks: number;
  readonly #steps = new Map<string, Step | null>();
  readonly #asks = new Map<string, boolean>();
  readonly #grants = new Map<string, boolean>();
  readonly #writes = new Map<string, Write[]>();
  readonly #candidates = new Map<string, PermissionRecord[]>();
  readonly #permits = new Map<number, boolean>();
  readonly #fenced = new Map<number, boolean>();
  readonly #duplicates = new Map<string, boolean>();

  constructor(
    readonly code: Code,
    waitTicks: number,
  ) {
    this.waitTicks = waitTicks;
  }

  // --- agents ---------------------------------------------------------------------------------------------------

  /** @returns what the agent of that slot does next */
  step(s: State, i: number): Step | null {
    const key = this.#agentKey(s, i);
    const known = this.#steps.get(key);
    if (known !== undefined) return known;
    const asked = this.code.nextStep(this.situation(s, i));
    // Replication that stops is the end of no promise: what has not arrived does not arrive in either case.
    const step = asked?.do === "stopReplication" ? null : asked;
    this.#steps.set(key, step);
    return step;
  }

  asks(s: State, i: number): boolean {
    const key = this.#agentKey(s, i);
    const known = this.#asks.get(key);
    if (known !== undefined) return known;
    const asks = this.code.asksForGrants(this.situation(s, i));
    this.#asks.set(key, asks);
    return asks;
  }

  permits(s: State, i: number): boolean {
    const n = at(s, i + S.N);
    const writer = S.writerOf(s, n);
    const who = (writer * 16 + at(s, i + S.BOOT)) * 4 + at(s, i + S.UID);
    const key = (who * 4 + S.ownerOf(s, writer)) * 4 + S.mode(s, n);
    const known = this.#permits.get(key);
    if (known !== undefined) return known;
    const permits = this.code.recordPermits(this.situation(s, i));
    this.#permits.set(key, permits);
    return permits;
  }

  /** @returns whether the agent of slot i grants to the writer in slot k */
  grants(s: State, i: number, k: number): boolean {
    const n = at(s, i + S.N);
    scratch[0] = at(s, i + S.UID);
    scratch[1] = at(s, i + S.LEFT);
    scratch[2] = at(s, i + S.STOPPING);
    scratch[3] = at(s, k + S.N);
    scratch[4] = at(s, k + S.BOOT);
    scratch[5] = n;
    putRecordKey(s, n, 6);
    const key = scratch.toString("latin1", 0, 10);
    const known = this.#grants.get(key);
    if (known !== undefined) return known;
    const left = at(s, i + S.LEFT);
    const situation = {
      podUID: uidName(at(s, i + S.UID)),
      objectUID: OBJECT_UID,
      record: toRecord(s, n, false),
      left,
      leaving: false,
    };
    const request = { n: at(s, k + S.N), boot: bootName(at(s, k + S.BOOT)) };
    const grants = this.code.whyNoGrant(situation, request) === null;
    this.#grants.set(key, grants);
    return grants;
  }

  situation(s: State, i: number): Situation {
    const n = at(s, i + S.N);
    const boot = at(s, i + S.BOOT);
    const complete = at(s, i + S.COMPLETE);
    const perm = at(s, i + S.PERM);
    const owner = (b: number): string => uidName(S.ownerOf(s, b));
    const word = at(s, S.wordAt(n));
    return {
      podUID: uidName(at(s, i + S.UID)),
      objectUID: OBJECT_UID,
      record: toRecord(s, n, false),
      evidence: this.#evidence(s, n, word),
      boot: boot === 0 ? null : bootName(boot),
      view: view(s, i),
      closed: S.isClosed(s, i),
      permit:
        perm === 0
          ? { mode: "none", n: 0 }
          : { mode: perm === S.ENDLESS ? "endless" : "finite", n: at(s, i + S.PERM_N) },
      soloed: at(s, i + S.SOLOED),
      left: this.code.shell.leftCounts ? at(s, i + S.LEFT) : 0,
      diskCompleteFor: diskCompleteFor(s, i),
      complete:
        complete === 0
          ? null
          : {
              n: complete,
              writer: { podUID: owner(S.writerOf(s, complete)), boot: bootName(S.writerOf(s, complete)) },
            },
      soloEnded: at(s, i + S.ENDED) === 0 ? null : { n: at(s, i + S.ENDED), mark: 1 },
      drained: at(s, i + S.DRAINED),
      refused: at(s, i + S.REFUSED) === 0 ? null : { n: at(s, i + S.REFUSED), reason: "refused" },
      aloneFor: at(s, i + S.ALONE_FOR),
      peerGone: false,
      peerDrained: 0,
      peerLeft: at(s, i + S.PEER_LEFT),
      waitOver: this.waited(s, i) > 0,
      stopping: at(s, i + S.STOPPING) === 1,
      closedByPerson: false,
    };
  }

  /** As agent/core/peering.ts has it. @returns the Pair for which W is over, or 0 */
  waited(s: State, i: number): number {
    if (at(s, i + S.SINCE) < this.waitTicks) return 0;
    const p = standbyOf(s, at(s, i + S.N), at(s, i + S.UID));
    return p !== 0 && (at(s, i + S.LEFT) !== p || !this.code.shell.leftCounts) ? p : 0;
  }

  isStandby(s: State, i: number): boolean {
    return at(s, i + S.ROLE) !== S.ACTIVE && standbyOf(s, at(s, i + S.N), at(s, i + S.UID)) > 0;
  }

  /** All that was ever said may arrive at any time: what is known of the word and of the old writer. */
  #evidence(s: State, n: number, word: number): Evidence {
    const soloEnded = word > 0 ? { n, mark: word } : null;
    const from = S.fromOf(s, n);
    if (S.mode(s, n) !== S.SOLO || from === 0) return { soloEnded, proofs: [], returns: false };
    const proofs: Evidence["proofs"] = [];
    for (let boot = 1; boot < at(s, S.NEXT_BOOT); boot++) {
      const podUID = uidName(S.ownerOf(s, boot));
      const base = { podUID, boot: bootName(boot), containerID: null, by: "it was heard" };
      if (podUID === "") continue;
      if (S.slotOf(s, boot) === 0) proofs.push({ kind: "over", ...base });
      else if (S.fencedOf(s, boot) > 0 && this.fences(true, S.fencedOf(s, boot), from))
        proofs.push({ kind: "fenced", ...base });
    }
    return { soloEnded, proofs, returns: false };
  }

  #agentKey(s: State, i: number): string {
    const n = at(s, i + S.N);
    const complete = at(s, i + S.COMPLETE);
    let k = 0;
    for (let f = S.UID; f <= S.PEER_LEFT; f++) scratch[k++] = at(s, i + f);
    const perm = at(s, i + S.PERM);
    scratch[k++] = perm === 0 ? 0 : perm === S.ENDLESS ? 2 : 1;
    scratch[k++] = at(s, i + S.PERM_N);
    scratch[k++] = (S.isClosed(s, i) ? 1 : 0) | (at(s, i + S.WRITES) << 1) | (at(s, i + S.STOPPING) << 2);
    scratch[k++] = this.waited(s, i) | (at(s, i + S.PEER_FAILED) << 4);
    scratch[k++] = at(s, i + S.WHOLE);
    scratch[k++] = at(s, i + S.MARK);
    scratch[k++] = at(s, S.wordAt(n));
    k = putRecordKey(s, n, k);
    const old = S.writerOf(s, complete);
    scratch[k++] = old;
    if (S.fromOf(s, n) > 0) {
      // Proofs count only in a promotion.
      for (let boot = 1; boot < at(s, S.NEXT_BOOT); boot++) {
        scratch[k++] = S.ownerOf(s, boot) | (S.slotOf(s, boot) === 0 ? 128 : S.fencedOf(s, boot) << 4);
      }
    } else scratch[k++] = S.ownerOf(s, old) | (S.ownerOf(s, S.writerOf(s, n)) << 4);
    return scratch.toString("latin1", 0, k);
  }

  // --- the operator -------------------------------------------------------------------------------------------

  /** @returns every write the table allows to an operator that sees the pods like that, whoever of them it hears */
  writes(s: State, eyes: Eyes): Write[] {
    const key = this.#operatorKey(s, eyes);
    const known = this.#writes.get(key);
    if (known !== undefined) return known;
    const writes: Write[] = [];
    for (const hearing of [3, 2, 1, 0] as const satisfies readonly Hearing[]) {
      const o = this.observation(s, eyes, hearing);
      for (const to of this.#shapes(s, o)) {
        if (this.code.whyNotAllowed(o, to) !== null) continue;
        const write = fromRecord(to, o);
        if (!writes.some(one => sameWrite(one, write))) writes.push(write);
      }
    }
    this.#writes.set(key, writes);
    return writes;
  }

  /** @returns the candidates that have the form of some row: that depends on nothing but who is there */
  #shapes(s: State, o: Observation): PermissionRecord[] {
    const who = o.pods.map(pod => `${pod.uid ?? ""}/${pod.agent.state?.boot ?? ""}`);
    const key = `${JSON.stringify(toRecord(s, at(s, S.CUR), S.isReady(s, at(s, S.CUR))))} ${who.join(" ")}`;
    const known = this.#candidates.get(key);
    if (known !== undefined) return known;
    const shapes = candidates(o).filter(to => this.code.whyNotAllowed(o, to) !== NO_FORM);
    this.#candidates.set(key, shapes);
    return shapes;
  }

  /** @returns what the operator's own rules write, as `writes` has it */
  decides(s: State, eyes: Eyes, hearing: Hearing): Write[] {
    const key = `d${this.#operatorKey(s, eyes)}${hearing}`;
    const known = this.#writes.get(key);
    if (known !== undefined) return known;
    const o = this.observation(s, eyes, hearing);
    const { write } = this.code.decideRecord(o).verdict;
    const writes = write === null ? [] : [fromRecord(write, o)];
    this.#writes.set(key, writes);
    return writes;
  }

  /** @returns whether an operator that hears both orders the pod in slot i to be made anew, and its agent obeys */
  duplicates(s: State, i: number): boolean {
    const key = (i === S.A ? "a" : "b") + this.#operatorKey(s, freshEyes);
    const known = this.#duplicates.get(key);
    if (known !== undefined) return known;
    const o = this.observation(s, freshEyes, 3);
    const [a, b] = o.pods;
    const [target, source] = i === S.A ? [a, b] : [b, a];
    const n = at(s, S.CUR);
    const command = {
      type: "command" as const,
      id: "1",
      n,
      boot: null,
      deadlineMs: 1,
      verb: "duplicate" as const,
      fromHost: "h",
    };
    const may =
      this.code.mayDuplicate(o, source, target) &&
      this.code.whyRefused(command, this.#context(s, i)) === null;
    this.#duplicates.set(key, may);
    return may;
  }

  /** @returns whether the agent takes an order to replicate from slot k, as operators give it in the record it obeys */
  mayReplicate(s: State, i: number, k: number): boolean {
    const n = at(s, i + S.N);
    const ordered =
      S.mode(s, n) === S.PAIR || (S.mode(s, n) === S.SOLO && S.writerOf(s, n) === at(s, k + S.BOOT));
    if (!ordered) return false;
    const key = `r${this.#agentKey(s, i)}`;
    const known = this.#duplicates.get(key);
    if (known !== undefined) return known;
    const boot = bootName(at(s, i + S.BOOT));
    const command = {
      type: "command" as const,
      id: "1",
      n,
      boot,
      deadlineMs: 1,
      verb: "startRepAgent" as const,
    };
    const may = this.code.whyRefused(command, this.#context(s, i)) === null;
    this.#duplicates.set(key, may);
    return may;
  }

  #context(s: State, i: number): CommandContext {
    const { podUID, boot, permission, timesten, stopping } = this.agentState(s, i, i === S.B ? 1 : 0);
    const record = toRecord(s, at(s, i + S.N), false);
    return {
      podUID,
      objectUID: OBJECT_UID,
      obeyedN: permission.obeyedN,
      record,
      boot,
      view: timesten,
      stopping,
    };
  }

  /** @returns whether the word of an agent that obeys n, closed or not, fences it below that number */
  fences(closed: boolean, n: number, below: number): boolean {
    const key = (n * 16 + below) * 2 + (closed ? 1 : 0);
    const known = this.#fenced.get(key);
    if (known !== undefined) return known;
    const state = agentState(0, { permission: { obeyedN: n, closed } });
    const fences = this.code.fencedProof(podFixture(0, { state }), below) !== null;
    this.#fenced.set(key, fences);
    return fences;
  }

  observation(s: State, eyes: Eyes, hearing: Hearing, settled = true): Observation {
    const cur = at(s, S.CUR);
    const record = toRecord(s, cur, S.isReady(s, cur));
    const over: { podUID: string; boot: string }[] = [];
    for (let boot = 1; boot < at(s, S.NEXT_BOOT); boot++) {
      if (S.ownerOf(s, boot) > 0 && S.slotOf(s, boot) === 0) {
        over.push({ podUID: uidName(S.ownerOf(s, boot)), boot: bootName(boot) });
      }
    }
    const pods: [ObservedPod, ObservedPod] = [
      this.#pod(s, eyes.a, 0, (hearing & 1) === 1, settled),
      this.#pod(s, eyes.b, 1, (hearing & 2) === 2, settled),
    ];
    const writerUid = record.writer.podUID;
    const o = observation({
      record,
      pods,
      over,
      writerPodName: writerUid === "uid-b" ? "sample-1" : "sample-0",
    });
    o.objectUID = OBJECT_UID;
    if ("leaseMs" in o.settings) o.settings.leaseMs = LEASE_MS;
    const silent = !pods.some(pod => pod.uid === writerUid && pod.agent.connected);
    if ("writerSeen" in o) Object.assign(o.writerSeen, { silentForMs: silent && settled ? 1_000_000 : 0 });
    this.#noteHandover(s, o);
    return o;
  }

  #pod(s: State, i: number, ordinal: 0 | 1, connected: boolean, settled: boolean): ObservedPod {
    const state = this.agentState(s, i, ordinal);
    return podFixture(ordinal, {
      state,
      uid: state.podUID,
      terminating: at(s, i + S.STOPPING) === 1,
      agent: {
        connected,
        silentForMs: connected ? 0 : settled ? 1_000_000 : 100,
        repStateForMs: settled ? 700_000 : 0,
      },
    });
  }

  agentState(s: State, i: number, ordinal: 0 | 1): AgentState {
    const boot = at(s, i + S.BOOT);
    const perm = at(s, i + S.PERM);
    const ended = at(s, i + S.ENDED);
    const refused = at(s, i + S.REFUSED);
    return agentState(ordinal, {
      podUID: uidName(at(s, i + S.UID)),
      boot: boot === 0 ? null : bootName(boot),
      endedBoots: endedBoots(s, i, ordinal),
      timesten: view(s, i),
      permission: {
        obeyedN: at(s, i + S.N),
        soloed: at(s, i + S.SOLOED),
        left: at(s, i + S.LEFT),
        diskCompleteFor: diskCompleteFor(s, i),
        mode: perm === 0 ? "none" : perm === S.ENDLESS ? "endless" : "finite",
        closed: S.isClosed(s, i),
        completeFor: at(s, i + S.COMPLETE),
        soloEnded: ended === 0 ? null : { n: ended, mark: 1 },
        drained: at(s, i + S.DRAINED),
        waitedFor: this.waited(s, i),
        refused: refused === 0 ? null : { n: refused, reason: "refused" },
      },
      stopping: at(s, i + S.STOPPING) === 1,
    });
  }

  /** In the planned runs a handover is under way from the Closed on, and has its time. */
  #noteHandover(s: State, o: Observation): void {
    if (o.record === null || at(s, S.PLANNED) === 0) return;
    const from = o.record.value.writer.podUID === "uid-b" ? "sample-1" : "sample-0";
    const toPod = from === "sample-0" ? "sample-1" : "sample-0";
    const handover = {
      kind: "handover" as const,
      requestId: null,
      startedAtMs: o.nowMs,
      fromPod: from,
      toPod,
    };
    if (o.record.value.mode === "Closed") Object.assign(o.record.notes, { handover });
  }

  #operatorKey(s: State, eyes: Eyes): string {
    let k = 0;
    const cur = at(s, S.CUR);
    scratch[k++] = cur | (S.isReady(s, cur) ? 16 : 0);
    k = putRecordKey(s, cur, k);
    for (let boot = 1; boot < at(s, S.NEXT_BOOT); boot++) {
      scratch[k++] = S.ownerOf(s, boot) | (S.slotOf(s, boot) === 0 ? 128 : 0);
    }
    scratch[k++] = 255;
    for (const i of [eyes.a, eyes.b]) {
      for (let f = S.UID; f <= S.REFUSED; f++) scratch[k++] = at(s, i + f);
      const perm = at(s, i + S.PERM);
      scratch[k++] = (perm === 0 ? 0 : perm === S.ENDLESS ? 2 : 1) | (this.waited(s, i) << 2);
      scratch[k++] =
        (S.isClosed(s, i) ? 1 : 0) |
        (at(s, i + S.WRITES) << 1) |
        (at(s, i + S.STOPPING) << 2) |
        (at(s, i + S.PEER_FAILED) << 3);
      scratch[k++] = at(s, i + S.WHOLE);
      scratch[k++] = at(s, i + S.MARK);
    }
    scratch[k++] = at(s, S.PLANNED);
    return scratch.toString("latin1", 0, k);
  }
}

function putRecordKey(s: State, n: number, k: number): number {
  const r = S.recordAt(n);
  scratch[k] = S.mode(s, n);
  for (let f = 1; f < 4; f++) scratch[k + f] = at(s, r + f);
  return k + 4;
}
