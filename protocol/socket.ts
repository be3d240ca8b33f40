/**
 * What a dialled WebSocket over TLS does with the messages of this protocol: the same for operator and agents, to an agent
 * and to a witness. Who dials makes the socket; here is no network.
 */
import type { ZodType } from "zod";
import type { DialHandlers } from "./dialling";
import { MAX_MESSAGE_BYTES, parseMessage, ProtocolError } from "./messages";

/** From the dial until the connection is open, ms. */
const HANDSHAKE_MS = 2_000;
/** What does not close by itself is dropped after this long, ms. */
const CLOSE_MS = 500;
/** RFC 6455, 7.4.1 */
const PROTOCOL_VIOLATION = 1002;
/** WebSocket.readyState */
const CONNECTING = 0;
const OPEN = 1;
const CLOSED = 3;

type RawData = Buffer | ArrayBuffer | Buffer[];

/** A WebSocket of the library ws, as far as it is used here. */
export interface Socket {
  readonly readyState: number;
  send(text: string): void;
  close(code: number): void;
  terminate(): void;
  on(event: "open", listener: () => void): unknown;
  on(event: "message", listener: (data: RawData, isBinary: boolean) => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "close", listener: (code: number, reason: Buffer) => void): unknown;
  once(event: "close", listener: () => void): unknown;
}

/** Who we are to the other side. */
export interface Credentials {
  /** PEM: authority of the object, and our certificate and key. */
  ca: string;
  cert: string;
  key: string;
}

/**
 * @param serverName the DNS name that the other side's certificate must carry, whatever the address
 * @returns the options with which a socket is to be dialled
 */
export function dialOptions({ ca, cert, key }: Credentials, serverName: string) {
  return {
    ca,
    cert,
    key,
    servername: serverName,
    rejectUnauthorized: true,
    minVersion: "TLSv1.2" as const,
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE_BYTES,
  };
}

/**
 * @param schema of what the other side says
 * @param socket just dialled
 * @returns a function that gives it up; no handler is called any more once it was
 */
export function speakOver<Out, In>(
  schema: ZodType<In>,
  socket: Socket,
  handlers: DialHandlers<Out, In>,
): () => void {
  let over = false;
  let failure: string | null = null;
  const handshake = setTimeout(() => {
    failure ??= `no connection within ${HANDSHAKE_MS} ms`;
    socket.terminate();
  }, HANDSHAKE_MS);
  socket.on("open", () => {
    clearTimeout(handshake);
    if (over) return;
    handlers.onOpen({
      send: message => {
        if (socket.readyState === OPEN) socket.send(JSON.stringify(message));
      },
      close: () => closeSoon(socket),
    });
  });
  socket.on("message", (data, isBinary) => {
    if (over || failure !== null) return;
    try {
      handlers.onMessage(parseMessage(schema, textOf(data, isBinary)));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      failure = error.message;
      closeSoon(socket, PROTOCOL_VIOLATION);
    }
  });
  // Always followed by "close".
  socket.on("error", error => {
    failure ??= error.message;
  });
  socket.on("close", (code, reason) => {
    clearTimeout(handshake);
    if (over) return;
    over = true;
    handlers.onClose(failure ?? (reason.toString() || `closed with code ${code}`));
  });
  return () => {
    over = true;
    closeSoon(socket);
  };
}

/** @throws ProtocolError on a binary frame: only text is spoken here */
function textOf(data: RawData, isBinary: boolean): string {
  if (isBinary) throw new ProtocolError("binary frame");
  if (Buffer.isBuffer(data)) return data.toString("utf8");
  return (Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data)).toString("utf8");
}

/** Says goodbye; drops the connection when the other side does not answer that. */
function closeSoon(socket: Socket, code = 1000): void {
  if (socket.readyState === CLOSED) return;
  if (socket.readyState === CONNECTING) {
    socket.terminate();
    return;
  }
  socket.close(code);
  const timer = setTimeout(() => socket.terminate(), CLOSE_MS);
  socket.once("close", () => clearTimeout(timer));
}
