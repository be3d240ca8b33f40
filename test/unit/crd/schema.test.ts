import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { loadAll } from "js-yaml";
import { MAX_DECISIONS, timesTenClassicResource } from "../../../generated/types";
import { status as fullStatus } from "../../cluster/status";
import { readCrd, storedSchema, unknownFields, walk, type Schema } from "../../support/schema";

const root = join(__dirname, "..", "..", "..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

const crd = readCrd();
const schema = storedSchema();

const ttspec = schema.properties?.["spec"]?.properties?.["ttspec"] ?? {};

/** Everything of a schema but its words. */
function described(node: Schema): unknown {
  return walk(node, "").map(([path, { description: _, properties: _p, items: _i, ...rest }]) => [path, rest]);
}

/** Labels that `kubectl describe` makes of a key: words of camel case, capitalised. */
const label = (key: string) =>
  key
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .replace(/^./, first => first.toUpperCase())
    .replace(/\bUid\b/g, "UID");

/** The part of a listing of the documents that shows the status, as label -> present. */
const STATUS_LABELS = `
Classic Upgrade Status, Active Start Time, Active Status, Image Update Pending, Last Upgrade State Switch,
Prev Reset Upgrade State, Prev Upgrade State, Standby Start Time, Standby Status, Upgrade Start Time, Upgrade State,
Active Pods, High Level State, Last Event, Last High Level State Switch, Pod Status, Cache Status, Cache Agent,
Cache UID Pwd Set, N Cache Groups, Db Status, Db, Db Id, Db Updatable, Initialized, Agent, Last Time Reachable, Pod IP,
Pod Phase, Prev High Level State, Prev Image, Replication Status, Last Time Rep State Changed, Rep Agent,
Rep Peer P State, Rep Scheme, Rep State, Times Ten Status, Daemon, Instance, Release, Admin User File, Cache User File,
Cg File, Disable Return, Intended State, Local Commit, Name, Schema File, Using Twosafe, Prev Reexamine,
Prev Stop Managing, Rep Create Statement, Rep Port, Status Version`
  .split(",")
  .map(text => text.trim());

describe("the CRD", () => {
  it("says what the types say about the kind's place in the API", () => {
    expect(timesTenClassicResource).toMatchObject({
      group: crd.spec.group,
      version: crd.spec.versions[0]?.name,
      plural: crd.spec.names.plural,
      kind: crd.spec.names.kind,
    });
  });

  it("is what the generated types were generated from", () => {
    // Throws with the script's words when they differ.
    execFileSync(process.execPath, [join(root, "scripts", "generate.mjs"), "--check"], {
      cwd: root,
      stdio: "pipe",
    });
  });

  it("gives the status every label that the documents' listing shows", () => {
    const keys = new Set(
      walk(schema.properties?.["status"] ?? {}, "status").map(([path]) =>
        label(path.split(".").at(-1)?.replace("[]", "") ?? ""),
      ),
    );
    expect(
      STATUS_LABELS.filter(one => !keys.has(one.replace("Rep Peer P State", "Rep Peer PState"))),
    ).toEqual([]);
  });

  it("keeps no unknown field in the status", () => {
    const loose = walk(schema.properties?.["status"] ?? {}, "status").filter(
      ([, node]) => node["x-kubernetes-preserve-unknown-fields"],
    );
    expect(loose).toEqual([]);
  });

  it("writes no default into what a user gave, but for the exporter's own object", () => {
    const defaults = walk(schema, "")
      .filter(([, node]) => node.default !== undefined)
      .map(([path]) => path);
    expect(defaults.filter(path => !path.startsWith(".spec.ttspec.prometheus."))).toEqual([]);
  });

  it("has no key but those of a schema: a comma in an unquoted description would make one", () => {
    const keys = walk(schema, "").flatMap(([path, node]) => Object.keys(node).map(key => `${path} ${key}`));
    const known = /^(\S*) (x-kubernetes-[a-z-]+|[a-zA-Z]+)$/;
    expect(keys.filter(key => !known.test(key))).toEqual([]);
    const words = new Set(keys.map(key => key.split(" ")[1]));
    const allowed =
      `type description nullable properties items enum format maximum minimum maxLength minLength maxItems minItems
      maxProperties required default pattern additionalProperties x-kubernetes-validations x-kubernetes-list-type
      x-kubernetes-preserve-unknown-fields x-kubernetes-int-or-string x-kubernetes-list-map-keys`.split(
        /\s+/,
      );
    expect([...words].filter(word => word === undefined || !allowed.includes(word))).toEqual([]);
  });

  it("serves the name of every release with one schema, so that nothing has to be converted", () => {
    const { versions, conversion } = crd.spec;
    expect(conversion).toEqual({ strategy: "None" });
    expect(versions.map(({ name, served, storage }) => [name, served, storage])).toEqual([
      ["v1", true, true],
      ["v2", true, false],
      ["v3", true, false],
      ["v4", true, false],
      ["v5", true, false],
    ]);
    const [first] = versions;
    for (const version of versions) {
      expect(described(version.schema.openAPIV3Schema)).toEqual(described(schema));
      expect(version.additionalPrinterColumns).toEqual(first?.additionalPrinterColumns);
      expect(version.subresources).toEqual({ status: {} });
    }
    // The one that clients get who name none shows its descriptions too.
    expect(versions.at(-1)?.schema).toEqual(first?.schema);
  });

  it("deprecates the versions that the product deprecated, but for the one of the documents", () => {
    expect(crd.spec.versions.flatMap(({ deprecationWarning }) => deprecationWarning ?? [])).toEqual([
      "timesten.oracle.com/v2 TimesTenClassic is deprecated; use v5",
      "timesten.oracle.com/v3 TimesTenClassic is deprecated; use v5",
    ]);
  });

  it("is small enough for a plain kubectl apply", () => {
    expect(JSON.stringify(crd).length).toBeLessThanOrEqual(200 * 1024);
  });

  it("says of every field of the spec what it is, its unit, its default and when a change acts", () => {
    const spec = walk(schema.properties?.["spec"] ?? {}, "spec");
    const silent = spec.filter(([path, node]) => !path.endsWith("[]") && (node.description ?? "").length < 5);
    expect(silent.map(([path]) => path)).toEqual([]);
    const fields = Object.entries(ttspec.properties ?? {});
    expect(fields.length).toBeGreaterThan(60);
    const form = /(?: Default .+| Required)\. Change (live|next Pod|fixed|none)(, [^.]+)?\.$/;
    expect(fields.filter(([, node]) => !form.test(node.description ?? "")).map(([name]) => name)).toEqual([]);
    const times = fields.filter(([name]) => /(Timeout|Interval|Seconds|Period|NotReadyNode)$/.test(name));
    expect(times.length).toBeGreaterThan(10);
    expect(
      times.filter(([, node]) => !/seconds/i.test(node.description ?? "")).map(([name]) => name),
    ).toEqual([]);
    const sizes = fields.filter(
      ([name]) => /(Size|Request|Requests)$/.test(name) && name !== "automaticMemoryRequests",
    );
    expect(sizes.length).toBeGreaterThan(7);
    expect(
      sizes.filter(([, node]) => !/quantity/.test(node.description ?? "")).map(([name]) => name),
    ).toEqual([]);
  });

  it("takes null for every field of spec.ttspec that may be absent", () => {
    const required = ["image", "storageClassName"];
    const strict = Object.entries(ttspec.properties ?? {}).filter(([, node]) => node.nullable !== true);
    expect(strict.map(([name]) => name)).toEqual(required);
    // An enum refuses every null, so that words are a rule there.
    const nullable = walk(ttspec, "").filter(([, node]) => node.nullable === true);
    expect(nullable.filter(([, node]) => node.enum !== undefined).map(([path]) => path)).toEqual([]);
    expect(ttspec.properties?.["imageUpgradeStrategy"]).toMatchObject({
      "x-kubernetes-validations": [
        {
          rule: "self in ['auto', 'manual', 'Auto', 'Manual']",
          message: "must be auto, manual, Auto or Manual; omit it for the default",
        },
      ],
    });
  });

  it("knows every key of a full status, and would name one that it does not know", () => {
    const node = schema.properties?.["status"] ?? {};
    expect(unknownFields(node, fullStatus)).toEqual([]);
    expect(unknownFields(node, { highLevelState: "Normal", podStatus: [{ name: "a", mood: 1 }] })).toEqual([
      ".podStatus[0].mood",
    ]);
  });

  it("holds as many decisions as the operator keeps", () => {
    expect(schema.properties?.["status"]?.properties?.["decisions"]?.maxItems).toBe(MAX_DECISIONS);
  });
});

describe("the examples", () => {
  interface Example {
    kind: string;
    metadata: { name: string };
    data?: Record<string, string>;
    spec?: { ttspec: Record<string, unknown> };
  }
  const documents = (file: string) => loadAll(read(`examples/${file}`)) as Example[];
  const find = (file: string, kind: string) => documents(file).find(one => one.kind === kind);

  it("have the documents' own values", () => {
    expect(find("sample.yaml", "TimesTenClassic")).toEqual({
      apiVersion: "timesten.oracle.com/v1",
      kind: "TimesTenClassic",
      metadata: { name: "sample" },
      spec: {
        ttspec: {
          storageClassName: "oci",
          storageSize: "250G",
          image: "phx.ocir.io/youraccount/tt181440:2",
          imagePullSecret: "sekret",
          imagePullPolicy: "Always",
          dbConfigMap: ["sample"],
          imageUpgradeStrategy: "auto",
          upgradeDownPodTimeout: 900,
        },
      },
    });
  });

  it.each(["sample.yaml", "sample-twosafe.yaml", "independent.yaml"])(
    "%s brings the ConfigMap and the Secret that its object names",
    file => {
      const ttspec = find(file, "TimesTenClassic")?.spec?.ttspec;
      expect(ttspec?.["dbConfigMap"]).toEqual([find(file, "ConfigMap")?.metadata.name]);
      expect(ttspec?.["imagePullSecret"]).toBe(find(file, "Secret")?.metadata.name);
      expect(Object.keys(find(file, "ConfigMap")?.data ?? {})).toEqual(["db.ini", "adminUser", "schema.sql"]);
    },
  );

  it("differ in what a commit waits for", () => {
    expect(find("sample-twosafe.yaml", "TimesTenClassic")?.spec?.ttspec["repReturnServiceAttribute"]).toBe(
      "RETURN TWOSAFE",
    );
  });
});
