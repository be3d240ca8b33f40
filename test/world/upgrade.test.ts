/** An automatic upgrade in the world: told as the documents list it, nothing lost, no active missed for long. */
import type { CoreEvent } from "../../capabilities/objects";
import { automaticUpgrade, differences, manualUpgrade } from "../cluster/golden";
import { expectNone, nothing, record } from "../support/world/campaign";
import { events } from "../support/world/cluster/resources";
import { calm } from "../support/world/faults";
import type { RunOptions, RunResult } from "../support/world/run";
import { changeImage, FIRST_IMAGE, imagesOf, NEXT_IMAGE, upgraded, wordsOf } from "../support/world/upgrades";
import { NAMESPACE, WholeWorld } from "../support/world/world";

jest.setTimeout(120_000);

jest.setTimeout(120_000);

const RELEASE = "18.1.4.12.0";

async function normalWorld(seed: string): Promise<{ world: WholeWorld; active: string; standby: string }> {
  const world = new WholeWorld({ seed, twosafe: false });
  world.startOperator("operator-0");
  world.apply();
  await expectNormal(world, () => true);
  await world.time.pass(2_000);
  const [active, standby] = [world.activePod()?.name, world.standbyPod()?.name];
  if (active === undefined || standby === undefined) throw new Error("no pair");
  return { world, active, standby };
}

async function expectNormal(world: WholeWorld, over: () => boolean): Promise<void> {
  const reached = await world.time.run(() => over() && world.whyNotNormal() === null, 60_000);
  if (reached !== "condition") throw new Error(world.story.lines().slice(-40).join("\n"));
  await world.time.pass(2_000);
}

/** In the order of their numbers. */
function told(world: WholeWorld): string[] {
  const all = world.store.list<CoreEvent>(events, { namespace: NAMESPACE }).items;
  const number = ({ metadata }: CoreEvent): string => metadata.name.split(".")[2] ?? "";
  return all.sort((a, b) => number(a).localeCompare(number(b))).map(({ message }) => message);
}

/** Exchanges the roles, so that the other pod is the active. */
async function switchOver(world: WholeWorld): Promise<void> {
  const before = world.activePod();
  world.annotate({ "timesten.oracle.com/switchover": "r1" });
  await expectNormal(world, () => world.activePod() !== before);
}

describe.each(["sample-0", "sample-1"])("T73, T74 `sample` with %s as the active", first => {
  it("tells what the documents list, in their order, and ends as they show", async () => {
    const { world } = await normalWorld("golden");
    if (world.activePod()?.name !== first) await switchOver(world);
    const active = world.activePod()?.name ?? "";
    const standby = world.standbyPod()?.name ?? "";
    expect(active).toBe(first);
    const before = told(world).length;
    await expectNormal(world, changeImage(world, NEXT_IMAGE));
    const steps = automaticUpgrade({ active, standby, release: RELEASE });
    expect(differences(told(world).slice(before), steps)).toEqual([]);
    expect(world.activePod()?.name).toBe(standby);
    expect(wordsOf(world).lastUpgrade).toMatchObject({ outcome: "Completed" });
    expect(world.checker.violations).toEqual([]);
  });
});

it("T86 `sample2`: a person deletes the pods, and the documents' list is told", async () => {
  const { world, active, standby } = await normalWorld("golden by hand");
  const before = told(world).length;
  world.change({ image: NEXT_IMAGE, imageUpgradeStrategy: "manual" });
  await world.time.pass(5_000);
  world.deletePod(standby);
  await expectNormal(world, () => imagesOf(world).includes(NEXT_IMAGE));
  expect(world.activePod()?.name).toBe(active);
  expect(wordsOf(world).classicUpgradeStatus?.imageUpdatePending).toBe(true);
  world.deletePod(active);
  await expectNormal(world, () => upgraded(world, NEXT_IMAGE));
  const steps = manualUpgrade({ active, standby, release: RELEASE });
  expect(differences(told(world).slice(before), steps)).toEqual([]);
  expect(world.checker.violations).toEqual([]);
});

describe("a database that a person closes", () => {
  const closed = (world: WholeWorld): boolean => world.activePod() === undefined;
  const ready = (world: WholeWorld): string | undefined =>
    world.object()?.status?.conditions?.find(one => one.type === "Ready")?.reason;

  it("stays closed, through a restart of its agent, without a failover; it opens when a person opens it", async () => {
    const { world, active } = await normalWorld("closed");
    const record = world.checker.record(`${NAMESPACE}/sample`);
    const runtime = world.activePod();
    runtime?.instance?.db?.setOpen(false);
    await world.time.pass(10_000);
    runtime?.killAgent();
    await world.time.pass(20_000);
    expect(closed(world)).toBe(true);
    expect(world.state()).toBe("Normal");
    expect(ready(world)).toBe("ClosedByPerson");
    expect(world.checker.record(`${NAMESPACE}/sample`)).toEqual(record);
    runtime?.instance?.db?.setOpen(true);
    await expectNormal(world, () => ready(world) !== "ClosedByPerson");
    expect(world.activePod()?.name).toBe(active);
    expect(world.checker.violations).toEqual([]);
  });

  it("lets its standby take over when its pod is deleted, and that one is open", async () => {
    const { world, active, standby } = await normalWorld("closed and deleted");
    world.activePod()?.instance?.db?.setOpen(false);
    await world.time.pass(10_000);
    expect(closed(world)).toBe(true);
    world.deletePod(active);
    await expectNormal(world, () => world.activePod()?.name === standby);
    expect(world.checker.violations).toEqual([]);
  });
});

/** Between the moments at which some database could be written, ms; the longest. */
function longestGapMs({ spans }: RunResult): number {
  const sorted = [...spans].sort((a, b) => a.fromMs - b.fromMs);
  const gaps = sorted.slice(1).map((span, i) => span.fromMs - (sorted[i]?.toMs ?? span.fromMs));
  return Math.max(0, ...gaps);
}

async function run(options: Partial<RunOptions>): Promise<RunResult> {
  const base: RunOptions = { seed: "gap", scenario: "upgrade", faults: "none" };
  const { result, failure } = await record({ ...base, ...options });
  expectNone({ ...nothing, runs: 1, failures: failure === null ? [] : [failure] });
  expect(result.outcome).toBe("Normal");
  return result;
}

it.each([1, 2, 3, 4, 5])(
  "the roles change in a moment, and no commit is lost (asynchronous, seed %i)",
  async n => {
    const result = await run({ seed: `gap ${n}` });
    expect(longestGapMs(result)).toBeGreaterThan(0);
    expect(longestGapMs(result)).toBeLessThan(1_500);
    expect(result.commits).toMatchObject({ lost: 0, died: 0 });
  },
);

it.each([1, 2, 3])(
  "a standby that lags when the active goes loses nothing (asynchronous, seed %i)",
  async n => {
    const blow = (world: WholeWorld): (() => boolean) => {
      const over = changeImage(world, NEXT_IMAGE);
      const late = world.store.subscribe(() => {
        if (wordsOf(world).upgrade?.phase !== "Active") return;
        late();
        world.faults.set({ ...calm, lateFrame: 0.5 });
        world.time.after(5_000, () => world.faults.set(calm));
      });
      return over;
    };
    const { commits } = await run({ seed: `late ${n}`, blow });
    expect(commits).toMatchObject({ lost: 0, died: 0 });
  },
);

describe("an image that will not do", () => {
  /** The user asks for it, and gives it so long. */
  async function asked(tag: string): Promise<{ world: WholeWorld; active: string; standby: string }> {
    const found = await normalWorld(`image ${tag}`);
    found.world.change({ image: NEXT_IMAGE.replace(/[^:]*$/, tag), upgradeDownPodTimeout: 20 });
    await found.world.time.pass(60_000);
    expect(found.world.activePod()?.name).toBe(found.active);
    return found;
  }

  it.each(["absent", "22.1.1.7.0"])("%s: nothing is touched, and the pair stays Normal", async tag => {
    const { world } = await asked(tag);
    expect(world.whyNotNormal()).toBeNull();
    expect(imagesOf(world)).toEqual([FIRST_IMAGE, FIRST_IMAGE]);
    expect(wordsOf(world).upgrade?.phase).toBe("Refused");
    world.change({ image: FIRST_IMAGE });
    await expectNormal(world, () => upgraded(world, FIRST_IMAGE));
    await expectNormal(world, changeImage(world, NEXT_IMAGE));
    expect(world.checker.violations).toEqual([]);
  });

  it("18.1.4.12.0-broken: the standby does not come back, the active serves on, and the old image heals it", async () => {
    const { world, active } = await asked("18.1.4.12.0-broken");
    expect(world.state()).toBe("ManualInterventionRequired");
    expect(told(world).at(-2)).toMatch(/^standby upgrade unsuccessful: not back within 20 seconds/);
    const { length } = world.client.attempts.filter(one => one.ackedMs !== null);
    await world.time.pass(5_000);
    expect(world.client.attempts.filter(one => one.ackedMs !== null).length).toBeGreaterThan(length + 20);
    world.change({ image: FIRST_IMAGE });
    await expectNormal(world, () => upgraded(world, FIRST_IMAGE));
    expect(world.activePod()?.name).toBe(active);
    expect(wordsOf(world).lastUpgrade?.outcome).toBe("RolledBack");
    expect(world.checker.violations).toEqual([]);
  });
});

/** An operator that dies in the middle is back within four seconds and leads within four more. */
const RESTART_MS = 12_000;

it.each(["before", "after"] as const)(
  "T91 killed %s every twentieth of its writes and commands, it leaves no gap longer than its own restart",
  async when => {
    const { effects } = await run({ brisk: true });
    expect(effects.length).toBeGreaterThan(60);
    for (let index = 0; index < effects.length; index += 20) {
      const result = await run({ brisk: true, killPoint: { index, when } });
      expect(longestGapMs(result)).toBeLessThan(RESTART_MS);
    }
  },
);

it("T92 killed when a duplicate has begun, it finds the task and does not begin another one", async () => {
  const { effects } = await run({ brisk: true });
  const index = effects.findIndex(effect => effect.startsWith("duplicate to"));
  expect(index).toBeGreaterThan(-1);
  const result = await run({ brisk: true, killPoint: { index, when: "after" } });
  const duplicates = result.effects.filter(effect => effect.startsWith("duplicate to")).sort();
  expect(duplicates).toEqual(["duplicate to sample-0", "duplicate to sample-1"]);
  expect(longestGapMs(result)).toBeLessThan(RESTART_MS);
});
