/** Makes the objects that a pair needs; what has their name and is not ours stays as it is. */
import type { TimesTenClassicObject } from "../../../generated/types";
import {
  buildActiveService,
  buildEndpointSlice,
  buildHeadlessService,
  buildPodDisruptionBudget,
  buildSecret,
  certificateName,
  identityOf,
  isOwnedBy,
  resources,
} from "../../objects";
import { KubeError, type KubeObject, type Resource } from "../../runtime/ports";
import { memoryEvent } from "../decide/upgrade/applications";
import type { Effect, EventText } from "../decision";
import type { PairMemory } from "../observe/memory";
import { ownerOf } from "../observe/observe";
import { markedStatefulSet } from "../observe/template";
import { capitalised } from "../report/reasonEvents";
import { keepClaimAccess } from "./claimAccess";
import type { Executor } from "./execute";

/** The name of an object that the pair needs is taken. */
export class ForeignObjectError extends Error {
  /** @param found what is there */
  constructor(found: KubeObject) {
    super(`belongs to somebody else: ${ownerOf(found)}`);
    this.name = "ForeignObjectError";
  }
}

/** Makes an object that the pair needs, unless it is there. @throws ForeignObjectError */
export async function create(
  x: Executor,
  object: TimesTenClassicObject,
  memory: PairMemory,
  { kind, name }: Effect & { do: "create" },
): Promise<void> {
  // What the Pods need to reach the record comes before them.
  if (kind === "StatefulSet") await keepClaimAccess(x, object, null);
  const [resource, built] = await build(x, object, memory, kind);
  if (!(await createOurs(x, object, resource, built))) return;
  memory.pendingEvents.push({
    type: "Normal",
    reason: "Create",
    message: `${shownKind(kind)} ${name} created`,
  });
  if (kind === "StatefulSet") memory.pendingEvents.push(...firstWords(x, object, memory));
}

/** What a person should know when the databases are made. */
function firstWords(x: Executor, object: TimesTenClassicObject, memory: PairMemory): EventText[] {
  const { warnings = [] } = memory.survey.last ?? {};
  const doubts = warnings.map(
    (message): EventText => ({ type: "Warning", reason: "Doubtful", message: capitalised(message) }),
  );
  return [memoryEvent(object, x.settings), ...doubts];
}

/** @returns whether it was made now; it is safe to repeat. @throws ForeignObjectError */
export async function createOurs(
  x: Executor,
  object: TimesTenClassicObject,
  resource: Resource,
  built: KubeObject,
): Promise<boolean> {
  x.mayAct();
  try {
    await x.kube.create(resource, built);
    return true;
  } catch (error) {
    if (!(error instanceof KubeError) || error.status !== 409) throw error;
    await notForeign(x, object, resource, built.metadata.name);
    return false;
  }
}

/** The cache may lag behind what we made ourselves a moment ago; anything else of that name is somebody else's. */
async function notForeign(
  x: Executor,
  object: TimesTenClassicObject,
  resource: Resource,
  name: string,
): Promise<void> {
  const found = await x.kube.get(resource, identityOf(object).namespace, name);
  if (found !== null && !isOwnedBy(found, object)) throw new ForeignObjectError(found);
}

type CreateKind = (Effect & { do: "create" })["kind"];

async function build(
  x: Executor,
  object: TimesTenClassicObject,
  memory: PairMemory,
  kind: CreateKind,
): Promise<[Resource, KubeObject]> {
  switch (kind) {
    case "Secret": {
      // A Secret that was lost is made again as it was: running agents know no other.
      const value =
        memory.credentials?.value ??
        (await x.newCredentials(certificateName(identityOf(object), x.settings)));
      return [resources.secret, buildSecret(object, value)];
    }
    case "headless Service":
      return [resources.service, buildHeadlessService(object)];
    case "active Service":
      return [resources.service, buildActiveService(object)];
    case "EndpointSlice":
      return [resources.endpointSlice, buildEndpointSlice(object, null)];
    case "PodDisruptionBudget":
      return [resources.podDisruptionBudget, buildPodDisruptionBudget(object)];
    case "StatefulSet":
      return [resources.statefulSet, markedStatefulSet(object, x.settings)];
  }
}

function shownKind(kind: CreateKind): string {
  return kind === "headless Service" || kind === "active Service" ? "Service" : kind;
}
