/** How much shared memory and disk a database of given connection attributes needs. */
import { attributeOf, type Attribute } from "./dbIni";

const MIB = 1024 * 1024;
/** Huge pages of 2 MiB: every size of a database is a multiple of it. */
export const HUGE_PAGE_BYTES = 2 * MIB;
/** TimesTen's own figure (ttShmSize) for a database without db.ini: 554 MiB. */
const WITHOUT_DB_INI_BYTES = 580_911_104;

const DEFAULT_PERM_MB = 200;
const DEFAULT_LOG_BUFFER_MB = 64;
/** TimesTen's default limit of connections. */
const DEFAULT_CONNECTIONS = 2_000;
/** Up to so many connections their memory is part of FIXED_MB. */
const CONNECTIONS_INCLUDED = 2_048;
const CONNECTIONS_PER_MB = 16;
const FIXED_MB = 256;
/** Of the sum of the three sizes: tables of pages. */
const SHARE_OF_SUM = 0.001;
/** Two checkpoint files, each as large as PermSize. */
const CHECKPOINTS = 2;
/** Log files kept between two checkpoints, at least. */
const LOG_FILES = 3;
const DEFAULT_LOG_FILE_MB = 64;

/** The need of a database and how it came about. */
export interface DatabaseMemory {
  /** Shared memory, a multiple of HUGE_PAGE_BYTES. */
  bytes: number;
  permMb: number;
  tempMb: number;
  logBufferMb: number;
  connections: number;
  /** A sentence part for people, e.g. `554 MiB for PermSize=200, TempSize=65, LogBufMB=64, Connections=2000`. */
  because: string;
}

/**
 * A safe upper estimate: TimesTen's own tool (ttShmSize) is not at hand where the operator runs. The formula is
 * Σ + 256 MiB + 0.1 % of Σ + 1 MiB per 16 connections over 2048, rounded up to 2 MiB, Σ being PermSize + TempSize +
 * LogBufMB. It covers the published figures of ttShmSize.
 *
 * @param attributes of db.ini (without faults), or null where there is no db.ini
 * @returns the need; sizes that make no sense count as not given. Never throws.
 */
export function databaseMemory(attributes: readonly Attribute[] | null): DatabaseMemory {
  const permMb = number(attributes, "PermSize") ?? DEFAULT_PERM_MB;
  const tempMb = number(attributes, "TempSize") ?? defaultTempMb(permMb);
  const logBufferMb = number(attributes, "LogBufMB") ?? DEFAULT_LOG_BUFFER_MB;
  const connections = number(attributes, "Connections") ?? DEFAULT_CONNECTIONS;
  const sum = permMb + tempMb + logBufferMb;
  const further = Math.ceil(Math.max(0, connections - CONNECTIONS_INCLUDED) / CONNECTIONS_PER_MB);
  const estimate = wholePages(Math.ceil((sum + FIXED_MB + sum * SHARE_OF_SUM + further) * MIB));
  const bytes = attributes === null ? WITHOUT_DB_INI_BYTES : estimate;
  const sizes = `PermSize=${permMb}, TempSize=${tempMb}, LogBufMB=${logBufferMb}, Connections=${connections}`;
  return { bytes, permMb, tempMb, logBufferMb, connections, because: `${bytes / MIB} MiB for ${sizes}` };
}

/** @returns bytes rounded up to whole huge pages of 2 MiB */
export function wholePages(bytes: number): number {
  return Math.ceil(bytes / HUGE_PAGE_BYTES) * HUGE_PAGE_BYTES;
}

/**
 * @param attributes as for databaseMemory
 * @returns what the volumes should hold at least, in bytes: two checkpoint files, and some log files
 */
export function databaseDisk(attributes: readonly Attribute[] | null): {
  checkpointBytes: number;
  logBytes: number;
} {
  const { permMb, logBufferMb } = databaseMemory(attributes);
  const logFileMb = number(attributes, "LogFileSize") ?? Math.max(DEFAULT_LOG_FILE_MB, logBufferMb);
  return { checkpointBytes: CHECKPOINTS * permMb * MIB, logBytes: LOG_FILES * logFileMb * MIB };
}

/** TimesTen's default of TempSize, MB. */
function defaultTempMb(permMb: number): number {
  return permMb < 64 ? 32 + Math.ceil(permMb / 4) : 40 + Math.ceil(permMb / 8);
}

function number(attributes: readonly Attribute[] | null, name: string): number | null {
  const text = attributeOf(attributes ?? [], name);
  return text !== undefined && /^\d{1,10}$/.test(text) && Number(text) > 0 ? Number(text) : null;
}
