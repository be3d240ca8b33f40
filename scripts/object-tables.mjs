/** Tables of docs/reference/ from the schema's descriptions and rules: pure functions. */

/** Meaning, whether it acts already, default, and when a change acts, as every description of spec.ttspec ends. */
export const DESCRIPTION =
  /^(?<meaning>.+?)\.?(?<notYet> Not yet effective\.)? (?:Default (?<preset>.+?)\. |(?<required>Required)\. )Change (?<change>live|next Pod|fixed|none)(?:, (?<note>[^.]+))?\.$/s;

/** Words of the table for those of a description. */
const CHANGES = { "next Pod": "Pods", none: "–" };

/**
 * @param ttspec schema of spec.ttspec
 * @returns the table of its fields in Markdown
 * @throws Error that names a field whose description has another form
 */
export function ttspecTable(ttspec) {
  const rows = Object.entries(ttspec.properties).map(([name, schema]) => {
    const parts = DESCRIPTION.exec(schema.description ?? "")?.groups;
    if (parts === undefined)
      throw new Error(`spec.ttspec.${name}: its description has no default or no change`);
    const acts = parts.notYet ? "not yet" : parts.change === "none" ? "no" : "yes";
    const note = parts.note === undefined ? "" : `; a change: ${parts.note}`;
    const cells = [
      `\`${name}\``,
      typeOf(schema),
      parts.required ? "required" : preset(parts.preset),
      CHANGES[parts.change] ?? parts.change,
      acts,
      `${parts.meaning}${note}`,
    ];
    return `| ${cells.map(cell => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  });
  return ["| field | type | default | change | acts | meaning |", "|---|---|---|---|---|---|", ...rows].join(
    "\n",
  );
}

/** A value as code, words as words: "`20Mi`, request only". */
function preset(text) {
  const [value, ...words] = text.split(", ");
  return [/^(none|off|generated|by db\.ini)$/.test(value) ? value : `\`${value}\``, ...words].join(", ");
}

/**
 * @param schema of an object
 * @returns its fields, and those of objects in it as `a.b`, in Markdown
 */
export function nestedTable(schema) {
  const rows = fieldsOf(schema, "").map(
    ([name, one]) => `| \`${name}\` | ${typeOf(one)} | ${one.default ?? ""} | ${one.description ?? ""} |`,
  );
  return ["| field | type | default | meaning |", "|---|---|---|---|", ...rows].join("\n");
}

function fieldsOf(schema, prefix) {
  return Object.entries(schema.properties ?? {}).flatMap(([name, child]) => [
    [`${prefix}${name}`, child],
    ...fieldsOf(child, `${prefix}${name}.`),
    ...(child.items === undefined ? [] : fieldsOf(child.items, `${prefix}${name}[].`)),
  ]);
}

function typeOf(schema) {
  if (schema["x-kubernetes-int-or-string"]) return "integer or string";
  if (schema.enum !== undefined) return schema.enum.map(value => `\`${value}\``).join(" ");
  if (schema.type === "array") return `list of ${schema.items.type}`;
  const isQuantity = JSON.stringify(schema["x-kubernetes-validations"] ?? "").includes("isQuantity");
  return `${isQuantity ? "quantity" : schema.type}${range(schema)}`;
}

function range({ minimum, maximum }) {
  if (minimum === undefined) return "";
  return maximum === undefined ? `, ≥ ${minimum}` : `, ${minimum}–${maximum}`;
}

/**
 * @param schema of the whole object
 * @returns what the rules refuse, by field, in Markdown
 */
export function rulesTable(schema) {
  const rows = rulesOf(schema, "").map(([path, message]) => `| ${path} | ${message} |`);
  return ["| field | says |", "|---|---|", ...new Set(rows)].join("\n");
}

function rulesOf(schema, path) {
  const own = (schema["x-kubernetes-validations"] ?? []).map(({ message, fieldPath = "" }) => [
    path + fieldPath === "" ? "" : `\`${path}${fieldPath}\``,
    message.replaceAll("|", "\\|"),
  ]);
  const inside = Object.entries(schema.properties ?? {}).flatMap(([name, child]) =>
    rulesOf(child, path === "" ? name : `${path}.${name}`),
  );
  return [...own, ...inside, ...(schema.items === undefined ? [] : rulesOf(schema.items, `${path}[]`))];
}

/**
 * @param text of the page
 * @param tables by the name in its markers, `<!-- table NAME -->` to `<!-- end of table -->`
 * @returns the text with these tables
 * @throws Error when a table has no place in the page
 */
export function withTables(text, tables) {
  return Object.entries(tables).reduce((page, [name, table]) => {
    const begin = `<!-- table ${name} -->\n`;
    const from = page.indexOf(begin);
    const to = page.indexOf("<!-- end of table -->", from);
    if (from < 0 || to < 0) throw new Error(`the page has no place for table ${name}`);
    return `${page.slice(0, from)}${begin}${table}\n${page.slice(to)}`;
  }, text);
}
