/** Small files of the TimesTen user, written whole. */
import { existsSync } from "node:fs";
import { open, readFile, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { syncDirectory } from "../timesten/incomplete";

/** First line of the shell files that are ours to replace. */
const OURS = "# Written by the TimesTen operator's agent; without this line it is left alone.";

/** Replaces a file; durable when it resolves, never half-written. */
export async function writeWhole(file: string, text: string, mode: number): Promise<void> {
  const temporary = `${file}.new`;
  const handle = await open(temporary, "w", mode);
  try {
    await handle.chmod(mode);
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
  await syncDirectory(dirname(file));
}

/** @returns the text of .bashrc: the instance's environment for every shell, so that ttIsql and friends are found */
export function renderBashrc(instanceHome: string): string {
  return `${OURS}
export TIMESTEN_HOME=${instanceHome}
if [ -f "$TIMESTEN_HOME/bin/ttenv.sh" ]; then
  . "$TIMESTEN_HOME/bin/ttenv.sh" > /dev/null
fi
`;
}

/** @returns the text of .bash_profile: a login shell is like any other */
export function renderBashProfile(): string {
  return `${OURS}
if [ -f "$HOME/.bashrc" ]; then
  . "$HOME/.bashrc"
fi
`;
}

/** Writes both files, unless a person has put others in their place. */
export async function writeShellFiles(userHome: string, instanceHome: string): Promise<void> {
  const files = { ".bashrc": renderBashrc(instanceHome), ".bash_profile": renderBashProfile() };
  for (const [name, text] of Object.entries(files)) {
    const file = join(userHome, name);
    if (existsSync(file) && !(await readFile(file, "utf8")).startsWith(OURS)) continue;
    await writeWhole(file, text, 0o644);
  }
}
