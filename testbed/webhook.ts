/**
 * The built module's webhooks beside an API server on this machine, without nodes: the module runs here as a process, and
 * the configurations of the build lead to it.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadAll } from "js-yaml";
import { until, type Kubectl } from "./kubectl";
import { OPERATOR_NAMESPACE } from "./operator";
import { createAuthority } from "./x509";

const API_PATH = "testbed";
const READY_MS = 120_000;
const STOP_MS = 10_000;

interface WebhookConfiguration {
  kind: string;
  webhooks: { clientConfig: object }[];
}

export interface Webhooks {
  /** https://localhost:port; the paths are /mutate/… and /validate/…. */
  readonly url: string;
  /** PEM of the authority of its certificate. */
  readonly ca: string;
  /** @returns where a review is sent */
  path(what: "mutate" | "validate"): string;
  /** From now on the API server asks them. */
  register(): Promise<void>;
  /** As if the operator had been taken away with its configurations. */
  unregister(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts the module of a build as one of its admission Pods runs it.
 *
 * @param root of the checkout, after `make build`
 * @param admin may do everything; the kind itself has been applied
 * @throws when it is not ready in time, with what it printed
 */
export async function startWebhooks(root: string, admin: Kubectl): Promise<Webhooks> {
  const folder = mkdtempSync(join(tmpdir(), "webhook-"));
  const authority = createAuthority("webhook");
  const { cert, key } = authority.issue({ commonName: "localhost" }, { server: true, names: ["localhost"] });
  const files = { cert: join(folder, "tls.crt"), key: join(folder, "tls.key") };
  writeFileSync(files.cert, cert);
  writeFileSync(files.key, key, { mode: 0o600 });
  await admin.run(["apply", "-f", join(root, "deploy", "peprstores.yaml")]);
  await admin.run(["create", "namespace", OPERATOR_NAMESPACE]);
  const port = await freePort();
  const child = spawn(process.execPath, [join(root, "dist", "pepr-timesten-operator.js")], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: process.env["PATH"],
      HOME: folder,
      KUBECONFIG: admin.kubeconfig,
      PEPR_WATCH_MODE: "false",
      PEPR_API_PATH: API_PATH,
      SSL_KEY_PATH: files.key,
      SSL_CERT_PATH: files.cert,
      PORT: String(port),
      LOG_LEVEL: "info",
    },
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (said = `${said}${chunk.toString()}`.slice(-4_000)));
  let ended = false;
  const exited = new Promise<void>(done => {
    child.once("exit", () => {
      ended = true;
      done();
    });
  });
  const url = `https://localhost:${port}`;
  const stop = async (): Promise<void> => {
    if (!ended) child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    await exited;
    clearTimeout(timer);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await until(
      "the webhooks answer",
      READY_MS,
      async () => {
        if (ended) throw new Error(`the module ended: ${said}`);
        return (await healthy(`${url}/healthz`, authority.cert)) || undefined;
      },
      { everyMs: 100, state: async () => said },
    );
  } catch (error) {
    await stop();
    throw error;
  }
  const path = (what: "mutate" | "validate"): string => `/${what}/${API_PATH}`;
  const configurations = webhookConfigurations(root).map(one => ({
    ...one,
    webhooks: one.webhooks.map(hook => ({
      ...hook,
      clientConfig: {
        url: `${url}${path(one.kind.startsWith("Mutating") ? "mutate" : "validate")}`,
        caBundle: Buffer.from(authority.cert).toString("base64"),
      },
    })),
  }));
  const input = JSON.stringify({ apiVersion: "v1", kind: "List", items: configurations });
  return {
    url,
    ca: authority.cert,
    path,
    register: async () => {
      await admin.run(["apply", "--server-side", "-f", "-"], { input });
    },
    unregister: async () => {
      await admin.run(["delete", "--ignore-not-found", "-f", "-"], { input });
    },
    stop,
  };
}

/** Those of the build, as they are installed. */
function webhookConfigurations(root: string): WebhookConfiguration[] {
  const text = readFileSync(join(root, "dist", "pepr-module-timesten-operator.yaml"), "utf8");
  return (loadAll(text) as WebhookConfiguration[]).filter(one => one?.kind.endsWith("WebhookConfiguration"));
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(done => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  await new Promise<void>(done => server.close(() => done()));
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}

function healthy(url: string, ca: string): Promise<boolean> {
  return new Promise(done => {
    const asked = request(url, { ca, timeout: 2_000 }, answer => {
      answer.resume();
      done(answer.statusCode === 200);
    });
    asked.on("timeout", () => asked.destroy());
    asked.on("error", () => done(false));
    asked.end();
  });
}
