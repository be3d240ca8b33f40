/** The model's searches of the product's own code, within the small bounds. */
import { endingRuns, smallRuns } from "../support/model/bounds";
import { model, type Outcome } from "../support/model/outcome";

jest.setTimeout(300_000);

let outcome: Outcome;
beforeAll(async () => {
  outcome = await model("check");
});

it.each(smallRuns.map(one => one.name))("nothing is broken within: %s", name => {
  expect(outcome.out).toContain(`ok         ${name}  `);
});

it.each(endingRuns.map(one => one.name))("every way leads to Normal or an explained stop from: %s", name => {
  expect(outcome.out).toMatch(new RegExp(`^ok +from every .*state of: ${name}  `, "m"));
});

it("ends with a line for scripts, and well", () => {
  expect(outcome.out.trim()).toMatch(/model: states=\d+ depth=\d+ violations=0 mutants=0\/0$/);
  expect(outcome.code).toBe(0);
});
