/** What the parts of the driver share: the instance, its utilities, the last report and the SQL sessions. */
import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Log } from "../ports";
import { throwIfAborted, TimesTenError } from "./errors";
import { Incomplete } from "./incomplete";
import { parseTtStatus, type DatabaseStatus } from "./parse/ttstatus";
import { Sessions } from "./sessions";
import { StatusCache, type Snapshot } from "./status";
import { runChecked, runUtility, type UtilityOptions, type UtilityResult } from "./utility";

export interface DriverOptions {
  /** TIMESTEN_HOME: the instance. */
  instanceHome: string;
  /** Database and DSN name. */
  db: string;
  /** DataStore attribute: path of the database's files without suffix. */
  dataStore: string;
  /** LogDir attribute, where the logs lie elsewhere than the database's files; else null. */
  logDir: string | null;
  /** Where the metadata files are (/ttconfig). */
  configDir: string;
  /** Release of the installation in the image. */
  imageRelease: string;
  /** DNS names of the other pods of the pair. */
  peerHosts: readonly string[];
  /** The agents' own user in every database. */
  agentUser: { name: string; password: string };
  /** Daemon port of the other instances; absent: the same as here. */
  remoteDaemonPort?: number;
  /** Environment for TimesTen's utilities. */
  env: NodeJS.ProcessEnv;
  log: Log;
}

/** The driver's inside. */
export class Context {
  readonly status: StatusCache;
  readonly sessions: Sessions;
  readonly incomplete: Incomplete;
  /** Process groups of the utilities and sessions that we started and that still run. */
  readonly #groups = new Set<number>();

  constructor(readonly o: DriverOptions) {
    this.status = new StatusCache(signal => this.#runStatus(signal));
    this.incomplete = new Incomplete(join(dirname(o.dataStore), `.${basename(o.dataStore)}.incomplete`));
    this.sessions = new Sessions(
      args => ({ file: this.tool("ttIsql"), args, env: o.env, cwd: o.instanceHome }),
      `DSN=${o.db}`,
      () => this.status.invalidate(),
    );
  }

  /** @returns absolute path of a utility */
  tool(name: string): string {
    return join(this.o.instanceHome, "bin", name);
  }

  /** @throws TimesTenError when it does not exit with 0 */
  run(name: string, args: readonly string[], signal: AbortSignal, stdin?: string): Promise<UtilityResult> {
    return this.#run(runChecked, name, args, signal, stdin);
  }

  /** As `run`, but any exit code is an answer. */
  attempt(
    name: string,
    args: readonly string[],
    signal: AbortSignal,
    stdin?: string,
  ): Promise<UtilityResult> {
    return this.#run(runUtility, name, args, signal, stdin);
  }

  /** @returns whether this process group is one of ours: what it does in the database is no user's doing */
  isOwn(group: number): boolean {
    return this.#groups.has(group) || this.sessions.pids().includes(group);
  }

  /** @returns our database's part of a report */
  section(snapshot: Snapshot): DatabaseStatus | undefined {
    const { report } = snapshot;
    if (report.daemon !== "Up") return undefined;
    return report.databases.find(database => database.dataStore === this.o.dataStore);
  }

  /** @returns whether the database has checkpoint files (<db>.ds0, <db>.ds1) */
  async isOnDisk(): Promise<boolean> {
    const name = basename(this.o.dataStore);
    try {
      return (await readdir(dirname(this.o.dataStore))).some(file => file.startsWith(`${name}.ds`));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
      throw error;
    }
  }

  /** Asks again and again until `check` says true. @throws TimesTenError when the signal aborts first */
  async until(
    what: string,
    signal: AbortSignal,
    check: () => Promise<boolean>,
    intervalMs = 50,
  ): Promise<void> {
    while (!(await check())) {
      if (signal.aborted) throw new TimesTenError(null, `${what}: not in its time`);
      await pause(intervalMs, undefined, { signal }).catch(() => undefined);
      throwIfAborted(signal);
    }
  }

  async #runStatus(signal: AbortSignal) {
    try {
      const { stdout, stderr } = await this.attempt("ttStatus", [], signal);
      return parseTtStatus(`${stdout}\n${stderr}`);
    } catch (error) {
      this.o.log.warn("ttStatus gave no answer", { error: String(error) });
      return { daemon: "Unknown" } as const;
    }
  }

  async #run(
    how: typeof runUtility,
    name: string,
    args: readonly string[],
    signal: AbortSignal,
    stdin?: string,
  ) {
    let group: number | null = null;
    const options: UtilityOptions = {
      signal,
      env: this.o.env,
      cwd: this.o.instanceHome,
      onStart: pid => {
        group = pid;
        this.#groups.add(pid);
      },
      ...(stdin === undefined ? {} : { stdin }),
    };
    try {
      return await how(this.tool(name), args, options);
    } finally {
      if (group !== null) this.#groups.delete(group);
    }
  }
}
