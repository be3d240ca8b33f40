/** Values of the product made from bytes, and back: records, views of databases, states of agents. */
import { standbyOf as realStandbyOf } from "../../../agent/core/granting";
import type { Observation } from "../../../capabilities/classic/observation";
import { transitions } from "../../../capabilities/classic/decide/fence/transitions";
import type { AgentState, PermissionRecord, TimesTenView } from "../../../protocol";
import { agentState, emptyView, unloadedView } from "../../unit/classic/fixtures";
import { LEASE_MS } from "./code";
import * as S from "./state";
import { at, type State } from "./state";

export const OBJECT_UID = "object-uid";
const modes = ["Solo", "Pair", "Solo", "Closed"] as const;
const repStates = ["Unknown", "Unknown", "IDLE", "STANDBY", "ACTIVE"] as const;

export const uidName = (uid: number): string => ["", "uid-a", "uid-b", "uid-a2"][uid] ?? "";
export const bootName = (boot: number): string => `boot-${boot}`;
const bootNumber = (name: string): number => Number(name.slice(5));
const uidNumber = (name: string | null): number =>
  name === null ? 0 : ["", "uid-a", "uid-b", "uid-a2"].indexOf(name);

/** A record the operator may write now. */
export interface Write extends S.Rec {
  /** It is the same record, with `ready`. */
  ready: boolean;
  row: string;
}

const standbys = new Map<number, number>();

/** @returns the Pair that pod is, or in a promotion was, the standby of; 0 when of none */
export function standbyOf(s: State, n: number, uid: number): number {
  const owner = S.ownerOf(s, S.writerOf(s, n));
  const key =
    ((((S.mode(s, n) * 4 + S.standbyUid(s, n)) * 4 + owner) * 16 + S.fromOf(s, n)) * 16 + n) * 4 + uid;
  const known = standbys.get(key);
  if (known !== undefined) return known;
  const p = realStandbyOf(toRecord(s, n, false), uidName(uid));
  standbys.set(key, p);
  return p;
}

export function toRecord(s: State, n: number, ready: boolean): PermissionRecord {
  const writer = S.writerOf(s, n);
  const standby = S.standbyUid(s, n);
  return {
    objectUID: OBJECT_UID,
    n,
    mode: modes[S.mode(s, n)] ?? "Closed",
    writer: { podUID: uidName(S.ownerOf(s, writer)) || "uid-gone", boot: bootName(writer) },
    standby: standby === 0 ? null : uidName(standby),
    from: S.fromOf(s, n),
    alt: S.altOf(s, n),
    ready,
    leaseMs: LEASE_MS,
  };
}

export function fromRecord(to: PermissionRecord, o: Observation): Write {
  const from = o.record?.value ?? null;
  const row = transitions.find(one => one.form(from, to) && one.missing(o, from, to) === null)?.name ?? "?";
  return {
    mode: { Pair: S.PAIR, Solo: S.SOLO, Closed: S.CLOSED }[to.mode],
    writer: bootNumber(to.writer.boot),
    standby: uidNumber(to.standby),
    from: to.from,
    alt: to.alt,
    ready: from !== null && to.n === from.n && to.ready,
    row,
  };
}

export function sameWrite(a: Write, b: Write): boolean {
  return (
    a.mode === b.mode &&
    a.writer === b.writer &&
    a.standby === b.standby &&
    a.from === b.from &&
    a.alt === b.alt &&
    a.ready === b.ready
  );
}

/** Everything of any shape that could be written next: the table says which of these. */
export function candidates(o: Observation): PermissionRecord[] {
  const from = o.record?.value;
  if (from === undefined) return [];
  const writers = [from.writer];
  for (const { agent } of o.pods) {
    const { state } = agent;
    if (state?.boot && state.boot !== from.writer.boot)
      writers.push({ podUID: state.podUID, boot: state.boot });
  }
  const standbys = [
    null,
    ...new Set([from.standby, ...o.pods.map(pod => pod.uid)].filter(uid => uid !== null)),
  ];
  const numbers = [...new Set([0, from.n, from.from, from.alt])];
  const all: PermissionRecord[] = [];
  if (from.mode === "Pair" && !from.ready) all.push({ ...from, ready: true });
  const base = { ...from, n: from.n + 1, ready: false };
  for (const writer of writers) {
    for (const mode of ["Pair", "Solo", "Closed"] as const) {
      for (const standby of mode === "Solo" ? [null] : standbys) {
        for (const p of numbers) {
          all.push({ ...base, mode, writer, standby, from: p, alt: 0 });
          if (p > 0) all.push({ ...base, mode, writer, standby, from: 0, alt: p });
        }
      }
    }
  }
  return all;
}

export function view(s: State, i: number): TimesTenView {
  const role = at(s, i + S.ROLE);
  const base = agentState(1).timesten;
  if (role === S.NONE) return emptyView;
  if (at(s, i + S.BOOT) === 0) return unloadedView;
  return {
    ...base,
    // Which commits wait is the world's; an asynchronous one knows only planned changes, where it does not matter.
    usingTwosafe: true,
    open: at(s, i + S.WRITES) === 1,
    repState: repStates[role] ?? "Unknown",
    repPeerState: at(s, i + S.PEER_FAILED) === 1 ? "failed" : "start",
    dbId: at(s, i + S.MARK),
  };
}

/** What the disk of that pod remembers: the successor of a force-deleted pod has its predecessor's lives too. */
export function endedBoots(s: State, i: number, ordinal: 0 | 1): AgentState["endedBoots"] {
  const ended: AgentState["endedBoots"] = [];
  const mine = at(s, i + S.BOOT);
  for (let boot = at(s, S.NEXT_BOOT) - 1; boot > 0; boot--) {
    const owner = S.ownerOf(s, boot);
    const ofPod = ordinal === 1 ? owner === S.UID_B : owner === S.UID_A || owner === S.UID_A2;
    if (ofPod && boot !== mine && ended.length < 4) {
      ended.push({ boot: bootName(boot), podUID: uidName(owner), endedAtMs: 1, how: "container restarted" });
    }
  }
  return ended;
}

/** As agent/core/life.ts has it. @returns the Pair of which the copy on disk has everything, or 0 */
export function diskCompleteFor(s: State, i: number): number {
  return at(s, i + S.WHOLE) > at(s, i + S.SOLOED) ? at(s, i + S.WHOLE) : 0;
}
