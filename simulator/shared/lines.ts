/** JSON lines over sockets: one message per line, answers carry the id of their request. */
import { connect, type Socket } from "node:net";
import { TimesTenError } from "./errors";

/** A message: any JSON object. */
export type Message = Record<string, unknown>;

/** Longest line accepted, in bytes; a longer one ends the connection. */
const maxLineBytes = 64 * 1024 * 1024;

/** Calls back for every complete line of a socket, parsed. Destroys the socket on rubbish. */
export function onMessages(socket: Socket, callback: (message: Message) => void): void {
  let pending: Buffer[] = [];
  let size = 0;
  socket.on("data", (chunk: Buffer) => {
    let from = 0;
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, from)) {
      pending.push(chunk.subarray(from, at));
      const text = Buffer.concat(pending).toString("utf8");
      pending = [];
      size = 0;
      from = at + 1;
      let message: Message;
      try {
        message = JSON.parse(text) as Message;
      } catch {
        socket.destroy();
        return;
      }
      callback(message);
    }
    if (from < chunk.length) {
      pending.push(chunk.subarray(from));
      size += chunk.length - from;
      if (size > maxLineBytes) socket.destroy();
    }
  });
}

/** Writes one message; false when the socket is gone. */
export function sendMessage(socket: Socket, message: Message): boolean {
  if (socket.destroyed || !socket.writable) return false;
  socket.write(`${JSON.stringify(message)}\n`);
  return true;
}

/** A request/answer connection. */
export interface Caller {
  /**
   * @param message `op` and its arguments
   * @param timeoutMs how long to wait; 0 for ever
   * @returns the answer without its envelope
   * @throws TimesTenError the other side's error, 994 when the connection ends first
   */
  call(message: Message, timeoutMs?: number): Promise<Message>;
  readonly socket: Socket;
  close(): void;
}

interface Waiting {
  resolve: (answer: Message) => void;
  reject: (error: Error) => void;
}

function answered(message: Message, waiting: Waiting): void {
  const error = message.error as { code: number; message: string } | undefined;
  if (error === undefined) waiting.resolve(message);
  else waiting.reject(new TimesTenError(error.code, error.message));
}

/** Makes a caller of a connected socket. `onClosed` gives the error that pending calls end with. */
export function caller(socket: Socket, onClosed: () => Error): Caller {
  const waitings = new Map<number, Waiting>();
  let next = 1;
  onMessages(socket, message => {
    const waiting = waitings.get(Number(message.id));
    if (waiting === undefined) return;
    waitings.delete(Number(message.id));
    answered(message, waiting);
  });
  const fail = (): void => {
    for (const waiting of waitings.values()) waiting.reject(onClosed());
    waitings.clear();
  };
  socket.on("error", () => undefined);
  socket.on("close", fail);
  return {
    socket,
    close: () => socket.end(),
    call: (message, timeoutMs = 0) =>
      new Promise((resolve, reject) => {
        const id = next++;
        const timer =
          timeoutMs > 0
            ? setTimeout(() => {
                waitings.delete(id);
                reject(new TimesTenError(8028, `no answer within ${timeoutMs} ms`));
              }, timeoutMs)
            : undefined;
        const settle = (act: () => void): void => {
          clearTimeout(timer);
          act();
        };
        waitings.set(id, {
          resolve: answer => settle(() => resolve(answer)),
          reject: error => settle(() => reject(error)),
        });
        if (!sendMessage(socket, { ...message, id })) {
          waitings.delete(id);
          settle(() => reject(onClosed()));
        }
      }),
  };
}

/** Where to connect: a local socket or a port. */
export type Endpoint = { path: string } | { host: string; port: number };

/**
 * @param timeoutMs bound for name look-up and connection
 * @throws Error when nobody answers there in time
 */
export function openSocket(endpoint: Endpoint, timeoutMs: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = "path" in endpoint ? connect(endpoint.path) : connect({ ...endpoint, noDelay: true });
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`connect timed out after ${timeoutMs} ms`));
    }, timeoutMs);
    socket.once("error", error => {
      clearTimeout(timer);
      reject(error);
    });
    socket.once("connect", () => {
      clearTimeout(timer);
      resolve(socket);
    });
  });
}
