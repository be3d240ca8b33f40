/** A TimesTen instance on disk: directories, conf/timesten.conf, conf/sys.odbc.ini. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { hostname, tmpdir, userInfo } from "node:os";
import { dirname, join } from "node:path";

/** Everything the utilities and daemons need to know about the instance. */
export interface Instance {
  home: string;
  name: string;
  guid: string;
  /** Instance administrator: connects directly without a password. */
  admin: string;
  group: string;
  daemonPort: number;
  serverPort: number;
  /** Address the ports listen on. */
  listen: string;
  /** Name under which this host finds itself in a replication scheme, besides its hostname. */
  host: string;
  /** Directory of the installation the instance uses. */
  installation: string;
  release: string;
}

/** Lower-cased keys of a `key=value` file; blank lines and `#`/`;` comments are left out. */
export function parseProperties(text: string): Map<string, string> {
  const result = new Map<string, string>();
  for (const line of text.split("\n")) {
    const match = /^\s*([^#;=\s][^=]*?)\s*=\s*(.*?)\s*$/.exec(line);
    if (match?.[1] !== undefined) result.set(match[1].toLowerCase(), match[2] ?? "");
  }
  return result;
}

/** @returns the release in the VERSION file of an installation, e.g. 18.1.4.4.0 */
export function releaseOf(installation: string): string {
  try {
    return readFileSync(join(installation, "VERSION"), "utf8").trim();
  } catch {
    return "0.0.0.0.0";
  }
}

/** @returns its first two numbers, e.g. 18.1: files and copies of a database stay within one */
export function majorOf(release: string): string {
  return release.split(".").slice(0, 2).join(".");
}

/** @returns the installation that the running program belongs to: the directory above its lib/ */
export function ownInstallation(): string {
  return dirname(dirname(realpathSync(process.argv[1] ?? ".")));
}

/** @returns name of the user running this, also where the uid has no entry in /etc/passwd */
export function currentUser(): string {
  try {
    return userInfo().username;
  } catch {
    return process.env.USER ?? "timesten";
  }
}

/**
 * @param home directory of the instance; $TIMESTEN_HOME when absent
 * @throws Error when there is no instance
 */
export function loadInstance(home = process.env.TIMESTEN_HOME): Instance {
  if (home === undefined || home === "")
    throw new Error("TIMESTEN_HOME is not set: source <instance>/bin/ttenv.sh first");
  const file = join(home, "conf", "timesten.conf");
  if (!existsSync(file)) throw new Error(`${home} is not a TimesTen instance: ${file} does not exist`);
  const conf = parseProperties(readFileSync(file, "utf8"));
  const installation = realpathSync(join(home, "install"));
  return {
    home,
    name: conf.get("instance_name") ?? "instance1",
    guid: conf.get("instance_guid") ?? "",
    admin: conf.get("admin_user") ?? currentUser(),
    group: conf.get("group_name") ?? currentUser(),
    daemonPort: Number(conf.get("daemon_port") ?? 6624),
    serverPort: Number(conf.get("server_port") ?? 6625),
    listen: process.env.TT_SIM_LISTEN ?? conf.get("sim_listen") ?? "0.0.0.0",
    host: process.env.TT_SIM_HOST ?? conf.get("sim_host") ?? hostname(),
    installation,
    release: releaseOf(installation),
  };
}

/**
 * Path of a local socket of the instance. Socket paths are limited to 107 bytes; a longer one moves to the
 * temporary directory under a digest of the instance's path.
 */
export function socketPath(home: string, name: string): string {
  const path = join(home, "info", `${name}.sock`);
  if (Buffer.byteLength(path) < 104) return path;
  return join(tmpdir(), `tt-${createHash("sha256").update(path).digest("hex").slice(0, 24)}.sock`);
}

/** A data source of sys.odbc.ini: its name as written and its attributes by lower-cased name. */
export interface DataSource {
  name: string;
  attributes: Map<string, { name: string; value: string }>;
}

/** @returns the data sources of an odbc.ini by lower-cased name */
export function parseOdbcIni(text: string): Map<string, DataSource> {
  const sources = new Map<string, DataSource>();
  let current: DataSource | null = null;
  for (const raw of text.split("\n")) {
    const line = raw.trim();
    const section = /^\[(.+)\]$/.exec(line);
    if (section?.[1] !== undefined) {
      const name = section[1].trim();
      current = /^odbc( data sources)?$/i.test(name) ? null : { name, attributes: new Map() };
      if (current !== null) sources.set(name.toLowerCase(), current);
      continue;
    }
    const pair = /^([^#;=\s][^=]*?)\s*=\s*(.*)$/.exec(line);
    if (pair?.[1] !== undefined && current !== null) {
      current.attributes.set(pair[1].toLowerCase(), { name: pair[1], value: (pair[2] ?? "").trim() });
    }
  }
  return sources;
}

/** @returns the instance's data sources; none when the file is missing */
export function loadDataSources(home: string): Map<string, DataSource> {
  const file = process.env.SYSODBCINI ?? join(home, "conf", "sys.odbc.ini");
  return existsSync(file) ? parseOdbcIni(readFileSync(file, "utf8")) : new Map<string, DataSource>();
}
