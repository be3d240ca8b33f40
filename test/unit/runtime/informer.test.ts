import { Informer, labelIndex, type Change } from "../../../capabilities/runtime/informer";
import { pods } from "../../../capabilities/runtime/kube/resources";
import { KubeError, type KubeObject, type WatchEvent } from "../../../capabilities/runtime/ports";
import { podNamed, ScriptedKube } from "../../support/scripted-kube";
import { VirtualSurroundings } from "../../support/virtual-clock";

function newInformer(namespaces: string[] = []) {
  const around = new VirtualSurroundings("informer");
  const { clock, random, log } = around;
  const kube = new ScriptedKube();
  const informer = new Informer<KubeObject>({
    clock,
    random,
    log,
    kube: kube.api(),
    resource: pods,
    namespaces,
    labelSelector: "app=sample",
    indexes: { role: labelIndex("role") },
  });
  const told: string[] = [];
  const note = ({ name, object, previous }: Change<KubeObject>): void => {
    told.push(
      `${name} ${previous?.metadata.resourceVersion ?? "-"}>${object?.metadata.resourceVersion ?? "-"}`,
    );
  };
  informer.onChange(note);
  const held = (): string[] =>
    informer.list().map(pod => `${pod.metadata.name}@${pod.metadata.resourceVersion}`);
  return { around, kube, informer, told, held };
}

/** An informer that has listed `pod-a` at version 10 and watches from there. */
async function listedInformer() {
  const made = newInformer();
  made.informer.start();
  made.kube.lastList.answer("10", [podNamed("pod-a", 7)]);
  await made.around.pass(0);
  return made;
}

/** @returns what feeds events into the watch that is open now */
function feeder(kube: ScriptedKube): (event: WatchEvent<KubeObject>) => void {
  const { handlers } = kube.lastWatch;
  return event => handlers.onEvent(event);
}

describe("an informer", () => {
  it("lists, tells of every object and watches from the list's version", async () => {
    const { kube, informer, told, held, around } = newInformer();
    informer.start();
    expect(informer.synced()).toBe(false);
    expect(informer.lastEventMonotonicMs).toBeNull();
    await around.pass(30);
    kube.lastList.answer("10", [podNamed("pod-b", 8), podNamed("pod-a", 7)]);
    await around.settled(informer.whenSynced());
    expect(held()).toEqual(["pod-a@7", "pod-b@8"]);
    expect(told.sort()).toEqual(["pod-a ->7", "pod-b ->8"]);
    expect(kube.lastWatch.options).toEqual({
      labelSelector: "app=sample",
      fieldSelector: undefined,
      namespace: undefined,
      resourceVersion: "10",
    });
    expect(informer.lastEventMonotonicMs).toBe(30);
    expect(informer.get("ns", "pod-a")?.metadata.uid).toBe("uid-pod-a");
    expect(informer.get("other", "pod-a")).toBeNull();
  });

  it("follows the watch", async () => {
    const { kube, told, held } = await listedInformer();
    const onEvent = feeder(kube);
    onEvent({ type: "ADDED", object: podNamed("pod-b", 11) });
    onEvent({ type: "MODIFIED", object: podNamed("pod-a", 12) });
    onEvent({ type: "DELETED", object: podNamed("pod-b", 13) });
    expect(held()).toEqual(["pod-a@12"]);
    expect(told).toEqual(["pod-a ->7", "pod-b ->11", "pod-a 7>12", "pod-b 11>-"]);
  });

  it("is not taken back by events that come twice, late or out of order", async () => {
    const { kube, told, held } = await listedInformer();
    const onEvent = feeder(kube);
    onEvent({ type: "MODIFIED", object: podNamed("pod-a", 20) });
    onEvent({ type: "MODIFIED", object: podNamed("pod-a", 20) });
    onEvent({ type: "MODIFIED", object: podNamed("pod-a", 15) });
    onEvent({ type: "ADDED", object: podNamed("pod-b", 21) });
    onEvent({ type: "DELETED", object: podNamed("pod-b", 22) });
    onEvent({ type: "ADDED", object: podNamed("pod-b", 21) });
    expect(held()).toEqual(["pod-a@20"]);
    expect(told).toEqual(["pod-a ->7", "pod-a 7>20", "pod-b ->21", "pod-b 21>-"]);
  });

  it("knows a pod's successor of the same name from the pod itself", async () => {
    const { kube, held, informer } = await listedInformer();
    const onEvent = feeder(kube);
    onEvent({ type: "ADDED", object: podNamed("pod-a", 30, "uid-2") });
    onEvent({ type: "DELETED", object: podNamed("pod-a", 29) });
    onEvent({ type: "MODIFIED", object: podNamed("pod-a", 28) });
    expect(held()).toEqual(["pod-a@30"]);
    expect(informer.get("ns", "pod-a")?.metadata.uid).toBe("uid-2");
  });

  it("takes an object back that left the selection and returned", async () => {
    const { kube, held } = await listedInformer();
    const onEvent = feeder(kube);
    onEvent({ type: "DELETED", object: podNamed("pod-a", 11) });
    onEvent({ type: "ADDED", object: podNamed("pod-a", 14) });
    expect(held()).toEqual(["pod-a@14"]);
  });

  it("finds objects by owner and label, as they are now", async () => {
    const { kube, informer } = await listedInformer();
    const onEvent = feeder(kube);
    const ownerReferences = [{ apiVersion: "v1", kind: "TimesTenClassic", name: "sample", uid: "owner-1" }];
    const owned = (role: string, version: number): KubeObject =>
      podNamed("pod-b", version, "uid-pod-b", { ownerReferences, labels: { role } });
    const found = (role: string): string[] => informer.byIndex("role", role).map(pod => pod.metadata.name);
    onEvent({ type: "ADDED", object: owned("standby", 11) });
    expect(informer.byOwner("owner-1").map(pod => pod.metadata.name)).toEqual(["pod-b"]);
    expect(found("standby")).toEqual(["pod-b"]);
    onEvent({ type: "MODIFIED", object: owned("active", 12) });
    expect([found("standby"), found("active")]).toEqual([[], ["pod-b"]]);
    onEvent({ type: "DELETED", object: owned("active", 13) });
    expect([informer.byOwner("owner-1"), found("active")]).toEqual([[], []]);
    expect(() => informer.byIndex("none", "x")).toThrow('no index "none"');
  });

  it("watches on from the newest version it heard of when the stream ends", async () => {
    const { kube, around } = await listedInformer();
    const onEvent = feeder(kube);
    const { handlers } = kube.lastWatch;
    onEvent({ type: "MODIFIED", object: podNamed("pod-a", 12) });
    onEvent({ type: "BOOKMARK", resourceVersion: "40" });
    onEvent({ type: "MODIFIED", object: podNamed("pod-a", 13) });
    await around.pass(60_000);
    handlers.onEnd(null);
    await around.pass(0);
    expect(kube.watches).toHaveLength(2);
    expect(kube.lastWatch.options.resourceVersion).toBe("40");
    expect(kube.lists).toHaveLength(1);
  });

  it("pauses longer and longer while the server gives no answer, and then goes on at once", async () => {
    const { kube, around } = await listedInformer();
    const gone = new KubeError(0, "NoAnswer", "connect ECONNREFUSED");
    const startedMs: number[] = [];
    while (around.clock.monotonicMs() < 60_000) {
      const count = kube.watches.length;
      startedMs.push(around.clock.monotonicMs());
      kube.lastWatch.handlers.onEnd(gone);
      await around.until("another watch", () => kube.watches.length > count);
    }
    const gaps = startedMs.slice(1).map((at, i) => at - startedMs[i]!);
    expect(gaps[0]).toBeLessThanOrEqual(50);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(5_000);
    expect(gaps.at(-1)).toBeGreaterThanOrEqual(2_500);
    await around.pass(2_000);
    kube.lastWatch.handlers.onEnd(null);
    expect(kube.watches).toHaveLength(startedMs.length + 2);
  });

  it("lists anew when its version is too old", async () => {
    const { kube, around, held, told } = await listedInformer();
    await around.pass(5_000);
    kube.lastWatch.handlers.onEnd(new KubeError(410, "Expired", "too old resource version"));
    await around.pass(0);
    expect(kube.lists).toHaveLength(2);
    kube.lastList.answer("90", [podNamed("pod-c", 80)]);
    await around.pass(0);
    expect(held()).toEqual(["pod-c@80"]);
    expect(told).toEqual(["pod-a ->7", "pod-a 7>-", "pod-c ->80"]);
    expect(kube.lastWatch.options.resourceVersion).toBe("90");
  });

  it("tries a list again that failed", async () => {
    const { kube, around, informer } = newInformer();
    informer.start();
    for (let i = 0; i < 5; i++) {
      kube.lastList.fail(new KubeError(500, "InternalError", "etcdserver: leader changed"));
      const count = kube.lists.length;
      await around.until("another list", () => kube.lists.length > count, 5_000);
    }
    kube.lastList.answer("1", []);
    await around.pass(0);
    expect(informer.synced()).toBe(true);
  });

  it("finds what a watch lost with the periodic list", async () => {
    const { kube, around, held, told } = await listedInformer();
    await around.pass(120_000);
    expect(kube.lists).toHaveLength(2);
    kube.lastList.answer("50", [podNamed("pod-b", 45)]);
    await around.pass(0);
    expect(held()).toEqual(["pod-b@45"]);
    expect(told.slice(1)).toEqual(["pod-a 7>-", "pod-b ->45"]);
  });

  it("is not taken back by a list that its own watch has overtaken", async () => {
    const { kube, around, held, told } = await listedInformer();
    kube.lastWatch.handlers.onEvent({ type: "ADDED", object: podNamed("pod-b", 20) });
    await around.pass(120_000);
    const onEvent = feeder(kube);
    onEvent({ type: "MODIFIED", object: podNamed("pod-a", 61) });
    onEvent({ type: "DELETED", object: podNamed("pod-b", 62) });
    onEvent({ type: "ADDED", object: podNamed("pod-c", 63) });
    kube.lastList.answer("60", [podNamed("pod-a", 7), podNamed("pod-b", 20)]);
    await around.pass(0);
    expect(held()).toEqual(["pod-a@61", "pod-c@63"]);
    kube.lastWatch.handlers.onEvent({ type: "MODIFIED", object: podNamed("pod-b", 61) });
    expect(held()).toEqual(["pod-a@61", "pod-c@63"]);
    expect(told.slice(2)).toEqual(["pod-a 7>61", "pod-b 20>-", "pod-c ->63"]);
  });

  it("believes a list of a server whose history was wound back", async () => {
    const { kube, around, held } = await listedInformer();
    kube.lastWatch.handlers.onEvent({ type: "MODIFIED", object: podNamed("pod-a", 500) });
    await around.pass(2_000);
    kube.lastWatch.handlers.onEnd(new KubeError(410, "Expired", "too large resource version"));
    kube.lastList.answer("5", [podNamed("pod-a", 3)]);
    await around.pass(0);
    expect(held()).toEqual(["pod-a@3"]);
    kube.lastWatch.handlers.onEvent({ type: "MODIFIED", object: podNamed("pod-a", 6) });
    expect(held()).toEqual(["pod-a@6"]);
  });

  it("does not listen to a watch it has replaced or ended", async () => {
    const { kube, around, held, informer } = await listedInformer();
    const old = kube.lastWatch;
    await around.pass(120_000);
    kube.lastList.answer("50", [podNamed("pod-a", 7)]);
    await around.pass(0);
    expect(old.ended).toBe(true);
    old.handlers.onEvent({ type: "DELETED", object: podNamed("pod-a", 51) });
    old.handlers.onEnd(null);
    informer.stop();
    expect(kube.lastWatch.ended).toBe(true);
    kube.lastWatch.handlers.onEvent({ type: "DELETED", object: podNamed("pod-a", 52) });
    await around.pass(600_000);
    expect(held()).toEqual(["pod-a@7"]);
    expect(kube.watches).toHaveLength(2);
  });

  it("keeps namespaces apart: a list of one says nothing about another", async () => {
    const { kube, around, held, informer } = newInformer(["one", "two"]);
    informer.start();
    expect(kube.lists.map(list => list.options.namespace)).toEqual(["one", "two"]);
    kube.lists[0]?.answer("5", [podNamed("pod-a", 3, "u1", { namespace: "one" })]);
    await around.pass(0);
    expect(informer.synced()).toBe(false);
    kube.lists[1]?.answer("6", [podNamed("pod-a", 4, "u2", { namespace: "two" })]);
    await around.pass(0);
    expect(informer.synced()).toBe(true);
    expect(held()).toEqual(["pod-a@3", "pod-a@4"]);
    await around.pass(120_000);
    kube.lists
      .slice(2)
      .find(list => list.options.namespace === "one")
      ?.answer("9", []);
    await around.pass(0);
    expect(held()).toEqual(["pod-a@4"]);
  });

  it("goes on when a listener throws", async () => {
    const { kube, informer, around, held } = newInformer();
    informer.onChange(() => {
      throw new Error("listener");
    });
    informer.start();
    kube.lastList.answer("10", [podNamed("pod-a", 7)]);
    await around.pass(0);
    expect(held()).toEqual(["pod-a@7"]);
    expect(around.lines.map(line => line.level)).toEqual(["error"]);
  });
});
