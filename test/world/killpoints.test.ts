/**
 * The operator is killed before and after each of its API writes and agent commands, in every scenario, and started
 * again a little later: a crash at any point leads to the same end.
 */
import { allKillPoints, expectNone, summary } from "../support/world/campaign";
import { scenarioNames } from "../support/world/run";

jest.setTimeout(600_000);

let killPoints = 0;
let violations = 0;

describe.each(scenarioNames)("%s", scenario => {
  it.each([false, true])("survives a crash of the operator at every point (twosafe: %s)", async twosafe => {
    const result = await allKillPoints({ seed: "kill-points", scenario, twosafe });
    killPoints += result.killPoints;
    violations += result.failures.length;
    expect(result.killPoints).toBeGreaterThan(0);
    expectNone(result);
  });

  it("survives it with a second operator waiting", async () => {
    const result = await allKillPoints({ seed: "two", scenario, operators: 2 });
    killPoints += result.killPoints;
    violations += result.failures.length;
    expectNone(result);
  });
});

afterAll(() => process.stdout.write(`${summary(0, killPoints, violations)}\n`));
