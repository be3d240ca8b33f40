/** The database as the guard handles it: TimesTen's utilities to close it, pidfds and /proc to kill it. */
import { join } from "node:path";
import type { Life } from "../../protocol";
import { utilityEnv, type AgentConfig } from "../entry/config";
import { holdProcesses } from "../helper";
import type { Log } from "../ports";
import { Context } from "../timesten/context";
import { closeForUsers } from "../timesten/database";
import { killProcesses } from "../timesten/processes";
import type { GuardedDatabase } from "./core";

/**
 * @param folder where the helper lies
 * @returns the database of this pod; it needs nobody's password, for it asks the database nothing
 */
export function guardedDatabase(
  config: AgentConfig,
  env: NodeJS.ProcessEnv,
  folder: string,
  log: Log,
): GuardedDatabase {
  const holder = holdProcesses(join(folder, "tthelper"), log);
  const context = new Context({
    instanceHome: config.instanceHome,
    db: config.db,
    dataStore: config.dataStore,
    logDir: config.logDir,
    configDir: config.configDir,
    imageRelease: "",
    peerHosts: config.peerHosts,
    agentUser: { name: "", password: "" },
    env: utilityEnv(config, env),
    log,
  });
  return {
    watch: (processes, onEnd) => holder.watch(processes, onEnd),
    close: signal => closeForUsers(context, signal),
    kill: async (life: Life) => {
      const named = [life.processes, life.attached].filter(list => list !== "");
      await holder.kill(named.join(","));
      // And whatever else of this instance could write; resolves when nothing of it is left.
      await killProcesses(context, named);
    },
  };
}
