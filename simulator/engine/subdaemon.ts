/**
 * `timestensubd`: the process that holds one database. Its parent is the main daemon; when that dies, this process
 * exits at once, without flushing anything.
 */
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { asTimesTenError } from "../shared/errors";
import { attribute, type Attributes } from "../shared/connstr";
import { majorOf } from "../shared/instance";
import { messageLog } from "../shared/log";
import { Connections, type ConnectionInfo, type Urgency } from "./connections";
import { Database } from "./database";
import { holder } from "./hold";
import { ReplicationAgent } from "../replication/agent";
import { replicationProcedures } from "../replication/procedures";
import { dispatcher, generalProcedures } from "./procedures";

/** What the daemon passes to the process, as JSON in the first argument. */
export interface SubdaemonStart {
  home: string;
  /** Of the daemon's installation. */
  release: string;
  dataStore: string;
  socket: string;
  admin: string;
  host: string;
  listen: string;
  attributes: Attributes;
  create: boolean;
  open: boolean;
  startReplication: boolean;
}

/** Answer to `describe`. */
export interface DatabaseStatus {
  pid: number;
  open: boolean;
  connections: ConnectionInfo[];
  replicationRunning: boolean;
  replicationPort: number;
  state: string;
}

/** A request of the daemon. */
export type SubdaemonRequest = { id: number } & (
  | { op: "describe" | "open" | "close" | "repStart" | "repStop" | "checkpoint" | "unload" }
  | { op: "disconnect"; urgency: Urgency }
);

/** What the subdaemon tells by itself. */
export type SubdaemonEvent =
  | { event: "ready" }
  | { event: "failed"; code: number; message: string }
  | { event: "connections"; count: number; token: string | null }
  | { event: "replication"; running: boolean };

function send(message: unknown): void {
  if (process.connected) process.send?.(message);
}

function databaseOptions(start: SubdaemonStart) {
  const { attributes, dataStore } = start;
  return {
    dataStore,
    logDirectory: attribute(attributes, "logdir", dirname(dataStore)),
    logFileBytes: Number(attribute(attributes, "logfilesize", "64")) * 1024 * 1024,
    logFlushMs: 100,
    checkpointS: Number(attribute(attributes, "ckptfrequency", "600")),
    create: start.create,
    major: majorOf(start.release),
  };
}

/** Entry of the process. */
export async function subdaemon(argv: string[]): Promise<void> {
  const start = JSON.parse(argv[0] ?? "{}") as SubdaemonStart;
  const log = messageLog(start.home);
  process.on("disconnect", () => process.exit(1));
  process.on("SIGTERM", () => undefined);
  process.on("SIGINT", () => undefined);
  process.on("SIGHUP", () => undefined);
  const fatal = (error: unknown): void => {
    log(
      "Err ",
      `subd: database ${start.dataStore} invalidated: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
    process.exit(1);
  };
  process.on("uncaughtException", fatal);
  process.on("unhandledRejection", fatal);
  try {
    await serve(start, log, fatal);
    send({ event: "ready" });
  } catch (error) {
    const { code, message } = asTimesTenError(error);
    log("Err ", `subd: ${start.dataStore}: ${code}: ${message}`);
    process.send?.({ event: "failed", code, message }, () => process.exit(1));
  }
}

async function serve(
  start: SubdaemonStart,
  log: ReturnType<typeof messageLog>,
  fatal: (error: unknown) => void,
): Promise<void> {
  const options = databaseOptions(start);
  // The process of a daemon that has just died may need a moment to go.
  for (let tries = 0; tries < 200 && holder(start.dataStore) !== 0; tries += 1) await delay(10);
  const database = Database.open(options);
  database.log.onFailure = fatal;
  log(
    "Info",
    `subd: ${start.dataStore} loaded${database.recovered ? " after recovery from its log" : ""}, commit ${database.csn}`,
  );
  const replication = new ReplicationAgent(database, {
    hostNames: [start.host],
    listen: start.listen,
    log,
    onRunning: running => send({ event: "replication", running }),
  });
  const connections = new Connections(
    database,
    {
      path: start.socket,
      admin: start.admin,
      procedures: dispatcher(
        generalProcedures({ database, host: start.host }),
        replicationProcedures(database, replication),
      ),
      onChange: (count, token) => send({ event: "connections", count, token }),
      defaults: {
        lockWaitMs: Number(attribute(start.attributes, "lockwait", "10")) * 1000,
        durable: attribute(start.attributes, "durablecommits", "0") === "1",
      },
    },
    start.open,
  );
  await connections.listen();
  if (start.startReplication && database.control.scheme !== null) await replication.start();
  if (options.checkpointS > 0) setInterval(() => database.checkpoint(), options.checkpointS * 1000);
  process.on("message", (request: SubdaemonRequest) => {
    handle(request, { database, connections, replication }).then(
      answer => send({ id: request.id, ...answer }),
      (error: unknown) => {
        const { code, message } = asTimesTenError(error);
        send({ id: request.id, error: { code, message } });
      },
    );
  });
}

interface Parts {
  database: Database;
  connections: Connections;
  replication: ReplicationAgent;
}

async function handle(
  request: SubdaemonRequest,
  { database, connections, replication }: Parts,
): Promise<object> {
  switch (request.op) {
    case "describe":
      return {
        pid: process.pid,
        open: connections.isOpen,
        connections: connections.list(),
        replicationRunning: replication.running,
        replicationPort: replication.port(),
        state: database.state,
      } satisfies DatabaseStatus;
    case "open":
    case "close":
      connections.isOpen = request.op === "open";
      return {};
    case "disconnect":
      connections.disconnect(request.urgency);
      return {};
    case "checkpoint":
      database.checkpoint();
      return {};
    case "repStart":
      await replication.start();
      return {};
    case "repStop":
      replication.stop();
      return {};
    case "unload":
      if (replication.running) replication.stop();
      connections.close();
      database.close();
      setTimeout(() => process.exit(0), 20);
      return {};
    default:
      return {};
  }
}
