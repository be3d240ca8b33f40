/** Connections to one database: who is connected, from where, and the messages they send. */
import { createServer, type Server, type Socket } from "node:net";
import { chmodSync, rmSync } from "node:fs";
import { asTimesTenError, errors, TimesTenError } from "../shared/errors";
import { onMessages, sendMessage, type Message } from "../shared/lines";
import { holds, passwordFits } from "./catalog";
import type { Database } from "./database";
import { Session, type Binds, type Procedures, type Result } from "./session";

/** A connection as ttStatus lists it. */
export interface ConnectionInfo {
  id: number;
  pid: number;
  name: string;
  user: string;
  server: boolean;
}

interface Connection extends ConnectionInfo {
  socket: Socket;
  session: Session;
  /** Instance administrator's connections survive a close and forced disconnects of users do end them. */
  administrator: boolean;
  /** Set while a transactional disconnect waits for the transaction's end. */
  leaving: boolean;
}

export type Urgency = "transactional" | "immediate" | "abort";

export interface ConnectionOptions {
  path: string;
  /** User name of the instance administrator. */
  admin: string;
  procedures: Procedures;
  /** Says that the set of connections changed; `token` is what the daemon gave to a connection that arrived. */
  onChange: (count: number, token: string | null) => void;
  defaults: { lockWaitMs: number; durable: boolean };
}

export class Connections {
  isOpen: boolean;
  private readonly all = new Map<number, Connection>();
  private readonly server: Server;
  private nextId = 1;

  constructor(
    private readonly database: Database,
    private readonly options: ConnectionOptions,
    open: boolean,
  ) {
    this.isOpen = open;
    this.server = createServer(socket => this.accept(socket));
  }

  /** Starts listening. */
  listen(): Promise<void> {
    rmSync(this.options.path, { force: true });
    return new Promise((resolve, reject) => {
      this.server.once("error", reject);
      this.server.listen(this.options.path, () => {
        chmodSync(this.options.path, 0o600);
        resolve();
      });
    });
  }

  list(): ConnectionInfo[] {
    return [...this.all.values()].map(({ id, pid, name, user, server }) => ({ id, pid, name, user, server }));
  }

  count(): number {
    return this.all.size;
  }

  private accept(socket: Socket): void {
    let connection: Connection | null = null;
    let queue = Promise.resolve();
    socket.on("error", () => undefined);
    socket.on("close", () => {
      if (connection !== null) connection.session.gone = true;
      queue = queue.then(async () => {
        if (connection !== null) await this.leave(connection);
      });
    });
    onMessages(socket, message => {
      queue = queue.then(async () => {
        try {
          let answer: Message;
          if (message.op === "connect") {
            connection = this.enter(socket, message);
            answer = this.greeting(connection);
          } else {
            if (connection === null) throw errors.terminated();
            answer = await this.serve(connection, message);
          }
          sendMessage(socket, { id: message.id, ...answer });
        } catch (error) {
          const { code, message: text } = asTimesTenError(error);
          sendMessage(socket, { id: message.id, error: { code, message: text } });
          if (connection === null) socket.end();
        }
        if (connection?.leaving === true && !connection.session.inTransaction()) socket.destroy();
      });
    });
  }

  private greeting(connection: Connection): Message {
    return { connection: connection.id, user: connection.user, database: this.database.name };
  }

  /** @throws TimesTenError 7001, 10053, 15100 */
  private enter(socket: Socket, message: Message): Connection {
    const server = message.via === "cs";
    const uid = typeof message.uid === "string" && message.uid !== "" ? message.uid.toUpperCase() : null;
    const administrator =
      !server && (uid === null || (uid === this.options.admin.toUpperCase() && message.pwd === null));
    const user = administrator ? this.options.admin.toUpperCase() : (uid ?? "");
    if (!administrator) {
      if (typeof message.pwd !== "string") throw errors.noPassword();
      if (!passwordFits(this.database.catalog, user, message.pwd)) throw errors.authentication();
      if (!holds(this.database.catalog, user, "CREATE SESSION"))
        throw errors.privilege(user, "CREATE SESSION");
      if (!this.isOpen) throw errors.closed();
    }
    const number = (value: unknown, fallback: number): number =>
      typeof value === "number" ? value : fallback;
    const { defaults } = this.options;
    const options = {
      lockWaitMs: number(message.lockWaitMs, defaults.lockWaitMs),
      durable: typeof message.durable === "boolean" ? message.durable : defaults.durable,
    };
    const id = this.nextId++;
    const connection: Connection = {
      id,
      socket,
      user,
      server,
      administrator,
      leaving: false,
      pid: number(message.pid, 0),
      name: typeof message.name === "string" ? message.name : this.database.name,
      session: new Session(this.database, user, administrator, options, this.options.procedures),
    };
    this.all.set(id, connection);
    this.options.onChange(this.all.size, typeof message.token === "string" ? message.token : null);
    return connection;
  }

  private async leave(connection: Connection): Promise<void> {
    // A shipped commit may take long; the connection is gone from the list at once.
    this.all.delete(connection.id);
    this.options.onChange(this.all.size, null);
    // The database may be closing at this moment: then there is nothing left to roll back.
    await connection.session.end().catch(() => undefined);
  }

  private async serve(connection: Connection, message: Message): Promise<Message> {
    const { session } = connection;
    if (message.op === "execute") {
      const result: Result = await session.execute(String(message.sql), (message.binds ?? []) as Binds);
      return { ...result };
    }
    if (message.op === "commit") return { ...(await session.commit()) };
    if (message.op === "rollback") return { ...(await session.rollback()) };
    if (message.op === "autocommit") {
      if (message.on === true) await session.commit();
      session.autocommit = message.on === true;
      return {};
    }
    if (message.op === "catalog") {
      const { catalog, control } = this.database;
      const { tables, views, indexes, sequences } = catalog;
      return { tables, views, indexes, sequences, scheme: control.scheme };
    }
    throw new TimesTenError(799, `unknown request ${String(message.op)}`);
  }

  /** Ends user connections: those with open transactions too, or (transactional) when their transaction ends. */
  disconnect(urgency: Urgency): void {
    for (const connection of this.all.values()) {
      if (urgency === "transactional") {
        connection.leaving = connection.session.inTransaction();
        continue;
      }
      sendMessage(connection.socket, { id: 0, error: { code: 994, message: errors.terminated().message } });
      connection.socket.destroy();
    }
  }

  /** Stops listening and ends every connection. */
  close(): void {
    this.server.close();
    this.disconnect("immediate");
    rmSync(this.options.path, { force: true });
  }
}
