/**
 * The allowed writes of the record, as docs/fencing.md lists them: each row's form and the facts that must hold.
 * The rules (rules.ts) propose; nothing is written that no row allows.
 */
import { endedInOrder, type AgentState, type PermissionRecord, type Writer } from "../../../../protocol";
import type { Observation, ObservedPod } from "../../observation";
import {
  completeFor,
  formerLifeOpen,
  heard,
  isTwosafe,
  lifeOf,
  loadedAgain,
  obeysAlone,
  otherPod,
  quietSinceClosed,
  sameVolume,
  staying,
  whyBehind,
  whyFirstBehind,
  writerPod,
} from "../facts";
import { whyNotChosen } from "../manage/choice";
import { goesBefore, leftPair, whyBothCutShort, whyNotPromotedDisk, whyNotStandbysDisk } from "./standbyDisk";
import { groundFor } from "./proofs";

/** One row of the table. */
export interface Transition {
  name: string;
  /** Whether a change from one record to the next is of this row's form. */
  form: (from: PermissionRecord | null, to: PermissionRecord) => boolean;
  /** @returns the fact that is missing, or null when all are there */
  missing: (o: Observation, from: PermissionRecord | null, to: PermissionRecord) => string | null;
}

const plain = { from: 0, alt: 0, ready: false };

/** @returns whether an agent is known to obey a higher number than the record has: it was lost or wound back */
export function isBehind(o: Observation): boolean {
  const n = o.record?.value.n ?? 0;
  return o.pods.some(pod => (pod.agent.state?.permission.obeyedN ?? 0) > n);
}

/** @returns the number of the first record, or of one that takes the place of a lost one */
export function numberAboveAll(o: Observation): number {
  const claims = o.pods.map(pod => pod.agent.state?.permission.obeyedN ?? 0);
  return Math.max(o.record?.value.n ?? 0, ...claims) + 1;
}

/** A promotion that was given up: unlike a Closed that stopped a Pair it has no standby. */
export function isAbandonedPromotion(record: PermissionRecord): boolean {
  return record.mode === "Closed" && record.standby === null;
}

export const transitions: readonly Transition[] = [
  {
    name: "first record",
    form: (from, to) => (from === null || to.n > from.n) && isPlainSolo(to),
    missing: (o, from, to) => {
      const silent = o.pods.find(pod => heard(pod) === null);
      if (from !== null && !isBehind(o)) return "a reason to replace the record";
      if (silent !== undefined) return `what ${silent.name} obeys (its agent does not answer)`;
      const open = o.pods.find(pod => (heard(pod)?.permission.mode ?? "none") !== "none");
      if (open !== undefined && open.uid !== to.writer.podUID)
        return `${open.name}, which writes now, as the writer`;
      if (to.n !== numberAboveAll(o)) return `a number above all that was seen (${numberAboveAll(o)})`;
      return namesLoaded(o, to.writer) ?? (to.n > 1 ? firstBehind(o, to.writer) : null);
    },
  },
  {
    name: "the writer goes on alone",
    form: (from, to) =>
      from?.mode === "Pair" &&
      next(from, to, { mode: "Solo", standby: null, ...plain, alt: from.ready ? from.n : 0 }) &&
      same(from.writer, to.writer),
    missing: (o, _from, to) => (lifeOf(o, to.writer).is === "alive" ? null : "a live session of the writer"),
  },
  {
    name: "pair formed",
    form: (from, to) =>
      from?.mode === "Solo" &&
      to.standby !== null &&
      next(from, to, { mode: "Pair", standby: to.standby, ...plain, leaseMs: to.leaseMs }) &&
      same(from.writer, to.writer),
    missing: (o, from, to) => {
      if (to.leaseMs !== o.settings.leaseMs) return "the L that the object asks for";
      const life = lifeOf(o, to.writer);
      if (from === null || life.is !== "alive" || !obeysAlone(life.state, from)) {
        return `the writer's answer that it obeys ${from?.n} without an end`;
      }
      const pod = o.pods.find(one => one.uid === to.standby);
      if (pod === undefined || pod.uid === to.writer.podUID) return "another pod as standby";
      return staying(pod)?.timesten.repState === "STANDBY" ? null : `${pod.name} as STANDBY`;
    },
  },
  {
    name: "pair ready",
    form: (from, to) => from?.mode === "Pair" && !from.ready && sameBut(from, to, { ready: true }),
    missing: (o, _from, to) => {
      const life = lifeOf(o, to.writer);
      if (life.is !== "alive" || life.state.permission.soloEnded?.n !== to.n) {
        return `the writer's word that it no longer commits alone in ${to.n}`;
      }
      // It took solo again by itself since then: its standby left.
      if (life.state.permission.soloed >= to.n) return `a writer that needs its standby's grants in ${to.n}`;
      const pod = o.pods.find(one => one.uid === to.standby);
      const standby = pod === undefined ? null : completeFor(pod, to.n);
      return standby?.state.permission.obeyedN === to.n ? null : `the standby complete for ${to.n}`;
    },
  },
  {
    name: "promotion",
    form: (from, to) =>
      from?.mode === "Pair" &&
      from.ready &&
      to.writer.podUID === from.standby &&
      next(from, to, { mode: "Solo", standby: null, ...plain, from: from.n }),
    missing: (o, from, to) => promotable(o, from, to),
  },
  {
    name: "writer stopped",
    form: (from, to) =>
      from?.mode === "Pair" &&
      next(from, to, { mode: "Closed", standby: from.standby, ...plain, from: from.ready ? from.n : 0 }) &&
      same(from.writer, to.writer),
    missing: () => null,
  },
  {
    name: "promotion given up",
    form: (from, to) =>
      from?.mode === "Solo" &&
      from.from > 0 &&
      next(from, to, { mode: "Closed", standby: null, ...plain }) &&
      same(from.writer, to.writer),
    missing: (o, from) => {
      const life = from === null ? null : lifeOf(o, from.writer);
      if (life === null || life.is === "over") return null;
      const refused = life.is === "alive" && life.state.permission.refused?.n === from?.n;
      return refused ? null : "the promoted standby's refusal, or a proof that its life is over";
    },
  },
  {
    name: "promotion after Closed",
    form: (from, to) =>
      from?.mode === "Closed" &&
      from.from > 0 &&
      !isAbandonedPromotion(from) &&
      to.writer.podUID === from.standby &&
      next(from, to, { mode: "Solo", standby: null, ...plain, from: from.from }),
    missing: (o, from, to) => promotable(o, from, to),
  },
  {
    name: "the same life goes on after Closed",
    form: (from, to) =>
      from?.mode === "Closed" &&
      next(from, to, { mode: "Solo", standby: null, ...plain, alt: from.from }) &&
      same(from.writer, to.writer),
    missing: (o, from, to) => {
      const life = lifeOf(o, to.writer);
      if (from === null || life.is !== "alive") return "a live session of the writer";
      if (!isAbandonedPromotion(from) || life.state.permission.soloed >= from.n - 1) return null;
      return "the word of the promoted database that it became the active";
    },
  },
  {
    name: "the writer's disk goes on after Closed",
    form: (from, to) => from?.mode === "Closed" && soloAfter(from, to) && to.writer.boot !== from.writer.boot,
    missing: (o, from, to) => (from === null ? "a record" : returnedAfterClosed(o, from, to)),
  },
  {
    name: "the writer's disk goes on",
    form: (from, to) => from?.mode === "Solo" && soloAfter(from, to) && to.writer.boot !== from.writer.boot,
    missing: (o, from, to) => (from === null ? "a record" : returnedAfterSolo(o, from, to)),
  },
  {
    name: "promotion after an unheard Solo",
    form: (from, to) =>
      from?.mode === "Solo" &&
      from.alt > 0 &&
      to.writer.podUID !== from.writer.podUID &&
      next(from, to, { mode: "Solo", standby: null, ...plain, from: from.alt }),
    missing: (o, from, to) => {
      if (from === null || lifeOf(o, from.writer).is !== "over") return "a proof about the writer";
      const pod = writerPod(o);
      const told = pod === null ? null : heard(pod);
      if (pod === null || told === null || told.boot === from.writer.boot || !sameVolume(pod, from.writer)) {
        return "what the writer's own disk says";
      }
      if (told.permission.soloed >= from.n) return `the writer not to have obeyed ${from.n}`;
      return namesComplete(o, to.writer, from.alt);
    },
  },
  {
    name: "the standby's disk goes on",
    form: (from, to) => {
      if (from === null || !soloAfter(from, to)) return false;
      const another = to.writer.podUID !== from.writer.podUID;
      return another ? leftPair(from) > 0 : isAbandonedPromotion(from) && to.writer.boot !== from.writer.boot;
    },
    missing: (o, from, to) => {
      if (from === null) return "a record";
      return isAbandonedPromotion(from)
        ? whyNotPromotedDisk(o, from, to.writer)
        : whyNotStandbysDisk(o, from, to.writer);
    },
  },
  {
    name: "a person's choice",
    form: (from, to) =>
      (from?.mode === "Solo" || from?.mode === "Closed") &&
      soloAfter(from, to) &&
      !same(from.writer, to.writer),
    missing: (o, from, to) => (from === null ? "a record" : whyNotChosen(o, from, to.writer.podUID)),
  },
];

/**
 * The last gate before a write of the record.
 * @returns null when the table allows it now, else why it does not
 */
export function whyNotAllowed(o: Observation, to: PermissionRecord): string | null {
  const from = o.record?.value ?? null;
  if (to.objectUID !== o.objectUID) return "the record is of another object";
  if (o.recordFault !== null) return o.recordFault;
  if (from !== null && isBehind(o)) {
    const [first] = transitions;
    return first !== undefined && first.form(from, to)
      ? first.missing(o, from, to)
      : "the record is behind an agent";
  }
  const rows = transitions.filter(row => row.form(from, to));
  if (rows.length === 0) return "no allowed transition has this form";
  const faults = rows.map(row => row.missing(o, from, to));
  return faults.includes(null) ? null : `missing: ${faults.join("; ")}`;
}

function isPlainSolo(to: PermissionRecord): boolean {
  return to.mode === "Solo" && to.standby === null && to.from === 0 && to.alt === 0 && !to.ready;
}

/** Number one higher and everything else but the writer as given. */
function next(
  from: PermissionRecord,
  to: PermissionRecord,
  rest: Omit<PermissionRecord, "objectUID" | "n" | "writer" | "leaseMs"> & { leaseMs?: number },
): boolean {
  return sameBut({ ...from, ...rest, n: from.n + 1, writer: to.writer }, to, {});
}

function soloAfter(from: PermissionRecord, to: PermissionRecord): boolean {
  return next(from, to, { mode: "Solo", standby: null, ...plain });
}

function sameBut(a: PermissionRecord, b: PermissionRecord, change: Partial<PermissionRecord>): boolean {
  const x = { ...a, ...change };
  return (
    x.objectUID === b.objectUID &&
    x.n === b.n &&
    x.mode === b.mode &&
    same(x.writer, b.writer) &&
    x.standby === b.standby &&
    x.from === b.from &&
    x.alt === b.alt &&
    x.ready === b.ready &&
    x.leaseMs === b.leaseMs
  );
}

function same(a: Writer, b: Writer): boolean {
  return a.podUID === b.podUID && a.boot === b.boot;
}

/** Where a record was lost, the copy that is named must not lack what the other has. */
function firstBehind(o: Observation, writer: Writer): string | null {
  const pod = o.pods.find(one => one.uid === writer.podUID);
  const state = pod === undefined ? null : heard(pod);
  return pod === undefined || state === null
    ? "the writer's answer"
    : whyFirstBehind(state, otherPod(o, pod));
}

/** The record may only name a life that its agent says is loaded now. */
function namesLoaded(o: Observation, writer: Writer): string | null {
  const pod = o.pods.find(one => one.uid === writer.podUID);
  return pod !== undefined && loadedAgain(pod)?.boot === writer.boot
    ? null
    : "a loaded database of the writer";
}

function namesComplete(o: Observation, writer: Writer, p: number): string | null {
  const pod = o.pods.find(one => one.uid === writer.podUID);
  const state = pod === undefined ? null : completeFor(pod, p);
  return state?.boot === writer.boot ? null : `the standby complete for ${p}`;
}

function promotable(o: Observation, from: PermissionRecord | null, to: PermissionRecord): string | null {
  if (from === null) return "a record";
  const below = from.mode === "Closed" ? from.n - 1 : from.n;
  const standby = o.pods.find(pod => pod.uid === to.writer.podUID);
  if (standby === undefined) return "the standby's pod";
  const ground = groundFor(o, from.writer, { p: to.from, below, standby });
  if (ground === null) return "a proof that the old writer cannot write";
  return namesComplete(o, to.writer, to.from);
}

/** Closed(n) -> Solo(n+1, a new life): of the old writer's disk, or of the other pod's after a promotion that never was. */
function returnedAfterClosed(o: Observation, from: PermissionRecord, to: PermissionRecord): string | null {
  const pod = writerPod(o);
  if (pod === null) return "the writer's pod";
  const missing = namesLoaded(o, to.writer);
  if (missing !== null) return missing;
  const told = heard(pod);
  if (!isAbandonedPromotion(from)) return returnedLife(o, from, to, true);
  const promotion = from.n - 1;
  if (told === null || told.permission.obeyedN < from.n || !sameVolume(pod, from.writer)) {
    return `the word of ${pod.name} that it obeys ${from.n}`;
  }
  if (told.permission.soloed >= promotion) return returnedLife(o, from, to, false);
  const other = otherPod(o, pod);
  if (other.uid !== to.writer.podUID) return `a loaded database of ${other.name}`;
  const mine = loadedAgain(other);
  if (mine === null) return `a loaded database of ${other.name}`;
  return (
    formerLifeOpen(o, mine.state) ?? mayHoldMore(mine.state, told, pod.name) ?? whyBehind(mine.state, pod)
  );
}

/** The Pair of an abandoned promotion is no longer in the record; what the other disk says of it still is. */
function mayHoldMore(mine: AgentState, told: AgentState, name: string): string | null {
  const { completeFor: has, left, diskCompleteFor } = told.permission;
  const most = Math.max(has, left, isTwosafe(mine.timesten) ? diskCompleteFor : 0);
  if (most <= mine.permission.soloed) return null;
  const [former] = mine.endedBoots;
  return endedInOrder(former) && has <= mine.permission.soloed
    ? null
    : `what ${name} had of Pair ${most}: the old active died without writing all to its disk`;
}

function returnedAfterSolo(o: Observation, from: PermissionRecord, to: PermissionRecord): string | null {
  if (from.from > 0) {
    const pod = writerPod(o);
    const soloed = pod === null ? 0 : (heard(pod)?.permission.soloed ?? 0);
    if (soloed < from.n) return `the promoted database to have become the active in ${from.n}`;
  }
  return returnedLife(o, from, to, false);
}

/** A new life of the writer's own disk: the old one is over and nobody complete is ahead of it. */
function returnedLife(
  o: Observation,
  from: PermissionRecord,
  to: PermissionRecord,
  standbyCounts: boolean,
): string | null {
  const pod = writerPod(o);
  if (pod === null || pod.uid !== to.writer.podUID) return "a new life on the writer's own disk";
  if (lifeOf(o, from.writer).is !== "over" && !quietSinceClosed(o, from))
    return "a proof that the old writer cannot write";
  if (!sameVolume(pod, from.writer)) return `the writer's own disk (${pod.name} has another one)`;
  const mine = loadedAgain(pod);
  if (mine?.boot !== to.writer.boot) return "a loaded database of the writer";
  const standby = otherPod(o, pod);
  if (standbyCounts) {
    return (
      leftToStandby(from.writer, { writer: pod, standby, p: from.from }) ??
      behindStandby(o, from, mine.state, standby)
    );
  }
  if (from.alt === 0 || mine.state.permission.soloed >= from.n) return null;
  return leftToStandby(from.writer, { writer: pod, standby, p: from.alt }) ?? whyBehind(mine.state, standby);
}

/**
 * Marks tell copies apart only roughly: a standby that has everything of the Pair that was left goes on itself, and
 * one whose disk has everything goes before a writer's disk that was cut short.
 * @param p n of the ready Pair that is left; 0: none was
 */
function leftToStandby(
  old: Writer,
  { writer, standby, p }: { writer: ObservedPod; standby: ObservedPod; p: number },
): string | null {
  const told = heard(standby);
  if (p === 0 || told === null) return null;
  const { completeFor: has, left } = told.permission;
  if (has === p && left !== p) return `nothing: ${standby.name} is complete for Pair ${p} and goes on itself`;
  if (goesBefore(told, { writer, old, p })) {
    return `nothing: the disk of ${standby.name} has everything of Pair ${p} and goes on`;
  }
  return whyBothCutShort(told, { writer, old, p });
}

/** A standby that was never complete and is away cannot be promoted by anybody: it holds nothing up. */
function behindStandby(
  o: Observation,
  from: PermissionRecord,
  mine: AgentState,
  standby: ObservedPod,
): string | null {
  if (from.from === 0 && heard(standby) === null) {
    return standby.agent.silentForMs >= o.settings.unreachableTimeoutMs || standby.uid === null
      ? null
      : `how far the copy of ${standby.name} got (its agent does not answer)`;
  }
  return whyBehind(mine, standby);
}
