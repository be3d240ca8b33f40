/** The replica that does not lead hears everything and says nothing; when it leads, it knows at once. */
import { WholeWorld, type OperatorReplica } from "../support/world/world";
import { killDaemon } from "../support/world/strikes";

jest.setTimeout(60_000);

/** Lease, one attempt more, and what a promotion takes, ms. */
const TAKEOVER_MS = 5_000;

interface Two {
  world: WholeWorld;
  leader: OperatorReplica;
  spare: OperatorReplica;
  /** @returns what one of them did and noted since the pair was Normal */
  said: (replica: OperatorReplica) => string[];
}

async function normalWithSpare(seed: string): Promise<Two> {
  const world = new WholeWorld({ seed, twosafe: false, brisk: true });
  world.startOperator("operator-0");
  world.startOperator("operator-1");
  world.apply();
  expect(await world.time.run(() => world.whyNotNormal() === null, 120_000)).toBe("condition");
  // Sessions to the last pod that came up are made meanwhile.
  await world.time.pass(3_000);
  const leads = (name: string) => world.story.lines().some(line => line.includes(`${name}       writes`));
  const [a, b] = world.operators;
  if (a === undefined || b === undefined || leads("operator-0") === leads("operator-1"))
    throw new Error("not one leads");
  const [leader, spare] = leads("operator-0") ? [a, b] : [b, a];
  const from = world.story.length();
  const said = ({ process }: OperatorReplica) =>
    world.story
      .lines()
      .slice(from)
      .filter(line => line.includes(`  ${process.name} `));
  return { world, leader, spare, said };
}

const connections = (lines: string[]) => lines.filter(line => line.includes("connected")).length;

describe("the spare", () => {
  it.each(["a", "b", "c"])(
    "hears both agents and both witnesses while another leads (seed %s)",
    async seed => {
      const { world, spare } = await normalWithSpare(seed);
      const all = world.story.lines().filter(line => line.includes(`  ${spare.process.name} `));
      expect(all.filter(line => line.includes("agent connected")).length).toBeGreaterThanOrEqual(2);
      expect(all.filter(line => line.includes("witness connected")).length).toBeGreaterThanOrEqual(2);
      expect(all.filter(line => / (writes|record) /.test(line))).toEqual([]);
      expect(world.checker.violations).toEqual([]);
    },
  );

  it.each(["a", "b", "c", "d"])(
    "takes over within the lease and without making a session first (seed %s)",
    async seed => {
      const { world, leader, spare, said } = await normalWithSpare(seed);
      const active = world.activePod();
      if (active === undefined) throw new Error("no active");
      const struckMs = world.time.nowMs();
      world.killOperator(leader);
      killDaemon(world, active);
      const served = () => world.activePod() !== undefined && world.activePod() !== active;
      expect(await world.time.run(served, TAKEOVER_MS)).toBe("condition");
      expect(world.time.nowMs() - struckMs).toBeLessThan(TAKEOVER_MS);
      expect(said(spare).some(line => line.includes("leading"))).toBe(true);
      expect(connections(said(spare))).toBe(0);
      expect(await world.time.run(() => world.whyNotNormal() === null, 120_000)).toBe("condition");
      expect(world.checker.violations).toEqual([]);
    },
  );

  it("tells of nothing twice when it leads", async () => {
    const { world, leader } = await normalWithSpare("events");
    const told = () => world.object()?.status?.lastEvent ?? 0;
    const before = told();
    world.killOperator(leader);
    await world.time.pass(15_000);
    expect(world.whyNotNormal()).toBeNull();
    expect(told()).toBe(before);
  });
});
