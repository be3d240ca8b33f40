/**
 * The way to the agents and witnesses: WebSocket over TLS with certificates on both sides. We connect to the pod's address, because
 * DNS may be late or old, and verify the pod's DNS name, because addresses are given to the next pod.
 */
import { isIPv6 } from "node:net";
import type { ConnectionOptions } from "node:tls";
import { WebSocket, type ClientOptions, type RawData } from "ws";
import type { ZodType } from "zod";
import {
  MAX_MESSAGE_BYTES,
  agentMessageSchema,
  parseMessage,
  ProtocolError,
  witnessMessageSchema,
  type DialHandlers,
} from "../../../protocol";
import type { AgentAddress, AgentTransport, WitnessTransport } from "../ports";

/** TCP, TLS and WebSocket greeting together, ms. */
const HANDSHAKE_MS = 2_000;
/** What does not close by itself is dropped after this long, ms. */
const CLOSE_MS = 500;
/** RFC 6455, 7.4.1 */
const PROTOCOL_VIOLATION = 1002;

export const agentTransport: AgentTransport = {
  dial: (address, handlers) => dial(agentMessageSchema, address, handlers),
};

export const witnessTransport: WitnessTransport = {
  dial: (address, handlers) => dial(witnessMessageSchema, address, handlers),
};

/** See AgentTransport; no handler is called any more once the returned function was. */
function dial<Out, In>(
  schema: ZodType<In>,
  address: AgentAddress,
  handlers: DialHandlers<Out, In>,
): () => void {
  const socket = new WebSocket(urlOf(address), optionsOf(address));
  let over = false;
  let failure: string | null = null;
  const connection = {
    send: (message: Out): void => {
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
    },
    close: (): void => closeSoon(socket),
  };
  const handshake = setTimeout(() => {
    failure ??= `no connection within ${HANDSHAKE_MS} ms`;
    socket.terminate();
  }, HANDSHAKE_MS);
  socket.on("open", () => {
    clearTimeout(handshake);
    if (!over) handlers.onOpen(connection);
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

function optionsOf({ ca, cert, key, serverName }: AgentAddress): ClientOptions & ConnectionOptions {
  return {
    ca,
    cert,
    key,
    servername: serverName,
    rejectUnauthorized: true,
    minVersion: "TLSv1.2",
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE_BYTES,
  };
}

function urlOf({ ip, port }: AgentAddress): string {
  return `wss://${isIPv6(ip) ? `[${ip}]` : ip}:${port}/`;
}

/** @throws ProtocolError on a binary frame: only text is spoken here */
function textOf(data: RawData, isBinary: boolean): string {
  if (isBinary) throw new ProtocolError("binary frame");
  if (Buffer.isBuffer(data)) return data.toString("utf8");
  return (Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data)).toString("utf8");
}

/** Says goodbye; drops the connection when the other side does not answer that. */
function closeSoon(socket: WebSocket, code = 1000): void {
  if (socket.readyState === WebSocket.CLOSED) return;
  if (socket.readyState === WebSocket.CONNECTING) {
    socket.terminate();
    return;
  }
  socket.close(code);
  const timer = setTimeout(() => socket.terminate(), CLOSE_MS);
  socket.once("close", () => clearTimeout(timer));
}
