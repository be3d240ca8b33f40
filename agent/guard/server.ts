/** The guard's end of its Unix socket: one agent at a time, one JSON message per line. */
import { chmodSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { parseMessage, toGuardSchema, type FromGuard, type ToGuard } from "../../protocol";
import type { Log } from "../ports";

export interface GuardServerOptions {
  /** Path of the socket; one that lies there already is nobody's any more. */
  path: string;
  hello: () => FromGuard;
  onMessage: (message: ToGuard) => void;
  log: Log;
}

export interface GuardServer {
  /** To the agent, if one is connected. */
  send(message: FromGuard): void;
  close(): Promise<void>;
}

/** @throws when the socket cannot be made */
export async function startGuardServer(o: GuardServerOptions): Promise<GuardServer> {
  let agent: Socket | null = null;
  const send = (socket: Socket | null, message: FromGuard): void => {
    if (socket?.writable === true) socket.write(`${JSON.stringify(message)}\n`);
  };
  const server = createServer(socket => {
    // The newest is the agent that lives: a former one is dead or hung.
    agent?.destroy();
    agent = socket;
    socket.on("error", () => undefined);
    socket.on("close", () => {
      if (agent === socket) agent = null;
    });
    const lines = createInterface({ input: socket });
    lines.on("error", () => undefined);
    lines.on("line", line => {
      if (agent !== socket) return;
      try {
        o.onMessage(parseMessage(toGuardSchema, line));
      } catch (error) {
        o.log.warn("the agent said what is not understood", { error: String(error) });
        socket.destroy();
      }
    });
    send(socket, o.hello());
  });
  rmSync(o.path, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(o.path, () => {
      server.removeListener("error", reject);
      server.on("error", error => o.log.error("guard server", { error: error.message }));
      resolve();
    });
  });
  // Only the TimesTen user: whoever may write here decides until when is written.
  chmodSync(o.path, 0o600);
  return {
    send: message => send(agent, message),
    close: () =>
      new Promise(resolve => {
        agent?.destroy();
        server.close(() => resolve());
      }),
  };
}
