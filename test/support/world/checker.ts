/**
 * The history checker: watches what really happens (databases, API, applications) and holds it against the promises
 * of guarantees 6 and 7. It knows the truth; it never looks at what the operator believes.
 */
import type { AgentMemory } from "../../../agent/ports";
import { type PermissionRecord, recordSchema } from "../../../protocol";
import { GrantHistory } from "./grants";
import type { KubeObject } from "../../../capabilities/runtime/ports";
import type { WritingClient } from "./client";
import { leases, pods } from "./cluster/resources";
import type { Disk, Entry, LoadedDatabase } from "./database";
import type { Change, KubeStore } from "./kube/store";
import { whyNotAllowed } from "./record-rules";
import type { Story } from "./story";

const RECORD_ANNOTATION = "timesten.oracle.com/record";

interface Slice extends KubeObject {
  endpoints?: { targetRef?: { uid?: string } }[];
}

/** What is known of one acknowledged commit when it was acknowledged. */
interface Acknowledged {
  id: number;
  /** Copies that held it at that moment. */
  holders: string[];
  /** The copy that acknowledged it. */
  by: string;
  /** In a ready Pair: then both copies stand for it, else the writer's own disk does. */
  paired: boolean;
  atMs: number;
}

/** While this pod's database could be written, in true ms. */
export interface WritableSpan {
  pod: string;
  podUID: string;
  fromMs: number;
  /** Infinity: it still can. */
  toMs: number;
}

export class Checker {
  readonly spans: WritableSpan[] = [];
  readonly grants = new GrantHistory(() => this.nowMs());
  readonly violations: string[] = [];
  /** The last promotion of each object, with the proof noted beside its record. */
  readonly promotions = new Map<string, PermissionRecord>();
  /** Where the writer's log stood when its Pair was formed. */
  private readonly pairedAt = new Map<string, { n: number; length: number; atMs: number }>();
  private readonly databases = new Set<LoadedDatabase>();
  private readonly lostByCrash = new Map<string, Set<number>>();
  /** When the processes of a copy last died. */
  private readonly crashedAt = new Map<string, number>();
  /** Copies whose volume is gone. */
  private readonly withoutVolume = new Set<string>();
  private readonly acknowledged: Acknowledged[] = [];
  /** By object key: the pod whose database became writable last. */
  private readonly lastWritable = new Map<string, string>();
  private readonly wasWritable = new Set<LoadedDatabase>();
  private readonly deletedByUs = new Set<string>();
  private readonly records = new Map<string, PermissionRecord>();
  private readonly highest = new Map<string, number>();

  constructor(
    private readonly story: Story,
    protected readonly nowMs: () => number,
  ) {}

  /** Begins to listen to the API; the records that are there already count as written. */
  follow(store: KubeStore): void {
    for (const lease of store.list(leases, {}).items) {
      const record = recordIn(lease);
      if (record === null) continue;
      this.records.set(`${lease.metadata.namespace ?? ""}/${lease.metadata.name}`, record);
      this.highest.set(record.objectUID, record.n);
    }
    store.subscribe(change => this.seeChange(change));
  }

  violated(what: string): void {
    this.violations.push(`${(this.nowMs() / 1000).toFixed(3)} s: ${what}`);
    this.story.tell("CHECKER", what);
  }

  /** A database changed: never two writable ones of one object at one instant. */
  seeDatabase(database: LoadedDatabase): void {
    if (database.alive) this.databases.add(database);
    else this.databases.delete(database);
    const key = objectOf(database.host);
    const writable = [...this.databases].filter(other => objectOf(other.host) === key && other.writable());
    if (writable.length > 1) {
      this.violated(
        `two writable databases of ${key}: ${writable.map(other => other.host.split(".")[0]).join(" and ")}`,
      );
    }
    this.noteSpan(database);
    if (database.writable() && !this.wasWritable.has(database)) {
      this.wasWritable.add(database);
      this.lastWritable.set(key, database.podUID);
      this.checkNamed(key, database);
    }
    // One that wakes goes on with what it was.
    if (!database.writable() && !database.isAsleep()) this.wasWritable.delete(database);
  }

  private noteSpan(database: LoadedDatabase): void {
    const pod = database.host.split(".")[0] ?? "";
    const open = this.spans.find(span => span.podUID === database.podUID && span.toMs === Infinity);
    if (database.writable() && open === undefined)
      this.spans.push({ pod, podUID: database.podUID, fromMs: this.nowMs(), toMs: Infinity });
    else if (!database.writable() && open !== undefined) open.toMs = this.nowMs();
  }

  /** A database took a row: a writer by grants not later than its last one allows. */
  seeCommitted(database: LoadedDatabase): void {
    const memory = memoryOf(database);
    const record = memory?.obeyed;
    const boot = memory?.boot?.id;
    if (memory === null || record?.mode !== "Pair" || record.writer.boot !== boot) return;
    // Alone, or still by what it had before this Pair's first grant.
    const untilMs = this.grants.untilMs(record.writer.boot, record.n);
    if (memory.soloed >= record.n || untilMs === null || this.nowMs() <= untilMs) return;
    const late = Math.round(this.nowMs() - untilMs);
    this.violated(
      `${database.host.split(".")[0]} took a commit ${late} ms after its permission of Pair ${record.n} was over`,
    );
  }

  /** An operator deletes a pod of the pair: never the second one before the first is back and a standby again. */
  seeDeletion(name: string, store: KubeStore): void {
    const key = [...this.records.keys()].find(one => name.startsWith(`${one.split("/")[1]}-`));
    if (key === undefined || !/-[01]$/.test(name)) return;
    const namespace = key.split("/")[0];
    const uidOf = (one: string): string | null => {
      const pod = store.get(pods, namespace, one);
      return pod === null || pod.metadata.deletionTimestamp !== undefined ? null : (pod.metadata.uid ?? null);
    };
    const [mine, other] = [name, name.replace(/[01]$/, digit => (digit === "0" ? "1" : "0"))];
    const uid = uidOf(mine);
    if (uid === null) return;
    const isDown = uidOf(other) === null && this.deletedByUs.has(other);
    if (isDown) this.violated(`${mine} is deleted although ${other} was deleted before and is not back`);
    const record = this.records.get(key);
    const serves = [...this.databases].some(one => one.podUID === record?.writer.podUID && one.writable());
    if (record?.writer.podUID === uid && (record.mode !== "Pair" || !record.ready) && serves)
      this.violated(`${mine}, whose database serves alone, is deleted`);
    this.deletedByUs.add(mine);
  }

  /** A copy is destroyed: only where the record says that another pod's database goes on alone. */
  seeDestroyed(host: string, podUID: string): void {
    const key = objectOf(host);
    const record = this.records.get(key);
    if (record?.mode === "Solo" && record.writer.podUID !== podUID) return;
    const found =
      record === undefined
        ? "there is no record"
        : `record ${record.n} is ${record.mode} of ${record.writer.podUID}`;
    this.violated(`the copy of ${host.split(".")[0]} (${podUID}) was destroyed while ${found}`);
  }

  /** A database died; commits that were not flushed died with it: nobody can be blamed for those. */
  seeLost(copy: string, entries: readonly Entry[]): void {
    this.crashedAt.set(copy, this.nowMs());
    const lost = this.lostByCrash.get(copy) ?? new Set();
    for (const entry of entries) if (entry.kind === "row") lost.add(entry.id);
    this.lostByCrash.set(copy, lost);
  }

  /** A volume is gone, and the copy on it. */
  seeVolumeLost(copy: string): void {
    this.withoutVolume.add(copy);
  }

  /** @returns whether nothing could keep this commit in that copy: it died with its processes, or the volume is gone */
  protected isLostIn(copy: string, id: number): boolean {
    return this.withoutVolume.has(copy) || this.lostByCrash.get(copy)?.has(id) === true;
  }

  /** An application was told that its commit is safe. */
  seeAcknowledged(id: number, database: LoadedDatabase): void {
    const key = objectOf(database.host);
    const holders = [...this.databases].filter(other => objectOf(other.host) === key && other.has(id));
    const record = this.records.get(key);
    this.acknowledged.push({
      id,
      holders: holders.map(other => other.files.copy),
      by: database.files.copy,
      paired: record?.mode === "Pair" && record.ready,
      atMs: this.nowMs(),
    });
  }

  /** For tests that play the operator without writing the Lease. */
  expectRecord(key: string, record: PermissionRecord): void {
    this.records.set(key, record);
  }

  /** @returns the highest record under which the database of a loaded pod took solo; 0 where none is loaded */
  soloed(podUID: string): number {
    const database = [...this.databases].find(one => one.podUID === podUID);
    return database === undefined ? 0 : (memoryOf(database)?.soloed ?? 0);
  }

  /** @returns the record now in force */
  record(key: string): PermissionRecord | undefined {
    return this.records.get(key);
  }

  /**
   * At the end, with the pair at rest.
   * @param active the database that serves now
   * @returns how many acknowledged commits are gone, and how many of them no copy could have kept
   */
  checkCommits(
    active: LoadedDatabase,
    twosafe: boolean,
    client: WritingClient,
  ): { acked: number; lost: number; died: number } {
    const present = new Set(active.log.flatMap(entry => (entry.kind === "row" ? [entry.id] : [])));
    let lost = 0;
    let died = 0;
    for (const commit of this.acknowledged) {
      if (present.has(commit.id)) continue;
      lost++;
      const keepers = this.keepers(commit, active, twosafe);
      if (keepers.length === 0) died++;
      else
        this.violated(
          `acknowledged commit ${commit.id} is lost although ${keepers.length} of ${commit.holders.length} copies had it`,
        );
    }
    return { acked: client.attempts.filter(attempt => attempt.ackedMs !== null).length, lost, died };
  }

  /** @returns the copies that had the commit and were not allowed to be given up */
  private keepers(commit: Acknowledged, active: LoadedDatabase, twosafe: boolean): string[] {
    const { id, holders, by, paired, atMs } = commit;
    const still = holders.filter(copy => !this.isLostIn(copy, id));
    // The very copy that has it serves: nothing could take it away.
    if (!twosafe) return still.filter(copy => copy === active.files.copy);
    // A writer alone stands for it with its disk, whatever the copy of a standby to be holds.
    if (!paired) return still.filter(copy => copy === by);
    // Where every copy that had it died since, two-safe promises nothing: which disk has more is a matter of luck.
    const allDied = holders.every(copy => (this.crashedAt.get(copy) ?? -1) >= atMs);
    return allDied ? [] : still;
  }

  private checkNamed(key: string, database: LoadedDatabase): void {
    if (database.scheme === null) {
      this.violated(`a database of ${key} was opened without a replication scheme`);
      return;
    }
    const record = this.records.get(key);
    if (record === undefined) this.violated(`a database of ${key} became writable without a record`);
    else if (record.writer.podUID !== database.podUID && !this.isStillThePairs(key, database, record)) {
      const newest = `record ${record.n} ${record.mode} names another pod`;
      this.violated(`the database of ${database.host.split(".")[0]} became writable although ${newest}`);
    } else this.checkNoneAlone(key, record);
  }

  /** A promotion that the promoted one has not heard of: it may grant, as the standby of the Pair that is left. */
  private isStillThePairs(key: string, database: LoadedDatabase, record: PermissionRecord): boolean {
    const standby = this.databaseOf(key, record.writer.podUID);
    const obeyed = [database, standby].map(one => (one === undefined ? null : memoryOf(one))?.obeyed?.n);
    return record.mode === "Solo" && record.from > 0 && obeyed.every(n => n === record.from);
  }

  /** Solo never outlives a promotable standby: who leaves Pair p for its standby finds no writer that went alone. */
  private checkNoneAlone(key: string, record: PermissionRecord): void {
    if (record.mode !== "Solo" || record.from === 0) return;
    for (const other of this.databases) {
      const memory = memoryOf(other);
      if (objectOf(other.host) !== key || memory === null || other.podUID === record.writer.podUID) continue;
      if (memory.soloed >= record.from)
        this.violated(
          `promoted from Pair ${record.from} although ${other.host.split(".")[0]} went on alone at ${memory.soloed}`,
        );
    }
  }

  /** A planned change loses nothing, whatever the mode: the standby has all that was acknowledged when it is named. */
  private checkPlanned(key: string, before: PermissionRecord, record: PermissionRecord): void {
    if (before.mode !== "Closed" || record.mode !== "Solo" || record.from === 0) return;
    const old = this.databaseOf(key, before.writer.podUID);
    const standby = this.databaseOf(key, record.writer.podUID);
    if (old === undefined || standby === undefined || memoryOf(old)?.drained !== before.n) return;
    const missing = this.acknowledged.filter(({ id }) => old.has(id) && !standby.has(id));
    if (missing.length > 0)
      this.violated(`planned change ${record.n} leaves ${missing.length} acknowledged commits behind`);
  }

  protected seeChange(change: Change): void {
    switch (change.kind) {
      case "coordination.k8s.io/leases":
        return this.seeLease(change);
      case "discovery.k8s.io/endpointslices":
        return this.seeSlice(change);
      case "/persistentvolumeclaims":
        if (change.type === "DELETED") this.violated(`claim ${change.key} was deleted`);
        return;
      default:
        return;
    }
  }

  private seeLease(change: Change): void {
    const record = recordIn(change.object);
    if (record === null) return;
    if (change.type === "DELETED") {
      this.records.delete(change.key);
      return;
    }
    const before = this.records.get(change.key) ?? null;
    if (before !== null && JSON.stringify(before) === JSON.stringify(record)) return;
    const why = whyNotAllowed(before, record, this.highest.get(record.objectUID) ?? 0);
    this.story.tell("record", JSON.stringify({ ...record, objectUID: undefined }));
    if (why !== null) this.violated(`record ${before?.n ?? 0} to ${record.n}: ${why}`);
    this.records.set(change.key, record);
    if (before !== null) this.checkPlanned(change.key, before, record);
    this.seeRecord(change, record);
    this.highest.set(record.objectUID, Math.max(record.n, this.highest.get(record.objectUID) ?? 0));
    if (record.ready && before?.ready !== true) this.checkReady(change.key, record);
  }

  private seeRecord(change: Change, record: PermissionRecord): void {
    if (record.mode === "Pair" && !record.ready) {
      const writer = this.databaseOf(change.key, record.writer.podUID);
      this.pairedAt.set(change.key, { n: record.n, length: writer?.log.length ?? 0, atMs: this.nowMs() });
    }
    if (record.mode !== "Solo" || record.from === 0) return;
    this.promotions.set(change.key, record);
  }

  private databaseOf(key: string, podUID: string | null): LoadedDatabase | undefined {
    return [...this.databases].find(
      database => database.podUID === podUID && objectOf(database.host) === key,
    );
  }

  /** `ready` promises that the standby has all that was acknowledged with its help. */
  private checkReady(key: string, record: PermissionRecord): void {
    const standby = this.databaseOf(key, record.standby);
    const writer = this.databaseOf(key, record.writer.podUID);
    if (standby === undefined) return;
    const since = this.pairedAt.get(key);
    // A life that began meanwhile is none the operator can have heard of: its agent will refuse.
    if (since === undefined || standby.bornMs > since.atMs) return;
    const marked =
      since.n === record.n && standby.log.slice(since.length).some(entry => entry.kind === "mark");
    if (!marked)
      this.violated(`Pair ${record.n} is called ready although no mark of it has reached the standby`);
    if (writer?.scheme?.twosafe !== true) return;
    const missing = this.acknowledged.filter(({ id }) => writer.has(id) && !standby.has(id));
    if (missing.length > 0) {
      this.violated(
        `Pair ${record.n} is called ready although the standby lacks ${missing.length} acknowledged commits`,
      );
    }
  }

  private seeSlice(change: Change): void {
    if (change.type === "DELETED") return;
    const leadsTo = (slice: Slice | null): string | undefined => slice?.endpoints?.[0]?.targetRef?.uid;
    const uid = leadsTo(change.object);
    const before = leadsTo(change.before);
    if (uid === undefined || uid === before) return;
    const key = change.key.replace(/-active$/, "");
    if (this.lastWritable.get(key) !== uid && !this.isTakingOver(key, uid))
      this.violated(`applications are led to a database of ${key} that is not the active`);
  }

  /** Being promoted while nobody else can write: it refuses applications until it opens, as the old one does. */
  private isTakingOver(key: string, podUID: string): boolean {
    const record = this.records.get(key);
    const promoted = record?.mode === "Solo" && record.from > 0 && record.writer.podUID === podUID;
    const others = [...this.databases].filter(one => objectOf(one.host) === key && one.podUID !== podUID);
    return promoted && !others.some(one => one.writable());
  }
}

/** @returns the record that a Lease carries, null when it carries none */
function recordIn(lease: KubeObject): PermissionRecord | null {
  const text = lease.metadata.annotations?.[RECORD_ANNOTATION];
  return text === undefined ? null : recordSchema.parse(JSON.parse(text));
}

/** @returns `namespace/name` of the object a pod's host name belongs to */
export function objectOf(host: string): string {
  const [, name, namespace] = host.split(".");
  return `${namespace ?? ""}/${name ?? ""}`;
}

const memories = new WeakMap<Disk, { json: string; memory: AgentMemory }>();

/** @returns what the agent of this database has on its disk */
function memoryOf(database: LoadedDatabase): AgentMemory | null {
  const { disk } = database;
  if (disk.memory === null) return null;
  const known = memories.get(disk);
  if (known?.json === disk.memory) return known.memory;
  const memory = JSON.parse(disk.memory) as AgentMemory;
  memories.set(disk, { json: disk.memory, memory });
  return memory;
}
