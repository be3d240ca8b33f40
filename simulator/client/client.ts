/** A small client for client/server connections (port 6625), as an application would use TimesTen's own library. */
import { TimesTenError } from "../shared/errors";
import { caller, openSocket, type Caller } from "../shared/lines";

export interface ClientOptions {
  host: string;
  /** Default 6625. */
  port?: number;
  dsn: string;
  uid: string;
  pwd: string;
  /** Bound for name look-up, connection and login together, ms. */
  connectTimeoutMs?: number;
}

/** What a statement gave. */
export interface ClientResult {
  /** Rows of a query; empty otherwise. */
  rows: unknown[][];
  /** Rows changed by a statement that changes some. */
  rowCount: number;
}

/** One connection. */
export interface Client {
  /**
   * @param binds values for the statement's `?` or `:name` parameters, in order
   * @param timeoutMs gives up (the outcome is then unknown) and ends the connection
   * @throws TimesTenError with TimesTen's number; 47137 when the connection ended before the answer
   */
  execute(sql: string, binds?: (string | number | null)[], timeoutMs?: number): Promise<ClientResult>;
  /** Default on: each statement is a transaction of its own. */
  autocommit(on: boolean): Promise<void>;
  commit(timeoutMs?: number): Promise<void>;
  rollback(): Promise<void>;
  close(): void;
}

/** The connection ended before an answer: what was asked may or may not have been done. */
export const connectionLost = (): TimesTenError =>
  new TimesTenError(47137, "Handle invalid due to client failover or a lost connection");

/**
 * @throws TimesTenError when the server refuses; Error when it cannot be reached in time
 */
export async function connectClient(options: ClientOptions): Promise<Client> {
  const timeoutMs = options.connectTimeoutMs ?? 5_000;
  const began = Date.now();
  const socket = await openSocket({ host: options.host, port: options.port ?? 6625 }, timeoutMs);
  const line = caller(socket, connectionLost);
  try {
    const { dsn, uid, pwd } = options;
    await line.call({ op: "connect", dsn, uid, pwd }, Math.max(1, timeoutMs - (Date.now() - began)));
  } catch (error) {
    socket.destroy();
    throw error;
  }
  return clientOver(line);
}

function clientOver(line: Caller): Client {
  const ask = async (message: Record<string, unknown>, timeoutMs = 0) => {
    try {
      return await line.call(message, timeoutMs);
    } catch (error) {
      // After a time-out nobody knows what belongs to which question any more.
      if (error instanceof TimesTenError && error.code === 8028) line.socket.destroy();
      throw error;
    }
  };
  return {
    execute: async (sql, binds = [], timeoutMs = 0) => {
      const answer = await ask({ op: "execute", sql, binds }, timeoutMs);
      return {
        rows: Array.isArray(answer["rows"]) ? (answer["rows"] as unknown[][]) : [],
        rowCount: typeof answer["count"] === "number" ? answer["count"] : 0,
      };
    },
    autocommit: async on => void (await ask({ op: "autocommit", on })),
    commit: async (timeoutMs = 0) => void (await ask({ op: "commit" }, timeoutMs)),
    rollback: async () => void (await ask({ op: "rollback" })),
    close: () => line.socket.destroy(),
  };
}
