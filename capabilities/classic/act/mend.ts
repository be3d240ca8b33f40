/** Puts back what somebody else changed in an object of ours: our fields alone, by server-side apply. */
import type { TimesTenClassicObject } from "../../../generated/types";
import { identityOf, isOwnedBy, resources } from "../../objects";
import { KubeError, type Resource } from "../../runtime/ports";
import type { Effect } from "../decision";
import { differences, ownFields, type MendedKind } from "../observe/drift";
import type { PairMemory } from "../observe/memory";
import { specFault } from "../observe/needs";
import { versionOf } from "../observe/observe";
import type { Executor } from "./execute";

const places: Record<MendedKind, Resource> = {
  "headless Service": resources.service,
  "active Service": resources.service,
  PodDisruptionBudget: resources.podDisruptionBudget,
  StatefulSet: resources.statefulSet,
};

/** @throws KubeError, but for a refusal of the fields themselves: that is no better the next time */
export async function mend(
  x: Executor,
  object: TimesTenClassicObject,
  memory: PairMemory,
  { kind, name }: Effect & { do: "mend" },
): Promise<void> {
  const resource = places[kind];
  // Read afresh: the cache may lag behind our own last word.
  const found = await x.kube.get(resource, identityOf(object).namespace, name);
  if (found === null || !isOwnedBy(found, object)) return;
  const fields = ownFields(
    object,
    x.settings,
    kind,
    found,
    specFault(object, kind === "StatefulSet" ? found : null) !== null,
  );
  const paths = differences(found, fields);
  if (paths.length === 0) return;
  x.mayAct();
  try {
    const mended = await x.kube.apply(resource, fields);
    memory.mended.set(kind, versionOf(mended));
    // The API server may have meant the same all along, in another form.
    if (versionOf(mended) === versionOf(found)) return;
  } catch (error) {
    if (!(error instanceof KubeError)) throw error;
    if (error.status === 409) return;
    if (error.status !== 400 && error.status !== 422) throw error;
    memory.mended.set(kind, versionOf(found));
    x.log.warn("not put back", { kind, name, paths, error: error.message });
    return;
  }
  x.log.info("put back", { kind, name, paths });
  memory.pendingEvents.push(putBack(kind, name, paths));
}

/** @returns the Event about it */
export function putBack(
  kind: string,
  name: string,
  paths: readonly string[],
): { type: "Warning"; reason: string; message: string } {
  const message = `${kind} ${name} was changed by somebody else; put back: ${paths.join(", ")}`;
  return { type: "Warning", reason: "PutBack", message };
}
