/**
 * Holding processes: their end is told at once, and a signal never meets another process of the same number. Done by
 * the static helper (agent/helper) through pidfds; where it is not there or cannot run, by looking at /proc.
 */
import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import * as z from "zod";
import { parseMessage } from "../protocol";
import type { Log } from "./ports";
import { isAlive, kill, parseProcesses } from "./timesten/procfs";

/** Between two looks at /proc where the helper does not hold the processes, ms. */
const POLL_MS = 25;
/** Pause before a helper that ended is started again, ms. */
const AGAIN_MS = 1_000;
/** The helper's answer to a kill is not waited for longer; then it is done from here, ms. */
const KILL_ANSWER_MS = 100;

/** Sets of processes as "pid:starttime,...". */
export interface ProcessHolder {
  /** Calls back once, when all of them have ended; an empty or unreadable set never does. @returns a function that ends the watching */
  watch(processes: string, onGone: () => void): () => void;
  /** SIGKILL for each that lives; resolves when it was sent. Never rejects. */
  kill(processes: string): Promise<void>;
  /** Ends the watching of everything. */
  stop(): void;
}

const eventSchema = z.discriminatedUnion("event", [
  z.object({ event: z.literal("ready") }),
  z.object({ event: z.literal("ended"), id: z.string(), pid: z.number() }),
  z.object({ event: z.literal("gone"), id: z.string() }),
  z.object({ event: z.literal("killed"), id: z.string() }),
  z.object({ event: z.literal("clocks"), id: z.string(), monotonicMs: z.number(), boottimeMs: z.number() }),
  z.object({ event: z.literal("failed"), id: z.string().optional(), error: z.string() }),
]);
type HelperEvent = z.infer<typeof eventSchema>;

interface Watch {
  processes: string;
  onGone: () => void;
  cancelPoll: () => void;
}

/**
 * @param file the helper's program; where there is none, /proc is looked at, and the log says so
 * @returns a holder that outlives its helper: a new one is started, and /proc is looked at meanwhile
 */
export function holdProcesses(file: string, log: Log): ProcessHolder {
  if (existsSync(file)) return new Holder(file, log);
  log.warn("no helper: processes are looked at instead of held", { file, everyMs: POLL_MS });
  return new Holder(null, log);
}

class Holder implements ProcessHolder {
  readonly #log: Log;
  readonly #file: string | null;
  readonly #watches = new Map<string, Watch>();
  readonly #kills = new Map<string, () => void>();
  #helper: ChildProcessWithoutNullStreams | null = null;
  #ready = false;
  #stopped = false;
  #lastId = 0;
  #again: NodeJS.Timeout | undefined;

  constructor(file: string | null, log: Log) {
    this.#file = file;
    this.#log = log;
    this.#start();
  }

  watch(processes: string, onGone: () => void): () => void {
    // What cannot be read wholly is never called ended: somebody might rely on it.
    if (parseProcesses(processes).length !== processes.split(",").length) {
      if (processes !== "") this.#log.error("no list of processes", { processes });
      return () => undefined;
    }
    const id = String(++this.#lastId);
    const watch: Watch = { processes, onGone, cancelPoll: () => undefined };
    this.#watches.set(id, watch);
    this.#hold(id, watch);
    return () => this.#forget(id);
  }

  async kill(processes: string): Promise<void> {
    if (!this.#ready) {
      parseProcesses(processes).forEach(kill);
      return;
    }
    const id = String(++this.#lastId);
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, KILL_ANSWER_MS);
      this.#kills.set(id, () => {
        clearTimeout(timer);
        resolve();
      });
      this.#tell({ op: "kill", id, processes });
    });
    this.#kills.delete(id);
    // Whom the helper did not reach; a process that it reached is dead or dying.
    parseProcesses(processes).forEach(kill);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#again);
    for (const id of [...this.#watches.keys()]) this.#forget(id);
    this.#helper?.stdin.end();
    this.#helper = null;
    this.#ready = false;
  }

  #start(): void {
    if (this.#file === null || this.#stopped) return;
    const helper = spawn(this.#file, [], { stdio: ["pipe", "pipe", "pipe"], env: {} });
    this.#helper = helper;
    let over = false;
    const ended = (how: string) => {
      if (over) return;
      over = true;
      this.#ended(helper, how);
    };
    helper.on("error", error => ended(error.message));
    helper.on("exit", (code, signal) => ended(signal ?? `exit code ${code ?? 0}`));
    helper.stdin.on("error", () => undefined);
    helper.stderr.resume();
    createInterface({ input: helper.stdout }).on("line", line => {
      if (this.#helper === helper) this.#heard(line);
    });
  }

  #ended(helper: ChildProcessWithoutNullStreams, how: string): void {
    if (this.#helper !== helper) return;
    this.#helper = null;
    this.#ready = false;
    this.#log.warn("helper ended: processes are looked at until it runs again", { how });
    for (const answered of this.#kills.values()) answered();
    for (const [id, watch] of this.#watches) this.#hold(id, watch);
    this.#again = setTimeout(() => this.#start(), AGAIN_MS);
    this.#again.unref();
  }

  #heard(line: string): void {
    let event: HelperEvent;
    try {
      event = parseMessage(eventSchema, line);
    } catch (error) {
      this.#log.warn("helper said what is not understood", { error: String(error) });
      return;
    }
    switch (event.event) {
      case "ready":
        this.#ready = true;
        this.#log.info("the helper holds the processes");
        for (const [id, watch] of this.#watches) this.#hold(id, watch);
        return;
      case "gone":
        this.#gone(event.id);
        return;
      case "killed":
        this.#kills.get(event.id)?.();
        return;
      case "failed":
        this.#failed(event.id, event.error);
        return;
      case "ended":
      case "clocks":
        return;
    }
  }

  /** What the helper cannot hold is looked at. */
  #failed(id: string | undefined, error: string): void {
    this.#log.warn("helper failed", { error });
    if (id === undefined) return;
    this.#kills.get(id)?.();
    const watch = this.#watches.get(id);
    if (watch !== undefined) this.#poll(id, watch);
  }

  #hold(id: string, watch: Watch): void {
    watch.cancelPoll();
    if (this.#ready) this.#tell({ op: "watch", id, processes: watch.processes });
    else this.#poll(id, watch);
  }

  #poll(id: string, watch: Watch): void {
    const processes = parseProcesses(watch.processes);
    const timer = setInterval(() => {
      if (!processes.some(isAlive)) this.#gone(id);
    }, POLL_MS);
    watch.cancelPoll = () => clearInterval(timer);
  }

  #gone(id: string): void {
    const watch = this.#watches.get(id);
    this.#forget(id, false);
    watch?.onGone();
  }

  #forget(id: string, tell = true): void {
    this.#watches.get(id)?.cancelPoll();
    if (this.#watches.delete(id) && tell && this.#ready) this.#tell({ op: "unwatch", id });
  }

  #tell(message: { op: string; id: string; processes?: string }): void {
    this.#helper?.stdin.write(`${JSON.stringify(message)}\n`);
  }
}
