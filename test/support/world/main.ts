/**
 * The deterministic world from the command line.
 * usage: main.ts campaign            SEEDS=n (default 1000), FIRST=n (default 1), JOBS=n (default: processors)
 *                                    KILLPOINTS=0 leaves the kill points out, =all takes each scenario with one and
 *                                    two operators (default: with one of the two)
 *        main.ts replay 'TEXT'       one run as a failure names it, with its whole story
 */
import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import {
  allKillPoints,
  type CampaignResult,
  type Failure,
  headline,
  killPointBases,
  manySeeds,
  parseReplay,
  replayText,
  summary,
  tell,
} from "./campaign";
import { runScenario } from "./run";

const number = (name: string, otherwise: number): number => Number(process.env[name] ?? otherwise);

interface Part {
  seeds: number;
  killPoints: number;
  explainedStops: number;
  failures: string[];
}

async function replay(text: string): Promise<number> {
  const result = await runScenario(parseReplay(text));
  console.log(result.story().join("\n"));
  console.log(
    `${replayText(parseReplay(text))}: ${result.outcome}, hash ${result.hash().slice(0, 16)}, commits ${JSON.stringify(result.commits)}, ` +
      `${Math.round(result.virtualMs / 1000)} s in ${result.steps} steps`,
  );
  for (const violation of result.violations) console.log(`VIOLATED ${violation}`);
  return result.violations.length === 0 ? 0 : 1;
}

/** A long campaign is not kept waiting for. */
function complain(failure: Failure): void {
  console.error(headline(failure));
}

/** This process's share: every `jobs`-th seed and scenario. */
async function part(job: number, jobs: number, seeds: number, first: number): Promise<Part> {
  const done: CampaignResult[] = [];
  const wanted = process.env["KILLPOINTS"] ?? "half";
  const bases = wanted === "0" ? [] : killPointBases(wanted === "all");
  for (const [i, base] of bases.entries())
    if (i % jobs === job) done.push(await allKillPoints(base, complain));
  const killPoints = done.reduce((sum, one) => sum + one.killPoints, 0);
  const many = await manySeeds(first + job, first + seeds, jobs, complain);
  done.push(many);
  return {
    seeds: many.runs,
    killPoints,
    explainedStops: many.explainedStops,
    failures: done.flatMap(one => one.failures).map(failure => tell(failure)),
  };
}

async function campaign(): Promise<number> {
  const jobs = number("JOBS", availableParallelism());
  const parts = await Promise.all(Array.from({ length: jobs }, (_, job) => child(job, jobs)));
  const failures = parts.flatMap(one => one.failures);
  for (const failure of failures.slice(0, 5)) console.log(failure);
  const sum = (of: (one: Part) => number): number => parts.reduce((total, one) => total + of(one), 0);
  console.log(`explained stops: ${sum(one => one.explainedStops)}`);
  console.log(
    summary(
      sum(one => one.seeds),
      sum(one => one.killPoints),
      failures.length,
    ),
  );
  return failures.length === 0 ? 0 : 1;
}

function child(job: number, jobs: number): Promise<Part> {
  return new Promise((resolve, reject) => {
    const args = [
      ...process.execArgv,
      // Runs make much that dies young.
      "--max-semi-space-size=64",
      process.argv[2] === undefined ? "" : ENTRY,
      "part",
      String(job),
      String(jobs),
    ];
    const running = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    running.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    running.on("exit", code => {
      if (code === 0) resolve(JSON.parse(output) as Part);
      else reject(new Error(`part ${job} ended with ${code ?? "a signal"}`));
    });
  });
}

/** This very bundle. */
const ENTRY = __filename;

async function main(): Promise<number> {
  const [command = "campaign", ...args] = process.argv.slice(2);
  switch (command) {
    case "campaign":
      return campaign();
    case "part": {
      const result = await part(Number(args[0]), Number(args[1]), number("SEEDS", 1_000), number("FIRST", 1));
      process.stdout.write(JSON.stringify(result));
      return 0;
    }
    case "replay":
      return replay(args.join(" "));
    default:
      console.error("usage: main.ts campaign | replay 'TEXT'");
      return 2;
  }
}

main().then(
  code => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  },
);
