/** Images in the world: what the Pods that look at them come to, with the product's own eyes. */
import type { TimesTenClassicObject } from "../../generated/types";
import { imageProbes } from "../../capabilities/classic/observe/probe";
import type { ProbeFinding } from "../../capabilities/classic/observation";
import type { PodObject } from "../../capabilities/classic/observe/podObject";
import { buildProbePod, type Pod } from "../../capabilities/objects";
import { pods, timesTenClassics } from "../support/world/cluster/resources";
import { HandOperator } from "../support/world/hand-operator";
import { NAMESPACE, WholeWorld } from "../support/world/world";

const settings = { operatorImage: "operator", clusterDomain: "cluster.local" };

function probed(image: string): { world: WholeWorld; pod: Pod; found: () => ProbeFinding | undefined } {
  const world = new WholeWorld({ seed: "images", twosafe: false });
  world.apply();
  const object = (): TimesTenClassicObject => world.object() as unknown as TimesTenClassicObject;
  const pod = buildProbePod(object(), settings, { image, nodeName: null });
  world.store.create(pods, pod);
  const seen = (): PodObject | null => world.store.get<PodObject>(pods, NAMESPACE, pod.metadata.name);
  const found = (): ProbeFinding | undefined => {
    const now = seen();
    return now === null ? undefined : imageProbes(object(), [now], 0)[0]?.found;
  };
  return { world, pod, found };
}

describe("a Pod that looks at an image", () => {
  it.each([
    ["tt:18.1.4.4.0", { is: "release", release: "18.1.4.4.0" }],
    ["tt:22.1.1.7.0", { is: "release", release: "22.1.1.7.0" }],
    ["tt:18.1.4.12.0-broken", { is: "release", release: "18.1.4.12.0" }],
    ["tt:absent", { is: "waiting", trouble: "ErrImagePull: not found" }],
  ])("tells of %s what it holds", async (image, expected) => {
    const { world, found } = probed(image);
    expect(found()).toMatchObject({ is: "waiting", trouble: null });
    await world.time.pass(30_000);
    expect(found()).toEqual(expected);
  });

  it("goes when it is deleted, and all with their object", async () => {
    const { world, pod } = probed("tt:18.1.4.4.0");
    await world.time.pass(30_000);
    world.store.delete(pods, NAMESPACE, pod.metadata.name, {});
    await world.time.pass(2_000);
    expect(world.store.get(pods, NAMESPACE, pod.metadata.name)).toBeNull();
    world.store.create(pods, pod);
    const { name } = world.object()!.metadata;
    world.store.delete(timesTenClassics, NAMESPACE, name, {});
    await world.time.pass(10_000);
    expect(world.store.get(pods, NAMESPACE, pod.metadata.name)).toBeNull();
  });

  it("looks again after a power cut", async () => {
    const { world, found } = probed("tt:18.1.4.4.0");
    await world.time.pass(150);
    world.kubelet.losePower("node-0");
    world.kubelet.losePower("node-1");
    await world.time.pass(30_000);
    expect(found()).toMatchObject({ is: "waiting" });
    world.kubelet.power("node-0");
    world.kubelet.power("node-1");
    await world.time.pass(30_000);
    expect(found()).toMatchObject({ is: "release" });
  });
});

describe("a Pod of a pair", () => {
  it("runs the release of its image", async () => {
    const { world, hand } = pairWith("tt:18.1.4.4.0");
    await hand.connect(0);
    await hand.until(() => hand.states[0]?.timesten.release === "18.1.4.4.0", "its release");
    expect(world.pods()[0]?.instance).not.toBeNull();
  });

  it.each(["tt:absent", "tt:18.1.4.12.0-broken"])(
    "does not start with %s, and can be deleted",
    async image => {
      const { world } = pairWith(image);
      await world.time.pass(60_000);
      expect(world.pods().map(pod => pod?.instance ?? null)).toEqual([null, null]);
      const before = world.store.get<Pod>(pods, NAMESPACE, "sample-0")?.metadata.uid;
      world.deletePod("sample-0");
      await world.time.pass(10_000);
      const after = world.store.get<Pod>(pods, NAMESPACE, "sample-0")?.metadata.uid;
      expect(after).not.toBe(before);
      expect(after).toBeDefined();
    },
  );

  function pairWith(image: string): { world: WholeWorld; hand: HandOperator } {
    const world = new WholeWorld({ seed: "pods", twosafe: false });
    world.apply();
    world.change({ image });
    const hand = new HandOperator(world);
    hand.createObjects();
    return { world, hand };
  }
});
