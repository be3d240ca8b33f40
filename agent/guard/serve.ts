/** `guard`: the process that holds the end of a permission, beside the agent and independent of it. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { AgentConfig } from "../entry/config";
import type { Log } from "../ports";
import { systemClock } from "../system";
import { Guard, type GuardedDatabase } from "./core";
import { guardFiles, GUARD_SOCKET } from "./files";
import { startGuardServer, type GuardServer } from "./server";

/**
 * Takes up what a former process of the guard enforced, then listens.
 * @throws when the volume cannot be written, or what lies there is not understood
 */
export async function serveGuard(
  config: Pick<AgentConfig, "runDir">,
  database: GuardedDatabase,
  log: Log,
): Promise<GuardServer> {
  await mkdir(config.runDir, { recursive: true });
  let server: GuardServer | null = null;
  const guard = new Guard({
    clock: systemClock,
    store: guardFiles(config.runDir),
    database,
    log,
    onSend: message => server?.send(message),
  });
  await guard.start();
  server = await startGuardServer({
    path: join(config.runDir, GUARD_SOCKET),
    hello: () => guard.hello(),
    onMessage: message => guard.onMessage(message),
    log,
  });
  log.info("guarding");
  return server;
}
