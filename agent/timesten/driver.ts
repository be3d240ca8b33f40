/**
 * TimesTen through its utilities and SQL. Everything that changes something is safe to repeat, ends with its signal,
 * and throws TimesTen's own words.
 */
import { setMaxListeners } from "node:events";
import type { TimesTenView } from "../../protocol";
import type { TimesTen } from "../ports";
import { Context, type DriverOptions } from "./context";
import { createDatabase, renewAgentUser, runFile } from "./create";
import { closeForUsers, destroy, freshSection, loadClosed, unload } from "./database";
import { duplicate } from "./duplicate";
import { TimesTenError } from "./errors";
import { Observer } from "./observe";
import { parseNumber, parseRepState, parseScheme, parseWait } from "./parse/isql";
import { databaseProcesses, directProcesses, killProcesses, watchProcesses } from "./processes";
import { isAlive } from "./procfs";
import type { Snapshot } from "./status";

/** ttStatus for `processes` may take so long, ms. */
const PROCESSES_MS = 5_000;

export class TimesTenDriver implements TimesTen {
  readonly #c: Context;
  readonly #observer: Observer;
  /** Creations, duplicates and the like that are under way. */
  #long = 0;
  /** The set of processes asked for last: killed even when ttStatus no longer knows them. */
  #known = new Set<string>();

  constructor(options: DriverOptions) {
    this.#c = new Context(options);
    this.#observer = new Observer(this.#c);
  }

  observe(signal: AbortSignal): Promise<TimesTenView> {
    setMaxListeners(0, signal);
    return this.#observer.view(signal, this.#long > 0);
  }

  async processes(): Promise<string | null> {
    const processes = await databaseProcesses(this.#c, AbortSignal.timeout(PROCESSES_MS));
    if (processes !== null) this.#known = new Set([processes]);
    return processes;
  }

  watchProcesses(processes: string, onEnd: () => void): () => void {
    this.#known.add(processes);
    return watchProcesses(processes, () => {
      this.#changed();
      onEnd();
    });
  }

  attached(): string {
    return directProcesses(this.#c);
  }

  async killProcesses(): Promise<void> {
    await killProcesses(this.#c, this.#known);
    this.#known = new Set();
    this.#changed();
  }

  async startDaemon(signal: AbortSignal): Promise<void> {
    const c = this.#c;
    c.status.invalidate();
    const { report } = await c.status.read(0, signal);
    if (report.daemon !== "Up") {
      const { code } = await c.attempt("ttDaemonAdmin", ["-start"], signal);
      // It leaves a pid file behind when it is killed; -force starts in spite of it.
      if (code !== 0) await c.run("ttDaemonAdmin", ["-force", "-start"], signal);
    }
    c.status.invalidate();
    const { report: after } = await c.status.read(0, signal);
    if (after.daemon === "Up" && after.serverPid === null) {
      await c.run("ttDaemonAdmin", ["-startserver"], signal);
      c.status.invalidate();
    }
  }

  createDatabase(signal: AbortSignal): Promise<void> {
    return this.#doLong(() => createDatabase(this.#c, signal));
  }

  createScheme(statement: string, signal: AbortSignal): Promise<void> {
    return this.#changeScheme(statement, false, signal);
  }

  dropScheme(signal: AbortSignal): Promise<void> {
    return this.#changeScheme("drop active standby pair", true, signal);
  }

  async runEpilog(signal: AbortSignal): Promise<void> {
    await runFile(this.#c, "epilog.sql", "Epilog error: ", signal);
  }

  loadDatabase(signal: AbortSignal): Promise<void> {
    return this.#doLong(() => loadClosed(this.#c, signal));
  }

  destroyDatabase(signal: AbortSignal): Promise<void> {
    return this.#doLong(async () => {
      await destroy(this.#c, signal);
      await this.#c.incomplete.clear();
    });
  }

  duplicate(fromHost: string, signal: AbortSignal): Promise<void> {
    return this.#doLong(() => duplicate(this.#c, fromHost, signal));
  }

  async startRepAgent(signal: AbortSignal): Promise<void> {
    // On the active this comes before anybody can duplicate from it, which takes the agents' user.
    const role = parseRepState(await this.#c.sessions.act("call ttRepStateGet", signal));
    if (role === "ACTIVE") await renewAgentUser(this.#c, signal);
    await this.#unlessDone("call ttRepStart", signal, section => section.repAgent);
    this.#c.status.invalidate();
  }

  async stopRepAgent(signal: AbortSignal): Promise<void> {
    const { status, o } = this.#c;
    await this.#unlessDone("call ttRepStop", signal, section => !section.repAgent);
    const connections = this.#c.section(status.last)?.connections ?? [];
    status.patch(o.dataStore, {
      repAgent: false,
      connections: connections.filter(connection => connection.type !== "Replication"),
    });
  }

  async setActive(signal: AbortSignal): Promise<void> {
    const { sessions } = this.#c;
    if (parseRepState(await sessions.act("call ttRepStateGet", signal)) === "ACTIVE") return;
    await sessions.act("call ttRepStateSet('ACTIVE')", signal);
    this.#observer.forget();
  }

  async deactivate(signal: AbortSignal): Promise<void> {
    const { sessions } = this.#c;
    if (parseRepState(await sessions.act("call ttRepStateGet", signal)) !== "ACTIVE") return;
    await sessions.act("call ttRepDeactivate", signal);
    this.#observer.forget();
  }

  async makeDurable(signal: AbortSignal): Promise<void> {
    await this.#c.sessions.act("call ttDurableCommit", signal);
  }

  async savePeerFailed(signal: AbortSignal): Promise<void> {
    const { o, sessions } = this.#c;
    for (const host of o.peerHosts) {
      await sessions.act(`call ttRepStateSave('FAILED', '${literal(o.db)}', '${literal(host)}')`, signal);
    }
  }

  async open(signal: AbortSignal): Promise<void> {
    const { o, status } = this.#c;
    await this.#c.run("ttAdmin", ["-open", o.db], signal);
    status.patch(o.dataStore, { open: true });
  }

  close(signal: AbortSignal): Promise<void> {
    setMaxListeners(0, signal);
    // What comes next needs a connection, and applications wait for it: it is made while the users go.
    const connect = (): void =>
      void this.#c.sessions.act("call ttRepStateGet", signal).catch(() => undefined);
    return closeForUsers(this.#c, signal, connect);
  }

  async mark(signal: AbortSignal): Promise<number> {
    const { o, sessions } = this.#c;
    await sessions.act(`update ${o.agentUser.name}.ping set id = id + 1`, signal);
    const value = parseNumber(await sessions.act(`select id from ${o.agentUser.name}.ping`, signal));
    if (value === null) throw new TimesTenError(null, `${o.agentUser.name}.ping has no row`);
    return value;
  }

  async waitForStandby(timeoutMs: number, signal: AbortSignal): Promise<boolean> {
    const { o } = this.#c;
    const seconds = Math.max(1, Math.ceil(timeoutMs / 1_000));
    const [host] = o.peerHosts;
    if (host === undefined) return false;
    // Who waits is about to deactivate: nothing else is to be done meanwhile, and applications wait for every moment.
    const call = `call ttRepSubscriberWait(NULL, NULL, '${literal(o.db)}', '${literal(host)}', ${seconds})`;
    const arrived = parseWait(await this.#c.sessions.act(call, signal));
    if (arrived === null) throw new TimesTenError(null, "ttRepSubscriberWait gave no answer");
    return arrived;
  }

  stopDaemon(signal: AbortSignal): Promise<void> {
    return this.#doLong(() => this.#c.sessions.without(() => this.#stopDaemon(signal)));
  }

  async #stopDaemon(signal: AbortSignal): Promise<void> {
    const c = this.#c;
    c.status.invalidate();
    const snapshot = await c.status.read(0, signal);
    if (snapshot.report.daemon === "Down") return;
    await unload(c, signal);
    await c.run("ttDaemonAdmin", ["-stop"], signal);
    await c.until("end of the daemon", signal, async () => !daemonRuns(snapshot), 10);
    // What was connected has been let go: nothing of it is ours to kill any more.
    c.status.forget();
    this.#known = new Set();
  }

  /** Runs the statement where there is a scheme, or where there is none. */
  async #changeScheme(statement: string, whereOneIs: boolean, signal: AbortSignal): Promise<void> {
    const { sessions, status, o } = this.#c;
    const exists = parseScheme(await sessions.act("repschemes", signal)).exists === "Exists";
    if (exists === whereOneIs) await sessions.act(statement, signal);
    status.patch(o.dataStore, {});
    this.#observer.forget();
  }

  /** Runs a statement that fails when its effect is there already; then that is what counts. */
  async #unlessDone(
    statement: string,
    signal: AbortSignal,
    done: (section: { repAgent: boolean }) => boolean,
  ): Promise<void> {
    try {
      await this.#c.sessions.act(statement, signal);
    } catch (error) {
      const section = await freshSection(this.#c, signal);
      if (section === undefined || !done(section)) throw error;
    }
  }

  async #doLong(work: () => Promise<void>): Promise<void> {
    this.#long += 1;
    try {
      await work();
    } finally {
      this.#long -= 1;
      this.#changed();
    }
  }

  #changed(): void {
    this.#c.status.invalidate();
    this.#observer.forget();
  }
}

/** @returns whether the daemon of a report is the same process still */
function daemonRuns({ report, processes }: Snapshot): boolean {
  const daemon = report.daemon === "Up" ? processes.get(report.daemonPid) : undefined;
  return daemon !== undefined && isAlive(daemon);
}

/** @returns the text as the inside of an SQL string */
function literal(text: string): string {
  return text.replaceAll("'", "''");
}
