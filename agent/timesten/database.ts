/** Loading, closing, unloading and destroying the database. Every function is safe to repeat. */
import { readdir, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Context } from "./context";
import { TimesTenError } from "./errors";
import { firstError } from "./parse/error";
import { parsePolicies } from "./parse/ttadmin";
import { dbStateOf, userConnections, type DatabaseStatus } from "./parse/ttstatus";
import { environmentOf, statOf } from "./procfs";

/** Between two looks whether the users are gone, ms. */
const USERS_GONE_MS = 10;

/** @returns the database's part of a report that is not older than this call; undefined when it has none */
export async function freshSection(c: Context, signal: AbortSignal): Promise<DatabaseStatus | undefined> {
  c.status.invalidate();
  const snapshot = await c.status.read(0, signal);
  if (snapshot.report.daemon === "Unknown") throw new TimesTenError(null, "ttStatus gave no answer");
  return c.section(snapshot);
}

/** @returns whether the database is in memory */
export async function isLoaded(c: Context, signal: AbortSignal): Promise<boolean> {
  return isInMemory(await freshSection(c, signal));
}

/** ttAdmin -ramLoad -close; a loaded database stays as it is. */
export async function loadClosed(c: Context, signal: AbortSignal): Promise<void> {
  if (await isLoaded(c, signal)) return;
  await c.run("ttAdmin", ["-ramLoad", "-close", c.o.db], signal);
  c.status.invalidate();
}

/** Loaded by hand from now on, and no new user may connect. */
export async function keepLoadedClosed(c: Context, signal: AbortSignal): Promise<void> {
  await c.run("ttAdmin", ["-ramPolicy", "manual", c.o.db], signal);
  const { stdout } = await c.run("ttAdmin", ["-ramLoad", "-close", c.o.db], signal);
  if (parsePolicies(stdout).open !== false) await c.run("ttAdmin", ["-close", c.o.db], signal);
  c.status.invalidate();
}

/**
 * No new users, and the connections of those who are there end; our own do not count.
 * @param meanwhile called when all were told to end, before it is known that they have
 * @throws TimesTenError when somebody is still connected when the time is over
 */
export async function closeForUsers(
  c: Context,
  signal: AbortSignal,
  meanwhile: () => void = () => undefined,
): Promise<void> {
  // Who is seen while it closes must go in any case; nobody seen means nothing before it is closed.
  const [before] = await Promise.all([
    freshSection(c, signal).catch(() => undefined),
    c.run("ttAdmin", ["-close", c.o.db], signal),
  ]);
  c.status.patch(c.o.dataStore, { open: false });
  if (before !== undefined && others(c, before).length > 0) return disconnectUsers(c, signal, meanwhile);
  if (await hasUsers(c, signal)) await disconnectUsers(c, signal, meanwhile);
}

/** Forced disconnect is asynchronous: it is over when ttStatus no longer lists anybody. It would end ours too. */
async function disconnectUsers(c: Context, signal: AbortSignal, meanwhile: () => void): Promise<void> {
  await c.sessions.without(async () => {
    await c.run("ttAdmin", ["-disconnect", "-immediate", "-users", c.o.db], signal);
  });
  meanwhile();
  await c.until(
    "end of the user connections",
    signal,
    async () => !(await hasUsers(c, signal)),
    USERS_GONE_MS,
  );
}

async function hasUsers(c: Context, signal: AbortSignal): Promise<boolean> {
  const section = await freshSection(c, signal);
  return section !== undefined && others(c, section).length > 0;
}

/** Set for whatever agent and guard run: what that does in the database is no user's doing. */
export const UTILITY_ENV = "TT_AGENT_UTILITY";

/** Connections of users: all but those of the utilities and sessions that we started. */
function others(c: Context, section: DatabaseStatus) {
  return userConnections(section).filter(connection => {
    const stat = statOf(connection.pid);
    // A process that we cannot see may live in another container: it counts as a user.
    if (stat === null) return true;
    // What serves clients has the mark from the daemon, which the agent started.
    const marked = connection.type === "Process" && environmentOf(stat.pid, UTILITY_ENV) !== null;
    return !marked && !c.isOwn(stat.group);
  });
}

/** Agents stopped, users out, final checkpoint, out of memory. Our own sessions must be suspended. */
export async function unload(c: Context, signal: AbortSignal): Promise<void> {
  const section = await freshSection(c, signal);
  if (!isInMemory(section)) return;
  if (section?.repAgent === true) await c.attempt("ttAdmin", ["-repStop", c.o.db], signal);
  if (section?.cacheAgent === true) await c.attempt("ttAdmin", ["-cacheStop", c.o.db], signal);
  if (section?.open !== false || others(c, section).length > 0) await closeForUsers(c, signal);
  // A connection that has just ended may still count for a moment: TimesTen then refuses.
  await c.until("unload of the database", signal, async () => {
    const { code, stdout, stderr } = await c.attempt("ttAdmin", ["-ramUnload", c.o.db], signal);
    if (!(await isLoaded(c, signal))) return true;
    if (code !== 0)
      c.o.log.info("not unloaded yet", { why: firstError(`${stderr}\n${stdout}`)?.message ?? "" });
    return false;
  });
}

/** Removes the database and its files, whatever state it is in. */
export async function destroy(c: Context, signal: AbortSignal): Promise<void> {
  await c.sessions.without(async () => {
    await unload(c, signal);
    if (await c.isOnDisk()) {
      const { code } = await c.attempt("ttDestroy", ["-force", c.o.db], signal);
      // A database that was never finished may be none in TimesTen's eyes: then its files go by hand.
      if (code !== 0 && (await c.incomplete.isSet())) await removeFiles(c);
      else if (code !== 0) await c.run("ttDestroy", ["-force", c.o.db], signal);
    }
  });
  c.status.invalidate();
}

async function removeFiles(c: Context): Promise<void> {
  const name = basename(c.o.dataStore);
  for (const folder of [dirname(c.o.dataStore), ...(c.o.logDir === null ? [] : [c.o.logDir])]) {
    const ours = (await readdir(folder)).filter(file => file.startsWith(`${name}.`));
    await Promise.all(ours.map(file => rm(join(folder, file), { recursive: true, force: true })));
  }
}

function isInMemory(section: DatabaseStatus | undefined): boolean {
  return !["None", "Unloaded"].includes(dbStateOf(section, true));
}
