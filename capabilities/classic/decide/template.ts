/** The StatefulSet's template follows the spec. Pods of a pair are replaced by nobody because of it (OnDelete). */
import type { Effect } from "../decision";
import type { Observation } from "../observation";

/**
 * @param image TimesTen's image that new pods are to be made with
 * @returns the change of the template that is due, if one is
 */
export function templateEffects(o: Pick<Observation, "object" | "template">, image: string): Effect[] {
  const { template, object } = o;
  if (template === null) return [];
  const inStep = template.isAsWanted && template.bringsOurAgent && template.images.tt === image;
  return inStep ? [] : [{ do: "template", name: object.metadata.name, image }];
}
