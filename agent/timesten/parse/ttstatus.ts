/**
 * The text of ttStatus. Labels and order as in the TimesTen Database Reference, "ttStatus", and Operations
 * Guide; what is not recognised is left out, never guessed.
 */
import type { TimesTenView } from "../../../protocol";

/** One line of a database's connection table. */
export interface Connection {
  /** Process, Server, Replication, Subdaemon, Cache Agent, ... */
  type: string;
  pid: number;
  name: string;
}

/** One "Data store" section. */
export interface DatabaseStatus {
  /** Path without suffix, as in the DSN's DataStore attribute. */
  dataStore: string;
  /** As the report counts them. */
  connectionCount: number;
  connections: Connection[];
  /** null when the report does not say. */
  open: boolean | null;
  repAgent: boolean;
  cacheAgent: boolean;
  loading: boolean;
  unloading: boolean;
  /** It was loaded once and lost its processes. */
  inactive: boolean;
  /** Connections are left over from a former life. */
  obsolete: boolean;
  /** Its processes are there but do not answer the daemon. */
  silent: boolean;
}

export type StatusReport =
  | {
      daemon: "Up";
      daemonPid: number;
      /** The client/server listener; null when it does not run. */
      serverPid: number | null;
      databases: DatabaseStatus[];
    }
  | { daemon: "Down" }
  | { daemon: "Unknown" };

/** No line of the table is longer, and the pattern takes its time with long ones, characters. */
const MAX_CONNECTION = 500;
const CONNECTION = /^(\S.*?)\s+(\d+)\s+0x[0-9a-fA-F.]*\s+(\S.*?)\s+\d+\s*$/;

/**
 * @param output stdout and stderr of ttStatus
 * @returns what it reports; Unknown for anything that is no status report. Never throws.
 */
export function parseTtStatus(output: string): StatusReport {
  if (/could not connect to (?:the )?timesten/i.test(output)) return { daemon: "Down" };
  const daemon = /^Daemon pid (\d+) port \d+/m.exec(output);
  if (daemon === null) return { daemon: "Unknown" };
  const server = /^TimesTen server pid (\d+) started/im.exec(output);
  return {
    daemon: "Up",
    daemonPid: Number(daemon[1]),
    serverPid: server === null ? null : Number(server[1]),
    databases: sections(output).map(parseSection),
  };
}

/**
 * The state of a database in TimesTen's words.
 * @param section its part of the report, if it has one
 * @param onDisk whether its files exist
 */
export function dbStateOf(section: DatabaseStatus | undefined, onDisk: boolean): TimesTenView["db"] {
  if (section === undefined) return onDisk ? "Unloaded" : "None";
  if (section.loading) return "Loading";
  if (section.unloading) return "Unloading";
  if (section.inactive) return "Unloaded";
  if (section.silent) return "Unknown";
  if (section.connectionCount === 0 && !section.obsolete) return onDisk ? "Unloaded" : "None";
  if (section.obsolete) return "Transitioning";
  return "Loaded";
}

/** @returns the connections that applications hold: direct, or through the client/server listener */
export function userConnections(section: DatabaseStatus): Connection[] {
  return section.connections.filter(connection => /^(?:Process|Server|Application)\b/i.test(connection.type));
}

/** The sections of the report, from each "Data store" line to the next ruler. */
function sections(output: string): string[][] {
  const found: string[][] = [];
  let current: string[] | null = null;
  for (const line of output.split(/\r?\n/)) {
    if (/^Data store \//.test(line)) {
      current = [line];
      found.push(current);
    } else if (/^-{20,}\s*$/.test(line)) {
      current = null;
    } else {
      current?.push(line);
    }
  }
  return found;
}

function parseSection(lines: string[]): DatabaseStatus {
  const text = lines.slice(1).join("\n");
  const connections = lines.flatMap(parseConnection);
  const count = /^There (?:is|are) (\d+) connections? to the data store/m.exec(text);
  const has = (pattern: RegExp) => pattern.test(text);
  return {
    dataStore: (lines[0] ?? "").replace(/^Data store /, "").trim(),
    connectionCount: count === null ? connections.length : Number(count[1]),
    connections,
    open: parseOpen(text),
    repAgent: has(/^Replication agent is running/im) || connections.some(c => c.type === "Replication"),
    cacheAgent: has(/cache agent is running/i) || connections.some(c => c.type === "Cache Agent"),
    loading: has(/^(?:Data store|Database)\b.*\b(?:loading|being loaded|load in progress)\b/im),
    unloading: has(/^(?:Data store|Database)\b.*\b(?:unloading|being unloaded|unload in progress)\b/im),
    inactive: has(/inactive due to failures/i),
    obsolete: has(/^Obsolete/im),
    silent: has(/^(?:Data store|Database)\b.*\bdoes not answer\b/im),
  };
}

function parseOpen(text: string): boolean | null {
  if (/^(?:Database is |Data store is )?closed\b.*user connections/im.test(text)) return false;
  if (/^(?:Database is |Data store is )?open\b.*user connections/im.test(text)) return true;
  const state = /^Database State\s*:\s*(Open|Closed)/im.exec(text);
  return state === null ? null : state[1]?.toLowerCase() === "open";
}

function parseConnection(line: string): Connection[] {
  const match = line.length > MAX_CONNECTION ? null : CONNECTION.exec(line);
  return match === null ? [] : [{ type: match[1] ?? "", pid: Number(match[2]), name: match[3] ?? "" }];
}
