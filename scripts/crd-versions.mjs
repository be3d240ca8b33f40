/** From one schema to a CRD that serves it under several names: pure functions over the parsed source of schema/. */

/** Client-side `kubectl apply` keeps the whole CRD in an annotation, of which the API server takes 256 KiB. */
export const CRD_BYTES_MAX = 200 * 1024;

/** Bounds the cost of a rule about words. */
const WORD_LENGTH_MAX = 64;

/**
 * @param source CRD whose first version is complete; later ones name only what differs
 * @returns the CRD to apply. The first version, and the newest, which `kubectl explain` shows, have all descriptions; those
 *   in between have none, so that the whole stays below CRD_BYTES_MAX
 */
export function withAllVersions(source) {
  const [written, ...later] = source.spec.versions;
  const schema = { openAPIV3Schema: withNullableWords(written.schema.openAPIV3Schema) };
  const first = { ...written, schema };
  const newest = later.at(-1);
  const bare = { openAPIV3Schema: withoutDescriptions(first.schema.openAPIV3Schema) };
  const versions = later.map(version => ({
    ...first,
    storage: false,
    ...version,
    schema: version === newest ? first.schema : bare,
  }));
  return { ...source, spec: { ...source.spec, versions: [first, ...versions] } };
}

/** An enum of a CRD refuses every null, listed or not; a rule is not asked about a null. */
function withNullableWords(schema) {
  if (schema.nullable !== true || schema.enum === undefined) return within(schema, withNullableWords);
  const { enum: words, ...rest } = schema;
  const rule = `self in [${words.map(word => `'${word}'`).join(", ")}]`;
  const message = `must be ${words.slice(0, -1).join(", ")} or ${words.at(-1)}; omit it for the default`;
  const rules = [...(rest["x-kubernetes-validations"] ?? []), { rule, message }];
  return { ...rest, maxLength: rest.maxLength ?? WORD_LENGTH_MAX, "x-kubernetes-validations": rules };
}

/** Only `description` of a schema goes, never a field of that name. */
function withoutDescriptions({ description: _, ...schema }) {
  return within(schema, withoutDescriptions);
}

/** @returns the schema with each of those directly in it changed */
function within(schema, change) {
  const { properties, items, additionalProperties } = schema;
  const each = entries => Object.fromEntries(entries.map(([name, child]) => [name, change(child)]));
  return {
    ...schema,
    ...(items === undefined ? {} : { items: change(items) }),
    ...(typeof additionalProperties === "object"
      ? { additionalProperties: change(additionalProperties) }
      : {}),
    ...(properties === undefined ? {} : { properties: each(Object.entries(properties)) }),
  };
}
