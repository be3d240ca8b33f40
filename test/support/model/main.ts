/**
 * The model of the write permission from the command line:
 *   main.ts check           what `make test` searches, without mutants
 *   main.ts mutants         every seeded mistake
 *   main.ts full [WORKERS]  all of it with the full bounds; writes bench/model.md (`make model`)
 *   main.ts replay BOUNDS PATH [--mutant NAME]   a counterexample again
 */
import { fork } from "node:child_process";
import { writeFileSync } from "node:fs";
import { arch, cpus, totalmem } from "node:os";
import { endingRuns, fullRuns, smallRuns } from "./bounds";
import { checkEndings, checkMutants, checkRules, checkSearch, type Result } from "./check";
import { realCode } from "./code";
import { mutations } from "./mutations";
import { broken } from "./properties";
import { prepare, story } from "./run";

const SAMPLED = 10;

function tell(result: Result): Result {
  const { kind, name, ok, states, depth, cpuSeconds, text } = result;
  if (process.send !== undefined) process.send(result);
  else {
    const said = kind === "mutant" ? (ok ? "caught" : "NOT CAUGHT") : ok ? "ok" : "BROKEN";
    console.log(`${said.padEnd(10)} ${name}  states=${states} depth=${depth} ${cpuSeconds.toFixed(1)} s`);
    if (!ok) console.log(text);
  }
  return result;
}

const parts: Record<string, () => Result[]> = {
  check: () => [
    ...smallRuns.map(one => tell(checkSearch(one))),
    ...endingRuns.map(one => tell(checkEndings(one, SAMPLED))),
  ],
  mutants: () => [...checkMutants(), ...checkRules(SAMPLED)].map(tell),
  endings: () => endingRuns.map(one => tell(checkEndings(one, 1))),
};
for (const [k, one] of fullRuns.entries()) parts[`full${k}`] = () => [tell(checkSearch(one))];

/** @returns the line that scripts read */
function summary(results: readonly Result[]): string {
  const real = results.filter(one => one.kind !== "mutant");
  const mutants = results.filter(one => one.kind === "mutant");
  const states = results.filter(one => one.kind === "search").reduce((sum, one) => sum + one.states, 0);
  const depth = Math.max(0, ...real.map(one => one.depth));
  const violations = real.filter(one => !one.ok).length;
  return `model: states=${states} depth=${depth} violations=${violations} mutants=${mutants.filter(one => one.ok).length}/${mutants.length}`;
}

function inProcess(part: string): Promise<Result[]> {
  return new Promise((resolve, reject) => {
    const results: Result[] = [];
    const child = fork(__filename, [part], { execArgv: ["--max-old-space-size=16000"] });
    child.on("message", message => results.push(message as Result));
    child.on("error", reject);
    child.on("exit", code =>
      results.length > 0 ? resolve(results) : reject(new Error(`${part} ended with ${code} and no result`)),
    );
  });
}

async function full(workers: number): Promise<Result[]> {
  const queue = [...fullRuns.keys()].map(k => `full${k}`).concat("mutants", "endings");
  const results: Result[] = [];
  const work = async (): Promise<void> => {
    for (let part = queue.shift(); part !== undefined; part = queue.shift()) {
      for (const result of await inProcess(part)) results.push(tell(result));
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  return results;
}

function writeReport(results: readonly Result[], seconds: number): void {
  const row = ({ name, states, depth, cpuSeconds, ok }: Result): string =>
    `| ${name} | ${states} | ${depth} | ${cpuSeconds.toFixed(0)} | ${ok ? "nothing broken" : "**broken**"} |`;
  const table = (kind: Result["kind"]): string[] => results.filter(one => one.kind === kind).map(row);
  const head = ["| Bounds | States | Depth | CPU s | Result |", "|---|---|---|---|---|"];
  const machine = `${cpus().length} CPUs (${cpus()[0]?.model.trim() ?? arch()}), ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
  const lines = [
    "# Last result of `make model`",
    "",
    "What is checked and how far is in [docs/model.md](../docs/model.md).",
    "",
    `${new Date().toISOString().slice(0, 10)}, ${machine}, ${Math.round(seconds)} s.`,
    "",
    "## Searches",
    "",
    ...head,
    ...table("search"),
    "",
    "## Ways to an end, once nothing fails any more",
    "",
    ...head,
    ...table("ending"),
    "",
    "## Mutants",
    "",
    `${results.filter(one => one.kind === "mutant" && one.ok).length} of ${results.filter(one => one.kind === "mutant").length} caught.`,
    "",
    "```",
    summary(results),
    "```",
    "",
  ];
  writeFileSync("bench/model.md", lines.join("\n"));
}

function replay([name = "", path = "", flag, mutantName]: string[]): void {
  const mutant = flag === "--mutant" ? mutations.find(one => one.name === mutantName) : undefined;
  const known = [...smallRuns, ...fullRuns, ...endingRuns, ...mutations.map(one => one.bounds)];
  const within = mutant?.bounds ?? known.find(one => one.name === name);
  if (within === undefined) throw new Error(`there are no bounds "${name}"`);
  const run = prepare(within, mutant === undefined ? realCode : mutant.change(realCode));
  const steps = path === "" ? [] : path.split(".").map(Number);
  const { lines, end } = story(run, steps);
  for (const [i, line] of lines.entries()) console.log(`${String(i + 1).padStart(3)}. ${line}`);
  console.log(broken(end) === null ? "nothing is broken there" : `broken: ${broken(end)}`);
}

async function main(): Promise<void> {
  const [command = "check", ...rest] = process.argv.slice(2);
  if (command === "replay") return replay(rest);
  const began = process.hrtime.bigint();
  const part = parts[command];
  const results = command === "full" ? await full(Number(rest[0] ?? 2)) : (part?.() ?? []);
  if (process.send === undefined) {
    if (command === "full") writeReport(results, Number(process.hrtime.bigint() - began) / 1e9);
    console.log(summary(results));
  }
  process.exitCode = results.length > 0 && results.every(one => one.ok) ? 0 : 1;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
