/** A tiny HTTP server for people's and Kubernetes' tools: one path, one answer. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface Answer {
  status: number;
  contentType: string;
  body: string;
}

export interface HttpEndpoint {
  /** The port it listens on. */
  port: number;
  /** Resolves when it no longer listens. */
  close(): Promise<void>;
}

/** A scrape or probe is small and quick. */
const REQUEST_TIMEOUT_MS = 10_000;

/**
 * @param port 0: any free one
 * @param path answered to GET and HEAD; everything else is 404
 * @throws when the port is taken
 */
export async function serve(
  port: number,
  path: string,
  answer: () => Promise<Answer>,
): Promise<HttpEndpoint> {
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    const asked = request.url?.split("?")[0] === path && ["GET", "HEAD"].includes(request.method ?? "");
    const given = asked
      ? answer()
      : Promise.resolve({ status: 404, contentType: "text/plain", body: "not found\n" });
    given.catch(failed).then(
      ({ status, contentType, body }) => {
        response.writeHead(status, { "Content-Type": contentType }).end(body);
      },
      () => response.destroy(),
    );
  });
  await listen(server, port);
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function failed(error: unknown): Answer {
  return {
    status: 500,
    contentType: "text/plain",
    body: `${error instanceof Error ? error.message : "failed"}\n`,
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
