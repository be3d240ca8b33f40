/** The client/server port (6625): finds the database a client asks for and passes its messages on. */
import { createServer, type Server, type Socket } from "node:net";
import { asTimesTenError, errors } from "../shared/errors";
import type { Instance } from "../shared/instance";
import { onMessages, openSocket, sendMessage, type Message } from "../shared/lines";
import type { MessageLog } from "../shared/log";
import type { Databases } from "./databases";

/** Time a client has to say what it wants, ms. */
const helloMs = 5000;

export class ClientServer {
  private server: Server | null = null;
  private readonly sockets = new Set<Socket>();

  constructor(
    private readonly instance: Instance,
    private readonly databases: Databases,
    private readonly log: MessageLog,
  ) {}

  listening(): boolean {
    return this.server !== null;
  }

  /** Starts listening; does nothing when it already does. */
  start(): Promise<void> {
    if (this.server !== null) return Promise.resolve();
    const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: 1000 }, socket =>
      this.accept(socket),
    );
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen({ port: this.instance.serverPort, host: this.instance.listen }, () => {
        this.server = server;
        resolve();
      });
    });
  }

  /** Stops listening; with `force` ends the clients' connections too. */
  stop(force: boolean): void {
    this.server?.close();
    this.server = null;
    if (force) for (const socket of this.sockets) socket.destroy();
  }

  private accept(socket: Socket): void {
    this.sockets.add(socket);
    socket.on("close", () => this.sockets.delete(socket));
    socket.on("error", () => undefined);
    const timer = setTimeout(() => socket.destroy(), helloMs);
    const early: Message[] = [];
    let started = false;
    let forward: ((message: Message) => void) | null = null;
    onMessages(socket, message => {
      if (forward !== null) return forward(message);
      // The first message names the database; whatever follows it before the way is open waits here.
      early.push(message);
      if (started) return undefined;
      started = true;
      clearTimeout(timer);
      this.join(socket, early).then(
        way => (forward = way),
        (error: unknown) => {
          const { code, message: text } = asTimesTenError(error);
          sendMessage(socket, { id: message.id, error: { code, message: text } });
          socket.end();
        },
      );
      return undefined;
    });
  }

  private async join(client: Socket, early: Message[]): Promise<(message: Message) => void> {
    const first = early[0] ?? {};
    const dsn = typeof first.dsn === "string" ? first.dsn : "";
    // A name, no more: a client must not bring attributes of its own.
    if (/[;=]/.test(dsn)) throw errors.dsn(dsn);
    const target = this.databases.target(dsn);
    const { socket: path, token } = await this.databases.connect(target, false);
    const inner = await openSocket({ path }, helloMs);
    inner.on("error", () => undefined);
    inner.on("close", () => client.destroy());
    client.on("close", () => inner.destroy());
    if (client.destroyed) inner.destroy();
    sendMessage(inner, { ...first, via: "cs", token, pid: process.pid });
    for (const message of early.slice(1)) sendMessage(inner, message);
    inner.pipe(client);
    this.log("Info", `ttcserver: client ${client.remoteAddress ?? ""} connected to ${target.dsn}`);
    return message => sendMessage(inner, message);
  }
}
