/** The schema of the kind as tests look at it. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { load } from "js-yaml";

export interface Schema {
  type?: string;
  description?: string;
  nullable?: boolean;
  properties?: Record<string, Schema>;
  items?: Schema;
  additionalProperties?: Schema;
  default?: unknown;
  enum?: unknown[];
  minimum?: number;
  maximum?: number;
  maxItems?: number;
  "x-kubernetes-preserve-unknown-fields"?: boolean;
  "x-kubernetes-int-or-string"?: boolean;
}

export interface Version {
  name: string;
  served: boolean;
  storage: boolean;
  deprecated?: boolean;
  deprecationWarning?: string;
  subresources: object;
  additionalPrinterColumns: object[];
  schema: { openAPIV3Schema: Schema };
}

export interface Crd {
  spec: {
    group: string;
    names: { kind: string; plural: string };
    conversion?: { strategy: string };
    versions: Version[];
  };
}

/** The file lies in the tree above; how far above depends on whether this runs as it is or in a bundle. */
function crdFile(): string {
  const name = join("crds", "timestenclassics.yaml");
  for (let at = __dirname; ; at = dirname(at)) {
    const file = join(at, name);
    if (existsSync(file)) return file;
    if (at === dirname(at)) throw new Error(`no ${name} above ${__dirname}`);
  }
}

/** @returns the CRD as it is applied */
export function readCrd(): Crd {
  return load(readFileSync(crdFile(), "utf8")) as Crd;
}

/** @returns the stored schema */
export function storedSchema(): Schema {
  const stored = readCrd().spec.versions.find(version => version.storage);
  if (stored === undefined) throw new Error("no stored version");
  return stored.schema.openAPIV3Schema;
}

/** Every place of a schema, as a dotted path (a list's items as []), with its node. */
export function walk(node: Schema, path: string): [string, Schema][] {
  const children = Object.entries(node.properties ?? {}).flatMap(([key, child]) =>
    walk(child, `${path}.${key}`),
  );
  const items = node.items === undefined ? [] : walk(node.items, `${path}[]`);
  return [[path, node], ...children, ...items];
}

/** @returns the paths of what is in a value and not in its schema: what the API server would drop in silence */
export function unknownFields(schema: Schema, value: unknown, path = ""): string[] {
  if (typeof value !== "object" || value === null) return [];
  if (Array.isArray(value))
    return value.flatMap((item, index) => unknownFields(schema.items ?? {}, item, `${path}[${index}]`));
  return Object.entries(value).flatMap(([key, child]) => {
    const at = `${path}.${key}`;
    const known = schema.properties?.[key] ?? schema.additionalProperties;
    if (known !== undefined) return unknownFields(known, child, at);
    return schema["x-kubernetes-preserve-unknown-fields"] === true ? [] : [at];
  });
}
