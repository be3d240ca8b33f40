/**
 * What the guard leaves in the memory volume of its pod: what it enforces, for its next process, and which processes
 * are the present life of the database, for the witness. Each file appears whole, by a rename.
 */
import { readlinkSync } from "node:fs";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { lifeSchema, permitSchema, type Life } from "../../protocol";
import type { GuardMemory, GuardStore } from "./core";

/** Inside of the volume. */
export const GUARD_SOCKET = "guard.sock";
const STATE_FILE = "guard.json";
export const LIFE_FILE = "life.json";

const memorySchema = z.object({ life: lifeSchema.nullable(), permit: permitSchema.nullable() });

/** Process ids mean something only in one process namespace: it is named beside them. */
export const lifeFileSchema = lifeSchema.extend({ pidNamespace: z.string() });

/** @returns a name of this process's process namespace; "" where the kernel does not tell */
export function pidNamespace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return "";
  }
}

/** @param folder /ttrun */
export function guardFiles(folder: string): GuardStore {
  let told: string | null = null;
  const tellWitness = async (life: Life | null): Promise<void> => {
    // A life that is over stays named: the witness sees its end itself.
    if (life === null) return;
    const text = JSON.stringify({ ...life, pidNamespace: pidNamespace() });
    if (text !== told) await put(join(folder, LIFE_FILE), text);
    told = text;
  };
  return {
    load: async () => {
      const text = await readOrNull(join(folder, STATE_FILE));
      return text === null ? null : memorySchema.parse(JSON.parse(text));
    },
    save: async (memory: GuardMemory) => {
      await tellWitness(memory.life);
      await put(join(folder, STATE_FILE), JSON.stringify(memory));
    },
  };
}

/** No fsync: the volume is memory, and what matters is that another process sees it. */
async function put(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text, { mode: 0o644 });
  await rename(`${file}.new`, file);
}

async function readOrNull(file: string): Promise<string | null> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
