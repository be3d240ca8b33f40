/**
 * The databases behind the virtual TimesTen: a log of commits in memory, a durable prefix of it on the claim, a role,
 * and a replication link to the peer. Asynchronous and return-twosafe, as Oracle documents them: a commit that is
 * neither flushed nor replicated dies with its processes.
 */
import type { VirtualTime } from "./clock";
import type { SeededRandom } from "./random";

/** One commit. Ids are unique in a run; marks are the agents' replicated counter. */
export type Entry = { kind: "row"; id: number; atMs: number } | { kind: "mark"; value: number; atMs: number };

export interface Scheme {
  twosafe: boolean;
  hosts: string[];
}

export type Role = "IDLE" | "ACTIVE" | "STANDBY" | "RECOVERING" | "FAILED";

/** What is on the claim: survives every pod. */
export interface DatabaseFiles {
  /** Identity of this copy: a duplicate has its own. */
  copy: string;
  log: Entry[];
  scheme: Scheme | null;
  /** Role it had when it was last written: what it may become again. */
  lastRole: Role;
  /** Recorded here: the peer has failed, no log is kept for it. */
  peerFailed: boolean;
}

/** A claim's content. */
export interface Disk {
  /** JSON of the agent's memory; null before its first start. */
  memory: string | null;
  instance: boolean;
  database: DatabaseFiles | null;
}

/** @returns one that shares nothing with the other */
export function copyOf(disk: Disk): Disk {
  const { database } = disk;
  return { ...disk, database: database === null ? null : { ...database, log: [...database.log] } };
}

export function emptyDisk(): Disk {
  return { memory: null, instance: false, database: null };
}

/** What databases ask of their surroundings. */
export interface DatabaseWorld {
  time: VirtualTime;
  random: SeededRandom;
  /** @returns the loaded database reachable from one host under another's name, or null */
  reach(fromHost: string, host: string): LoadedDatabase | null;
  /** @returns how much longer than usual a batch now takes to the peer, ms */
  lagMs(): number;
  /** Told after every change of role, open or life. */
  changed(database: LoadedDatabase, what: string): void;
  /** Told of every commit that a database has taken. */
  committed(database: LoadedDatabase): void;
  /** Told when the copy on a pod's claim is destroyed. */
  destroyed(host: string, podUID: string): void;
  /** Told when processes died, with the commits that died with them. */
  lost(copy: string, entries: Entry[]): void;
}

/** Unflushed part of the log when processes die: at most this old, ms. */
const FLUSH_MS = 100;
const RECONNECT_MS = { low: 40, high: 150 };
/** RETURN WAIT TIME: after it a twosafe commit without an answer fails towards its caller. */
const RETURN_WAIT_MS = 10_000;

interface Waiter {
  position: number;
  done: (error: Error | null) => void;
}

/** One life of one database in memory. */
export class LoadedDatabase {
  readonly log: Entry[];
  private readonly rows = new Set<number>();
  private lastMark = 0;
  /** When this life began. */
  readonly bornMs: number;
  role: Role = "IDLE";
  isOpen = false;
  repAgent = false;
  alive = true;
  /** Its machine is suspended: nothing of it runs. */
  private asleep = false;
  /** Positions the peer has applied, as far as its acknowledgements have arrived. */
  peerApplied = 0;
  private link: LoadedDatabase | null = null;
  private pumping = false;
  private waiters: Waiter[] = [];

  constructor(
    private readonly world: DatabaseWorld,
    readonly host: string,
    readonly podUID: string,
    /** The claim it lies on. */
    readonly disk: Disk,
    readonly files: DatabaseFiles,
    /** Seeded pace of this database's network, ms for one hop. */
    private readonly hopMs: { low: number; high: number },
  ) {
    this.log = [...files.log];
    for (const entry of this.log) this.note(entry);
    this.bornMs = world.time.nowMs();
  }

  get scheme(): Scheme | null {
    return this.files.scheme;
  }

  /** @returns whether a client could commit now */
  writable(): boolean {
    return this.alive && !this.asleep && this.isOpen && (this.scheme === null || this.role === "ACTIVE");
  }

  dbId(): number {
    return this.lastMark;
  }

  /** @returns whether a row is in it */
  has(id: number): boolean {
    return this.rows.has(id);
  }

  private append(entry: Entry): void {
    this.log.push(entry);
    this.note(entry);
  }

  private note(entry: Entry): void {
    if (entry.kind === "row") this.rows.add(entry.id);
    else this.lastMark = entry.value;
  }

  linked(): boolean {
    return this.link !== null;
  }

  /** Why the role may not become ACTIVE now, or null. */
  whyNotActive(): string | null {
    if (this.scheme === null) return "TT8191: there is no active standby pair";
    if (this.role === "ACTIVE" || this.role === "STANDBY") {
      const linkedTo = this.link;
      return this.role === "STANDBY" && linkedTo?.role === "ACTIVE" ? "TT16247: the peer is ACTIVE" : null;
    }
    if (this.role === "IDLE" && this.files.lastRole !== "STANDBY" && this.link === null) return null;
    return `TT16247: state is ${this.role}, last ${this.files.lastRole}`;
  }

  setRole(role: Role): void {
    if (this.role === role) return;
    this.role = role;
    if (role === "ACTIVE" || role === "STANDBY") this.files.lastRole = role;
    if (role === "ACTIVE") this.peerApplied = 0;
    this.world.changed(this, `is ${role}`);
  }

  setOpen(open: boolean): void {
    if (this.isOpen === open) return;
    this.isOpen = open;
    if (!open) this.failWaiters("connection was ended");
    this.world.changed(this, open ? "is open" : "is closed");
  }

  isAsleep(): boolean {
    return this.asleep;
  }

  /** The machine is suspended, or goes on. */
  setAsleep(asleep: boolean): void {
    this.asleep = asleep;
    this.world.changed(this, asleep ? "is asleep" : "wakes");
  }

  setPeerFailed(failed: boolean): void {
    this.files.peerFailed = failed;
    if (!failed) return;
    this.unlink();
    this.settleWaiters();
  }

  /**
   * A client's or the agent's transaction.
   * @returns when it is acknowledged: at once, or in twosafe mode when the peer has it
   */
  commit(entry: Entry): Promise<void> {
    if (!this.alive) return Promise.reject(new Error("TT0994: data store connection terminated"));
    if (this.scheme !== null && this.role !== "ACTIVE")
      return Promise.reject(new Error("TT16265: this is not the active"));
    this.append(entry);
    if (entry.kind === "row") this.world.committed(this);
    this.pump();
    if (this.scheme?.twosafe !== true || this.files.peerFailed) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        position: this.log.length,
        done: error => {
          cancel();
          if (error === null) resolve();
          else reject(error);
        },
      };
      const cancel = this.world.time.after(RETURN_WAIT_MS, () => {
        this.waiters = this.waiters.filter(other => other !== waiter);
        reject(new Error("TT8170: return service timed out"));
      });
      this.waiters.push(waiter);
    });
  }

  /** Goes on as it was in a world that was left: its processes were there before this one began. */
  goOn(role: Role): void {
    this.role = role;
    this.isOpen = role === "ACTIVE";
    this.world.changed(this, `goes on as ${role}`);
    this.startRepAgent();
  }

  startRepAgent(): void {
    if (this.repAgent) return;
    this.repAgent = true;
    this.world.changed(this, "replication agent runs");
    this.seekPeer();
  }

  stopRepAgent(): void {
    if (!this.repAgent) return;
    this.repAgent = false;
    this.unlink();
    this.world.changed(this, "replication agent stopped");
  }

  /** What is committed now is on disk. */
  flush(): void {
    this.files.log = [...this.log];
  }

  /** All is on disk; nothing is lost. */
  unload(): void {
    this.end(this.log.length, "was unloaded");
  }

  /** The processes died: what was not flushed is gone. */
  crash(): void {
    if (!this.alive) return;
    const flushedUntil = this.world.time.nowMs() - this.world.random.between(0, FLUSH_MS);
    let keep = this.log.length;
    const former = this.files.log.length;
    while (keep > former && this.log[keep - 1]!.atMs > flushedUntil) keep--;
    const gone = this.log.slice(keep);
    this.end(keep, "died");
    this.world.lost(this.files.copy, gone);
  }

  private end(keep: number, what: string): void {
    if (!this.alive) return;
    this.alive = false;
    this.files.log = this.log.slice(0, keep);
    this.unlink();
    this.failWaiters("data store connection terminated");
    this.world.changed(this, what);
  }

  private failWaiters(reason: string): void {
    for (const waiter of this.waiters.splice(0)) waiter.done(new Error(reason));
  }

  private settleWaiters(): void {
    const reached = this.files.peerFailed ? Infinity : this.peerApplied;
    const done = this.waiters.filter(waiter => waiter.position <= reached);
    this.waiters = this.waiters.filter(waiter => waiter.position > reached);
    for (const waiter of done) waiter.done(null);
  }

  /** The receiving side looks for the active, again and again, as long as its agent runs. */
  private seekPeer(): void {
    const { random, time } = this.world;
    // A connected agent, or an active, only looks whether the connection holds.
    const times = this.link === null && this.role !== "ACTIVE" ? 1 : 8;
    time.after(times * random.between(RECONNECT_MS.low, RECONNECT_MS.high), () => {
      if (!this.alive || !this.repAgent) return;
      if (this.link !== null && !this.linkHolds()) this.unlink();
      if (this.link === null && this.role !== "ACTIVE" && this.role !== "FAILED") this.connect();
      this.seekPeer();
    });
  }

  private connect(): void {
    const peer = this.peer();
    if (peer === null || !peer.repAgent || peer.role !== "ACTIVE") return;
    if (peer.files.peerFailed || !isPrefix(this.log, peer.log)) {
      this.setRole("FAILED");
      return;
    }
    if (this.role === "IDLE") this.setRole("RECOVERING");
    this.link = peer;
    peer.link?.unlink();
    peer.link = this;
    peer.peerApplied = this.log.length;
    peer.pumping = false;
    peer.pump();
  }

  private peer(): LoadedDatabase | null {
    const host = this.scheme?.hosts.find(name => name !== this.host);
    return host === undefined ? null : this.world.reach(this.host, host);
  }

  private linkHolds(): boolean {
    const link = this.link;
    return link !== null && link.alive && link.repAgent && this.peer() === link;
  }

  private unlink(): void {
    const other = this.link;
    this.link = null;
    this.pumping = false;
    if (other !== null && other.link === this) {
      other.link = null;
      other.pumping = false;
    }
  }

  /** Active side: sends what the standby has not got, batch after batch. */
  private pump(): void {
    const standby = this.link;
    if (this.pumping || standby === null || this.role !== "ACTIVE" || !this.linkHolds()) return;
    this.pumping = true;
    const { time, random } = this.world;
    const hop = (): number => random.between(this.hopMs.low, this.hopMs.high);
    const end = this.log.length;
    // What has left the active arrives, even if the active dies meanwhile.
    time.after(hop() + this.world.lagMs(), () => {
      const stillOurs = standby.alive && standby.repAgent && (standby.link === this || !this.alive);
      if (!stillOurs || standby.role === "ACTIVE" || standby.role === "FAILED")
        return this.donePumping(standby);
      standby.receive(this.log, end);
      const applied = standby.log.length;
      time.after(hop(), () => {
        if (this.link === standby && this.alive) {
          this.peerApplied = Math.max(this.peerApplied, applied);
          this.settleWaiters();
        }
        this.donePumping(standby);
      });
    });
  }

  private donePumping(standby: LoadedDatabase): void {
    if (this.link !== standby) return;
    this.pumping = false;
    if (this.log.length > this.peerApplied) this.pump();
  }

  private receive(sent: readonly Entry[], end: number): void {
    for (let i = this.log.length; i < end; i++) this.append({ ...sent[i]!, atMs: this.world.time.nowMs() });
    if (this.role === "RECOVERING") this.setRole("STANDBY");
  }
}

/** @returns whether the shorter log is what the longer one begins with (entries are unique, so the last one decides) */
export function isPrefix(log: readonly Entry[], of: readonly Entry[]): boolean {
  if (log.length > of.length) return false;
  const last = log[log.length - 1];
  return last === undefined || sameEntry(last, of[log.length - 1]);
}

function sameEntry(a: Entry, b: Entry | undefined): boolean {
  if (b === undefined || a.kind !== b.kind) return false;
  return a.kind === "row" ? a.id === (b as { id: number }).id : a.value === (b as { value: number }).value;
}
