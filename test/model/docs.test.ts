/** docs/model.md and the code list the same searches, properties and mistakes; the model's shell is the agent's. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { endingRuns, fullRuns, smallRuns } from "../support/model/bounds";
import { mutations } from "../support/model/mutations";
import { properties } from "../support/model/properties";
import { ruleMutations } from "../support/model/rule-mutations";

const text = readFileSync(join(__dirname, "..", "..", "docs", "model.md"), "utf8");

/** Items of the list below a heading. */
function items(heading: string): string[] {
  const section = text.split(`\n### ${heading}\n`)[1]?.split(/\n##/)[0] ?? "";
  return section
    .split("\n")
    .filter(line => line.startsWith("- "))
    .map(line => line.slice(2));
}

it.each([
  ["Properties", properties.map(one => one.name)],
  ["In `make test`", smallRuns.map(one => one.name)],
  ["In `make model`", fullRuns.map(one => one.name)],
  ["Followed to their end", endingRuns.map(one => one.name)],
  ["Those of the protocol's own model", mutations.filter(one => one.listed).map(one => one.name)],
  ["In agents, guard and table", mutations.filter(one => !one.listed).map(one => one.name)],
  [
    "Rules of the operator left out",
    ruleMutations.map(one => one.name.replace("rule of ", "").replace(" left out", "")),
  ],
])("lists what there is: %s", (heading, names) => {
  expect(items(heading)).toEqual(names);
});
