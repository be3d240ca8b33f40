/**
 * The virtual TimesTen of one container: the driver's port over a claim, with durations, hangs and failures by seed.
 * It knows nothing of the permission protocol: it does what it is told, also when that is wrong.
 */
import type { TimesTen } from "../../../agent/ports";
import type { TimesTenView } from "../../../protocol";
import { unknownView } from "../../../protocol";
import { type DatabaseWorld, type Disk, type Entry, LoadedDatabase, type Scheme } from "./database";
import type { VirtualProcess } from "./process";
import type { SeededRandom } from "./random";

export type Operation = Exclude<keyof TimesTen, "watchProcesses" | "attached">;

/** What becomes of one call of a utility. */
export type OperationFate = { kind: "done"; ms: number } | { kind: "fail"; ms: number } | { kind: "hang" };

/** Durations, hangs and failures of utilities; by seed. */
export interface TimesTenFaults {
  operation(pod: string, operation: Operation): OperationFate;
}

/** Typical durations, ms, of a fast machine. */
const typicalMs: Record<Operation, [number, number]> = {
  observe: [2, 12],
  processes: [0.5, 2],
  killProcesses: [5, 40],
  startDaemon: [200, 600],
  createDatabase: [600, 1_800],
  createScheme: [30, 120],
  dropScheme: [30, 120],
  runEpilog: [10, 60],
  loadDatabase: [200, 900],
  destroyDatabase: [50, 250],
  duplicate: [300, 2_500],
  startRepAgent: [60, 250],
  stopRepAgent: [40, 200],
  setActive: [20, 90],
  deactivate: [10, 60],
  savePeerFailed: [5, 30],
  open: [10, 60],
  close: [10, 120],
  mark: [1, 8],
  makeDurable: [2, 15],
  waitForStandby: [1, 8],
  stopDaemon: [80, 400],
};

/** @returns faults that only take time */
export function calmTimesTen(random: SeededRandom): TimesTenFaults {
  return {
    operation: (_pod, operation) => ({ kind: "done", ms: random.between(...typicalMs[operation]) }),
  };
}

/** What the driver needs to know of its pod. */
export interface TimesTenPlace {
  podName: string;
  podUID: string;
  host: string;
  release: string;
  disk: Disk;
}

interface Watcher {
  processes: string;
  onEnd: () => void;
  live: boolean;
  /** It runs in another container. */
  outlives: boolean;
}

/** Daemon and database of one container: they outlive the agent that drives them. */
export class TimesTenInstance {
  daemonPid: number | null = null;
  loading = false;
  db: LoadedDatabase | null = null;
  private lives = 0;
  private readonly watchers = new Set<Watcher>();

  constructor(
    readonly place: TimesTenPlace,
    private readonly world: DatabaseWorld,
    private readonly random: SeededRandom,
  ) {}

  startDaemon(): void {
    this.daemonPid ??= 100 + this.random.index(30_000);
  }

  /** @param processes of a database that outlives the world it was loaded in, as `processNames` gave them there */
  goOn(processes: string): void {
    const [pid = 0, lives = 0] = processes.split(",").map(Number);
    this.daemonPid = pid;
    this.lives = lives - 1;
    this.load().goOn(this.place.disk.database?.lastRole ?? "IDLE");
  }

  /** Brings what is on the claim into memory, closed. */
  load(): LoadedDatabase {
    const files = this.place.disk.database;
    if (files === null) throw new Error("TT0833: no such data store");
    this.lives++;
    const hopMs = this.random.between(0.3, 10);
    const pace = { low: hopMs / 2, high: hopMs * 2 };
    this.db = new LoadedDatabase(
      this.world,
      this.place.host,
      this.place.podUID,
      this.place.disk,
      files,
      pace,
    );
    this.world.changed(this.db, "was loaded");
    return this.db;
  }

  /** Out of memory, everything on disk. */
  unload(): void {
    this.db?.unload();
    this.db = null;
    this.notify();
  }

  stopDaemon(): void {
    this.daemonPid = null;
    this.unload();
  }

  /** Out of memory and off the disk. */
  destroy(): void {
    if (this.place.disk.database === null) return;
    this.world.destroyed(this.place.host, this.place.podUID);
    this.unload();
    this.place.disk.database = null;
  }

  /** SIGKILL to the daemon; the subdaemons follow. */
  kill(): void {
    this.daemonPid = null;
    this.db?.crash();
    this.db = null;
    this.notify();
  }

  /** The whole container was killed. */
  die(): void {
    for (const watcher of this.watchers) if (!watcher.outlives) this.watchers.delete(watcher);
    this.kill();
  }

  /** @returns the processes of the loaded database, with what makes them unique; null when there are none */
  processNames(): string | null {
    return this.daemonPid === null || this.db === null ? null : `${this.daemonPid},${this.lives}`;
  }

  /** @param outlives who watches does not die with the container */
  watch(processes: string, onEnd: () => void, outlives = false): () => void {
    const watcher: Watcher = { processes, onEnd, live: true, outlives };
    this.watchers.add(watcher);
    this.notify();
    return () => {
      watcher.live = false;
      this.watchers.delete(watcher);
    };
  }

  newCopy(): string {
    return this.random.uuid();
  }

  /** /proc is looked at every few dozen milliseconds. */
  private notify(): void {
    const now = this.processNames();
    for (const watcher of [...this.watchers]) {
      if (watcher.processes === now) continue;
      this.watchers.delete(watcher);
      this.world.time.after(this.random.between(1, 60), () => {
        if (watcher.live) watcher.onEnd();
      });
    }
  }
}

export class VirtualTimesTen implements TimesTen {
  constructor(
    private readonly process: VirtualProcess,
    private readonly instance: TimesTenInstance,
    private readonly world: DatabaseWorld,
    private readonly faults: TimesTenFaults,
    /** Told of every utility that ran, with how it ended. */
    private readonly tell: (what: string) => void,
  ) {
    // What a former agent was doing ended with it.
    instance.loading = false;
  }

  async observe(signal: AbortSignal): Promise<TimesTenView> {
    await this.spend("observe", signal);
    return this.view();
  }

  async processes(): Promise<string | null> {
    await this.spend("processes");
    return this.instance.processNames();
  }

  watchProcesses(processes: string, onEnd: () => void): () => void {
    return this.instance.watch(processes, () => this.process.enter(onEnd));
  }

  attached(): string {
    return "";
  }

  async killProcesses(): Promise<void> {
    await this.spend("killProcesses");
    this.instance.kill();
  }

  async startDaemon(signal: AbortSignal): Promise<void> {
    await this.spend("startDaemon", signal);
    if (!this.instance.place.disk.instance) throw new Error("no instance");
    this.instance.startDaemon();
  }

  async createDatabase(signal: AbortSignal): Promise<void> {
    await this.spend("createDatabase", signal);
    this.needDaemon();
    if (this.instance.place.disk.database !== null) throw new Error("TT0735: data store exists");
    this.instance.place.disk.database = {
      copy: this.instance.newCopy(),
      log: [],
      scheme: null,
      lastRole: "IDLE",
      peerFailed: false,
    };
    this.instance.load();
  }

  async createScheme(statement: string, signal: AbortSignal): Promise<void> {
    await this.spend("createScheme", signal);
    const db = this.needDatabase();
    if (db.files.scheme !== null) return;
    if (db.repAgent) throw new Error("TT8154: replication agent is running");
    db.files.scheme = parseScheme(statement);
  }

  async dropScheme(signal: AbortSignal): Promise<void> {
    await this.spend("dropScheme", signal);
    const db = this.needDatabase();
    if (db.repAgent) throw new Error("TT8154: replication agent is running");
    Object.assign(db.files, { scheme: null, lastRole: "IDLE", peerFailed: false });
  }

  async runEpilog(signal: AbortSignal): Promise<void> {
    await this.spend("runEpilog", signal);
    this.needDatabase();
  }

  async loadDatabase(signal: AbortSignal): Promise<void> {
    this.needDaemon();
    if (this.instance.place.disk.database === null) throw new Error("TT0833: no such data store");
    if (this.instance.db !== null) return;
    this.instance.loading = true;
    try {
      await this.spend("loadDatabase", signal);
      this.needDaemon();
      if (this.instance.db === null) this.instance.load();
    } finally {
      this.instance.loading = false;
    }
  }

  async destroyDatabase(signal: AbortSignal): Promise<void> {
    await this.spend("destroyDatabase", signal);
    this.instance.destroy();
  }

  async duplicate(fromHost: string, signal: AbortSignal): Promise<void> {
    this.needDaemon();
    this.instance.destroy();
    const source = this.source(fromHost);
    const start = source.log.length;
    // -setMasterRepStart: from the snapshot on, the source keeps log for the copy.
    source.setPeerFailed(false);
    await this.spend("duplicate", signal);
    this.needDaemon();
    if (this.source(fromHost) !== source) throw new Error("TT12078: lost the connection to the source");
    const { scheme } = source.files;
    this.instance.place.disk.database = {
      copy: this.instance.newCopy(),
      log: source.log.slice(0, start),
      scheme: scheme === null ? null : { ...scheme },
      lastRole: "IDLE",
      peerFailed: false,
    };
    this.instance.load();
  }

  async startRepAgent(signal: AbortSignal): Promise<void> {
    await this.spend("startRepAgent", signal);
    const db = this.needDatabase();
    if (db.scheme === null) throw new Error("TT8191: there is no active standby pair");
    db.startRepAgent();
  }

  async stopRepAgent(signal: AbortSignal): Promise<void> {
    await this.spend("stopRepAgent", signal);
    this.needDatabase().stopRepAgent();
  }

  async setActive(signal: AbortSignal): Promise<void> {
    await this.spend("setActive", signal);
    const db = this.needDatabase();
    const why = db.whyNotActive();
    if (why !== null) throw new Error(why);
    db.setRole("ACTIVE");
  }

  async deactivate(signal: AbortSignal): Promise<void> {
    await this.spend("deactivate", signal);
    const db = this.needDatabase();
    if (db.role === "ACTIVE") db.setRole("IDLE");
  }

  async savePeerFailed(signal: AbortSignal): Promise<void> {
    await this.spend("savePeerFailed", signal);
    this.needDatabase().setPeerFailed(true);
  }

  async open(signal: AbortSignal): Promise<void> {
    await this.spend("open", signal);
    this.needDatabase().setOpen(true);
  }

  async close(signal: AbortSignal): Promise<void> {
    await this.spend("close", signal);
    this.needDatabase().setOpen(false);
  }

  async makeDurable(signal: AbortSignal): Promise<void> {
    await this.spend("makeDurable", signal);
    this.needDatabase().flush();
  }

  async mark(signal: AbortSignal): Promise<number> {
    await this.spend("mark", signal);
    const db = this.needDatabase();
    const entry: Entry = { kind: "mark", value: db.dbId() + 1, atMs: this.world.time.nowMs() };
    await abortable(db.commit(entry), signal);
    return entry.value;
  }

  async waitForStandby(timeoutMs: number, signal: AbortSignal): Promise<boolean> {
    const db = this.needDatabase();
    const position = db.log.length;
    const untilMs = this.world.time.nowMs() + timeoutMs;
    while (this.world.time.nowMs() < untilMs) {
      await this.process.sleep(20, signal);
      if (this.instance.db !== db) throw new Error("TT0994: data store connection terminated");
      if (db.peerApplied >= position && !db.files.peerFailed) return true;
    }
    return false;
  }

  async stopDaemon(signal: AbortSignal): Promise<void> {
    await this.spend("stopDaemon", signal);
    this.instance.stopDaemon();
  }

  private async spend(operation: Operation, signal?: AbortSignal): Promise<void> {
    const fate = this.faults.operation(this.instance.place.podName, operation);
    const quiet = operation === "observe" || operation === "processes";
    if (!quiet) this.tell(`${operation} ${fate.kind === "done" ? "" : fate.kind}`.trim());
    if (fate.kind === "hang") {
      await this.process.sleep(3_600_000, signal);
      return;
    }
    await this.process.sleep(fate.ms, signal);
    if (fate.kind === "fail") throw new Error(`TT0001: ${operation} failed (injected)`);
  }

  private view(): TimesTenView {
    const { disk, release } = this.instance.place;
    const base: TimesTenView = {
      ...unknownView,
      instance: disk.instance ? "Exists" : "Missing",
      release: disk.instance ? release : "Unknown",
      imageRelease: release,
      daemon: this.instance.daemonPid === null ? "Down" : "Up",
      cacheAgent: "Not Running",
    };
    if (this.instance.daemonPid === null) return base;
    if (disk.database === null) return { ...base, db: "None", repScheme: "None", repAgent: "Not Running" };
    if (this.instance.db === null) return { ...base, db: this.instance.loading ? "Loading" : "Unloaded" };
    return { ...base, ...viewOf(this.instance.db) };
  }

  private source(host: string): LoadedDatabase {
    const source = this.world.reach(this.instance.place.host, host);
    if (source === null || !source.alive) throw new Error("TT12039: could not connect to the source");
    if (source.role !== "ACTIVE") throw new Error("TT12045: the source is not the active");
    return source;
  }

  private needDaemon(): void {
    if (this.instance.daemonPid === null) throw new Error("TT0799: unable to connect to daemon");
  }

  private needDatabase(): LoadedDatabase {
    this.needDaemon();
    if (this.instance.db === null)
      throw new Error("TT0707: attempt to connect to a data store that is not loaded");
    return this.instance.db;
  }
}

function viewOf(db: LoadedDatabase): Partial<TimesTenView> {
  return {
    db: "Loaded",
    open: db.isOpen,
    updatable: db.role === "ACTIVE" || db.scheme === null ? "Yes" : "No",
    repAgent: db.repAgent ? "Running" : "Not Running",
    repScheme: db.scheme === null ? "None" : "Exists",
    repState: db.role,
    repPeerState: db.scheme === null ? "Unknown" : db.files.peerFailed ? "failed" : "start",
    dbId: db.dbId(),
    usingTwosafe: db.scheme?.twosafe ?? false,
  };
}

/** Reads of the statement what the world models. */
function parseScheme(statement: string): Scheme {
  const hosts = [...statement.matchAll(/\bon\s+"([^"]+)"/gi)].map(match => match[1]!);
  const distinct = [...new Set(hosts)];
  if (distinct.length < 2) throw new Error(`TT1001: syntax error in "${statement}"`);
  return { twosafe: /return\s+twosafe/i.test(statement), hosts: distinct.slice(0, 2) };
}

function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(new Error("aborted"));
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
