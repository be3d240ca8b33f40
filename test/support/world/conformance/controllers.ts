/** What a cluster's own controllers do. */
import type { Resource } from "../../../../capabilities/runtime/ports";
import { claims, configMaps, type Pod, pods, statefulSets, timesTenClassics } from "../cluster/resources";
import { type At, classic, configMap, statefulSet } from "./objects";

export function describeControllers(at: At): void {
  const uidOf = async (name: string): Promise<string | undefined> =>
    (await at().kube.get(pods, at().namespace, name))?.metadata.uid;

  describe("the cluster's own controllers", () => {
    it("make a StatefulSet's pods and claims, and a deleted pod again with a new uid", async () => {
      const { api, kube, namespace } = at();
      const set = await kube.create(statefulSets, statefulSet(namespace, "s"));
      await api.until(
        "both pods",
        async () => (await uidOf("s-0")) !== undefined && (await uidOf("s-1")) !== undefined,
      );
      const first = await kube.get<Pod>(pods, namespace, "s-0");
      expect(first?.metadata.ownerReferences).toMatchObject([
        { kind: "StatefulSet", name: "s", uid: set.metadata.uid, controller: true },
      ]);
      expect(first?.metadata.labels).toMatchObject({ app: "s", "statefulset.kubernetes.io/pod-name": "s-0" });
      expect(first?.spec.volumes).toContainEqual(
        expect.objectContaining({
          name: "data",
          persistentVolumeClaim: expect.objectContaining({ claimName: "data-s-0" }) as unknown,
        }),
      );
      expect(await kube.get(claims, namespace, "data-s-1")).not.toBeNull();
      await kube.delete(pods, namespace, "s-0");
      await api.until(
        "a new pod",
        async () => ![undefined, first?.metadata.uid].includes(await uidOf("s-0")),
      );
    });

    it("leave running pods alone when the template changes (OnDelete)", async () => {
      const { api, kube, namespace } = at();
      await kube.create(statefulSets, statefulSet(namespace, "s"));
      await api.until(
        "both pods",
        async () => (await uidOf("s-0")) !== undefined && (await uidOf("s-1")) !== undefined,
      );
      const before = await uidOf("s-0");
      await kube.mergePatch(statefulSets, namespace, "s", {
        spec: { template: { spec: { containers: [{ name: "tt", image: "example.com/timesten:2" }] } } },
      });
      await kube.delete(pods, namespace, "s-1");
      await api.until(
        "s-1 with the new image",
        async () =>
          (await kube.get<Pod>(pods, namespace, "s-1"))?.spec.containers[0]?.image ===
          "example.com/timesten:2",
      );
      expect(await uidOf("s-0")).toBe(before);
    });

    it("remove what the deleted object owned, but never claims", async () => {
      const { api, kube, namespace } = at();
      const owner = await kube.create(timesTenClassics, classic(namespace, "c"));
      const ownerReferences = [
        {
          apiVersion: "timesten.oracle.com/v1",
          kind: "TimesTenClassic",
          name: "c",
          uid: owner.metadata.uid!,
          controller: true,
          blockOwnerDeletion: true,
        },
      ];
      const owned = statefulSet(namespace, "s");
      await kube.create(statefulSets, { ...owned, metadata: { ...owned.metadata, ownerReferences } });
      await kube.create(configMaps, {
        ...configMap(namespace, "mine"),
        metadata: { name: "mine", namespace, ownerReferences },
      });
      await kube.create(configMaps, configMap(namespace, "free"));
      await api.until(
        "both pods",
        async () => (await uidOf("s-0")) !== undefined && (await uidOf("s-1")) !== undefined,
      );
      await kube.delete(timesTenClassics, namespace, "c");
      const gone = async (resource: Resource, name: string): Promise<boolean> =>
        (await kube.get(resource, namespace, name)) === null;
      await api.until(
        "all gone",
        async () =>
          (await gone(configMaps, "mine")) &&
          (await gone(statefulSets, "s")) &&
          (await gone(pods, "s-0")) &&
          (await gone(pods, "s-1")),
      );
      expect(await gone(configMaps, "free")).toBe(false);
      expect(await gone(claims, "data-s-0")).toBe(false);
    });
  });
}
