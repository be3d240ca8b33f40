/** The PodDisruptionBudget of a pair follows its redundancy: the only good copy is not drained away. */
import { maxUnavailable } from "../../objects/podDisruptionBudget";
import type { Conditions, Effect } from "../decision";
import type { Observation } from "../observation";

/** @returns the change of the budget that is due, if one is */
export function budgetEffects(
  { object, budget }: Pick<Observation, "object" | "budget">,
  { Redundant, FailoverPossible }: Pick<Conditions, "Redundant" | "FailoverPossible">,
): Effect[] {
  const wanted = maxUnavailable(object, Redundant.status === "True" && FailoverPossible.status === "True");
  if (budget === null || budget.maxUnavailable === wanted) return [];
  return [{ do: "budget", name: object.metadata.name, uid: budget.uid, maxUnavailable: wanted }];
}
