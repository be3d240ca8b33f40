/** The way to the other pod's agent and witness as it is in a pod: WebSocket over TLS with certificates on both sides. */
import type { ConnectionOptions } from "node:tls";
import { WebSocket, type ClientOptions, type RawData } from "ws";
import type { ZodType } from "zod";
import {
  AGENT_PORT,
  MAX_MESSAGE_BYTES,
  parseMessage,
  peerAnswerSchema,
  ProtocolError,
  WITNESS_PORT,
  witnessMessageSchema,
  type Dial,
  type DialHandlers,
} from "../../protocol";
import type { Clock, Log, PeerPort } from "../ports";
import type { TlsFiles, TlsMaterial } from "../server/tls";
import { PeerSession } from "./session";

/** Name resolution, TCP, TLS and WebSocket greeting together, ms. */
const HANDSHAKE_MS = 2_000;
/** What does not close by itself is dropped after this long, ms. */
const CLOSE_MS = 500;
/** RFC 6455, 7.4.1 */
const PROTOCOL_VIOLATION = 1002;

export interface PeerClientOptions {
  /** DNS name of the other pod, which its certificate must carry. */
  host: string;
  tls: TlsFiles;
  clock: Clock;
  log: Log;
  self: { podName: string; podUID: string; objectUID: string };
  /** Where they are elsewhere than usual (tests). */
  places?: { address: string; agentPort: number; witnessPort: number };
}

/** @returns the port of the agent's core to the other pod; nothing is dialled before it is started */
export function peerClient(o: PeerClientOptions): PeerPort {
  const { places } = o;
  const url = (port: number) => `wss://${places?.address ?? o.host}:${port}/`;
  return new PeerSession({
    clock: o.clock,
    log: o.log,
    self: o.self,
    dialAgent: dialling(peerAnswerSchema, url(places?.agentPort ?? AGENT_PORT), o),
    dialWitness: dialling(witnessMessageSchema, url(places?.witnessPort ?? WITNESS_PORT), o),
  });
}

/** The name is resolved and the certificates are read anew at each dial: both may change. */
function dialling<Out, In>(schema: ZodType<In>, url: string, o: PeerClientOptions): Dial<Out, In> {
  return handlers => {
    let givenUp = false;
    let giveUp: () => void = () => undefined;
    o.tls.read().then(
      material => {
        if (!givenUp) giveUp = connect(schema, url, o.host, material, handlers);
      },
      (error: unknown) => {
        if (!givenUp) handlers.onClose(`no certificate: ${String(error)}`);
      },
    );
    return () => {
      givenUp = true;
      giveUp();
    };
  };
}

function connect<Out, In>(
  schema: ZodType<In>,
  url: string,
  host: string,
  material: TlsMaterial,
  handlers: DialHandlers<Out, In>,
): () => void {
  const socket = new WebSocket(url, optionsOf(material, host));
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
        if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
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

function optionsOf({ ca, cert, key }: TlsMaterial, host: string): ClientOptions & ConnectionOptions {
  return {
    ca,
    cert,
    key,
    servername: host,
    rejectUnauthorized: true,
    minVersion: "TLSv1.2",
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE_BYTES,
  };
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
