/** The reference pages say what the code does: every name of one is in the other. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { errorCodes } from "../../../capabilities/runtime/errors";
import { metricHelp } from "../../../capabilities/runtime/metrics";
import { settingNames } from "../../../capabilities/runtime/settings";

/** @returns first column (without marks) to the other columns, of every table row whose first cell is code */
function rows(page: string): Map<string, string[]> {
  const text = readFileSync(join(__dirname, "..", "..", "..", "docs", "reference", page), "utf8");
  const cells = text
    .split("\n")
    .filter(line => line.startsWith("| `"))
    .map(line => line.split("|").map(cell => cell.trim()));
  return new Map(cells.map(([, name, ...rest]) => [(name ?? "").replaceAll("`", ""), rest]));
}

describe("the reference page", () => {
  it("of errors lists every code with its sentence, and no other", () => {
    const listed = rows("errors.md");
    expect([...listed.keys()].sort()).toEqual(Object.keys(errorCodes).sort());
    for (const [code, sentence] of Object.entries(errorCodes)) expect(listed.get(code)?.[0]).toBe(sentence);
  });

  it("of settings lists every variable, and no other", () => {
    expect([...rows("settings.md").keys()].sort()).toEqual([...settingNames].sort());
  });

  it("of metrics lists every metric with its help, and no other", () => {
    const listed = rows("metrics.md");
    expect([...listed.keys()].sort()).toEqual(Object.keys(metricHelp).sort());
    for (const [name, help] of Object.entries(metricHelp)) expect(listed.get(name)?.[1]).toBe(help);
  });
});
