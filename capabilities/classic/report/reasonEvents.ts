/** Events about what stands in the way: one when it begins, with its own reason, Warning. */
import type { Conditions, EventText, Reason } from "../decision";
import type { Observation } from "../observation";
import type { ReasonName } from "../reasons";

/** Reasons that people should hear of beyond the change of state they come with. */
export const eventReasons: readonly ReasonName[] = [
  "PromotionRefused",
  "PromotionLost",
  "MissingFact",
  "StandbyAhead",
  "RecordLost",
  "RecordUnusable",
  "InvalidSpec",
  "MissingConfigMap",
  "MissingSecret",
  "BadMetadata",
  "TemplateRefused",
  "MissingStorageClass",
  "PullSecretTrouble",
  "ForeignObject",
  "BrokenObject",
  "EffectFailed",
  "RepairGivenUp",
  "InstanceMissing",
  "DatabaseGone",
  "ReplicationFound",
  "BothDownManual",
  "ImageTrouble",
  "ImageUnusable",
  "ReleaseRefused",
  "WaitTooLong",
];

/**
 * @param d `reasons`: those that may be told; the report will remember the first of the pass and that of Stalled
 * @returns the Events of reasons that were not there in the last report; what this report does not remember is told
 *   when it does, or it would be told with each
 */
export function reasonEvents(
  o: Pick<Observation, "object">,
  d: { reasons: readonly Reason[]; first: Reason | undefined; conditions: Partial<Conditions> },
): EventText[] {
  const { status } = o.object;
  const stalled = status?.conditions?.find(one => one.type === "Stalled");
  const told = [status?.decisions?.at(-1)?.reason, stalled?.reason];
  const remembered = [d.first?.reason, d.conditions.Stalled?.reason];
  const isNew = ({ reason }: Reason) =>
    eventReasons.includes(reason) && !told.includes(reason) && remembered.includes(reason);
  const news = d.reasons.filter(isNew);
  const once = news.filter((one, index) => news.findIndex(other => other.reason === one.reason) === index);
  return once.map(({ reason, message }) => ({ type: "Warning", reason, message: capitalised(message) }));
}

/** @returns the text as a sentence begins; a name (of an image, a Pod, a field) stays as it is written */
export function capitalised(message: string): string {
  if (!/^[a-z]+[\s,:']/.test(message)) return message;
  return message.charAt(0).toUpperCase() + message.slice(1);
}
