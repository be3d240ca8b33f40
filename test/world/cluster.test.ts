/** The world's own parts, without the engine: pods, claims, sessions and databases behave as the real ones. */
import { claims, pods } from "../support/world/cluster/resources";
import type { Pod } from "../support/world/cluster/resources";
import { HandOperator } from "../support/world/hand-operator";
import { NAME, NAMESPACE, WholeWorld } from "../support/world/world";

async function pairOfAgents(twosafe = false): Promise<{ world: WholeWorld; hand: HandOperator }> {
  const world = new WholeWorld({ seed: "by hand", twosafe });
  world.apply();
  const hand = new HandOperator(world);
  hand.createObjects();
  await hand.connect(0);
  await hand.connect(1);
  return { world, hand };
}

const statement = (hand: HandOperator, returns = ""): string =>
  `create active standby pair "sample" on "${hand.host(0)}", "sample" on "${hand.host(1)}" ${returns}`;

/** Pod 0 active and open under Solo, record 1. */
async function soloActive(twosafe = false): Promise<{ world: WholeWorld; hand: HandOperator }> {
  const { world, hand } = await pairOfAgents(twosafe);
  await hand.until(() => hand.states[0]?.timesten.daemon === "Up", "daemon");
  await hand.command(0, { verb: "createDatabase", n: 0, boot: null });
  await hand.command(0, {
    verb: "createScheme",
    n: 0,
    boot: null,
    statement: statement(hand, twosafe ? "return twosafe" : ""),
  });
  hand.record({
    n: 1,
    mode: "Solo",
    writer: hand.writer(0),
    standby: null,
    from: 0,
    alt: 0,
    ready: false,
    leaseMs: 6_000,
  });
  world.checker.expectRecord(`${NAMESPACE}/${NAME}`, {
    n: 1,
    mode: "Solo",
    writer: hand.writer(0),
    standby: null,
    from: 0,
    alt: 0,
    ready: false,
    leaseMs: 6_000,
    objectUID: "x",
  });
  await hand.until(() => hand.states[0]?.timesten.open === true, "open");
  await hand.command(0, { verb: "startRepAgent", n: 1, boot: null });
  return { world, hand };
}

/** Both, replicating, under Solo, record 1. */
async function replicatingPair(twosafe = false): Promise<{ world: WholeWorld; hand: HandOperator }> {
  const { world, hand } = await soloActive(twosafe);
  await hand.until(() => hand.states[1]?.permission.obeyedN === 1, "record 1 at the standby");
  await hand.command(1, { verb: "duplicate", n: 1, boot: null, fromHost: hand.host(0) });
  await hand.command(1, { verb: "startRepAgent", n: 1, boot: null });
  await hand.until(() => hand.states[1]?.timesten.repState === "STANDBY", "standby");
  return { world, hand };
}

describe("the cluster", () => {
  it("brings up a StatefulSet's pods with claims, addresses and container ids", async () => {
    const { world } = await pairOfAgents();
    await world.time.run(
      () => world.store.get<Pod>(pods, NAMESPACE, "sample-1")?.status?.containerStatuses?.[0]?.ready === true,
      10_000,
    );
    const pod = world.store.get<Pod>(pods, NAMESPACE, "sample-1");
    expect(pod?.status?.podIP).toBe(world.pods()[1]?.ip);
    expect(pod?.status?.containerStatuses?.[0]?.containerID).toMatch(/^containerd:\/\/[0-9a-f]{32}$/);
    expect(world.store.get(claims, NAMESPACE, "tt-persistent-sample-1")).not.toBeNull();
  });

  it("restarts a killed container in the same pod and says which one ended", async () => {
    const { world, hand } = await soloActive();
    const boot = hand.states[0]?.boot;
    await world.time.run(
      () => world.store.get<Pod>(pods, NAMESPACE, "sample-0")?.status?.containerStatuses?.[0]?.ready === true,
      10_000,
    );
    const before = world.store.get<Pod>(pods, NAMESPACE, "sample-0");
    world.pods()[0]?.killContainer("test");
    await hand.until(() => hand.closings.length > 0, "reset");
    await hand.connect(0);
    await hand.until(
      () => hand.states[0]?.boot === null && hand.states[0].endedBoots[0]?.boot === boot,
      "the end of the boot",
    );
    await world.time.run(
      () =>
        world.store.get<Pod>(pods, NAMESPACE, "sample-0")?.status?.containerStatuses?.[0]?.restartCount === 1,
      10_000,
    );
    const after = world.store.get<Pod>(pods, NAMESPACE, "sample-0");
    expect(after?.metadata.uid).toBe(before?.metadata.uid);
    expect(after?.status?.containerStatuses?.[0]?.lastState).toMatchObject({
      terminated: { containerID: before?.status?.containerStatuses?.[0]?.containerID, exitCode: 137 },
    });
  });

  it("gives a replaced pod a new uid and address and its old claim", async () => {
    const { world, hand } = await soloActive();
    const before = world.pods()[0]!;
    world.deletePod("sample-0");
    await hand.until(() => world.pods()[0] !== before, "a new pod");
    await hand.connect(0);
    await hand.until(() => hand.states[0]?.timesten.db === "Unloaded", "the database on the claim");
    expect(world.pods()[0]?.uid).not.toBe(before.uid);
    expect(hand.states[0]?.permission.obeyedN).toBe(1);
    expect(hand.states[0]?.permission.soloed).toBe(1);
  });

  it("lets the database live on when the agent alone dies", async () => {
    const { world, hand } = await soloActive();
    const boot = hand.states[0]?.boot;
    world.pods()[0]?.killAgent();
    await hand.until(() => hand.closings.length > 0, "reset");
    await hand.connect(0);
    await hand.until(() => hand.states[0]?.timesten.db === "Loaded", "the database");
    expect(hand.states[0]?.boot).toBe(boot);
  });
});

describe("the databases", () => {
  it("tell of a killed daemon within a tenth of a second", async () => {
    const { world, hand } = await soloActive();
    const boot = hand.states[0]?.boot;
    const atMs = world.time.nowMs();
    world.pods()[0]?.instance?.kill();
    await hand.until(() => hand.states[0]?.endedBoots[0]?.boot === boot, "the end of the boot");
    expect(world.time.nowMs() - atMs).toBeLessThan(100);
  });

  it("lose on a crash what was neither flushed nor replicated", async () => {
    const { world, hand } = await soloActive();
    hand.route(0);
    await hand.until(
      () => world.client.attempts.filter(attempt => attempt.ackedMs !== null).length > 40,
      "commits",
    );
    const database = world.pods()[0]!.instance!.db!;
    const before = database.log.length;
    database.crash();
    expect(database.files.log.length).toBeLessThanOrEqual(before);
    expect(database.files.log.length).toBeGreaterThan(before - 10);
  });

  it("replicate: everything committed arrives at the standby in order", async () => {
    const { world, hand } = await replicatingPair();
    hand.route(0);
    await hand.until(
      () => world.client.attempts.filter(attempt => attempt.ackedMs !== null).length > 40,
      "commits",
    );
    world.client.stop();
    await world.time.pass(2_000);
    const [active, standby] = world.databases();
    const text = (entry: object): string => JSON.stringify({ ...entry, atMs: 0 });
    expect(standby?.database.log.map(text)).toEqual(active?.database.log.map(text));
  });

  it("acknowledge a twosafe commit only when the standby has it", async () => {
    const { world, hand } = await replicatingPair(true);
    hand.route(0);
    await hand.until(
      () => world.client.attempts.filter(attempt => attempt.ackedMs !== null).length > 20,
      "commits",
    );
    const [, standby] = world.databases();
    const there = new Set(standby?.database.log.map(entry => (entry.kind === "row" ? entry.id : 0)));
    const acked = world.client.attempts.filter(attempt => attempt.ackedMs !== null);
    expect(acked.every(attempt => there.has(attempt.id))).toBe(true);
    standby?.database.crash();
    const before = acked.length;
    await world.time.pass(3_000);
    const after = world.client.attempts.filter(attempt => attempt.ackedMs !== null).length;
    expect(after - before).toBeLessThanOrEqual(1);
  });

  it("refuse to write where the record names no one", async () => {
    const { world } = await pairOfAgents();
    expect(world.databases()).toEqual([]);
    expect(world.checker.violations).toEqual([]);
  });

  it("are caught when a record is not obeyed: opened by hand under another's permission", async () => {
    const { world, hand } = await replicatingPair();
    const [, standby] = world.databases();
    standby?.database.setRole("ACTIVE");
    standby?.database.setOpen(true);
    expect(world.checker.violations.join("\n")).toContain("two writable databases");
    await hand.until(() => standby?.database.isOpen === false, "the agent closes what nobody permitted");
  });
});
