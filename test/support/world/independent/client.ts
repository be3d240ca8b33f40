/** An application of one independent database: it connects to the pod by its name, and commits all the time. */
import type { IndependentChecker } from "./checker";
import { NAMESPACE, NAME, type WholeWorld } from "../world";

/** Between two commits, ms. */
const PAUSE_MS = 60;

/** Begins to write into the database of that pod whenever it is open; ends with the world's other application. */
export function startDirectClient(world: WholeWorld, ordinal: number, checker: IndependentChecker): void {
  const { time } = world;
  const random = world.random.fork(`client of ${ordinal}`);
  let nextId = 1 + ordinal * 1_000_000;
  const pause = (): void => {
    if (!world.client.isStopped) time.after(random.between(0.5, 1.5) * PAUSE_MS, write);
  };
  const write = (): void => {
    pause();
    const runtime = world.kubelet.runtime(NAMESPACE, `${NAME}-${ordinal}`);
    const database = runtime?.instance?.db;
    if (runtime === undefined || database === undefined || database === null || !database.writable()) return;
    if (!world.network.joined({ name: "application", node: null }, runtime.place())) return;
    const id = nextId++;
    database.commit({ kind: "row", id, atMs: time.nowMs() }).then(
      () =>
        void time.after(random.between(0.2, 2), () => {
          // An answer of a process that died on the way never arrives.
          if (database.alive) checker.seeAcknowledged(id, database);
        }),
      () => undefined,
    );
  };
  pause();
}
