/** What Pepr 1.1.4 leaves undone about the server of its webhooks. */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import https from "node:https";

/** Longer than the API server keeps an idle connection, so that it is never the one to find it closed. */
const KEEP_ALIVE_MS = 90_000;

/** Pepr's summaries, by the first part of the path. */
export type Webhook = "mutate" | "validate";

/** @param startedMs by performance.now(), when the request's first bytes were there */
export type Observe = (startedMs: number, webhook: Webhook) => void;

/**
 * Call it before Pepr makes its server.
 *
 * Pepr closes idle webhook connections after Node's 5 s; an API server that reuses one at that moment fails the user's
 * write (not needed from 1.1.6 on). And its summaries `pepr_mutate` and `pepr_validate` stay empty: it looks for them as
 * `pepr_Mutate` and `pepr_Validate`.
 *
 * @param observe told of every answer of a webhook, once all of it is written
 */
export function prepareWebhookServer(observe: Observe): void {
  const { createServer } = https;
  // Pepr calls it in this one of its forms.
  const prepared = (options: https.ServerOptions, listener: RequestListener): https.Server => {
    const server = createServer(options, (request, response) => {
      watch(request, response, observe);
      listener(request, response);
    });
    server.keepAliveTimeout = KEEP_ALIVE_MS;
    server.headersTimeout = KEEP_ALIVE_MS + 5_000;
    return server;
  };
  Object.assign(https, { createServer: prepared });
}

function watch(request: IncomingMessage, response: ServerResponse, observe: Observe): void {
  const [, webhook] = /^\/(mutate|validate)\//.exec(request.url ?? "") ?? [];
  if (webhook === undefined) return;
  const startedMs = performance.now();
  response.once("finish", () => observe(startedMs, webhook as Webhook));
}
