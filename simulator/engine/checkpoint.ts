/**
 * Checkpoint files `<database>.ds0` and `.ds1`, written in turn: a JSON header line, then the database as SQLite
 * serialises it. The same bytes travel when a database is duplicated.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { crc32 } from "node:zlib";
import type { Catalog } from "./catalog";
import type { Control } from "./control";
import type { LogPosition } from "./log";

/** All that is not rows. */
export interface CheckpointHeader {
  format: 1;
  /** Major release that wrote it, e.g. 18.1; absent in files of before that was kept. */
  major?: string;
  /** Grows with every checkpoint: the larger one of the two files counts. */
  number: number;
  csn: number;
  /** Log position from which recovery goes on. */
  position: LogPosition;
  control: Control;
  catalog: Catalog;
  imageBytes: number;
  imageCrc: number;
}

/** A checkpoint: header and SQLite image. */
export interface Checkpoint {
  header: CheckpointHeader;
  image: Uint8Array;
}

/** Paths of the two files. */
export const checkpointFiles = (dataStore: string): [string, string] => [
  `${dataStore}.ds0`,
  `${dataStore}.ds1`,
];

/** @returns whether there is a database at this path */
export function databaseExists(dataStore: string): boolean {
  return checkpointFiles(dataStore).some(file => existsSync(file));
}

function fsyncDirectory(path: string): void {
  const fd = openSync(dirname(path), "r");
  fsyncSync(fd);
  closeSync(fd);
}

/** Writes a checkpoint durably into the file whose turn it is; a crash in between leaves the other one intact. */
export function writeCheckpoint(
  dataStore: string,
  header: Omit<CheckpointHeader, "imageBytes" | "imageCrc">,
  image: Uint8Array,
): void {
  const file = checkpointFiles(dataStore)[header.number % 2] as string;
  const whole: CheckpointHeader = { ...header, imageBytes: image.length, imageCrc: crc32(image) };
  const fd = openSync(`${file}.tmp`, "w", 0o660);
  writeSync(fd, `${JSON.stringify(whole)}\n`);
  for (let done = 0; done < image.length; ) done += writeSync(fd, image, done);
  fsyncSync(fd);
  closeSync(fd);
  renameSync(`${file}.tmp`, file);
  fsyncDirectory(file);
}

function readHeader(file: string): { header: CheckpointHeader; offset: number } | null {
  const fd = openSync(file, "r");
  try {
    const chunks: Buffer[] = [];
    for (;;) {
      const chunk = Buffer.alloc(65536);
      const length = readSync(fd, chunk);
      const newline = chunk.subarray(0, length).indexOf(10);
      chunks.push(chunk.subarray(0, newline === -1 ? length : newline));
      if (newline !== -1) break;
      if (length === 0) return null;
    }
    const line = Buffer.concat(chunks);
    return { header: JSON.parse(line.toString("utf8")) as CheckpointHeader, offset: line.length + 1 };
  } catch {
    return null;
  } finally {
    closeSync(fd);
  }
}

/** @returns the newest checkpoint that is whole, or null when there is none */
export function readCheckpoint(dataStore: string): Checkpoint | null {
  const found = checkpointFiles(dataStore)
    .filter(file => existsSync(file))
    .flatMap(file => {
      const read = readHeader(file);
      return read === null ? [] : [{ file, ...read }];
    })
    .sort((a, b) => b.header.number - a.header.number);
  for (const { file, header, offset } of found) {
    const image = readFileSync(file).subarray(offset);
    if (image.length === header.imageBytes && crc32(image) === header.imageCrc) return { header, image };
  }
  return null;
}

/** Removes the files of a database that is not loaded. */
export function destroyCheckpoints(dataStore: string): void {
  for (const file of checkpointFiles(dataStore)) {
    for (const path of [file, `${file}.tmp`]) if (existsSync(path)) unlinkSync(path);
  }
}
