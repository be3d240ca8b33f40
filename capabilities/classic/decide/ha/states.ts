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
  /** How long the reported state has lasted, ms. */
  reportedForMs: number;
}

export interface StateStep {
  state: HighLevelState;
  /** The next pass should follow at once: the walk has not arrived. */
  more: boolean;
}

/** Waiting for a pod longer than this without a word is shown as a matter for people; it still ends by itself. */
export const WAIT_LIMIT_MS = 600_000;

/** @returns the state to report now */
export function nextState(input: StateInput): StateStep {
  const { reported } = input;
  const goal = goalOf(input);
  if (reported === "" || reported === "Initializing") {
    return { state: goal === "Normal" ? "Normal" : "Initializing", more: false };
  }
  if (goal === null) return { state: reported, more: false };
  const state = stepTowards(reported, goal, input.activeMoved);
  return { state, more: state !== goal && state !== reported };
}

/** Where the verdict leads in the end; null: stay. */
function goalOf(input: StateInput): HighLevelState | null {
  switch (input.situation) {
    case "redundant":
      return "Normal";
    case "serving":
      return servingGoal(input);
    case "patience":
      return null;
    case "founding":
      // A record that was lost is written anew within a pass or two: nothing to show.
      return null;
    case "failingOver":
      return tooLong(input) ? "ManualInterventionRequired" : "ActiveDown";
    case "waiting":
      return tooLong(input) ? "ManualInterventionRequired" : "WaitingForActive";
    case "configuring":
      return "ConfiguringActive";
    case "stuck":
      return "ManualInterventionRequired";
  }
}

function tooLong({ reported, reportedForMs }: StateInput): boolean {
  if (reported === "ManualInterventionRequired") return true;
  return (reported === "WaitingForActive" || reported === "ActiveDown") && reportedForMs >= WAIT_LIMIT_MS;
}

function servingGoal({ reported, progress }: StateInput): HighLevelState {
  switch (progress) {
    case "down":
      return "StandbyDown";
    case "catchingUp":
      return reported === "StandbyStarting" || reported === "StandbyCatchup"
        ? "StandbyCatchup"
        : "StandbyStarting";
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

function stepTowards(from: HighLevelState, goal: HighLevelState, activeMoved: boolean): HighLevelState {
  if (afterTakeover.includes(goal)) return towardsService(from, goal, activeMoved);
  if (goal === "WaitingForActive" || goal === "ConfiguringActive") return towardsConfiguring(from, goal);
  return goal;
}

/** The writer serves. A new active is shown as ActiveDown, ActiveTakeover, StandbyDown whatever came between. */
function towardsService(from: HighLevelState, goal: HighLevelState, activeMoved: boolean): HighLevelState {
  if (activeMoved) {
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
      return goal;
    default:
      return "BothDown";
  }
}
