// CRDs -> TypeScript types. `node scripts/generate.mjs` writes generated/openapi.d.ts; with `--check` it only compares
// and exits 1 when the file in the checkout is not what the CRDs say.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
// js-yaml, not client-node's loadYaml: that one renames `enum`, `default` and x-kubernetes-* keys.
import { load } from "js-yaml";
import openapiTS, { astToString } from "openapi-typescript";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const target = join(root, "generated", "openapi.d.ts");

/** @returns the stored schema of every CRD in crds/, by kind */
function schemas() {
  const found = {};
  for (const file of readdirSync(join(root, "crds"))
    .filter(name => name.endsWith(".yaml"))
    .sort()) {
    const crd = load(readFileSync(join(root, "crds", file), "utf8"));
    const stored = crd.spec.versions.find(version => version.storage);
    if (!stored) throw new Error(`${file}: no stored version`);
    found[crd.spec.names.kind] = plain(stored.schema.openAPIV3Schema);
  }
  return found;
}

/** What OpenAPI has no word for: int-or-string becomes a union, preserve-unknown an open object. */
function plain(schema) {
  if (Array.isArray(schema)) return schema.map(plain);
  if (schema === null || typeof schema !== "object") return schema;
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, plain(value)]));
  if (copy["x-kubernetes-int-or-string"] === true)
    return { description: copy.description, anyOf: [{ type: "integer" }, { type: "string" }] };
  if (copy["x-kubernetes-preserve-unknown-fields"] === true && copy.properties === undefined)
    copy.additionalProperties = true;
  return copy;
}

const ast = await openapiTS(
  { openapi: "3.0.3", info: { title: "crds", version: "1" }, paths: {}, components: { schemas: schemas() } },
  { defaultNonNullable: false, emptyObjectsUnknown: true },
);
const text = `// Generated from crds/ by scripts/generate.mjs; never edited.\n\n${astToString(ast)}`;

if (process.argv.includes("--check")) {
  const present = readFileSync(target, "utf8");
  if (present !== text) {
    console.error("generated/openapi.d.ts is not what crds/ says: run `make generate` and commit the result");
    process.exit(1);
  }
} else {
  writeFileSync(target, text);
}
