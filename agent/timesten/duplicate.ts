import type { Context } from "./context";
import { destroy, keepLoadedClosed } from "./database";

/**
 * Destroys this copy and takes over the other pod's: ends loaded and closed, replication agent not running. A copy
 * that was begun and not finished is not taken for a database (see Incomplete).
 * @param fromHost DNS name of the pod that has the data
 * @throws TimesTenError
 */
export async function duplicate(c: Context, fromHost: string, signal: AbortSignal): Promise<void> {
  const { db, agentUser, remoteDaemonPort } = c.o;
  await destroy(c, signal);
  await c.incomplete.set("duplicate");
  await c.sessions.without(async () => {
    const port = remoteDaemonPort === undefined ? [] : ["-remoteDaemonPort", String(remoteDaemonPort)];
    const source = ["-from", db, "-host", fromHost, ...port, "-uid", agentUser.name];
    const args = ["-duplicate", ...source, "-setMasterRepStart", "-ramLoad", `DSN=${db}`];
    // The password is asked for; it never stands among the arguments.
    await c.run("ttRepAdmin", args, signal, `${agentUser.password}\n`);
    await keepLoadedClosed(c, signal);
  });
  await c.incomplete.clear();
}
