/** Runs a part of the model in a process of its own (bundled, so several times as fast) and gives its results. */
import { execFile } from "node:child_process";
import { join } from "node:path";

export interface Outcome {
  code: number;
  out: string;
}

const root = join(__dirname, "..", "..", "..");

/** @param args as for main.ts */
export function model(...args: string[]): Promise<Outcome> {
  const script = ["scripts/run-ts.mjs", "test/support/model/main.ts", ...args];
  return new Promise(resolve => {
    execFile(process.execPath, script, { cwd: root, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      const code = typeof error?.code === "number" ? error.code : error === null ? 0 : 1;
      resolve({ code, out: stdout + stderr });
    });
  });
}
