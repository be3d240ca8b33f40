/** What somebody else changed in an object of ours, of the fields that we set. Fields of others do not count. */
import type { TimesTenClassicObject } from "../../../generated/types";
import {
  buildActiveService,
  buildHeadlessService,
  buildPodDisruptionBudget,
  imagesOf,
  isOwnedBy,
  parseQuantity,
  type ObjectSettings,
  type StatefulSet,
} from "../../objects";
import type { KubeObject } from "../../runtime/ports";
import type { OwnedKind } from "../observation";
import { markedStatefulSet, templateFacts } from "./template";

/** Kinds whose fields are put back. The EndpointSlice follows the route, the Secret is not watched. */
export type MendedKind = Exclude<OwnedKind, "Secret" | "EndpointSlice">;

/** Our fields of an object, ready for server-side apply. */
export type OwnFields = KubeObject & { spec: Record<string, unknown> };

/**
 * @param found as the API server has it, of this object
 * @param isHeld the object cannot be acted on: its template stays as it is
 * @returns our fields; of the StatefulSet those that may change at all
 */
export function ownFields(
  object: TimesTenClassicObject,
  settings: ObjectSettings,
  kind: MendedKind,
  found: KubeObject,
  isHeld: boolean,
): OwnFields {
  switch (kind) {
    case "headless Service":
      return trimmed(buildHeadlessService(object), found);
    case "active Service":
      return trimmed(buildActiveService(object), found);
    case "PodDisruptionBudget": {
      const { maxUnavailable: _, ...spec } = buildPodDisruptionBudget(object).spec;
      return trimmed({ ...buildPodDisruptionBudget(object), spec }, found);
    }
    case "StatefulSet":
      return ofStatefulSet(object, settings, found as StatefulSet, isHeld);
  }
}

function ofStatefulSet(
  object: TimesTenClassicObject,
  settings: ObjectSettings,
  found: StatefulSet,
  isHeld: boolean,
): OwnFields {
  const image = imagesOf(found.spec.template.spec).tt ?? object.spec.ttspec.image;
  // What the spec asks for anew comes by the whole template.
  const facts = templateFacts(object, settings, found, isHeld);
  const isSettled = !isHeld && facts.isAsWanted && facts.bringsOurAgent;
  const wanted = isSettled ? markedStatefulSet(object, settings, image) : found;
  const { replicas, template } = wanted.spec;
  const isPair = object.spec.ttspec.replicationTopology !== "none";
  const spec = {
    updateStrategy: { type: "OnDelete" },
    ...(isPair ? { replicas: isSettled ? replicas : 2 } : {}),
    ...(isSettled ? { template } : {}),
  };
  const { labels, ownerReferences } = buildHeadlessService(object).metadata;
  return trimmed({ ...wanted, metadata: { ...wanted.metadata, labels, ownerReferences }, spec }, found);
}

function trimmed(
  { apiVersion, kind, metadata, spec }: KubeObject & { spec: object },
  found: KubeObject,
): OwnFields {
  const { name, namespace, labels, ownerReferences } = metadata;
  const { uid } = found.metadata;
  return {
    apiVersion,
    kind,
    metadata: { name, namespace, uid, labels, ownerReferences },
    spec: spec as Record<string, unknown>,
  };
}

/** What was found last of an object as the cache holds it: it is compared once. */
const compared = new WeakMap<KubeObject, { from: string; paths: readonly string[] }>();

/** @returns the paths of our fields that are not as they should be; none where there is no such object of ours */
export function drift(
  object: TimesTenClassicObject,
  settings: ObjectSettings,
  kind: OwnedKind,
  found: KubeObject | null,
  isHeld: boolean,
): readonly string[] {
  if (found === null || kind === "Secret" || kind === "EndpointSlice" || !isOwnedBy(found, object)) return [];
  const from = JSON.stringify([object.metadata.generation, settings, isHeld, object.spec.ttspec.image]);
  const known = compared.get(found);
  if (known?.from === from) return known.paths;
  const paths = differences(found, ownFields(object, settings, kind, found, isHeld));
  compared.set(found, { from, paths });
  return paths;
}

/** By which field items of a list are told apart. */
const KEYS = ["mountPath", "name", "containerPort", "port", "uid"];

/**
 * @param found as the API server has it: with defaults, quantities in another form, empty values left out
 * @param wanted fields that should be there
 * @returns the paths of those that are not, at most one per list or value
 */
export function differences(found: unknown, wanted: unknown, path = ""): string[] {
  if (isEmpty(wanted) && isEmpty(found)) return [];
  if (Array.isArray(wanted)) return listDifferences(found, wanted, path);
  if (isTree(wanted)) {
    if (!isTree(found)) return [path];
    return Object.entries(wanted).flatMap(([key, value]) =>
      differences(found[key], value, path === "" ? key : `${path}.${key}`),
    );
  }
  return sameValue(found, wanted) ? [] : [path];
}

function listDifferences(found: unknown, wanted: unknown[], path: string): string[] {
  if (!Array.isArray(found)) return [path];
  const key = KEYS.find(one => wanted.every(item => isTree(item) && one in item));
  if (key === undefined) {
    const same =
      found.length === wanted.length &&
      wanted.every((item, index) => differences(found[index], item).length === 0);
    return same ? [] : [path];
  }
  return wanted.flatMap(item => {
    const name = (item as Tree)[key];
    const other = (found as unknown[]).find(one => isTree(one) && one[key] === name);
    return other === undefined
      ? [`${path}[${String(name)}]`]
      : differences(other, item, `${path}[${String(name)}]`);
  });
}

type Tree = Record<string, unknown>;
const isTree = (value: unknown): value is Tree =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What the API server leaves out. */
function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === "" || value === false || value === 0) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isTree(value) && Object.values(value).every(isEmpty);
}

function sameValue(found: unknown, wanted: unknown): boolean {
  if (found === wanted) return true;
  const [a, b] = [found, wanted].map(one =>
    typeof one === "string" || typeof one === "number" ? parseQuantity(String(one)) : null,
  );
  return a !== null && a !== undefined && a === b;
}
