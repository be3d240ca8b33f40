/**
 * The cases of admission that only the pass can see, with the real engine: objects that refer to what is not there or
 * cannot be used, and objects that were stored while the webhook was away.
 */
import { resources } from "../../capabilities/objects";
import type { KubeObject, Resource } from "../../capabilities/runtime/ports";
import { admissionCases, manifest, nameOf, type AdmissionCase } from "../support/admission/cases";
import {
  claims,
  configMaps,
  events,
  secrets,
  services,
  statefulSets,
  storageClass,
  timesTenClassics,
} from "../support/world/cluster/resources";
import { NAME, NAMESPACE, WholeWorld } from "../support/world/world";

/** What the pass has to say is said by then, virtual ms. */
const BOUND_MS = 60_000;

interface Placed {
  resource: Resource;
  object: KubeObject;
}

const placed = (resource: Resource, kind: string, name: string, rest: object = {}): Placed => ({
  resource,
  object: { apiVersion: "v1", kind, metadata: { name, namespace: NAMESPACE }, ...rest },
});
const config = (name: string, data: Record<string, string>): Placed =>
  placed(configMaps, "ConfigMap", name, { data });
const secret = (name: string, data: Record<string, string>): Placed =>
  placed(secrets, "Secret", name, {
    data: Object.fromEntries(
      Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString("base64")]),
    ),
  });
const dbIni = "PermSize=200\nDatabaseCharacterSet=AL32UTF8\n";
const classA: Placed = { resource: resources.storageClass, object: storageClass("a") };

/** By number: what is in the namespace, and the words that the pass has to find about it. */
const surroundings: Record<number, { there?: Placed[]; words: string }> = {
  11: {
    there: [placed(services, "Service", `${NAME}-active`, { spec: {} })],
    words: `Service ${NAME}-active`,
  },
  12: {
    there: [placed(claims, "PersistentVolumeClaim", `tt-persistent-${NAME}-0`, { spec: {} })],
    words: `existing claim tt-persistent-${NAME}-0`,
  },
  22: { words: 'Secret "no" named in spec.ttspec.imagePullSecret does not exist' },
  24: { words: 'StorageClass "no" does not exist' },
  27: { there: [config("a", { "db.ini": dbIni })], words: "storageSize" },
  31: { words: 'ConfigMap "no" named in spec.ttspec.dbConfigMap does not exist' },
  32: { words: 'Secret "no" named in spec.ttspec.dbSecret does not exist' },
  36: {
    there: [config("a", { "db.ini": dbIni }), config("b", { "db.ini": dbIni })],
    words: "db.ini",
  },
  37: { there: [config("a", { "db.ini": dbIni, "schemas.sql": "" })], words: "schemas.sql" },
  38: { there: [config("a", { "db.ini": `${dbIni}DataStore=/x\n` })], words: "db.ini, line 3" },
  39: { there: [config("a", { "db.ini": "PermSize\n" })], words: "db.ini, line 1" },
  40: { there: [config("a", { "db.ini": "PermSize=200\n", "cachegroups.sql": "" })], words: "db.ini" },
  41: { there: [secret("s", { adminUser: "scott" })], words: "adminUser" },
  42: {
    there: [
      config("a", {
        "db.ini": `${dbIni}OracleNetServiceName=o\n`,
        "cachegroups.sql": "create readonly cache group g from t (a number primary key);",
      }),
    ],
    words: "cacheUser",
  },
  43: { there: [config("a", { "db.ini": dbIni, adminUser: "scott/tiger" })], words: "adminUser" },
  82: { there: [config("a", { "db.ini": "PermSize=200\n" })], words: "databaseMemorySize" },
};

/** Cases with sources of their own beside ConfigMap a. */
const ttspecOf: Record<number, Record<string, unknown>> = {
  36: { dbConfigMap: ["a", "b"] },
  41: { dbConfigMap: undefined, dbSecret: ["s"] },
};

function worldWith(one: AdmissionCase, there: readonly Placed[]): WholeWorld {
  const world = new WholeWorld({ seed: nameOf(one), twosafe: false, brisk: true });
  world.client.stop();
  for (const { resource, object } of [classA, ...there]) world.store.create(resource, object);
  const { metadata, ...rest } = manifest({
    ...one.object,
    ttspec: { ...one.object.ttspec, ...ttspecOf[one.number] },
  });
  world.store.create(timesTenClassics, {
    ...rest,
    metadata: { ...metadata, name: NAME, namespace: NAMESPACE },
  });
  world.startOperator("operator-0");
  return world;
}

/** Everything that a user can read about the object: conditions and Events, a line each. */
function told(world: WholeWorld): string[] {
  const conditions = world.object()?.status?.conditions ?? [];
  const found = world.store.list<KubeObject & { reason?: string; message?: string; type?: string }>(
    events,
    {},
  ).items;
  return [
    ...conditions.map(({ type, status, reason, message }) => `${type}=${status} ${reason}: ${message}`),
    ...found.map(({ type, reason, message }) => `Event ${type ?? ""} ${reason ?? ""}: ${message ?? ""}`),
  ];
}

async function saysSoon(world: WholeWorld, reason: string, words: string): Promise<string[]> {
  const says = (line: string): boolean =>
    line.includes(`${reason}: `) && line.toLowerCase().includes(words.toLowerCase());
  await world.time.run(() => told(world).some(says), BOUND_MS);
  return told(world).filter(says);
}

const cases = (wanted: (one: AdmissionCase) => boolean): [string, AdmissionCase][] =>
  admissionCases.filter(wanted).map(one => [nameOf(one), one]);

describe("what only a look at other objects can say", () => {
  it.each(cases(({ number }) => surroundings[number] !== undefined))(
    "shows in the pass: %s",
    async (_, one) => {
      const { there = [], words } = surroundings[one.number] ?? { words: "" };
      const reason = one.pass === "a warning Event" ? "Doubtful" : (one.pass ?? "");
      const world = worldWith(one, there);
      const lines = await saysSoon(world, reason, words);
      expect(lines.length > 0 ? "said" : told(world).join("\n")).toBe("said");
      expect(world.checker.violations).toEqual([]);
    },
  );

  it("is looked at for every case that says so, but for upgrades and what has no effect yet", () => {
    const others = admissionCases
      .filter(({ pass, number }) => pass !== undefined && surroundings[number] === undefined)
      .map(({ pass = "" }) => pass);
    expect(others.filter(pass => pass !== "ReleaseRefused" && !pass.startsWith("not yet"))).toEqual([]);
  });
});

describe("an object that was stored while the webhook was away", () => {
  const slipped = cases(
    ({ denial, schema, old }) => denial !== undefined && schema === undefined && old === undefined,
  );

  it.each(slipped)("is told of and not acted on: %s", async (_, one) => {
    const world = worldWith(one, []);
    const lines = await saysSoon(world, "InvalidSpec", one.denial ?? "");
    expect(lines.find(line => line.startsWith("Ready=False")) ?? told(world).join("\n")).toContain(
      one.denial,
    );
    expect(await saysSoon(world, "Event Warning InvalidSpec", one.denial ?? "")).toHaveLength(1);
    expect(world.store.list(statefulSets, {}).items).toEqual([]);
  });
});

it("a change of what a StatefulSet keeps for life is told of while the webhook is away, and the pair goes on", async () => {
  const [one] = admissionCases;
  if (one === undefined) throw new Error("there are no cases");
  const world = worldWith({ ...one, object: {} }, []);
  await world.time.run(() => world.whyNotNormal() === null, BOUND_MS);
  const active = world.activePod();
  const before = world.object();
  if (before === null) throw new Error("the object is gone");
  const claim = { metadata: { name: "mine" }, spec: { resources: { requests: { storage: "1Gi" } } } };
  const changed = { ...before, spec: { ...before.spec, volumeClaimTemplates: [claim] } };
  world.store.replace(timesTenClassics, changed);
  const words = "spec.volumeClaimTemplates cannot be changed: StatefulSet claims are fixed at creation";
  expect((await saysSoon(world, "Ready=False InvalidSpec", words)).length).toBe(1);
  expect([world.state(), world.activePod() === active]).toEqual(["Normal", true]);
  world.store.replace(timesTenClassics, { ...world.object(), spec: before.spec } as typeof before);
  expect((await saysSoon(world, "Ready=True PairHealthy", "")).length).toBe(1);
  expect(world.checker.violations).toEqual([]);
});
