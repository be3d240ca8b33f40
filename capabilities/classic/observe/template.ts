/**
 * Whether a StatefulSet's template is what the object asks for. The API server adds defaults and rewrites quantities,
 * so the template is not compared itself: what was written is marked by its hash in an annotation. The images are
 * compared as they are, and left out of the comparison of the rest: each follows rules of its own.
 */
import { createHash } from "node:crypto";
import type { TimesTenClassicObject } from "../../../generated/types";
import {
  buildStatefulSet,
  imagesOf,
  type DatabaseSize,
  type ObjectSettings,
  type StatefulSet,
} from "../../objects";
import type { KubeObject } from "../../runtime/ports";
import type { TemplateFacts } from "../observation";

/** StatefulSet annotation: hash of the template as it was written, without the operator's own image. */
export const TEMPLATE_ANNOTATION = "timesten.oracle.com/template";

/** StatefulSet annotation: the need of the database for which its Pods are made, and how it came about. */
export const SIZE_ANNOTATION = "timesten.oracle.com/database-size";

/** @returns what the annotation says; null where it says nothing that can be read */
export function writtenSize(set: KubeObject): DatabaseSize | null {
  try {
    const { bytes, because } = JSON.parse(set.metadata.annotations?.[SIZE_ANNOTATION] ?? "") as DatabaseSize;
    return typeof bytes === "number" && typeof because === "string" ? { bytes, because } : null;
  } catch {
    return null;
  }
}

/** @returns the StatefulSet that makes pods with that image of TimesTen, marked by its template */
export function markedStatefulSet(
  object: TimesTenClassicObject,
  settings: ObjectSettings,
  image: string = object.spec.ttspec.image,
): StatefulSet {
  const set = buildStatefulSet(withImage(object, image), settings);
  const annotations = {
    ...set.metadata.annotations,
    [TEMPLATE_ANNOTATION]: markOf(object, settings, image),
    ...(settings.size ? { [SIZE_ANNOTATION]: JSON.stringify(settings.size) } : {}),
  };
  return { ...set, metadata: { ...set.metadata, annotations } };
}

/**
 * @param isHeld the object cannot be acted on: its template stays as it is
 * @returns what is to be known of the template of a StatefulSet that belongs to the object
 */
export function templateFacts(
  object: TimesTenClassicObject,
  settings: ObjectSettings,
  set: StatefulSet,
  isHeld = false,
): TemplateFacts {
  const images = imagesOf(set.spec.template.spec);
  const isObserved = (set.status?.observedGeneration ?? Infinity) >= (set.metadata.generation ?? 0);
  if (isHeld) return { images, isAsWanted: true, bringsOurAgent: true, isObserved };
  const mark = markOf(object, settings, images.tt ?? object.spec.ttspec.image);
  return {
    images,
    isAsWanted: images.tt !== null && set.metadata.annotations?.[TEMPLATE_ANNOTATION] === mark,
    bringsOurAgent: images.agent === settings.operatorImage,
    isObserved,
  };
}

/** How many objects' marks are kept. */
const KEPT = 4_096;
/** Every pass asks for it, and it seldom changes: the last one of each object, by uid, with all that it follows from. */
const marks = new Map<string, { from: string; mark: string }>();

/** Without the operator's image: an update of the operator alone changes nothing that a user asked for. */
function markOf(object: TimesTenClassicObject, settings: ObjectSettings, image: string): string {
  const { name, namespace, uid = "" } = object.metadata;
  const neutral = { ...settings, operatorImage: "" };
  const from = JSON.stringify([name, namespace, object.spec, neutral, image]);
  const known = marks.get(uid);
  if (known?.from === from) return known.mark;
  const mark = hashOf(buildStatefulSet(withImage(object, image), neutral));
  marks.set(uid, { from, mark });
  const [oldest] = marks.keys();
  if (marks.size > KEPT && oldest !== undefined) marks.delete(oldest);
  return mark;
}

function hashOf({ spec: { updateStrategy, template } }: StatefulSet): string {
  return createHash("sha256")
    .update(JSON.stringify(sorted({ updateStrategy, template })))
    .digest("hex")
    .slice(0, 16);
}

function withImage(object: TimesTenClassicObject, image: string): TimesTenClassicObject {
  return { ...object, spec: { ...object.spec, ttspec: { ...object.spec.ttspec, image } } };
}

/** The API server may return the fields of the user's own template in another order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, one]) => [key, sorted(one)]),
  );
}
