/** Many runs: every kill point of a scenario, or many seeds; and how one of them is told and replayed. */
import { independentNames } from "./independent/scenarios";
import { SeededRandom } from "./random";
import {
  type RunOptions,
  type RunResult,
  runScenario,
  type ScenarioName,
  scenarioNames,
  pairScenarios,
} from "./run";

/** A run that went wrong. */
export interface Failure {
  options: RunOptions;
  violations: string[];
  story: string[];
}

export interface CampaignResult {
  runs: number;
  killPoints: number;
  explainedStops: number;
  failures: Failure[];
}

export const nothing: CampaignResult = { runs: 0, killPoints: 0, explainedStops: 0, failures: [] };

/** Runs one and keeps what is worth keeping. */
export async function record(options: RunOptions): Promise<{ result: RunResult; failure: Failure | null }> {
  const result = await runScenario(options);
  const failure =
    result.violations.length === 0 ? null : { options, violations: result.violations, story: result.story() };
  return { result, failure };
}

/**
 * Kills the operator before and after every write and command of the scenario. The points are counted in a clean run
 * of the same seed, never by hand.
 */
export async function allKillPoints(
  base: Omit<RunOptions, "killPoint" | "faults">,
  onFailure: (failure: Failure) => void = () => undefined,
): Promise<CampaignResult> {
  const clean = await record({ ...base, faults: "none" });
  const result: CampaignResult = {
    ...nothing,
    runs: 1,
    failures: clean.failure === null ? [] : [clean.failure],
  };
  for (let index = 0; index < clean.result.effects.length; index++) {
    for (const when of ["before", "after"] as const) {
      const { failure } = await record({ ...base, faults: "none", killPoint: { index, when } });
      result.runs++;
      result.killPoints++;
      if (failure === null) continue;
      result.failures.push(failure);
      onFailure(failure);
    }
  }
  return result;
}

/** @returns the runs whose every point is a kill point: each scenario, with one and two operators, short and long L */
export function killPointBases(both = true): Omit<RunOptions, "killPoint" | "faults">[] {
  return scenarioNames.flatMap((scenario, i) => {
    const one = { seed: "kill-points", scenario, brisk: true, prepared: true, drift: 0.04 };
    const variants = [
      { ...one, twosafe: i % 2 === 1, operators: 1 as const, leaseMs: 3_000 },
      { ...one, twosafe: i % 2 === 0, operators: 2 as const, leaseMs: 6_000 },
    ];
    return both ? variants : [variants[i % 2]!];
  });
}

/** Share of the runs that have independent databases. */
const INDEPENDENT = 0.05;

/** @returns what the run of this number is: scenario, mode and number of operators come from the seed */
export function randomRun(seed: number): RunOptions {
  const random = new SeededRandom(`run ${seed}`);
  return {
    seed: String(seed),
    scenario: random.pick(random.chance(INDEPENDENT) ? independentNames : pairScenarios),
    faults: "random",
    twosafe: random.chance(0.5),
    operators: random.chance(0.5) ? 2 : 1,
    ...shapeOf(seed),
    leaseMs: random.chance(0.75) ? 3_000 : 6_000,
    drift: random.pick([0, 0.04, 0.09]),
  };
}

function shapeOf(seed: number): Pick<RunOptions, "brisk" | "short"> {
  if (seed % 100 === 0) return {};
  return seed % 20 === 0 ? { brisk: true } : { short: true };
}

/** Runs seeds first, first + step, ... below last. @param onFailure told of each at once */
export async function manySeeds(
  first: number,
  last: number,
  step = 1,
  onFailure: (failure: Failure) => void = () => undefined,
): Promise<CampaignResult> {
  const result: CampaignResult = { ...nothing, failures: [] };
  for (let seed = first; seed < last; seed += step) {
    const { result: run, failure } = await record(randomRun(seed));
    result.runs++;
    if (run.outcome === "explained stop") result.explainedStops++;
    if (failure === null) continue;
    result.failures.push(failure);
    onFailure(failure);
  }
  return result;
}

const shapes = ["brisk", "prepared", "short"] as const;

/** @returns the one command that runs exactly this again and tells its whole story */
export function replayCommand(options: RunOptions): string {
  return `node scripts/run-ts.mjs test/support/world/main.ts replay '${replayText(options)}'`;
}

/** @returns e.g. `seed=17 scenario=kill-daemon faults=random twosafe operators=2 kill=12:before` */
export function replayText(options: RunOptions): string {
  const { seed, scenario, faults, twosafe, operators, leaseMs, drift, killPoint } = options;
  const words = [`seed=${inOneWord(seed)}`, `scenario=${scenario.replaceAll(" ", "_")}`, `faults=${faults}`];
  if (twosafe === true) words.push("twosafe");
  words.push(`operators=${operators ?? 1}`);
  for (const shape of shapes) if (options[shape] === true) words.push(shape);
  if (leaseMs !== undefined) words.push(`lease=${leaseMs}`);
  if (drift !== undefined) words.push(`drift=${drift}`);
  if (killPoint !== undefined) words.push(`kill=${killPoint.index}:${killPoint.when}`);
  return words.join(" ");
}

/** Neither space nor quote: the words of a line stay apart, and a shell takes it as it is. */
function inOneWord(text: string): string {
  return encodeURIComponent(text).replaceAll("'", "%27");
}

/**
 * @param text as {@link replayText} writes it
 * @throws Error when it does not name a scenario
 */
export function parseReplay(text: string): RunOptions {
  const words = new Map(text.split(/\s+/).map(word => word.split("=", 2) as [string, string | undefined]));
  const scenario = words.get("scenario")?.replaceAll("_", " ") as ScenarioName | undefined;
  if (scenario === undefined || !scenarioNames.includes(scenario))
    throw new Error(`no scenario in "${text}"`);
  const kill = words.get("kill")?.split(":");
  return {
    seed: decodeURIComponent(words.get("seed") ?? "1"),
    scenario,
    faults: words.get("faults") === "random" ? "random" : "none",
    twosafe: words.has("twosafe"),
    operators: words.get("operators") === "2" ? 2 : 1,
    ...Object.fromEntries(shapes.filter(shape => words.has(shape)).map(shape => [shape, true])),
    leaseMs: numberOf(words.get("lease")),
    drift: numberOf(words.get("drift")),
    killPoint:
      kill === undefined
        ? undefined
        : { index: Number(kill[0]), when: kill[1] === "before" ? "before" : "after" },
  };
}

function numberOf(word: string | undefined): number | undefined {
  return word === undefined ? undefined : Number(word);
}

/** @returns a failure for people: what was violated, how to see it again, the last lines of the story */
export function tell(failure: Failure, lines = 60): string {
  return [
    `--- ${replayText(failure.options)}`,
    ...failure.violations.map(violation => `  VIOLATED ${violation}`),
    `  replay: ${replayCommand(failure.options)}`,
    ...failure.story.slice(-lines).map(line => `  ${line}`),
  ].join("\n");
}

/** @returns what was violated and how to name the run, without its story */
export function headline(failure: Failure): string {
  return `${replayText(failure.options)}: ${failure.violations[0]?.split("\n")[0] ?? ""}`;
}

/** Fails with the story of the first failure when there is one. */
export function expectNone(result: CampaignResult): void {
  const [first] = result.failures;
  if (first === undefined) return;
  const others = result.failures.slice(1, 11).map(failure => replayText(failure.options));
  throw new Error(
    `${result.failures.length} of ${result.runs} runs went wrong\n${tell(first)}\nothers:\n${others.join("\n")}`,
  );
}

/** The line a campaign ends with. */
export function summary(seeds: number, killPoints: number, violations: number): string {
  return `world: seeds=${seeds} killpoints=${killPoints} violations=${violations}`;
}
