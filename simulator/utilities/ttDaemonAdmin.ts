/** ttDaemonAdmin: starts and stops the daemon and its client/server port. */
import { spawn } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { isAlive, runningDaemon } from "../daemon/timestend";
import { parseArguments, UsageError } from "../shared/args";
import { loadInstance, type Instance } from "../shared/instance";
import { askDaemon, complain, guarded, print } from "./context";

/** How long a starting daemon may take, ms. */
const startMs = 60_000;

function launch(instance: Instance): Promise<number> {
  const child = spawn(process.execPath, [process.argv[1] ?? "", "timestend"], {
    detached: true,
    stdio: ["ignore", "ignore", "ignore", "ipc"],
    cwd: instance.home,
    env: { ...process.env, TIMESTEN_HOME: instance.home },
  });
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("the daemon did not start in time")), startMs);
    child.on("error", reject);
    child.on("exit", code => reject(new Error(`the daemon ended with code ${code}; see diag/ttmesg.log`)));
    child.on("message", (message: { ready?: number; failed?: string }) => {
      clearTimeout(timer);
      child.removeAllListeners();
      child.unref();
      if (message.ready === undefined) reject(new Error(message.failed ?? "unknown failure"));
      else resolve(message.ready);
    });
  });
}

async function start(instance: Instance): Promise<number> {
  const running = runningDaemon(instance.home);
  if (running !== 0) {
    print(`TimesTen Daemon (PID: ${running}, port: ${instance.daemonPort}) is already running.`);
    return 0;
  }
  try {
    const pid = await launch(instance);
    print(`TimesTen Daemon (PID: ${pid}, port: ${instance.daemonPort}) startup OK.`);
    return 0;
  } catch (error) {
    complain(`TimesTen Daemon startup failed: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
}

async function stop(instance: Instance): Promise<number> {
  const pid = runningDaemon(instance.home);
  if (pid === 0) {
    complain("ttDaemonAdmin: The TimesTen daemon is not running.");
    return 1;
  }
  await askDaemon(instance, { op: "stop" });
  while (isAlive(pid)) await delay(10);
  print(`TimesTen Daemon (PID: ${pid}, port: ${instance.daemonPort}) stopped.`);
  return 0;
}

/** Entry. */
export function ttDaemonAdmin(argv: string[]): Promise<number> {
  return guarded("ttDaemonAdmin", async instance => {
    const { flags } = parseArguments(
      argv,
      ["force", "start", "stop", "restart", "startserver", "stopserver", "restartserver", "verbose"],
      [],
    );
    if (flags.has("start")) return start(instance);
    if (flags.has("stop")) return stop(instance);
    if (flags.has("restart")) return (await stop(instance)) || start(loadInstance());
    if (flags.has("startserver") || flags.has("restartserver")) {
      if (flags.has("restartserver")) await askDaemon(instance, { op: "stopServer", force: true });
      await askDaemon(instance, { op: "startServer" });
      print(`TimesTen Server (port: ${instance.serverPort}) startup OK.`);
      return 0;
    }
    if (flags.has("stopserver")) {
      await askDaemon(instance, { op: "stopServer", force: flags.has("force") });
      print(`TimesTen Server (port: ${instance.serverPort}) stopped.`);
      return 0;
    }
    throw new UsageError("one of -start, -stop, -restart, -startserver, -stopserver is needed");
  });
}
