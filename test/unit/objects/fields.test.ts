/** Every field of spec.ttspec: where setting it shows, and what a later change of it does. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import type { TimesTenClassicObject, TtSpec } from "../../../generated/types";
import { isManual } from "../../../capabilities/classic/decide/manage/bothDown";
import { managementOf } from "../../../capabilities/classic/decide/manage/management";
import { isAutomatic, target } from "../../../capabilities/classic/decide/upgrade/facts";
import { wishedReset } from "../../../capabilities/classic/decide/upgrade/rules";
import { independentSettings } from "../../../capabilities/classic/independent/observe";
import { partition } from "../../../capabilities/classic/independent/roll";
import { pairSettings } from "../../../capabilities/classic/observe/settings";
import type { Observation } from "../../../capabilities/classic/observation";
import {
  buildClaimAccess,
  buildStatefulSet,
  fieldsWithoutEffect,
  maxUnavailable,
  podCount,
  repCreateStatement,
  whyWithoutEffect,
  writerMayClaim,
} from "../../../capabilities/objects";
import { sample, settings } from "./sample";

const root = join(__dirname, "..", "..", "..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");

/** Everything that follows from a spec, by the name under which the table speaks of it. */
const places = {
  /** The Pods: the StatefulSet's template. */
  pods: o => buildStatefulSet(o, settings).spec.template,
  /** Their volumes. */
  claims: o => buildStatefulSet(o, settings).spec.volumeClaimTemplates,
  /** Number of Pods. */
  count: o => podCount(o),
  /** The replication scheme. */
  statement: o => repCreateStatement(o, settings),
  /** Times and limits of a pass over a pair, and over independent databases. */
  pair: o => ({ ...pairSettings(o, settings), repCreateStatement: "", hosts: [] }),
  set: o => independentSettings(o),
  /** How many Pods a drain may take. */
  budget: o => maxUnavailable(o, true),
  /** What the Pods may do to the record. */
  access: o => (writerMayClaim(o) ? buildClaimAccess(o) : []),
  /** Who manages, and what stops or resumes it. */
  management: o => [asReported(o, "Normal"), asReported(o, "ManualInterventionRequired")],
  /** Which image, who replaces Pods, from which ordinal on, and what clears an upgrade. */
  upgrade: o => [target({ object: o }), isAutomatic({ object: o }), partition({ object: o })],
  reset: o => wishedReset({ object: o }),
  /** Who decides when both databases are down. */
  choice: o => isManual({ object: o } as Observation),
} satisfies Record<string, (object: TimesTenClassicObject) => unknown>;
type Place = keyof typeof places;

function asReported(
  object: TimesTenClassicObject,
  highLevelState: "Normal" | "ManualInterventionRequired",
): unknown {
  return managementOf({ ...object, status: { highLevelState } }, null).seen;
}

/**
 * live: the next pass goes by it. pods: the StatefulSet takes it at once, a Pod when it is next made anew.
 * fixed: refused after creation. none: it is only kept.
 */
type Change = "live" | "pods" | "fixed" | "none";

interface Row {
  change: Change;
  /** What is set, beside `base`. */
  to: unknown;
  base?: Partial<TtSpec>;
  /** Exactly where it shows. */
  shows: Place[];
}

const none = { replicationTopology: "none" } as const;
const sized = { databaseMemorySize: "4Gi" };
const logged = { logStorageSize: "1Gi" };

const table: Record<keyof TtSpec, Row> = {
  image: { change: "live", to: "tt:2", shows: ["pods", "upgrade"] },
  imagePullPolicy: { change: "pods", to: "Never", shows: ["pods"] },
  imagePullSecret: { change: "pods", to: "other", shows: ["pods"] },
  imageUpgradeStrategy: { change: "live", to: "Manual", shows: ["upgrade"] },
  upgradeDownPodTimeout: { change: "live", to: 5, shows: ["pair", "set"] },
  resetUpgradeState: { change: "live", to: "x", shows: ["reset"] },
  storageClassName: { change: "fixed", to: "other", shows: ["claims"] },
  storageSize: { change: "fixed", to: "1Gi", shows: ["claims"] },
  storageSelector: { change: "fixed", to: { matchLabels: { a: "b" } }, shows: ["claims"] },
  logStorageClassName: { change: "fixed", to: "other", base: logged, shows: ["claims"] },
  logStorageSize: { change: "fixed", to: "1Gi", shows: ["claims", "pods"] },
  logStorageSelector: { change: "fixed", to: { matchLabels: { a: "b" } }, base: logged, shows: ["claims"] },
  dbConfigMap: { change: "fixed", to: ["other"], shows: ["pods"] },
  dbSecret: { change: "fixed", to: ["other"], shows: ["pods"] },
  replicationTopology: { change: "fixed", to: "none", shows: ["pods", "count", "statement"] },
  replicas: { change: "live", to: 3, base: none, shows: ["count"] },
  rollingUpdatePartition: { change: "live", to: 1, base: none, shows: ["upgrade"] },
  updateStrategy: { change: "none", to: { type: "RollingUpdate" }, shows: [] },
  subscribers: { change: "none", to: { replicas: 1 }, shows: [] },
  repPort: { change: "fixed", to: 5555, shows: ["pods", "statement", "pair"] },
  repCreateStatement: { change: "fixed", to: "create active standby pair x", shows: ["statement"] },
  repReturnServiceAttribute: { change: "fixed", to: "RETURN RECEIPT", shows: ["statement"] },
  repStoreAttribute: { change: "fixed", to: "PORT 4444", shows: ["statement"] },
  replicationCipherSuite: { change: "fixed", to: "SSL_x", shows: ["pods"] },
  replicationSSLMandatory: { change: "fixed", to: 1, shows: ["pods"] },
  bothDownBehavior: { change: "live", to: "Manual", shows: ["choice"] },
  waitingForActiveTimeout: { change: "none", to: 60, shows: [] },
  pollingInterval: { change: "live", to: 9, shows: ["pair", "set"] },
  unreachableTimeout: { change: "live", to: 9, shows: ["pair", "set"] },
  writePermissionSeconds: { change: "live", to: 9, shows: ["pair"] },
  writerMayClaimSolo: { change: "live", to: true, shows: ["pods", "access"] },
  repStateTimeout: { change: "live", to: 9, shows: ["pair"] },
  agentTCPTimeout: { change: "none", to: 9, shows: [] },
  agentTcpTimeout: { change: "none", to: 9, shows: [] },
  agentTLSTimeout: { change: "none", to: 9, shows: [] },
  agentTlsTimeout: { change: "none", to: 9, shows: [] },
  agentGetTimeout: { change: "live", to: 9, shows: ["pair", "set"] },
  agentPostTimeout: { change: "live", to: 9, shows: ["pair", "set"] },
  agentAsyncTimeout: { change: "live", to: 9, shows: ["pair", "set"] },
  daemonLogSidecar: { change: "pods", to: false, shows: ["pods"] },
  prometheus: { change: "none", to: { publish: true, port: 9999 }, shows: [] },
  cacheCleanup: { change: "none", to: false, shows: [] },
  stopManaging: { change: "live", to: "x", shows: ["management"] },
  reexamine: { change: "live", to: "x", shows: ["management"] },
  memoryWarningPercent: { change: "none", to: 50, shows: [] },
  useHugePages: { change: "pods", to: true, base: sized, shows: ["pods"] },
  automaticMemoryRequests: { change: "pods", to: false, base: sized, shows: ["pods"] },
  databaseMemorySize: { change: "pods", to: "4Gi", shows: ["pods"] },
  additionalMemoryRequest: { change: "pods", to: "4Gi", base: sized, shows: ["pods"] },
  databaseCPURequest: { change: "pods", to: "2", shows: ["pods"] },
  daemonLogMemoryRequest: { change: "pods", to: "300Mi", shows: ["pods"] },
  daemonLogCPURequest: { change: "pods", to: "300m", shows: ["pods"] },
  exporterMemoryRequest: { change: "none", to: "300Mi", shows: [] },
  exporterCPURequest: { change: "none", to: "300m", shows: [] },
  createASReadinessProbe: { change: "pods", to: true, shows: ["pods", "budget"] },
  readOnlyRootFilesystem: { change: "pods", to: true, shows: ["pods"] },
  terminationGracePeriod: { change: "pods", to: 90, shows: ["pods"] },
  deleteDbOnNotReadyNode: { change: "none", to: 60, shows: [] },
  clientTLS: { change: "none", to: { auto: true }, shows: [] },
  customClientTLS: { change: "none", to: { ciphersuites: "x" }, shows: [] },
  arch: { change: "none", to: "arm64", shows: [] },
  zzTestInfo: { change: "none", to: "x", shows: [] },
  zzAgentDebugInfo: { change: "none", to: 1, shows: [] },
};

const rows = Object.entries(table) as [keyof TtSpec, Row][];

interface Version {
  schema: { openAPIV3Schema: { properties: { spec: { properties: { ttspec: TtspecSchema } } } } };
}
interface TtspecSchema {
  properties: Record<string, unknown>;
  "x-kubernetes-validations": { rule: string; fieldPath?: string }[];
}
const crd = load(read("crds/timestenclassics.yaml")) as { spec: { versions: Version[] } };
const ttspecs = crd.spec.versions.map(one => one.schema.openAPIV3Schema.properties.spec.properties.ttspec);

/** The line of a field in the reference: its columns "change" and "acts". */
function documented(field: string): { change: string; acts: string } {
  const line = read("docs/reference/object.md")
    .split("\n")
    .find(one => one.startsWith(`| \`${field}\` |`));
  const [, , , , change = "", acts = ""] = (line ?? "").split("|").map(cell => cell.trim());
  return { change, acts };
}

describe("the table of fields", () => {
  it("has a row for every field of the schema, in every version", () => {
    expect(ttspecs.length).toBeGreaterThan(0);
    const names = rows.map(([field]) => field).sort();
    for (const { properties } of ttspecs) expect(Object.keys(properties).sort()).toEqual(names);
  });

  it.each(rows)("%s shows where it should, and nowhere else", (field, { to, base = {}, shows }) => {
    const before = sample(base);
    const { [field]: _, ...rest } = before.spec.ttspec;
    if (!["image", "storageClassName"].includes(field)) before.spec.ttspec = rest as TtSpec;
    const after: TimesTenClassicObject = {
      ...before,
      spec: { ttspec: { ...before.spec.ttspec, [field]: to } },
    };
    const shown = (Object.keys(places) as Place[]).filter(
      place => JSON.stringify(places[place](before)) !== JSON.stringify(places[place](after)),
    );
    expect(shown.sort()).toEqual([...shows].sort());
  });

  it.each(rows)("%s is refused after creation exactly where it is fixed", (field, { change }) => {
    for (const schema of ttspecs) {
      const rules = schema["x-kubernetes-validations"].filter(
        one => one.fieldPath === `.${field}` && one.rule.includes("oldSelf"),
      );
      expect(rules.length > 0).toBe(change === "fixed");
    }
  });

  it.each(rows)("%s shows in the Pods alone where only new Pods have it", (_field, { change, shows }) => {
    if (change === "pods") expect(shows).toContain("pods");
    if (change === "none") expect(shows).toEqual([]);
    if (change === "live") expect(shows.filter(one => one !== "pods")).not.toEqual([]);
  });

  it.each(rows)("the reference says of %s what the table says", (field, { change }) => {
    const words: Record<Change, string> = { live: "live", pods: "Pods", fixed: "fixed", none: "–" };
    expect(documented(field).change).toBe(words[change]);
  });
});

describe("the list of fields without effect", () => {
  it("holds every field that shows nowhere", () => {
    const silent = rows.filter(([, { shows }]) => shows.length === 0).map(([field]) => field);
    expect(Object.keys(fieldsWithoutEffect)).toEqual(expect.arrayContaining(silent));
  });

  it("holds beside those only what reaches the Pods and is not used there", () => {
    const reaching = rows.filter(([field, { shows }]) => field in fieldsWithoutEffect && shows.length > 0);
    expect(reaching.map(([field]) => field)).toEqual(["replicationCipherSuite", "replicationSSLMandatory"]);
  });

  it.each(rows)("the reference says of %s whether it acts", (field, _row) => {
    const found = fieldsWithoutEffect[field];
    const { acts } = documented(field);
    expect(acts === "not yet").toBe(found?.when === "later");
    expect(acts === "no").toBe(found?.when === "never");
  });

  it("gives a sentence for a warning", () => {
    expect(whyWithoutEffect("clientTLS")).toBe(
      "spec.ttspec.clientTLS has no effect yet: client connections are not encrypted",
    );
    expect(whyWithoutEffect("image")).toBeNull();
  });
});
