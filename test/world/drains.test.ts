/** Drains never take the only good copy of a pair: readiness and the budget together (docs/decisions/0008). */
import { Evictions, isReady, type Budget } from "../support/world/cluster/evictions";
import { podDisruptionBudgets, pods, type Pod } from "../support/world/cluster/resources";
import type { PodRuntime } from "../support/world/cluster/pod-runtime";
import { killDaemon } from "../support/world/strikes";
import { NAME, NAMESPACE, WholeWorld, type WorldOptions } from "../support/world/world";

jest.setTimeout(120_000);

/** kubectl drain tries again after this, ms; here sooner, to find the worst moment. */
const EAGER_MS = 50;
const CALM_MS = 120_000;

interface Drained {
  world: WholeWorld;
  evictions: Evictions;
  active: PodRuntime;
  standby: PodRuntime;
}

async function normalPair(seed: string, options: Partial<WorldOptions> = {}): Promise<Drained> {
  const world = new WholeWorld({ seed, twosafe: false, brisk: true, probing: true, ...options });
  const evictions = new Evictions(world.store, world.time, world.random.fork("evictions"));
  world.startOperator("operator-0");
  world.apply();
  const [active, standby] = await bothReady(world);
  return { world, evictions, active, standby };
}

/** Normal, both Pods Ready, as `kubectl get pods` shows it, and one of them may be evicted. */
async function bothReady(world: WholeWorld): Promise<[PodRuntime, PodRuntime]> {
  const letsOneGo = () =>
    world.store.get<Budget>(podDisruptionBudgets, NAMESPACE, NAME)?.status?.disruptionsAllowed === 1;
  const fine = () =>
    world.whyNotNormal() === null &&
    world.pods().every(one => one !== undefined && shownReady(world, one) && !isLeaving(world, one)) &&
    letsOneGo();
  expect(await world.time.run(fine, CALM_MS)).toBe("condition");
  const [active, standby] = [world.activePod(), world.standbyPod()];
  if (active === undefined || standby === undefined) throw new Error("no pair");
  return [active, standby];
}

function shownReady(world: WholeWorld, { name, uid }: PodRuntime): boolean {
  const pod = world.store.get<Pod>(pods, NAMESPACE, name);
  return pod !== null && pod.metadata.uid === uid && isReady(pod);
}

const isLeaving = (world: WholeWorld, { name }: PodRuntime): boolean =>
  world.store.get<Pod>(pods, NAMESPACE, name)?.metadata.deletionTimestamp !== undefined;

/** Asks for the eviction of a pod that is to stay. @returns why it is refused; null when it is let go */
const refused = ({ evictions, world }: Drained, runtime: PodRuntime): string | null => {
  expect(isLeaving(world, runtime)).toBe(false);
  return evictions.evict(NAMESPACE, runtime.name);
};

/** Drains a pod's node: asks until the pod is let go. @returns virtual ms it took */
async function drain({ world, evictions }: Drained, name: string): Promise<number> {
  const beganMs = world.time.nowMs();
  for (;;) {
    if (evictions.evict(NAMESPACE, name) === null) return world.time.nowMs() - beganMs;
    await world.time.pass(EAGER_MS);
    if (world.time.nowMs() - beganMs > CALM_MS) throw new Error(`${name} is never let go`);
  }
}

describe("two drains, the second right after the first", () => {
  it.each(["a", "b", "c", "d", "e", "f"])("leave a database that serves (seed %s)", async seed => {
    const one = await normalPair(seed);
    const { world, active, standby } = one;
    expect(await drain(one, active.name)).toBe(0);
    // The other one is asked for at once, and again and again.
    const tookMs = await drain(one, standby.name);
    expect(tookMs).toBeGreaterThan(500);
    const successor = world.pods().find(runtime => runtime?.name === active.name);
    expect(successor?.uid).not.toBe(active.uid);
    expect(successor?.instance?.db?.role).toBe("STANDBY");
    await bothReady(world);
    expect(world.checker.violations).toEqual([]);
  });

  it.each(["a", "b", "c"])(
    "take the standby first, and the active once the standby is back (seed %s)",
    async seed => {
      const one = await normalPair(seed);
      const { world, active, standby } = one;
      expect(await drain(one, standby.name)).toBe(0);
      await drain(one, active.name);
      await bothReady(world);
      expect(world.checker.violations).toEqual([]);
    },
  );
});

describe("a drain of the active's node", () => {
  it("hands over and leaves nothing behind, whether its agent or the operator hears of it first", async () => {
    for (let seed = 0; seed < 20; seed++) {
      const one = await normalPair(`first ${seed}`, { brisk: false });
      const { world, active } = one;
      await drain(one, active.name);
      expect(await world.time.run(() => world.activePod()?.name !== active.name, CALM_MS)).toBe("condition");
      await bothReady(world);
      expect(world.object()?.status?.lastFailover).toMatchObject({ kind: "handover", possibleLoss: false });
      expect(world.checker.violations).toEqual([]);
    }
  });
});

describe("the active of a pair that has lost its standby", () => {
  it("is refused as soon as the operator has heard of it, although the standby is still shown as Ready", async () => {
    const one = await normalPair("daemon");
    const { world, active, standby } = one;
    killDaemon(world, standby);
    await world.time.pass(300);
    expect(shownReady(world, standby)).toBe(true);
    expect(refused(one, active)).not.toBeNull();
  });

  it("is refused although the standby's node is dead and nobody says that its Pod is not Ready", async () => {
    const one = await normalPair("power");
    const { world, active, standby } = one;
    world.kubelet.losePower(standby.node.name);
    await world.time.pass(9_000);
    expect(shownReady(world, standby)).toBe(true);
    expect(refused(one, active)).not.toBeNull();
  });

  it("is refused without an operator too, once the kubelet has asked", async () => {
    const one = await normalPair("alone");
    const { world, active, standby } = one;
    world.killOperator(world.operators[0]!);
    killDaemon(world, standby);
    await world.time.pass(7_000);
    expect(shownReady(world, standby)).toBe(false);
    expect(refused(one, active)).not.toBeNull();
  });

  it("would be taken without an operator where Ready is nothing but a running container", async () => {
    const one = await normalPair("blind", { probing: false });
    const { world, active, standby } = one;
    world.killOperator(world.operators[0]!);
    killDaemon(world, standby);
    await world.time.pass(7_000);
    expect(refused(one, active)).toBeNull();
  });

  it("holds up no drain of the standby that is being made anew", async () => {
    const one = await normalPair("rebuilt");
    const { world, standby } = one;
    world.kubelet.runtime(NAMESPACE, standby.name)?.killContainer("test");
    const unready = () => !shownReady(world, standby);
    expect(await world.time.run(unready, 30_000)).toBe("condition");
    expect(refused(one, standby)).toBeNull();
    await bothReady(world);
  });
});

it("a frozen agent is not Ready within seven seconds and a status update, and Ready again after the thaw", async () => {
  const { world, standby } = await normalPair("frozen");
  standby.agent?.process.freeze();
  const unready = () => !shownReady(world, standby);
  expect(await world.time.run(unready, 8_500)).toBe("condition");
  standby.agent?.process.thaw();
  await bothReady(world);
});
