/** Many seeds of everything at once, on all processors: SEEDS=n for more, FIRST=n to begin elsewhere. */
import { runCampaign } from "../support/world/campaigning";
import { summary } from "../support/world/campaign";

const SEEDS = Number(process.env["SEEDS"] ?? 3_000);

jest.setTimeout(300_000 + SEEDS * 1_000);

it(`keeps every promise under ${SEEDS} seeds of faults`, async () => {
  const { code, output, seeds, violations, explainedStops } = await runCampaign({
    SEEDS: String(SEEDS),
    KILLPOINTS: "0",
  });
  if (code !== 0) throw new Error(output);
  process.stdout.write(`${summary(seeds, 0, violations)} explained stops=${explainedStops}\n`);
  expect(seeds).toBe(SEEDS);
  // A world in which nobody gets through would promise nothing.
  expect(explainedStops).toBeLessThan(SEEDS / 10);
});
