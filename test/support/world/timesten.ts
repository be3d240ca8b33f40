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

export type Operation = Exclude<keyof TimesTen, "watchProcesses">;

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
  runEpilog: [10, 60],
  loadDatabase: [200, 900],
  destroyDatabase: [50, 250],
  duplicate: [300, 2_500],
  startRepAgent: [60, 250],
  stopRepAgent: [40, 200],
  setActive: [20, 90],
  savePeerFailed: [5, 30],
  open: [10, 60],
  close: [10, 120],
  mark: [1, 8],
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
}

export class VirtualTimesTen implements TimesTen {
  private daemonPid: number | null = null;
  private lives = 0;
  private loading = false;
  private db: LoadedDatabase | null = null;
  private readonly watchers = new Set<Watcher>();

  constructor(
    private readonly process: VirtualProcess,
    private readonly place: TimesTenPlace,
    private readonly world: DatabaseWorld,
    private readonly faults: TimesTenFaults,
    private readonly random: SeededRandom,
    /** Told of every utility that ran, with how it ended. */
    private readonly tell: (what: string) => void,
  ) {
    process.onEnd(() => this.die());
  }

  /** The loaded database, for clients and the checker. */
  loaded(): LoadedDatabase | null {
    return this.db;
  }

  /** SIGKILL to the main daemon: the subdaemons follow, the agent lives on. */
  killDaemon(): void {
    this.daemonPid = null;
    this.crash();
  }

  async observe(signal: AbortSignal): Promise<TimesTenView> {
    await this.spend("observe", signal);
    return this.view();
  }

  async processes(): Promise<string | null> {
    await this.spend("processes");
    return this.processNames();
  }

  watchProcesses(processes: string, onEnd: () => void): () => void {
    const watcher: Watcher = { processes, onEnd, live: true };
    this.watchers.add(watcher);
    this.notifyWatchers();
    return () => {
      watcher.live = false;
      this.watchers.delete(watcher);
    };
  }

  async killProcesses(): Promise<void> {
    await this.spend("killProcesses");
    this.daemonPid = null;
    this.crash();
  }

  async startDaemon(signal: AbortSignal): Promise<void> {
    await this.spend("startDaemon", signal);
    if (!this.place.disk.instance) throw new Error("no instance");
    this.daemonPid ??= this.newPid();
  }

  async createDatabase(signal: AbortSignal): Promise<void> {
    await this.spend("createDatabase", signal);
    this.needDaemon();
    if (this.place.disk.database !== null) throw new Error("TT0735: data store exists");
    this.place.disk.database = {
      copy: this.random.uuid(),
      log: [],
      scheme: null,
      lastRole: "IDLE",
      peerFailed: false,
    };
    this.load();
  }

  async createScheme(statement: string, signal: AbortSignal): Promise<void> {
    await this.spend("createScheme", signal);
    const db = this.needDatabase();
    if (db.repAgent) throw new Error("TT8154: replication agent is running");
    if (db.files.scheme !== null) throw new Error("TT8140: active standby pair exists");
    db.files.scheme = parseScheme(statement);
  }

  async runEpilog(signal: AbortSignal): Promise<void> {
    await this.spend("runEpilog", signal);
    this.needDatabase();
  }

  async loadDatabase(signal: AbortSignal): Promise<void> {
    this.needDaemon();
    if (this.place.disk.database === null) throw new Error("TT0833: no such data store");
    if (this.db !== null) return;
    this.loading = true;
    try {
      await this.spend("loadDatabase", signal);
      this.needDaemon();
      if (this.db === null) this.load();
    } finally {
      this.loading = false;
    }
  }

  async destroyDatabase(signal: AbortSignal): Promise<void> {
    await this.spend("destroyDatabase", signal);
    this.db?.unload();
    this.db = null;
    this.place.disk.database = null;
    this.notifyWatchers();
  }

  async duplicate(fromHost: string, signal: AbortSignal): Promise<void> {
    this.needDaemon();
    if (this.place.disk.database !== null) {
      this.db?.unload();
      this.db = null;
      this.place.disk.database = null;
      this.notifyWatchers();
    }
    const source = this.source(fromHost);
    const start = source.log.length;
    // -setMasterRepStart: from the snapshot on, the source keeps log for the copy.
    source.setPeerFailed(false);
    await this.spend("duplicate", signal);
    this.needDaemon();
    if (this.source(fromHost) !== source) throw new Error("TT12078: lost the connection to the source");
    const { scheme } = source.files;
    this.place.disk.database = {
      copy: this.random.uuid(),
      log: source.log.slice(0, start),
      scheme: scheme === null ? null : { ...scheme },
      lastRole: "IDLE",
      peerFailed: false,
    };
    this.load();
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
      if (this.db !== db) throw new Error("TT0994: data store connection terminated");
      if (db.peerApplied >= position && !db.files.peerFailed) return true;
    }
    return false;
  }

  async stopDaemon(signal: AbortSignal): Promise<void> {
    await this.spend("stopDaemon", signal);
    this.db?.unload();
    this.db = null;
    this.daemonPid = null;
    this.notifyWatchers();
  }

  private async spend(operation: Operation, signal?: AbortSignal): Promise<void> {
    const fate = this.faults.operation(this.place.podName, operation);
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
    const { disk, release } = this.place;
    const base: TimesTenView = {
      ...unknownView,
      instance: disk.instance ? "Exists" : "Missing",
      release: disk.instance ? release : "Unknown",
      imageRelease: release,
      daemon: this.daemonPid === null ? "Down" : "Up",
      cacheAgent: "Not Running",
    };
    if (this.daemonPid === null) return base;
    if (disk.database === null) return { ...base, db: "None", repScheme: "None", repAgent: "Not Running" };
    if (this.db === null) return { ...base, db: this.loading ? "Loading" : "Unloaded" };
    return { ...base, ...viewOf(this.db) };
  }

  private processNames(): string | null {
    return this.daemonPid === null || this.db === null ? null : `${this.daemonPid},${this.lives}`;
  }

  private source(host: string): LoadedDatabase {
    const source = this.world.reach(this.place.host, host);
    if (source === null || !source.alive) throw new Error("TT12039: could not connect to the source");
    if (source.role !== "ACTIVE") throw new Error("TT12045: the source is not the active");
    return source;
  }

  private needDaemon(): void {
    if (this.daemonPid === null) throw new Error("TT0799: unable to connect to daemon");
  }

  private needDatabase(): LoadedDatabase {
    this.needDaemon();
    if (this.db === null) throw new Error("TT0707: attempt to connect to a data store that is not loaded");
    return this.db;
  }

  private load(): void {
    const files = this.place.disk.database;
    if (files === null) throw new Error("TT0833: no such data store");
    this.lives++;
    const hop = this.random.between(0.3, 10);
    this.db = new LoadedDatabase(this.world, this.place.host, this.place.podUID, files, {
      low: hop / 2,
      high: hop * 2,
    });
    this.world.changed(this.db, "was loaded");
  }

  private newPid(): number {
    return 100 + this.random.index(30_000);
  }

  private crash(): void {
    this.db?.crash();
    this.db = null;
    this.notifyWatchers();
  }

  /** The container is gone, and every process in it. */
  private die(): void {
    this.watchers.clear();
    this.daemonPid = null;
    this.db?.crash();
    this.db = null;
  }

  private notifyWatchers(): void {
    const now = this.processNames();
    for (const watcher of [...this.watchers]) {
      if (watcher.processes === now) continue;
      this.watchers.delete(watcher);
      this.process.after(this.random.between(5, 60), () => {
        if (watcher.live) watcher.onEnd();
      });
    }
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
