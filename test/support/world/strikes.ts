/** Single blows, for scenarios and chaos alike. */
import { SWITCHOVER_ANNOTATION } from "../../../capabilities/classic/decide/fence/handover";
import { SUSPEND_ANNOTATION } from "../../../capabilities/objects/names";
import type { Isolation } from "./cluster/network";
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
  return () => runtime.isGone() || (runtime.agent !== null && runtime.agent !== agent);
}

/** Nobody starts anything again in a pod that ends meanwhile. */
function isEnding(runtime: PodRuntime | undefined): boolean {
  return runtime === undefined || runtime.isEnding() || runtime.isGone();
}

/** SIGKILL to the guard alone. */
export function killGuard(runtime: PodRuntime | undefined): () => boolean {
  const guard = runtime?.guarded?.guard;
  const process = guard?.process;
  guard?.kill();
  // Another container has another guard.
  const isOver = (): boolean => runtime?.guarded?.guard !== guard || guard?.process !== process;
  return () => isEnding(runtime) || guard === undefined || isOver();
}

/** SIGKILL to the sidecar. */
export function killWitness(runtime: PodRuntime | undefined): () => boolean {
  const witness = runtime?.witness ?? null;
  runtime?.killWitness();
  return () => isEnding(runtime) || witness === null || runtime?.witness !== witness;
}

/** Agent and guard may stand still together for less than W - L only (docs/fencing.md), ms. */
const BOTH_HANG_MS = 800;

/** @returns how long one of the two may hang, given whether the other one does */
export function bearableMs(forMs: number, otherHangs: boolean | undefined): number {
  return otherHangs === true ? Math.min(forMs, BOTH_HANG_MS) : forMs;
}

/** The agent does nothing for a while; database and guard go on. */
export function hangAgent(world: WholeWorld, runtime: PodRuntime | undefined, forMs: number): () => boolean {
  const process = runtime?.agent?.process;
  if (runtime === undefined || process === undefined || process.isFrozen()) return () => true;
  world.story.tell("fault", `the agent of ${runtime.name} hangs`);
  process.freeze();
  return until(world, bearableMs(forMs, runtime.guarded?.guard.process?.isFrozen()), () => {
    world.story.tell("fault", `the agent of ${runtime.name} goes on`);
    process.thaw();
  });
}

/** SIGTERM to the agent alone: it brings its database down and ends; another one starts. */
export function endAgent(world: WholeWorld, runtime: PodRuntime | undefined): () => boolean {
  const agent = runtime?.agent ?? null;
  if (runtime === undefined || agent === null) return () => true;
  world.story.tell("fault", `the agent of ${runtime.name} is told to end`);
  runtime.endAgent();
  return () => runtime.isGone() || (runtime.agent !== null && runtime.agent !== agent);
}

/** The guard does nothing for a while; agent and database go on. */
export function hangGuard(world: WholeWorld, runtime: PodRuntime | undefined, forMs: number): () => boolean {
  const process = runtime?.guarded?.guard.process;
  if (runtime === undefined || process === undefined || process.isFrozen()) return () => true;
  world.story.tell("fault", `the guard of ${runtime.name} hangs`);
  process.freeze();
  return until(world, bearableMs(forMs, runtime.agent?.process.isFrozen()), () => {
    world.story.tell("fault", `the guard of ${runtime.name} goes on`);
    process.thaw();
  });
}

/** Replication lags: what is committed arrives at the standby so much later. */
export function lag(world: WholeWorld, lagMs: number, forMs: number): () => boolean {
  world.story.tell("fault", `replication lags by ${Math.round(lagMs)} ms`);
  world.network.lagReplication(lagMs);
  return until(world, forMs, () => {
    world.story.tell("fault", "replication is as fast as before");
    world.network.lagReplication(0);
  });
}

/** The clocks of a node run at another rate from now on. */
export function setRate(world: WholeWorld, runtime: PodRuntime, rate: number): void {
  world.story.tell("fault", `the clocks of ${runtime.node.name} run at a rate of ${rate}`);
  runtime.node.setRate(rate);
}

/** A node and all on it reach nobody and are reached by nobody, or only in one direction. */
export function isolate(world: WholeWorld, node: string, direction: Isolation, forMs: number): () => boolean {
  const how = { both: "is cut off", in: "hears nothing", out: "is not heard" }[direction];
  world.story.tell("fault", `${node} ${how}`);
  world.network.isolate(node, direction);
  return until(world, forMs, () => {
    world.story.tell("fault", `${node} is joined again`);
    world.network.rejoin(node);
    world.kubelet.lookAgain(node);
  });
}

/** Two pods do not reach each other; everybody else reaches both. */
export function cutOff(world: WholeWorld, a: string, b: string, forMs: number): () => boolean {
  world.story.tell("fault", `${a} and ${b} are cut off from each other`);
  world.network.cut(a, b);
  return until(world, forMs, () => {
    world.story.tell("fault", `${a} and ${b} are joined again`);
    world.network.heal(a, b);
  });
}

/** The machine is off for a while. */
export function powerCut(world: WholeWorld, node: string, forMs: number): () => boolean {
  world.kubelet.losePower(node);
  return until(world, forMs, () => world.kubelet.power(node));
}

/** The machine stands still for a while. */
export function suspend(world: WholeWorld, node: string, forMs: number): () => boolean {
  world.kubelet.suspend(node, forMs);
  return until(world, forMs, () => undefined);
}

/** The volume is gone, the pod comes up elsewhere with an empty one. */
export function loseDisk(world: WholeWorld, runtime: PodRuntime): () => boolean {
  world.loseDisk(runtime);
  return () => runtime.isGone();
}

/** The user asks for a switchover. */
export function switchOver(world: WholeWorld, requestId: string): () => boolean {
  world.annotate({ [SWITCHOVER_ANNOTATION]: requestId });
  return () => {
    const answer = world.object()?.status?.["switchover"] as
      | { requestId?: string; phase?: string }
      | undefined;
    return answer?.requestId === requestId && answer.phase !== "Running";
  };
}

/** The user takes the object out of management for a while. */
export function holdManagement(world: WholeWorld, forMs: number): void {
  world.annotate({ [SUSPEND_ANNOTATION]: "true" });
  world.time.after(forMs, () => world.annotate({ [SUSPEND_ANNOTATION]: null }));
}

export function isHeld(world: WholeWorld): boolean {
  return world.object()?.metadata.annotations?.[SUSPEND_ANNOTATION] !== undefined;
}

/** @returns whether it is over */
function until(world: WholeWorld, ms: number, end: () => void): () => boolean {
  let over = false;
  world.time.after(ms, () => {
    over = true;
    end();
  });
  return () => over;
}
