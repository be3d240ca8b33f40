import type { RequestListener } from "node:http";
import https from "node:https";

/** Longer than the API server keeps an idle connection, so that it is never the one to find it closed. */
const KEEP_ALIVE_MS = 90_000;

/**
 * Pepr 1.1.4 closes idle webhook connections after Node's 5 s; an API server that reuses one at that moment fails the
 * user's write. Call it before Pepr makes its server. Not needed from Pepr 1.1.6 on.
 */
export function keepWebhookConnectionsAlive(): void {
  const { createServer } = https;
  // Pepr calls it in this one of its forms.
  const keepingAlive = (options: https.ServerOptions, listener: RequestListener): https.Server => {
    const server = createServer(options, listener);
    server.keepAliveTimeout = KEEP_ALIVE_MS;
    server.headersTimeout = KEEP_ALIVE_MS + 5_000;
    return server;
  };
  Object.assign(https, { createServer: keepingAlive });
}
