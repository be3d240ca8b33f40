/**
 * The WebSocket server of agent and witness: TLS on both sides, few sessions, bounded messages. Who a client is, is what
 * its certificate says: the operator's or an agent's, of the object's own authority.
 */
import type { IncomingMessage } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { WebSocketServer, type WebSocket } from "ws";
import { MAX_MESSAGE_BYTES } from "../../protocol";
import type { AgentSessions, Clock, Log, PeerSessions } from "../ports";
import { Link, type ClientRole } from "./link";
import type { Wire } from "./served";
import type { TlsFiles, TlsMaterial } from "./tls";

/** Operator replicas, some twice while they reconnect. */
const MAX_SESSIONS = 16;
/** A client that has not finished its TLS greeting is dropped after this long, ms. */
const HANDSHAKE_MS = 5_000;
/** What does not close by itself when the server ends is dropped after this long, ms. */
const CLOSE_MS = 500;

/** Common names of the certificates (capabilities/runtime/certificates.ts). */
const ROLES: Record<string, ClientRole> = { "timesten-operator": "operator", "timesten-agent": "agent" };
/** RFC 6455, 7.4.1: the client breaks our rules. */
const POLICY_VIOLATION = 1008;

/** What becomes of a connection. */
export interface ServedConnection {
  received(frame: string): void;
  disconnected(): void;
  /** Says goodbye and ends it. */
  close(): void;
}

interface ListenOptions {
  host?: string;
  /** 0: any free one. */
  port: number;
  tls: TlsFiles;
  log: Log;
}

export interface TlsServerOptions extends ListenOptions {
  accept: (wire: Wire, client: ClientRole) => ServedConnection;
}

export interface AgentServerOptions extends ListenOptions {
  sessions: AgentSessions;
  /** Absent: there is no other pod, and none is let in. */
  peers?: PeerSessions;
  objectUID?: string;
  clock: Clock;
}

export interface AgentServer {
  port: number;
  /** Says goodbye to every client and stops listening. Resolves when all is closed. */
  close(): Promise<void>;
}

/**
 * The agent's server: operators and, with `peers`, the other pod's agent.
 * @throws when the port is taken or the certificates cannot be read
 */
export function startServer(o: AgentServerOptions): Promise<AgentServer> {
  const { sessions, peers, objectUID, clock, log } = o;
  const accept = (wire: Wire, client: ClientRole) =>
    new Link({
      sessions,
      ...(peers === undefined ? {} : { peers }),
      ...(objectUID === undefined ? {} : { objectUID }),
      client,
      wire,
      clock,
      log,
    });
  return startTlsServer({ ...o, accept });
}

/**
 * Starts to listen. Only clients with a certificate of the object's own authority come through.
 * @throws when the port is taken or the certificates cannot be read
 */
export async function startTlsServer(o: TlsServerOptions): Promise<AgentServer> {
  const server = createServer({
    ...secureContext(await o.tls.read()),
    ...strict,
    handshakeTimeout: HANDSHAKE_MS,
  });
  const sockets = new WebSocketServer({ server, maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false });
  const links = new Set<ServedConnection>();
  server.on("tlsClientError", (error: Error, socket: TLSSocket) => {
    o.log.warn("client refused", { from: socket.remoteAddress ?? "", error: error.message });
  });
  server.on("request", (_request, response) => response.writeHead(426, { connection: "close" }).end());
  sockets.on("error", error => o.log.error("server", { error: error.message }));
  sockets.on("connection", (socket, request) => accept(socket, request, links, o));
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

function accept(
  socket: WebSocket,
  request: IncomingMessage,
  links: Set<ServedConnection>,
  o: TlsServerOptions,
): void {
  socket.on("error", error => o.log.warn("session broke", { error: error.message }));
  // A certificate with several common names is none of ours.
  const name = String((request.socket as TLSSocket).getPeerCertificate().subject?.CN);
  const client = Object.hasOwn(ROLES, name) ? ROLES[name] : undefined;
  if (client === undefined) {
    o.log.warn("client refused", { from: request.socket.remoteAddress ?? "", name });
    socket.close(POLICY_VIOLATION, "the certificate is neither an operator's nor an agent's");
    return;
  }
  if (links.size >= MAX_SESSIONS) {
    socket.close(1013, "too many sessions");
    return;
  }
  const link = o.accept(wireOf(socket), client);
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

function listen(server: Server, o: TlsServerOptions): Promise<void> {
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
