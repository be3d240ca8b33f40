/** Installs the built operator into a cluster, as `kubectl apply -f dist/deploy/` does it, and waits until it works. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { until, type AnyObject, type Kubectl } from "./kubectl";

/** Where Pepr puts everything; its manifests name it. */
export const OPERATOR_NAMESPACE = "pepr-system";

interface Deployment extends AnyObject {
  spec: { replicas: number };
  status?: { readyReplicas?: number; updatedReplicas?: number; observedGeneration?: number };
}

/**
 * @param deployDir dist/deploy after `make build`
 * @throws when the Deployments are not ready in time; the message carries the state of their pods
 */
export async function installOperator(k: Kubectl, deployDir: string, timeoutMs = 120_000): Promise<void> {
  const files = readdirSync(deployDir)
    .filter(name => name.endsWith(".yaml"))
    .sort();
  if (files.length === 0) throw new Error(`${deployDir} holds no manifests: run \`make build\` first`);
  for (const file of files) {
    // A CRD needs a moment before objects of its kind are accepted.
    await until(`apply ${file}`, 30_000, async () => {
      await k
        .in(OPERATOR_NAMESPACE)
        .run(["apply", "--server-side", "--force-conflicts", "-f", join(deployDir, file)]);
      return true;
    });
  }
  await operatorReady(k, timeoutMs);
}

/** Waits until every Deployment of the operator has all its replicas ready. */
export async function operatorReady(k: Kubectl, timeoutMs = 120_000): Promise<void> {
  const inOperator = k.in(OPERATOR_NAMESPACE);
  await until(
    "the operator's Deployments are ready",
    timeoutMs,
    async () => {
      const all = await inOperator.list<Deployment>("deployments");
      const ready = all.filter(d => (d.status?.readyReplicas ?? 0) >= d.spec.replicas);
      return all.length > 0 && ready.length === all.length ? true : undefined;
    },
    { everyMs: 250, state: () => inOperator.run(["get", "pods", "-o", "wide"]) },
  );
}

/** The operator's own pods that run watches (the ones that act). */
export async function watcherPods(k: Kubectl): Promise<string[]> {
  const pods = await k.in(OPERATOR_NAMESPACE).list("pods", ["-l", "pepr.dev/controller=watcher"]);
  return pods.filter(pod => pod.metadata.deletionTimestamp === undefined).map(pod => pod.metadata.name);
}
