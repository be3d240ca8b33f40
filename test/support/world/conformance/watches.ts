/** Listing and watching. */
import type { KubeError, KubeObject, Resource, WatchEvent } from "../../../../capabilities/runtime/ports";
import { configMaps, timesTenClassics } from "../cluster/resources";
import { type At, configMap } from "./objects";

export function describeWatches(at: At): void {
  interface Seen {
    told: string[];
    versions: string[];
    ended: (KubeError | null)[];
    stop: () => void;
  }

  const follow = (resource: Resource, resourceVersion: string, labelSelector?: string): Seen => {
    const seen: Seen = { told: [], versions: [], ended: [], stop: () => undefined };
    seen.stop = at().kube.watch<KubeObject>(
      resource,
      { namespace: at().namespace, labelSelector, resourceVersion },
      {
        onEvent: (event: WatchEvent<KubeObject>) => {
          if (event.type === "BOOKMARK") return;
          seen.told.push(`${event.type} ${event.object.metadata.name}`);
          seen.versions.push(event.object.metadata.resourceVersion!);
        },
        onEnd: error => seen.ended.push(error),
      },
    );
    return seen;
  };

  describe("listing and watching", () => {
    it("lists by namespace and label", async () => {
      const { api, kube, namespace } = at();
      const other = await api.newNamespace();
      await kube.create(configMaps, configMap(namespace, "a", {}, { app: "x", tier: "1" }));
      await kube.create(configMaps, configMap(namespace, "b", {}, { app: "y" }));
      await kube.create(configMaps, configMap(other, "c", {}, { app: "x" }));
      const names = async (labelSelector: string, inNamespace?: string): Promise<string[]> =>
        (await kube.list(configMaps, { namespace: inNamespace, labelSelector })).items
          .filter(item => item.metadata.namespace === namespace || item.metadata.namespace === other)
          .map(item => item.metadata.name);
      expect(await names("app=x", namespace)).toEqual(["a"]);
      expect((await names("app=x")).sort()).toEqual(["a", "c"]);
      expect(await names("app in (x,y),!tier", namespace)).toEqual(["b"]);
      expect(await names("app!=x,app", namespace)).toEqual(["b"]);
    });

    it("tells every change after the list, once and in order", async () => {
      const { api, kube, namespace } = at();
      await kube.create(configMaps, configMap(namespace, "before", {}, { app: "x" }));
      const list = await kube.list(configMaps, { namespace, labelSelector: "app=x" });
      const seen = follow(configMaps, list.resourceVersion, "app=x");
      await kube.create(configMaps, configMap(namespace, "a", {}, { app: "x" }));
      await kube.mergePatch(configMaps, namespace, "a", { data: { k: "1" } });
      await kube.delete(configMaps, namespace, "a");
      await api.until("three events", () => seen.told.length >= 3);
      expect(seen.told).toEqual(["ADDED a", "MODIFIED a", "DELETED a"]);
      const versions = seen.versions.map(Number);
      expect(versions).toEqual([...versions].sort((a, b) => a - b));
      expect(new Set(versions).size).toBe(3);
      seen.stop();
    });

    it("treats an object that leaves the selection as deleted, one that enters as added", async () => {
      const { api, kube, namespace } = at();
      await kube.create(configMaps, configMap(namespace, "a", {}, { app: "x" }));
      const list = await kube.list(configMaps, { namespace, labelSelector: "app=x" });
      const seen = follow(configMaps, list.resourceVersion, "app=x");
      await kube.mergePatch(configMaps, namespace, "a", { metadata: { labels: { app: "y" } } });
      await kube.mergePatch(configMaps, namespace, "a", { data: { k: "1" } });
      await kube.mergePatch(configMaps, namespace, "a", { metadata: { labels: { app: "x" } } });
      await api.until("two events", () => seen.told.length >= 2);
      expect(seen.told).toEqual(["DELETED a", "ADDED a"]);
      seen.stop();
    });

    it("goes on from the version of any event", async () => {
      const { api, kube, namespace } = at();
      const { resourceVersion } = await kube.list(configMaps, { namespace });
      await kube.create(configMaps, configMap(namespace, "a"));
      await kube.create(configMaps, configMap(namespace, "b"));
      const first = follow(configMaps, resourceVersion);
      await api.until("both", () => first.told.includes("ADDED b"));
      first.stop();
      const second = follow(configMaps, first.versions[first.told.indexOf("ADDED a")]!);
      await api.until("the later one", () => second.told.includes("ADDED b"));
      expect(second.told).not.toContain("ADDED a");
      second.stop();
    });

    it("says Expired where the past is forgotten", async () => {
      const { api } = at();
      const seen = follow(timesTenClassics, await api.expiredVersion(timesTenClassics));
      await api.until("the end", () => seen.ended.length > 0);
      expect(seen.ended[0]).toMatchObject({ status: 410 });
      expect(["Expired", "Gone"]).toContain(seen.ended[0]?.reason);
    });

    it("is silent after it was ended", async () => {
      const { api, kube, namespace } = at();
      const { resourceVersion } = await kube.list(configMaps, { namespace });
      const stopped = follow(configMaps, resourceVersion);
      const witness = follow(configMaps, resourceVersion);
      stopped.stop();
      await kube.create(configMaps, configMap(namespace, "a"));
      await api.until("the witness", () => witness.told.includes("ADDED a"));
      expect(stopped.told).toEqual([]);
      expect(stopped.ended).toEqual([]);
      witness.stop();
    });
  });
}
