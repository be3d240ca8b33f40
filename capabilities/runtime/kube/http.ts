/** HTTP to the API server: one pool of kept-alive connections, every call with a deadline, errors as KubeError. */
import http from "node:http";
import https from "node:https";
import { KubeError } from "../ports";
import type { CredentialSource, KubeCredentials } from "./credentials";

/** One call. */
export interface KubeRequest {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path with query, beginning with a slash. */
  path: string;
  body?: { contentType: string; json: unknown };
}

/** A connection without traffic is probed after this long; the kernel gives it up about ten seconds later. */
const TCP_KEEPALIVE_MS = 5_000;
/** An idle connection is closed by us before the API server does it (90 s). */
const IDLE_CONNECTION_MS = 45_000;
/** No single answer is larger, bytes. */
const MAX_BODY_BYTES = 256 * 1024 * 1024;

/** What the API server says about itself in a failure; also the object of a watch event of type ERROR. */
interface StatusBody {
  kind?: string;
  code?: number;
  reason?: string;
  message?: string;
}

/** @returns the error for a Status object, with what is missing taken from the HTTP answer */
export function kubeErrorOf(status: number, body: unknown): KubeError {
  const said: StatusBody = typeof body === "object" && body !== null ? body : {};
  const code = said.kind === "Status" && typeof said.code === "number" ? said.code : status;
  return new KubeError(code, said.reason ?? "", said.message ?? `the API server answered ${status}`);
}

/** @returns the error for a call that got no (whole) answer */
export function noAnswer(what: string): KubeError {
  return new KubeError(0, "NoAnswer", what);
}

export class KubeHttp {
  readonly #credentials: CredentialSource;
  #agent: { value: https.Agent | http.Agent; tls: string } | null = null;

  constructor(credentials: CredentialSource) {
    this.#credentials = credentials;
  }

  /**
   * @param deadlineMs from now to the whole answer
   * @returns the parsed JSON of a successful answer
   * @throws KubeError; status 0 when there was no whole answer in time
   */
  async call(request: KubeRequest, deadlineMs: number): Promise<unknown> {
    const signal = AbortSignal.timeout(deadlineMs);
    try {
      return await this.#once(request, signal);
    } catch (error) {
      // A kept connection that the server was just closing: a read may simply be asked again.
      if (request.method !== "GET" || !(error instanceof StaleConnection)) throw asKubeError(error);
    }
    try {
      return await this.#once(request, signal);
    } catch (error) {
      throw asKubeError(error);
    }
  }

  /**
   * Opens a request and hands over the answer's head; the caller reads the body.
   * @param signal ends the connection, also while the body is read
   * @throws KubeError when there is no answer; a refusal is an answer
   */
  async open(request: KubeRequest, signal: AbortSignal): Promise<http.IncomingMessage> {
    const credentials = await beforeAbort(signal, this.#credentials.read()).catch((error: unknown) => {
      throw asKubeError(error);
    });
    const response = await this.#send(credentials, request, signal);
    if (response.statusCode === 401) this.#credentials.refused();
    return response;
  }

  /** Closes idle connections; those in use end with their calls. */
  close(): void {
    this.#agent?.value.destroy();
    this.#agent = null;
  }

  async #once(request: KubeRequest, signal: AbortSignal): Promise<unknown> {
    const response = await this.open(request, signal);
    const body = parseBody(await readBody(response));
    const status = response.statusCode ?? 0;
    if (status >= 200 && status < 300 && body !== undefined) return body;
    throw kubeErrorOf(status, body);
  }

  #send(
    credentials: KubeCredentials,
    request: KubeRequest,
    signal: AbortSignal,
  ): Promise<http.IncomingMessage> {
    const body = request.body === undefined ? undefined : JSON.stringify(request.body.json);
    const headers: Record<string, string> = { ...credentials.headers, Accept: "application/json" };
    if (request.body !== undefined && body !== undefined) {
      headers["Content-Type"] = request.body.contentType;
      headers["Content-Length"] = String(Buffer.byteLength(body));
    }
    const url = credentials.server + request.path;
    const options = { method: request.method, headers, agent: this.#agentFor(credentials), signal };
    return new Promise((resolve, reject) => {
      const sent = url.startsWith("https:") ? https.request(url, options) : http.request(url, options);
      sent.on("response", resolve);
      sent.on("error", error => reject(reasonOf(error, sent)));
      sent.on("socket", socket => socket.setKeepAlive(true, TCP_KEEPALIVE_MS));
      sent.setNoDelay(true);
      sent.end(body);
    });
  }

  /** The same pool as long as the certificates stay the same. */
  #agentFor(credentials: KubeCredentials): https.Agent | http.Agent {
    if (credentials.proxyAgent !== null) return credentials.proxyAgent;
    const plain = credentials.server.startsWith("http:");
    const tls = JSON.stringify([plain, credentials.tls], (_, value: unknown) =>
      Buffer.isBuffer(value) ? value.toString("base64") : value,
    );
    if (this.#agent?.tls !== tls) {
      const pool = { keepAlive: true, keepAliveMsecs: TCP_KEEPALIVE_MS, timeout: IDLE_CONNECTION_MS };
      const value = plain ? new http.Agent(pool) : new https.Agent({ ...pool, ...credentials.tls });
      this.#agent = { value, tls };
    }
    return this.#agent.value;
  }
}

/** Reading credentials may run a program of the user's: it does not hold up a call past its deadline. */
function beforeAbort<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(noAnswer("no credentials before the deadline"));
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

/** The connection was closed by the server before it could have read the request. */
class StaleConnection extends Error {}

function reasonOf(error: Error & { code?: string }, request: http.ClientRequest): Error {
  if (request.reusedSocket && ["ECONNRESET", "EPIPE"].includes(error.code ?? ""))
    return new StaleConnection(error.message);
  return error;
}

function asKubeError(error: unknown): KubeError {
  if (error instanceof KubeError) return error;
  const name = error instanceof Error ? error.name : "";
  if (name === "AbortError" || name === "TimeoutError") return noAnswer("the deadline passed");
  return noAnswer(error instanceof Error ? error.message : String(error));
}

async function readBody(response: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) throw noAnswer(`answer of more than ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  if (!response.complete) throw noAnswer("the answer broke off");
  return Buffer.concat(chunks).toString("utf8");
}

/** @returns undefined when it is no JSON */
function parseBody(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
