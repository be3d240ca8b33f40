/** Records of the transaction log, which are also what travels to the standby. */
import { crc32 } from "node:zlib";
import type { Control } from "./control";

/** A value bound to a parameter or found in a row. */
export type Value = string | number | null | { hex: string };

/** A change of users or privileges; carries digests, never passwords. */
export type UserChange =
  | { op: "create"; user: string; salt: string; digest: string }
  | { op: "alter"; user: string; salt: string; digest: string }
  | { op: "drop"; user: string }
  | { op: "grant"; user: string; privileges: string[] }
  | { op: "revoke"; user: string; privileges: string[] };

/** One part of a transaction. */
export type Piece =
  /** Row changes of tables with a primary key, as an SQLite changeset. */
  | { kind: "changes"; data: Buffer }
  /** A change of a table without one, already in SQLite's words. */
  | { kind: "statement"; table: string; sql: string; binds: Value[] }
  /** A definition, in TimesTen's words. */
  | { kind: "ddl"; sql: string; user: string }
  | { kind: "user"; change: UserChange };

/** A committed transaction. */
export interface CommitRecord {
  type: "commit";
  /** Commit number: grows by one per replicable transaction, the same on both databases of a pair. 0: local only. */
  csn: number;
  /** How many promotions the pair has seen when it was made. */
  term: number;
  pieces: Piece[];
}

/** New replication control data of this database; never sent. */
export interface ControlRecord {
  type: "control";
  control: Control;
}

export type LogRecord = CommitRecord | ControlRecord;

type PieceHeader = { kind: "changes"; length: number } | Exclude<Piece, { kind: "changes" }>;

/** @returns the record as bytes, without frame */
export function encodeRecord(record: LogRecord): Buffer {
  const blobs: Buffer[] = [];
  let header: unknown = record;
  if (record.type === "commit") {
    const pieces: PieceHeader[] = record.pieces.map(piece => {
      if (piece.kind !== "changes") return piece;
      blobs.push(piece.data);
      return { kind: "changes", length: piece.data.length };
    });
    header = { ...record, pieces };
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  return Buffer.concat([length, json, ...blobs]);
}

/** @throws Error when the bytes are no record */
export function decodeRecord(bytes: Buffer): LogRecord {
  const jsonEnd = 4 + bytes.readUInt32LE(0);
  const header = JSON.parse(bytes.toString("utf8", 4, jsonEnd)) as
    | ControlRecord
    | (Omit<CommitRecord, "pieces"> & { pieces: PieceHeader[] });
  if (header.type === "control") return header;
  let at = jsonEnd;
  const pieces: Piece[] = header.pieces.map(piece => {
    if (piece.kind !== "changes") return piece;
    const data = Buffer.from(bytes.subarray(at, at + piece.length));
    at += piece.length;
    return { kind: "changes", data };
  });
  return { ...header, pieces };
}

/** Length and checksum in front of each record on disk. */
export const frameHeaderBytes = 8;

/** @returns record bytes with length and checksum in front */
export function frame(record: Buffer): Buffer {
  const head = Buffer.alloc(frameHeaderBytes);
  head.writeUInt32LE(record.length, 0);
  head.writeUInt32LE(crc32(record), 4);
  return Buffer.concat([head, record]);
}

/**
 * @param bytes of a log file
 * @param at offset of a frame
 * @returns the record's bytes and the next offset, or null where the log ends (also in the middle of a torn record)
 */
export function unframe(bytes: Buffer, at: number): { record: Buffer; next: number } | null {
  if (at + frameHeaderBytes > bytes.length) return null;
  const length = bytes.readUInt32LE(at);
  const next = at + frameHeaderBytes + length;
  if (length === 0 || next > bytes.length) return null;
  const record = bytes.subarray(at + frameHeaderBytes, next);
  return crc32(record) === bytes.readUInt32LE(at + 4) ? { record, next } : null;
}
