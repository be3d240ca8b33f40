import type { Container, PodTemplate } from "./kinds";

/** User oracle of the 18.1 images and its group; owns everything under /tt. */
export const TIMESTEN_UID = 333;

const RESTRICTED = {
  runAsNonRoot: true,
  privileged: false,
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
};

/**
 * @param tt the user's container tt, where spec.template has one
 * @returns the security context of tt, ttinit and daemonlog: what the user wrote for tt, else no privileges at all;
 *   as TimesTen's user unless a runAsUser is given. Where the template runs the Pod as root (so that `su - oracle`
 *   works in it), none of the restrictions that would contradict it.
 */
export function ttSecurityContext(template: PodTemplate, tt: Container | undefined): Record<string, unknown> {
  const ofPod = template.spec?.securityContext?.["runAsUser"];
  const ofContainer = tt?.securityContext?.["runAsUser"];
  const user = ofContainer ?? ofPod;
  const identity = user === undefined ? { runAsUser: TIMESTEN_UID, runAsGroup: TIMESTEN_UID } : {};
  if (tt?.securityContext !== undefined) return { ...identity, ...tt.securityContext };
  return user === 0 ? { privileged: false } : { ...identity, ...RESTRICTED };
}

/** @returns the Pods' security context: the user's, with the group that makes the volumes TimesTen's */
export function podSecurityContext(template: PodTemplate): Record<string, unknown> {
  return { fsGroup: TIMESTEN_UID, ...template.spec?.securityContext };
}
