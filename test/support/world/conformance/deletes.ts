/** Deleting: preconditions, finalizers, grace. */
import { configMaps, pods } from "../cluster/resources";
import { type At, configMap, pod, refusal } from "./objects";

export function describeDeletes(at: At): void {
  describe("deleting", () => {
    it("removes the object; a second time it is not found", async () => {
      const { kube, namespace } = at();
      await kube.create(configMaps, configMap(namespace, "a"));
      await kube.delete(configMaps, namespace, "a");
      expect(await kube.get(configMaps, namespace, "a")).toBeNull();
      expect(await refusal(kube.delete(configMaps, namespace, "a"))).toBe("404 NotFound");
    });

    it("is held to the uid and the version it names", async () => {
      const { kube, namespace } = at();
      const made = await kube.create(configMaps, configMap(namespace, "a"));
      expect(
        await refusal(
          kube.delete(configMaps, namespace, "a", { uid: "00000000-0000-4000-8000-000000000000" }),
        ),
      ).toBe("409 Conflict");
      await kube.mergePatch(configMaps, namespace, "a", { data: { k: "2" } });
      expect(
        await refusal(
          kube.delete(configMaps, namespace, "a", { resourceVersion: made.metadata.resourceVersion! }),
        ),
      ).toBe("409 Conflict");
      await kube.delete(configMaps, namespace, "a", { uid: made.metadata.uid! });
      expect(await kube.get(configMaps, namespace, "a")).toBeNull();
    });

    it("waits for finalizers, which then can only become fewer", async () => {
      const { kube, namespace } = at();
      await kube.create(configMaps, {
        ...configMap(namespace, "a"),
        metadata: { name: "a", namespace, finalizers: ["example.com/hold"] },
      });
      await kube.delete(configMaps, namespace, "a");
      const held = await kube.get(configMaps, namespace, "a");
      expect(held?.metadata.deletionTimestamp).toBeDefined();
      const more = kube.mergePatch(configMaps, namespace, "a", {
        metadata: { finalizers: ["example.com/hold", "example.com/new"] },
      });
      expect(await refusal(more)).toBe("422 Invalid");
      await kube.mergePatch(configMaps, namespace, "a", { metadata: { finalizers: null } });
      expect(await kube.get(configMaps, namespace, "a")).toBeNull();
    });

    it("gives a bound Pod its grace period and takes it back on demand", async () => {
      const { kube, namespace } = at();
      await kube.create(
        pods,
        pod(namespace, "p", { nodeName: "some-node", terminationGracePeriodSeconds: 25 }),
      );
      await kube.delete(pods, namespace, "p");
      const leaving = await kube.get(pods, namespace, "p");
      expect(leaving?.metadata.deletionTimestamp).toBeDefined();
      expect(leaving?.metadata.deletionGracePeriodSeconds).toBe(25);
      await kube.delete(pods, namespace, "p");
      expect((await kube.get(pods, namespace, "p"))?.metadata.deletionTimestamp).toBe(
        leaving?.metadata.deletionTimestamp,
      );
      await kube.delete(pods, namespace, "p", { gracePeriodSeconds: 0 });
      expect(await kube.get(pods, namespace, "p")).toBeNull();
    });

    it("removes a Pod without a node at once", async () => {
      const { kube, namespace } = at();
      await kube.create(pods, pod(namespace, "p", { nodeSelector: { none: "such" } }));
      await kube.delete(pods, namespace, "p");
      expect(await kube.get(pods, namespace, "p")).toBeNull();
    });
  });
}
