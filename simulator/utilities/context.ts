/** What every utility shares: output, the instance, the way to the daemon. */
import { AsyncLocalStorage } from "node:async_hooks";
import { UsageError } from "../shared/args";
import { TimesTenError } from "../shared/errors";
import { loadInstance, socketPath, type Instance } from "../shared/instance";
import { caller, openSocket, type Caller, type Message } from "../shared/lines";

/** A utility: arguments in, exit code out. */
export type Utility = (argv: string[]) => Promise<number>;

/** What a utility printed, and its exit code. */
export interface Printed {
  stdout: string;
  stderr: string;
  code: number;
}

/** The process that a utility works for: where it prints to, and what else is its own. */
export interface Principal {
  out: (text: string) => void;
  err: (text: string) => void;
  pid: number;
  /** Its working directory. */
  cwd: string;
}

/** Set where a utility runs in the daemon for a process that only carries its input and output. */
const elsewhere = new AsyncLocalStorage<Principal>();

/** This process, or the one that this work is done for. */
export function principal(): Principal {
  return elsewhere.getStore() ?? itself;
}

const itself: Principal = {
  out: text => void process.stdout.write(text),
  err: text => void process.stderr.write(text),
  pid: process.pid,
  cwd: process.cwd(),
};

export function print(line = ""): void {
  principal().out(`${line}\n`);
}

export function complain(line: string): void {
  principal().err(`${line}\n`);
}

/** Runs a utility in this process on behalf of another. @returns its exit code */
export function onBehalf(of: Principal, work: () => Promise<number>): Promise<number> {
  return elsewhere.run(of, work);
}

/** Runs a utility in this process. @returns what it would have printed */
export async function captured(utility: Utility, argv: string[]): Promise<Printed> {
  const printed: Printed = { stdout: "", stderr: "", code: 0 };
  const caller = {
    ...itself,
    out: (text: string) => void (printed.stdout += text),
    err: (text: string) => void (printed.stderr += text),
  };
  printed.code = await onBehalf(caller, () => utility(argv));
  return printed;
}

/** Thrown when the daemon's socket does not answer. */
export class NoDaemon extends Error {}

/** @throws NoDaemon */
export async function daemonOf(instance: Instance): Promise<Caller> {
  try {
    const socket = await openSocket({ path: socketPath(instance.home, "timestend") }, 5000);
    return caller(socket, () => new NoDaemon("the connection to the daemon was lost"));
  } catch {
    throw new NoDaemon("no daemon");
  }
}

/** One question to the daemon. @throws NoDaemon, TimesTenError */
export async function askDaemon(instance: Instance, message: Message, timeoutMs = 0): Promise<Message> {
  const daemon = await daemonOf(instance);
  try {
    return await daemon.call(message, timeoutMs);
  } finally {
    daemon.close();
  }
}

/**
 * Runs a utility's body with the instance of $TIMESTEN_HOME; prints what goes wrong.
 * @param name shown in front of complaints
 */
export async function guarded(name: string, body: (instance: Instance) => Promise<number>): Promise<number> {
  try {
    return await body(loadInstance());
  } catch (error) {
    if (error instanceof UsageError) {
      complain(`${name}: ${error.message}`);
      complain(`Try "${name} -help" for more information.`);
      return 255;
    }
    if (error instanceof NoDaemon) {
      complain(`${name}: Could not connect to the TimesTen daemon.`);
      complain("If the TimesTen daemon is not running, please start it");
      complain('by running "ttDaemonAdmin -start".');
      return 1;
    }
    complain(
      error instanceof TimesTenError
        ? `*** [TimesTen]${name}: TT${error.line()}`
        : `${name}: ${String(error instanceof Error ? error.message : error)}`,
    );
    return 1;
  }
}

/** @returns the connection string: -connStr, or the bare DSN at the end. @throws UsageError */
export function connectionString(values: Map<string, string>, rest: string[]): string {
  const given = values.get("connstr") ?? rest.at(-1);
  if (given === undefined) throw new UsageError("a DSN or -connStr is needed");
  return given;
}

/** Lines of standard input, read to the end or until `count` of them are there. */
export async function readLines(count: number): Promise<string[]> {
  const lines: string[] = [];
  let rest = "";
  for await (const chunk of process.stdin) {
    rest += String(chunk);
    const parts = rest.split("\n");
    rest = parts.pop() ?? "";
    lines.push(...parts);
    if (lines.length >= count) break;
  }
  if (rest !== "" && lines.length < count) lines.push(rest);
  return lines.slice(0, count);
}

/**
 * Asks for a password. On a terminal nothing is echoed; from a pipe the next line is taken.
 * @param prompt shown on standard error
 */
export async function askPassword(prompt: string): Promise<string> {
  process.stderr.write(prompt);
  const { stdin } = process;
  if (!stdin.isTTY) {
    const [line = ""] = await readLines(1);
    stdin.destroy();
    return line.replace(/\r$/, "");
  }
  stdin.setRawMode(true);
  let typed = "";
  for await (const chunk of stdin) {
    for (const key of String(chunk)) {
      if (key === "\r" || key === "\n") {
        stdin.setRawMode(false);
        stdin.pause();
        process.stderr.write("\n");
        return typed;
      }
      if (key === "\u0003") process.exit(130);
      typed = key === "\u007f" ? typed.slice(0, -1) : typed + key;
    }
  }
  return typed;
}
