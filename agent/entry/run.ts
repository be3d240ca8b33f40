/**
 * `run`, the tt container: keeps the agent proper (`serve`) alive, and beside it the guard (agent/guard/keeper.ts). The
 * database is no child of the agent, so it lives on while the agent starts again.
 */
import { spawn, type ChildProcess } from "node:child_process";
import type { Clock, Log } from "../ports";

/** Pause before the agent is started again: doubles from the first to the last value, ms. */
const PAUSE_MS = { first: 100, last: 5_000 };
/** An agent that lived so long had started well, ms. */
const WELL_MS = 10_000;
/** After so long without one that started well, the container ends and its end is seen by everybody, ms. */
const GIVE_UP_MS = 5 * 60_000;
/** Tells a `serve` that starts after SIGTERM to bring its database down at once. */
export const STOPPING_ENV = "TT_AGENT_STOPPING";

export interface RunOptions {
  clock: Clock;
  log: Log;
  /** Starts the agent. @param stopping SIGTERM was received already */
  start: (stopping: boolean) => AgentProcess;
}

/** One agent process. */
export interface AgentProcess {
  onEnd(callback: (how: string, code: number) => void): void;
  terminate(): void;
}

/** Restarts the agent until it is told to end. */
export class Supervisor {
  readonly #o: RunOptions;
  #process: AgentProcess | null = null;
  #failures = 0;
  #startedMs = 0;
  #wellMs: number;
  #stopping = false;
  #cancelPause: () => void = () => undefined;
  #finish: (code: number) => void = () => undefined;
  /** Exit code of the container, once it is over. */
  readonly done: Promise<number>;

  constructor(options: RunOptions) {
    this.#o = options;
    this.#wellMs = options.clock.monotonicMs();
    this.done = new Promise(resolve => {
      this.#finish = resolve;
    });
    this.#start();
  }

  /** SIGTERM: the agent brings its database down and ends; then so does the container. */
  stop(): void {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#cancelPause();
    // Even with no agent at hand the database must be unloaded cleanly: one more is started for that.
    if (this.#process === null) this.#start();
    else this.#process.terminate();
  }

  #start(): void {
    const { clock, log, start } = this.#o;
    this.#startedMs = clock.monotonicMs();
    const agent = start(this.#stopping);
    this.#process = agent;
    agent.onEnd((how, code) => {
      if (this.#process !== agent) return;
      this.#process = null;
      log.info("agent ended", { how });
      this.#ended(code);
    });
  }

  #ended(code: number): void {
    const { clock, log } = this.#o;
    const now = clock.monotonicMs();
    if (this.#stopping) {
      this.#finish(code);
      return;
    }
    if (now - this.#startedMs >= WELL_MS) {
      this.#failures = 0;
      this.#wellMs = now;
    }
    if (now - this.#wellMs > GIVE_UP_MS) {
      log.error("the agent cannot be started", { forMs: Math.round(now - this.#wellMs) });
      this.#finish(1);
      return;
    }
    const pause = Math.min(PAUSE_MS.first * 2 ** this.#failures, PAUSE_MS.last);
    this.#failures += 1;
    log.warn("agent starts again", { inMs: pause });
    this.#cancelPause = clock.setTimer(pause, () => this.#start());
  }
}

/**
 * @param command program and arguments in front of `serve`
 * @returns a starter of real agent processes, with our output and environment
 */
export function agentStarter(command: readonly [string, ...string[]]): (stopping: boolean) => AgentProcess {
  return stopping => {
    const env = stopping ? { ...process.env, [STOPPING_ENV]: "1" } : process.env;
    return start(command, "serve", env);
  };
}

/**
 * @param command program and arguments in front of `guard`
 * @returns a starter of real guard processes
 */
export function guardStarter(command: readonly [string, ...string[]]): () => AgentProcess {
  return () => start(command, "guard", process.env);
}

function start(
  [program, ...args]: readonly [string, ...string[]],
  verb: string,
  env: NodeJS.ProcessEnv,
): AgentProcess {
  return agentProcess(spawn(program, [...args, verb], { env, stdio: ["ignore", "inherit", "inherit"] }));
}

function agentProcess(child: ChildProcess): AgentProcess {
  return {
    onEnd: callback => {
      child.once("error", error => callback(`cannot be started: ${error.message}`, 1));
      child.once("exit", (code, signal) =>
        callback(signal === null ? `exit code ${code ?? 0}` : `signal ${signal}`, code ?? 1),
      );
    },
    terminate: () => void child.kill("SIGTERM"),
  };
}
