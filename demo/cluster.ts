/** Where the demo and the tests of the pair run: a local cluster of their own, or the user's (KUBECONFIG). */
import { join } from "node:path";
import { startCluster } from "../testbed/cluster";
import { Kubectl } from "../testbed/kubectl";
import { projectRoot } from "../testbed/paths";
import { simulatorTags } from "../testbed/simulator-images";
import type { Cluster } from "../testbed/cluster";

export interface DemoCluster {
  kubectl: Kubectl;
  /** The checkout. */
  root: string;
  /** Manifests made by `make build`. */
  deployDir: string;
  /** Image that holds the writing client. */
  simulatorImage: string;
  /** Changes the examples' image and storage names to what this cluster has. */
  adapt(yaml: string): string;
  /** The local cluster behind it; null where the user's own is used. */
  local: Cluster | null;
  /** Ends a local cluster; leaves the user's alone. */
  stop(): Promise<void>;
  /** A local cluster goes on when this process ends. */
  keep(): void;
}

/**
 * @param name of the local cluster; a random one when absent
 * @param nodes of the local cluster (2)
 * @param say progress, one line at a time
 * @throws with what to do where no local cluster can run
 */
export async function demoCluster(
  options: { name?: string; nodes?: number; say?: (line: string) => void } = {},
): Promise<DemoCluster> {
  const root = projectRoot();
  const deployDir = join(root, "dist", "deploy");
  const own = process.env["KUBECONFIG"];
  if (own !== undefined && own !== "") return usersCluster(root, deployDir, own);
  const local = await startCluster({
    nodes: options.nodes ?? 2,
    ...(options.name === undefined ? {} : { name: options.name }),
    ...(options.say === undefined ? {} : { progress: options.say }),
  });
  return {
    kubectl: new Kubectl(local.kubectl, local.kubeconfig),
    root,
    deployDir,
    simulatorImage: "registry.local/timesten-simulator:18.1.4.4.0",
    adapt: yaml => yaml,
    local,
    stop: () => local.stop(),
    keep: () => local.detach(),
  };
}

function usersCluster(root: string, deployDir: string, kubeconfig: string): DemoCluster {
  const prefix = process.env["IMAGE_PREFIX"];
  if (prefix === undefined || prefix === "") {
    throw new Error(
      "KUBECONFIG is set: the images must be where that cluster can pull them. Set IMAGE_PREFIX=registry/path, or unset KUBECONFIG for a local cluster.",
    );
  }
  const storageClass = process.env["STORAGE_CLASS"] ?? "standard";
  const simulator = (tag: string) => `${prefix}/timesten-simulator:${tag}`;
  return {
    kubectl: new Kubectl(process.env["KUBECTL"] ?? "kubectl", kubeconfig),
    root,
    deployDir,
    simulatorImage: simulator("18.1.4.4.0"),
    adapt: yaml =>
      simulatorTags
        .reduce((text, [name, tag]) => text.replaceAll(name, simulator(tag)), yaml)
        .replaceAll("storageClassName: oci", `storageClassName: ${storageClass}`)
        .replaceAll("storageSize: 250G", "storageSize: 1G"),
    local: null,
    stop: async () => undefined,
    keep: () => undefined,
  };
}
