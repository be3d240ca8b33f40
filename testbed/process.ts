/** Child processes: started with a log file, ended for certain. */
import { spawn, type ChildProcess, type ChildProcessByStdio } from "node:child_process";
import { accessSync, closeSync, constants, openSync, readFileSync, statSync } from "node:fs";
import { basename, delimiter, join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { waitFor } from "./wait";

/** A running child of ours. */
export interface Proc {
  readonly name: string;
  readonly child: ChildProcess;
  readonly logFile: string;
  /** True until its exit was seen. */
  alive(): boolean;
  /** SIGTERM, then SIGKILL after `graceMs` (0: at once); resolves when it is gone. */
  stop(graceMs: number): Promise<void>;
}

export interface ProcSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly logFile: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** The PATH with the folders of administrators' programs, which a root shell made by su or sudo may lack. */
export function searchPath(): string {
  const dirs = (process.env["PATH"] ?? "").split(delimiter);
  return [...new Set([...dirs, "/usr/local/sbin", "/usr/sbin", "/sbin"])].join(delimiter);
}

/** Full path of a program in {@link searchPath}, or undefined. */
export function which(program: string): string | undefined {
  for (const dir of searchPath().split(delimiter)) {
    const path = join(dir, program);
    try {
      accessSync(path, constants.X_OK);
      if (statSync(path).isFile()) return path;
    } catch {
      // not there
    }
  }
  return undefined;
}

/**
 * Starts a child whose output goes to a file. The kernel kills it when this process dies, however it dies (setpriv's
 * parent-death signal), where setpriv is there (util-linux).
 */
export function launch(spec: ProcSpec): Proc {
  const fd = openSync(spec.logFile, "a");
  const setpriv = which("setpriv");
  const command = setpriv ?? spec.command;
  const args = setpriv === undefined ? spec.args : ["--pdeathsig", "KILL", "--", spec.command, ...spec.args];
  const child = spawn(command, args, { stdio: ["ignore", fd, fd], env: { ...process.env, ...spec.env } });
  closeSync(fd);
  let gone = false;
  child.once("exit", () => (gone = true));
  child.once("error", () => (gone = true));
  return {
    name: spec.name,
    child,
    logFile: spec.logFile,
    alive: () => !gone,
    async stop(graceMs) {
      if (gone) return;
      const exit = new Promise<void>(done => child.once("exit", () => done()));
      child.kill(graceMs > 0 ? "SIGTERM" : "SIGKILL");
      const timer = setTimeout(() => child.kill("SIGKILL"), graceMs);
      if (child.exitCode === null && child.signalCode === null) await exit;
      clearTimeout(timer);
    },
  };
}

/**
 * Starts a command as pid 1 of new pid, network, mount, uts and ipc namespaces, with pipes for input and output and its
 * errors in a log file. When it ends, however it ends, the kernel kills all in them and frees what they hold. Needs root.
 */
export function launchUnshared(
  command: string,
  args: readonly string[],
  logFile: string,
): ChildProcessByStdio<Writable, Readable, null> {
  const log = openSync(logFile, "a");
  const namespaces = ["--mount", "--pid", "--net", "--uts", "--ipc", "--fork", "--kill-child=KILL"];
  const child = spawn("unshare", [...namespaces, command, ...args], { stdio: ["pipe", "pipe", log] });
  closeSync(log);
  child.stdin?.on("error", () => undefined); // it may end without reading
  return child as ChildProcessByStdio<Writable, Readable, null>;
}

/** What a finished command said. */
export interface Output {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string;
  readonly timeoutMs?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a command to its end and collects its output. Never throws for its exit code; throws when it cannot start. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Output> {
  return new Promise((done, fail) => {
    const child = spawn(command, args, {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, ...options.env },
    });
    const timer = setTimeout(() => child.kill("SIGKILL"), options.timeoutMs ?? 60_000);
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on("data", (b: Buffer) => out.push(b));
    child.stderr.on("data", (b: Buffer) => err.push(b));
    child.stdin.on("error", () => undefined); // it may end without reading
    child.stdin.end(options.input ?? "");
    child.once("error", error => {
      clearTimeout(timer);
      fail(error);
    });
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      done({
        code: code ?? 128,
        stdout: Buffer.concat(out).toString(),
        stderr:
          Buffer.concat(err).toString() +
          (signal === null ? "" : `\n${basename(command)}: ended by ${signal}`),
      });
    });
  });
}

/** As {@link run}, but throws with the command's own words when it fails. Returns its standard output. */
export async function must(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const result = await run(command, args, options);
  if (result.code !== 0)
    throw new Error(
      `${[command, ...args].join(" ")}: exit ${result.code}: ${(result.stderr || result.stdout).trim()}`,
    );
  return result.stdout;
}

/** The last lines of a log file, for error messages; empty when there is none. */
export function tail(file: string, lines = 5): string {
  try {
    return readFileSync(file, "utf8").trimEnd().split("\n").slice(-lines).join("\n");
  } catch {
    return "";
  }
}

/** A process that can be told from a later one with the same id: pid and start time (clock ticks since boot). */
export interface ProcessId {
  readonly pid: number;
  readonly start: string;
}

/** Field 22 of /proc/PID/stat (proc(5)), which begins after the last ')'; undefined when it is gone or a zombie. */
export function startTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/** Is exactly this process still there? */
export function isAlive(id: ProcessId): boolean {
  return startTime(id.pid) === id.start;
}

/** SIGKILL to exactly this process, and wait until it is gone (at most 10 s). */
export async function killFor(id: ProcessId): Promise<void> {
  if (!isAlive(id)) return;
  try {
    process.kill(id.pid, "SIGKILL");
  } catch {
    // gone meanwhile
  }
  await waitFor(`end of process ${id.pid}`, () => (isAlive(id) ? undefined : true), { timeoutMs: 10_000 });
}
