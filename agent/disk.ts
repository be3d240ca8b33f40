/** The agent's durable memory: one small file, replaced as a whole. */
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import * as z from "zod";
import { endedBootSchema, recordSchema, writerSchema } from "../protocol";
import type { AgentMemory, Disk } from "./ports";

/** The form of the file; a reader refuses forms it does not know. */
const FORMAT = 1;

const fileSchema = z.object({
  format: z.literal(FORMAT),
  memory: z.object({
    obeyed: recordSchema.nullable(),
    soloed: z.number().int().min(0),
    left: z.number().int().min(0),
    drained: z.number().int().min(0).default(0),
    alone: z.number().int().min(0).default(0),
    boot: z
      .object({ id: z.string().min(1), processes: z.string(), podUID: z.string().default("") })
      .nullable(),
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
  }),
});

/** What the agent must not have forgotten cannot be read: it may obey nothing until a person looked. */
export class MemoryError extends Error {
  constructor(file: string, why: string) {
    super(
      `${file} is there but cannot be read: ${why}. Which record this pod obeyed last is in it, so it is not ignored`,
    );
    this.name = "MemoryError";
  }
}

/** Saves one after the other; each is on disk, with its name, when it resolves. */
export class FileDisk implements Disk {
  readonly #file: string;
  #saving: Promise<void> = Promise.resolve();

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
    return this.#parse(text);
  }

  save(memory: AgentMemory): Promise<void> {
    const saved = this.#saving.then(() => this.#write(memory));
    this.#saving = saved.catch(() => undefined);
    return saved;
  }

  #parse(text: string): AgentMemory {
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      throw new MemoryError(this.#file, "it is no JSON");
    }
    const parsed = fileSchema.safeParse(json);
    if (parsed.success) return parsed.data.memory;
    const issue = parsed.error.issues[0];
    throw new MemoryError(this.#file, `it does not fit at "${issue?.path.join(".") ?? ""}"`);
  }

  /** A crash at any point leaves the former content or the new one, never a mixture. */
  async #write(memory: AgentMemory): Promise<void> {
    const folder = dirname(this.#file);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const temporary = `${this.#file}.new`;
    await rm(temporary, { force: true });
    const handle = await open(temporary, "wx", 0o600);
    try {
      await handle.writeFile(`${JSON.stringify({ format: FORMAT, memory })}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, this.#file);
    const directory = await open(folder, "r");
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  }
}
