/**
 * The kind on a real API server, without any operator or webhook: what it stores, refuses and shows is the schema's
 * work alone. One control plane for the whole file; each test has its own objects.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { startControlPlane, type ControlPlane } from "../../testbed/cluster";
import { applyCrd, Kubectl, KubectlError, until, type AnyObject } from "../../testbed/kubectl";
import { findTools } from "../../testbed/tools";
import { status } from "./status";

jest.setTimeout(60_000);

const root = join(__dirname, "..", "..");
const noProgress = (): void => undefined;

interface Classic extends AnyObject {
  spec: { ttspec: Record<string, unknown> };
  status?: object;
}

let plane: ControlPlane;
let k: Kubectl;
let admin: Kubectl;

beforeAll(async () => {
  const tools = await findTools(["kubectl"], ["kubectl"], noProgress);
  plane = await startControlPlane({ controllers: false });
  admin = new Kubectl(tools("kubectl"), plane.kubeconfig);
  await applyCrd(admin, root);
  await admin.run(["create", "namespace", "mynamespace"]);
  k = admin.in("mynamespace");
  // The first write to a new kind waits for the API server to believe in it.
  await until("the kind is served", 30_000, async () => (await k.apply(example("sample.yaml"))) !== "");
}, 900_000);

afterAll(async () => {
  await plane?.stop();
});

const example = (file: string): string => readFileSync(join(root, "examples", file), "utf8");

/** The smallest object that works, changed. */
function classic(
  name: string,
  ttspec: Record<string, unknown> = {},
  spec: Record<string, unknown> = {},
): string {
  return JSON.stringify({
    apiVersion: "timesten.oracle.com/v1",
    kind: "TimesTenClassic",
    metadata: { name },
    spec: { ttspec: { image: "tt:1", storageClassName: "oci", ...ttspec }, ...spec },
  });
}

/** @returns what the API server said in its refusal; "" when it took it */
async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "";
  } catch (error) {
    if (error instanceof KubectlError) return error.stderr;
    throw error;
  }
}

const refusesTo = (change: Record<string, unknown>): Promise<string> =>
  refusal(
    k.run(["patch", "ttc", "sample", "--type=merge", "-p", JSON.stringify({ spec: { ttspec: change } })]),
  );

describe("an object", () => {
  it("is stored as its user wrote it: no default appears", async () => {
    const stored = await k.get<Classic>("ttc", "sample");
    expect(stored?.spec).toEqual({
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
    });
  });

  it("may use the return service of the second example", async () => {
    await k.apply(example("sample-twosafe.yaml"));
    expect((await k.get<Classic>("ttc", "twosafe"))?.spec.ttspec["repReturnServiceAttribute"]).toBe(
      "RETURN TWOSAFE",
    );
  });

  it("may use the words and fields of every release", async () => {
    const ttspec = {
      agentTCPTimeout: 1,
      agentTcpTimeout: 1,
      agentTLSTimeout: 1,
      agentTlsTimeout: 1,
      waitingForActiveTimeout: 60,
      imageUpgradeStrategy: "Manual",
      createASReadinessProbe: true,
      bothDownBehavior: "Best",
      prometheus: { insecure: true },
      subscribers: { replicas: 1, maxReplicas: 2, name: "readers" },
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "25%" } },
      clientTLS: { auto: true, eccurve: "p384" },
      databaseMemorySize: "40Gi",
      storageSelector: { matchLabels: { a: "b" }, matchExpressions: [{ key: "c", operator: "Exists" }] },
    };
    await k.apply(classic("every-release", ttspec), ["--validate=strict"]);
    const stored = (await k.get<Classic>("ttc", "every-release"))?.spec.ttspec;
    expect(stored).toMatchObject(ttspec);
    expect(stored?.["prometheus"]).toEqual({ insecure: true, port: 8888, createPodMonitors: true });
  });

  it("takes a null for an absent field", async () => {
    await k.apply(classic("with-null", { replicationTopology: null, additionalMemoryRequest: null }));
    const stored = (await k.get<Classic>("ttc", "with-null"))?.spec.ttspec;
    expect(stored).toEqual({ image: "tt:1", storageClassName: "oci" });
  });

  it("keeps a null for the operator to read as absent, also where words are listed", async () => {
    const ttspec = { replicationTopology: null, clientTLS: { eccurve: null }, dbConfigMap: null };
    await k.run(["create", "-f", "-"], { input: classic("kept-null", ttspec) });
    const stored = (await k.get<Classic>("ttc", "kept-null"))?.spec.ttspec;
    expect(stored).toMatchObject(ttspec);
    // What is null has not changed when it goes.
    const patch = [{ op: "remove", path: "/spec/ttspec/replicationTopology" }];
    await k.run(["patch", "ttc", "kept-null", "--type=json", "-p", JSON.stringify(patch)]);
  });

  it("keeps the user's template and claims whole", async () => {
    const spec = {
      template: {
        metadata: { labels: { a: "b" } },
        spec: { containers: [{ name: "tt", resources: { limits: { cpu: 1 } } }] },
      },
      volumeClaimTemplates: [{ metadata: { name: "mine" }, spec: { accessModes: ["ReadWriteOnce"] } }],
    };
    await k.apply(classic("with-template", {}, spec), ["--validate=strict"]);
    expect((await k.get<Classic>("ttc", "with-template"))?.spec).toMatchObject(spec);
  });
});

describe("a creation is refused", () => {
  it.each([
    ["without an image", { image: null }, "spec.ttspec.image: Required value"],
    ["with an empty image", { image: "" }, "spec.ttspec.image is required"],
    ["without a storage class", { storageClassName: null }, "spec.ttspec.storageClassName: Required value"],
    ["with an empty storage class", { storageClassName: "" }, "spec.ttspec.storageClassName is required"],
    ["with a size that is none", { storageSize: "250GB" }, "is not a quantity; use for example 250Gi"],
    ["with a size of zero", { storageSize: "0" }, "must be greater than zero"],
    [
      "with a word nobody knows",
      { imageUpgradeStrategy: "sometimes" },
      "must be auto, manual, Auto or Manual",
    ],
    [
      "with an unknown topology",
      { replicationTopology: "activeActive" },
      "must be activeStandbyPair or none",
    ],
    [
      "with a pull policy in lower case",
      { imagePullPolicy: "always" },
      "must be Always, IfNotPresent or Never",
    ],
    ["with a port below 1024", { repPort: 80 }, "should be greater than or equal to 1024"],
    [
      "with a port of TimesTen's own",
      { repPort: 6625 },
      "spec.ttspec.repPort must not be 8443 (agent), 8444 (witness), 8445 (readiness), 6624",
    ],
    [
      "with a timeout out of range",
      { upgradeDownPodTimeout: 21601 },
      "should be less than or equal to 21600",
    ],
    ["with text for seconds", { pollingInterval: "30s" }, "must be of type integer"],
    ["with one name for a list", { dbConfigMap: "sample" }, "must be of type array"],
    ["with an empty list", { dbConfigMap: [] }, "should have at least 1 items"],
    ["with a name twice", { dbSecret: ["a", "a"] }, 'spec.ttspec.dbSecret[1]: Duplicate value: "a"'],
    [
      "with two replication statements",
      { repCreateStatement: "create active standby pair x", repStoreAttribute: "PORT 4444" },
      "cannot be combined",
    ],
    ["with a misspelt field", { storagesize: "1Gi" }, 'unknown field "spec.ttspec.storagesize"'],
  ])("%s", async (_, ttspec, words) => {
    expect(await refusal(k.apply(classic("refused", ttspec), ["--validate=strict"]))).toContain(words);
    expect(await k.get("ttc", "refused")).toBeNull();
  });

  it("without spec.ttspec", async () => {
    const object = {
      apiVersion: "timesten.oracle.com/v1",
      kind: "TimesTenClassic",
      metadata: { name: "empty" },
    };
    expect(await refusal(k.apply(JSON.stringify(object)))).toContain("spec: Required value");
    expect(await refusal(k.apply(JSON.stringify({ ...object, spec: {} })))).toContain(
      "spec.ttspec: Required value",
    );
  });

  it.each([
    ["1sample", "metadata.name must start with a lower-case letter"],
    ["my.sample", "metadata.name must start with a lower-case letter"],
    [`a-${"b".repeat(51)}`, "metadata.name may have at most 52 characters"],
    ["a".repeat(33), "longer than TimesTen's limit of 32 characters"],
  ])("with the name %s", async (name, words) => {
    expect(await refusal(k.apply(classic(name)))).toContain(words);
  });

  it("with all its faults at once", async () => {
    const words = await refusal(
      k.apply(classic("1x", { image: "", storageClassName: "", storageSize: "x" })),
    );
    expect(words).toContain("metadata.name must start");
    expect(words).toContain("spec.ttspec.image is required");
    expect(words).toContain("spec.ttspec.storageClassName is required");
    expect(words).toContain("is not a quantity");
  });
});

describe("a change is refused", () => {
  it.each([
    [
      { replicationTopology: "none" },
      "spec.ttspec.replicationTopology cannot be changed; create a new object",
    ],
    [{ storageClassName: "other" }, "spec.ttspec.storageClassName cannot be changed"],
    [{ storageSize: "200G" }, "spec.ttspec.storageSize can only grow: claims cannot be made smaller"],
    [{ storageSize: null }, "spec.ttspec.storageSize can only grow"],
    [{ storageSelector: { matchLabels: { a: "b" } } }, "spec.ttspec.storageSelector cannot be changed"],
    [{ logStorageSize: "1Gi" }, "spec.ttspec.logStorageSize cannot be added or removed"],
    [{ repPort: 5000 }, "spec.ttspec.repPort is part of the replication scheme and cannot be changed"],
    [
      { repCreateStatement: "create active standby pair x" },
      "spec.ttspec.repCreateStatement is part of the replication scheme",
    ],
    [{ repReturnServiceAttribute: "RETURN RECEIPT" }, "spec.ttspec.repReturnServiceAttribute is part of"],
    [{ repStoreAttribute: "PORT 4444" }, "spec.ttspec.repStoreAttribute is part of"],
    [
      { replicationCipherSuite: "SSL_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" },
      "spec.ttspec.replicationCipherSuite is part of",
    ],
    [{ replicationSSLMandatory: 1 }, "spec.ttspec.replicationSSLMandatory is part of"],
    [{ dbConfigMap: ["other"] }, "spec.ttspec.dbConfigMap cannot be changed; edit the content"],
    [{ dbSecret: ["other"] }, "spec.ttspec.dbSecret cannot be changed; edit the content"],
    [{ image: null }, "spec.ttspec.image: Required value"],
  ])("%p", async (change, words) => {
    expect(await refusesTo(change)).toContain(words);
  });

  it("but not when it says what was the default", async () => {
    expect(await refusesTo({ replicationTopology: "activeStandbyPair", repPort: 4444 })).toBe("");
  });

  it("but not when a size grows, which a class may allow", async () => {
    for (const storageSize of ["250G", "256000M", "250Gi"])
      expect(await refusal(k.apply(classic("growing", { storageSize })))).toBe("");
    const shrunk = await refusal(k.apply(classic("growing", { storageSize: "250G" })));
    expect(shrunk).toContain("can only grow");
  });

  it("but not where TimesTen can follow it", async () => {
    expect(
      await refusesTo({ image: "phx.ocir.io/youraccount/tt1814110:3", imageUpgradeStrategy: "manual" }),
    ).toBe("");
    expect(
      await refusesTo({ image: "phx.ocir.io/youraccount/tt181440:2", imageUpgradeStrategy: "auto" }),
    ).toBe("");
  });
});

describe("the status", () => {
  const write = (name: string, value: object): Promise<string> =>
    k.run([
      "patch",
      "ttc",
      name,
      "--subresource=status",
      "--type=merge",
      "-p",
      JSON.stringify({ status: value }),
    ]);

  it("is kept whole, field by field, as the operator writes it", async () => {
    await write("sample", status);
    expect((await k.get<Classic>("ttc", "sample"))?.status).toEqual(status);
  });

  it("does not come from the user's manifest", async () => {
    await k.apply(
      JSON.stringify({
        ...(JSON.parse(classic("pretender")) as object),
        status: { highLevelState: "Normal" },
      }),
    );
    expect((await k.get<Classic>("ttc", "pretender"))?.status).toBeUndefined();
  });

  it("does not count as a change of the spec", async () => {
    const generation = async () =>
      ((await k.get("ttc", "sample"))?.metadata as { generation?: number }).generation;
    const before = await generation();
    await write("sample", { ...status, lastEvent: 68 });
    expect(await generation()).toBe(before);
    await write("sample", status);
  });

  it("drops what it does not know and refuses words it does not know", async () => {
    await k.apply(classic("strange"));
    await write("strange", { highLevelState: "Normal", somethingElse: 1 });
    expect((await k.get<Classic>("ttc", "strange"))?.status).toEqual({ highLevelState: "Normal" });
    expect(await refusal(write("strange", { highLevelState: "Fine" }))).toContain(
      'Unsupported value: "Fine"',
    );
  });

  it("holds at most twenty decisions", async () => {
    const decision = { at: "2026-01-01T00:00:00.000Z", reason: "R", message: "m" };
    expect(await refusal(write("strange", { decisions: Array(21).fill(decision) }))).toContain(
      "at most 20 items",
    );
    expect(await refusal(write("strange", { decisions: Array(20).fill(decision) }))).toBe("");
  });

  it("shows state and active in the columns of the documents", async () => {
    await write("sample", status);
    const [header, line] = (await k.run(["get", "ttc", "sample"])).split("\n");
    expect(header?.trim().split(/\s+/)).toEqual(["NAME", "STATE", "ACTIVE", "AGE"]);
    expect(line?.trim().split(/\s+/).slice(0, 3)).toEqual(["sample", "Normal", "sample-1"]);
  });

  it("shows more only to those who ask for it", async () => {
    const [header, line] = (await k.run(["get", "ttc", "sample", "-o", "wide"])).split("\n");
    expect(header?.trim().split(/\s+/)).toEqual([
      "NAME",
      "STATE",
      "ACTIVE",
      "AGE",
      "STANDBY",
      "RELEASE",
      "IMAGE",
    ]);
    expect(line).toMatch(/sample-1 .* sample-0 +18\.1\.4\.11\.0 +phx\.ocir\.io/);
  });

  it("is described with every label and value of the documents' listing", async () => {
    await write("sample", status);
    const said = (await k.run(["describe", "ttc", "sample"]))
      .split("\n")
      .map(line => line.trim().replace(/:\s+/, ": "));
    const listing = readFileSync(join(__dirname, "describe.txt"), "utf8");
    const expected = listing
      .split("\n")
      .filter(line => line.trim() !== "")
      .map(line => line.trim().replace(/:\s+/, ": "));
    const missing = expected.filter(line => !said.includes(line));
    expect(missing).toEqual([]);
    // Both Pods' entries are there.
    expect(said.filter(line => line === "Times Ten Status:")).toHaveLength(2);
  });
});

describe("every version", () => {
  const versions = ["v1", "v2", "v3", "v4", "v5"];
  const full = {
    agentTCPTimeout: 1,
    imageUpgradeStrategy: "Manual",
    createASReadinessProbe: true,
    prometheus: { insecure: true, port: 9000, createPodMonitors: false },
    deleteDbOnNotReadyNode: 60,
    clientTLS: { auto: true, eccurve: "p384" },
    customClientTLS: { ciphersuites: "a", somethingOfV5: { deep: [1] } },
  };
  const template = { spec: { containers: [{ name: "tt", resources: { limits: { cpu: "1" } } }] } };

  it.each(versions)("%s takes an object that each of them gives back whole", async version => {
    const name = `round-${version}`;
    const object = JSON.parse(classic(name, full, { template })) as Classic;
    object.apiVersion = `timesten.oracle.com/${version}`;
    await k.apply(JSON.stringify(object), ["--validate=strict"]);
    for (const other of versions) {
      const read = await k.get<Classic>(`timestenclassics.${other}.timesten.oracle.com`, name);
      expect(read?.apiVersion).toBe(`timesten.oracle.com/${other}`);
      expect(read?.spec).toEqual({ ttspec: { image: "tt:1", storageClassName: "oci", ...full }, template });
      // Written back under the other name, nothing is lost either.
      await k.run(["replace", "-f", "-"], { input: JSON.stringify(read) });
    }
    const end = await k.get<Classic>("timestenclassics.v1.timesten.oracle.com", name);
    expect(end?.spec).toEqual({ ttspec: { image: "tt:1", storageClassName: "oci", ...full }, template });
    expect((end?.metadata as { generation?: number }).generation).toBe(1);
  });

  it("is applied plainly and again without a change, as the CRD itself is", async () => {
    const folder = join(root, "crds");
    await admin.run(["create", "--dry-run=server", "--save-config", "-f", folder]).catch((error: unknown) => {
      // It is there already, which is told only after its size was found right.
      expect(String(error)).toContain("already exists");
    });
    expect(await admin.run(["diff", "--server-side", "-f", folder])).toBe("");
  });
});

describe("people", () => {
  it.each(["ttc", "timestenclassic", "timestenclassics", "timestenclassics.v1.timesten.oracle.com"])(
    "may call it %s",
    async name => {
      expect(await k.run(["get", name, "sample", "-o", "name"])).toBe(
        "timestenclassic.timesten.oracle.com/sample\n",
      );
    },
  );

  it("learn its fields from kubectl explain", async () => {
    for (const version of ["v1", "v5"]) {
      const api = `--api-version=timesten.oracle.com/${version}`;
      const said = await k.run(["explain", api, "ttc.spec.ttspec.upgradeDownPodTimeout"]);
      expect(said.replace(/\s+/g, " ")).toContain(
        "Seconds a replaced Pod may stay down before the upgrade has failed; 0: no limit. Default 600. Change live.",
      );
    }
  });
});
