/**
 * What wakes the operator. A callback enqueues the object's key and nothing else: it does not wait, does not throw and
 * does not trust the event's content. What an object owns is watched by the engine itself.
 */
import { Capability, Log } from "pepr";
import { TimesTenClassic } from "../../generated/kinds";
import { PendingKick, type Kick } from "./kick";

const kick = new PendingKick();

export const watchers = new Capability({
  name: "watchers",
  description: "Wakes the operator when a TimesTenClassic object changes",
});

watchers
  .When(TimesTenClassic)
  .IsCreatedOrUpdated()
  .Watch(object => {
    const { namespace, name } = object.metadata ?? {};
    if (namespace !== undefined && name !== undefined) kick.enqueue(namespace, name);
  });

/**
 * @param env of the process
 * @returns whether this process is the one that acts: Pepr's watcher, or `pepr dev`, which is everything at once
 */
export function isWatcher(env: NodeJS.ProcessEnv): boolean {
  return (
    env["PEPR_WATCH_MODE"] === "true" || (env["PEPR_MODE"] === "dev" && env["PEPR_WATCH_MODE"] === undefined)
  );
}

/**
 * Starts the engine and connects the watches to it.
 *
 * @param start makes and starts the engine; its failure ends the process, and Kubernetes starts it anew
 */
export function startEngine(start: () => Promise<Kick>): void {
  start().then(
    engine => kick.handOver(engine),
    (error: unknown) => {
      Log.error({ error: error instanceof Error ? error.stack : error }, "the operator could not start");
      process.exit(1);
    },
  );
}
