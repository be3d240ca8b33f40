/** Label and field selectors as the API server reads them. */
import type { KubeObject, ListOptions } from "../../../../capabilities/runtime/ports";

/**
 * @param selector equality, inequality, set and existence terms, comma separated
 * @throws Error on a term that is not understood, so that a test never filters by nothing
 */
export function matchesLabels(
  labels: Record<string, string> | undefined,
  selector: string | undefined,
): boolean {
  if (selector === undefined || selector === "") return true;
  return splitTerms(selector).every(term => matchesTerm(labels ?? {}, term));
}

function splitTerms(selector: string): string[] {
  return selector.split(/,(?![^(]*\))/).map(term => term.trim());
}

function matchesTerm(labels: Record<string, string>, term: string): boolean {
  const set = /^([^\s!=]+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(term);
  if (set !== null) {
    const values = set[3]!.split(",").map(value => value.trim());
    const value = labels[set[1]!];
    return set[2] === "in"
      ? value !== undefined && values.includes(value)
      : value === undefined || !values.includes(value);
  }
  const pair = /^([^\s!=]+)\s*(==|=|!=)\s*(\S*)$/.exec(term);
  if (pair !== null) return pair[2] === "!=" ? labels[pair[1]!] !== pair[3] : labels[pair[1]!] === pair[3];
  const exists = /^(!?)([^\s!=]+)$/.exec(term);
  if (exists === null) throw new Error(`selector term not understood: ${term}`);
  return (labels[exists[2]!] !== undefined) === (exists[1] === "");
}

/** @returns whether the object belongs into a list or watch with these options */
export function matchesOptions(object: KubeObject, options: ListOptions): boolean {
  if (options.namespace !== undefined && object.metadata.namespace !== options.namespace) return false;
  if (!matchesLabels(object.metadata.labels, options.labelSelector)) return false;
  return matchesFields(object, options.fieldSelector);
}

function matchesFields(object: KubeObject, selector: string | undefined): boolean {
  if (selector === undefined || selector === "") return true;
  return selector.split(",").every(term => {
    const match = /^([^=!]+)(==|=|!=)(.*)$/.exec(term.trim());
    if (match === null) throw new Error(`field selector term not understood: ${term}`);
    const value = at(object, match[1]!);
    const equal = (typeof value === "string" ? value : "") === match[3];
    return match[2] === "!=" ? !equal : equal;
  });
}

function at(value: unknown, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>(
      (inner, key) =>
        typeof inner === "object" && inner !== null ? (inner as Record<string, unknown>)[key] : undefined,
      value,
    );
}
