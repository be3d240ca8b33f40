/** The lists in docs/reference and the code are the same, in both directions. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { conditionTypes } from "../../../capabilities/classic/conditions";
import { transitions } from "../../../capabilities/classic/decide/fence/transitions";
import { reasons } from "../../../capabilities/classic/reasons";
import { eventCatalogue, isInCatalogue } from "../../../capabilities/classic/report/catalogue";
import { normalPair } from "./simulation";

const root = join(__dirname, "..", "..", "..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");

/** Rows of the first table of a document (or of a section), as cells without back quotes. */
function table(path: string, section = ""): string[][] {
  const text = section === "" ? read(path) : (read(path).split(`\n## ${section}\n`)[1] ?? "");
  const lines = text.split("\n");
  const start = lines.findIndex(line => line.startsWith("|---"));
  const end = lines.findIndex((line, i) => i > start && !line.startsWith("|"));
  return lines.slice(start + 1, end).map(line =>
    line
      .slice(1, line.lastIndexOf("|"))
      .split("|")
      .map(cell => cell.replaceAll("`", "").trim()),
  );
}

it("docs/reference/reasons.md lists every reason with its meaning", () => {
  expect(table("docs/reference/reasons.md")).toEqual(Object.entries(reasons));
});

it("docs/reference/conditions.md lists every condition with its meaning", () => {
  expect(table("docs/reference/conditions.md")).toEqual(Object.entries(conditionTypes));
});

it("docs/reference/events.md lists every Event with its type and message", () => {
  const listed = eventCatalogue.map(({ reason, type, message }) => [reason, type, message]);
  expect(table("docs/reference/events.md")).toEqual(listed);
});

it("docs/fencing.md lists every allowed transition of the record", () => {
  const rows = table("docs/fencing.md", "Allowed writes");
  expect(rows.map(([name]) => name)).toEqual(transitions.map(({ name }) => name));
});

it("no reason is listed that nothing gives", () => {
  const sources = files(join(root, "capabilities", "classic")).filter(path => !path.endsWith("reasons.ts"));
  const code = sources.map(path => readFileSync(path, "utf8")).join("\n");
  expect(
    Object.keys(reasons).filter(name => !code.includes(`"${name}"`) && !code.includes(`reasons.${name}`)),
  ).toEqual([]);
});

it("every Event of a pair's stories is in the catalogue", () => {
  const pair = normalPair();
  pair.killDaemon(0);
  pair.settle();
  pair.killDaemon(0);
  pair.settle();
  expect(pair.written.length).toBeGreaterThan(50);
  expect(pair.written.filter(event => !isInCatalogue(event))).toEqual([]);
});

function files(folder: string): string[] {
  return readdirSync(folder)
    .map(name => join(folder, name))
    .flatMap(path => (statSync(path).isDirectory() ? files(path) : [path]));
}
