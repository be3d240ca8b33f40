import type { TimesTenClassicObject } from "../../generated/types";
import type { PodTemplate } from "./kinds";

const DEFAULT_TERMINATION_GRACE_SECONDS = 30;
/** The agent is done so long before the kubelet kills what is left, ms. */
const MARGIN_MS = 3_000;
/** Less makes no sense: nothing can be ended in it, ms. */
const MIN_AGENT_GRACE_MS = 1_000;

/** @returns how long Kubernetes waits between SIGTERM and SIGKILL, s */
export function gracePeriodSeconds(object: TimesTenClassicObject, template: PodTemplate): number {
  const { terminationGracePeriod } = object.spec.ttspec;
  return (
    terminationGracePeriod ??
    template.spec?.terminationGracePeriodSeconds ??
    DEFAULT_TERMINATION_GRACE_SECONDS
  );
}

/** @returns how long the agent may take from SIGTERM to its end, ms */
export function agentGraceMs(object: TimesTenClassicObject, template: PodTemplate): number {
  return Math.max(gracePeriodSeconds(object, template) * 1_000 - MARGIN_MS, MIN_AGENT_GRACE_MS);
}
