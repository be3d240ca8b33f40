/** The cases of each field, in the manner of Acto: every state of one field, from every other that matters. */
import { BASE, NEEDS, SAMPLES } from "./samples";
import { pathOf, type Field, type Schema } from "./schema";

/** spec of an object. */
export type Spec = Record<string, unknown>;

/** One case: a creation, or a change of what runs with its roll-back. */
export interface Case {
  /** e.g. spec.ttspec.repPort */
  path: string;
  /** create: it is so from the beginning. change: an object without it gets it, and loses it again. */
  kind: "create" | "change";
  /** What the field is in this case, in words, e.g. `above the maximum`. */
  what: string;
  spec: Spec;
  /** What is there before; the roll-back leads to it. null for a creation. */
  before: Spec | null;
}

/** A value of a field; `null` and a missing one are values too. */
interface Value {
  what: string;
  value: unknown;
}

const INT32_MAX = 2 ** 31 - 1;
/** Longer texts are only tried where the schema bounds them by no more. */
const LONGEST = 5_000;

/** @returns all cases of the field */
export function casesOf(field: Field): Case[] {
  const path = pathOf(field);
  const key = field.keys.join(".");
  const before: Spec = { ttspec: { ...BASE, ...needsOf(key) } };
  const values = unique([...samples(key), ...valuesOf(field.schema)]);
  const all: Value[] = [{ what: "unset", value: undefined }, { what: "null", value: null }, ...values];
  const creations = all.map(({ what, value }): Case => {
    return { path, kind: "create", what, spec: withValue(before, field.keys, value), before: null };
  });
  const changes = all.map(({ what, value }): Case => {
    return { path, kind: "change", what, spec: withValue(before, field.keys, value), before };
  });
  // A change to what is there already is none.
  return [...creations, ...changes.filter(one => JSON.stringify(one.spec) !== JSON.stringify(one.before))];
}

/** @returns what the field needs, or the object that it is part of */
function needsOf(key: string): Spec {
  const found = Object.entries(NEEDS).filter(([of]) => key === of || key.startsWith(`${of}.`));
  return Object.assign({}, ...found.map(([, needs]) => needs)) as Spec;
}

function samples(key: string): Value[] {
  return (SAMPLES[key] ?? []).map(value => ({ what: short(value), value }));
}

/** @returns every enum value, both bounds, what is just outside, and the wrong types */
function valuesOf(schema: Schema): Value[] {
  if (schema.enum !== undefined) {
    const words = schema.enum.map(value => ({ what: short(value), value }));
    return [...words, { what: "no word of the list", value: "acto" }, ...wrongTypes(schema)];
  }
  switch (schema.type) {
    case "integer":
      return [...numbers(schema), ...wrongTypes(schema)];
    case "boolean":
      return [{ what: "true", value: true }, { what: "false", value: false }, ...wrongTypes(schema)];
    case "string":
      return [...texts(schema), ...wrongTypes(schema)];
    case "array":
      return [...lists(schema), ...wrongTypes(schema)];
    case "object":
      return [{ what: "empty", value: {} }, ...wrongTypes(schema)];
    default:
      return wrongTypes(schema);
  }
}

function numbers({ minimum, maximum }: Schema): Value[] {
  const low = minimum ?? 0;
  const high = maximum ?? INT32_MAX;
  return [
    { what: `the minimum ${low}`, value: low },
    { what: "just below", value: low - 1 },
    { what: `the maximum ${high}`, value: high },
    { what: "just above", value: high + 1 },
    { what: "in between", value: Math.min(low + 7, high) },
    { what: "a fraction", value: low + 0.5 },
  ];
}

function texts(schema: Schema): Value[] {
  const rules = schema["x-kubernetes-validations"] ?? [];
  const found: Value[] = [{ what: "empty", value: "" }];
  if (rules.some(({ rule }) => rule.includes("isQuantity"))) {
    for (const value of ["3Gi", "1500m", "0", "-1Gi", "250GB", "1e99", " 1Gi"])
      found.push({ what: value, value });
  } else {
    found.push({ what: "a word", value: "acto" }, { what: "two words", value: "Acto \u2028 İ" });
    if (schema.maxLength !== undefined && schema.maxLength < LONGEST)
      found.push({ what: "as long as may be", value: "a".repeat(schema.maxLength) });
  }
  if (schema.maxLength !== undefined && schema.maxLength < LONGEST)
    found.push({ what: "too long", value: "a".repeat(schema.maxLength + 1) });
  return found;
}

function lists({ items, maxItems }: Schema): Value[] {
  const found: Value[] = [{ what: "empty list", value: [] }];
  if (items?.type !== "string") return found;
  found.push(
    { what: "twice the same", value: ["sample", "sample"] },
    { what: "an empty text in it", value: [""] },
  );
  found.push({ what: "a name that is none", value: ["No Name"] });
  if (maxItems !== undefined)
    found.push({ what: "too many", value: Array.from({ length: maxItems + 1 }, (_, i) => `acto-${i}`) });
  return found;
}

function wrongTypes(schema: Schema): Value[] {
  const others: { type: string; value: unknown }[] = [
    { type: "string", value: "30s" },
    { type: "integer", value: 7 },
    { type: "boolean", value: true },
    { type: "array", value: ["acto"] },
    { type: "object", value: { acto: 1 } },
  ];
  const own = schema["x-kubernetes-int-or-string"] === true ? ["string", "integer"] : [schema.type];
  return others
    .filter(({ type }) => !own.includes(type))
    .map(({ type, value }) => ({ what: `wrong type ${type}`, value }));
}

/** @returns a copy in which the field has that value; undefined removes it */
function withValue(spec: Spec, [key = "", ...rest]: readonly string[], value: unknown): Spec {
  const { [key]: old, ...others } = spec;
  const inner = typeof old === "object" && old !== null && !Array.isArray(old) ? (old as Spec) : {};
  if (rest.length > 0) return { ...spec, [key]: withValue(inner, rest, value) };
  return value === undefined ? others : { ...others, [key]: value };
}

function unique(values: Value[]): Value[] {
  const seen = new Set<string>();
  return values.filter(({ value }) => {
    const text = JSON.stringify(value);
    if (seen.has(text)) return false;
    seen.add(text);
    return true;
  });
}

function short(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length <= 60 ? text : `${text.slice(0, 60)}…`;
}
