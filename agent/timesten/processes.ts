/** Which processes hold the database, how their end is noticed, and how they are ended. */
import type { Context } from "./context";
import { freshSection } from "./database";
import { TimesTenError } from "./errors";
import { dbStateOf } from "./parse/ttstatus";
import {
  allProcesses,
  environmentOf,
  formatProcesses,
  isAlive,
  kill,
  parentOf,
  parseProcesses,
  type ProcessId,
} from "./procfs";
import { holdersOf } from "./status";

/** Between two looks at /proc, ms: well under the 100 ms within which a death has to be known. */
const WATCH_MS = 25;
/** SIGKILL takes effect at once, unless the kernel is stuck, ms. */
const KILL_MS = 10_000;
/** TimesTen's own processes: daemon, subdaemons, replication and cache agents, client/server. */
const TIMESTEN = /^(?:timesten(?:d|subd|repd|orad)|ttcserver)/;

/**
 * @returns daemon and subdaemons of the loaded database as "pid:starttime,..."; null when it is not loaded
 * @throws TimesTenError when ttStatus does not say, or a process ended meanwhile
 */
export async function databaseProcesses(c: Context, signal: AbortSignal): Promise<string | null> {
  const section = await freshSection(c, signal);
  const snapshot = c.status.last;
  if (section === undefined || dbStateOf(section, true) !== "Loaded") return null;
  const pids = holdersOf(snapshot.report, [section]);
  const processes = pids.flatMap(pid => snapshot.processes.get(pid) ?? []);
  if (processes.length < pids.length)
    throw new TimesTenError(null, "the database's processes are just changing");
  return formatProcesses(processes);
}

/** Calls back once, when the first of these processes has ended. @returns a function that ends the watching */
export function watchProcesses(processes: string, onEnd: () => void): () => void {
  const watched = parseProcesses(processes);
  const timer = setInterval(() => {
    if (watched.length > 0 && watched.every(isAlive)) return;
    clearInterval(timer);
    onEnd();
  }, WATCH_MS);
  return () => clearInterval(timer);
}

/**
 * SIGKILL for every process that could still write to the database: TimesTen's own, and whoever is connected directly.
 * @param watched processes of lives seen before
 * @throws TimesTenError when one is left although it was killed
 */
export async function killProcesses(c: Context, watched: Iterable<string>): Promise<void> {
  const signal = AbortSignal.timeout(KILL_MS);
  const named = [...watched].flatMap(parseProcesses);
  const targets = new Map<string, ProcessId>();
  for (const process of [...named, ...attached(c), ...ofInstance(c)]) {
    targets.set(`${process.pid}:${process.startTime}`, process);
  }
  targets.forEach(kill);
  await c.sessions.kill();
  await c.until(
    "end of TimesTen's processes",
    signal,
    async () => {
      // A daemon may have started another one just before it died.
      ofInstance(c).forEach(kill);
      return ![...targets.values()].some(isAlive) && ofInstance(c).length === 0;
    },
    5,
  );
  c.status.forget();
}

/**
 * Processes of the last report, as far as they are still the same. Direct connections come from programs that know
 * the instance; of any other the id may belong to another container, where it means somebody else.
 */
function attached(c: Context): ProcessId[] {
  const { report, processes } = c.status.last;
  if (report.daemon !== "Up") return [];
  const connections = report.databases.flatMap(database => database.connections);
  const own = connections
    .filter(({ type }) => ["Replication", "Cache Agent"].includes(type))
    .map(({ pid }) => pid);
  const pids = [...holdersOf(report, report.databases), ...own, ...directPids(c)];
  return pids.flatMap(pid => processes.get(pid) ?? []).filter(({ pid }) => pid !== globalThis.process.pid);
}

function directPids(c: Context): number[] {
  const { report } = c.status.last;
  if (report.daemon !== "Up") return [];
  return report.databases
    .flatMap(database => database.connections)
    .filter(({ type, pid }) => type === "Process" && isOfInstance(c, pid))
    .map(({ pid }) => pid);
}

/** @returns applications connected in direct mode as of the last report, "pid:starttime,..."; "" when none */
export function directProcesses(c: Context): string {
  const own = globalThis.process.pid;
  // The agent's sessions are its children and end with it.
  const pids = directPids(c).filter(pid => pid !== own && parentOf(pid) !== own);
  return formatProcesses(pids.flatMap(pid => c.status.last.processes.get(pid) ?? []));
}

/** TimesTen's own processes of this instance, whoever started them. */
function ofInstance(c: Context): ProcessId[] {
  return instanceProcesses(c.o.instanceHome);
}

/**
 * @param instanceHome TIMESTEN_HOME they were started for
 * @param orHidden also those whose environment we may not see: for whoever must overlook none
 * @returns TimesTen's own processes that live, whoever started them
 */
export function instanceProcesses(instanceHome: string, orHidden = false): ProcessId[] {
  return allProcesses().filter(({ pid, name }) => {
    if (!TIMESTEN.test(name)) return false;
    const home = environmentOf(pid, "TIMESTEN_HOME");
    return home === instanceHome || (home === null && orHidden);
  });
}

function isOfInstance(c: Context, pid: number): boolean {
  return environmentOf(pid, "TIMESTEN_HOME") === c.o.instanceHome;
}
