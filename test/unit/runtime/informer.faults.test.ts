import fc from "fast-check";
import { Informer } from "../../../capabilities/runtime/informer";
import { namespaces, pods } from "../../../capabilities/runtime/kube/resources";
import { KubeError, type KubeObject } from "../../../capabilities/runtime/ports";
import { VirtualSurroundings } from "../../support/virtual-clock";
import { KubeClient, type KubeFaults, type OpenWatch } from "../../support/world/kube/client";
import { KubeStore } from "../../support/world/kube/store";
import { VirtualProcess } from "../../support/world/process";

const RELIST_MS = 10_000;

/** One step of a run: something is done to the pods or to the connection, then time passes. */
const step = fc.record({
  action: fc.constantFrom(
    "create",
    "change",
    "delete",
    "compact",
    "endWatches",
    "expireWatches",
    "hold",
    "release",
  ),
  pod: fc.constantFrom("pod-0", "pod-1", "pod-2"),
  gapMs: fc.nat(400),
});

/** An API server behind a bad network: calls and events are lost, late or doubled until `calm`. */
function surroundings(seed: string) {
  const around = new VirtualSurroundings(seed);
  const chance = around.random.fork("faults");
  const state = { calm: false, open: [] as OpenWatch[] };
  const faults: KubeFaults = {
    call: () => ({
      requestMs: chance.between(1, 200),
      answerMs: chance.between(1, 200),
      outcome:
        state.calm || chance.chance(0.7)
          ? "served"
          : chance.pick(["error", "requestLost", "throttled"] as const),
    }),
    event: () => ({
      delayMs: chance.between(1, 300),
      copies: state.calm ? 1 : chance.pick([0, 1, 1, 1, 2] as const),
    }),
    listAge: () => 0,
    opened: watch => void state.open.push(watch),
  };
  const store = new KubeStore(around.random.fork("store"), () => around.clock.nowMs());
  store.create(namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name: "ns" } });
  const process = new VirtualProcess("operator", around.time, (_, error) => {
    throw error;
  });
  return { around, store, state, kube: new KubeClient(store, around.time, process, faults) };
}

function act(store: KubeStore, open: OpenWatch[], action: string, name: string, round: number): void {
  const there = store.get<KubeObject>(pods, "ns", name) !== null;
  const pod: KubeObject = { apiVersion: "v1", kind: "Pod", metadata: { name, namespace: "ns" } };
  if (action === "create" && !there) store.create(pods, pod);
  if (action === "change" && there) {
    store.mergePatch(pods, "ns", name, { metadata: { annotations: { round: String(round) } } });
  }
  if (action === "delete" && there) store.delete(pods, "ns", name, { gracePeriodSeconds: 0 });
  if (action === "compact") store.compact();
  for (const watch of open) {
    if (action === "endWatches") watch.end(null);
    if (action === "expireWatches") watch.end(new KubeError(410, "Expired", "too old resource version"));
    if (action === "hold") watch.hold();
    if (action === "release") watch.release();
  }
}

const versions = (all: readonly KubeObject[]): string[] =>
  all.map(({ metadata }) => `${metadata.name} ${metadata.uid} ${metadata.resourceVersion}`);

describe("an informer behind a bad network", () => {
  it("never takes an object back to an older version while it watches, and is equal to the server in the end", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 40 }),
        fc.string({ maxLength: 5 }),
        async (steps, seed) => {
          const { around, store, state, kube } = surroundings(seed);
          const { clock, random, log } = around;
          const options = { clock, random, log, kube, resource: pods, namespaces: [], relistMs: RELIST_MS };
          const informer = new Informer<KubeObject>(options);
          const told = new Map<string, KubeObject>();
          informer.onChange(({ name, object, previous }) => {
            expect(previous).toBe(told.get(name) ?? null);
            if (object === null) told.delete(name);
            else told.set(name, object);
            if (object === null || previous === null) return;
            expect(Number(object.metadata.resourceVersion)).toBeGreaterThan(
              Number(previous.metadata.resourceVersion),
            );
          });
          informer.start();
          for (const [round, { action, pod, gapMs }] of steps.entries()) {
            act(store, state.open, action, pod, round);
            await around.pass(gapMs);
          }
          state.calm = true;
          for (const watch of state.open) watch.release();
          await around.pass(30_000 + 2 * RELIST_MS);
          const truth = store.list<KubeObject>(pods, {}).items;
          expect(versions(informer.list())).toEqual(versions(truth));
          expect(versions([...told.values()]).sort()).toEqual(versions(truth).sort());
          informer.stop();
        },
      ),
      { numRuns: 150 },
    );
  });
});
