import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

export const root = resolve(__dirname, "../../..");

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  /** Lines of `out` without empty ones at the end. */
  readonly lines: readonly string[];
}

/** The tests themselves may run under make; a make that they start must not know it. */
const NOT_UNDER_MAKE = {
  MAKEFLAGS: undefined,
  MFLAGS: undefined,
  MAKELEVEL: undefined,
  // What the outer make exports is no setting of the inner one.
  OPERATOR_IMAGE: undefined,
  IMAGE_PREFIX: undefined,
  IMAGE_TAG: undefined,
  IMAGES: undefined,
};

/** Runs a program to its end, at most 60 s. `cwd` is the checkout unless given. */
export function run(command: string, args: readonly string[], cwd = root, env: NodeJS.ProcessEnv = {}): Ran {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    env: { ...process.env, ...NOT_UNDER_MAKE, ...env },
    encoding: "utf8",
    timeout: 60_000,
  });
  return { code: status, out: stdout, err: stderr, lines: stdout.trimEnd().split("\n") };
}

/** A new folder with these files (path -> text), below the system's temporary folder. */
export function folder(files: Record<string, string>): string {
  const dir = mkdtempSync(join(tmpdir(), "make-test-"));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
  return dir;
}
