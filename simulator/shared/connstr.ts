/** Connection strings: `DSN=sample;UID=app;PWD=x`, or a bare DSN, on top of the attributes in sys.odbc.ini. */
import { basename } from "node:path";
import { errors } from "./errors";
import { loadDataSources } from "./instance";

/** Attributes by lower-cased name, with the spelling to show. */
export type Attributes = Record<string, { name: string; value: string }>;

/** A resolved connection string. */
export interface Target {
  dsn: string;
  attributes: Attributes;
  /** Path prefix of the database's files; empty for client/server. */
  dataStore: string;
  /** Last part of the path: the name of the database in replication schemes. */
  database: string;
  uid: string | null;
  pwd: string | null;
  server: { host: string; port: number; dsn: string } | null;
}

/** @returns the attributes of a connection string; `{...}` around a value protects semicolons */
export function parseConnectionString(text: string): Attributes {
  const result: Attributes = {};
  const source = text.includes("=") ? text : `DSN=${text}`;
  for (const match of source.matchAll(/\s*([^=;]+?)\s*=\s*(?:\{([^}]*)\}|([^;]*))\s*(?:;|$)/g)) {
    const name = match[1] ?? "";
    result[name.toLowerCase()] = { name, value: (match[2] ?? match[3] ?? "").trim() };
  }
  return result;
}

/** @returns one attribute's value, or the default */
export function attribute(attributes: Attributes, name: string, fallback: string): string {
  return attributes[name.toLowerCase()]?.value ?? fallback;
}

function serverOf(attributes: Attributes, serverPort: number): Target["server"] {
  const server = attributes.ttc_server ?? attributes.ttc_server1;
  const dsn = attributes.ttc_server_dsn;
  if (server === undefined || dsn === undefined) return null;
  const [host = "", port] = server.value.split("/");
  return {
    host,
    port: Number(port ?? attribute(attributes, "tcp_port", String(serverPort))),
    dsn: dsn.value,
  };
}

/**
 * @param home the instance's directory, for sys.odbc.ini
 * @param text connection string or bare DSN
 * @param serverPort port assumed for TTC_SERVER without one
 * @throws TimesTenError when the DSN is unknown
 */
export function resolveTarget(home: string, text: string, serverPort = 6625): Target {
  const given = parseConnectionString(text);
  const dsn = given.dsn?.value ?? "";
  const source = loadDataSources(home).get(dsn.toLowerCase());
  const known: Attributes = source === undefined ? {} : Object.fromEntries(source.attributes);
  const attributes: Attributes = { ...known, ...given };
  const server = serverOf(attributes, serverPort);
  const dataStore = attribute(attributes, "datastore", "");
  if (server === null && dataStore === "") throw errors.dsn(dsn === "" ? text : dsn);
  return {
    dsn: source?.name ?? dsn,
    attributes,
    dataStore,
    database: basename(dataStore),
    uid: attributes.uid?.value ?? null,
    pwd: attributes.pwd?.value ?? null,
    server,
  };
}
