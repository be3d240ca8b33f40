/** A connection of ttIsql: direct through the daemon's socket, or as a client through port 6625. */
import { attribute, resolveTarget, type Target } from "../../shared/connstr";
import { errors } from "../../shared/errors";
import type { Instance } from "../../shared/instance";
import { caller, openSocket, type Caller, type Message } from "../../shared/lines";
import { askDaemon, principal } from "../context";

/** An open connection and what it was opened with. */
export interface IsqlConnection {
  target: Target;
  caller: Caller;
  user: string;
  autocommit: boolean;
}

/** Time for name look-up and connection, ms. */
const connectMs = 10_000;

function greeting(target: Target, user: string | null, pwd: string | null): Message {
  const durable = target.attributes.durablecommits?.value;
  const lockWait = target.attributes.lockwait?.value;
  return {
    op: "connect",
    uid: user,
    pwd,
    name: target.dsn,
    pid: principal().pid,
    ...(durable === undefined ? {} : { durable: durable === "1" }),
    ...(lockWait === undefined ? {} : { lockWaitMs: Number(lockWait) * 1000 }),
  };
}

async function viaServer(target: Target, pwd: string | null): Promise<Caller> {
  const server = target.server;
  if (server === null) throw errors.server("no TTC_SERVER given");
  const socket = await openSocket({ host: server.host, port: server.port }, connectMs).catch(
    (error: unknown) => {
      throw errors.server(
        `${server.host}:${server.port}: ${error instanceof Error ? error.message : String(error)}`,
      );
    },
  );
  const channel = caller(socket, () => errors.terminated());
  await channel.call({ ...greeting(target, target.uid, pwd), dsn: server.dsn }, connectMs);
  return channel;
}

async function direct(instance: Instance, target: Target, text: string, pwd: string | null): Promise<Caller> {
  const administrator = target.uid === null || target.uid.toUpperCase() === instance.admin.toUpperCase();
  const { socket: path, token } = await askDaemon(instance, { op: "connect", connStr: text, administrator });
  const socket = await openSocket({ path: String(path) }, connectMs).catch(() => {
    throw errors.terminated();
  });
  const channel = caller(socket, () => errors.terminated());
  await channel.call({ ...greeting(target, target.uid, pwd), token });
  return channel;
}

/**
 * @param text connection string or DSN
 * @param askPassword asks for the password of a user when the string has none
 * @throws TimesTenError, NoDaemon
 */
export async function openConnection(
  instance: Instance,
  text: string,
  askPassword: (user: string) => Promise<string>,
): Promise<IsqlConnection> {
  const target = resolveTarget(instance.home, text, instance.serverPort);
  const needed =
    target.uid !== null && target.pwd === null && target.uid.toUpperCase() !== instance.admin.toUpperCase();
  const pwd = needed ? await askPassword(target.uid ?? "") : target.pwd;
  const channel =
    target.server === null ? await direct(instance, target, text, pwd) : await viaServer(target, pwd);
  const autocommit = attribute(target.attributes, "autocommit", "1") !== "0";
  if (!autocommit) await channel.call({ op: "autocommit", on: false });
  return { target, caller: channel, user: target.uid ?? instance.admin, autocommit };
}

/** @returns the line behind "Connection successful:" */
export function describeConnection({ target, user }: IsqlConnection): string {
  const hidden = new Set(["dsn", "uid", "pwd", "datastore", "driver"]);
  const parts = [`DSN=${target.dsn}`, `UID=${user.toLowerCase()}`];
  if (target.dataStore !== "") parts.push(`DataStore=${target.dataStore}`);
  for (const [key, { name, value }] of Object.entries(target.attributes))
    if (!hidden.has(key)) parts.push(`${name}=${value}`);
  return `${parts.join(";")};`;
}
