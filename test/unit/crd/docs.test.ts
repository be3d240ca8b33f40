import { readFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";

const root = join(__dirname, "..", "..", "..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");

interface Schema {
  properties?: Record<string, Schema>;
  items?: Schema;
}
const crd = load(read("crds/timestenclassics.yaml")) as {
  spec: { versions: { schema: { openAPIV3Schema: Schema } }[] };
};

/** @returns names of the fields at a place of the schema */
function fields(...path: string[]): string[] {
  let node: Schema | undefined = crd.spec.versions[0]?.schema.openAPIV3Schema;
  for (const step of path) node = step === "[]" ? node?.items : node?.properties?.[step];
  return Object.keys(node?.properties ?? {}).sort();
}

/** @returns the names in the first column of the tables under a heading, up to the next heading */
function documented(file: string, heading: string): string[] {
  const section =
    read(file)
      .split(/^##? /m)
      .find(part => part.startsWith(heading)) ?? "";
  // Tables of what is inside a field follow the generated one.
  return (section.split("<!-- end of table -->")[0] ?? "")
    .split("\n")
    .filter(line => line.startsWith("| `"))
    .flatMap(line => (line.split("|")[1] ?? "").match(/`[^`]+`/g) ?? [])
    .map(name => name.slice(1, -1))
    .sort();
}

describe("the reference", () => {
  it.each([
    ["docs/reference/object.md", "spec\n", ["spec"]],
    ["docs/reference/object.md", "spec.ttspec", ["spec", "ttspec"]],
    ["docs/reference/status.md", "At the top", ["status"]],
    ["docs/reference/status.md", "podStatus", ["status", "podStatus", "[]"]],
    ["docs/reference/status.md", "lastFailover", ["status", "lastFailover"]],
    ["docs/reference/status.md", "switchover", ["status", "switchover"]],
    ["docs/reference/status.md", "classicUpgradeStatus", ["status", "classicUpgradeStatus"]],
    ["docs/reference/status.md", "upgrade\n", ["status", "upgrade"]],
    ["docs/reference/status.md", "lastUpgrade", ["status", "lastUpgrade"]],
  ])("%s lists under %p exactly the fields of the schema", (file, heading, path) => {
    expect(fields(...path).length).toBeGreaterThan(2);
    expect(documented(file, heading)).toEqual(fields(...path));
  });
});
