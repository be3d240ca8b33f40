import { open, readFile, rm } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * A file beside the database that says: what lies here was begun and never finished, so it is no database. Written
 * before the first file of a creation or a duplicate, removed after the last step.
 */
export class Incomplete {
  constructor(readonly file: string) {}

  /** @returns whether a creation or duplicate was begun and not finished */
  async isSet(): Promise<boolean> {
    try {
      await readFile(this.file);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
      throw error;
    }
  }

  /** Durable when it resolves. */
  async set(what: "create" | "duplicate"): Promise<void> {
    const handle = await open(this.file, "w", 0o600);
    try {
      await handle.writeFile(`${what}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await syncDirectory(dirname(this.file));
  }

  /** Durable when it resolves. */
  async clear(): Promise<void> {
    await rm(this.file, { force: true });
    await syncDirectory(dirname(this.file));
  }
}

/** Makes names in a directory durable: what was created, renamed or removed in it. */
export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
