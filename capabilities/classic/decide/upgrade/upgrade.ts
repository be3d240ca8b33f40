/**
 * Upgrades of a pair (docs/upgrades.md): one pass's part of the decision. Pure. What an upgrade does is in effects.ts,
 * when it goes on and when it fails in rules.ts.
 */
import type { LastUpgrade } from "../../../../generated/types";
import type { Decision, Effect, EventText, PodState, Reason } from "../../decision";
import type { Observation } from "../../observation";
import { plannedChange } from "../fence/handover";
import type { Verdict } from "../fence/verdict";
import type { StateStep } from "../ha/states";
import { templateEffects } from "../template";
import { deletions, templateImage } from "./effects";
import { explain, stepOf } from "./explain";
import { allDone, imageOf, isAutomatic, isMixed, releaseOf, rolesNow, target } from "./facts";
import { idle, rememberedUpgrade, type UpgradeMemory } from "./memory";
import { endProbes } from "./release";
import { failsInMs, isRunning, replaced, unfinished, upgradeRules, type Turn } from "./rules";
import { texts } from "./texts";

/** What a pass decides about an upgrade. */
export interface UpgradeDecision {
  memory: UpgradeMemory;
  /** A pod does not run the wanted image yet, though it is to. */
  pending: boolean;
  /** Image that was noted before, where another is noted now; else null. */
  prevImage: string | null;
  /** Events that go before what the pods told in this pass, and those that follow it. */
  announcements: EventText[];
  events: EventText[];
  effects: Effect[];
  /** What explains it; null while there is nothing to explain. */
  why: Reason | null;
  /** What stands in the way and may not go away by itself. */
  trouble: Reason | null;
  /** The stopwatch of an upgrade that ends in this pass; else null. */
  finished: LastUpgrade | null;
  wakeAfterMs: number;
}

/** @returns what changes in this pass, but for an end that depends on the state of the pair (finishUpgrade) */
export function decideUpgrade(o: Observation, verdict: Verdict): UpgradeDecision {
  const before = rememberedUpgrade(o.object);
  const reported = o.object.status?.highLevelState ?? "";
  const creating = o.record === null && (reported === "" || reported === "Initializing");
  const turn = nextTurn(o, verdict, before, creating);
  const memory = withStep(o, turn.memory);
  const why = turn.why ?? explain(o, verdict, memory);
  const refused = memory.phase === "Refused" || memory.phase === "Failed" ? why : null;
  const changed = JSON.stringify(memory) !== JSON.stringify(before);
  return {
    memory,
    pending: isPending(o, memory),
    prevImage: before.image !== null && before.image !== memory.image && !creating ? before.image : null,
    announcements: [...(turn.announcements ?? []), ...activeFirst(o, verdict, memory)],
    events: [],
    effects: [
      ...templateEffects(o, templateImage(o, before)),
      ...(memory.phase === "Waiting" ? [] : endProbes(o, null)),
      ...(turn.effects ?? []),
      ...deletions(o, verdict, before, memory),
    ],
    why,
    trouble: turn.trouble ?? refused,
    finished: null,
    wakeAfterMs: changed ? 0 : Math.min(turn.wakeAfterMs ?? Infinity, failsInMs(o, memory)),
  };
}

function nextTurn(o: Observation, verdict: Verdict, memory: UpgradeMemory, creating: boolean): Turn {
  const input = { o, verdict, memory, auto: isAutomatic(o), creating };
  for (const rule of upgradeRules) {
    const turn = rule.decide(input);
    if (turn !== null) return turn;
  }
  return { memory };
}

/** @returns the decision of a pass that may do nothing: all stays as it is remembered */
export function heldUpgrade(o: Observation, verdict: Verdict): UpgradeDecision {
  const memory = rememberedUpgrade(o.object);
  return {
    memory,
    pending: isPending(o, memory),
    prevImage: null,
    announcements: [],
    events: [],
    effects: [],
    why: explain(o, verdict, memory),
    trouble: null,
    finished: null,
    wakeAfterMs: Infinity,
  };
}

/**
 * An upgrade ends when the pair is Normal again with nothing left to replace; so does the way back from a failed one.
 * @param step the state of the pair after this pass
 */
export function finishUpgrade(o: Observation, decision: UpgradeDecision, step: StateStep): UpgradeDecision {
  const { memory } = decision;
  if (step.state !== "Normal") return decision;
  if (memory.phase === "Recovering") return recovered(o, decision);
  if (!isRunning(memory) || !allDone(o) || !isVerified(o, memory)) return decision;
  const seconds = Math.round(Math.max(0, o.nowMs - (memory.startedAtMs ?? o.nowMs)) / 1000);
  const end = memory.rollingBack ? texts.rolledBack(seconds) : texts.completed(seconds);
  return {
    ...decision,
    memory: { ...memory, ...idle },
    pending: false,
    events: [...(memory.phase === "Active" ? [texts.activeComplete] : []), end],
    why: null,
    finished: stopwatch(o, memory, seconds),
    wakeAfterMs: 0,
  };
}

/** Both databases are of the release that the image holds, as far as that is known. */
function isVerified(o: Observation, { toRelease }: UpgradeMemory): boolean {
  const releases = o.pods.map(releaseOf);
  if (releases.includes(null)) return false;
  return toRelease === null || toRelease === "Unknown" || releases.every(release => release === toRelease);
}

function recovered(o: Observation, decision: UpgradeDecision): UpgradeDecision {
  const { memory } = decision;
  const next = isMixed(o) ? unfinished(o, memory) : { ...memory, ...idle };
  const left = next.phase === "Unfinished" ? [texts.unfinished(next.message)] : [];
  const why: Reason | null =
    next.phase === "Unfinished" ? { reason: "UpgradeUnfinished", message: next.message } : null;
  return { ...decision, memory: next, events: [texts.recovered, ...left], why, wakeAfterMs: 0 };
}

function stopwatch(o: Observation, memory: UpgradeMemory, seconds: number): LastUpgrade {
  const at = (timeMs: number | null): string | undefined =>
    timeMs === null ? undefined : new Date(timeMs).toISOString();
  const writer = rolesNow(o)?.writer;
  const toRelease = releaseOf(writer) ?? undefined;
  const standbyReadyAt = at(memory.standbyReadyAtMs);
  const startedAt = at(memory.startedAtMs);
  const writeGapMs = writeGap(o, memory.startedAtMs);
  return {
    image: target(o),
    outcome: memory.rollingBack ? "RolledBack" : "Completed",
    ...(memory.fromRelease === null ? {} : { fromRelease: memory.fromRelease }),
    ...(toRelease === undefined ? {} : { toRelease }),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(standbyReadyAt === undefined ? {} : { standbyReadyAt }),
    completedAt: new Date(o.nowMs).toISOString(),
    seconds,
    ...(writeGapMs === null ? {} : { writeGapMs }),
  };
}

/** From the end of the old active's permission to the new one's being reached, where the roles changed meanwhile. */
function writeGap(o: Observation, startedAtMs: number | null): number | null {
  const { failedAt, routedAt } = o.object.status?.lastFailover ?? {};
  const [from, to] = [Date.parse(failedAt ?? ""), Date.parse(routedAt ?? "")];
  if (startedAtMs === null || !(from >= startedAtMs) || !(to >= from)) return null;
  return to - from;
}

/** After the effects: the pod that was named has been deleted in this pass, so it is said at once. */
export function withDeleted(d: Decision, podUIDs: readonly string[], nowMs: number): Decision {
  const { upgrade } = d;
  const { pod } = upgrade.memory;
  const others = d.effects.flatMap(effect =>
    effect.do === "deletePod" && effect.event !== null && podUIDs.includes(effect.podUID)
      ? [effect.event]
      : [],
  );
  const isNamed = isRunning(upgrade.memory) && pod?.goneAtMs === null && podUIDs.includes(pod.uid);
  if (!isNamed && others.length === 0) return d;
  const turn = isNamed ? replaced(upgrade.memory, nowMs) : { memory: upgrade.memory };
  const announcements = [...upgrade.announcements, ...(turn.announcements ?? []), ...others];
  return { ...d, upgrade: { ...upgrade, memory: turn.memory, announcements } };
}

function isPending(o: Observation, { phase, image }: UpgradeMemory): boolean {
  if (image !== null && image !== target(o)) return isMixed(o);
  return phase === "Idle" ? false : !allDone(o);
}

/** The number of the step, and since when it is under way. */
function withStep(o: Observation, memory: UpgradeMemory): UpgradeMemory {
  const before = rememberedUpgrade(o.object);
  const step = stepOf(o, memory);
  const same = before.phase === memory.phase && before.step === step;
  return { ...memory, step, sinceMs: memory.phase === "Idle" ? null : same ? before.sinceMs : o.nowMs };
}

/** Left to a person, the active was deleted before its standby had the image: legal, but rarely what was meant. */
function activeFirst(o: Observation, verdict: Verdict, { phase }: UpgradeMemory): EventText[] {
  const roles = rolesNow(o);
  if (phase !== "Manual" || roles === null) return [];
  const { writer, peer } = roles;
  const isGone = writer.terminating || writer.uid !== o.record?.value.writer.podUID;
  if (imageOf(o, peer) !== "old" || !isGone) return [];
  // Said once: where the handover begins, or the promotion without one.
  const begins =
    verdict.handover?.kind === "handover" || (verdict.proof !== null && plannedChange(o) === null);
  if (!begins) return [];
  return [texts.activeFirst(writer.name, peer.name, peer.images?.tt ?? "its former image")];
}

/** @returns the states of the pods, one that failed to be upgraded named as such */
export function withUpgradeStates(
  o: Observation,
  { memory }: UpgradeDecision,
  states: [PodState, PodState],
): [PodState, PodState] {
  const { phase, pod } = memory;
  if (phase !== "Failed" || pod === null || pod.goneAtMs === null) return states;
  const shown = (ordinal: 0 | 1): PodState =>
    o.pods[ordinal].name === pod.name && o.pods[ordinal].uid !== o.record?.value.writer.podUID
      ? "UpgradeFailed"
      : states[ordinal];
  return [shown(0), shown(1)];
}
