/**
 * `make bench-admission DURATION=n`: how long a write waits at the door. Objects are created by dry run on a real API server
 * at 50 a second, with the schema alone and with the built module's webhooks, whose own metrics tell how long they took to
 * decide; then reviews are sent to the webhooks themselves at the same rate. Writes bench/admission.md; ends with one line
 * for scripts, and a non-zero exit code when the decision (mutate and validate) took longer than 10 ms at the 99th
 * percentile.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { Agent, request, type RequestOptions } from "node:https";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { load } from "js-yaml";
import { startControlPlane } from "../testbed/cluster";
import { applyCrd, Kubectl, until } from "../testbed/kubectl";
import { findTools } from "../testbed/tools";
import { startWebhooks, type Webhooks } from "../testbed/webhook";
import { machine, quantile, table } from "./distribution";

const RATE_HZ = 50;
const TARGET_MS = 10;
/** Of each kind, s. */
const DURATION_S = Number(process.env["DURATION"] ?? 60);
/** Connections and code get warm first. */
const WARM_UP = 100;
/** No answer is waited for longer, ms. */
const ANSWER_MS = 30_000;
const CREATE = "/apis/timesten.oracle.com/v1/namespaces/default/timestenclassics?dryRun=All";

interface Kubeconfig {
  clusters: { cluster: { server: string; "certificate-authority-data": string } }[];
  users: { user: { "client-certificate-data": string; "client-key-data": string } }[];
}

/** One object as users write it; the name changes so that nothing can be kept from the last one. */
const object = (n: number) => ({
  apiVersion: "timesten.oracle.com/v1",
  kind: "TimesTenClassic",
  metadata: { name: `sample${n}`, namespace: "default" },
  spec: {
    ttspec: {
      image: "phx.ocir.io/youraccount/tt181440:2",
      storageClassName: "oci",
      storageSize: "250G",
      dbConfigMap: ["sample"],
      repReturnServiceAttribute: "RETURN TWOSAFE",
      repStoreAttribute: "PORT 4444 FAILTHRESHOLD 0",
    },
    template: { spec: { containers: [{ name: "tt", resources: { limits: { memory: "4Gi" } } }] } },
  },
});

type Send = (path: string, body: unknown) => Promise<number>;

/** @returns the answer's body. @throws when there is none in time, or another than 2xx */
function ask(url: string, options: RequestOptions, body = ""): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { ...options, timeout: ANSWER_MS }, answer => {
      let said = "";
      answer.setEncoding("utf8").on("data", (chunk: string) => (said += chunk));
      answer.on("end", () => {
        if ((answer.statusCode ?? 500) < 300) resolve(said);
        else reject(new Error(`${url}: ${answer.statusCode} ${said}`));
      });
    });
    asked.on("timeout", () => asked.destroy(new Error(`${url}: no answer in ${ANSWER_MS / 1_000} s`)));
    asked.on("error", reject);
    asked.end(body);
  });
}

/** @returns a sender that keeps its connections and tells how long each answer took, ms */
function sender(url: string, tls: { ca: string; cert?: string; key?: string }): Send {
  const agent = new Agent({ ...tls, keepAlive: true });
  return async (path, body) => {
    const text = JSON.stringify(body);
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(text) };
    const from = performance.now();
    await ask(`${url}${path}`, { agent, method: "POST", headers }, text);
    return performance.now() - from;
  };
}

/** Starts one after the other at the given rate, however long each takes. @returns how long each took, ms */
async function atRate(count: number, one: (n: number) => Promise<number>): Promise<number[]> {
  for (let n = 0; n < WARM_UP; n += 1) await one(n);
  const began = performance.now();
  const all: Promise<number>[] = [];
  for (let n = 0; n < count; n += 1) {
    await delay(Math.max(0, began + (n * 1_000) / RATE_HZ - performance.now()));
    all.push(one(n + WARM_UP));
  }
  return Promise.all(all);
}

/** Both webhooks one after the other, as the API server asks them. */
function decision(webhooks: Webhooks): (n: number) => Promise<number> {
  const send = sender(webhooks.url, { ca: webhooks.ca });
  const kind = { group: "timesten.oracle.com", version: "v1", kind: "TimesTenClassic" };
  const resource = { group: kind.group, version: "v1", resource: "timestenclassics" };
  return async n => {
    const { metadata } = object(n);
    const body = {
      apiVersion: "admission.k8s.io/v1",
      kind: "AdmissionReview",
      request: {
        uid: `u${n}`,
        kind,
        resource,
        ...metadata,
        operation: "CREATE",
        userInfo: {},
        object: object(n),
        dryRun: true,
      },
    };
    return (await send(webhooks.path("mutate"), body)) + (await send(webhooks.path("validate"), body));
  };
}

/** What the module's metrics tell of one webhook: Pepr's summaries `pepr_mutate` and `pepr_validate`, ms. */
interface Told {
  count: number;
  at: (quantile: "0.5" | "0.9" | "0.99" | "0.999") => number;
}

/** @throws when the module does not tell it */
function told(metrics: string, webhook: "mutate" | "validate"): Told {
  const value = (line: string): number => {
    const found = metrics.split("\n").find(one => one.startsWith(`pepr_${webhook}${line} `));
    const number = Number(found?.split(" ").at(-1));
    if (!Number.isFinite(number)) throw new Error(`the module tells no pepr_${webhook}${line}`);
    return number;
  };
  return { count: value("_count"), at: quantile => value(`{quantile="${quantile}"}`) };
}

function toldRow(what: string, { count, at }: Told): string[] {
  const shown = [at("0.5"), at("0.9"), at("0.99")].map(ms => ms.toFixed(1));
  return [what, String(count), ...shown, `${at("0.999").toFixed(1)} (p99.9)`];
}

function row(what: string, times: readonly number[]): string[] {
  const at = (share: number) => quantile(times, share).toFixed(1);
  return [what, String(times.length), at(0.5), at(0.9), at(0.99), at(1)];
}

async function main(): Promise<number> {
  const root = process.cwd();
  const tools = await findTools(["kubectl"], ["kubectl"], line => console.log(line));
  const plane = await startControlPlane({ controllers: false });
  let webhooks: Webhooks | undefined;
  try {
    const k = new Kubectl(tools("kubectl"), plane.kubeconfig);
    await applyCrd(k, root);
    const { clusters, users } = load(readFileSync(plane.kubeconfig, "utf8")) as Kubeconfig;
    const text = (base64 = "") => Buffer.from(base64, "base64").toString();
    const [cluster, user] = [clusters[0]?.cluster, users[0]?.user];
    const send = sender(cluster?.server ?? "", {
      ca: text(cluster?.["certificate-authority-data"]),
      cert: text(user?.["client-certificate-data"]),
      key: text(user?.["client-key-data"]),
    });
    const create = (n: number) => send(CREATE, object(n));
    await until("the kind is served", 30_000, () =>
      create(0).then(
        () => true,
        () => undefined,
      ),
    );
    const count = RATE_HZ * DURATION_S;
    const without = await atRate(count, create);
    webhooks = await startWebhooks(root, k);
    await webhooks.register();
    await delay(2_000);
    const guarded = await atRate(count, create);
    const metrics = await ask(`${webhooks.url}/metrics`, { ca: webhooks.ca });
    const [mutate, validate] = [told(metrics, "mutate"), told(metrics, "validate")];
    if (validate.count < count) throw new Error(`the module tells of ${validate.count} decisions only`);
    // Not both are slow for the same request: the sum is more than the 99th percentile of both together.
    const p99 = mutate.at("0.99") + validate.at("0.99");
    const asked = await atRate(count, decision(webhooks));
    const rows = [
      row("create, schema alone", without),
      row("create, schema and both webhooks", guarded),
      toldRow("decision for the API server: mutate", mutate),
      toldRow("decision for the API server: validate", validate),
      row("both webhooks asked by this program, with TLS and HTTP", asked),
    ];
    writeFileSync(
      join(root, "bench", "admission.md"),
      `# Decisions at the door, measured

By \`make bench-admission\`: ${RATE_HZ} requests a second for ${DURATION_S} s each, created by dry run on a real API server (etcd and API server alone, no
nodes), then reviews sent to the webhooks themselves, mutate and validate one after the other. The decisions are what the
module's own metrics say (\`pepr_mutate\`, \`pepr_validate\`) of the writes that the API server asked about. Everything shares
one machine: ${machine()}. Milliseconds.

${table(["", "requests", "p50", "p90", "p99", "max"], rows)}

Target: decision p99 <= ${TARGET_MS} ms; mutate and validate together ${p99.toFixed(1)} ms. ${p99 <= TARGET_MS ? "Kept." : "Not kept."}
`,
    );
    console.log(
      `bench-admission: rate=${RATE_HZ} decisions=${validate.count} p99=${p99.toFixed(1)}ms target=${TARGET_MS}ms`,
    );
    return p99 <= TARGET_MS ? 0 : 1;
  } finally {
    await webhooks?.stop();
    await plane.stop();
  }
}

main().then(
  code => process.exit(code),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
