/** Who we are: our own image, which brings the agent into the database's Pods, and our namespace. */
import { readFile } from "node:fs/promises";
import { OperatorError } from "./errors";
import { pods } from "./kube/resources";
import type { KubeApi, KubeObject } from "./ports";
import type { Settings } from "./settings";

/** Where the kubelet puts the namespace of a Pod with a service account. */
const NAMESPACE_FILE = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";
/** Names of the operator's container: in Pepr's manifests, in manifests of our own. */
const CONTAINER_NAMES = ["watcher", "server", "timesten-operator", "operator"];

interface PodWithContainers extends KubeObject {
  spec: { containers: { name: string; image: string }[] };
}

/**
 * @param readText reads a file; replaced in tests
 * @throws OperatorError TT_OPERATOR_NO_NAMESPACE
 */
export async function ownNamespace(
  settings: Pick<Settings, "podNamespace">,
  readText: (file: string) => Promise<string> = file => readFile(file, "utf8"),
): Promise<string> {
  if (settings.podNamespace !== null) return settings.podNamespace;
  const found = await readText(NAMESPACE_FILE).catch(() => "");
  if (found.trim() !== "") return found.trim();
  throw new OperatorError(
    "TT_OPERATOR_NO_NAMESPACE",
    `Set POD_NAMESPACE: there is no ${NAMESPACE_FILE} outside a Pod with a service account.`,
  );
}

/**
 * @returns OPERATOR_IMAGE, else the image of our container as our own Pod names it
 * @throws OperatorError TT_OPERATOR_NO_IMAGE; KubeError when the API server cannot be asked
 */
export async function ownImage(
  kube: KubeApi,
  namespace: string,
  settings: Pick<Settings, "operatorImage" | "operatorContainer" | "podName">,
): Promise<string> {
  if (settings.operatorImage !== null) return settings.operatorImage;
  const { podName, operatorContainer } = settings;
  const pod = podName === null ? null : await kube.get<PodWithContainers>(pods, namespace, podName);
  if (pod === null) {
    throw new OperatorError(
      "TT_OPERATOR_NO_IMAGE",
      `Set OPERATOR_IMAGE: there is no Pod ${namespace}/${podName ?? "(POD_NAME is not set)"} to read it from.`,
    );
  }
  const image = imageOf(pod.spec.containers, operatorContainer);
  if (image !== undefined) return image;
  const names = pod.spec.containers.map(container => container.name).join(", ");
  throw new OperatorError(
    "TT_OPERATOR_NO_IMAGE",
    `Set OPERATOR_CONTAINER or OPERATOR_IMAGE: Pod ${namespace}/${podName} has the containers ${names}.`,
  );
}

function imageOf(
  containers: readonly { name: string; image: string }[],
  wanted: string | null,
): string | undefined {
  if (wanted !== null) return containers.find(container => container.name === wanted)?.image;
  if (containers.length === 1) return containers[0]?.image;
  return containers.find(container => CONTAINER_NAMES.includes(container.name))?.image;
}
