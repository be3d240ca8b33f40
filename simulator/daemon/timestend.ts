/**
 * `timestend`, the main daemon: a local socket for the utilities, port 6624 for peers, port 6625 for clients.
 * It owns a process per loaded database.
 */
import { createServer, type Server, type Socket } from "node:net";
import { readFileSync, rmSync, writeFileSync, chmodSync } from "node:fs";
import { join } from "node:path";
import type { Urgency } from "../engine/connections";
import { asTimesTenError } from "../shared/errors";
import { loadInstance, socketPath, type Instance } from "../shared/instance";
import { onMessages, sendMessage, type Message } from "../shared/lines";
import { messageLog, type MessageLog } from "../shared/log";
import { Databases } from "./databases";
import { isqlSession } from "./isql";
import { captured, type Printed, type Utility } from "../utilities/context";
import { ttAdmin } from "../utilities/ttAdmin";
import { ttStatus } from "../utilities/ttStatus";
import type { AgentPolicy, RamPolicy } from "./registry";
import { ClientServer } from "./server";

/** File with the daemon's pid. */
export const pidFile = (home: string): string => join(home, "info", "timestend.pid");

/** @returns pid in the pid file when that process is a living daemon of this instance, else 0 */
export function runningDaemon(home: string): number {
  try {
    const pid = Number(readFileSync(pidFile(home), "utf8"));
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
    return command.includes("timestend") &&
      readFileSync(`/proc/${pid}/environ`, "utf8").includes(`TIMESTEN_HOME=${home}`)
      ? pid
      : 0;
  } catch {
    return 0;
  }
}

/** @returns whether the process exists and is more than a zombie */
export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return !stat.slice(stat.lastIndexOf(")") + 2).startsWith("Z");
  } catch {
    return false;
  }
}

interface Daemon {
  instance: Instance;
  databases: Databases;
  clients: ClientServer;
  log: MessageLog;
  stop: () => Promise<void>;
}

function text(message: Message, name: string): string {
  return typeof message[name] === "string" ? message[name] : "";
}

/** Requests of ttAdmin and ttDestroy, which name a database. */
async function administer({ databases }: Daemon, message: Message): Promise<Message> {
  const target = databases.target(text(message, "connStr"));
  switch (message.op) {
    case "connect": {
      return await databases.connect(target, message.administrator === true);
    }
    case "ramLoad":
      await databases.ramLoad(target, typeof message.open === "boolean" ? message.open : null);
      break;
    case "ramUnload":
      await databases.ramUnload(target);
      break;
    case "ramPolicy":
      await databases.ramPolicy(target, message.policy as RamPolicy);
      break;
    case "open":
      await databases.setOpen(target, message.open === true);
      break;
    case "disconnect":
      await databases.disconnect(target, message.urgency as Urgency, message.unload === true);
      break;
    case "replication":
      await databases.replication(target, message.start === true);
      break;
    case "repPolicy":
      databases.setPolicies(target, { repPolicy: message.policy as AgentPolicy });
      break;
    case "cachePolicy":
      databases.setPolicies(target, { cachePolicy: message.policy as AgentPolicy });
      break;
    case "cacheUser":
      databases.setPolicies(target, { cacheUser: text(message, "user") });
      break;
    case "destroy":
      await databases.destroy(target);
      return {};
    default:
      break;
  }
  return { policies: databases.policies(target) };
}

/** A utility that would only ask this daemon again: the launcher has it done here. */
async function runUtility(message: Message): Promise<Printed> {
  const name = text(message, "utility");
  const utility = Object.hasOwn(utilities, name) ? utilities[name] : undefined;
  const { argv } = message;
  if (utility === undefined || !Array.isArray(argv)) throw new Error(`no utility ${name} in the daemon`);
  return captured(utility, argv.map(String));
}

const utilities: Record<string, Utility> = { ttAdmin, ttStatus };

async function serve(daemon: Daemon, message: Message): Promise<Message> {
  const { instance, databases, clients, log } = daemon;
  if (message.op === "status") {
    return {
      pid: process.pid,
      port: instance.daemonPort,
      instance: instance.name,
      group: instance.group,
      server: clients.listening() ? { pid: process.pid, port: instance.serverPort } : null,
      databases: await databases.report(),
    };
  }
  if (message.op === "utility") return { ...(await runUtility(message)) };
  if (message.op === "stop") {
    log("Info", `maind: stop requested${message.force === true ? " (force)" : ""}`);
    await daemon.stop();
    return { pid: process.pid };
  }
  if (message.op === "startServer") {
    await clients.start();
    return {};
  }
  if (message.op === "stopServer") {
    clients.stop(message.force === true);
    return {};
  }
  return administer(daemon, message);
}

/** What the log does not tell: nothing changes by it, or another request follows that does. */
const unsaid = new Set(["status", "connect", "utility"]);

function answer(socket: Socket, daemon: Daemon): void {
  socket.on("error", () => undefined);
  let session: ((message: Message) => void) | null = null;
  onMessages(socket, message => {
    if (session !== null) return session(message);
    if (message.op === "isql") {
      session = isqlSession(socket, message);
      return undefined;
    }
    const named = text(message, "connStr").replace(/pwd=[^;]*/gi, "pwd=***");
    if (!unsaid.has(String(message.op))) daemon.log("Info", `maind: got ${String(message.op)} ${named}`);
    serve(daemon, message).then(
      result => sendMessage(socket, { ...result, id: message.id }),
      (error: unknown) => {
        const { code, message: reason } = asTimesTenError(error);
        if (message.op !== "connect")
          daemon.log("Warn", `maind: ${String(message.op)} ${named} refused: ${code}: ${reason}`);
        sendMessage(socket, { id: message.id, error: { code, message: reason } });
      },
    );
    return undefined;
  });
}

/** What other hosts may ask at the daemon's port: where a database's replication agent listens. */
function answerPeer(socket: Socket, daemon: Daemon): void {
  socket.on("error", () => undefined);
  socket.setTimeout(10_000, () => socket.destroy());
  onMessages(socket, message => {
    daemon.databases.replicationPort(text(message, "database")).then(
      port => sendMessage(socket, { id: message.id, port, release: daemon.instance.release }),
      () => socket.destroy(),
    );
  });
}

function listen(server: Server, target: string | { port: number; host: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(target, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

/** Entry of the process. Tells its parent over IPC when it is ready, or why not. */
export async function timestend(): Promise<void> {
  const instance = loadInstance();
  const log = messageLog(instance.home);
  const databases = new Databases(instance, log);
  const clients = new ClientServer(instance, databases, log);
  const local = createServer(socket => answer(socket, daemon));
  const remote = createServer(socket => answerPeer(socket, daemon));
  const path = socketPath(instance.home, "timestend");
  const daemon: Daemon = {
    instance,
    databases,
    clients,
    log,
    stop: async () => {
      clients.stop(true);
      remote.close();
      await databases.stop();
      local.close();
      rmSync(path, { force: true });
      rmSync(pidFile(instance.home), { force: true });
      log("Info", "maind: TimesTen Daemon stopped");
      setTimeout(() => process.exit(0), 50);
    },
  };
  for (const signal of ["SIGINT", "SIGHUP"] as const) process.on(signal, () => undefined);
  process.on("SIGTERM", () => void daemon.stop());
  process.on("uncaughtException", error => log("Err ", `maind: ${error.stack ?? error.message}`));
  try {
    await listen(remote, { port: instance.daemonPort, host: instance.listen });
    rmSync(path, { force: true });
    await listen(local, path);
    chmodSync(path, 0o600);
    await clients.start();
  } catch (error) {
    log("Err ", `maind: ${String(error)}`);
    process.send?.({ failed: error instanceof Error ? error.message : String(error) }, () => process.exit(1));
    return;
  }
  writeFileSync(pidFile(instance.home), String(process.pid));
  log("Info", `maind: TimesTen Daemon Release ${instance.release} started, port ${instance.daemonPort}`);
  await databases.start();
  process.send?.({ ready: process.pid }, () => process.disconnect());
}
