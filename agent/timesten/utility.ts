/**
 * Runs one of TimesTen's utilities: never through a shell, never longer than its signal allows, never with more
 * output than is worth keeping.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { TimesTenError } from "./errors";
import { firstError } from "./parse/error";

/** Kept of each stream, characters; the rest is read and dropped. */
const MAX_OUTPUT = 256 * 1024;
/** A utility that ended may have left its output to a daemon it started: not waited for longer, ms. */
const DRAIN_MS = 250;

export interface UtilityOptions {
  signal: AbortSignal;
  env: NodeJS.ProcessEnv;
  cwd: string;
  /** Written to its standard input, which is then closed. The only place for a password. */
  stdin?: string;
  /** Called with the process id: it leads a process group of its own. */
  onStart?: (pid: number) => void;
}

export interface UtilityResult {
  /** Exit code; 128 + signal number when it was killed by somebody else. */
  code: number;
  stdout: string;
  stderr: string;
}

/**
 * @param file absolute path
 * @param args each its own string; visible to everybody on the machine, so no secrets
 * @throws TimesTenError when it cannot be started or the signal aborts first (the whole process group is then killed)
 */
export function runUtility(file: string, args: readonly string[], o: UtilityOptions): Promise<UtilityResult> {
  const name = file.slice(file.lastIndexOf("/") + 1);
  return new Promise((resolve, reject) => {
    if (o.signal.aborted) {
      reject(new TimesTenError(null, `${name} not run: its time is over`));
      return;
    }
    const child = spawn(file, args, {
      cwd: o.cwd,
      env: o.env,
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
    });
    if (child.pid !== undefined) o.onStart?.(child.pid);
    const output = collect(child);
    let drain: NodeJS.Timeout | undefined;

    const finish = (settle: () => void) => {
      clearTimeout(drain);
      o.signal.removeEventListener("abort", onAbort);
      child.stdout.destroy();
      child.stderr.destroy();
      settle();
    };
    const onAbort = () => {
      killGroup(child);
      finish(() => reject(new TimesTenError(null, `${name} did not end in its time and was killed`)));
    };
    o.signal.addEventListener("abort", onAbort, { once: true });

    child.on("error", error =>
      finish(() => reject(new TimesTenError(null, `cannot run ${name}: ${error.message}`))),
    );
    const done = (code: number | null) => finish(() => resolve({ code: code ?? 128, ...output() }));
    child.on("exit", code => {
      drain = setTimeout(() => done(code), DRAIN_MS);
    });
    child.on("close", code => done(code));
    child.stdin.on("error", () => undefined);
    child.stdin.end(o.stdin ?? "");
  });
}

/**
 * @returns the result of a utility that succeeded
 * @throws TimesTenError with TimesTen's own words when it exited with anything but 0
 */
export async function runChecked(
  file: string,
  args: readonly string[],
  o: UtilityOptions,
): Promise<UtilityResult> {
  const result = await runUtility(file, args, o);
  if (result.code === 0) return result;
  const error = firstError(`${result.stderr}\n${result.stdout}`);
  if (error !== null) throw TimesTenError.from(error);
  throw new TimesTenError(null, `${file.slice(file.lastIndexOf("/") + 1)} exited with code ${result.code}`);
}

/** SIGKILL for the child and everything it started in its group. */
export function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    child.kill("SIGKILL");
  }
}

function collect(child: ChildProcess): () => { stdout: string; stderr: string } {
  const kept = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream]?.setEncoding("utf8");
    child[stream]?.on("data", (chunk: string) => {
      if (kept[stream].length < MAX_OUTPUT) kept[stream] = (kept[stream] + chunk).slice(0, MAX_OUTPUT);
    });
    child[stream]?.on("error", () => undefined);
  }
  return () => ({ ...kept });
}
