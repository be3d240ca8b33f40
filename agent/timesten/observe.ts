/** One look at instance, daemon and database, put together from cheap sources. */
import { realpathSync, statSync } from "node:fs";
import { access } from "node:fs/promises";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { unknownView, type TimesTenView } from "../../protocol";
import type { Context } from "./context";
import { TimesTenError } from "./errors";
import {
  parseFound,
  parseLag,
  parseNumber,
  parsePeerState,
  parseRepState,
  parseRows,
  parseScheme,
} from "./parse/isql";
import { parsePolicies } from "./parse/ttadmin";
import { dbStateOf, type DatabaseStatus } from "./parse/ttstatus";
import { parseTtVersion } from "./parse/ttversion";
import { isAlive } from "./procfs";
import { daemonLives, type Snapshot } from "./status";

/** ttStatus is run again after this long, although nothing happened, ms. */
const STATUS_AGE_MS = 5_000;
/** The same while a database comes or goes, ms. */
const MOVING_AGE_MS = 250;
/** One look over SQL may take so long, ms; then what was seen last counts while it is younger than `SQL_TRUST_MS`. */
const SQL_MS = 1_500;
const SQL_TRUST_MS = 3_000;
/** Scheme and cache groups change by our own doing only, or by hand: looked at so often, ms. */
const SCHEME_AGE_MS = 5_000;
/** Between two lines in the log about the same trouble, ms. */
const COMPLAIN_MS = 10_000;
/** The lag is told in steps, rounded up: told exactly it would be news at every look. */
const LAG_STEP_BYTES = 1024 * 1024;
/** ttVersion may take so long, ms. */
const VERSION_MS = 5_000;

type SqlFacts = Pick<TimesTenView, "repState" | "repPeerState" | "dbId" | "updatable" | "lagBytes"> &
  SchemeView;
type SchemeView = Pick<
  TimesTenView,
  "repScheme" | "usingTwosafe" | "disableReturn" | "localCommit" | "nCacheGroups" | "cacheUidPwdSet"
>;

/** Looks, and remembers what does not change from one look to the next. */
export class Observer {
  readonly #c: Context;
  #release = { key: "", value: "Unknown" };
  #scheme: { facts: SchemeView; atMs: number } | null = null;
  #complaint = { text: "", atMs: 0 };
  #sql: { facts: SqlFacts; atMs: number } | null = null;

  constructor(context: Context) {
    this.#c = context;
  }

  /** Scheme, role or database changed: what SQL said before is void. */
  forget(): void {
    this.#scheme = null;
    this.#sql = null;
  }

  /** @returns the whole view. Never rejects: what cannot be seen in time is Unknown. */
  async view(signal: AbortSignal, busy: boolean): Promise<TimesTenView> {
    const c = this.#c;
    const base = { ...unknownView, imageRelease: c.o.imageRelease };
    try {
      const release = await this.#instanceRelease(signal);
      if (release === null) return { ...base, instance: "Missing", daemon: "Down", db: "None" };
      const incomplete = await c.incomplete.isSet();
      const snapshot = await this.#snapshot(signal, incomplete);
      const onDisk = await c.isOnDisk();
      const seen = { ...base, instance: "Exists" as const, release, daemon: snapshot.report.daemon };
      if (snapshot.report.daemon === "Unknown") return seen;
      // Begun and not finished is no database, whatever lies there.
      if (incomplete) return { ...seen, db: busy ? "Transitioning" : "None" };
      const section = c.section(snapshot);
      const db = dbStateOf(section, onDisk);
      if (db !== "Loaded" || section === undefined) return { ...seen, db };
      return { ...seen, db, ...(await this.#loaded(section, signal)) };
    } catch (error) {
      this.#complain("cannot look at TimesTen", error);
      return base;
    }
  }

  /** @returns null when there is no instance */
  async #instanceRelease(signal: AbortSignal): Promise<string | null> {
    const home = this.#c.o.instanceHome;
    const key = instanceKey(home);
    if (key === null) return null;
    if (this.#release.key === key) return this.#release.value;
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(VERSION_MS)]);
    const output = await this.#c.attempt("ttVersion", [], bounded).catch(() => null);
    const value = parseTtVersion(output?.stdout ?? "");
    if (value !== "Unknown") this.#release = { key, value };
    return value;
  }

  async #snapshot(signal: AbortSignal, incomplete: boolean): Promise<Snapshot> {
    const { status } = this.#c;
    const { report } = status.last;
    if (report.daemon === "Up" && (!daemonLives(status.last) || !this.#agentsLive(status.last)))
      status.invalidate();
    const db = dbStateOf(this.#c.section(status.last), false);
    const moving = incomplete || !["Loaded", "None", "Unloaded"].includes(db);
    return status.read(moving || report.daemon === "Unknown" ? MOVING_AGE_MS : STATUS_AGE_MS, signal);
  }

  /** @returns whether the replication and cache agents of the last report are still the same processes */
  #agentsLive(snapshot: Snapshot): boolean {
    const section = this.#c.section(snapshot);
    if (section?.repAgent !== true && section?.cacheAgent !== true) return true;
    return section.connections
      .filter(connection => ["Replication", "Cache Agent"].includes(connection.type))
      .every(connection => {
        const process = snapshot.processes.get(connection.pid);
        return process === undefined || isAlive(process);
      });
  }

  async #loaded(section: DatabaseStatus, signal: AbortSignal): Promise<Partial<TimesTenView>> {
    const open = section.open ?? (await this.#askOpen(signal));
    return {
      open,
      repAgent: section.repAgent ? "Running" : "Not Running",
      cacheAgent: section.cacheAgent ? "Running" : "Not Running",
      ...(await this.#overSql(signal)),
    };
  }

  /** ttStatus of this release does not say whether the database is open: ttAdmin does. */
  async #askOpen(signal: AbortSignal): Promise<boolean> {
    const { o, status } = this.#c;
    const { stdout } = await this.#c.run("ttAdmin", ["-query", o.db], signal);
    const { open } = parsePolicies(stdout);
    if (open === null)
      throw new TimesTenError(null, "neither ttStatus nor ttAdmin says whether the database is open");
    status.patch(o.dataStore, { open });
    return open;
  }

  async #overSql(signal: AbortSignal): Promise<Partial<TimesTenView>> {
    try {
      const facts = await this.#ask(AbortSignal.any([signal, AbortSignal.timeout(SQL_MS)]));
      this.#sql = { facts, atMs: performance.now() };
      return facts;
    } catch (error) {
      if (this.#sql !== null && performance.now() - this.#sql.atMs < SQL_TRUST_MS) return this.#sql.facts;
      this.#complain("no answer over SQL", error);
      return {};
    }
  }

  /** The same trouble at every look is worth a line now and then. */
  #complain(message: string, error: unknown): void {
    const text = `${message}: ${String(error)}`;
    const now = performance.now();
    if (this.#complaint.text === text && now - this.#complaint.atMs < COMPLAIN_MS) return;
    this.#complaint = { text, atMs: now };
    this.#c.o.log.warn(message, { error: String(error) });
  }

  async #ask(signal: AbortSignal): Promise<SqlFacts> {
    const { o, sessions } = this.#c;
    const scheme = await this.#askScheme(signal);
    const dbId = await sessions
      .look(`select id from ${o.agentUser.name}.ping`, signal)
      .then(parseNumber)
      .catch(noTable);
    if (scheme.repScheme !== "Exists") {
      const updatable = scheme.repScheme === "None" ? "Yes" : "Unknown";
      // A database without a scheme has a state too: IDLE, by which a person's choice is known.
      const isOfPair = scheme.repScheme === "None" && o.peerHosts.length > 0;
      const repState = isOfPair
        ? parseRepState(await sessions.look("call ttRepStateGet", signal))
        : "Unknown";
      return { ...scheme, dbId: dbId ?? 0, updatable, repState, repPeerState: "Unknown", lagBytes: null };
    }
    const repState = parseRepState(await sessions.look("call ttRepStateGet", signal));
    const peers = await sessions.look("call ttReplicationStatus", signal);
    return {
      ...scheme,
      dbId: dbId ?? 0,
      updatable: repState === "ACTIVE" ? "Yes" : repState === "Unknown" ? "Unknown" : "No",
      repState,
      repPeerState: parsePeerState(peers, o.peerHosts),
      lagBytes: repState === "ACTIVE" ? await this.#askLag(signal) : null,
    };
  }

  /** Nothing depends on it but what a failover may have cost: no answer is no trouble. */
  async #askLag(signal: AbortSignal): Promise<number | null> {
    try {
      const lag = parseLag(await this.#c.sessions.look("call ttBookmark", signal));
      return lag === null ? null : Math.ceil(lag / LAG_STEP_BYTES) * LAG_STEP_BYTES;
    } catch {
      return null;
    }
  }

  async #askScheme(signal: AbortSignal): Promise<SchemeView> {
    if (this.#scheme !== null && performance.now() - this.#scheme.atMs < SCHEME_AGE_MS)
      return this.#scheme.facts;
    const { o, sessions } = this.#c;
    const { exists, ...promises } = parseScheme(await sessions.look("repschemes", signal));
    const groups = parseFound(await sessions.look("cachegroups", signal).catch(() => []), "cache group");
    const wantsCache = await access(join(o.configDir, "cacheUser")).then(
      () => true,
      () => false,
    );
    const uid = wantsCache
      ? parseRows(await sessions.look("call ttCacheUidGet", signal).catch(() => []))
      : [];
    const cacheUidPwdSet = (uid[0]?.[0] ?? null) !== null;
    const facts = { ...promises, repScheme: exists, nCacheGroups: groups ?? 0, cacheUidPwdSet };
    this.#scheme = { facts, atMs: performance.now() };
    return facts;
  }
}

/** 2206: a database that was not made by the agent has no such table. */
function noTable(error: unknown): null {
  if (error instanceof TimesTenError && error.number === 2206) return null;
  throw error;
}

/** @returns what changes when the instance gets another installation; null when there is no instance */
function instanceKey(home: string): string | null {
  try {
    const { mtimeMs } = statSync(join(home, "conf", "timesten.conf"));
    return `${mtimeMs} ${realpathSync(join(home, "install"))}`;
  } catch {
    return null;
  }
}
