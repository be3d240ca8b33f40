/** The CRD's schema as a list of fields: what the generator walks. */
import { readFileSync } from "node:fs";
import { load } from "js-yaml";

/** The parts of a structural schema that cases are made of. */
export interface Schema {
  type?: string;
  enum?: unknown[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  required?: string[];
  properties?: Record<string, Schema>;
  items?: Schema;
  "x-kubernetes-int-or-string"?: boolean;
  "x-kubernetes-preserve-unknown-fields"?: boolean;
  "x-kubernetes-validations"?: { rule: string }[];
}

/** One field of spec. */
export interface Field {
  /** Keys from spec on, e.g. ["ttspec", "prometheus", "port"]. */
  keys: string[];
  schema: Schema;
}

interface Crd {
  spec: { versions: { storage: boolean; schema: { openAPIV3Schema: Schema } }[] };
}

/** @returns e.g. spec.ttspec.prometheus.port */
export function pathOf(field: Field): string {
  return ["spec", ...field.keys].join(".");
}

/**
 * @param file of the CRD
 * @returns every field below spec, each object before what is in it; what is in lists is part of the list
 */
export function fieldsOf(file: string): Field[] {
  const crd = load(readFileSync(file, "utf8")) as Crd;
  const stored = crd.spec.versions.find(version => version.storage);
  const spec = stored?.schema.openAPIV3Schema.properties?.["spec"];
  if (spec === undefined) throw new Error(`${file} has no schema of spec`);
  return below(spec, []);
}

function below(schema: Schema, keys: string[]): Field[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, child]) => {
    const field = { keys: [...keys, key], schema: child };
    return [field, ...below(child, field.keys)];
  });
}
