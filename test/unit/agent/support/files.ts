import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Log } from "../../../../agent/ports";

// These tests start processes: on a busy machine that takes its time, and only a failure may run into this.
jest.setTimeout(60_000);

/** A folder of its own for one test file; `remove` it at the end. */
export function temporaryFolder(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), "agent-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Writes a file, with the folders above it. */
export function put(file: string, text: string, mode = 0o644): string {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
}

/** A program in place of a TimesTen utility: a script of the Node that runs the tests. */
export function putProgram(file: string, body: string): string {
  return put(file, `#!${process.execPath}\n${body}\n`, 0o755);
}

/** A log that keeps its lines. */
export function keepingLog(): Log & { lines: string[] } {
  const lines: string[] = [];
  const keep = (level: string) => (message: string, fields?: Record<string, unknown>) => {
    lines.push(JSON.stringify({ level, message, ...fields }));
  };
  return { lines, info: keep("info"), warn: keep("warn"), error: keep("error") };
}

/** Asks until it is so. @throws when it is not within the time */
export async function eventually(
  what: string,
  check: () => boolean | Promise<boolean>,
  withinMs = 20_000,
): Promise<void> {
  const end = performance.now() + withinMs;
  while (!(await check())) {
    if (performance.now() > end) throw new Error(`not within ${withinMs} ms: ${what}`);
    await new Promise(resolve => setTimeout(resolve, 5));
  }
}
