import { readFileSync } from "node:fs";
import { join } from "node:path";
import { checks, doubts } from "../../../capabilities/validators/checks";

const page = readFileSync(join(__dirname, "..", "..", "..", "docs", "reference", "refusals.md"), "utf8");

/** @returns the first column of the table under a heading */
function listed(heading: string): string[] {
  const section = page.split(/^## /m).find(part => part.startsWith(heading)) ?? "";
  return [...section.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name ?? "");
}

describe("the reference of refusals and warnings", () => {
  it("lists every check that refuses, in its order", () => {
    expect(listed("By the webhook")).toEqual(Object.keys(checks));
  });

  it("lists every check that warns, in its order", () => {
    expect(listed("Warnings")).toEqual(Object.keys(doubts));
  });

  it("lists the rules of the schema", () => {
    expect(listed("By the schema").length).toBeGreaterThan(40);
  });
});
