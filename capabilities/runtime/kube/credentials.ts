/**
 * Where the API server is and as whom we speak to it: from KUBECONFIG, ~/.kube/config or the pod's service account,
 * in the order in which every Kubernetes client looks. Read again now and then, because tokens and certificates are
 * exchanged under a running process.
 */
import { readFile } from "node:fs/promises";
import type { Agent, RequestOptions } from "node:https";
import { KubeConfig } from "@kubernetes/client-node";
import { OperatorError } from "../errors";

/** All that a request needs beside its path. */
export interface KubeCredentials {
  /** Base URL without a slash at the end. */
  server: string;
  headers: Record<string, string>;
  tls: {
    ca?: RequestOptions["ca"];
    cert?: RequestOptions["cert"];
    key?: RequestOptions["key"];
    servername?: string;
    rejectUnauthorized?: boolean;
  };
  /** Set when the kubeconfig asks for a proxy: used in place of our own connections. */
  proxyAgent: Agent | null;
}

export interface CredentialSource {
  /** @throws OperatorError TT_OPERATOR_NO_CLUSTER when there is no usable cluster entry */
  read(): Promise<KubeCredentials>;
  /** The server refused them: read anew next time. */
  refused(): void;
}

/** Read from disk at most this often, ms. */
const FRESH_MS = 10_000;

/**
 * @param load fills a KubeConfig; by default from KUBECONFIG, the home directory or the service account
 * @param monotonicMs the clock by which they age
 */
export function credentialSource(
  load: (config: KubeConfig) => void = config => config.loadFromDefault(),
  monotonicMs: () => number = () => performance.now(),
): CredentialSource {
  let cached: { value: Promise<KubeCredentials>; atMs: number } | null = null;
  return {
    read: () => {
      if (cached === null || monotonicMs() - cached.atMs >= FRESH_MS) {
        const value = readCredentials(load);
        const entry = { value, atMs: monotonicMs() };
        cached = entry;
        value.catch(() => {
          if (cached === entry) cached = null;
        });
      }
      return cached.value;
    },
    refused: () => {
      cached = null;
    },
  };
}

async function readCredentials(load: (config: KubeConfig) => void): Promise<KubeCredentials> {
  const config = new KubeConfig();
  try {
    load(config);
  } catch (error) {
    throw new OperatorError("TT_OPERATOR_NO_CLUSTER", String(error), { cause: error });
  }
  const cluster = config.getCurrentCluster();
  const user = config.getCurrentUser();
  if (cluster === null) throw new OperatorError("TT_OPERATOR_NO_CLUSTER", "the kubeconfig names no cluster");
  // client-node also runs exec plugins and knows basic authentication; its per-call agent is not used.
  const options: RequestOptions & { headers: Record<string, string> } = { headers: {} };
  await config.applyToHTTPSOptions(options);
  const headers = { ...options.headers };
  if (typeof options.auth === "string") {
    headers["Authorization"] = `Basic ${Buffer.from(options.auth).toString("base64")}`;
  }
  const tokenFile = tokenFileOf(user);
  if (tokenFile !== null) headers["Authorization"] = `Bearer ${(await readFile(tokenFile, "utf8")).trim()}`;
  const { ca, cert, key, servername, rejectUnauthorized } = options;
  return {
    server: cluster.server.replace(/\/+$/, ""),
    headers,
    tls: dropUndefined({ ca, cert, key, servername, rejectUnauthorized }),
    proxyAgent: cluster.proxyUrl === undefined ? null : (options.agent as Agent),
  };
}

/** The service account's token is a file that the kubelet exchanges. */
function tokenFileOf(user: { authProvider?: unknown } | null): string | null {
  const provider = user?.authProvider as { config?: { tokenFile?: unknown } } | undefined;
  const tokenFile = provider?.config?.tokenFile;
  return typeof tokenFile === "string" ? tokenFile : null;
}

function dropUndefined(tls: { [K in keyof KubeCredentials["tls"]]: KubeCredentials["tls"][K] | undefined }) {
  return Object.fromEntries(
    Object.entries(tls).filter(([, value]) => value !== undefined),
  ) as KubeCredentials["tls"];
}
