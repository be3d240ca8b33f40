/** Our Pods meet Pod Security "restricted" by themselves: a namespace that enforces it admits them, on a real API server. */
import { markedStatefulSet } from "../../capabilities/classic/observe/template";
import { buildProbePod, type ObjectSettings, type Pod } from "../../capabilities/objects";
import type { TimesTenClassicObject } from "../../generated/types";
import { startControlPlane, type ControlPlane } from "../../testbed/cluster";
import { Kubectl, KubectlError } from "../../testbed/kubectl";
import { findTools } from "../../testbed/tools";

jest.setTimeout(60_000);

const NAMESPACE = "restricted";
const settings: ObjectSettings = { operatorImage: "operator:1", clusterDomain: "cluster.local" };

let plane: ControlPlane;
let k: Kubectl;

beforeAll(async () => {
  const tools = await findTools(["kubectl"], ["kubectl"], () => undefined);
  plane = await startControlPlane({ controllers: false });
  const admin = new Kubectl(tools("kubectl"), plane.kubeconfig);
  await admin.run(["create", "namespace", NAMESPACE]);
  await admin.run(["label", "namespace", NAMESPACE, "pod-security.kubernetes.io/enforce=restricted"]);
  k = admin.in(NAMESPACE);
  // Without a controller manager nobody makes it.
  await k.run(["create", "serviceaccount", "default"]);
  await k.run(["create", "serviceaccount", "sample-claim"]);
}, 900_000);

afterAll(async () => {
  await plane?.stop();
});

function classic(
  ttspec: Partial<TimesTenClassicObject["spec"]["ttspec"]>,
  template?: Record<string, unknown>,
): TimesTenClassicObject {
  return {
    apiVersion: "timesten.oracle.com/v1",
    kind: "TimesTenClassic",
    metadata: { name: "sample", namespace: NAMESPACE, uid: "f2a16dff-9acd-11eb-86a3-06b2b9dd76bc" },
    spec: {
      ttspec: { image: "tt:1", storageClassName: "oci", ...ttspec },
      ...(template === undefined ? {} : { template }),
    },
  };
}

/** The Pod that the StatefulSet's controller would make of it, without its claims. */
function podOf(object: TimesTenClassicObject): Pod {
  const { template } = markedStatefulSet(object, settings).spec;
  const volumes = [
    ...(template.spec.volumes ?? []),
    { name: "tt-persistent", persistentVolumeClaim: { claimName: "tt-persistent-sample-0" } },
    { name: "tt-log", persistentVolumeClaim: { claimName: "tt-log-sample-0" } },
  ];
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "sample-0", namespace: NAMESPACE, ...template.metadata },
    spec: { ...template.spec, volumes },
  };
}

/** @returns what the API server says in a refusal; "" when it would take the Pod */
async function refusal(pod: Pod): Promise<string> {
  try {
    await k.apply(JSON.stringify(pod), ["--dry-run=server"]);
    return "";
  } catch (error) {
    if (error instanceof KubectlError) return error.stderr;
    throw error;
  }
}

describe("a namespace that enforces Pod Security restricted admits", () => {
  it.each([
    ["a pair", {}],
    ["a pair without daemonlog", { daemonLogSidecar: false }],
    [
      "a pair with everything beside it",
      { logStorageSize: "1Gi", readOnlyRootFilesystem: true, dbConfigMap: ["a"], databaseMemorySize: "1Gi" },
    ],
    ["a pair whose writer may claim", { writerMayClaimSolo: true }],
    ["independent databases", { replicationTopology: "none" as const }],
  ])("%s", async (_, ttspec) => {
    expect(await refusal(podOf(classic(ttspec)))).toBe("");
  });

  it("the Pod that looks at an image", async () => {
    expect(await refusal(buildProbePod(classic({}), settings, { image: "tt:2", nodeName: null }))).toBe("");
  });
});

it("refuses a Pod whose template runs it as root, so the namespace does enforce something", async () => {
  const root = classic({}, { spec: { securityContext: { runAsUser: 0 } } });
  expect(await refusal(podOf(root))).toContain('violates PodSecurity "restricted');
});
