/**
 * The state of each pod of independent databases. It is a memory, kept in status: what follows from a finding depends
 * on it, so that for example a database that is gone is not taken for one that was never made.
 */
import type { Command } from "../../../protocol";
import { ask, attempts, idPrefix } from "../decide/ask";
import { heard } from "../decide/facts";
import type { Reason } from "../decision";
import { findingOf, type Finding } from "./finding";
import type { IndependentObservation, ObservedDatabase } from "./observation";
import { databaseStates, podTable, type DatabaseState, type Repair } from "./podTable";

/** What becomes of a pod in this pass. */
export interface PodVerdict {
  name: string;
  before: DatabaseState;
  state: DatabaseState;
  why: Reason;
  /** It does not go away by itself. */
  stuck: boolean;
  /** To be sent now; null when there is none or it is under way. */
  command: { podUID: string; command: Command } | null;
  /** Look again after so long, ms; Infinity: when something happens. */
  wakeAfterMs: number;
}

/** A command is given up after so many failures in a row within one stay in a state. */
export const GIVE_UP_AFTER = 3;
/** A wait that is longer than this is shown as Stalled; it still ends by itself, ms. */
export const LONG_WAIT_MS = 600_000;
/** While an agent works, a pass follows from what it tells; this bounds the wait should it tell nothing, ms. */
const WATCH_MS = 5_000;

/** @returns what was reported of that pod last */
export function rememberedState(o: IndependentObservation, name: string): DatabaseState {
  const word = o.object.status?.podStatus?.find(one => one.name === name)?.highLevelState;
  return databaseStates.find(state => state === word) ?? "Initializing";
}

/** @returns the pod's state and what is to be done in it */
export function judgePod(o: IndependentObservation, pod: ObservedDatabase): PodVerdict {
  const before = rememberedState(o, pod.name);
  if (before === "Terminal" || before === "ManualInterventionRequired") return given(o, pod, before);
  const finding = findingOf(o, pod);
  const cell = podTable[before][finding.is];
  if (typeof cell === "string") return moved(o, pod, before, cell, finding);
  const { count, error } = failures(o, pod, cell.repair);
  if (count >= GIVE_UP_AFTER) {
    const message = `${cell.repair} in ${pod.name} failed ${count} times: ${error}; ${CURE}`;
    return {
      ...plain(pod.name, before, cell.failed),
      why: { reason: "RepairGivenUp", message },
      stuck: true,
    };
  }
  return repair(o, pod, before, cell.repair, finding.why);
}

function plain(name: string, before: DatabaseState, state: DatabaseState): Omit<PodVerdict, "why" | "stuck"> {
  return { name, before, state, command: null, wakeAfterMs: before === state ? Infinity : 0 };
}

/** Nothing runs and nothing changes until a person says so; what is seen is told again in each pass. */
function given(o: IndependentObservation, pod: ObservedDatabase, before: DatabaseState): PodVerdict {
  return { ...plain(pod.name, before, before), why: givenWhy(o, pod, before), stuck: true };
}

function givenWhy(o: IndependentObservation, pod: ObservedDatabase, state: DatabaseState): Reason {
  const finding = findingOf(o, pod);
  if (finding.is === "otherRelease") return { ...finding.why, message: `${finding.why.message}; ${CURE}` };
  if (upgradeFailed(o, pod.name)) return upgradeWhy(pod.name, finding);
  if (finding.is === "serving") {
    const message = `the database in ${pod.name} is open, yet ${state}; change spec.ttspec.reexamine to count it again`;
    return { reason: "WaitingForReexamine", message };
  }
  const last = heard(pod)?.tasks.findLast(task => task.status === "failed");
  if (last !== undefined) {
    const message = `${last.verb} in ${pod.name} failed: ${last.error ?? "no message"}; ${CURE}`;
    return { reason: "RepairGivenUp", message };
  }
  if (finding.is === "noDatabase") return gone(pod.name);
  if (finding.is === "noInstance") return finding.why;
  return { reason: "WaitingForReexamine", message: `${pod.name} is ${state}; ${CURE}` };
}

/** @returns whether the last report says that this pod did not come back with the image of the spec */
function upgradeFailed(o: IndependentObservation, name: string): boolean {
  return o.object.status?.podStatus?.find(one => one.name === name)?.nonRepUpgradeFailed === true;
}

function upgradeWhy(name: string, finding: Finding): Reason {
  const now = finding.is === "serving" ? "its database is open now" : finding.why.message;
  const message = `the upgrade of ${name} failed (${now}); set the former image back, or put it right and change spec.ttspec.reexamine`;
  return { reason: "UpgradeFailed", message };
}

const CURE = "put it right, then change spec.ttspec.reexamine";

function gone(name: string): Reason {
  const message = `the database of ${name} is gone; bring it back, then change spec.ttspec.reexamine (while there is none, an empty one is made then)`;
  return { reason: "DatabaseGone", message };
}

function moved(
  o: IndependentObservation,
  pod: ObservedDatabase,
  before: DatabaseState,
  state: DatabaseState,
  finding: Finding,
): PodVerdict {
  const terminal = state === "Terminal" || state === "ManualInterventionRequired";
  const why = terminal && finding.is === "noDatabase" ? gone(pod.name) : finding.why;
  const waiting = before === state && state !== "Normal" && waitedMs(o, pod) >= LONG_WAIT_MS;
  const verdict = plain(pod.name, before, state);
  return {
    ...verdict,
    why,
    stuck: terminal || finding.is === "replicated" || waiting,
    wakeAfterMs: Math.min(verdict.wakeAfterMs, timeoutMs(o, pod, finding)),
  };
}

/** @returns until a silence becomes a loss, ms */
function timeoutMs(o: IndependentObservation, pod: ObservedDatabase, finding: Finding): number {
  if (finding.is !== "silent") return Infinity;
  return Math.max(0, o.settings.unreachableTimeoutMs - pod.agent.silentForMs);
}

/** @returns when the pod's present state began, as status has it, wall clock, ms; null where it is not known */
export function stateSinceMs(o: IndependentObservation, name: string): number | null {
  const since = stateSince(o, name);
  return since === 0 ? null : since * 1000;
}

/** The second at which the pod's present state began, as status has it; 0 where it is not known. */
function stateSince(o: IndependentObservation, name: string): number {
  const since = o.object.status?.podStatus?.find(one => one.name === name)?.lastHighLevelStateSwitch;
  return typeof since === "number" ? since : 0;
}

function waitedMs(o: IndependentObservation, pod: ObservedDatabase): number {
  const since = stateSince(o, pod.name);
  return since === 0 ? 0 : o.nowMs - since * 1000;
}

/**
 * The number in a command's id: attempts count anew with each stay in a state. There is no record here; an agent whose
 * volume was once a pair's refuses numbers below the one it obeyed then.
 */
function numberOf(o: IndependentObservation, pod: ObservedDatabase): number {
  return Math.max(stateSince(o, pod.name), heard(pod)?.permission.obeyedN ?? 0);
}

function failures(
  o: IndependentObservation,
  pod: ObservedDatabase,
  verb: Repair,
): { count: number; error: string } {
  const tried = attempts(pod, idPrefix(pod.uid ?? "", numberOf(o, pod), null, verb));
  const lastGood = tried.findLastIndex(task => task.status !== "failed");
  const failed = tried.slice(lastGood + 1);
  return { count: failed.length, error: failed.at(-1)?.error ?? "no message" };
}

function repair(
  o: IndependentObservation,
  pod: ObservedDatabase,
  state: DatabaseState,
  verb: Repair,
  why: Reason,
): PodVerdict {
  const { longTaskMs, commandMs } = o.settings;
  const deadlineMs = verb === "startDaemon" ? commandMs : longTaskMs;
  const answer = ask(pod, { wish: { verb }, n: numberOf(o, pod), boot: null, deadlineMs });
  const verdict = { ...plain(pod.name, state, state), why, stuck: false };
  if (answer.is === "send" && pod.uid !== null) {
    const command = { podUID: pod.uid, command: answer.command };
    return { ...verdict, command, wakeAfterMs: WATCH_MS };
  }
  if (answer.is !== "wait") return { ...verdict, wakeAfterMs: WATCH_MS };
  const failed: Reason = {
    reason: "CommandFailed",
    message: `${verb} in ${pod.name} failed: ${answer.error ?? ""}`,
  };
  return { ...verdict, why: answer.error === null ? why : failed, wakeAfterMs: answer.ms };
}
