/** Server-side apply of some fields, and trying a creation out. */
import type { Resource } from "../../../../capabilities/runtime/ports";
import { configMaps, podDisruptionBudgets, services, statefulSets } from "../cluster/resources";
import { type At, configMap, type Loose, refusal, statefulSet } from "./objects";

const service = (namespace: string): Loose => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "v", namespace, labels: { app: "v" } },
  spec: { clusterIP: "None", selector: { app: "v" }, ports: [{ name: "tt", port: 6625 }] },
});

const budget = (namespace: string): Loose => ({
  apiVersion: "policy/v1",
  kind: "PodDisruptionBudget",
  metadata: { name: "b", namespace, labels: { app: "b" } },
  spec: { selector: { matchLabels: { app: "b" } }, maxUnavailable: 1 },
});

/** @returns the fields alone, for this very object */
const fields = ({ metadata, ...rest }: Loose, spec: object, labels: object = {}): Loose => {
  const { name, namespace, uid } = metadata;
  return { ...rest, metadata: { name, namespace, uid, labels } as Loose["metadata"], spec };
};

export function describeApplies(at: At): void {
  describe("applying fields", () => {
    const kinds: [string, Resource, (namespace: string) => Loose][] = [
      ["Service", services, service],
      ["PodDisruptionBudget", podDisruptionBudgets, budget],
    ];

    it.each(kinds)(
      "puts a label of a %s back and leaves those of others alone",
      async (_, resource, build) => {
        const { kube, namespace } = at();
        const made = await kube.create(resource, build(namespace));
        const { name } = made.metadata;
        await kube.mergePatch(resource, namespace, name, { metadata: { labels: { app: "x", team: "a" } } });
        const applied = await kube.apply(resource, fields(made, {}, { app: name }));
        expect(applied.metadata.labels).toEqual({ app: name, team: "a" });
        expect(applied["spec"]).toEqual(made["spec"]);
      },
    );

    it("changes nothing, not even the version, where all is so already", async () => {
      const { kube, namespace } = at();
      const made = await kube.create(services, service(namespace));
      const wanted = fields(made, { selector: { app: "v" } }, { app: "v" });
      const first = await kube.apply(services, wanted);
      expect((await kube.apply(services, wanted)).metadata.resourceVersion).toBe(
        first.metadata.resourceVersion,
      );
    });

    it("merges items of a list by their key: what others added stays", async () => {
      const { kube, namespace } = at();
      const made = await kube.create(services, service(namespace));
      const ports = [
        { name: "tt", port: 6625, targetPort: 1 },
        { name: "mine", port: 9000 },
      ];
      await kube.mergePatch(services, namespace, "v", { spec: { ports } });
      const applied = await kube.apply(
        services,
        fields(made, { ports: [{ name: "tt", port: 6625, protocol: "TCP", targetPort: 6625 }] }),
      );
      expect((applied["spec"] as { ports: object[] }).ports).toMatchObject([
        { name: "tt", port: 6625, targetPort: 6625 },
        { name: "mine", port: 9000 },
      ]);
    });

    it("refuses another object of the name, and none is made in its place", async () => {
      const { kube, namespace } = at();
      const made = await kube.create(services, service(namespace));
      await kube.delete(services, namespace, "v");
      const gone = fields(made, { selector: { app: "v" } });
      expect(await refusal(kube.apply(services, gone))).toBe("409 Conflict");
      expect(await kube.get(services, namespace, "v")).toBeNull();
      await kube.create(services, service(namespace));
      expect(await refusal(kube.apply(services, gone))).toBe("422 Invalid");
    });

    it("takes the template of a StatefulSet, and no change of what it keeps for life", async () => {
      const { kube, namespace } = at();
      const made = (await kube.create(statefulSets, statefulSet(namespace, "s"))) as unknown as Loose;
      const containers = [{ name: "tt", image: "example.com/timesten:2" }];
      const applied = await kube.apply(statefulSets, fields(made, { template: { spec: { containers } } }));
      expect(JSON.stringify(applied["spec"])).toContain("example.com/timesten:2");
      const renamed = fields(made, { serviceName: "other" });
      expect(await refusal(kube.apply(statefulSets, renamed))).toBe("422 Invalid");
    });
  });

  describe("trying a creation", () => {
    it("says what a creation would say, and makes nothing", async () => {
      const { kube, namespace } = at();
      await kube.tryCreate(configMaps, configMap(namespace, "a"));
      expect(await kube.get(configMaps, namespace, "a")).toBeNull();
      await kube.create(configMaps, configMap(namespace, "a"));
      expect(await refusal(kube.tryCreate(configMaps, configMap(namespace, "a")))).toBe("409 AlreadyExists");
      expect(await refusal(kube.tryCreate(configMaps, configMap("no-such-namespace", "a")))).toBe(
        "404 NotFound",
      );
    });
  });
}
