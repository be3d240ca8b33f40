/** Writing: preconditions, patches, status, generations. */
import { configMaps, leases, statefulSets, timesTenClassics } from "../cluster/resources";
import { type At, type Classic, classic, configMap, type Loose, refusal, statefulSet } from "./objects";

export function describeWrites(at: At): void {
  describe("writing", () => {
    it("gives a created object its uid, version and time", async () => {
      const { kube, namespace } = at();
      const made = await kube.create(configMaps, configMap(namespace, "a"));
      expect(made.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
      expect(Number(made.metadata.resourceVersion)).toBeGreaterThan(0);
      expect(made.metadata.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      expect(await kube.get(configMaps, namespace, "a")).toEqual(made);
    });

    it("refuses a second object of the same name", async () => {
      const { kube, namespace } = at();
      await kube.create(configMaps, configMap(namespace, "a"));
      expect(await refusal(kube.create(configMaps, configMap(namespace, "a")))).toBe("409 AlreadyExists");
    });

    it("refuses an object in a namespace that is not there", async () => {
      const { kube } = at();
      expect(await refusal(kube.create(configMaps, configMap("no-such-namespace", "a")))).toBe(
        "404 NotFound",
      );
    });

    it("finds nothing where nothing is", async () => {
      const { kube, namespace } = at();
      expect(await kube.get(configMaps, namespace, "absent")).toBeNull();
    });

    it("replaces the version it was given and refuses an older one", async () => {
      const { kube, namespace } = at();
      const first = await kube.create(configMaps, configMap(namespace, "a", { k: "1" }));
      const second = await kube.replace(configMaps, { ...first, data: { k: "2" } });
      expect(Number(second.metadata.resourceVersion)).toBeGreaterThan(Number(first.metadata.resourceVersion));
      expect(await refusal(kube.replace(configMaps, { ...first, data: { k: "3" } }))).toBe("409 Conflict");
      expect((await kube.get<Loose>(configMaps, namespace, "a"))?.["data"]).toEqual({ k: "2" });
    });

    it("lets exactly one of two replacements of the same version win", async () => {
      const { kube, namespace } = at();
      const made = await kube.create(configMaps, configMap(namespace, "a"));
      const outcomes = await Promise.allSettled(
        ["1", "2"].map(k => kube.replace(configMaps, { ...made, data: { k } })),
      );
      expect(outcomes.map(outcome => outcome.status).sort()).toEqual(["fulfilled", "rejected"]);
    });

    it("refuses to replace what is not there, or what has another uid", async () => {
      const { kube, namespace } = at();
      expect(await refusal(kube.replace(configMaps, configMap(namespace, "absent")))).toBe("404 NotFound");
      const made = await kube.create(configMaps, configMap(namespace, "a"));
      const other = { ...made, metadata: { ...made.metadata, uid: "00000000-0000-4000-8000-000000000000" } };
      expect(await refusal(kube.replace(configMaps, other))).toBe("409 Conflict");
    });

    it("does not make a new version of an unchanged object", async () => {
      const { kube, namespace } = at();
      const made = await kube.create(configMaps, configMap(namespace, "a", { k: "1" }));
      const again = await kube.replace(configMaps, made);
      expect(again.metadata.resourceVersion).toBe(made.metadata.resourceVersion);
    });

    it("demands a version for the replacement of a Lease", async () => {
      const { kube, namespace } = at();
      const lease: Loose = {
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        metadata: { name: "l", namespace },
        spec: { holderIdentity: "a", leaseTransitions: 1 },
      };
      await kube.create(leases, lease);
      expect(await refusal(kube.replace(leases, lease))).toBe("422 Invalid");
    });

    it("merges a patch: values set, null removes, lists are replaced whole", async () => {
      const { kube, namespace } = at();
      const made = await kube.create<Loose>(configMaps, {
        ...configMap(namespace, "a", { k: "1", gone: "x" }),
        metadata: {
          name: "a",
          namespace,
          labels: { l: "1" },
          finalizers: ["example.com/a", "example.com/b"],
        },
      });
      const patched = await kube.mergePatch<Loose>(configMaps, namespace, "a", {
        data: { k: "2", gone: null, more: "y" },
        metadata: { finalizers: ["example.com/b"] },
      });
      expect(patched["data"]).toEqual({ k: "2", more: "y" });
      expect(patched.metadata.labels).toEqual({ l: "1" });
      expect(patched.metadata.finalizers).toEqual(["example.com/b"]);
      expect(patched.metadata.uid).toBe(made.metadata.uid);
      await kube.mergePatch(configMaps, namespace, "a", { metadata: { finalizers: null } });
    });

    it("holds a patch to the version and uid it names", async () => {
      const { kube, namespace } = at();
      const made = await kube.create(configMaps, configMap(namespace, "a", { k: "1" }));
      await kube.mergePatch(configMaps, namespace, "a", {
        data: { k: "2" },
        metadata: { resourceVersion: made.metadata.resourceVersion },
      });
      const stale = kube.mergePatch(configMaps, namespace, "a", {
        data: { k: "3" },
        metadata: { resourceVersion: made.metadata.resourceVersion },
      });
      expect(await refusal(stale)).toBe("409 Conflict");
      const foreign = kube.mergePatch(configMaps, namespace, "a", {
        data: { k: "3" },
        metadata: { uid: "00000000-0000-4000-8000-000000000000" },
      });
      expect(await refusal(foreign)).toBe("422 Invalid");
      expect(await refusal(kube.mergePatch(configMaps, namespace, "absent", { data: {} }))).toBe(
        "404 NotFound",
      );
    });

    it("refuses to change what a StatefulSet keeps for life", async () => {
      const { kube, namespace } = at();
      await kube.create(statefulSets, statefulSet(namespace, "s"));
      const change = kube.mergePatch(statefulSets, namespace, "s", { spec: { serviceName: "other" } });
      expect(await refusal(change)).toBe("422 Invalid");
    });
  });
}

export function describeStatus(at: At): void {
  describe("status", () => {
    it("is left alone by an ordinary write and alone written by a status write", async () => {
      const { kube, namespace } = at();
      const made = await kube.create(timesTenClassics, {
        ...classic(namespace, "c"),
        status: { highLevelState: "Failed" },
      });
      expect(made.status).toBeUndefined();
      const reported = await kube.replaceStatus(timesTenClassics, {
        ...made,
        metadata: { ...made.metadata, labels: { not: "taken" } },
        spec: { ttspec: { ...made.spec.ttspec, image: "not taken" } },
        status: { highLevelState: "Initializing" },
      });
      expect(reported.status).toEqual({ highLevelState: "Initializing" });
      expect(reported.spec).toEqual(made.spec);
      expect(reported.metadata.labels).toBeUndefined();
      const changed = await kube.replace(timesTenClassics, {
        ...reported,
        spec: { ttspec: { ...made.spec.ttspec, image: "example.com/timesten:2" } },
        status: { highLevelState: "Normal" },
      });
      expect(changed.status).toEqual({ highLevelState: "Initializing" });
      const patched = await kube.mergePatch<Classic>(timesTenClassics, namespace, "c", {
        status: { highLevelState: "Normal" },
      });
      expect(patched.status).toEqual({ highLevelState: "Initializing" });
    });

    it("does not count as a generation, nor do labels; spec does", async () => {
      const { kube, namespace } = at();
      const made = await kube.create(timesTenClassics, classic(namespace, "c"));
      expect(made.metadata.generation).toBe(1);
      const reported = await kube.replaceStatus(timesTenClassics, {
        ...made,
        status: { highLevelState: "Normal" },
      });
      expect(reported.metadata.generation).toBe(1);
      const labelled = await kube.mergePatch(timesTenClassics, namespace, "c", {
        metadata: { labels: { l: "1" } },
      });
      expect(labelled.metadata.generation).toBe(1);
      const changed = await kube.mergePatch(timesTenClassics, namespace, "c", {
        spec: { ttspec: { image: "example.com/timesten:2" } },
      });
      expect(changed.metadata.generation).toBe(2);
    });

    it("is refused on an old version and demands one", async () => {
      const { kube, namespace } = at();
      const made = await kube.create(timesTenClassics, classic(namespace, "c"));
      await kube.replaceStatus(timesTenClassics, { ...made, status: { highLevelState: "Initializing" } });
      expect(
        await refusal(
          kube.replaceStatus(timesTenClassics, { ...made, status: { highLevelState: "Normal" } }),
        ),
      ).toBe("409 Conflict");
      const { resourceVersion: _, ...metadata } = made.metadata;
      expect(await refusal(kube.replaceStatus(timesTenClassics, { ...made, metadata }))).toBe("422 Invalid");
    });

    it("is not there for every kind", async () => {
      const { kube, namespace } = at();
      const made = await kube.create(configMaps, configMap(namespace, "a"));
      expect(await refusal(kube.replaceStatus(configMaps, made))).toBe("404 NotFound");
    });
  });
}
