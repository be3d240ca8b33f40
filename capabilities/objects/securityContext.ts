import type { TimesTenClassicObject } from "../../generated/types";
import type { Container, PodTemplate } from "./kinds";

/** User oracle of the 18.1 images and its group; owns everything under /tt. */
export const TIMESTEN_UID = 333;

/** What Pod Security "restricted" asks of a container (kubernetes.io/docs/concepts/security/pod-security-standards). */
const RESTRICTED = {
  runAsNonRoot: true,
  privileged: false,
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
};
const SECCOMP = { seccompProfile: { type: "RuntimeDefault" } };

interface Capabilities {
  add?: string[];
  drop?: string[];
}

/**
 * @param tt the user's container tt, where spec.template has one
 * @returns the security context of tt, ttinit, daemonlog and every other container that the operator adds: no
 *   privileges at all, as TimesTen's user, changed field by field by what the user wrote for tt. Where the template
 *   runs the Pod as root (so that `su - oracle` works in it), or with privileges, none of the restrictions that would
 *   contradict it.
 */
export function ttSecurityContext(
  object: TimesTenClassicObject,
  template: PodTemplate,
  tt: Container | undefined,
): Record<string, unknown> {
  const ofPod = template.spec?.securityContext ?? {};
  const own = tt?.securityContext ?? {};
  const user = own["runAsUser"] ?? ofPod["runAsUser"];
  const identity = isGiven(user) ? {} : { runAsUser: TIMESTEN_UID, runAsGroup: TIMESTEN_UID };
  const readOnly = object.spec.ttspec.readOnlyRootFilesystem === true ? { readOnlyRootFilesystem: true } : {};
  const base = user === 0 ? { privileged: false } : { ...identity, ...restrictions(own, ofPod) };
  return { ...base, ...readOnly, ...own, ...capabilities(base, own) };
}

/** The API server refuses those that contradict a privilege the user asks for. */
function restrictions(own: Record<string, unknown>, ofPod: Record<string, unknown>): Record<string, unknown> {
  if (own["privileged"] === true) return {};
  const { allowPrivilegeEscalation, ...rest } = RESTRICTED;
  const added = ((own["capabilities"] as Capabilities | undefined)?.add ?? []).map(one =>
    one.replace(/^CAP_/, ""),
  );
  return {
    ...rest,
    ...(added.includes("SYS_ADMIN") ? {} : { allowPrivilegeEscalation }),
    // Where the whole Pod has a profile of the user's, that is the one.
    ...(isGiven(ofPod["seccompProfile"]) ? {} : SECCOMP),
  };
}

/** Both lists are of one field: to add one capability is not to keep all others. */
function capabilities(
  base: Record<string, unknown>,
  own: Record<string, unknown>,
): { capabilities?: Capabilities } {
  const [ours, users] = [base, own].map(one => one["capabilities"] as Capabilities | null | undefined);
  if (!isGiven(ours) || !isGiven(users)) return {};
  return { capabilities: { ...ours, ...users } };
}

const isGiven = <T>(value: T | null | undefined): value is T => value !== undefined && value !== null;

/** @returns whether tt may write to no file of its image: then its containers need a /tmp of their own */
export function rootIsReadOnly(object: TimesTenClassicObject, tt: Container | undefined): boolean {
  return ttSecurityContext(object, {}, tt)["readOnlyRootFilesystem"] === true;
}

/** @returns the Pods' security context: the user's, with the group that makes the volumes TimesTen's */
export function podSecurityContext(template: PodTemplate): Record<string, unknown> {
  return { fsGroup: TIMESTEN_UID, ...template.spec?.securityContext };
}
