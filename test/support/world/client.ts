/**
 * An application that commits all the time through the Service <name>-active: it resolves the endpoint as kube-proxy
 * would (a little late), connects, commits, and reconnects after an error. It remembers what was acknowledged.
 */
import type { KubeObject } from "../../../capabilities/runtime/ports";
import type { Network } from "./cluster/network";
import type { PodRuntime } from "./cluster/pod-runtime";
import { endpointSlices } from "./cluster/resources";
import type { Surroundings } from "./cluster/surroundings";
import type { LoadedDatabase } from "./database";
import type { SeededRandom } from "./random";

interface Slice extends KubeObject {
  endpoints?: { addresses: string[]; conditions?: { ready?: boolean } }[];
}

/** What the application knows of one commit. */
export interface Attempt {
  id: number;
  startedMs: number;
  /** null: the application was never told that it is safe. */
  ackedMs: number | null;
}

/** Between two commits of an application that has little to do, ms. */
const SLOW_MS = 200;

export class WritingClient {
  readonly attempts: Attempt[] = [];
  private address: string | null = null;
  private stopped = false;

  constructor(
    private readonly around: Surroundings,
    private readonly network: Network,
    namespace: string,
    objectName: string,
    private readonly random: SeededRandom,
    private readonly firstId: number,
    private pauseMs: number,
    /** Told of every acknowledgement that reached this application. */
    private readonly onAcknowledged: (id: number, database: LoadedDatabase) => void,
  ) {
    const name = `${objectName}-active`;
    const resolve = (): void => {
      // kube-proxy syncs at once when idle, else at its next sync; what it then finds is the newest.
      around.time.after(random.chance(0.7) ? random.between(5, 50) : random.between(50, 1_000), () => {
        const slice = around.store.get<Slice>(endpointSlices, namespace, name);
        const endpoint = slice?.endpoints?.find(item => item.conditions?.ready !== false);
        this.address = endpoint?.addresses[0] ?? null;
      });
    };
    resolve();
    around.store.subscribe(change => {
      if (change.kind === "discovery.k8s.io/endpointslices" && change.key === `${namespace}/${name}`)
        resolve();
    });
  }

  start(): void {
    this.pause(1);
  }

  /** @returns whether nothing is to be written any more */
  get isStopped(): boolean {
    return this.stopped;
  }

  /** From now on it has less to do. */
  slowDown(): void {
    this.pauseMs = SLOW_MS;
  }

  /** No further commits. */
  stop(): void {
    this.stopped = true;
  }

  /** @param times how long, in its usual pauses */
  private pause(times: number): void {
    if (!this.stopped)
      this.around.time.after(this.random.between(0.5, 1.5) * times * this.pauseMs, () => this.write());
  }

  private reaches(runtime: PodRuntime): boolean {
    return this.network.joined({ name: "application", node: null }, runtime.place());
  }

  private write(): void {
    if (this.stopped) return;
    const { time } = this.around;
    const runtime = this.address === null ? undefined : this.network.byAddress(this.address);
    const database = runtime?.instance?.db;
    // Nobody listens there: an application waits longer then.
    if (runtime === undefined || database === undefined || database === null || !this.reaches(runtime))
      return this.pause(4);
    const attempt: Attempt = {
      id: this.firstId + this.attempts.length,
      startedMs: time.nowMs(),
      ackedMs: null,
    };
    this.attempts.push(attempt);
    time.after(this.random.between(0.2, 2), () => {
      // The server asks the database now: open, and this one's role.
      if (!database.writable()) return this.pause(2);
      database.commit({ kind: "row", id: attempt.id, atMs: time.nowMs() }).then(
        () =>
          void time.after(this.random.between(0.2, 2), () => {
            // An answer of a process that died on the way never arrives.
            if (database.alive && this.reaches(runtime)) {
              attempt.ackedMs = time.nowMs();
              this.onAcknowledged(attempt.id, database);
            }
            this.start();
          }),
        () => this.start(),
      );
    });
  }
}
