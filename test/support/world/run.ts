/** One run: a scenario under a seed, with faults or a kill point, and what the checker says of it. */
import { Chaos, type Storm } from "./chaos";
import type { WritableSpan } from "./checker";
import { IndependentWorld } from "./independent/world";
import { disturb, isIndependent, type ScenarioName } from "./scenarios";
import { type PairKind, preparedPair } from "./prepared";
import { WholeWorld, type PreparedPair, type WorldTampering } from "./world";

export { pairScenarios, type ScenarioName, scenarioNames } from "./scenarios";

export interface KillPoint {
  /** Position among the operators' writes and commands since the scenario's own part began, from 0. */
  index: number;
  when: "before" | "after";
}

export interface RunOptions {
  seed: string;
  scenario: ScenarioName;
  /** random: everything of chaos.ts for a while, then calm. */
  faults: "none" | "random";
  twosafe?: boolean;
  operators?: 1 | 2;
  /** Fast nodes, a shorter storm, a shorter look at the rest. */
  brisk?: boolean;
  /** Begins with a prepared pair, not with a creation. */
  prepared?: boolean;
  /** Prepared, brisk, with one to three faults close together: most runs of a campaign. */
  short?: boolean;
  /** L of the object, ms; the default's where nothing is said. */
  leaseMs?: number | undefined;
  /** How far the clocks of the nodes are apart in rate at most; 0.04 where nothing is said. */
  drift?: number | undefined;
  killPoint?: KillPoint | undefined;
  /** Strikes instead of the scenario's own blow (not in a replay line). @returns whether it is over */
  blow?: ((world: WholeWorld) => () => boolean) | undefined;
  /** Normal within this, ms, instead of the usual. */
  boundMs?: number | undefined;
  tampering?: WorldTampering | undefined;
}

export interface RunResult {
  outcome: "Normal" | "gone" | "explained stop" | "stuck";
  violations: string[];
  /** The operators' writes and commands since the scenario's own part began: its kill points. */
  effects: string[];
  commits: { acked: number; lost: number; died: number };
  /** @returns the same for the same course of events */
  hash: () => string;
  story: (count?: number) => string[];
  virtualMs: number;
  steps: number;
  /** When which pod's database could be written. */
  spans: WritableSpan[];
}

/** A calm pair comes up, and comes back, within this long. */
const CALM_BOUND_MS = 60_000;
/** After faults stop: a lost event is made up for by the next list (120 s), the rest takes as long as in calm. */
const AFTER_FAULTS_BOUND_MS = 200_000;
/** How long a pair serves before it is struck. */
const SERVING_MS = [100, 1_500] as const;
const SERVING_SHORT_MS = [0, 600] as const;
/** After Normal is seen, the last words of status and Events come within this long; after a restart within that. */
const SETTLED_MS = 3_000;
const RESTARTED_MS = 12_000;
const RESTARTED_BRISK_MS = 10_000;
const RESTARTED_SHORT_MS = 2_500;
/** The longest that the product lets anything take: a command of ten minutes, tried again, or a wait as long. */
const LONGEST_MS = 900_000;
/** How often a person does what the object asks for. */
const ANSWERS = 4;
/** A lost watch event is made up for by the next list. */
const RELIST_MS = 125_000;
/** At rest the operators write nothing for so long. */
const QUIET_MS = 30_000;
const QUIET_BRISK_MS = 6_000;
const QUIET_SHORT_MS = 2_000;
const QUIET_WRITES = 2;
const QUIET_WRITES_SHORT = 1;
/** How often rest is looked for once more where faults have been. */
const LATE_LOOKS = 3;

/** Runs one scenario from an empty cluster to rest. */
export async function runScenario(options: RunOptions): Promise<RunResult> {
  const run = new Run(options, isPrepared(options) ? await preparedPair(kindOf(options)) : undefined);
  const unhandled = (reason: unknown): void =>
    run.world.checker.violated(
      `unhandled rejection: ${reason instanceof Error ? (reason.stack ?? reason.message) : String(reason)}`,
    );
  process.on("unhandledRejection", unhandled);
  try {
    return await run.go();
  } catch (error) {
    run.world.checker.violated(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return run.result();
  } finally {
    process.off("unhandledRejection", unhandled);
  }
}

function kindOf({ twosafe, leaseMs }: RunOptions): PairKind {
  return { twosafe: twosafe ?? false, leaseMs };
}

/** A creation begins with nothing, and so do independent databases. */
function isPrepared({ prepared, short, scenario }: RunOptions): boolean {
  return (prepared === true || short === true) && !isCreation(scenario) && !isIndependent(scenario);
}

/** @returns whether nothing is left in the end */
export function isDeletion(scenario: ScenarioName): boolean {
  return scenario === "delete" || scenario === "independent delete";
}

function isCreation(scenario: ScenarioName): boolean {
  return scenario === "creation" || scenario === "independent creation";
}

class Run {
  readonly world: WholeWorld;
  private readonly effects: string[] = [];
  private armed = false;
  private outcome: RunResult["outcome"] = "stuck";

  constructor(
    private readonly o: RunOptions,
    private readonly prepared: PreparedPair | undefined,
  ) {
    const World = isIndependent(o.scenario) ? IndependentWorld : WholeWorld;
    this.world = new World({
      seed: `${o.scenario} ${o.seed}`,
      ...kindOf(o),
      brisk: this.isBrisk(),
      prepared,
      drift: o.drift,
      tampering: o.tampering,
    });
    this.world.gate = (operator, effect) => this.gate(operator, effect);
  }

  async go(): Promise<RunResult> {
    const { world, o } = this;
    this.armed = isCreation(o.scenario);
    for (let i = 0; i < (o.operators ?? 1); i++) world.startOperator(`operator-${i}`);
    if (this.prepared === undefined) world.apply();
    const chaos = o.faults === "random" ? new Chaos(world, this.storm()) : null;
    const early =
      chaos !== null &&
      (isCreation(o.scenario) || (o.short !== true && world.random.fork("when").chance(0.3)));
    if (early) await chaos.rage();
    let reached = await this.untilNormal(() => true, early ? AFTER_FAULTS_BOUND_MS : CALM_BOUND_MS);
    if (reached && !isCreation(o.scenario)) {
      const [low, high] = o.short === true ? SERVING_SHORT_MS : SERVING_MS;
      await world.time.pass(world.random.fork("serving").between(low, high));
      // What an early storm left behind, such as a session that is given up only now, may still have its consequences.
      if (world.whyNotNormal() !== null) reached = await this.untilNormal(() => true, AFTER_FAULTS_BOUND_MS);
    }
    if (reached && !isCreation(o.scenario)) {
      this.armed = true;
      const over = o.blow === undefined ? disturb(o.scenario, world, o.short) : o.blow(world);
      if (!early && chaos !== null) await chaos.rage();
      const boundMs = o.boundMs ?? (chaos === null ? CALM_BOUND_MS : AFTER_FAULTS_BOUND_MS);
      if (o.blow === undefined && isDeletion(o.scenario)) return this.untilGone(boundMs);
      reached = await this.untilNormal(over, boundMs);
    }
    if (reached) await this.rest();
    return this.result();
  }

  /** @returns whether the pair is Normal, in words and in truth; tells the checker when it is not */
  private async untilNormal(over: () => boolean, boundMs: number): Promise<boolean> {
    const { world } = this;
    const normal = (): boolean => over() && world.whyNotNormal() === null;
    const inTime = await this.untilNormalOrAnswered(normal, boundMs);
    if (!inTime && this.o.faults === "random") await this.waitLonger(normal);
    if (normal()) {
      this.outcome = "Normal";
      return true;
    }
    // A first creation waits as Initializing for ever; its condition says for what.
    const stop = world.explainedStop(world.state() === "Initializing");
    if (stop !== null && this.o.faults === "random") {
      world.story.tell("CHECKER", `explained stop: ${stop}`);
      this.outcome = "explained stop";
      return false;
    }
    this.outcome = "stuck";
    const why = over() ? (world.whyNotNormal() ?? "") : "the fault had no effect";
    const said = world.explainedStop(true);
    world.checker.violated(
      `not Normal within ${boundMs / 1000} s: ${why}${said === null ? "" : ` (${said})`}`,
    );
    return false;
  }

  /** @returns whether it came true within the bound, counted anew from each time that a person did their part */
  private async untilNormalOrAnswered(normal: () => boolean, boundMs: number): Promise<boolean> {
    const { world } = this;
    for (let answers = 0; answers <= ANSWERS; answers++) {
      let answered = false;
      const waiting = (): boolean => normal() || (answers < ANSWERS && (answered = world.answer()));
      if ((await world.time.run(waiting, boundMs)) === "deadline") return false;
      if (!answered) return true;
    }
    return false;
  }

  /** Everything that the object owned goes with it; claims stay. */
  private async untilGone(boundMs: number): Promise<RunResult> {
    const { world } = this;
    const gone = (): boolean =>
      world.object() === null && world.pods().every(runtime => runtime?.isGone() !== false);
    const inTime = (await world.time.run(gone, boundMs)) === "condition";
    if (!inTime) world.checker.violated(`not gone within ${boundMs / 1000} s`);
    this.outcome = inTime ? "gone" : "stuck";
    await world.time.pass(SETTLED_MS);
    const writes = await this.writesAtRest();
    if (writes > QUIET_WRITES) world.checker.violated(`${writes} API writes after the object is gone`);
    return this.result();
  }

  /** A hung utility ends with its deadline, a wait for a proof that cannot come by itself with a word to people. */
  private async waitLonger(normal: () => boolean): Promise<void> {
    const { world } = this;
    await world.time.run(() => normal() || world.explainedStop() !== null, LONGEST_MS);
    if (normal() && world.faults.hangs === 0) {
      world.checker.violated("Normal came too late, although no utility hung");
    }
  }

  /** No hot loop, no late change of mind, and all that was acknowledged is there. */
  private async rest(): Promise<void> {
    const { world } = this;
    // A killed operator may still be about to come back and look around.
    const disturbed =
      this.o.killPoint !== undefined || this.o.faults === "random" || this.o.blow !== undefined;
    const restartedMs =
      this.o.short === true ? RESTARTED_SHORT_MS : this.isBrisk() ? RESTARTED_BRISK_MS : RESTARTED_MS;
    if (this.o.short === true) world.client.slowDown();
    const settleMs = disturbed ? restartedMs : SETTLED_MS;
    await world.time.pass(settleMs);
    // What was found out late, as by a node that was cut off, has its consequences now: once.
    if (world.whyNotNormal() !== null) {
      if (!(await this.untilNormal(() => true, CALM_BOUND_MS))) return;
      await world.time.pass(settleMs);
    }
    world.client.stop();
    const writes = await this.writesWithoutEnd();
    if (writes > this.allowedWrites())
      world.checker.violated(`${writes} API writes in ${this.quietMs() / 1000} s of rest`);
    const silent = world.whyNotExplained();
    if (silent !== null) world.checker.violated(silent);
    const why = world.whyNotNormal();
    if (why !== null) world.checker.violated(`Normal did not last: ${why}`);
  }

  /** What follows late from a fault, such as a request that was given up, ends; a hot loop does not. */
  private async writesWithoutEnd(): Promise<number> {
    let writes = await this.writesAtRest();
    if (this.o.faults !== "random") return writes;
    for (let look = 0; look < LATE_LOOKS && writes > this.allowedWrites(); look++)
      writes = await this.writesAtRest();
    if (writes <= this.allowedWrites()) return writes;
    await this.world.time.pass(RELIST_MS);
    return this.writesAtRest();
  }

  private allowedWrites(): number {
    return this.o.short === true ? QUIET_WRITES_SHORT : QUIET_WRITES;
  }

  private async writesAtRest(): Promise<number> {
    const before = this.world.writes;
    await this.world.time.pass(this.quietMs());
    return this.world.writes - before;
  }

  private quietMs(): number {
    if (this.o.short === true) return QUIET_SHORT_MS;
    return this.isBrisk() ? QUIET_BRISK_MS : QUIET_MS;
  }

  private isBrisk(): boolean {
    return this.o.brisk === true || this.o.short === true;
  }

  private storm(): Storm {
    if (this.o.short === true) return "short";
    return this.isBrisk() ? "brisk" : "long";
  }

  result(): RunResult {
    const { world } = this;
    world.client.stop();
    const commits = world.checkCommits();
    for (const { process } of world.operators) process.kill();
    return {
      outcome: this.outcome,
      violations: world.checker.violations,
      effects: this.effects,
      commits,
      hash: () => world.story.hash(),
      story: count => world.story.lines(count),
      virtualMs: world.time.nowMs(),
      steps: world.time.steps(),
      spans: world.checker.spans,
    };
  }

  private gate(operator: string, effect: string): "go" | "dieBefore" | "dieAfter" {
    if (!this.armed) return "go";
    const index = this.effects.push(effect) - 1;
    const { killPoint } = this.o;
    if (killPoint?.index !== index) return "go";
    const random = this.world.random.fork("restart");
    // The kubelet starts the container again; a new pod would have a new name.
    const name = random.chance(0.5) ? operator : `${operator}-again`;
    this.world.time.after(random.between(200, 4_000), () => void this.world.startOperator(name));
    return killPoint.when === "before" ? "dieBefore" : "dieAfter";
  }
}
