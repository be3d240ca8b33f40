/** Single blows, for scenarios and chaos alike. */
import type { PodRuntime } from "./cluster/pod-runtime";
import type { OperatorReplica, WholeWorld } from "./world";

/** The user deletes a pod. */
export function deletePod(
  world: WholeWorld,
  runtime: PodRuntime,
  gracePeriodSeconds?: number,
): () => boolean {
  world.deletePod(runtime.name, gracePeriodSeconds);
  return () => runtime.isGone();
}

/** SIGKILL to TimesTen's main daemon. */
export function killDaemon(world: WholeWorld, runtime: PodRuntime): () => boolean {
  const database = runtime.instance?.db;
  world.story.tell("fault", `the daemon of ${runtime.name} is killed`);
  runtime.instance?.kill();
  return () => database?.alive !== true;
}

/** SIGKILL to the tt container. */
export function killContainer(runtime: PodRuntime): () => boolean {
  const { instance } = runtime;
  runtime.killContainer("fault");
  return () => runtime.instance !== instance;
}

/** Kills an operator and starts it again after a while. */
export function restartOperator(
  world: WholeWorld,
  replica: OperatorReplica,
  afterMs: number,
  name: string,
): void {
  if (!replica.process.alive()) return;
  world.killOperator(replica);
  world.time.after(afterMs, () => void world.startOperator(name));
}

/** SIGKILL to the agent alone; the database lives on. */
export function killAgent(world: WholeWorld, runtime: PodRuntime | undefined): () => boolean {
  const agent = runtime?.agent ?? null;
  if (runtime === undefined || agent === null) return () => true;
  world.story.tell("fault", `the agent of ${runtime.name} is killed`);
  runtime.killAgent();
  return () => runtime.agent !== agent;
}
