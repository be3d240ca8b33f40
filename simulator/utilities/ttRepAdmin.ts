/** ttRepAdmin: duplicate, wait, and views of the replication scheme. */
import { dirname, join } from "node:path";
import { attribute, resolveTarget } from "../shared/connstr";
import { parseArguments, UsageError, type Arguments } from "../shared/args";
import { TimesTenError } from "../shared/errors";
import { majorOf, type Instance } from "../shared/instance";
import type { Message } from "../shared/lines";
import type { Value } from "../engine/records";
import type { Scheme } from "../sql/scheme";
import { takeDuplicate } from "../replication/duplicate";
import { askDaemon, askPassword, connectionString, guarded, print } from "./context";
import { openConnection, type IsqlConnection } from "./isql/connection";

const flagNames = [
  "duplicate",
  "setmasterrepstart",
  "ramload",
  "delxla",
  "keepcg",
  "nokeepcg",
  "recoveringnode",
  "initcacheduplicate",
  "wait",
  "receiver",
  "list",
  "self",
  "showstatus",
  "showconfig",
  "detail",
  "log",
  "bookmark",
  "h",
  "help",
  "detailed",
];
const valueNames = [
  "from",
  "host",
  "uid",
  "pwd",
  "cacheuid",
  "cachepwd",
  "localip",
  "remoteip",
  "bandwidthmax",
  "compression",
  "connstr",
  "timeout",
  "name",
  "remotedaemonport",
  "verbosity",
];

async function duplicate(instance: Instance, { flags, values, rest }: Arguments): Promise<number> {
  const from = values.get("from");
  const host = values.get("host");
  const uid = values.get("uid");
  if (from === undefined || host === undefined) throw new UsageError("-duplicate needs -from and -host");
  if (uid === undefined) throw new UsageError("-duplicate needs -uid, a user with ADMIN on the source");
  const connStr = connectionString(values, rest);
  const target = resolveTarget(instance.home, connStr);
  await askDaemon(instance, { op: "query", connStr });
  const pwd = values.get("pwd") ?? (await askPassword(`Enter password for '${uid}': `));
  await takeDuplicate({
    host,
    uid,
    pwd,
    database: from,
    major: majorOf(instance.release),
    daemonPort: Number(values.get("remotedaemonport") ?? 6624),
    setMasterRepStart: flags.has("setmasterrepstart"),
    dataStore: target.dataStore,
    logPrefix: join(attribute(target.attributes, "logdir", dirname(target.dataStore)), target.database),
  });
  if (flags.has("ramload")) {
    await askDaemon(instance, { op: "ramPolicy", policy: "manual", connStr });
    await askDaemon(instance, { op: "ramLoad", open: null, connStr });
  }
  return 0;
}

const text = (value: Value | undefined): string => (typeof value === "string" ? value : "");

/** What the database says of replication. */
interface Status {
  running: boolean;
  port: number;
  host: string;
  peer: {
    database: string;
    host: string;
    port: number;
    state: string;
    logs: number;
    silentS: number;
    applied: number;
    durable: number;
    csn: number;
  } | null;
}

async function status(connection: IsqlConnection): Promise<Status> {
  const row = ((await query(connection, "call ttRepAdminStatus"))[0] ?? []).map(value => value);
  const [running, port, host, database, peerHost, peerPort, state, logs, silentS, applied, durable, csn] =
    row;
  const peer =
    typeof database !== "string"
      ? null
      : {
          database,
          host: text(peerHost),
          port: Number(peerPort),
          state: text(state),
          logs: Number(logs),
          silentS: Number(silentS),
          applied: Number(applied),
          durable: Number(durable),
          csn: Number(csn),
        };
  return { running: running === 1, port: Number(port), host: typeof host === "string" ? host : "", peer };
}

async function query({ caller }: IsqlConnection, sql: string): Promise<Value[][]> {
  const answer: Message = await caller.call({ op: "execute", sql });
  return (answer.rows ?? []) as Value[][];
}

function clock(seconds: number): string {
  if (seconds < 0) return "-";
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

const capitalised = (word: string): string => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`;
const cut = (text: string, width: number): string =>
  text.length > width ? `${text.slice(0, width - 3)}...` : text.padEnd(width);

function receiverList({ peer }: Status): void {
  print("Peer name         Host name                 Port   State   Proto");
  print("----------------  ------------------------  ------ ------- -----");
  if (peer !== null) {
    print(
      `${cut(peer.database.toUpperCase(), 16)}  ${cut(peer.host, 24)}  ${String(peer.port).padStart(6)} ${capitalised(peer.state).padEnd(7)} ${"42".padStart(5)}`,
    );
  }
  print();
  print("Last Msg Sent Last Msg Recv Latency TPS     RecordsPS Logs");
  print("------------- ------------- ------- ------- --------- ----");
  if (peer !== null) {
    const heard = clock(peer.silentS);
    print(
      `${heard.padEnd(13)} ${heard.padEnd(13)} ${"0.00".padStart(7)} ${"0".padStart(7)} ${"0".padStart(9)} ${String(peer.logs).padStart(4)}`,
    );
  }
}

async function showStatus(instance: Instance, connection: IsqlConnection, detail: boolean): Promise<void> {
  const { running, port, host, peer } = await status(connection);
  const { policies } = (await askDaemon(instance, { op: "query", connStr: connection.target.dsn })) as {
    policies: { repPolicy: string };
  };
  const report = (await askDaemon(instance, { op: "status" })) as {
    databases: { dataStore: string; status: { pid: number } | null }[];
  };
  const pid =
    report.databases.find(({ dataStore }) => dataStore === connection.target.dataStore)?.status?.pid ?? 0;
  const now = new Date();
  const stamp = `${now.getFullYear()}-${String(now.getMonth() + 1).padStart(2, "0")}-${String(now.getDate()).padStart(2, "0")} ${now.toTimeString().slice(0, 8)}`;
  print(`Replication Agent Status as of: ${stamp}`);
  print();
  print(`DSN                         : ${connection.target.dsn}`);
  print(`Process ID                  : ${pid} (${running ? "Started" : "Stopped"})`);
  print(`Replication Agent Policy    : ${policies.repPolicy}`);
  print(`Host                        : ${host.toUpperCase()}`);
  print(`RepListener Port            : ${port}`);
  if (peer === null) return;
  print();
  print("TRANSMITTER thread(s):");
  print(`  For                       : ${peer.database.toUpperCase()} on ${peer.host}`);
  print(`    Start/Restart count     : 1`);
  print(`    Peer state              : ${peer.state}`);
  print(`    Commits applied         : ${peer.applied} of ${peer.csn}, ${peer.durable} durable`);
  if (detail) print("    SSL                     : off");
}

async function waitFor(connection: IsqlConnection, values: Map<string, string>): Promise<number> {
  const quoted = (name: string): string => (values.has(name) ? `'${values.get(name)}'` : "NULL");
  const rows = await query(
    connection,
    `call ttRepSubscriberWait(NULL, NULL, ${quoted("name")}, ${quoted("host")}, ${values.get("timeout") ?? "3600"})`,
  );
  const answer = rows[0]?.[0];
  if (typeof answer === "object" && answer !== null && answer.hex === "00") return 0;
  throw new TimesTenError(8170, "The wait timed out: not everything is at the receivers");
}

async function schemeOf({ caller }: IsqlConnection): Promise<Scheme | null> {
  return ((await caller.call({ op: "catalog" })).scheme ?? null) as Scheme | null;
}

async function bookmark(connection: IsqlConnection): Promise<void> {
  const [write, writeOffset, force, forceOffset, hold, holdOffset] =
    (await query(connection, "call ttBookmark"))[0] ?? [];
  const show = (file: Value | undefined, offset: Value | undefined): string =>
    `${Number(file)}/${Number(offset)}`;
  print(`Replication hold LSN ...... ${show(hold, holdOffset)}`);
  print(`Last written LSN .......... ${show(write, writeOffset)}`);
  print(`Last LSN forced to disk ... ${show(force, forceOffset)}`);
  print("Each LSN is defined as two values:");
  print("Log file number / Offset in log file");
}

async function self(connection: IsqlConnection): Promise<void> {
  const { host, port } = await status(connection);
  print(
    'Self host "' +
      host.toUpperCase() +
      `", port ${port}, name "${connection.target.database.toUpperCase()}", LSN 0/0, timeout 120, threshold 0`,
  );
}

async function look(instance: Instance, parsed: Arguments): Promise<number> {
  const { flags, values } = parsed;
  const connection = await openConnection(instance, connectionString(values, parsed.rest), async () => "");
  try {
    if (flags.has("wait")) return await waitFor(connection, values);
    if (flags.has("receiver")) receiverList(await status(connection));
    else if (flags.has("showstatus")) await showStatus(instance, connection, flags.has("detail"));
    else if (flags.has("bookmark")) await bookmark(connection);
    else if (flags.has("log"))
      print(`There are ${(await status(connection)).peer?.logs ?? 1} log files held by replication.`);
    else if (flags.has("self")) await self(connection);
    else if (flags.has("showconfig")) {
      await self(connection);
      print((await schemeOf(connection))?.text ?? "There is no replication scheme.");
      receiverList(await status(connection));
    } else
      throw new UsageError(
        "one of -duplicate, -wait, -receiver -list, -self -list, -showstatus, -showconfig, -log, -bookmark is needed",
      );
    return 0;
  } finally {
    connection.caller.close();
  }
}

/** Entry. */
export function ttRepAdmin(argv: string[]): Promise<number> {
  return guarded("ttRepAdmin", async instance => {
    const parsed = parseArguments(argv, flagNames, valueNames);
    return parsed.flags.has("duplicate") ? duplicate(instance, parsed) : look(instance, parsed);
  });
}
