/**
 * The rows: one SQLite database in a scratch file that is made anew at every load and never synced; only
 * checkpoints and the transaction log outlive the process. One connection writes, another reads what is committed.
 */
import { rmSync, writeFileSync } from "node:fs";
import {
  constants,
  DatabaseSync,
  type SQLInputValue,
  type SQLOutputValue,
  type StatementSync,
} from "node:sqlite";
import { errors, type TimesTenError } from "../shared/errors";
import { addFunctions } from "./functions";
import type { Value } from "./records";

/** Rows as arrays, with the names of their columns. */
export interface Rows {
  columns: string[];
  rows: Value[][];
}

const preparedLimit = 500;

/** A connection with its prepared statements. */
class Connection {
  private readonly prepared = new Map<string, StatementSync>();

  constructor(readonly db: DatabaseSync) {
    db.exec(
      "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA foreign_keys=ON; PRAGMA cache_size=-32768; PRAGMA busy_timeout=0",
    );
    addFunctions(db);
  }

  prepare(sql: string): StatementSync {
    const known = this.prepared.get(sql);
    if (known !== undefined) return known;
    if (this.prepared.size >= preparedLimit) this.prepared.clear();
    const statement = this.db.prepare(sql);
    statement.setReadBigInts(true);
    statement.setReturnArrays(true);
    this.prepared.set(sql, statement);
    return statement;
  }

  forget(): void {
    this.prepared.clear();
  }
}

const input = (value: Value): SQLInputValue =>
  value !== null && typeof value === "object" ? Buffer.from(value.hex, "hex") : value;

function output(value: SQLOutputValue): Value {
  if (value === null || typeof value === "string" || typeof value === "number") return value;
  if (typeof value === "bigint")
    return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
  return { hex: Buffer.from(value).toString("hex").toUpperCase() };
}

/** @returns SQLite's complaint as TimesTen would put it */
export function translateError(error: unknown): TimesTenError {
  const text = error instanceof Error ? error.message : String(error);
  const unique = /UNIQUE constraint failed: ([^,]+)/.exec(text)?.[1];
  if (unique !== undefined) {
    const table = unique.split(".").slice(0, 2).join(".");
    return errors.unique(`${table.split(".")[1] ?? table} on ${table}`);
  }
  const missing = /NOT NULL constraint failed: (\S+)/.exec(text)?.[1];
  if (missing !== undefined) return errors.notNull(missing);
  if (text.includes("FOREIGN KEY constraint failed")) return errors.foreignKey();
  const table = /no such table: (\S+)/.exec(text)?.[1];
  if (table !== undefined) return errors.table(table);
  const column = /no such column: (\S+)/.exec(text)?.[1] ?? /has no column named (\S+)/.exec(text)?.[1];
  if (column !== undefined) return errors.column(column.toUpperCase());
  const near = /near "(.+)": syntax error/.exec(text)?.[1];
  if (near !== undefined) return errors.syntax(near);
  if (text.includes("incomplete input")) return errors.syntax("end of statement");
  return errors.sqlite(text);
}

export class Store {
  private readonly writer: Connection;
  private readonly reader: Connection;

  /**
   * @param path of the scratch file
   * @param image a serialised database to start from, or null for an empty one
   */
  constructor(
    private readonly path: string,
    image: Uint8Array | null,
  ) {
    this.remove();
    if (image !== null) writeFileSync(path, image, { mode: 0o660 });
    this.writer = new Connection(new DatabaseSync(path));
    this.reader = new Connection(new DatabaseSync(path));
    if (image === null) {
      this.exec('CREATE TABLE "SYS.DUAL" (DUMMY TEXT); INSERT INTO "SYS.DUAL" VALUES (\'X\')');
      this.exec('CREATE TABLE "SYS.SEQUENCES" (NAME TEXT NOT NULL PRIMARY KEY, NEXT INTEGER, LAST INTEGER)');
    }
  }

  private connection(own: boolean): Connection {
    return own ? this.writer : this.reader;
  }

  /** Runs SQLite statements on the writing connection, errors as they come. */
  exec(sql: string): void {
    this.writer.db.exec(sql);
  }

  /**
   * @param own read in the open transaction (its own changes are seen) or what is committed
   * @throws TimesTenError
   */
  query(own: boolean, sql: string, binds: Value[] = []): Rows {
    try {
      const statement = this.connection(own).prepare(sql);
      const rows = statement.all(...binds.map(input)) as unknown as SQLOutputValue[][];
      return {
        columns: statement.columns().map(column => column.name),
        rows: rows.map(row => row.map(output)),
      };
    } catch (error) {
      throw translateError(error);
    }
  }

  /** Runs a change in the open transaction. @returns rows changed. @throws TimesTenError */
  run(sql: string, binds: Value[] = []): number {
    try {
      return Number(this.writer.prepare(sql).run(...binds.map(input)).changes);
    } catch (error) {
      throw translateError(error);
    }
  }

  /** Runs a definition in the open transaction. @throws TimesTenError */
  define(sql: string): void {
    try {
      this.writer.db.exec(sql);
    } catch (error) {
      throw translateError(error);
    } finally {
      this.writer.forget();
      this.reader.forget();
    }
  }

  /** @returns a recorder of row changes from now on */
  record(): { take(): Buffer; close(): void } {
    const session = this.writer.db.createSession();
    return { take: () => Buffer.from(session.changeset()), close: () => session.close() };
  }

  /**
   * Applies recorded row changes in the open transaction.
   * @param wanted tells by `OWNER.NAME` whether a table's changes count here
   * @throws Error when a row is not as the changes expect it: the two databases differ
   */
  apply(changes: Buffer, wanted: (table: string) => boolean): void {
    const complete = this.writer.db.applyChangeset(changes, {
      filter: wanted,
      onConflict: () => constants.SQLITE_CHANGESET_ABORT,
    });
    if (!complete) throw new Error("replicated changes do not fit the rows of this database");
  }

  /** @returns the committed rows as a database image */
  image(): Uint8Array {
    return this.reader.db.serialize();
  }

  close(): void {
    this.reader.db.close();
    this.writer.db.close();
    this.remove();
  }

  private remove(): void {
    for (const suffix of ["", "-wal", "-shm", "-journal"]) rmSync(`${this.path}${suffix}`, { force: true });
  }
}
