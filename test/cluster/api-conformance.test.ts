/**
 * A real API server with its own controllers, through the operator's own client, held against the suite that the
 * deterministic world's in-memory API passes (test/world/api): what the world relies on is what a cluster does.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import type { KubeApi, KubeObject, Resource } from "../../capabilities/runtime/ports";
import { KubeClient } from "../../capabilities/runtime/kube/client";
import { credentialSource } from "../../capabilities/runtime/kube/credentials";
import { customResourceDefinitions, namespaces } from "../../capabilities/runtime/kube/resources";
import { type ControlPlane, startControlPlane } from "../../testbed/cluster";
import { timesTenClassics } from "../support/world/cluster/resources";
import { type ApiUnderTest, describeKubeApi } from "../support/world/conformance";

jest.setTimeout(120_000);

/** The garbage collector looks for new kinds every 30 s only. */
const PATIENCE_MS = 90_000;
const POLL_MS = 20;
const serviceAccounts: Resource = {
  group: "",
  version: "v1",
  plural: "serviceaccounts",
  kind: "ServiceAccount",
  namespaced: true,
};

let plane: ControlPlane;

async function until(what: string, condition: () => Promise<boolean> | boolean): Promise<void> {
  const deadlineMs = performance.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (performance.now() > deadlineMs) throw new Error(`never came: ${what}`);
    await new Promise(resolve => setTimeout(resolve, POLL_MS));
  }
}

async function installKind(kube: KubeApi): Promise<void> {
  const folder = join(__dirname, "..", "..", "crds");
  for (const file of readdirSync(folder).filter(name => name.endsWith(".yaml"))) {
    await kube.create(
      customResourceDefinitions,
      load(readFileSync(join(folder, file), "utf8")) as KubeObject,
    );
  }
  // A new kind answers once the API server has set it up.
  const served = (): Promise<boolean> =>
    kube.list(timesTenClassics, {}).then(
      () => true,
      () => false,
    );
  await until("the kind is served", served);
}

async function realApi(): Promise<ApiUnderTest> {
  plane = await startControlPlane();
  const kube = new KubeClient({
    credentials: credentialSource(config => config.loadFromFile(plane.kubeconfig)),
  });
  await installKind(kube);
  let count = 0;
  return {
    kube,
    until,
    newNamespace: async () => {
      const name = `conformance-${++count}`;
      await kube.create(namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
      // Without it no pod is admitted.
      await until(
        "the default service account",
        async () => (await kube.get(serviceAccounts, name, "default")) !== null,
      );
      return name;
    },
    // From before the server's watch cache began.
    expiredVersion: async () => "1",
  };
}

describeKubeApi("a real API server", realApi, async () => plane?.stop());
