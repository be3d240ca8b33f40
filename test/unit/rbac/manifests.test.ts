/** What `pepr build` makes of this module, and what is installed in the end: of the real build, made anew when it is old. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { load, loadAll } from "js-yaml";
import { operatorManifests, type Manifest } from "../../../scripts/deploy-manifests.mjs";

const root = join(__dirname, "..", "..", "..");
const BUILD_MS = 400_000;

interface Rule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
}
interface Container {
  image: string;
  env: { name: string; value?: string }[];
  resources: { limits?: Record<string, string> };
  livenessProbe: object;
}

interface Budget extends Manifest {
  spec: { maxUnavailable: number; selector: object };
}

let built: Manifest[];
let manifests: Manifest[];

beforeAll(() => {
  execFileSync(join(root, "scripts", "build.sh"), { cwd: root, stdio: "pipe", timeout: BUILD_MS });
  built = loadAll(
    readFileSync(join(root, "dist", "pepr-module-timesten-operator.yaml"), "utf8"),
  ) as Manifest[];
  manifests = operatorManifests(built);
}, BUILD_MS + 10_000);

function the<T>(kind: string, where: (manifest: Manifest) => boolean = () => true): T {
  const found = manifests.filter(manifest => manifest.kind === kind && where(manifest));
  if (found.length !== 1) throw new Error(`${found.length} manifests of kind ${kind}`);
  return found[0] as T;
}

const role = (): Map<string, string[]> => {
  const { rules } = the<{ rules: Rule[] }>("ClusterRole");
  return new Map(
    rules.flatMap(rule =>
      rule.apiGroups.flatMap(group =>
        rule.resources.map(resource => [`${resource}.${group}`, rule.verbs.toSorted()] as const),
      ),
    ),
  );
};

const deployment = (controller: string) =>
  the<{
    spec: {
      replicas: number;
      selector: { matchLabels: Record<string, string> };
      strategy: { type: string };
      template: { spec: { containers: Container[]; tolerations: object[]; affinity: object } };
    };
  }>("Deployment", manifest => manifest.metadata.labels?.["pepr.dev/controller"] === controller).spec;

const imageOf = (manifest: Manifest): string | undefined =>
  (manifest as never as { spec: { template: { spec: { containers: Container[] } } } }).spec.template.spec
    .containers[0]?.image;

describe("the ClusterRole", () => {
  it("grants exactly what the operator does", () => {
    expect(Object.fromEntries([...role()].sort())).toEqual({
      "configmaps.": ["get"],
      "customresourcedefinitions.apiextensions.k8s.io": ["create", "patch"],
      "endpointslices.discovery.k8s.io": ["create", "get", "list", "patch", "update", "watch"],
      "events.": ["create", "patch"],
      "leases.coordination.k8s.io": ["create", "get", "list", "update", "watch"],
      "nodes.": ["get"],
      "peprstores.pepr.dev": ["create", "get", "list", "patch", "watch"],
      "persistentvolumeclaims.": ["get", "patch"],
      "poddisruptionbudgets.policy": ["create", "get", "list", "patch", "watch"],
      "pods.": ["create", "delete", "get", "list", "patch", "watch"],
      "rolebindings.rbac.authorization.k8s.io": ["create", "delete", "get"],
      "roles.rbac.authorization.k8s.io": ["create", "get"],
      "secrets.": ["create", "get", "update"],
      "serviceaccounts.": ["create", "get"],
      "services.": ["create", "get", "list", "patch", "update", "watch"],
      "storageclasses.storage.k8s.io": ["get"],
      "statefulsets.apps": ["create", "get", "list", "patch", "update", "watch"],
      "timestenclassics.timesten.oracle.com": ["get", "list", "patch", "update", "watch"],
      "timestenclassics/finalizers.timesten.oracle.com": ["update"],
      "timestenclassics/status.timesten.oracle.com": ["get", "patch", "update"],
    });
  });

  it("has no wildcard and cannot read all Secrets at once", () => {
    for (const [resource, verbs] of role()) {
      expect(resource).not.toContain("*");
      expect(verbs).not.toContain("*");
    }
    expect(role().get("secrets.")).not.toContain("list");
  });

  it("is the only grant", () => {
    expect(manifests.filter(manifest => ["Role", "RoleBinding"].includes(manifest.kind))).toEqual([]);
  });
});

describe("the webhooks", () => {
  it.each(["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"])(
    "%s concerns our kind alone",
    kind => {
      const { webhooks } = the<{ webhooks: { rules: object[]; failurePolicy: string }[] }>(kind);
      expect(webhooks).toHaveLength(1);
      expect(webhooks[0]?.failurePolicy).toBe("Fail");
      expect(webhooks[0]?.rules).toEqual([
        {
          apiGroups: ["timesten.oracle.com"],
          apiVersions: ["v1"],
          operations: ["CREATE", "UPDATE"],
          resources: ["timestenclassics"],
        },
      ]);
    },
  );
});

describe("the Deployments", () => {
  it("run the image of the build, or the one asked for", () => {
    const images = (all: Manifest[]) => all.filter(one => one.kind === "Deployment").map(imageOf);
    expect(images(manifests)).toEqual(images(built));
    expect(images(manifests)[0]).toMatch(/.+/);
    expect(images(operatorManifests(built, "other:2"))).toEqual(["other:2", "other:2"]);
  });

  it.each(["admission", "watcher"])(
    "have two replicas of %s, of which drains take one at a time",
    controller => {
      const { replicas, selector } = deployment(controller);
      expect(replicas).toBe(2);
      const budgets = manifests.filter(({ kind }) => kind === "PodDisruptionBudget") as Budget[];
      expect(budgets).toHaveLength(2);
      expect(budgets.map(({ spec }) => spec.selector)).toContainEqual(selector);
      for (const { spec } of budgets) expect(spec.maxUnavailable).toBe(1);
    },
  );

  it.each(["admission", "watcher"])("let %s know its own Pod and leave a dead node soon", controller => {
    const { containers, tolerations } = deployment(controller).template.spec;
    expect(containers[0]?.env.map(one => one.name)).toEqual(
      expect.arrayContaining(["POD_NAME", "POD_NAMESPACE"]),
    );
    expect(tolerations).toHaveLength(2);
  });

  it("let the watcher outlive an API server that is away, and never throttle it", () => {
    const { strategy, template } = deployment("watcher");
    const [container] = template.spec.containers;
    expect(container?.env).toContainEqual({ name: "PEPR_RESYNC_FAILURE_MAX", value: "1000000" });
    expect(container?.resources.limits).toEqual({ memory: "1Gi" });
    expect(strategy.type).toBe("RollingUpdate");
    expect(container?.livenessProbe).toMatchObject({
      httpGet: { path: "/healthz", port: 8081, scheme: "HTTP" },
    });
  });
});

describe("Pepr's own kind", () => {
  it("is the one that this version of Pepr applies", () => {
    const controller = readFileSync(
      join(root, "node_modules", "pepr", "src", "lib", "assets", "store.ts"),
      "utf8",
    );
    const ours = load(readFileSync(join(root, "deploy", "peprstores.yaml"), "utf8")) as {
      spec: { versions: { schema: { openAPIV3Schema: object } }[] };
    };
    const theirs = /openAPIV3Schema: (\{[\s\S]*?\n {10}\}),/.exec(controller)?.[1];
    expect(ours.spec.versions[0]?.schema.openAPIV3Schema).toEqual(
      load((theirs ?? "").replace(/,(\s*[}\]])/g, "$1")),
    );
  });
});
