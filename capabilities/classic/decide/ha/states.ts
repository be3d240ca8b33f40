/**
 * The state of the object (Oracle's words): one step per pass from the one reported last towards what the verdict
 * about the record says, so that each state is seen and has its event. See docs/states.md.
 */
import type { HighLevelState } from "../../../../generated/types";
import type { Situation } from "../fence/verdict";

/** How far the standby is while the writer serves and the Pair is not ready. */
export type StandbyProgress =
  /** Not there, or being made. */
  | "down"
  /** Its agent is silent, not for long: that is no news. */
  | "silent"
  /** It has begun to replicate just now. */
  | "starting"
  /** It replicates and catches up. */
  | "catchingUp"
  /** STANDBY, only the last word is missing. */
  | "standby";

export interface StateInput {
  /** What was reported last; "" before the first report. */
  reported: HighLevelState;
  situation: Situation;
  progress: StandbyProgress;
  /** The writer is on the pod that was not the active when `reported` was written. */
  activeMoved: boolean;
  /** The record is changed in this pass. */
  acting: boolean;
  /** No database can serve without being loaded or made active first. */
  bothDown: boolean;
  /** An upgrade has failed and waits for a person: shown as long as the active serves. */
  upgradeFailed: boolean;
  /** How long the reported state has lasted, ms. */
  reportedForMs: number;
  /** How long a long step such as a duplicate may take, ms. */
  longTaskMs: number;
}

export interface StateStep {
  state: HighLevelState;
  /** The next pass should follow at once: the walk has not arrived. */
  more: boolean;
  /** The state has lasted longer than its work may take: people are told; it still ends by itself. */
  overdue: boolean;
}

/** Waiting for a pod longer than this without a word is shown as a matter for people; it still ends by itself. */
export const WAIT_LIMIT_MS = 600_000;

/** After reexamine a database that only stays unfit is looked at for so long, ms. */
const LOOK_LIMIT_MS = 30_000;

/** States that no rule of a pair gives: of another topology, or of another operator that managed the object before. */
const foreign: readonly HighLevelState[] = [
  "Failed",
  "OneDown",
  "AllReplicasReady",
  "SomeReplicasReady",
  "NoReplicasReady",
];

/** @returns the state to report now */
export function nextState(input: StateInput): StateStep {
  const { reported } = input;
  const overdue = isOverdue(input);
  const goal = goalOf(input);
  if (reported === "" || reported === "Initializing") {
    const state = goal === "Normal" ? "Normal" : "Initializing";
    return { state, more: false, overdue: overdue && state === reported };
  }
  if (goal === null) return { state: reported, more: false, overdue };
  const state = stepTowards(input, goal);
  return { state, more: state !== goal && state !== reported, overdue: overdue && state === reported };
}

/** States in which work goes on that has a limit of its own; the others end in ManualInterventionRequired. */
const working: readonly HighLevelState[] = [
  "Initializing",
  "StandbyDown",
  "StandbyStarting",
  "StandbyCatchup",
  "ConfiguringActive",
];

function isOverdue({ reported, reportedForMs, longTaskMs }: StateInput): boolean {
  return working.includes(reported) && reportedForMs >= WAIT_LIMIT_MS + longTaskMs;
}

/** Where the verdict leads in the end; null: stay. */
function goalOf(input: StateInput): HighLevelState | null {
  switch (input.situation) {
    case "redundant":
      return input.upgradeFailed ? "ManualInterventionRequired" : "Normal";
    case "serving":
      return input.upgradeFailed ? "ManualInterventionRequired" : servingGoal(input);
    case "patience":
      return patient(input);
    case "founding":
      // A record that was lost is written anew within a pass or two: nothing to show.
      return input.reported === "Reexamine" || foreign.includes(input.reported) ? "Initializing" : null;
    case "failingOver":
      return tooLong(input) && !input.acting ? "ManualInterventionRequired" : "ActiveDown";
    case "waiting":
      return tooLong(input) ? "ManualInterventionRequired" : "WaitingForActive";
    case "configuring":
      return "ConfiguringActive";
    case "stuck":
      return "ManualInterventionRequired";
  }
}

/** What is shown stays; only what lasts one pass, and an examination, come to an end. */
function patient({ reported, reportedForMs }: StateInput): HighLevelState | null {
  if (foreign.includes(reported)) return "ManualInterventionRequired";
  if (reported === "BothDown") return "WaitingForActive";
  if (reported === "ActiveTakeover") return "StandbyDown";
  return reported === "Reexamine" && reportedForMs >= LOOK_LIMIT_MS ? "ManualInterventionRequired" : null;
}

function tooLong({ reported, reportedForMs }: StateInput): boolean {
  if (reported === "ManualInterventionRequired") return true;
  return (reported === "WaitingForActive" || reported === "ActiveDown") && reportedForMs >= WAIT_LIMIT_MS;
}

function servingGoal({ reported, progress }: StateInput): HighLevelState {
  switch (progress) {
    case "down":
      return "StandbyDown";
    case "silent":
      return reported === "StandbyStarting" || reported === "StandbyCatchup" ? reported : "StandbyDown";
    case "catchingUp":
      return reported === "StandbyStarting" || reported === "StandbyCatchup"
        ? "StandbyCatchup"
        : "StandbyStarting";
    case "starting":
    case "standby":
      return reported === "StandbyStarting" || reported === "StandbyCatchup" ? reported : "StandbyDown";
  }
}

const afterTakeover: readonly HighLevelState[] = [
  "Normal",
  "StandbyDown",
  "StandbyStarting",
  "StandbyCatchup",
];
const afterBothDown: readonly HighLevelState[] = ["BothDown", "WaitingForActive", "ConfiguringActive"];

function stepTowards(
  { reported: from, activeMoved, bothDown, upgradeFailed }: StateInput,
  goal: HighLevelState,
): HighLevelState {
  // The active moved all the same: that is shown first.
  if (upgradeFailed && activeMoved && goal === "ManualInterventionRequired")
    return towardsService(from, goal, activeMoved);
  if (afterTakeover.includes(goal)) return towardsService(from, goal, activeMoved);
  if (goal === "WaitingForActive" || (goal === "ConfiguringActive" && bothDown))
    return towardsConfiguring(from, goal);
  return goal;
}

/** The writer serves. A new active is shown as ActiveDown, ActiveTakeover, StandbyDown whatever came between. */
function towardsService(from: HighLevelState, goal: HighLevelState, activeMoved: boolean): HighLevelState {
  if (activeMoved) {
    // After an examination the roles follow what was found, and there is no failure to show.
    if (from === "Reexamine") return goal;
    const down =
      from === "ActiveDown" || afterBothDown.includes(from) || from === "ManualInterventionRequired";
    return down ? "ActiveTakeover" : "ActiveDown";
  }
  switch (from) {
    case "Normal":
      return goal === "Normal" ? "Normal" : "ActiveTakeover";
    case "ActiveDown":
      // The same active again: it was only silent.
      return goal === "Normal" ? "Normal" : "ActiveTakeover";
    case "ActiveTakeover":
    case "WaitingForActive":
    case "ManualInterventionRequired":
    case "BothDown":
    case "ConfiguringActive":
      return goal === "Normal" && from !== "ActiveTakeover" && from !== "ConfiguringActive"
        ? "Normal"
        : "StandbyDown";
    case "StandbyDown":
      return goal;
    case "StandbyStarting":
    case "StandbyCatchup":
      return goal;
    default:
      return goal;
  }
}

function towardsConfiguring(from: HighLevelState, goal: HighLevelState): HighLevelState {
  switch (from) {
    case "BothDown":
      return "WaitingForActive";
    case "WaitingForActive":
    case "ConfiguringActive":
    case "ManualInterventionRequired":
    case "Reexamine":
      return goal;
    default:
      return "BothDown";
  }
}
