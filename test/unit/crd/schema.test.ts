import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { load, loadAll } from "js-yaml";
import { MAX_DECISIONS, timesTenClassicResource } from "../../../generated/types";

const root = join(__dirname, "..", "..", "..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

interface Schema {
  type?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
  additionalProperties?: Schema;
  default?: unknown;
  maxItems?: number;
  "x-kubernetes-preserve-unknown-fields"?: boolean;
}
interface Crd {
  spec: {
    group: string;
    names: { kind: string; plural: string };
    versions: { name: string; schema: { openAPIV3Schema: Schema } }[];
  };
}

const crd = load(read("crds/timestenclassics.yaml")) as Crd;
const schema = crd.spec.versions[0]?.schema.openAPIV3Schema ?? {};

/** Every place of the schema, as a dotted path, with its node. */
function walk(node: Schema, path: string): [string, Schema][] {
  const children = Object.entries(node.properties ?? {}).flatMap(([key, child]) =>
    walk(child, `${path}.${key}`),
  );
  const items = node.items === undefined ? [] : walk(node.items, `${path}[]`);
  return [[path, node], ...children, ...items];
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
      `type description properties items enum format maximum minimum maxLength minLength maxItems minItems
      maxProperties required default pattern additionalProperties x-kubernetes-validations x-kubernetes-list-type
      x-kubernetes-preserve-unknown-fields x-kubernetes-int-or-string x-kubernetes-list-map-keys`.split(
        /\s+/,
      );
    expect([...words].filter(word => word === undefined || !allowed.includes(word))).toEqual([]);
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
