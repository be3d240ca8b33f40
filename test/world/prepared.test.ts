/** Runs that begin with a prepared pair: it serves without a break, and no run leaves anything behind for the next. */
import { preparedPair } from "../support/world/prepared";
import { runScenario } from "../support/world/run";
import type { RunOptions } from "../support/world/run";
import { WholeWorld } from "../support/world/world";

jest.setTimeout(60_000);

const kinds = [true, false].flatMap(twosafe => [3_000, 6_000].map(leaseMs => ({ twosafe, leaseMs })));

describe.each(kinds)("a prepared pair (twosafe: $twosafe, L: $leaseMs ms)", kind => {
  it("goes on serving while everything but its databases starts again", async () => {
    const world = new WholeWorld({ seed: "goes on", ...kind, prepared: await preparedPair(kind) });
    world.startOperator("operator-0");
    expect((await world.time.run(() => world.whyNotNormal() === null, 2_000)) === "condition").toBe(true);
    await world.time.pass(10_000);
    expect(world.checker.violations).toEqual([]);
    expect(world.whyNotNormal()).toBeNull();
    // Never closed, and on the grants of its standby for longer than any of them lasts.
    expect(world.checker.spans).toMatchObject([{ fromMs: 0, toMs: Infinity }]);
    expect(world.client.attempts.filter(attempt => attempt.ackedMs !== null).length).toBeGreaterThan(80);
  });
});

describe("a run from a prepared pair", () => {
  const options: RunOptions = { seed: "twice", scenario: "kill daemon", faults: "random", short: true };

  it("is the same for the same seed, whatever ran before", async () => {
    const first = await runScenario(options);
    await runScenario({ ...options, scenario: "standby loses its disk" });
    const second = await runScenario(options);
    expect(second.story()).toEqual(first.story());
    expect(first.violations).toEqual([]);
  });

  it("is held to the same promises: a second writable database is seen", async () => {
    const pair = await preparedPair({ twosafe: true, leaseMs: 3_000 });
    const world = new WholeWorld({ seed: "told", twosafe: true, leaseMs: 3_000, prepared: pair });
    world.startOperator("operator-0");
    await world.time.run(() => world.whyNotNormal() === null, 2_000);
    await world.time.pass(1_000);
    const active = world.activePod()!;
    world.standbyPod()!.instance!.db!.setRole("ACTIVE");
    world.standbyPod()!.instance!.db!.setOpen(true);
    expect(active.instance!.db!.writable()).toBe(true);
    expect(world.checker.violations.join()).toMatch(/two writable databases/);
  });
});
