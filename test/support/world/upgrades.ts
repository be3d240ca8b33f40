/** Changes of the image in a world, and when they have come to their end. */
import type { KubeObject } from "../../../capabilities/runtime/ports";
import { pods, type Pod } from "./cluster/resources";
import { NAMESPACE, type WholeWorld } from "./world";

const REGISTRY = "registry.example.com/timesten";
/** What a pair is created with, and patches that it may change to. */
export const FIRST_IMAGE = `${REGISTRY}:18.1.4.11.0`;
export const NEXT_IMAGE = `${REGISTRY}:18.1.4.12.0`;
export const OTHER_IMAGE = `${REGISTRY}:18.1.4.4.0`;

/** What the object says of its upgrades. */
interface UpgradeWords {
  upgrade?: { image?: string; phase?: string };
  lastUpgrade?: { image?: string; outcome?: string };
  classicUpgradeStatus?: { imageUpdatePending?: boolean; upgradeState?: string };
}

export function wordsOf(world: WholeWorld): UpgradeWords {
  return (world.object()?.status ?? {}) as UpgradeWords;
}

/** @returns TimesTen's image of each pod of the pair; null where there is no pod */
export function imagesOf(world: WholeWorld): (string | null)[] {
  return ["sample-0", "sample-1"].map(name => {
    const pod = world.store.get<Pod & KubeObject>(pods, NAMESPACE, name);
    return pod?.spec.containers.find(one => one.name === "tt")?.image ?? null;
  });
}

/** @returns whether both pods run the image and nothing is under way any more, in truth and in words */
export function upgraded(world: WholeWorld, image: string): boolean {
  const { upgrade, classicUpgradeStatus } = wordsOf(world);
  const inTruth = imagesOf(world).every(one => one === image);
  const words = upgrade?.image === image && upgrade.phase === undefined;
  return inTruth && words && classicUpgradeStatus?.imageUpdatePending === false;
}

/**
 * The user changes the image.
 * @returns whether both pods run it
 */
export function changeImage(world: WholeWorld, image: string): () => boolean {
  world.change({ image });
  return () => upgraded(world, image);
}

/**
 * Waits for a moment of an upgrade and then does something.
 * @returns pending while that is still to be done; none where the phase has not come
 */
export function inPhase(
  world: WholeWorld,
  phase: string,
  then: () => void,
): () => "none" | "pending" | "done" {
  let stage: "none" | "pending" | "done" = "none";
  const unsubscribe = world.store.subscribe(() => {
    if (stage !== "none" || wordsOf(world).upgrade?.phase !== phase) return;
    stage = "pending";
    world.time.after(world.random.fork(`in ${phase}`).between(1, 6_000), () => {
      unsubscribe();
      then();
      stage = "done";
    });
  });
  return () => stage;
}
