/** `install <dir>`: copies the agent with its runtime to a volume that the TimesTen containers mount. */
import { chmod, copyFile, lstat, mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";

const EXECUTABLE = /^(?:node|tthelper|ld-linux.*|.*\.so(?:\..*)?)$/;

/**
 * Copies every file below `from`; safe to repeat, also over files that are in use: each appears whole, by a rename.
 * @param from folder with agent.cjs, tthelper, node and lib/
 * @param to the volume
 * @returns how many files were copied
 */
export async function install(from: string, to: string): Promise<number> {
  await mkdir(to, { recursive: true });
  // The volume's own root may belong to root: then its mode is as it should be already.
  await chmod(to, 0o755).catch(() => undefined);
  let copied = 0;
  for (const name of await readdir(from)) {
    const source = join(from, name);
    const target = join(to, name);
    if ((await stat(source)).isDirectory()) copied += await install(source, target);
    else {
      await copyWhole(source, target, EXECUTABLE.test(name) ? 0o755 : 0o644);
      copied += 1;
    }
  }
  return copied;
}

/** Links are followed: what they point to would not be there. */
async function copyWhole(source: string, target: string, mode: number): Promise<void> {
  const temporary = `${target}.new`;
  await rm(temporary, { force: true });
  await copyFile(source, temporary);
  await chmod(temporary, mode);
  if (await isFolder(target)) await rm(target, { recursive: true });
  await rename(temporary, target);
}

async function isFolder(path: string): Promise<boolean> {
  return lstat(path).then(
    found => found.isDirectory(),
    () => false,
  );
}
