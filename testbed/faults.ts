/** What can happen to the processes of a pod of the pair, through kubectl alone. */
import { until, type Kubectl } from "./kubectl";

/** The agent proper, the guard beside it, and the first process of the tt container. */
export type AgentProcess = "serve" | "guard" | "run";

/**
 * Sends a signal to one of the agent's processes.
 * @throws when there is none
 */
export async function signalAgent(
  k: Kubectl,
  pod: string,
  process: AgentProcess,
  signal: "KILL" | "STOP" | "CONT",
): Promise<void> {
  // The brackets keep the shell from finding itself.
  const pattern = `agent.cjs [${process.slice(0, 1)}]${process.slice(1)}`;
  const script = `for p in /proc/[0-9]*; do if tr '\\0' ' ' <$p/cmdline 2>/dev/null | grep -q '${pattern}'; then kill -${signal} \${p#/proc/} && exit 0; fi; done; exit 3`;
  await k.exec(pod, "tt", ["sh", "-c", script]).catch((error: unknown) => {
    // With its first process the whole container goes, the shell included.
    if (process !== "run" || !/137|container not|not found|exit code null/.test(String(error))) throw error;
  });
}

/** Deletes both pods at once, and waits until both are others. */
export async function deletePods(k: Kubectl, pods: readonly string[], timeoutMs: number): Promise<void> {
  const uids = await Promise.all(pods.map(async pod => (await k.get("pod", pod))?.metadata.uid));
  await k.run(["delete", "pod", ...pods, "--wait=false"]);
  await until(`${pods.join(" and ")} are new`, timeoutMs, async () => {
    const now = await Promise.all(pods.map(async pod => (await k.get("pod", pod))?.metadata.uid));
    return now.every((uid, i) => uid !== undefined && uid !== uids[i]) || undefined;
  });
}
