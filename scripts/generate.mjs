// schema/ -> crds/ (all served versions), generated/openapi.d.ts (types) and tables of docs/reference/object.md and refusals.md.
// `node scripts/generate.mjs` writes them; with `--check` it only compares and exits 1 when one in the checkout is not what
// schema/ says.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
// js-yaml, not client-node's loadYaml: that one renames `enum`, `default` and x-kubernetes-* keys.
import { dump, load } from "js-yaml";
import openapiTS, { astToString } from "openapi-typescript";
import { CRD_BYTES_MAX, withAllVersions } from "./crd-versions.mjs";
import { nestedTable, rulesTable, ttspecTable, withTables } from "./object-tables.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const read = path => readFileSync(join(root, path), "utf8");

/** What shall be in the checkout: text by path. */
const texts = {};
const schemas = {};
/** The CRD's schema as the API server gets it, with its rules. */
let stored = {};

for (const file of readdirSync(join(root, "schema"))
  .filter(name => name.endsWith(".yaml"))
  .sort()) {
  const source = load(read(`schema/${file}`));
  const crd = withAllVersions(source);
  const bytes = Buffer.byteLength(JSON.stringify(crd));
  if (bytes > CRD_BYTES_MAX)
    throw new Error(`${file}: the CRD has ${bytes} bytes, more than ${CRD_BYTES_MAX}`);
  const note = `# Generated from schema/${file} by scripts/generate.mjs; never edited.\n`;
  texts[`crds/${file}`] = note + dump(crd, { lineWidth: -1, noRefs: true });
  stored = crd.spec.versions[0].schema.openAPIV3Schema;
  schemas[crd.spec.names.kind] = plain(source.spec.versions[0].schema.openAPIV3Schema);
}

/**
 * Types of an object as the operator reads it: an explicit null is absent there (capabilities/objects/normal.ts). What
 * OpenAPI has no word for: int-or-string becomes a union, preserve-unknown an open object.
 */
function plain(schema) {
  if (Array.isArray(schema)) return schema.map(plain);
  if (schema === null || typeof schema !== "object") return schema;
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, plain(value)]));
  if (copy.nullable === true) delete copy.nullable;
  if (copy["x-kubernetes-int-or-string"] === true)
    return { description: copy.description, anyOf: [{ type: "integer" }, { type: "string" }] };
  if (copy["x-kubernetes-preserve-unknown-fields"] === true && copy.properties === undefined)
    copy.additionalProperties = true;
  return copy;
}

const ast = await openapiTS(
  { openapi: "3.0.3", info: { title: "crds", version: "1" }, paths: {}, components: { schemas } },
  { defaultNonNullable: false, emptyObjectsUnknown: true },
);
texts["generated/openapi.d.ts"] =
  `// Generated from schema/ by scripts/generate.mjs; never edited.\n\n${astToString(ast)}`;

const page = "docs/reference/object.md";
const { ttspec } = schemas.TimesTenClassic.properties.spec.properties;
const nested = [
  "prometheus",
  "subscribers",
  "updateStrategy",
  "clientTLS",
  "customClientTLS",
  "storageSelector",
];
texts[page] = withTables(read(page), {
  "spec.ttspec": ttspecTable(ttspec),
  ...Object.fromEntries(nested.map(name => [`spec.ttspec.${name}`, nestedTable(ttspec.properties[name])])),
});

const refusals = "docs/reference/refusals.md";
texts[refusals] = withTables(read(refusals), { rules: rulesTable(stored) });

if (process.argv.includes("--check")) {
  const other = Object.entries(texts).filter(([path, text]) => read(path) !== text);
  for (const [path] of other)
    console.error(`${path} is not what schema/ says: run \`make generate\` and commit the result`);
  if (other.length > 0) process.exit(1);
} else {
  for (const [path, text] of Object.entries(texts)) writeFileSync(join(root, path), text);
}
