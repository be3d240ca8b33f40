/** The agent's WebSocket server: TLS on both sides, few sessions, bounded messages. */
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { WebSocketServer, type WebSocket } from "ws";
import { MAX_MESSAGE_BYTES } from "../../protocol";
import type { AgentSessions, Clock, Log } from "../ports";
import { Link, type Wire } from "./link";
import type { TlsFiles, TlsMaterial } from "./tls";

/** Operator replicas, some twice while they reconnect. */
const MAX_SESSIONS = 16;
/** A client that has not finished its TLS greeting is dropped after this long, ms. */
const HANDSHAKE_MS = 5_000;
/** What does not close by itself when the server ends is dropped after this long, ms. */
const CLOSE_MS = 500;

export interface AgentServerOptions {
  host?: string;
  /** 0: any free one. */
  port: number;
  tls: TlsFiles;
  sessions: AgentSessions;
  clock: Clock;
  log: Log;
}

export interface AgentServer {
  port: number;
  /** Says goodbye to every operator and stops listening. Resolves when all is closed. */
  close(): Promise<void>;
}

/**
 * Starts to listen. Only clients with a certificate of the object's own authority come through.
 * @throws when the port is taken or the certificates cannot be read
 */
export async function startServer(o: AgentServerOptions): Promise<AgentServer> {
  const server = createServer({
    ...secureContext(await o.tls.read()),
    ...strict,
    handshakeTimeout: HANDSHAKE_MS,
  });
  const sockets = new WebSocketServer({ server, maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false });
  const links = new Set<Link>();
  server.on("tlsClientError", (error: Error, socket: TLSSocket) => {
    o.log.warn("client refused", { from: socket.remoteAddress ?? "", error: error.message });
  });
  server.on("request", (_request, response) => response.writeHead(426, { connection: "close" }).end());
  sockets.on("error", error => o.log.error("server", { error: error.message }));
  sockets.on("connection", socket => accept(socket, links, o));
  const unwatch = o.tls.watch(material => {
    server.setSecureContext(secureContext(material));
    o.log.info("certificates replaced");
  });
  await listen(server, o);
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      unwatch();
      for (const link of links) link.close();
      await closed(server, sockets);
    },
  };
}

const strict = { requestCert: true, rejectUnauthorized: true, minVersion: "TLSv1.2" } as const;

function secureContext({ ca, cert, key }: TlsMaterial) {
  return { ca, cert, key };
}

function accept(socket: WebSocket, links: Set<Link>, o: AgentServerOptions): void {
  socket.on("error", error => o.log.warn("session broke", { error: error.message }));
  if (links.size >= MAX_SESSIONS) {
    socket.close(1013, "too many sessions");
    return;
  }
  const link = new Link({ sessions: o.sessions, wire: wireOf(socket), clock: o.clock, log: o.log });
  links.add(link);
  socket.on("message", (data, isBinary) => {
    // Only text is spoken here; a binary frame is no message of this protocol.
    link.received(isBinary ? "" : textOf(data));
  });
  socket.on("close", () => {
    links.delete(link);
    link.disconnected();
  });
}

function wireOf(socket: WebSocket): Wire {
  return {
    unsent: () => socket.bufferedAmount,
    send: frame => {
      if (socket.readyState === socket.OPEN) socket.send(frame);
    },
    close: (code, reason) => socket.close(code, reason),
    terminate: () => socket.terminate(),
  };
}

function textOf(data: Buffer | ArrayBuffer | Buffer[]): string {
  if (Buffer.isBuffer(data)) return data.toString("utf8");
  return Array.isArray(data) ? Buffer.concat(data).toString("utf8") : Buffer.from(data).toString("utf8");
}

function listen(server: Server, o: AgentServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port: o.port, ...(o.host === undefined ? {} : { host: o.host }) }, () => {
      server.removeListener("error", reject);
      server.on("error", error => o.log.error("server", { error: error.message }));
      resolve();
    });
  });
}

function closed(server: Server, sockets: WebSocketServer): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(() => {
      for (const client of sockets.clients) client.terminate();
      server.closeAllConnections();
    }, CLOSE_MS);
    sockets.close();
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
