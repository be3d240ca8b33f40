/** Everything the model checks, as lists of results. */
import { bounds, endingRuns } from "./bounds";
import { realCode, type Code } from "./code";
import { Fair, type Ending } from "./fair";
import { mutations } from "./mutations";
import { ruleMutations } from "./rule-mutations";
import { prepare, report, search, story, type Run } from "./run";
import { pathTo, type StateSet } from "./search";
import * as S from "./state";
import { at, type State } from "./state";
import type { Bounds } from "./world";

export interface Result {
  kind: "search" | "ending" | "mutant";
  name: string;
  ok: boolean;
  states: number;
  depth: number;
  /** Of the processor, s. */
  cpuSeconds: number;
  /** What was found, in sentences. */
  text: string;
}

/** No search goes further: the machine's memory bounds it, not the model. */
const LIMIT = 40_000_000;
const MUTANT_LIMIT = 1_000_000;

function timed<T>(work: () => T): { value: T; cpuSeconds: number } {
  const before = process.cpuUsage();
  const value = work();
  const { user, system } = process.cpuUsage(before);
  return { value, cpuSeconds: (user + system) / 1e6 };
}

/** @returns the result of a search of the product's own code */
export function checkSearch(within: Bounds): Result {
  const run = prepare(within);
  const { value, cpuSeconds } = timed(() => search(run, LIMIT).found);
  const { states, depth, complete, violation } = value;
  const text =
    violation === null ? (complete ? "nothing is broken" : "cut off") : report(run, violation, null);
  return {
    kind: "search",
    name: within.name,
    ok: violation === null && complete,
    states,
    depth,
    cpuSeconds,
    text,
  };
}

/** @returns whether standing still there is Normal, or explained: a person is told, or a container cut off lives on */
export function isFine(ending: Ending, state: State): boolean {
  if (ending.situation === "redundant" || ending.situation === "stuck") return true;
  const cutOff = at(state, S.OLD + S.BOOT) > 0;
  return cutOff && (ending.situation === "waiting" || ending.situation === "failingOver");
}

/** @param every of so many states one is followed */
export function checkEndings(within: Bounds, every: number): Result {
  const run = prepare(within);
  const { value, cpuSeconds } = timed(() => {
    const { found, states } = search(run, LIMIT);
    return { found, states, dead: deadEnd(run, states, every) };
  });
  const { found, states, dead } = value;
  const name = `from every ${every === 1 ? "" : `${every}th `}state of: ${within.name}`;
  const text = dead ?? "every way leads to Normal or to an explained stop";
  const ok = dead === null && found.violation === null;
  return {
    kind: "ending",
    name,
    ok,
    states: Math.ceil(states.count / every),
    depth: found.depth,
    cpuSeconds,
    text,
  };
}

function deadEnd(run: Run, states: StateSet, every: number): string | null {
  const fair = new Fair(run.bridge);
  for (let index = 0; index < states.count; index += every) {
    const ending = fair.ending(states.get(index));
    if (isFine(ending, states.get(index))) continue;
    const { lines } = story(run, pathTo(run.space, states, index));
    const where = `${ending.situation}, rule "${ending.rule}": ${ending.message}`;
    return [`dead end: ${where}`, ...lines.map((line, i) => `  ${i + 1}. ${line}`)].join("\n");
  }
  return null;
}

/** @returns one result per seeded mistake in agents and table: caught, where the product itself is not */
export function checkMutants(code: Code = realCode): Result[] {
  const clean = new Map<string, boolean>();
  const isClean = (within: Bounds): boolean => {
    const key = JSON.stringify(within);
    const known = clean.get(key) ?? search(prepare(within, code), MUTANT_LIMIT).found.violation === null;
    clean.set(key, known);
    return known;
  };
  return mutations.map(({ name, bounds: within, change }) => {
    const run = prepare(within, change(code));
    const { value, cpuSeconds } = timed(() => search(run, MUTANT_LIMIT).found);
    const { states, depth, violation } = value;
    const ok = violation !== null && isClean(within);
    const text =
      violation === null
        ? "not caught"
        : `${ok ? "" : "the product itself is caught\n"}${report(run, violation, name)}`;
    return { kind: "mutant", name, ok, states, depth, cpuSeconds, text };
  });
}

const plannedSmall = bounds({ name: "planned", maxN: 4, maxBoot: 4, async: true, planned: true, leaves: 1 });

interface Followed {
  run: Run;
  states: StateSet;
  every: number;
  /** By state followed. */
  ends: Ending["situation"][];
}

function follow(within: Bounds, every: number): Followed {
  const run = prepare(within);
  const { states } = search(run, LIMIT);
  const fair = new Fair(run.bridge);
  const ends: Followed["ends"] = [];
  for (let index = 0; index < states.count; index += every)
    ends.push(fair.ending(states.get(index)).situation);
  return { run, states, every, ends };
}

/** @returns one result per rule of the operator that is left out */
export function checkRules(every: number): Result[] {
  const followed = endingRuns.map(within => follow(within, every));
  return ruleMutations.map(({ name, apply }) => {
    const undo = apply();
    try {
      const { value, cpuSeconds } = timed(() => goneAstray(followed) ?? brokenPlan());
      return {
        kind: "mutant",
        name,
        ok: value !== null,
        states: 0,
        depth: 0,
        cpuSeconds,
        text: value ?? "not caught",
      };
    } finally {
      undo();
    }
  });
}

function goneAstray(followed: readonly Followed[]): string | null {
  for (const { run, states, every, ends } of followed) {
    const fair = new Fair(prepare(run.bounds).bridge);
    for (const [k, end] of ends.entries()) {
      if (end !== "redundant") continue;
      const index = k * every;
      const ending = fair.ending(states.get(index));
      if (ending.situation === "redundant") continue;
      const { lines } = story(run, pathTo(run.space, states, index));
      const numbered = lines.map((line, i) => `  ${i + 1}. ${line}`);
      return [`no longer Normal but ${ending.situation}: ${ending.message}`, ...numbered].join("\n");
    }
  }
  return null;
}

/** A planned change follows the operator's own rules, so a missing one may lose commits. */
function brokenPlan(): string | null {
  const run = prepare(plannedSmall);
  const { violation } = search(run, LIMIT).found;
  return violation === null ? null : report(run, violation, null);
}
