/**
 * The agent's durable memory: one small file with two places, written in turn. What is written is on disk in the time of
 * one write: making a new file and renaming it waits for whatever else the file system has to write down.
 */
import { createHash } from "node:crypto";
import { close, constants, fdatasync, open as openFd, write } from "node:fs";
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import * as z from "zod";
import { endedBootSchema, recordSchema, writerSchema } from "../protocol";
import type { AgentMemory, Disk } from "./ports";

/** The form of the file; a reader refuses forms it does not know. */
const FORMAT = 2;
/** Of one place, bytes; larger where a memory needs more than half of it. */
const PLACE_BYTES = 16_384;
/** The form before: the memory alone, in a file that was replaced as a whole. */
const FORMER_FORMAT = 1;

const memorySchema = z.object({
  obeyed: recordSchema.nullable(),
  soloed: z.number().int().min(0),
  left: z.number().int().min(0),
  drained: z.number().int().min(0).default(0),
  alone: z.number().int().min(0).default(0),
  boot: z.object({ id: z.string().min(1), processes: z.string(), podUID: z.string().default("") }).nullable(),
  complete: z
    .object({ n: z.number().int().min(1), writer: writerSchema, boot: z.string().min(1) })
    .nullable()
    .default(null),
  diskComplete: z
    .object({ n: z.number().int().min(1), boot: z.string().min(1), secured: z.boolean() })
    .nullable()
    .default(null),
  endedBoots: z.array(endedBootSchema),
  closedByPerson: z.string().nullable().default(null),
});
const formerSchema = z.object({ format: z.literal(FORMER_FORMAT), memory: memorySchema });
const placeSchema = z.object({
  format: z.literal(FORMAT),
  /** Grows with every save. */
  sequence: z.number().int().min(1),
  memory: memorySchema,
  /** Of sequence and memory, as they are written. */
  sha256: z.string(),
});
type Place = z.infer<typeof placeSchema>;

const fs = {
  open: promisify(openFd),
  write: promisify(write),
  datasync: promisify(fdatasync),
  close: promisify(close),
};

/** What the agent must not have forgotten cannot be read: it may obey nothing until a person looked. */
export class MemoryError extends Error {
  constructor(file: string, why: string) {
    super(
      `${file} is there but cannot be read: ${why}. Which record this pod obeyed last is in it, so it is not ignored`,
    );
    this.name = "MemoryError";
  }
}

/** The file as it is open: where the next save goes. */
interface Open {
  fd: number;
  placeBytes: number;
  sequence: number;
}

/** Saves one after the other; each is on disk when it resolves. */
export class FileDisk implements Disk {
  readonly #file: string;
  #saving: Promise<void> = Promise.resolve();
  #open: Open | null = null;
  /** Of what was loaded. */
  #sequence = 0;

  /** @param file e.g. /tt/operator/memory.json */
  constructor(file: string) {
    this.#file = file;
  }

  /** @throws MemoryError when the file is there but damaged or unreadable */
  async load(): Promise<AgentMemory | null> {
    let text: string;
    try {
      text = await readFile(this.#file, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
      throw new MemoryError(this.#file, error instanceof Error ? error.message : String(error));
    }
    const places = text.split("\n").filter(line => line.trim() !== "");
    const whole = places.map(readPlace).filter(place => place !== null);
    const newest = whole.reduce<Place | null>(
      (a, b) => (a !== null && a.sequence >= b.sequence ? a : b),
      null,
    );
    if (newest === null) return this.#former(text);
    this.#sequence = Math.max(this.#sequence, newest.sequence);
    return newest.memory;
  }

  save(memory: AgentMemory): Promise<void> {
    const saved = this.#saving.then(() => this.#write(memory));
    this.#saving = saved.catch(() => undefined);
    return saved;
  }

  /** As releases before had it. */
  #former(text: string): AgentMemory {
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      throw new MemoryError(this.#file, "it is no JSON, or none that is whole");
    }
    const parsed = formerSchema.safeParse(json);
    if (parsed.success) return parsed.data.memory;
    const issue = parsed.error.issues[0];
    throw new MemoryError(this.#file, `it does not fit at "${issue?.path.join(".") ?? ""}"`);
  }

  /** A crash at any point leaves the former content or the new one: the other place is not touched. */
  async #write(memory: AgentMemory): Promise<void> {
    const sequence = (this.#open?.sequence ?? this.#sequence) + 1;
    const line = Buffer.from(JSON.stringify(placeOf(sequence, memory)));
    const now = this.#open;
    if (now === null || line.length >= now.placeBytes) return this.#create(sequence, line);
    const at = (sequence % 2) * now.placeBytes;
    await writeAll(now.fd, padded(line, now.placeBytes), at);
    await fs.datasync(now.fd);
    now.sequence = sequence;
  }

  /** Both places at once in a new file: at the first save of a process, and where a place has become too small. */
  async #create(sequence: number, line: Buffer): Promise<void> {
    const folder = dirname(this.#file);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const temporary = `${this.#file}.new`;
    const placeBytes = Math.max(PLACE_BYTES, 2 * line.length);
    await rm(temporary, { force: true });
    const { O_CREAT, O_EXCL, O_WRONLY } = constants;
    const fd = await fs.open(temporary, O_CREAT | O_EXCL | O_WRONLY, 0o600);
    try {
      const place = padded(line, placeBytes);
      await writeAll(fd, Buffer.concat([place, place]), 0);
      await fs.datasync(fd);
      await rename(temporary, this.#file);
      const directory = await open(folder, "r");
      try {
        await directory.sync();
      } finally {
        await directory.close();
      }
    } catch (error) {
      await fs.close(fd);
      throw error;
    }
    if (this.#open !== null) await fs.close(this.#open.fd);
    this.#open = { fd, placeBytes, sequence };
  }
}

async function writeAll(fd: number, bytes: Buffer, at: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await fs.write(fd, bytes, done, bytes.length - done, at + done);
    done += bytesWritten;
  }
}

function placeOf(sequence: number, memory: AgentMemory): Place {
  return { format: FORMAT, sequence, memory, sha256: digest(sequence, memory) };
}

const digest = (sequence: number, memory: AgentMemory): string =>
  createHash("sha256")
    .update(JSON.stringify([sequence, memory]))
    .digest("hex");

/** @returns a line of that many bytes, so that nothing of a longer one before it is left */
function padded(line: Buffer, bytes: number): Buffer {
  const place = Buffer.alloc(bytes, " ");
  line.copy(place);
  place.write("\n", bytes - 1);
  return place;
}

/** @returns null where the line was not written to its end */
function readPlace(line: string): Place | null {
  try {
    const parsed = placeSchema.safeParse(JSON.parse(line));
    if (!parsed.success) return null;
    // Held against what was written: the schema may have added what that release did not know.
    const { sequence, memory } = JSON.parse(line) as { sequence: number; memory: AgentMemory };
    return digest(sequence, memory) === parsed.data.sha256 ? parsed.data : null;
  } catch {
    return null;
  }
}
