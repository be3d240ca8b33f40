/** A while of everything that can go wrong, by seed; then all is healed. */
import type { PodRuntime } from "./cluster/pod-runtime";
import { calm, drawIntensity } from "./faults";
import type { SeededRandom } from "./random";
import {
  bearableMs,
  deletePod,
  killAgent,
  killContainer,
  killDaemon,
  killGuard,
  killWitness,
  restartOperator,
} from "./strikes";
import { NAME, type WholeWorld } from "./world";

/** How a storm is. */
export type Storm = "long" | "brisk" | "short";

interface StormShape {
  /** How long it rages, ms. */
  lastsMs: readonly [number, number];
  /** Between two blows, ms. */
  pauseMs: readonly [number, number];
  /** Blows at most. */
  most: number;
}

const shapes: Record<Storm, StormShape> = {
  long: { lastsMs: [5_000, 30_000], pauseMs: [200, 4_000], most: Infinity },
  brisk: { lastsMs: [1_750, 10_500], pauseMs: [70, 1_400], most: Infinity },
  // On top of the scenario's own blow.
  short: { lastsMs: [100, 2_500], pauseMs: [10, 1_000], most: 2 },
};

export class Chaos {
  private readonly random: SeededRandom;
  private readonly heals: (() => void)[] = [];
  private databaseFaults = 0;
  private replaced = 0;

  constructor(
    private readonly world: WholeWorld,
    private readonly storm: Storm = "long",
  ) {
    this.random = world.random.fork("chaos");
  }

  /** Lets it rage for as long as it is to, then heals everything. */
  async rage(): Promise<void> {
    const { world, random } = this;
    const { lastsMs, pauseMs, most } = shapes[this.storm];
    const untilMs = world.time.nowMs() + random.between(...lastsMs);
    let left = most === Infinity ? most : random.index(most + 1);
    const intensity = drawIntensity(random.fork("intensity"));
    world.faults.set(intensity);
    world.story.tell("fault", `begin ${JSON.stringify(intensity)}`);
    const databaseFaultsAllowed = random.index(3);
    while (world.time.nowMs() < untilMs) {
      await world.time.pass(random.between(...pauseMs));
      if (left-- > 0) this.strike(databaseFaultsAllowed);
    }
    world.faults.set(calm);
    for (const heal of this.heals.splice(0)) heal();
    if (!world.operators.some(({ process }) => process.alive())) world.startOperator("operator-late");
    world.story.tell("fault", "all faults end");
  }

  private strike(databaseFaultsAllowed: number): void {
    const { world, random } = this;
    const strikes: (() => void)[] = [
      () => this.killOperator(),
      () => this.pauseOperator(),
      () => this.cutOperator(),
      () => this.freezeWatches(),
      () => this.endWatches(),
      () => this.dropSessions(),
      () => this.freezeAgent(),
      () => this.cutPeers(),
      () => this.cutOneWay(),
      () => this.isolateNode(),
      () => this.suspendNode(),
      () => killAgent(world, this.onePod()),
      () => void killGuard(this.onePod()),
      () => this.hangGuard(),
      () => this.lagReplication(),
      () => void killWitness(this.onePod()),
    ];
    if (this.databaseFaults < databaseFaultsAllowed) {
      strikes.push(
        () => this.strikeDatabase(),
        () => this.strikeDatabase(),
      );
    }
    random.pick(strikes)();
  }

  private strikeDatabase(): void {
    const { world, random } = this;
    const runtime = world.pods()[random.index(2)];
    if (runtime === undefined || runtime.isGone()) return;
    this.databaseFaults++;
    const kind = random.index(5);
    if (kind === 4) this.powerCut(runtime.node.name);
    else if (kind === 0) deletePod(world, runtime);
    else if (kind === 1) deletePod(world, runtime, 0);
    else if (kind === 2) killDaemon(world, runtime);
    else killContainer(runtime);
  }

  private killOperator(): void {
    const { world, random } = this;
    const alive = world.operators.filter(({ process }) => process.alive());
    if (alive.length === 0) return;
    const replica = random.pick(alive);
    const name = random.chance(0.5) ? replica.process.name : `operator-new-${++this.replaced}`;
    restartOperator(world, replica, random.between(100, 6_000), name);
  }

  /** A leader that stops for longer than its lease and then goes on, believing. */
  private pauseOperator(): void {
    const { world, random } = this;
    const alive = world.operators.filter(({ process }) => process.alive() && !process.isFrozen());
    if (alive.length === 0) return;
    const { process } = random.pick(alive);
    world.story.tell("fault", `${process.name} is paused`);
    process.freeze();
    this.later(random.between(200, 9_000), () => {
      world.story.tell("fault", `${process.name} goes on`);
      process.thaw();
    });
  }

  private cutOperator(): void {
    const { world, random } = this;
    const { process } = random.pick(world.operators);
    this.cut(process.name, `${NAME}-${random.index(2)}`);
  }

  private cutPeers(): void {
    this.cut(`${NAME}-0`, `${NAME}-1`);
  }

  private onePod(): PodRuntime | undefined {
    return this.world.pods()[this.random.index(2)];
  }

  /** What one end says no longer arrives; the other is still heard. */
  private cutOneWay(): void {
    const { world, random } = this;
    const operator = random.pick(world.operators).process.name;
    const ends = [operator, `${NAME}-0`, `${NAME}-1`];
    const from = random.pick(ends);
    const to = random.pick(ends.filter(end => end !== from));
    world.story.tell("fault", `${to} no longer hears ${from}`);
    world.network.cutOneWay(from, to);
    this.later(random.between(100, 8_000), () => {
      world.story.tell("fault", `${to} hears ${from} again`);
      world.network.heal(from, to);
    });
  }

  private isolateNode(): void {
    const { world, random } = this;
    const node = this.onePod()?.node.name;
    if (node === undefined) return;
    const direction = random.pick(["both", "in", "out"] as const);
    world.story.tell("fault", `${node} is isolated: ${direction}`);
    world.network.isolate(node, direction);
    this.later(random.between(100, 14_000), () => {
      world.story.tell("fault", `${node} is joined again`);
      world.network.rejoin(node);
      world.kubelet.lookAgain(node);
    });
  }

  private suspendNode(): void {
    const { world, random } = this;
    const runtime = this.onePod();
    if (runtime === undefined || !runtime.node.up || runtime.agent?.process.isFrozen() === true) return;
    world.kubelet.suspend(runtime.node.name, random.between(50, 800));
  }

  private powerCut(node: string): void {
    const { world, random } = this;
    if (!world.kubelet.isUp(node)) return;
    world.kubelet.losePower(node);
    this.later(random.between(500, 15_000), () => world.kubelet.power(node));
  }

  private cut(a: string, b: string): void {
    const { world, random } = this;
    world.story.tell("fault", `${a} and ${b} are cut off from each other`);
    world.network.cut(a, b);
    this.later(random.between(100, 8_000), () => {
      world.story.tell("fault", `${a} and ${b} are joined again`);
      world.network.heal(a, b);
    });
  }

  private freezeWatches(): void {
    const { world, random } = this;
    const kind = random.pick([
      "/pods",
      "timesten.oracle.com/timestenclassics",
      "apps/statefulsets",
      "coordination.k8s.io/leases",
      undefined,
    ]);
    world.story.tell("fault", `watches of ${kind ?? "everything"} freeze`);
    this.later(random.between(500, 15_000), world.faults.freezeWatches(kind));
  }

  private endWatches(): void {
    const { world, random } = this;
    const expired = random.chance(0.5);
    world.story.tell("fault", `the API server restarts${expired ? " and forgets the past" : ""}`);
    if (expired) world.store.compact();
    world.faults.endWatches(expired);
  }

  private dropSessions(): void {
    const { world, random } = this;
    const name = `${NAME}-${random.index(2)}`;
    world.story.tell("fault", `sessions of ${name} are dropped`);
    world.network.dropSessions(name);
  }

  private freezeAgent(): void {
    const { world, random } = this;
    const runtime = world.pods()[random.index(2)];
    const process = runtime?.agent?.process;
    if (runtime === undefined || process === undefined || process.isFrozen()) return;
    world.story.tell("fault", `the agent of ${runtime.name} hangs`);
    process.freeze();
    const guard = runtime.guarded?.guard.process;
    this.later(bearableMs(random.between(100, 5_000), guard?.isFrozen()), () => {
      world.story.tell("fault", `the agent of ${runtime.name} goes on`);
      process.thaw();
    });
  }

  private hangGuard(): void {
    const { world, random } = this;
    const runtime = this.onePod();
    const process = runtime?.guarded?.guard.process;
    if (runtime === undefined || process === undefined || process.isFrozen()) return;
    world.story.tell("fault", `the guard of ${runtime.name} hangs`);
    process.freeze();
    const agent = runtime.agent?.process;
    this.later(bearableMs(random.between(100, 5_000), agent?.isFrozen()), () => {
      world.story.tell("fault", `the guard of ${runtime.name} goes on`);
      process.thaw();
    });
  }

  private lagReplication(): void {
    const { world, random } = this;
    const lagMs = random.between(50, 3_000);
    world.story.tell("fault", `replication lags by ${Math.round(lagMs)} ms`);
    world.network.lagReplication(lagMs);
    this.later(random.between(100, 5_000), () => world.network.lagReplication(0));
  }

  private later(ms: number, heal: () => void): void {
    let done = false;
    const once = (): void => {
      if (done) return;
      done = true;
      heal();
    };
    this.world.time.after(ms, once);
    this.heals.push(once);
  }
}
