/** A simulated pair on tt:1, Normal, and the kubelet beside it. */
import { normalPair, type SimulatedPair } from "../simulation";

export const NEW = { image: "tt:2" };

/** @returns a Normal pair, its story so far forgotten; a standby is made within a few passes */
export function calmPair(active: 0 | 1 = 0): SimulatedPair {
  const pair = normalPair();
  if (active === 1) {
    pair.deletePod(0);
    pair.settle();
    pair.startPod(0);
    pair.settle();
  }
  expect(pair.active()).toBe(`sample-${active}`);
  expect(pair.status.highLevelState).toBe("Normal");
  pair.recoveringPasses = 2;
  forget(pair);
  return pair;
}

export function forget(pair: SimulatedPair): void {
  for (const list of [pair.events, pair.written, pair.states, pair.deleted, pair.effects]) list.splice(0);
}

/** What was told to go goes, and its successor starts. */
export function replace(pair: SimulatedPair, ordinal: 0 | 1): void {
  pair.terminated(ordinal);
  pair.settle();
  pair.startPod(ordinal);
  pair.settle();
}

/** @returns the Events about the pair and its upgrade, without those about pods */
export const told = (pair: SimulatedPair): string[] =>
  pair.events.filter(text => !text.startsWith("Pod ") && !text.startsWith("TimesTenClassic was"));

export const images = (pair: SimulatedPair): string[] => pair.pods.map(pod => pod.image);

/** @returns status and reason of the condition Upgrading */
export function upgrading(pair: SimulatedPair): string {
  const { status, reason } = pair.status.conditions?.find(one => one.type === "Upgrading") ?? {};
  return `${status} ${reason}`;
}

/** The active serves: its database is open and the Service leads to it. */
export function expectServing(pair: SimulatedPair, ordinal: 0 | 1): void {
  expect(pair.pods[ordinal].state?.timesten).toMatchObject({ open: true, repState: "ACTIVE" });
  expect(pair.active()).toBe(`sample-${ordinal}`);
  expect(pair.status.conditions?.find(one => one.type === "Ready")?.status).toBe("True");
}
