/**
 * The operator is killed before and after each of its API writes and agent commands, in every scenario, and started
 * again a little later: a crash at any point leads to the same end. On all processors; KILLPOINTS=all takes every
 * scenario with one and with two operators.
 */
import { runCampaign } from "../support/world/campaigning";
import { summary } from "../support/world/campaign";
import { scenarioNames } from "../support/world/run";

jest.setTimeout(1_200_000);

it(`survives a crash of the operator at every point of ${scenarioNames.length} scenarios`, async () => {
  const KILLPOINTS = process.env["KILLPOINTS"] ?? "half";
  const { code, output, killPoints, violations } = await runCampaign({ SEEDS: "0", KILLPOINTS });
  if (code !== 0) throw new Error(output);
  process.stdout.write(`${summary(0, killPoints, violations)}\n`);
  expect(killPoints).toBeGreaterThan(scenarioNames.length * 10);
});
