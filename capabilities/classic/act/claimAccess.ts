/** The right of a pair's Pods to write their own record follows writerMayClaimSolo: given before the Pods ask for it, taken before they no longer do. */
import type { TimesTenClassicObject } from "../../../generated/types";
import {
  buildClaimAccess,
  CLAIM_VOLUME,
  claimAccessName,
  identityOf,
  isOwnedBy,
  resources,
  writerMayClaim,
  type StatefulSet,
} from "../../objects";
import { KubeError, type KubeObject } from "../../runtime/ports";
import { createOurs } from "./create";
import type { Executor } from "./execute";

interface RoleBinding extends KubeObject {
  subjects?: unknown;
}

/**
 * @param before the StatefulSet whose template is about to be replaced; null where it is about to be made
 * @throws what the API server answers; then the template stays as it is, and the next pass tries again
 */
export async function keepClaimAccess(
  x: Executor,
  object: TimesTenClassicObject,
  before: StatefulSet | null,
): Promise<void> {
  if (writerMayClaim(object)) {
    for (const [resource, built] of buildClaimAccess(object)) {
      if (await createOurs(x, object, resource, built)) continue;
      if (resource === resources.roleBinding) await bindAnew(x, object, built);
    }
  } else if (before !== null && asksToClaim(before)) {
    await unbind(x, object, () => true);
  }
}

const asksToClaim = ({ spec }: StatefulSet): boolean =>
  (spec.template.spec.volumes ?? []).some(volume => volume.name === CLAIM_VOLUME);

/** The Pods run as another account now. */
async function bindAnew(x: Executor, object: TimesTenClassicObject, built: RoleBinding): Promise<void> {
  const differs = (found: RoleBinding): boolean =>
    JSON.stringify(namesOf(found)) !== JSON.stringify(namesOf(built));
  if (await unbind(x, object, differs)) await createOurs(x, object, resources.roleBinding, built);
}

const namesOf = ({ subjects }: RoleBinding): unknown[] =>
  (Array.isArray(subjects) ? subjects : []).map(one => (one as { name?: unknown }).name);

/** Without its binding a Role grants nothing. @returns whether it was taken away now */
async function unbind(
  x: Executor,
  object: TimesTenClassicObject,
  applies: (found: RoleBinding) => boolean,
): Promise<boolean> {
  const { namespace, name } = identityOf(object);
  const found = await x.kube.get<RoleBinding>(resources.roleBinding, namespace, claimAccessName(name));
  if (found === null || !isOwnedBy(found, object) || !applies(found)) return false;
  const { uid } = found.metadata;
  x.mayAct();
  try {
    await x.kube.delete(
      resources.roleBinding,
      namespace,
      found.metadata.name,
      uid === undefined ? {} : { uid },
    );
  } catch (error) {
    if (!(error instanceof KubeError) || error.status !== 404) throw error;
  }
  return true;
}
