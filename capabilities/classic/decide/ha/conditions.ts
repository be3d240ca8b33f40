/** The conditions: the same reasons as everywhere, in the form other tools read. */
import type { ConditionVerdict, Conditions, Reason } from "../../decision";
import { upgradingCondition } from "../upgrade/explain";
import type { UpgradeDecision } from "../upgrade/upgrade";
import { closedByPerson, completeFor, heard, isClosedByPerson, otherPod, writerPod } from "../facts";
import type { Observation } from "../../observation";
import type { Situation } from "../fence/verdict";
import type { Hold } from "../manage/management";
import { servingPod } from "./routing";
import type { StateStep } from "./states";

export interface ConditionInput {
  o: Observation;
  step: StateStep;
  situation: Situation;
  why: Reason;
  /** What keeps the pair from being built: foreign objects, failed steps. */
  problems: Reason[];
  /** What keeps the operator from acting, if anything does. */
  hold: Hold | null;
  upgrade: Pick<UpgradeDecision, "memory" | "why">;
}

export function conditionsOf(input: ConditionInput): Conditions {
  const { o, step, situation, why, hold } = input;
  const stalled = whyStalled(input);
  const reconciling = stalled === null && step.state !== "Normal" && hold?.by !== "suspend";
  return {
    Ready: ready(o, why),
    Redundant: verdict(situation === "redundant" && o.record?.value.ready === true, why),
    FailoverPossible: hold === null ? failoverPossible(o) : { status: "False", ...hold.why },
    Upgrading: upgradingCondition(input.upgrade.memory, input.upgrade.why),
    ManagementSuspended:
      hold === null
        ? { status: "False", reason: "Managed", message: "the operator manages the object" }
        : { status: "True", ...hold.why },
    Reconciling: reconciling ? { status: "True", ...why } : null,
    Stalled: stalled === null ? null : { status: "True", ...stalled },
  };
}

/** What does not go away by itself, or not within its time. A suspended object is left alone, not stuck. */
function whyStalled({ step, situation, why, problems, hold }: ConditionInput): Reason | null {
  if (hold?.by === "suspend") return null;
  const [problem] = problems;
  if (hold !== null && step.state === "ManualInterventionRequired") return hold.why;
  if (situation === "stuck" || step.state === "ManualInterventionRequired") return why;
  if (problem !== undefined) return problem;
  return step.overdue
    ? { reason: "WaitTooLong", message: `${step.state} lasts longer than its work may take: ${why.message}` }
    : null;
}

/** @returns the condition Ready of an object that cannot be acted on, whatever its databases do; null of any other */
export function notReady(needs: Observation["needs"]): ConditionVerdict | null {
  return needs === undefined || needs.invalid === null ? null : { status: "False", ...needs.invalid };
}

/** Users are let in; where a person keeps them out, that is the reason. */
function ready(o: Observation, why: Reason): ConditionVerdict {
  const invalid = notReady(o.needs);
  if (invalid !== null) return invalid;
  const pod = servingPod(o);
  const state = pod === null ? null : heard(pod);
  if (pod === null || state === null || !isClosedByPerson(state)) return verdict(pod !== null, why);
  return { status: "False", reason: "ClosedByPerson", message: closedByPerson(pod.name) };
}

function verdict(holds: boolean, why: Reason): ConditionVerdict {
  return { status: holds ? "True" : "False", ...why };
}

function failoverPossible(o: Observation): ConditionVerdict {
  const record = o.record?.value;
  const writer = writerPod(o);
  if (record === undefined || writer === null || record.mode !== "Pair") {
    return { status: "False", reason: "NoStandby", message: "the record names no standby" };
  }
  const peer = otherPod(o, writer);
  if (!record.ready || completeFor(peer, record.n) === null) {
    return {
      status: "False",
      reason: "NoStandby",
      message: `${peer.name} is not complete for Pair ${record.n}`,
    };
  }
  return {
    status: "True",
    reason: "FailoverReady",
    message: `${peer.name} may be promoted for Pair ${record.n}`,
  };
}
