/** Owned objects are kept as they should be: our fields are put back, those of others are left alone. */
import type { TimesTenClassicObject } from "../../../generated/types";
import { runEffects, type Executor } from "../../../capabilities/classic/act/execute";
import { decideOwned } from "../../../capabilities/classic/decide/owned";
import type { Effect } from "../../../capabilities/classic/decision";
import type { OwnedKind } from "../../../capabilities/classic/observation";
import { differences } from "../../../capabilities/classic/observe/drift";
import { PairMemory } from "../../../capabilities/classic/observe/memory";
import { allThere } from "../../../capabilities/classic/observe/needs";
import { keptFact } from "../../../capabilities/classic/observe/observe";
import { markedStatefulSet } from "../../../capabilities/classic/observe/template";
import { isInCatalogue } from "../../../capabilities/classic/report/catalogue";
import {
  buildActiveService,
  buildHeadlessService,
  buildPodDisruptionBudget,
  resources,
} from "../../../capabilities/objects";
import { KubeError, type KubeApi, type KubeObject, type Resource } from "../../../capabilities/runtime/ports";
import { claims, namespaces } from "../../support/world/cluster/resources";
import { KubeStore } from "../../support/world/kube/store";
import { SeededRandom } from "../../support/world/random";
import { sample, settings } from "../objects/sample";
import { observation } from "./fixtures";

const NAMESPACE = "mynamespace";
const log = { debug: () => 0, info: () => 0, warn: () => 0, error: () => 0 };
const kinds: [OwnedKind, string, Resource][] = [
  ["headless Service", "sample", resources.service],
  ["active Service", "sample-active", resources.service],
  ["PodDisruptionBudget", "sample", resources.podDisruptionBudget],
  ["StatefulSet", "sample", resources.statefulSet],
];

/** A cluster with everything of the object that is kept in order. */
class Cluster {
  readonly store = new KubeStore(new SeededRandom("mend"), () => 0);
  readonly memory = new PairMemory("uid", 0);
  applied = 0;
  refusal: KubeError | null = null;

  constructor(readonly object: TimesTenClassicObject = sample()) {
    const { store } = this;
    store.create(namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } });
    store.create(resources.service, buildHeadlessService(object));
    store.create(resources.service, buildActiveService(object));
    store.create(resources.podDisruptionBudget, buildPodDisruptionBudget(object));
    store.create(resources.statefulSet, markedStatefulSet(object, settings));
  }

  /** Somebody else changes an object. */
  change(kind: OwnedKind, patch: object): void {
    const [, name, resource] = kinds.find(([one]) => one === kind)!;
    this.store.mergePatch(resource, NAMESPACE, name, patch);
  }

  get(kind: OwnedKind): KubeObject & { spec: Record<string, unknown> } {
    const [, name, resource] = kinds.find(([one]) => one === kind)!;
    return this.store.get(resource, NAMESPACE, name)!;
  }

  effects(needs = allThere): Effect[] {
    const { object, memory } = this;
    const found = kinds.map(([kind, name]) =>
      keptFact({ object, settings, needs, memory }, kind, name, this.get(kind)),
    );
    return decideOwned({ ...observation(), owned: found, needs }).effects;
  }

  /** What one pass does about them. */
  async pass(): Promise<Effect[]> {
    const { store, object, memory } = this;
    const kube = {
      get: async (...args: Parameters<KubeStore["get"]>) => store.get(...args),
      apply: async (resource: Resource, fields: KubeObject) => {
        this.applied++;
        if (this.refusal !== null) throw this.refusal;
        return store.apply(resource, fields);
      },
      mergePatch: async (...args: Parameters<KubeStore["mergePatch"]>) => {
        if (this.refusal !== null) throw this.refusal;
        return store.mergePatch(...args);
      },
    } as unknown as KubeApi;
    const x: Partial<Executor> = { kube, log, settings, nowMs: () => 1, mayAct: () => undefined };
    const effects = this.effects();
    const { failures } = await runEffects(x as Executor, object, memory, effects);
    expect(failures).toEqual([]);
    return effects;
  }

  told(): string[] {
    expect(this.memory.pendingEvents.filter(event => !isInCatalogue(event))).toEqual([]);
    return this.memory.pendingEvents.splice(0).map(event => event.message);
  }
}

describe("what is as it should be", () => {
  it("is left alone", async () => {
    const cluster = new Cluster();
    expect(await cluster.pass()).toEqual([]);
    expect(cluster.applied).toBe(0);
  });
});

describe("a foreign edit of our fields", () => {
  it.each([
    ["headless Service", { spec: { publishNotReadyAddresses: false } }, "spec.publishNotReadyAddresses"],
    [
      "active Service",
      { spec: { ports: [{ name: "cs", port: 1, protocol: "TCP" }] } },
      "spec.ports[cs].port, spec.ports[cs].targetPort",
    ],
    [
      "PodDisruptionBudget",
      { spec: { unhealthyPodEvictionPolicy: "IfHealthyBudget" } },
      "spec.unhealthyPodEvictionPolicy",
    ],
    ["StatefulSet", { spec: { replicas: 1 } }, "spec.replicas"],
    ["StatefulSet", { spec: { updateStrategy: { type: "RollingUpdate" } } }, "spec.updateStrategy.type"],
    [
      "StatefulSet",
      { spec: { template: { spec: { shareProcessNamespace: false } } } },
      "spec.template.spec.shareProcessNamespace",
    ],
    ["StatefulSet", { metadata: { labels: { app: "x" } } }, "metadata.labels.app"],
  ] as [OwnedKind, object, string][])(
    "of the %s is put back, with an Event (%j)",
    async (kind, patch, path) => {
      const cluster = new Cluster();
      const before = cluster.get(kind);
      cluster.change(kind, patch);
      await cluster.pass();
      expect(
        differences(cluster.get(kind), { spec: before.spec, metadata: { labels: before.metadata.labels } }),
      ).toEqual([]);
      const name = before.metadata.name;
      expect(cluster.told()).toEqual([`${kind} ${name} was changed by somebody else; put back: ${path}`]);
      expect(await cluster.pass()).toEqual([]);
    },
  );

  it("keeps the fields of others beside them", async () => {
    const cluster = new Cluster();
    cluster.change("StatefulSet", {
      metadata: { labels: { team: "a" }, annotations: { note: "b" } },
      spec: {
        replicas: 3,
        minReadySeconds: 5,
        template: { metadata: { annotations: { restartedAt: "now" } } },
      },
    });
    await cluster.pass();
    const { metadata, spec } = cluster.get("StatefulSet");
    expect(metadata.labels).toEqual({ app: "sample", team: "a" });
    expect(metadata.annotations).toMatchObject({ note: "b" });
    expect(spec).toMatchObject({ replicas: 2, minReadySeconds: 5 });
    expect(spec["template"]).toMatchObject({ metadata: { annotations: { restartedAt: "now" } } });
  });

  it("leaves alone what only others set", async () => {
    const cluster = new Cluster();
    cluster.change("headless Service", {
      metadata: { labels: { team: "a" } },
      spec: { sessionAffinity: "None" },
    });
    cluster.change("PodDisruptionBudget", { spec: { maxUnavailable: 1 } });
    expect(await cluster.pass()).toEqual([]);
  });

  it("of the number of independent databases is the scaling's matter", () => {
    const cluster = new Cluster(sample({ replicationTopology: "none", replicas: 3 }));
    cluster.change("StatefulSet", { spec: { replicas: 1 } });
    expect(cluster.effects()).toEqual([]);
  });

  it("is not fought over: what the API server refuses is tried once for each version", async () => {
    const cluster = new Cluster();
    cluster.refusal = new KubeError(422, "Invalid", "no");
    cluster.change("StatefulSet", { spec: { replicas: 1 } });
    await cluster.pass();
    expect(await cluster.pass()).toEqual([]);
    expect(cluster.applied).toBe(1);
    expect(cluster.told()).toEqual([]);
  });

  it("of an object that cannot be acted on concerns number and strategy alone", () => {
    const invalid = { reason: "InvalidSpec", message: "x" } as const;
    const cluster = new Cluster();
    cluster.change("StatefulSet", {
      spec: { replicas: 1, template: { spec: { shareProcessNamespace: false } } },
    });
    const [effect] = cluster.effects({ ...allThere, invalid });
    expect(effect).toMatchObject({ do: "mend", paths: ["spec.replicas"] });
  });
});

describe("comparing", () => {
  it.each([
    ["a default of the API server", { a: 1, b: 2 }, { a: 1 }],
    ["a quantity in another form", { memory: "1Gi", cpu: "500m" }, { memory: "1024Mi", cpu: 0.5 }],
    ["an empty value that was left out", {}, { readOnly: false, list: [], emptyDir: {}, text: "" }],
    [
      "two mounts of one volume",
      [
        { name: "v", mountPath: "/a" },
        { name: "v", mountPath: "/b" },
      ],
      [
        { name: "v", mountPath: "/b" },
        { name: "v", mountPath: "/a" },
      ],
    ],
    ["another order", [{ name: "b" }, { name: "a" }], [{ name: "a" }, { name: "b" }]],
  ])("takes %s for the same", (_, found, wanted) => {
    expect(differences(found, wanted)).toEqual([]);
  });

  it.each([
    ["a value", { a: "1Gi" }, { a: "2Gi" }, ["a"]],
    ["a missing item", { l: [{ name: "a" }] }, { l: [{ name: "a" }, { name: "b" }] }, ["l[b]"]],
    ["a list without keys", { l: ["a", "b"] }, { l: ["b", "a"] }, ["l"]],
    ["another shape", { a: "x" }, { a: { b: 1 } }, ["a"]],
  ])("finds %s", (_, found, wanted, paths) => {
    expect(differences(found, wanted)).toEqual(paths);
  });
});

describe("a larger storageSize", () => {
  const claim = { name: "tt-persistent-sample-0", uid: "", from: "50Gi", to: "60Gi" };
  function grown(refusal: KubeError | null) {
    const cluster = new Cluster();
    const made = cluster.store.create(claims, {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: claim.name, namespace: NAMESPACE },
      spec: { resources: { requests: { storage: "50Gi" } } },
    } as KubeObject);
    cluster.refusal = refusal;
    const needs = { ...allThere, small: [{ ...claim, uid: made.metadata.uid ?? "" }] };
    cluster.effects = () => decideOwned({ ...observation(), needs }).effects;
    const size = () => cluster.store.get<KubeObject & { spec: object }>(claims, NAMESPACE, claim.name)?.spec;
    return { cluster, size };
  }

  it("is handed to the claims", async () => {
    const { cluster, size } = grown(null);
    await cluster.pass();
    expect(size()).toEqual({ resources: { requests: { storage: "60Gi" } } });
    expect(cluster.told()).toEqual(["Claim tt-persistent-sample-0 asks for 60Gi instead of 50Gi"]);
  });

  it("that the class does not allow is told once, and nothing else happens", async () => {
    const { cluster, size } = grown(new KubeError(403, "Forbidden", "the storageclass must support resize"));
    await cluster.pass();
    await cluster.pass();
    expect(size()).toEqual({ resources: { requests: { storage: "50Gi" } } });
    expect(cluster.told()).toEqual([
      "Claim tt-persistent-sample-0 stays at 50Gi and does not grow to 60Gi: the storageclass must support resize",
    ]);
  });
});
