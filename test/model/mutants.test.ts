/** The model can fail: each seeded mistake is caught, told as a story, and can be replayed. */
import { mutations } from "../support/model/mutations";
import { model, type Outcome } from "../support/model/outcome";
import { realCode } from "../support/model/code";
import { prepare, report, search, story } from "../support/model/run";
import { ruleMutations } from "../support/model/rule-mutations";
import { broken } from "../support/model/properties";

jest.setTimeout(300_000);

const all = [...mutations, ...ruleMutations].map(one => one.name);
let outcome: Outcome;
beforeAll(async () => {
  outcome = await model("mutants");
});

it("there are the seventeen of the protocol's own model and at least as many more, no name twice", () => {
  expect(mutations.filter(one => one.listed)).toHaveLength(17);
  expect(all.length - 17).toBeGreaterThanOrEqual(17);
  expect(new Set(all).size).toBe(all.length);
});

it.each(all)("catches: %s", name => {
  expect(outcome.out).toContain(`caught     ${name}  `);
});

it("tells a counterexample as numbered sentences that one command replays to the same end", () => {
  const mutation = mutations.find(one => one.name === "margin dropped");
  if (mutation === undefined) throw new Error("no such mutation");
  const run = prepare(mutation.bounds, mutation.change(realCode));
  const { violation } = search(run, 100_000).found;
  if (violation === null) throw new Error("not caught");
  const { lines, end } = story(run, violation.path);
  expect(lines).toHaveLength(violation.path.length);
  expect(broken(end)).toBe("never two writable databases");
  const told = report(run, violation, mutation.name);
  expect(told).toMatch(/^broken: never two writable databases\n +1\. \S/);
  expect(told).toContain(`main.ts replay "3 records" ${violation.path.join(".")} --mutant "margin dropped"`);
});

it("finds nothing in the same world without the mistake", () => {
  const mutation = mutations.find(one => one.name === "margin dropped");
  if (mutation === undefined) throw new Error("no such mutation");
  const { violation, complete } = search(prepare(mutation.bounds), 100_000).found;
  expect({ violation, complete }).toEqual({ violation: null, complete: true });
});
