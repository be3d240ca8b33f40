/** A loaded database: rows, catalogue, transaction log and its place in a pair. */
import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { errors } from "../shared/errors";
import { isReplicated } from "../sql/scheme";
import { changeUsers, newCatalog, type Catalog } from "./catalog";
import { databaseExists, readCheckpoint, writeCheckpoint, type CheckpointHeader } from "./checkpoint";
import { newControl, type Control, type Position, type RepState } from "./control";
import { define } from "./definitions";
import { hold, release } from "./hold";
import { WriterLock } from "./lock";
import { showPosition, TransactionLog, type LogPosition } from "./log";
import { encodeRecord, type CommitRecord, type Piece } from "./records";
import { Store } from "./store";

/** How a commit has to wait for the peer. */
export type CommitMode = "none" | "receipt" | "twosafe";

/** What the replication agent does for commits. */
export interface CommitGate {
  mode(): CommitMode;
  /** A commit is in the log: ship it. */
  committed(): void;
  /**
   * Ships a transaction that is not committed here yet.
   * @returns acked: the standby has committed it. released: nobody waits for the standby any more.
   *   refused: this database may not commit any more. timeout: RETURN WAIT TIME is over.
   */
  prepare(csn: number, bytes: Buffer): Promise<"acked" | "released" | "refused" | "timeout">;
  /** @returns false when the receipt did not come within RETURN WAIT TIME */
  receipt(csn: number): Promise<boolean>;
  localCommitOnTimeout(): boolean;
}

/** An open transaction that has changed something or is about to. */
export interface Transaction {
  pieces: Piece[];
  recorder: { take(): Buffer; close(): void };
  /** Touches replicated tables, so it counts in the pair's history. */
  replicated: boolean;
  /** Its commit has been shipped (RETURN TWOSAFE) and can no longer be rolled back. */
  shipped: boolean;
  ended: boolean;
}

export interface DatabaseOptions {
  dataStore: string;
  logDirectory: string;
  logFileBytes: number;
  logFlushMs: number;
  /** Checkpoint after this many seconds; 0: never by time. */
  checkpointS: number;
  /** Make the database when there is none. */
  create: boolean;
  /** Major release of this program, e.g. 18.1. */
  major: string;
}

export class Database {
  readonly name: string;
  readonly lock = new WriterLock();
  readonly log: TransactionLog;
  store: Store;
  catalog: Catalog;
  control: Control;
  /** Number of the last commit of the pair's history that this database holds. */
  csn = 0;
  /** Grows with every definition: whoever keeps translations drops them. */
  version = 0;
  state: RepState = "IDLE";
  gate: CommitGate | null = null;
  recovered = false;
  private checkpointNumber = 0;
  private sinceCheckpoint: LogPosition;

  private constructor(readonly options: DatabaseOptions) {
    this.name = basename(options.dataStore);
    const found = readCheckpoint(options.dataStore);
    if (found === null && !options.create) throw errors.noSuchDatabase(options.dataStore);
    const { major = options.major } = found?.header ?? {};
    if (major !== options.major) throw errors.otherMajor(major, options.major);
    this.catalog = found?.header.catalog ?? newCatalog();
    this.control = found?.header.control ?? newControl();
    this.csn = found?.header.csn ?? 0;
    this.checkpointNumber = found?.header.number ?? 0;
    this.store = new Store(`${options.dataStore}.mem`, found?.image ?? null);
    this.log = new TransactionLog({
      prefix: join(options.logDirectory, this.name),
      fileBytes: options.logFileBytes,
      flushMs: options.logFlushMs,
      bufferBytes: 1024 * 1024,
    });
    if (found === null) TransactionLog.destroy(join(options.logDirectory, this.name));
    this.replay(found?.header.position ?? { file: 0, offset: 0 });
    this.log.open(this.csn);
    this.sinceCheckpoint = this.log.position();
  }

  /** @throws TimesTenError 836, 846, 847 */
  static open(options: DatabaseOptions): Database {
    if (!existsSync(dirname(options.dataStore))) throw errors.cannotCreate(options.dataStore);
    if (!options.create && !databaseExists(options.dataStore)) throw errors.noSuchDatabase(options.dataStore);
    hold(options.dataStore);
    const database = new Database(options);
    if (database.checkpointNumber === 0 || database.recovered) database.checkpoint();
    return database;
  }

  private replay(from: LogPosition): void {
    const behind = (end: LogPosition): boolean =>
      end.file > from.file || (end.file === from.file && end.offset > from.offset);
    this.log.replay((record, end) => {
      if (!behind(end)) return;
      this.recovered = true;
      if (record.type === "control") {
        this.control = record.control;
        return;
      }
      this.apply(record.pieces);
      if (record.csn > 0) this.csn = record.csn;
    });
  }

  /**
   * Applies pieces as one transaction.
   * @param wanted which tables count here; absent: all of them
   * @returns the pieces as far as they counted
   * @throws Error when they do not fit: the database is no longer a copy
   */
  apply(pieces: Piece[], wanted?: (table: string) => boolean): Piece[] {
    this.store.exec("BEGIN IMMEDIATE");
    const recorder = wanted === undefined ? null : this.store.record();
    const counted: Piece[] = pieces.filter(piece => piece.kind === "ddl" || piece.kind === "user");
    try {
      for (const piece of pieces) {
        if (piece.kind === "changes") this.store.apply(piece.data, wanted ?? (() => true));
        else if (piece.kind === "statement") {
          if (wanted?.(piece.table) !== false) this.store.run(piece.sql, piece.binds);
        } else if (piece.kind === "ddl") {
          define(this, piece.sql, piece.user);
          this.version += 1;
        } else changeUsers(this.catalog, piece.change);
      }
      const data = counted.length === 0 ? recorder?.take() : undefined;
      recorder?.close();
      this.store.exec("COMMIT");
      if (recorder === null) return pieces;
      return data === undefined || data.length === 0 ? counted : [{ kind: "changes", data }];
    } catch (error) {
      this.store.exec("ROLLBACK");
      throw error;
    }
  }

  /** Where this database stands in the pair's history. */
  position(): Position {
    return { term: this.control.term, csn: this.csn };
  }

  /** @throws TimesTenError 6003 */
  async begin(lockWaitMs: number): Promise<Transaction> {
    await this.lock.acquire(lockWaitMs);
    try {
      this.store.exec("BEGIN IMMEDIATE");
    } catch (error) {
      this.lock.release();
      throw error;
    }
    return {
      pieces: [],
      recorder: this.store.record(),
      replicated: this.control.scheme === null,
      shipped: false,
      ended: false,
    };
  }

  /** Whether a transaction is neither committed nor rolled back. */
  isOpen(transaction: Transaction): boolean {
    return !transaction.ended;
  }

  /** Closes what has been recorded so far and starts afresh. */
  cut(transaction: Transaction): void {
    const data = transaction.recorder.take();
    if (data.length > 0) transaction.pieces.push({ kind: "changes", data });
    transaction.recorder.close();
    transaction.recorder = this.store.record();
  }

  /** What has been changed so far travels as pieces of another kind: forget the row changes. */
  unrecorded(transaction: Transaction): void {
    transaction.recorder.close();
    transaction.recorder = { take: () => Buffer.alloc(0), close: () => undefined };
  }

  rollback(transaction: Transaction): void {
    transaction.ended = true;
    transaction.recorder.close();
    this.store.exec("ROLLBACK");
    this.lock.release();
  }

  /**
   * Ends a transaction. The acknowledgement is due when this resolves.
   * @throws TimesTenError 8170 when the standby did not answer in time: with LOCAL COMMIT ACTION NO ACTION the
   *   transaction is still open and only another commit may follow; 8145 when this database stopped being ACTIVE
   */
  async commit(transaction: Transaction, durable: boolean): Promise<void> {
    if (!transaction.shipped) this.cut(transaction);
    if (transaction.pieces.length === 0) {
      transaction.ended = true;
      transaction.recorder.close();
      this.store.exec("COMMIT");
      this.lock.release();
      return;
    }
    const scheme = this.control.scheme;
    const counted = scheme === null || transaction.replicated;
    if (scheme !== null && counted && this.state !== "ACTIVE") {
      this.rollback(transaction);
      throw errors.notActive();
    }
    const record: CommitRecord = {
      type: "commit",
      csn: counted ? this.csn + 1 : 0,
      term: this.control.term,
      pieces: transaction.pieces,
    };
    const bytes = encodeRecord(record);
    const mode = counted ? (this.gate?.mode() ?? "none") : "none";
    const late = mode === "twosafe" && (await this.ship(transaction, record, bytes));
    transaction.ended = true;
    transaction.recorder.close();
    this.store.exec("COMMIT");
    this.written(record, bytes);
    this.lock.release();
    if (late) throw errors.returnTimeout(record.csn);
    if (mode === "receipt" && !((await this.gate?.receipt(record.csn)) ?? true))
      throw errors.returnTimeout(record.csn);
    if (durable && counted) await this.log.whenDurable(record.csn);
    else if (durable) this.log.flush();
  }

  /** RETURN TWOSAFE: the standby first. @returns true for a local commit after a time-out */
  private async ship(transaction: Transaction, record: CommitRecord, bytes: Buffer): Promise<boolean> {
    transaction.shipped = true;
    const outcome = await this.gate?.prepare(record.csn, bytes);
    if (outcome === "refused") {
      this.rollback(transaction);
      throw errors.notActive();
    }
    if (outcome !== "timeout") return false;
    if (this.gate?.localCommitOnTimeout() === true) return true;
    throw errors.returnTimeout(record.csn);
  }

  private written(record: CommitRecord, bytes: Buffer): void {
    if (record.csn > 0) this.csn = record.csn;
    this.log.append(record, bytes);
    this.gate?.committed();
    this.checkpointWhenDue();
  }

  /**
   * Applies a transaction of the active.
   * @param lockWaitMs how long to wait for local transactions on tables outside the scheme
   * @param allowed asked once more when it is this transaction's turn
   * @returns false when it was not allowed any more
   */
  async applyRemote(
    record: CommitRecord,
    bytes: Buffer,
    lockWaitMs: number,
    allowed: () => boolean,
  ): Promise<boolean> {
    await this.lock.acquire(lockWaitMs);
    try {
      if (!allowed()) return false;
      const scheme = this.control.scheme;
      const whole = scheme === null || (scheme.include === null && scheme.exclude.length === 0);
      const pieces = this.apply(record.pieces, whole ? undefined : table => isReplicated(scheme, table));
      this.csn = record.csn;
      this.log.append(record, whole ? bytes : encodeRecord({ ...record, pieces }));
      this.checkpointWhenDue();
      return true;
    } finally {
      this.lock.release();
    }
  }

  /** Changes control data, durably before this returns. */
  setControl(change: Partial<Control>): void {
    this.control = { ...this.control, ...change };
    this.log.append({ type: "control", control: this.control });
    this.log.flush();
  }

  private checkpointWhenDue(): void {
    const now = this.log.position();
    if (now.file > this.sinceCheckpoint.file + 1) this.checkpoint();
  }

  /** @returns everything a copy needs, as of the last commit */
  snapshot(): { header: Omit<CheckpointHeader, "imageBytes" | "imageCrc">; image: Uint8Array } {
    const header = {
      format: 1 as const,
      major: this.options.major,
      number: this.checkpointNumber + 1,
      csn: this.csn,
      position: this.log.position(),
      control: this.control,
      catalog: this.catalog,
    };
    return { header, image: this.store.image() };
  }

  /** Writes a checkpoint and drops the log files that neither recovery nor the standby needs. */
  checkpoint(): void {
    this.log.flush();
    const { header, image } = this.snapshot();
    writeCheckpoint(this.options.dataStore, header, image);
    this.checkpointNumber = header.number;
    this.sinceCheckpoint = header.position;
    this.log.purge(Math.min(this.csn, this.heldCsn()), header.position.file);
  }

  /** Last commit that the peer no longer needs; all of them when there is none to wait for. */
  heldCsn: () => number = () => Number.MAX_SAFE_INTEGER;

  /** @returns the log's end as TimesTen prints it */
  bookmark(): { written: string; forced: string; held: string } {
    const end = showPosition(this.log.position());
    const written = showPosition(this.log.writtenPosition());
    return { written: end, forced: written, held: this.heldCsn() >= this.csn ? end : written };
  }

  /** Final checkpoint; the files can be loaded again afterwards. */
  close(): void {
    this.checkpoint();
    this.log.close();
    this.store.close();
    release(this.options.dataStore);
  }
}
