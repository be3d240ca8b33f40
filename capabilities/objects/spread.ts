import type { PodTemplate } from "./kinds";
import { APP_LABEL } from "./names";

/** The most there is: on one node only where there is no other. */
const WEIGHT = 100;

/**
 * @param name of the object
 * @param template the user's spec.template
 * @returns the user's affinity, and where it says nothing about keeping Pods apart, the wish that those of the object
 *   run on different nodes: a node that is lost or drained then takes only one of them
 */
export function podAffinity(name: string, template: PodTemplate): Record<string, unknown> {
  const own = (template.spec?.["affinity"] ?? {}) as Record<string, unknown>;
  if (own["podAntiAffinity"] !== undefined && own["podAntiAffinity"] !== null) return own;
  const podAffinityTerm = {
    topologyKey: "kubernetes.io/hostname",
    labelSelector: { matchLabels: { [APP_LABEL]: name } },
  };
  return {
    ...own,
    podAntiAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [{ weight: WEIGHT, podAffinityTerm }],
    },
  };
}
