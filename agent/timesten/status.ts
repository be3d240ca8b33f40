/**
 * What ttStatus said last. The utility is not run for every look: between two runs /proc says whether the processes
 * that it named are still the same.
 */
import { performance } from "node:perf_hooks";
import { isAlive, statOf, type ProcessStat } from "./procfs";
import type { Connection, DatabaseStatus, StatusReport } from "./parse/ttstatus";

/** One run of ttStatus may take so long, ms. */
const RUN_MS = 4_000;
/** While ttStatus gives no answer, its last one counts for so long, as long as its processes live, ms. */
const TRUST_MS = 20_000;
/** Pause before a ttStatus that gave no answer is run again, ms. */
const AGAIN_MS = 500;

/** A report with the processes that it names. */
export interface Snapshot {
  report: StatusReport;
  /** Every living process named in the report, by id. */
  processes: ReadonlyMap<number, ProcessStat>;
  /** performance.now() when the run began. */
  atMs: number;
}

const nothingKnown: Snapshot = { report: { daemon: "Unknown" }, processes: new Map(), atMs: -Infinity };

/** The last report, and at most one run under way per generation. */
export class StatusCache {
  readonly #run: (signal: AbortSignal) => Promise<StatusReport>;
  #last: Snapshot = nothingKnown;
  #triedAtMs = -Infinity;
  /** Grows when something was done: a run that began before does not count after. */
  #generation = 0;
  #lastGeneration = -1;
  #running: { generation: number; done: Promise<Snapshot> } | null = null;

  /** @param run one run of ttStatus; Unknown instead of an error */
  constructor(run: (signal: AbortSignal) => Promise<StatusReport>) {
    this.#run = run;
  }

  /** What is known without running anything. */
  get last(): Snapshot {
    return this.#last;
  }

  /** Something was done or happened: the next reader gets a report of after it. */
  invalidate(): void {
    this.#generation += 1;
    this.#triedAtMs = -Infinity;
  }

  /**
   * @param maxAgeMs an older report is not good enough
   * @returns a report; Unknown when there is none in time. Never rejects.
   */
  async read(maxAgeMs: number, signal: AbortSignal): Promise<Snapshot> {
    if (this.#isFresh(maxAgeMs)) return this.#last;
    this.#running = this.#running?.generation === this.#generation ? this.#running : this.#refresh();
    return Promise.race([this.#running.done, aborted(signal).then(() => nothingKnown)]);
  }

  /** Puts into the report what a utility or statement has just answered, so that nothing need be run to know it. */
  patch(dataStore: string, change: Partial<DatabaseStatus>): void {
    const { report } = this.#last;
    if (report.daemon !== "Up") return;
    const databases = report.databases.map(one =>
      one.dataStore === dataStore ? { ...one, ...change } : one,
    );
    this.#last = { ...this.#last, report: { ...report, databases } };
    // A run that is under way may have looked before the change: it does not count.
    this.#generation += 1;
    if (this.#lastGeneration === this.#generation - 1) this.#lastGeneration = this.#generation;
  }

  /** Nothing of the former report is true any more. */
  forget(): void {
    this.#last = nothingKnown;
    this.invalidate();
  }

  #isFresh(maxAgeMs: number): boolean {
    const now = performance.now();
    if (now - this.#triedAtMs < AGAIN_MS && this.#last.report.daemon !== "Unknown") return true;
    return this.#lastGeneration === this.#generation && now - this.#last.atMs <= maxAgeMs;
  }

  #refresh(): { generation: number; done: Promise<Snapshot> } {
    const generation = this.#generation;
    const atMs = performance.now();
    const done = this.#run(AbortSignal.timeout(RUN_MS))
      .then(report => this.#take({ report, processes: living(report), atMs }, generation))
      .finally(() => {
        if (this.#running?.generation === generation) this.#running = null;
      });
    return { generation, done };
  }

  #take(next: Snapshot, generation: number): Snapshot {
    if (generation < this.#lastGeneration) return this.#last;
    if (next.report.daemon === "Unknown" && this.#stillTrue()) {
      this.#triedAtMs = performance.now();
      return this.#last;
    }
    this.#last = next;
    this.#lastGeneration = generation;
    return next;
  }

  /** The last report is recent, and every process of TimesTen that it names is alive. */
  #stillTrue(): boolean {
    return performance.now() - this.#last.atMs <= TRUST_MS && daemonLives(this.#last);
  }
}

/** @returns whether the daemon and every subdaemon of the report are the same processes still */
export function daemonLives({ report, processes }: Snapshot): boolean {
  if (report.daemon !== "Up") return false;
  return holdersOf(report, report.databases).every(pid => {
    const process = processes.get(pid);
    return process !== undefined && isAlive(process);
  });
}

/** @returns ids of the processes whose end is the end of these databases: the daemon and their subdaemons */
export function holdersOf(report: StatusReport, databases: readonly DatabaseStatus[]): number[] {
  if (report.daemon !== "Up") return [];
  const subdaemons = databases
    .flatMap(database => database.connections)
    .filter(connection => connection.type === "Subdaemon")
    .map(connection => connection.pid);
  return [...new Set([report.daemonPid, ...subdaemons])];
}

/** @returns the processes named in a report, as they are now */
function living(report: StatusReport): Map<number, ProcessStat> {
  if (report.daemon !== "Up") return new Map();
  const connections: Connection[] = report.databases.flatMap(database => database.connections);
  const pids = new Set([report.daemonPid, ...connections.map(connection => connection.pid)]);
  if (report.serverPid !== null) pids.add(report.serverPid);
  const found = new Map<number, ProcessStat>();
  for (const pid of pids) {
    const stat = statOf(pid);
    if (stat !== null) found.set(pid, stat);
  }
  return found;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
