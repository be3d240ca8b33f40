/** What an object refers to is looked for beside the passes; what is missing keeps the StatefulSet from being made. */
import type { TimesTenClassicObject, TtSpec } from "../../../generated/types";
import { decide } from "../../../capabilities/classic/decide/decide";
import { decideOwned } from "../../../capabilities/classic/decide/owned";
import { allThere, heldBack, specFault, type NeedsFacts } from "../../../capabilities/classic/observe/needs";
import { PairMemory } from "../../../capabilities/classic/observe/memory";
import {
  markedStatefulSet,
  templateFacts,
  writtenSize,
} from "../../../capabilities/classic/observe/template";
import { nextStatus } from "../../../capabilities/classic/report/status";
import { reasonEvents } from "../../../capabilities/classic/report/reasonEvents";
import { survey } from "../../../capabilities/classic/survey";
import { needsOf } from "../../../capabilities/classic/surveying";
import { imagesOf } from "../../../capabilities/objects";
import { KubeError, type KubeApi, type KubeObject, type Resource } from "../../../capabilities/runtime/ports";
import { sample, settings } from "../objects/sample";
import { noPod, observation } from "./fixtures";

const quietLog = { debug: () => 0, info: () => 0, warn: () => 0, error: () => 0 };

interface There {
  [kindAndName: string]: Record<string, unknown> | number;
}

const everything: There = {
  "ConfigMap sample": { data: { "db.ini": "PermSize=200\nDatabaseCharacterSet=AL32UTF8\n" } },
  "Secret sekret": { type: "kubernetes.io/dockerconfigjson" },
  "StorageClass oci": {},
};

/** A cluster with these objects; a number instead of one is the status of the API server's refusal to show it. */
function cluster(there: There, refusal: KubeError | null = null): { kube: KubeApi; tried: KubeObject[] } {
  const tried: KubeObject[] = [];
  const kube = {
    get: async (resource: Resource, _namespace: string | undefined, name: string) => {
      const found = there[`${resource.kind} ${name}`];
      if (typeof found === "number") throw new KubeError(found, "Refused", "no");
      return found === undefined ? null : { metadata: { name, uid: `uid-${name}` }, ...found };
    },
    tryCreate: async (_: Resource, object: KubeObject) => {
      tried.push(object);
      if (refusal !== null) throw refusal;
    },
  } as unknown as KubeApi;
  return { kube, tried };
}

const look = (there: There, ttspec: Partial<TtSpec> = {}, isNew = true, refusal: KubeError | null = null) =>
  survey({ kube: cluster(there, refusal).kube, settings }, sample(ttspec), isNew);
const without = (key: string): There =>
  Object.fromEntries(Object.entries(everything).filter(([one]) => one !== key));

describe("a survey", () => {
  it("finds nothing wrong where all is there, and the size of the database", async () => {
    expect(await look(everything)).toEqual({
      missing: null,
      doubt: null,
      warnings: [],
      small: [],
      size: { bytes: 614465536, because: expect.stringContaining("PermSize=200") as string },
    });
  });

  it.each([
    [
      without("ConfigMap sample"),
      {},
      "MissingConfigMap",
      'ConfigMap "sample" named in spec.ttspec.dbConfigMap does not exist in namespace mynamespace',
    ],
    [
      everything,
      { dbSecret: ["a", "b"] },
      "MissingSecret",
      'Secrets "a", "b" named in spec.ttspec.dbSecret do not exist in namespace mynamespace',
    ],
    [
      { ...everything, "ConfigMap sample": { data: { "db.ini": "PermSize=200\nDataStore=/x\n" } } },
      {},
      "BadMetadata",
      "db.ini, line 2: ",
    ],
  ])("names what is missing or cannot be used (%#)", async (there, ttspec, reason, message) => {
    const { missing } = await look(there, ttspec);
    expect(missing?.reason).toBe(reason);
    expect(missing?.message).toContain(message);
  });

  it("names all of it at once", async () => {
    const { missing } = await look({}, { dbSecret: ["a"] });
    expect(missing?.message).toMatch(/ConfigMap "sample".*; Secret "a"/);
  });

  it.each([
    ["StorageClass oci", "MissingStorageClass", 'StorageClass "oci" does not exist'],
    ["Secret sekret", "PullSecretTrouble", 'Secret "sekret" named in spec.ttspec.imagePullSecret does not'],
  ])("only doubts where %s is missing", async (key, reason, message) => {
    const { missing, doubt } = await look(without(key));
    expect(missing).toBeNull();
    expect(doubt?.reason).toBe(reason);
    expect(doubt?.message).toContain(message);
  });

  it("doubts a pull secret of another type", async () => {
    const { doubt } = await look({ ...everything, "Secret sekret": { type: "Opaque" } });
    expect(doubt?.message).toContain(
      'Secret "sekret" named in spec.ttspec.imagePullSecret is of type Opaque',
    );
  });

  it("says nothing about what it has no right to see", async () => {
    expect(await look({ ...everything, "StorageClass oci": 403 })).toMatchObject({
      missing: null,
      doubt: null,
    });
    expect(await look({ ...everything, "ConfigMap sample": 403 })).toMatchObject({
      missing: null,
      size: null,
    });
  });

  it("does not know what the API server does not answer", async () => {
    await expect(look({ ...everything, "ConfigMap sample": 500 })).rejects.toThrow(KubeError);
  });

  it("never shows a password", async () => {
    const secret = { data: { adminUser: Buffer.from("scott-tiger-no-slash").toString("base64") } };
    const { missing } = await look({ ...everything, "Secret a": secret }, { dbSecret: ["a"] });
    expect(missing?.reason).toBe("BadMetadata");
    expect(missing?.message).toContain("adminUser");
    expect(missing?.message).not.toContain("tiger");
  });

  it("tells of claims that hold the database of an earlier object, and only before there are own ones", async () => {
    const there = { ...everything, "PersistentVolumeClaim tt-persistent-sample-1": {} };
    const message =
      "existing claim tt-persistent-sample-1 will be used again, with the database on it; delete it first for an empty one";
    expect((await look(there)).warnings).toEqual([message]);
    expect((await look(there, {}, false)).warnings).toEqual([]);
  });

  it("tries whether the API server would take the StatefulSet, once it could be made", async () => {
    const refusal = new KubeError(
      422,
      "Invalid",
      'spec.template.spec.containers[0].image: Invalid value: ""',
    );
    expect((await look(everything, {}, true, refusal)).missing).toEqual({
      reason: "TemplateRefused",
      message: `the API server refuses the StatefulSet: ${refusal.message}`,
    });
    const { kube, tried } = cluster(without("ConfigMap sample"));
    await survey({ kube, settings }, sample(), true);
    await survey({ kube: cluster(everything, refusal).kube, settings }, sample(), false);
    expect(tried).toEqual([]);
  });

  it.each([409, 500, 0])("takes an answer %i for no word about the StatefulSet", async status => {
    const { missing } = await look(everything, {}, true, new KubeError(status, "x", "x"));
    expect(missing).toBeNull();
  });
});

describe("with what a survey found", () => {
  const newPair = (needs: Partial<NeedsFacts>) => {
    const o = observation({ state: "Initializing", record: null, pods: [noPod(0), noPod(1)] });
    const owned = o.owned.map(one => ({ ...one, presence: "missing" as const }));
    return { ...o, owned, needs: { ...allThere, ...needs } };
  };
  const missing = { reason: "MissingConfigMap", message: 'ConfigMap "a" does not exist' } as const;
  const made = (needs: Partial<NeedsFacts>) =>
    decideOwned(newPair(needs)).effects.map(effect => (effect.do === "create" ? effect.kind : effect.do));

  it.each([[{ isKnown: false }], [{ missing }]])(
    "the StatefulSet is not made before all is there (%j)",
    needs => {
      expect(made(needs)).not.toContain("StatefulSet");
      expect(made(needs)).toContain("Secret");
    },
  );

  it("what is missing is the reason of Ready and Stalled, and an Event, once", () => {
    const o = newPair({ missing });
    const d = decide(o);
    expect(d.conditions.Ready).toMatchObject({ status: "False", ...missing });
    expect(d.conditions.Stalled).toMatchObject({ status: "True", ...missing });
    const told = reasonEvents(o, { ...d, first: d.reasons[0] });
    expect(told).toEqual([
      { type: "Warning", reason: "MissingConfigMap", message: 'ConfigMap "a" does not exist' },
    ]);
    const done = { routedAtMs: null, nowMs: o.nowMs, operatorName: "op" };
    const next = { ...o, object: { ...o.object, status: nextStatus(o, d, done, 1) } };
    expect(reasonEvents(next, { ...decide(next), first: decide(next).reasons[0] })).toEqual([]);
  });

  it("it is looked at again soon", () => {
    expect(decide(newPair({ missing })).wakeAfterMs).toBeLessThanOrEqual(2_000);
  });

  it("a running pair goes on and only says so", () => {
    const calm = decide(observation());
    const d = decide(observation({ rest: { needs: { ...allThere, missing } } }));
    expect(d.conditions.Ready.status).toBe("True");
    expect(d.conditions.Stalled).toMatchObject({ status: "True", ...missing });
    expect([d.state, d.effects, d.commands, d.recordWrite]).toEqual([
      calm.state,
      calm.effects,
      calm.commands,
      calm.recordWrite,
    ]);
  });
});

describe("an object that admission would refuse", () => {
  const wrong = sample({ databaseMemorySize: "40 gigs", image: "not an image" });
  const invalid = specFault(wrong, null);

  it("is told of with every fault and its path", () => {
    expect(specFault(sample(), null)).toBeNull();
    expect(invalid?.reason).toBe("InvalidSpec");
    expect(invalid?.message).toContain("spec.ttspec.image");
    expect(invalid?.message).toContain("spec.ttspec.databaseMemorySize");
  });

  it("is told of where its claims were changed after its StatefulSet was made, whatever the API server adds", () => {
    const claim = (storage: string) => ({
      metadata: { name: "mine" },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage } } },
    });
    const withClaims = (...claims: object[]) => {
      const object = sample();
      return { ...object, spec: { ...object.spec, volumeClaimTemplates: claims } } as typeof object;
    };
    const set = markedStatefulSet(withClaims(claim("1Gi")), settings);
    for (const one of set.spec.volumeClaimTemplates ?? [])
      Object.assign(one, { apiVersion: "v1", kind: "PersistentVolumeClaim", status: { phase: "Pending" } });
    expect(specFault(withClaims(claim("1024Mi")), set)).toBeNull();
    for (const changed of [withClaims(claim("2Gi")), withClaims(), withClaims(claim("1Gi"), claim("1Gi"))])
      expect(specFault(changed, set)?.message).toContain(
        "spec.volumeClaimTemplates cannot be changed: StatefulSet claims are fixed at creation",
      );
  });

  it("makes nothing when it is new", () => {
    const o = observation({ state: "Initializing", record: null, pods: [noPod(0), noPod(1)] });
    const owned = o.owned.map(one => ({ ...one, presence: "missing" as const }));
    const d = decide({ ...o, owned, routed: null, needs: { ...allThere, invalid } });
    expect(d.effects).toEqual([]);
    expect(d.conditions.Ready).toMatchObject({ status: "False", reason: "InvalidSpec" });
  });

  it("leaves a running pair as it is, shown as not Ready", () => {
    const calm = decide(observation());
    const d = decide(observation({ rest: { needs: { ...allThere, invalid } } }));
    expect(d.conditions.Ready).toMatchObject({ status: "False", reason: "InvalidSpec" });
    expect(d.conditions.Redundant.status).toBe("True");
    expect([d.state, d.effects, d.commands]).toEqual([calm.state, calm.effects, calm.commands]);
  });

  it("keeps the image and the template that its Pods are made with", () => {
    const set = markedStatefulSet(sample(), settings);
    const held = heldBack(wrong, invalid, set);
    expect(held.spec.ttspec.image).toBe(sample().spec.ttspec.image);
    expect(templateFacts(held, settings, set, true)).toMatchObject({
      isAsWanted: true,
      bringsOurAgent: true,
    });
    expect(heldBack(sample({ image: "x:2" }), null, set).spec.ttspec.image).toBe("x:2");
  });

  it("makes again what else a running pair needs", () => {
    const o = observation({ rest: { needs: { ...allThere, invalid } } });
    const owned = o.owned.map(one =>
      one.kind === "active Service" ? { ...one, presence: "missing" as const } : one,
    );
    expect(decide({ ...o, owned }).effects).toEqual([
      { do: "create", kind: "active Service", name: "sample-active" },
    ]);
  });
});

describe("the passes", () => {
  function passes(there: There) {
    const memory = new PairMemory("uid", 0);
    let nowMs = 1_000;
    let news = 0;
    let asked = 0;
    const { kube } = cluster(there);
    const counting = { ...kube, get: (...args: Parameters<KubeApi["get"]>) => (asked++, kube.get(...args)) };
    const c = {
      world: { kube: counting, log: quietLog, clock: { nowMs: () => nowMs } },
      executor: { settings },
      enqueue: () => void news++,
    } as unknown as Parameters<typeof needsOf>[0];
    const pass = (object: TimesTenClassicObject = sample(), set: KubeObject | null = null) =>
      needsOf(c, "ns/sample", object, memory, set);
    const settle = () => new Promise(resolve => setImmediate(resolve));
    return { pass, settle, later: (ms: number) => void (nowMs += ms), counts: () => ({ news, asked }) };
  }

  it("never wait for a survey; its result brings the next one", async () => {
    const p = passes(everything);
    expect(p.pass().facts).toMatchObject({ isKnown: false, missing: null });
    expect(p.counts().news).toBe(0);
    await p.settle();
    expect(p.counts().news).toBe(1);
    expect(p.pass().facts.isKnown).toBe(true);
    expect(p.pass().size?.bytes).toBe(614465536);
  });

  it("look again soon while something is missing, and find it when it has come", async () => {
    const there = without("ConfigMap sample");
    const p = passes(there);
    p.pass();
    await p.settle();
    expect(p.pass().facts.missing?.reason).toBe("MissingConfigMap");
    there["ConfigMap sample"] = { data: {} };
    p.later(2_000);
    p.pass();
    await p.settle();
    expect(p.pass().facts.missing).toBeNull();
  });

  it("seldom look again where all is there", async () => {
    const p = passes(everything);
    p.pass();
    await p.settle();
    const { asked } = p.counts();
    p.later(59_000);
    p.pass();
    expect(p.counts().asked).toBe(asked);
    p.later(1_000);
    p.pass();
    expect(p.counts().asked).toBeGreaterThan(asked);
  });

  it("go by the size that the Pods were made for while another is not known", () => {
    const size = { bytes: 4 << 20, because: "4 MiB" };
    const set = markedStatefulSet(sample(), { ...settings, size });
    expect(writtenSize(set)).toEqual(size);
    const p = passes(everything);
    expect(p.pass(sample(), set).size).toEqual(size);
    expect(imagesOf(set.spec.template.spec).tt).toBe(sample().spec.ttspec.image);
  });

  it("know no size where the user fills /ttconfig", () => {
    const volumes = [{ name: "tt-config", emptyDir: {} }];
    const size = { bytes: 4 << 20, because: "4 MiB" };
    const set = markedStatefulSet(sample(), { ...settings, size });
    expect(passes(everything).pass(sample({}, { template: { spec: { volumes } } }), set).size).toBeNull();
  });
});
