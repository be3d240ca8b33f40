/** How far an upgrade is, in words and numbers. */
import type { ConditionVerdict, Reason } from "../../decision";
import type { Observation } from "../../observation";
import { whyAway } from "../fence/found";
import type { Verdict } from "../fence/verdict";
import { whyNotDeleted } from "./effects";
import { nextToReplace, target, whyNotFit } from "./facts";
import { isUp } from "./failure";
import type { UpgradeMemory } from "./memory";
import { STEPS } from "./memory";

/** @returns number of the step that is under way; 0 outside an upgrade */
export function stepOf(o: Observation, memory: UpgradeMemory): number {
  const { phase, pod, failedIn } = memory;
  const replaced = o.pods.find(one => one.name === pod?.name);
  const isBack =
    pod?.goneAtMs !== null && replaced !== undefined && replaced.uid !== pod?.uid && isUp(replaced);
  const part = phase === "Failed" || phase === "Recovering" ? failedIn : phase;
  switch (part) {
    case "Standby":
      return pod?.goneAtMs === null ? 1 : isBack ? 3 : 2;
    case "Active":
      return isBack ? 5 : 4;
    default:
      return 0;
  }
}

/** @returns why the upgrade is where it is; null while there is none */
export function explain(o: Observation, verdict: Verdict, memory: UpgradeMemory): Reason | null {
  const image = target(o);
  switch (memory.phase) {
    case "Idle":
      return null;
    case "Waiting":
      return { reason: "UpgradeWaiting", message: `the change to ${image} is being prepared` };
    case "Refused":
      return { reason: "UpgradeRefused", message: memory.message };
    case "Failed":
      return { reason: "UpgradeFailed", message: failedMessage(memory, image) };
    case "Recovering": {
      const message = `after the failed upgrade to ${image}: ${verdict.why.message}`;
      return { reason: "UpgradeRecovering", message };
    }
    case "Unfinished":
      return { reason: "UpgradeUnfinished", message: memory.message };
    case "Manual": {
      const left = o.pods.filter(pod => pod.images !== null && pod.images.tt !== image).map(pod => pod.name);
      const message = `imageUpgradeStrategy is manual: ${left.length === 0 ? "waiting for both Pods" : left.length === 1 ? `${left[0]} takes ${image} when it is deleted` : `${left.join(" and ")} take ${image} when they are deleted, the standby first`}`;
      return { reason: "UpgradeManual", message };
    }
    case "Standby":
    case "Active":
      return running(o, verdict, memory);
  }
}

function failedMessage({ message, failedIn }: UpgradeMemory, image: string): string {
  const phase = failedIn === "Active" ? "the former active" : "the standby";
  return `the upgrade of ${phase} to ${image} failed: ${message}; the active is untouched. Set the former image back, or repair the Pod and change reexamine`;
}

const reasonOfStep = [
  "UpgradeStarting",
  "UpgradeStarting",
  "UpgradeReplacingStandby",
  "UpgradeVerifyingStandby",
  "UpgradeReplacingActive",
  "UpgradeVerifyingActive",
] as const satisfies readonly Reason["reason"][];

function running(o: Observation, verdict: Verdict, memory: UpgradeMemory): Reason {
  const step = stepOf(o, memory);
  const reason = reasonOfStep[step] ?? "UpgradeStarting";
  return { reason, message: `step ${step} of ${STEPS}: ${whatHappens(o, verdict, memory)}` };
}

function whatHappens(o: Observation, verdict: Verdict, memory: UpgradeMemory): string {
  const { pod } = memory;
  if (pod === null) return `the pair is prepared for ${target(o)}`;
  const role = pod.role === "ACTIVE" ? "the active's" : "the standby's";
  if (pod.goneAtMs === null) {
    const next = nextToReplace(o);
    const wait = next === null ? null : whyNotDeleted(o, verdict, next, memory);
    return `${role} Pod ${pod.name} is replaced${wait === null ? "" : ` as soon as it can be: ${wait}`}`;
  }
  const back = o.pods.find(one => one.name === pod.name);
  if (back === undefined) return verdict.why.message;
  if (isUp(back) && back.uid !== pod.uid) {
    const unfit = whyNotFit(o);
    return `${pod.name} is back and ${unfit === null ? "well" : `becomes the standby: ${verdict.why.message}`}`;
  }
  const trouble = back.trouble === null ? "" : `: ${back.trouble}`;
  return `waiting for ${whyAway(back)}${trouble}`;
}

/** @returns the condition Upgrading */
export function upgradingCondition(memory: UpgradeMemory, why: Reason | null): ConditionVerdict {
  if (why === null) return { status: "False", reason: "NoUpgrade", message: "no upgrade is under way" };
  const ended = ["Failed", "Recovering", "Refused", "Unfinished"].includes(memory.phase);
  return { status: ended ? "False" : "True", ...why };
}
