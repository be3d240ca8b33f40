/** The user's spec.template, of which nothing is certain: the schema keeps it as it is. */
import type { TimesTenClassicObject } from "../../generated/types";

/** A container with its place in the object. */
export interface PlacedContainer {
  path: string;
  container: Record<string, unknown>;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** @returns the objects in a list, with their index; [] for what is no list */
export function records(value: unknown): { index: number; item: Record<string, unknown> }[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((item: unknown, index) => (isRecord(item) ? [{ index, item }] : []));
}

/** @returns spec.template.spec, empty where there is none */
export function podSpecOf(object: TimesTenClassicObject): Record<string, unknown> {
  const template: unknown = object.spec?.template;
  const spec = isRecord(template) ? template["spec"] : undefined;
  return isRecord(spec) ? spec : {};
}

/** @returns the containers of the template, each with its path */
export function containersOf(
  object: TimesTenClassicObject,
  list: "containers" | "initContainers",
): PlacedContainer[] {
  return records(podSpecOf(object)[list]).map(({ index, item }) => ({
    path: `spec.template.spec.${list}[${index}]`,
    container: item,
  }));
}

/** @returns a text or number as text; "" for anything else */
export function textOf(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}
