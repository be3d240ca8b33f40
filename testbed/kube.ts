/** A small client for the Kubernetes API: what the test bed's own parts need of it, with client certificates. */
import { Agent, request as httpsRequest, type RequestOptions } from "node:https";
import type { IncomingMessage } from "node:http";
import { setTimeout as delay } from "node:timers/promises";

/** How to reach and authenticate to an API server; PEM strings. */
export interface Endpoint {
  readonly server: string;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** The parts of any object that the test bed reads. */
export interface KubeObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
    readonly resourceVersion?: string;
  };
}

export interface KubeList<T> {
  readonly metadata: { readonly resourceVersion: string };
  readonly items: readonly T[];
}

/** An answer other than 2xx. */
export class KubeError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export interface KubeClient {
  /** One request; JSON in and out. Throws {@link KubeError} for an answer other than 2xx. */
  request<T>(method: string, path: string, body?: unknown, contentType?: string): Promise<T>;
  /** The answer's text whatever its status (health checks). */
  probe(path: string): Promise<{ status: number; text: string }>;
  /**
   * Keeps `onChange` told of all objects of a collection until `signal`: called with the whole set after the list and
   * after every change. Lists again after any interruption.
   */
  follow<T extends KubeObject>(
    path: string,
    onChange: (all: readonly T[]) => void,
    signal: AbortSignal,
  ): void;
  close(): void;
}

const REQUEST_TIMEOUT_MS = 30_000;
const RELIST_PAUSE_MS = 200;

const text = async (res: IncomingMessage): Promise<string> => {
  const parts: Buffer[] = [];
  for await (const part of res) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
};

/** What a Status object says, or the text itself. */
function reason(body: string): string {
  try {
    const parsed = JSON.parse(body) as { message?: unknown };
    return typeof parsed.message === "string" ? parsed.message : body;
  } catch {
    return body;
  }
}

/** Makes a client. It keeps connections open until `close`. */
export function kubeClient(endpoint: Endpoint): KubeClient {
  const agent = new Agent({ keepAlive: true, ca: endpoint.ca, cert: endpoint.cert, key: endpoint.key });
  const send = (options: RequestOptions, path: string, body?: string): Promise<IncomingMessage> =>
    new Promise((done, fail) => {
      const req = httpsRequest(new URL(path, endpoint.server), { agent, ...options }, done);
      req.once("error", fail);
      req.setTimeout(options.timeout ?? REQUEST_TIMEOUT_MS, () =>
        req.destroy(new Error(`${path}: no answer`)),
      );
      req.end(body);
    });

  const request = async <T>(
    method: string,
    path: string,
    body?: unknown,
    type = "application/json",
  ): Promise<T> => {
    const data = body === undefined ? undefined : JSON.stringify(body);
    const headers = { accept: "application/json", ...(data === undefined ? {} : { "content-type": type }) };
    const res = await send({ method, headers }, path, data);
    const answer = await text(res);
    const status = res.statusCode ?? 0;
    if (status < 200 || status > 299)
      throw new KubeError(status, `${method} ${path}: ${status} ${reason(answer)}`);
    return JSON.parse(answer) as T;
  };

  const watchOnce = async <T extends KubeObject>(
    path: string,
    onChange: (all: readonly T[]) => void,
    signal: AbortSignal,
  ): Promise<void> => {
    const list = await request<KubeList<T>>("GET", path);
    const all = new Map(list.items.map(o => [o.metadata.uid ?? o.metadata.name, o]));
    onChange([...all.values()]);
    const res = await send(
      { method: "GET", signal, timeout: 600_000 },
      `${path}?watch=1&resourceVersion=${list.metadata.resourceVersion}`,
    );
    if (res.statusCode !== 200) throw new KubeError(res.statusCode ?? 0, `watch ${path}: ${await text(res)}`);
    let rest = "";
    for await (const part of res) {
      const lines = (rest + (part as Buffer).toString()).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const event = JSON.parse(line) as { type: string; object: T };
        if (event.type === "ERROR") throw new Error(`watch ${path}: ${line}`);
        const id = event.object.metadata.uid ?? event.object.metadata.name;
        if (event.type === "DELETED") all.delete(id);
        else all.set(id, event.object);
      }
      if (lines.length > 0) onChange([...all.values()]);
    }
  };

  return {
    request,
    async probe(path) {
      const res = await send({ method: "GET", timeout: 2_000 }, path);
      return { status: res.statusCode ?? 0, text: await text(res) };
    },
    follow(path, onChange, signal) {
      const loop = async (): Promise<void> => {
        while (!signal.aborted) {
          try {
            await watchOnce(path, onChange, signal);
          } catch {
            // the connection ended or the version is too old: list again
          }
          await delay(RELIST_PAUSE_MS, undefined, { signal }).catch(() => undefined);
        }
      };
      void loop();
    },
    close: () => agent.destroy(),
  };
}

/** A kubeconfig file's text for `endpoint` (JSON is YAML). */
export function kubeconfig(name: string, endpoint: Endpoint): string {
  const b64 = (pem: string): string => Buffer.from(pem).toString("base64");
  return (
    JSON.stringify(
      {
        apiVersion: "v1",
        kind: "Config",
        clusters: [
          { name, cluster: { server: endpoint.server, "certificate-authority-data": b64(endpoint.ca) } },
        ],
        users: [
          {
            name: `${name}-admin`,
            user: { "client-certificate-data": b64(endpoint.cert), "client-key-data": b64(endpoint.key) },
          },
        ],
        contexts: [{ name, context: { cluster: name, user: `${name}-admin` } }],
        "current-context": name,
      },
      null,
      2,
    ) + "\n"
  );
}

/** The endpoint of a kubeconfig file that {@link kubeconfig} wrote. */
export function readKubeconfig(text: string): Endpoint {
  const config = JSON.parse(text) as {
    clusters: { cluster: Record<string, string> }[];
    users: { user: Record<string, string> }[];
  };
  const pem = (b64: string | undefined): string => Buffer.from(b64 ?? "", "base64").toString();
  const cluster = config.clusters[0]?.cluster ?? {};
  const user = config.users[0]?.user ?? {};
  return {
    server: cluster["server"] ?? "",
    ca: pem(cluster["certificate-authority-data"]),
    cert: pem(user["client-certificate-data"]),
    key: pem(user["client-key-data"]),
  };
}
