/** What is to be done in the pods: commands, when to look again, and what goes wrong. */
import type { PodCommand, Reason } from "../../decision";
import { ask, type AskFor } from "../ask";
import type { ObservedPod } from "../../observation";

export interface Plan {
  commands: PodCommand[];
  /** Look again after so long, ms; Infinity: only when something happens. */
  wakeAfterMs: number;
  /** Steps that failed and will be tried again. */
  failures: Reason[];
}

export const nothingToDo: Plan = { commands: [], wakeAfterMs: Infinity, failures: [] };

/** While an agent works, a pass follows from what it tells; this bounds the wait should it tell nothing, ms. */
const WATCH_MS = 5_000;

/** @returns the plan that one wish about one pod comes to */
export function planned(pod: ObservedPod, request: AskFor): Plan {
  const answer = ask(pod, request);
  switch (answer.is) {
    case "away":
      return nothingToDo;
    case "send":
      return {
        commands: [{ ordinal: pod.ordinal, command: answer.command }],
        wakeAfterMs: WATCH_MS,
        failures: [],
      };
    case "running":
      return { commands: [], wakeAfterMs: WATCH_MS, failures: [] };
    case "wait":
      return { commands: [], wakeAfterMs: answer.ms, failures: failure(pod, request, answer.error) };
  }
}

/** @returns both plans as one */
export function both(a: Plan, b: Plan): Plan {
  return {
    commands: [...a.commands, ...b.commands],
    wakeAfterMs: Math.min(a.wakeAfterMs, b.wakeAfterMs),
    failures: [...a.failures, ...b.failures],
  };
}

function failure(pod: ObservedPod, request: AskFor, error: string | null): Reason[] {
  if (error === null) return [];
  return [{ reason: "CommandFailed", message: `${request.wish.verb} in ${pod.name} failed: ${error}` }];
}
