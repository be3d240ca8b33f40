/**
 * A part of the generated cases (make acto runs all): a real API server with the CRD, the validators, and the
 * deterministic world for what both admit. Each run takes the same part.
 */
import { join } from "node:path";
import { casesOf, type Case } from "../support/acto/cases";
import { openDoor } from "../support/acto/plane";
import { describe as tell } from "../support/acto/report";
import { runCase, type Outcome } from "../support/acto/run";
import { BASE } from "../support/acto/samples";
import { fieldsOf, pathOf } from "../support/acto/schema";

const root = join(__dirname, "..", "..");
/** CPU time after which no further case begins, ms. */
const BUDGET_MS = 45_000;

const fields = fieldsOf(join(root, "crds", "timestenclassics.yaml"));

/** @returns the cases in an order that reaches every field soon: its first ones, then its second ones, and so on */
function inTurns(lists: Case[][]): Case[] {
  const longest = Math.max(...lists.map(list => list.length));
  return Array.from({ length: longest }, (_, at) => lists.flatMap(list => list.slice(at, at + 1))).flat();
}

describe("the generated cases", () => {
  it("cover every field, and more than one state of each", () => {
    expect(fields.map(pathOf)).toEqual(
      expect.arrayContaining(["spec.ttspec.image", "spec.ttspec.prometheus.port", "spec.template"]),
    );
    for (const field of fields) expect(casesOf(field).length).toBeGreaterThan(3);
  });

  it("are refused with a path, or reach Normal, and rolling back heals", async () => {
    const { door, close } = await openDoor(root, { ttspec: { ...BASE } });
    const outcomes: Outcome[] = [];
    try {
      // The cheap ones first: what is refused needs no world.
      const lists = fields.map(field => casesOf(field).reverse());
      const began = process.cpuUsage();
      for (const one of inTurns(lists)) {
        const { user, system } = process.cpuUsage(began);
        if ((user + system) / 1_000 > BUDGET_MS) break;
        outcomes.push(await runCase(one, door));
      }
    } finally {
      await close();
    }
    expect(outcomes.filter(({ verdict }) => verdict === "failed").map(tell)).toEqual([]);
    expect(outcomes.length).toBeGreaterThan(fields.length);
    for (const verdict of ["refused", "works"])
      expect(outcomes.filter(outcome => outcome.verdict === verdict).length).toBeGreaterThan(10);
  }, 300_000);
});
