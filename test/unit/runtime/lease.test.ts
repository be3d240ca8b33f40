import fc from "fast-check";
import { LeaderLease, type LeaseObject } from "../../../capabilities/runtime/lease";
import { leases, namespaces } from "../../../capabilities/runtime/kube/resources";
import type { KubeApi } from "../../../capabilities/runtime/ports";
import { VirtualSurroundings } from "../../support/virtual-clock";
import { calmFaults, KubeClient, type CallFate, type KubeFaults } from "../../support/world/kube/client";
import { KubeStore } from "../../support/world/kube/store";
import { VirtualProcess } from "../../support/world/process";

const NAME = "timesten-operator";

function cluster(seed = "lease") {
  const around = new VirtualSurroundings(seed);
  const store = new KubeStore(around.random.fork("store"), () => around.clock.nowMs());
  store.create(namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name: "ns" } });
  const lease = (): LeaseObject | null => store.get<LeaseObject>(leases, "ns", NAME);
  return { around, store, lease };
}

type Cluster = ReturnType<typeof cluster>;

/** One replica in a process of its own. */
function replica(
  { around, store }: Cluster,
  identity: string,
  options: { rate?: number; fate?: () => CallFate } = {},
) {
  const process = new VirtualProcess(
    identity,
    around.time,
    (_, error) => {
      throw error;
    },
    options.rate ?? 1,
  );
  const calm = calmFaults(around.random.fork(identity));
  const faults: KubeFaults = { ...calm, call: options.fate ?? (call => calm.call(call)) };
  const kube: KubeApi = new KubeClient(store, around.time, process, faults);
  const { log } = around;
  const leader = new LeaderLease({ clock: process.clock, kube, log, namespace: "ns", name: NAME, identity });
  const changes: boolean[] = [];
  leader.onChange(leading => changes.push(leading));
  return { process, leader, changes };
}

const lost: CallFate = { requestMs: 1, answerMs: 1, outcome: "requestLost" };

describe("the leader lease", () => {
  it("is taken at once where there is none, and renewed", async () => {
    const world = cluster();
    const a = replica(world, "a");
    a.leader.start();
    await world.around.until("a leads", () => a.leader.isLeader(), 100);
    const first = world.lease();
    expect(first?.spec).toMatchObject({ holderIdentity: "a", leaseDurationSeconds: 4, leaseTransitions: 0 });
    expect(first?.spec?.renewTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    await world.around.pass(60_000);
    expect(a.leader.isLeader()).toBe(true);
    expect(a.changes).toEqual([true]);
    expect(world.lease()?.spec?.acquireTime).toBe(first?.spec?.acquireTime);
    expect(world.lease()?.spec?.renewTime).not.toBe(first?.spec?.renewTime);
  });

  it("leaves the others waiting while it is renewed", async () => {
    const world = cluster();
    const [a, b] = [replica(world, "a"), replica(world, "b")];
    a.leader.start();
    await world.around.pass(100);
    b.leader.start();
    await world.around.pass(120_000);
    expect([a.leader.isLeader(), b.leader.isLeader()]).toEqual([true, false]);
    expect(b.leader.holder()).toBe("a");
    expect(b.changes).toEqual([]);
  });

  it("passes to another within a lease and a bit when the holder dies", async () => {
    const world = cluster();
    const [a, b] = [replica(world, "a"), replica(world, "b")];
    a.leader.start();
    await world.around.pass(100);
    b.leader.start();
    await world.around.pass(10_000);
    a.process.kill();
    const diedMs = world.around.clock.monotonicMs();
    await world.around.until("b leads", () => b.leader.isLeader(), 10_000);
    const tookMs = world.around.clock.monotonicMs() - diedMs;
    expect(tookMs).toBeGreaterThanOrEqual(3_400);
    expect(tookMs).toBeLessThanOrEqual(5_200);
    expect(world.lease()?.spec).toMatchObject({ holderIdentity: "b", leaseTransitions: 1 });
  });

  it("passes to another at once when the holder stops", async () => {
    const world = cluster();
    const [a, b] = [replica(world, "a"), replica(world, "b")];
    a.leader.start();
    await world.around.pass(100);
    b.leader.start();
    await world.around.pass(10_000);
    const stopping = a.leader.stop();
    expect(a.leader.isLeader()).toBe(false);
    await world.around.settled(stopping);
    await world.around.until("b leads", () => b.leader.isLeader(), 600);
    expect(a.changes).toEqual([true, false]);
  });

  it("is not given back by one that does not hold it", async () => {
    const world = cluster();
    const [a, b] = [replica(world, "a"), replica(world, "b")];
    a.leader.start();
    await world.around.pass(100);
    b.leader.start();
    await world.around.pass(1_000);
    await world.around.settled(b.leader.stop());
    expect(world.lease()?.spec?.holderIdentity).toBe("a");
  });

  it("goes on at once when the same replica's container was restarted", async () => {
    const world = cluster();
    const before = replica(world, "a");
    before.leader.start();
    await world.around.pass(5_000);
    before.process.kill();
    const after = replica(world, "a");
    after.leader.start();
    await world.around.until("it leads again", () => after.leader.isLeader(), 100);
    expect(world.lease()?.spec?.leaseTransitions).toBe(0);
  });

  it("is no longer trusted after two thirds of its duration without a renewal", async () => {
    const world = cluster();
    let cut = false;
    const calm = calmFaults(world.around.random);
    const call = { client: "a", verb: "get", kind: "", name: "" } as const;
    const a = replica(world, "a", { fate: () => (cut ? lost : calm.call(call)) });
    a.leader.start();
    await world.around.pass(10_200);
    const renewedMs = Date.parse(world.lease()?.spec?.renewTime ?? "") - world.around.time.epochMs;
    cut = true;
    await world.around.until("a no longer leads", () => !a.leader.isLeader(), 10_000);
    const trustedMs = world.around.clock.monotonicMs() - renewedMs;
    expect(trustedMs).toBeGreaterThan(2_600);
    expect(trustedMs).toBeLessThan(2_700);
    expect(a.changes).toEqual([true, false]);
    cut = false;
    await world.around.until("a leads again", () => a.leader.isLeader(), 12_000);
  });

  it("is given up at once when another is seen to hold it", async () => {
    const world = cluster();
    const a = replica(world, "a");
    a.leader.start();
    await world.around.pass(2_000);
    const stolen = world.lease();
    world.store.replace(leases, { ...stolen!, spec: { ...stolen!.spec, holderIdentity: "thief" } });
    await world.around.until("a no longer leads", () => !a.leader.isLeader(), 600);
    expect(a.leader.holder()).toBe("thief");
  });

  it("is made anew when somebody deletes it", async () => {
    const world = cluster();
    const a = replica(world, "a");
    a.leader.start();
    await world.around.pass(2_000);
    world.store.delete(leases, "ns", NAME);
    await world.around.pass(1_600);
    expect(a.leader.isLeader()).toBe(true);
    expect(world.lease()?.spec?.holderIdentity).toBe("a");
  });

  it("survives answers that get lost though the renewal was done", async () => {
    const world = cluster();
    let count = 0;
    const a = replica(world, "a", {
      fate: () => ({ requestMs: 1, answerMs: 1, outcome: ++count % 3 === 0 ? "answerLost" : "served" }),
    });
    a.leader.start();
    await world.around.pass(60_000);
    expect(a.changes).toEqual([true]);
  });

  it("is never trusted by two at once, whatever is lost, late, frozen or fast", async () => {
    const event = fc.record({
      who: fc.nat(2),
      what: fc.constantFrom("cut", "heal", "freeze", "thaw", "stop"),
      gapMs: fc.nat(3_000),
    });
    const rates = fc.tuple(...Array.from({ length: 3 }, () => fc.constantFrom(0.9, 1, 1.1)));
    await fc.assert(
      fc.asyncProperty(
        fc.array(event, { maxLength: 30 }),
        rates,
        fc.string({ maxLength: 4 }),
        async (events, speeds, seed) => {
          const world = cluster(seed);
          const chance = world.around.random.fork("fates");
          const cut = new Set<number>();
          const replicas = speeds.map((rate, i) =>
            replica(world, `replica-${i}`, {
              rate,
              fate: () => ({
                requestMs: chance.between(1, 400),
                answerMs: chance.between(1, 400),
                outcome: cut.has(i) ? chance.pick(["requestLost", "answerLost"] as const) : "served",
              }),
            }),
          );
          for (const { leader } of replicas) leader.start();
          const leading = (): number =>
            replicas.filter(one => one.process.alive() && !one.process.isFrozen() && one.leader.isLeader())
              .length;
          for (const { who, what, gapMs } of events) {
            const one = replicas[who]!;
            if (what === "cut") cut.add(who);
            if (what === "heal") cut.delete(who);
            if (what === "freeze") one.process.freeze();
            if (what === "thaw") one.process.thaw();
            if (what === "stop") void one.leader.stop();
            await world.around.time.run(() => leading() > 1, gapMs);
            expect(leading()).toBeLessThanOrEqual(1);
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});
