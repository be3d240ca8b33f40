/** What a person can do where the rules wait for a proof that may never come. */
import { ATTEST_ANNOTATION } from "../../../objects/names";
import type { PermissionRecord } from "../../../../protocol";
import { heard, podOf, silentTooLong } from "../facts";
import type { Observation, ObservedPod } from "../../observation";

/** What a person does where two copies are there and no rule may choose, as the end of a sentence. */
export const chooseCopy =
  "; a person must choose: in the Pod of the copy that goes on drop the replication scheme and stop the replication agent, unload the other copy, then change spec.ttspec.reexamine";

/**
 * @param writer the pod with the writer's disk
 * @returns the command by which a person vouches for the old writer's end, as the end of a sentence; "" where such a
 *   word would not be believed, and for a silence that may be over in a moment
 */
export function wayOut(
  o: Observation,
  { writer: { podUID } }: PermissionRecord,
  writer: ObservedPod,
): string {
  const named = podOf(o, podUID);
  if (named !== undefined && (heard(named) !== null || !silentTooLong(o, named))) return "";
  const { name, annotations } = o.object.metadata;
  const overwrite = annotations?.[ATTEST_ANNOTATION] === undefined ? "" : " --overwrite";
  const gone = writer.uid === podUID ? "that Pod and its machine are" : `its former Pod ${podUID} is`;
  return `; if ${gone} gone for good, say so: kubectl annotate${overwrite} ttc ${name} ${ATTEST_ANNOTATION}=${podUID}`;
}
