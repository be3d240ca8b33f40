/**
 * A ttIsql that stays connected: statements go to its standard input one at a time, and the end of each answer is
 * the row of a marker that is selected after it. So a role change costs no start of a process.
 */
import { spawn, type ChildProcessByStdio } from "node:child_process";
import { randomBytes } from "node:crypto";
import type { Readable, Writable } from "node:stream";
import { isConnectionLost, TimesTenError } from "./errors";
import { firstError, parseErrors } from "./parse/error";
import { withoutPrompt } from "./parse/isql";
import { killGroup } from "./utility";

/** Kept of one answer, lines. */
const MAX_LINES = 2_000;
const MAX_LINE = 16 * 1024;
/** How long a ttIsql that was told to quit may take, ms. */
const QUIT_MS = 1_000;
const FAILED = /^The command failed\./;

export interface IsqlOptions {
  /** Absolute path of ttIsql. */
  file: string;
  args: readonly string[];
  env: NodeJS.ProcessEnv;
  cwd: string;
  /** The connection broke: what was known through it may be void. */
  onLost: (reason: string) => void;
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

interface Request {
  /** null: only wait until ttIsql is connected. */
  statement: string | null;
  signal: AbortSignal;
  resolve: (lines: string[]) => void;
  reject: (error: Error) => void;
  onAbort: () => void;
}

interface Current extends Request {
  marker: string;
  lines: string[];
  failures: number;
}

/** One long-lived ttIsql: started with the first statement, again after every loss. */
export class IsqlSession {
  readonly #o: IsqlOptions;
  readonly #queue: Request[] = [];
  #child: Child | null = null;
  #connected = false;
  #current: Current | null = null;
  #rest = "";

  constructor(options: IsqlOptions) {
    this.#o = options;
  }

  /** Process id, which is also the id of its process group; null while it does not run. */
  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  /**
   * @param statement one statement, with or without its final semicolon
   * @param signal its deadline. Reached while the statement runs, ttIsql is killed; while it waits, it is dropped.
   * @returns the lines of the answer
   * @throws TimesTenError TimesTen's own error, or that the connection was lost or the time is over
   */
  execute(statement: string, signal: AbortSignal): Promise<string[]> {
    return this.#request(oneLine(statement), signal);
  }

  /** Ends the connection; the next statement makes a new one. Resolves when ttIsql is gone. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child === null || child.pid === undefined) return;
    const gone = endOf(child);
    if (this.#current === null && this.#connected) child.stdin.end("quit;\n");
    else killGroup(child);
    const timer = setTimeout(() => killGroup(child), QUIT_MS);
    this.#drop(child, "the connection was closed");
    await gone;
    clearTimeout(timer);
  }

  /** Ends ttIsql at once, whatever it is at. Resolves when it is gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === null || child.pid === undefined) return;
    const gone = endOf(child);
    killGroup(child);
    this.#drop(child, "the connection was cut");
    await gone;
  }

  #request(statement: string | null, signal: AbortSignal): Promise<string[]> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(new TimesTenError(null, "given up: its time is over"));
        return;
      }
      const request: Request = { statement, signal, resolve, reject, onAbort: () => this.#abort(request) };
      signal.addEventListener("abort", request.onAbort, { once: true });
      this.#queue.push(request);
      this.#next();
    });
  }

  /** Takes the next request up when nothing is under way. */
  #next(): void {
    if (this.#current !== null) return;
    const request = this.#queue[0];
    if (request === undefined) return;
    this.#child ??= this.#start();
    // The connection itself is the first answer to wait for; what was asked comes after it.
    const waiting = this.#connected ? this.#queue.shift() : { ...request, statement: null };
    if (waiting === undefined) return;
    const marker = `end-${randomBytes(8).toString("hex")}`;
    this.#current = { ...waiting, marker, lines: [], failures: 0 };
    const text = waiting.statement === null ? "" : `${waiting.statement};\n`;
    this.#child.stdin.write(`${text}select '${marker}' from dual;\n`);
  }

  #start(): Child {
    const { file, args, env, cwd } = this.#o;
    const child = spawn(file, args, { cwd, env, detached: true, stdio: ["pipe", "pipe", "pipe"] });
    this.#rest = "";
    this.#connected = false;
    child.stdin.on("error", () => undefined);
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8");
      stream.on("error", () => undefined);
    }
    child.stdout.on("data", (chunk: string) => this.#read(child, chunk));
    child.stderr.on("data", (chunk: string) => {
      if (this.#child === child) chunk.split("\n").forEach(line => this.#keep(line));
    });
    child.on("error", error => this.#lost(child, `cannot run ttIsql: ${error.message}`));
    // Not "exit": what it said before it ended is then read.
    child.on("close", () => this.#lost(child, "ttIsql ended"));
    return child;
  }

  #read(child: Child, chunk: string): void {
    if (this.#child !== child) return;
    const lines = (this.#rest + chunk).split("\n");
    this.#rest = (lines.pop() ?? "").slice(0, MAX_LINE);
    for (const line of lines) {
      if (this.#child === child) this.#line(child, line.replace(/\r$/, ""));
    }
  }

  #line(child: Child, raw: string): void {
    const current = this.#current;
    if (current === null) return;
    const line = withoutPrompt(raw).trim();
    if (line === `< ${current.marker} >`) {
      // What ttIsql wrote to its other stream before the marker is read by then.
      setImmediate(() => this.#answered(child, current));
      return;
    }
    this.#keep(raw);
    if (!FAILED.test(line)) return;
    current.failures += 1;
    // The marker itself failed: there is no connection any more, and no marker will ever come.
    if (current.failures > (current.statement === null ? 0 : 1)) {
      killGroup(child);
      this.#lost(child, "no connection");
    }
  }

  #keep(line: string): void {
    const current = this.#current;
    if (current !== null && current.lines.length < MAX_LINES) current.lines.push(line.slice(0, MAX_LINE));
  }

  #answered(child: Child, current: Current): void {
    if (this.#current !== current || this.#child !== child) return;
    this.#current = null;
    if (current.statement === null) {
      this.#connected = true;
      this.#next();
      return;
    }
    current.signal.removeEventListener("abort", current.onAbort);
    const error = parseErrors(current.lines.join("\n"))[0];
    if (error === undefined) current.resolve(current.lines);
    else current.reject(TimesTenError.from(error));
    if (error !== undefined && isConnectionLost(error)) {
      killGroup(child);
      this.#lost(child, error.message);
    }
    this.#next();
  }

  /** The deadline of a request is over. */
  #abort(request: Request): void {
    const waiting = this.#queue.indexOf(request);
    if (waiting >= 0) this.#queue.splice(waiting, 1);
    const child = this.#child;
    if (this.#current?.onAbort === request.onAbort && child !== null) {
      killGroup(child);
      this.#lost(child, "no answer in time");
    }
    request.reject(new TimesTenError(null, "no answer in time"));
  }

  /** The child is of no use any more: fails what it was at, and everybody who waits behind it. */
  #lost(child: Child, reason: string): void {
    if (this.#child !== child) return;
    const said = firstErrorOf(this.#current?.lines ?? []);
    this.#drop(child, said ?? reason);
    this.#o.onLost(said ?? reason);
  }

  #drop(child: Child, reason: string): void {
    if (this.#child !== child) return;
    this.#child = null;
    this.#connected = false;
    const current = this.#current;
    this.#current = null;
    const number = firstError(reason)?.number ?? null;
    const failed = current === null ? [] : [current];
    for (const request of [...failed, ...this.#queue.splice(0)]) {
      request.signal.removeEventListener("abort", request.onAbort);
      request.reject(new TimesTenError(number, reason));
    }
  }
}

/** It may have ended already while its output is still open: then no other "exit" comes. */
function endOf(child: Child): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise(resolve => child.once("exit", () => resolve()));
}

/** ttIsql takes a statement up to the semicolon at the end of a line: a line break inside must not end it early. */
function oneLine(statement: string): string {
  return statement
    .replace(/\s*\r?\n\s*/g, " ")
    .replace(/[;\s]+$/, "")
    .trim();
}

function firstErrorOf(lines: readonly string[]): string | null {
  return parseErrors(lines.join("\n"))[0]?.message ?? null;
}
