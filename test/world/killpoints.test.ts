/**
 * The operator is killed before and after each of its API writes and agent commands, in every scenario, and started
 * again a little later: a crash at any point leads to the same end.
 */
import { allKillPoints, expectNone, summary } from "../support/world/campaign";
import { scenarioNames } from "../support/world/run";

jest.setTimeout(600_000);

let killPoints = 0;
let violations = 0;

async function survives(base: Parameters<typeof allKillPoints>[0]): Promise<void> {
  const result = await allKillPoints(base);
  killPoints += result.killPoints;
  violations += result.failures.length;
  expect(result.killPoints).toBeGreaterThan(0);
  expectNone(result);
}

describe("a pair survives a crash of its operator at every point", () => {
  it.each(scenarioNames)("%s", async scenario => {
    await survives({ seed: "kill-points", scenario, twosafe: scenarioNames.indexOf(scenario) % 2 === 1 });
  });

  it.each(["delete active", "kill daemon"] as const)("%s, with a second operator waiting", async scenario => {
    await survives({ seed: "two", scenario, operators: 2, twosafe: true });
  });
});

afterAll(() => process.stdout.write(`${summary(0, killPoints, violations)}\n`));
