/**
 * What the in-memory API and a real API server must have in common: one suite, run against both (test/world/api and
 * test/cluster/api-conformance). A behaviour the engine relies on and this suite does not hold is a gap here.
 */
import type { KubeApi, KubeObject, Resource, WatchEvent } from "../../../capabilities/runtime/ports";
import { KubeError } from "../../../capabilities/runtime/ports";
import {
  claims,
  configMaps,
  leases,
  type Pod,
  pods,
  type StatefulSet,
  statefulSets,
  timesTenClassics,
} from "./cluster/resources";

/** An API with its cluster controllers, but without nodes. */
export interface ApiUnderTest {
  kube: KubeApi;
  /** Lets time pass until the condition holds. @throws Error when it does not within the API's own patience */
  until(what: string, condition: () => Promise<boolean> | boolean): Promise<void>;
  /** @returns the name of a new namespace in which pods may be created */
  newNamespace(): Promise<string>;
  /** @returns a version of this kind from which no watch can start any more */
  expiredVersion(resource: Resource): Promise<string>;
}

type Loose = KubeObject & Record<string, unknown>;

interface Classic extends KubeObject {
  spec: { ttspec: Record<string, unknown> };
  status?: { highLevelState?: string };
}

const configMap = (
  namespace: string,
  name: string,
  data: Record<string, string> = {},
  labels: Record<string, string> = {},
): Loose => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace, labels },
  data,
});

const classic = (namespace: string, name: string): Classic => ({
  apiVersion: "timesten.oracle.com/v1",
  kind: "TimesTenClassic",
  metadata: { name, namespace },
  spec: { ttspec: { image: "example.com/timesten:1", storageClassName: "fast" } },
});

const podSpec = {
  containers: [{ name: "tt", image: "example.com/timesten:1" }],
  automountServiceAccountToken: false,
};

const pod = (namespace: string, name: string, spec: object = {}): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace },
  spec: { ...podSpec, ...spec },
});

/** @returns status and reason of the refusal; fails the test when there is none */
async function refusal(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    if (error instanceof KubeError) return `${error.status} ${error.reason}`;
    throw error;
  }
  throw new Error("the call was not refused");
}

/**
 * Declares the suite.
 * @param name what is under test
 * @param setUp called once before all
 */
export function describeKubeApi(
  name: string,
  setUp: () => Promise<ApiUnderTest>,
  tearDown: () => Promise<void> = async () => undefined,
): void {
  describe(name, () => {
    let api: ApiUnderTest;
    let kube: KubeApi;
    let namespace: string;

    beforeAll(async () => {
      api = await setUp();
      kube = api.kube;
    }, 600_000);
    afterAll(tearDown, 120_000);
    beforeEach(async () => {
      namespace = await api.newNamespace();
    }, 60_000);

    describeWrites(() => ({ api, kube, namespace }));
    describeStatus(() => ({ api, kube, namespace }));
    describeDeletes(() => ({ api, kube, namespace }));
    describeWatches(() => ({ api, kube, namespace }));
    describeControllers(() => ({ api, kube, namespace }));
  });
}

type At = () => { api: ApiUnderTest; kube: KubeApi; namespace: string };

function describeWrites(at: At): void {
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
      const made = await kube.create(configMaps, {
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
      expect(await refusal(foreign)).toBe("409 Conflict");
      expect(await refusal(kube.mergePatch(configMaps, namespace, "absent", { data: {} }))).toBe(
        "404 NotFound",
      );
    });

    it("refuses to change what a StatefulSet keeps for life", async () => {
      const { kube, namespace } = at();
      const made = await kube.create(statefulSets, statefulSet(namespace, "s"));
      expect(
        await refusal(
          kube.replace(statefulSets, {
            ...made,
            spec: { ...made.spec, serviceName: "other" },
          } as StatefulSet),
        ),
      ).toBe("422 Invalid");
    });
  });
}

function describeStatus(at: At): void {
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

function describeDeletes(at: At): void {
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

function describeWatches(at: At): void {
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
      const seen = follow(configMaps, await api.expiredVersion(configMaps));
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

const statefulSet = (namespace: string, name: string): StatefulSet =>
  ({
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name, namespace },
    spec: {
      replicas: 2,
      serviceName: name,
      podManagementPolicy: "Parallel",
      updateStrategy: { type: "OnDelete" },
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { ...podSpec, nodeSelector: { none: "such" } } },
      volumeClaimTemplates: [
        {
          metadata: { name: "data" },
          spec: {
            accessModes: ["ReadWriteOnce"],
            storageClassName: "none",
            resources: { requests: { storage: "1Gi" } },
          },
        },
      ],
    },
  }) as StatefulSet;

function describeControllers(at: At): void {
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
