/** Many seeds of everything at once: SEEDS=n for more, FIRST=n to begin elsewhere. */
import { expectNone, manySeeds, summary } from "../support/world/campaign";

const SEEDS = Number(process.env["SEEDS"] ?? 1_000);
const FIRST = Number(process.env["FIRST"] ?? 1);

jest.setTimeout(300_000 + SEEDS * 1_000);

it(`keeps every promise under ${SEEDS} seeds of faults`, async () => {
  const result = await manySeeds(FIRST, FIRST + SEEDS);
  process.stdout.write(
    `${summary(result.runs, 0, result.failures.length)} explained stops=${result.explainedStops}\n`,
  );
  expectNone(result);
  // A world in which nobody gets through would promise nothing.
  expect(result.explainedStops).toBeLessThan(SEEDS / 10);
});
