/**
 * The transaction log: `<database>.log<n>` files. Commits go to a buffer in this process first and reach the files
 * a little later (TimesTen's default: a commit is not durable), or at once when somebody waits for durability.
 * What is still in the buffer when the process is killed is lost.
 */
import {
  closeSync,
  existsSync,
  fdatasync,
  fdatasyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readSync,
  readdirSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { decodeRecord, encodeRecord, frame, unframe, type LogRecord } from "./records";

/** A position in the log as TimesTen prints it: file.offset. */
export interface LogPosition {
  file: number;
  offset: number;
}

/** @returns `file.offset` */
export const showPosition = (position: LogPosition): string => `${position.file}.${position.offset}`;

/** What a log keeps about each of its files. */
interface LogFile {
  number: number;
  /** Commit numbers in it; 0 when none. */
  firstCsn: number;
  lastCsn: number;
}

export interface LogOptions {
  /** Path prefix: `<LogDir>/<database>`. */
  prefix: string;
  /** LogFileSize in bytes. */
  fileBytes: number;
  /** Delay after which buffered records are written, ms. */
  flushMs: number;
  /** Buffered bytes that force a write. */
  bufferBytes: number;
}

/** A record kept in memory for the standby. */
interface Recent {
  csn: number;
  bytes: Buffer;
}

/** Memory for records that the standby may still ask for, in bytes; older ones are read from the files. */
const recentBytes = 16 * 1024 * 1024;

/** Bytes read from a log file at a time. */
const readBytes = 2 * 1024 * 1024;

/**
 * Reads commits from a log file.
 * @param offset of a frame
 * @param csn first commit wanted
 * @returns about a megabyte of encoded records, and the offset behind them
 */
function readFrames(path: string, offset: number, csn: number): { records: Buffer[]; next: number } {
  const fd = openSync(path, "r");
  try {
    const records: Buffer[] = [];
    let next = offset;
    let size = readBytes;
    while (records.length === 0) {
      const chunk = Buffer.alloc(size);
      const bytes = chunk.subarray(0, readSync(fd, chunk, 0, size, next));
      let at = 0;
      for (let found = unframe(bytes, at); found !== null; found = unframe(bytes, at)) {
        at = found.next;
        const record = decodeRecord(found.record);
        if (record.type === "commit" && record.csn >= csn) records.push(Buffer.from(found.record));
      }
      next += at;
      if (bytes.length < size) break;
      // A record larger than what was read.
      if (at === 0) size *= 2;
    }
    return { records, next };
  } finally {
    closeSync(fd);
  }
}

export class TransactionLog {
  private fd = -1;
  private readonly files: LogFile[] = [];
  private buffer: Buffer[] = [];
  private bufferSize = 0;
  private end: LogPosition = { file: 0, offset: 0 };
  private written: LogPosition = { file: 0, offset: 0 };
  private appendedCsn = 0;
  private writtenCsn = 0;
  private syncedCsn = 0;
  private timer: NodeJS.Timeout | undefined;
  private syncing = false;
  private waiting: { csn: number; resolve: () => void }[] = [];
  private recent: Recent[] = [];
  /** Where reading the files for the standby has come to. */
  private scan: { file: number; csn: number; offset: number } | null = null;
  private recentSize = 0;
  /** Called whenever more commits have become durable. */
  onDurable: (csn: number) => void = () => undefined;
  /** Called when the log cannot be written: the database must go. */
  onFailure: (error: Error) => void = error => {
    throw error;
  };

  constructor(private readonly options: LogOptions) {}

  private path(number: number): string {
    return `${this.options.prefix}.log${number}`;
  }

  /** @returns numbers of the log files present */
  static filesOf(prefix: string): number[] {
    const directory = dirname(prefix);
    const start = `${basename(prefix)}.log`;
    if (!existsSync(directory)) return [];
    return readdirSync(directory)
      .filter(name => name.startsWith(start) && /^\d+$/.test(name.slice(start.length)))
      .map(name => Number(name.slice(start.length)))
      .sort((a, b) => a - b);
  }

  /**
   * Reads the files and hands out every whole record, oldest first; a torn end is cut off.
   * @param apply called with each record and the position behind it
   */
  replay(apply: (record: LogRecord, end: LogPosition) => void): void {
    let torn = false;
    for (const number of TransactionLog.filesOf(this.options.prefix)) {
      if (torn) {
        unlinkSync(this.path(number));
        continue;
      }
      const bytes = readFileSync(this.path(number));
      const file: LogFile = { number, firstCsn: 0, lastCsn: 0 };
      let at = 0;
      for (let found = unframe(bytes, at); found !== null; found = unframe(bytes, at)) {
        at = found.next;
        const record = decodeRecord(found.record);
        if (record.type === "commit" && record.csn > 0) this.note(file, record.csn);
        apply(record, { file: number, offset: at });
      }
      torn = at < bytes.length;
      this.files.push(file);
      this.end = { file: number, offset: at };
    }
  }

  private note(file: LogFile, csn: number): void {
    if (file.firstCsn === 0) file.firstCsn = csn;
    file.lastCsn = csn;
  }

  /** Opens the end of the log for writing, behind what `replay` found. */
  open(csn: number): void {
    if (this.files.length === 0) this.files.push({ number: this.end.file, firstCsn: 0, lastCsn: 0 });
    this.fd = openSync(this.path(this.end.file), "a", 0o660);
    ftruncateSync(this.fd, this.end.offset);
    this.written = { ...this.end };
    this.appendedCsn = this.writtenCsn = this.syncedCsn = csn;
  }

  /** Position behind the last record, flushed or not. */
  position(): LogPosition {
    return { ...this.end };
  }

  /** Position behind the last record that has left the buffer. */
  writtenPosition(): LogPosition {
    return { ...this.written };
  }

  /** Commit number up to which everything survives a power cut. */
  durableCsn(): number {
    return this.syncedCsn;
  }

  /** Number of log files kept. */
  fileCount(): number {
    return this.files.length;
  }

  /** Number of log files that hold commits behind `csn`. */
  filesAfter(csn: number): number {
    return this.files.filter(file => file.lastCsn > csn).length;
  }

  /** Adds a record to the buffer. @returns its bytes */
  append(record: LogRecord, encoded = encodeRecord(record)): Buffer {
    const framed = frame(encoded);
    this.buffer.push(framed);
    this.bufferSize += framed.length;
    this.end = { file: this.end.file, offset: this.end.offset + framed.length };
    if (record.type === "commit" && record.csn > 0) {
      this.appendedCsn = record.csn;
      this.note(this.files.at(-1) as LogFile, record.csn);
      this.remember(record.csn, encoded);
    }
    if (this.end.offset >= this.options.fileBytes) this.rotate();
    else if (this.bufferSize >= this.options.bufferBytes) this.write();
    else this.timer ??= setTimeout(() => this.background(), this.options.flushMs);
    return encoded;
  }

  private remember(csn: number, bytes: Buffer): void {
    this.recent.push({ csn, bytes });
    this.recentSize += bytes.length;
    let drop = 0;
    while (this.recentSize > recentBytes && drop < this.recent.length - 1) {
      this.recentSize -= this.recent[drop]?.bytes.length ?? 0;
      drop += 1;
    }
    if (drop > 0) this.recent.splice(0, drop);
  }

  private rotate(): void {
    this.write();
    fdatasyncSync(this.fd);
    closeSync(this.fd);
    this.end = { file: this.end.file + 1, offset: 0 };
    this.files.push({ number: this.end.file, firstCsn: 0, lastCsn: 0 });
    this.fd = openSync(this.path(this.end.file), "a", 0o660);
    this.written = { ...this.end };
    this.durable(this.appendedCsn);
  }

  /** Buffer to file; a killed process no longer loses it, a power cut still may. */
  private write(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.bufferSize === 0) return;
    const bytes = Buffer.concat(this.buffer);
    this.buffer = [];
    this.bufferSize = 0;
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(this.fd, bytes, done);
    } catch (error) {
      this.onFailure(error as Error);
      return;
    }
    this.written = { file: this.end.file, offset: this.written.offset + bytes.length };
    this.writtenCsn = this.appendedCsn;
  }

  private background(): void {
    this.timer = undefined;
    this.write();
    this.sync();
  }

  private sync(): void {
    if (this.syncing || this.fd === -1 || this.writtenCsn === this.syncedCsn) return;
    this.syncing = true;
    const csn = this.writtenCsn;
    fdatasync(this.fd, error => {
      this.syncing = false;
      // The file may have been closed by a rotation, which has synced it itself.
      if (error !== null && error.code !== "EBADF") return this.onFailure(error);
      this.durable(csn);
      if (this.waiting.length > 0) this.background();
      return undefined;
    });
  }

  private durable(csn: number): void {
    if (csn <= this.syncedCsn) return;
    this.syncedCsn = csn;
    const ready = this.waiting.filter(waiter => waiter.csn <= csn);
    this.waiting = this.waiting.filter(waiter => waiter.csn > csn);
    for (const waiter of ready) waiter.resolve();
    this.onDurable(csn);
  }

  /** Everything appended so far to disk, now. */
  flush(): void {
    this.write();
    fdatasyncSync(this.fd);
    this.durable(this.appendedCsn);
  }

  /** Starts writing now. @returns when commit `csn` is on disk */
  whenDurable(csn: number): Promise<void> {
    if (csn <= this.syncedCsn) return Promise.resolve();
    return new Promise(resolve => {
      this.waiting.push({ csn, resolve });
      this.background();
    });
  }

  /** Starts writing now without waiting. */
  hurry(): void {
    this.background();
  }

  /**
   * @param csn first commit wanted
   * @returns encoded records from there on, at most about a megabyte of them; null when they are no longer kept
   */
  readFrom(csn: number): Buffer[] | null {
    if (csn > this.appendedCsn) return [];
    const first = this.recent[0];
    if (first !== undefined && first.csn <= csn) return this.readRecent(csn - first.csn);
    return this.readFiles(csn);
  }

  private readRecent(index: number): Buffer[] {
    const result: Buffer[] = [];
    let size = 0;
    for (let at = index; at < this.recent.length && size < 1024 * 1024; at += 1) {
      const bytes = this.recent[at]?.bytes ?? Buffer.alloc(0);
      size += bytes.length;
      result.push(bytes);
    }
    return result;
  }

  private readFiles(csn: number): Buffer[] | null {
    const file = this.files.find(candidate => candidate.lastCsn >= csn && candidate.firstCsn > 0);
    if (file === undefined || file.firstCsn > csn) return null;
    this.write();
    const known = this.scan?.file === file.number && this.scan.csn === csn ? this.scan.offset : 0;
    const read = readFrames(this.path(file.number), known, csn);
    this.scan = { file: file.number, csn: csn + read.records.length, offset: read.next };
    return read.records;
  }

  /** Deletes the files that nobody needs: all their commits are at or before `csn`. The last file stays. */
  purge(csn: number, checkpointFile: number): void {
    while (this.files.length > 1) {
      const oldest = this.files[0] as LogFile;
      if (oldest.lastCsn > csn || oldest.number >= checkpointFile) return;
      this.files.shift();
      unlinkSync(this.path(oldest.number));
    }
  }

  /** Flushes and closes. */
  close(): void {
    clearTimeout(this.timer);
    this.flush();
    closeSync(this.fd);
    this.fd = -1;
  }

  /** Removes every log file of a database that is not loaded. */
  static destroy(prefix: string): void {
    for (const number of TransactionLog.filesOf(prefix))
      unlinkSync(join(dirname(prefix), `${basename(prefix)}.log${number}`));
  }
}
