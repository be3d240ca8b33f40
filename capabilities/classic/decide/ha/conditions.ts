/** The conditions: the same reasons as everywhere, in the form other tools read. */
import type { HighLevelState } from "../../../../generated/types";
import type { ConditionVerdict, Conditions, Reason } from "../../decision";
import { completeFor, otherPod, writerPod } from "../facts";
import type { Observation } from "../../observation";
import type { Situation } from "../fence/verdict";
import { servingPod } from "./routing";

export interface ConditionInput {
  o: Observation;
  state: HighLevelState;
  situation: Situation;
  why: Reason;
  /** What keeps the pair from being built: foreign objects, failed steps. */
  problems: Reason[];
}

export function conditionsOf(input: ConditionInput): Conditions {
  const { o, state, situation, why, problems } = input;
  const [problem] = problems;
  const stalled = situation === "stuck" ? why : problem;
  return {
    Ready: verdict(servingPod(o) !== null, why),
    Redundant: verdict(situation === "redundant" && o.record?.value.ready === true, why),
    FailoverPossible: failoverPossible(o),
    Upgrading: { status: "False", reason: "NoUpgrade", message: "no upgrade is under way" },
    Reconciling: stalled === undefined && state !== "Normal" ? { status: "True", ...why } : null,
    Stalled: stalled === undefined ? null : { status: "True", ...stalled },
  };
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
