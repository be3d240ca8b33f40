/** Carries out what a pass decided. Whatever is done here is safe to repeat. */
import type { TimesTenClassicObject } from "../../../generated/types";
import type { Evidence, PermissionRecord } from "../../../protocol";
import {
  activeServiceName,
  buildEndpointSlice,
  buildRecordLease,
  findContainer,
  identityOf,
  imagesOf,
  isOwnedBy,
  parseQuantity,
  podDisruptionBudgetName,
  resources,
  statefulSetName,
  ROLE_LABEL,
  type AgentCredentials,
  type Lease,
  type ObjectSettings,
  type StatefulSet,
} from "../../objects";
import { KubeError, type KubeApi, type Log } from "../../runtime/ports";
import { applicationEvents, memoryEvent, templateChanged } from "../decide/upgrade/applications";
import type { Effect, Reason, RecordWrite } from "../decision";
import { keepClaimAccess } from "./claimAccess";
import { create, ForeignObjectError } from "./create";
import { withNotes } from "../observe/notes";
import { markedStatefulSet, templateFacts } from "../observe/template";
import type { PairMemory } from "../observe/memory";
import { grow } from "./grow";
import { mend } from "./mend";
import { endProbe, probe } from "./probe";

export interface Executor {
  kube: KubeApi;
  log: Log;
  settings: ObjectSettings;
  newCredentials: (dnsName: string) => Promise<AgentCredentials>;
  nowMs: () => number;
  /** Asked before each effect; throws when this replica may not act any more. */
  mayAct: () => void;
}

/** The record changed under us: what was decided is void, look again. */
export class RecordConflict extends Error {
  constructor() {
    super("the record was changed by another");
    this.name = "RecordConflict";
  }
}

/**
 * Compare-and-swap of the record.
 * @throws RecordConflict when another was quicker; KubeError otherwise (status 0: it may have been written)
 */
export async function writeRecord(
  x: Executor,
  object: TimesTenClassicObject,
  write: RecordWrite,
): Promise<void> {
  const { value, notes, writerPodName, replaces } = write;
  const lease = withNotes(buildRecordLease(object, value, writerPodName, replaces ?? undefined), notes);
  x.mayAct();
  try {
    if (replaces === null) await x.kube.create<Lease>(resources.lease, lease);
    else await x.kube.replace<Lease>(resources.lease, lease);
  } catch (error) {
    if (error instanceof KubeError && (error.status === 409 || error.status === 404))
      throw new RecordConflict();
    throw error;
  }
  x.log.info("record written", {
    n: value.n,
    mode: value.mode,
    writer: value.writer,
    reason: write.why.message,
  });
}

/** What the effects of a pass came to. */
export interface EffectsDone {
  routedAtMs: number | null;
  /** Effects that failed and will be tried again. */
  failures: Reason[];
  /** uids of the pods that were deleted. */
  deleted: string[];
}

/**
 * Routing goes first and stops the pass if it fails; the rest fail one by one without holding each other up.
 * @throws KubeError when clients could not be led to the active
 */
export async function runEffects(
  x: Executor,
  object: TimesTenClassicObject,
  memory: PairMemory,
  effects: readonly Effect[],
): Promise<EffectsDone> {
  let routedAtMs: number | null = null;
  for (const effect of effects) {
    if (effect.do !== "route") continue;
    await route(x, object, effect);
    routedAtMs = effect.to === null ? null : x.nowMs();
  }
  const failures: Reason[] = [];
  const deleted: string[] = [];
  // One after the other: the order matters (Secret before StatefulSet, a role is taken before it is given).
  for (const effect of effects) {
    if (effect.do === "route") continue;
    try {
      if (effect.do !== "deletePod") await runOne(x, object, memory, effect);
      else if (await deletePod(x, object, effect)) deleted.push(effect.podUID);
    } catch (error) {
      failures.push(failureOf(effect, error));
    }
  }
  return { routedAtMs, failures, deleted };
}

type OtherEffect = Exclude<Effect, { do: "route" }>;

function runOne(
  x: Executor,
  object: TimesTenClassicObject,
  memory: PairMemory,
  effect: Exclude<OtherEffect, { do: "deletePod" }>,
): Promise<void> {
  switch (effect.do) {
    case "create":
      return create(x, object, memory, effect);
    case "template":
      return applyTemplate(x, object, memory, effect);
    case "budget":
      return applyBudget(x, object, effect);
    case "mend":
      return mend(x, object, memory, effect);
    case "grow":
      return grow(x, object, memory, effect);
    case "label":
      return label(x, object, effect);
    case "probe":
      return probe(x, object, effect);
    case "endProbe":
      return endProbe(x, object, effect);
  }
}

/**
 * Exactly the pod, in exactly the version, on which the decision was made.
 * @returns whether it was deleted now; what has changed meanwhile is looked at again
 */
async function deletePod(
  x: Executor,
  object: TimesTenClassicObject,
  { podName, podUID, resourceVersion }: Effect & { do: "deletePod" },
): Promise<boolean> {
  x.mayAct();
  try {
    await x.kube.delete(resources.pod, identityOf(object).namespace, podName, {
      uid: podUID,
      resourceVersion,
    });
  } catch (error) {
    if (error instanceof KubeError && (error.status === 404 || error.status === 409)) return false;
    throw error;
  }
  x.log.info("pod deleted", { pod: podName, uid: podUID });
  return true;
}

function failureOf(effect: OtherEffect, error: unknown): Reason {
  const isForeign = error instanceof ForeignObjectError;
  const shown = `${shownEffect(effect)}${isForeign ? "" : ":"} ${messageOf(error)}`;
  return { reason: isForeign ? "ForeignObject" : "EffectFailed", message: shown };
}

/** @returns what an effect is about, for people */
function shownEffect(effect: OtherEffect): string {
  switch (effect.do) {
    case "create":
      return `${effect.kind} ${effect.name}`;
    case "template":
      return `template of StatefulSet ${effect.name}`;
    case "budget":
      return `PodDisruptionBudget ${effect.name}`;
    case "mend":
      return `${effect.kind} ${effect.name}`;
    case "grow":
      return `claim ${effect.claim.name}`;
    case "label":
      return `role label of ${effect.podName}`;
    case "probe":
    case "endProbe":
    case "deletePod":
      return `Pod ${effect.podName}`;
  }
}

/**
 * The whole template is replaced, so that what the object no longer asks for goes; everything else of the
 * StatefulSet stays as it is.
 */
async function applyTemplate(
  x: Executor,
  object: TimesTenClassicObject,
  memory: PairMemory,
  { image }: Effect & { do: "template" },
): Promise<void> {
  const { namespace, name } = identityOf(object);
  // Read afresh: the cache may lag behind our own last word.
  const found = await x.kube.get<StatefulSet>(resources.statefulSet, namespace, statefulSetName(name));
  if (found === null || !isOwnedBy(found, object)) return;
  const { images, isAsWanted, bringsOurAgent } = templateFacts(object, x.settings, found);
  if (isAsWanted && bringsOurAgent && images.tt === image) return;
  const { metadata, spec } = markedStatefulSet(object, x.settings, image);
  const annotations = { ...found.metadata.annotations, ...metadata.annotations };
  const { updateStrategy, template } = spec;
  await keepClaimAccess(x, object, found);
  x.mayAct();
  const wanted = {
    ...found,
    metadata: { ...found.metadata, annotations },
    spec: { ...found.spec, updateStrategy, template },
  };
  try {
    await x.kube.replace<StatefulSet>(resources.statefulSet, wanted);
  } catch (error) {
    // Changed by somebody meanwhile: the change itself brings the next pass.
    if (error instanceof KubeError && error.status === 409) return;
    throw error;
  }
  x.log.info("template applied", { statefulSet: `${namespace}/${name}`, image });
  if (images.tt !== image) return;
  const told = applicationEvents(images, imagesOf(template.spec));
  memory.pendingEvents.push(...(told.length > 0 || isAsWanted ? told : [templateChanged(name)]));
  if (memoryOf(found) !== memoryOf(wanted)) memory.pendingEvents.push(memoryEvent(object, x.settings));
}

/** Of tt, bytes; null where it has no limit. The API server may write the same amount in another way. */
function memoryOf({ spec }: StatefulSet): number | null {
  const tt = findContainer(spec.template.spec.containers, "tt");
  return parseQuantity(String(tt?.resources?.limits?.["memory"] ?? ""));
}

async function applyBudget(
  x: Executor,
  object: TimesTenClassicObject,
  { uid, maxUnavailable }: Effect & { do: "budget" },
): Promise<void> {
  const { namespace, name } = identityOf(object);
  x.mayAct();
  const patch = { metadata: { uid }, spec: { maxUnavailable } };
  try {
    await x.kube.mergePatch(resources.podDisruptionBudget, namespace, podDisruptionBudgetName(name), patch);
  } catch (error) {
    // Gone or replaced: the change itself brings the next pass.
    if (error instanceof KubeError && (error.status === 404 || error.status === 409)) return;
    throw error;
  }
}

async function route(
  x: Executor,
  object: TimesTenClassicObject,
  { to }: Effect & { do: "route" },
): Promise<void> {
  const { namespace, name } = identityOf(object);
  const slice = buildEndpointSlice(
    object,
    to === null
      ? null
      : { ip: to.ip, podName: to.podName, podUID: to.podUID, nodeName: to.nodeName ?? undefined },
  );
  x.mayAct();
  try {
    // Without a resourceVersion: the newest word is always right, and it is one write.
    await x.kube.replace(resources.endpointSlice, slice);
  } catch (error) {
    if (!(error instanceof KubeError) || error.status !== 404) throw error;
    await x.kube.create(resources.endpointSlice, slice);
  }
  x.log.info("route", { service: `${namespace}/${activeServiceName(name)}`, to: to?.podName ?? null });
}

async function label(
  x: Executor,
  object: TimesTenClassicObject,
  effect: Effect & { do: "label" },
): Promise<void> {
  const { namespace } = identityOf(object);
  const patch = { metadata: { uid: effect.podUID, labels: { [ROLE_LABEL]: effect.role } } };
  x.mayAct();
  try {
    await x.kube.mergePatch(resources.pod, namespace, effect.podName, patch);
  } catch (error) {
    // Gone or replaced: nothing to label.
    if (error instanceof KubeError && (error.status === 404 || error.status === 409)) return;
    throw error;
  }
}

/** @returns the error's message; the API server's messages carry no secrets */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What the agents are told: the newest record and the evidence that goes with it. */
export interface Told {
  record: PermissionRecord;
  evidence: Evidence;
}
