/**
 * Answers the kubelet's readiness probe: plain HTTP, because a kubelet has no certificate of ours. It tells nothing but
 * which part the database does. A hung agent does not answer, and is not Ready for that.
 */
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ACTIVE_PATH, READY_PATH } from "../../protocol";
import type { Readiness } from "../core/readiness";
import type { Clock, Log } from "../ports";

/** A probe is small and quick, ms. */
const REQUEST_MS = 5_000;
/** More than a kubelet and a few curious people need. */
const MAX_CONNECTIONS = 32;
/** A port that is taken is tried again after this, ms. */
const AGAIN_MS = 1_000;

export interface ReadinessServerOptions {
  /** 0: any free one. */
  port: number;
  readiness: () => Readiness;
  clock: Pick<Clock, "setTimer">;
  log: Log;
}

export interface ReadinessServer {
  /** @returns the port it listens on; null while it cannot */
  port(): number | null;
  close(): void;
}

/** Begins to listen. The database does not depend on it: where the port is taken the Pod is not Ready, and that is all. */
export function serveReadiness(o: ReadinessServerOptions): ReadinessServer {
  let server: Server;
  let cancel: () => void = () => undefined;
  let complained = false;
  const listen = (): void => {
    server = createServer({ requestTimeout: REQUEST_MS }, answering(o.readiness));
    server.maxConnections = MAX_CONNECTIONS;
    server.on("error", error => {
      if (!complained) o.log.error("cannot answer readiness probes", { port: o.port, error: error.message });
      complained = true;
      cancel = o.clock.setTimer(AGAIN_MS, listen);
    });
    server.listen(o.port);
  };
  listen();
  return {
    port: () => (server.listening ? (server.address() as AddressInfo).port : null),
    close: () => {
      cancel();
      server.close();
      server.closeAllConnections();
    },
  };
}

function answering(readiness: () => Readiness): RequestListener {
  return ({ url, method }, response) => {
    const asked = url?.split("?")[0];
    const known = asked === READY_PATH || asked === ACTIVE_PATH;
    if (!known || (method !== "GET" && method !== "HEAD")) {
      response.writeHead(404, { "Content-Type": "text/plain" }).end("not found\n");
      return;
    }
    const { part, why } = readiness();
    const isReady = part === "serving" || (part === "complete" && asked === READY_PATH);
    response.writeHead(isReady ? 200 : 503, { "Content-Type": "text/plain" }).end(`${part}: ${why}\n`);
  };
}
