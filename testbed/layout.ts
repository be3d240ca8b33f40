/** Who runs where in a local cluster: the pair alone on its nodes, operator and clients on another. */
import type { Kubectl } from "./kubectl";

/** Node of the operator and of the clients, whatever happens to the others. */
export const CALM_NODE = "node-3";

/**
 * Has `install` done while only the calm node takes pods; from then on it takes none but those that name it.
 * @param k of a cluster with three nodes
 */
export async function onCalmNode(k: Kubectl, install: () => Promise<void>): Promise<void> {
  const others = ["node-1", "node-2"];
  await k.run(["cordon", ...others]);
  await install();
  await k.run(["uncordon", ...others]);
  await k.run(["cordon", CALM_NODE]);
}

/** @returns number of the local node on which that pod runs: node-2 is 2 */
export async function nodeOf(k: Kubectl, pod: string): Promise<number> {
  const name = await k.run(["get", "pod", pod, "-o", "jsonpath={.spec.nodeName}"]);
  return Number(name.trim().replace("node-", ""));
}
