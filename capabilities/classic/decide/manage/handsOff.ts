/** The decision of a pass in which the operator may not act: it looks, tells the record in force and reports. */
import type { HighLevelState } from "../../../../generated/types";
import type { Decision, ManagementSeen, Reason, Repairs } from "../../decision";
import type { Observation } from "../../observation";
import { evidenceFor } from "../fence/proofs";
import type { Verdict } from "../fence/verdict";
import { conditionsOf } from "../ha/conditions";
import { examinedStates, podStates } from "../ha/podStates";
import { rolesOf } from "../ha/routing";
import type { StateStep } from "../ha/states";
import { answerSwitchover } from "../ha/switchover";
import { heldUpgrade } from "../upgrade/upgrade";
import { suspensionEvents, type Hold } from "./management";

export interface HeldPass {
  o: Observation;
  /** What the rules would do; nothing of it is done. */
  verdict: Verdict;
  /** The state to which they would lead. */
  step: StateStep;
  hold: Hold;
  seen: ManagementSeen;
  /** As the last report has them. */
  repairs: Repairs;
  /** @returns the pod shown as the active in that state */
  activePod: (o: Observation, state: HighLevelState) => string | null;
}

/** While examined, agents that are silent for a moment are looked for again after this, ms. */
const LOOK_AGAIN_MS = 1_000;

/** @returns a decision that writes nothing but status */
export function handsOff({
  o,
  verdict,
  step: wanted,
  hold: held,
  seen,
  repairs,
  activePod,
}: HeldPass): Decision {
  const hold = withWaiting(o, held);
  const step = shown(o, hold, verdict, wanted);
  const looking = hold.by === "reexamine";
  const answer = answerSwitchover(o, null);
  const upgrade = heldUpgrade(o, verdict);
  return {
    state: step.state,
    podStates: looking ? examinedStates(o) : podStates(o),
    roles: rolesOf(o),
    activePod: activePod(o, step.state),
    recordWrite: null,
    evidence: evidenceFor(o),
    commands: [],
    effects: [],
    rule: `held by ${hold.by}`,
    reasons: [hold.why],
    events: [...suspensionEvents(o.object, hold), ...answer.events],
    repairs,
    conditions: conditionsOf({
      o,
      step,
      situation: verdict.write === null ? verdict.situation : "patience",
      why: whatIsLike(verdict),
      problems: [],
      hold,
      upgrade,
    }),
    upgrade,
    stopwatch: null,
    switchover: answer.switchover,
    management: seen,
    wakeAfterMs: step.more ? 0 : looking ? LOOK_AGAIN_MS : o.settings.pollingIntervalMs,
  };
}

/** A record that is Closed names nobody who may write: then the outage lasts as long as the hold. */
function withWaiting(o: Observation, hold: Hold): Hold {
  const record = o.record?.value;
  if (record?.mode !== "Closed") return hold;
  const { message } = hold.why;
  const outage = `nobody may write: record ${record.n} is Closed, and who goes on is decided only when the object is managed again`;
  return { ...hold, why: { ...hold.why, message: `${message}; ${outage}` } };
}

/** What the pair is like stays to be read beside why nothing is done about it. */
function whatIsLike({ why, write }: Verdict): Reason {
  return write === null
    ? why
    : { ...why, message: `not done while the object is not managed: ${why.message}` };
}

function shown(o: Observation, { by }: Hold, verdict: Verdict, wanted: StateStep): StateStep {
  const reported = o.object.status?.highLevelState ?? "";
  const at = (state: HighLevelState, more = false): StateStep => ({ state, more, overdue: false });
  switch (by) {
    case "stopManaging":
      return at("ManualInterventionRequired");
    case "bothDown":
      // One pass, so that it is seen.
      return wanted.state === "BothDown" && reported !== "ManualInterventionRequired"
        ? at("BothDown", true)
        : at("ManualInterventionRequired");
    case "reexamine":
      return at("Reexamine", reported !== "Reexamine");
    case "suspend": {
      if (isStopped(o)) return at("ManualInterventionRequired");
      // What would be done is not done: better than it is the pair is not shown.
      const better = wanted.state === "Normal" && verdict.write !== null;
      return better && reported !== "" ? at(reported) : { ...wanted, overdue: false };
    }
  }
}

function isStopped(o: Observation): boolean {
  return (o.object.status?.managementStopped ?? "") !== "";
}
