/** A standby leaves in order, nobody tells its active, and the active dies: the copy that has everything goes on. */
import { killDaemon } from "../support/world/strikes";
import { WholeWorld } from "../support/world/world";

jest.setTimeout(120_000);

const CALM_MS = 240_000;

it.each(["a", "b", "c", "d"])("goes on by the standby's disk, and loses nothing (seed %s)", async seed => {
  const world = new WholeWorld({ seed, twosafe: true, brisk: true });
  world.startOperator("operator-0");
  world.apply();
  const normal = (): boolean => world.whyNotNormal() === null;
  expect(await world.time.run(normal, CALM_MS)).toBe("condition");
  const [active, standby] = [world.activePod()!, world.standbyPod()!];
  await world.time.pass(2_000);
  world.killOperator(world.operators[0]!);
  world.network.cut(active.name, standby.name);
  world.deletePod(standby.name);
  expect(await world.time.run(() => standby.isGone(), CALM_MS)).toBe("condition");
  killDaemon(world, active);
  world.network.heal(active.name, standby.name);
  world.startOperator("operator-1");
  expect(await world.time.run(normal, CALM_MS)).toBe("condition");
  expect(world.activePod()?.name).toBe(standby.name);
  expect(world.object()?.status?.lastFailover).toMatchObject({
    kind: "failover",
    from: active.name,
    to: standby.name,
    possibleLoss: false,
  });
  expect(world.checkCommits()).toMatchObject({ lost: 0 });
  expect(world.checker.violations).toEqual([]);
});
