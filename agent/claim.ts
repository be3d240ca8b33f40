/**
 * The record of the write permission at the API server, for a writer that may claim to go on alone (writerMayClaimSolo):
 * the first row of the table in docs/fencing.md, written by the writer's own hand, by compare-and-swap.
 */
import { readFile } from "node:fs/promises";
import { request } from "node:https";
import { join } from "node:path";
import * as z from "zod";
import { recordSchema, type PermissionRecord, type Writer } from "../protocol";
import type { Log } from "./ports";

/** Lease annotation that holds the whole record as JSON (docs/fencing.md). */
const RECORD_ANNOTATION = "timesten.oracle.com/record";
/** One request may take so long, ms. */
const REQUEST_MS = 2_000;
/** More than a Lease can be, bytes. */
const MAX_ANSWER = 1024 * 1024;

export interface ClaimPort {
  /**
   * Writes Solo for this very life, if the record is the Pair n that names it as the writer.
   * @returns the record that lets it go on alone, also one that an earlier attempt wrote; null when there is none
   *   (another record is in force, somebody else wrote first, no answer). Never rejects.
   */
  claimSolo(n: number, writer: Writer): Promise<PermissionRecord | null>;
}

export interface ClaimOptions {
  /** Address of the API server, as Kubernetes tells every container. */
  host: string;
  port: number;
  /** With `token` and `ca.crt`; read anew each time, for the token is replaced. */
  folder: string;
  namespace: string;
  lease: string;
  objectUID: string;
  log: Log;
}

const leaseSchema = z.looseObject({
  metadata: z.looseObject({
    resourceVersion: z.string().min(1),
    annotations: z.record(z.string(), z.string()),
  }),
  spec: z.looseObject({ leaseTransitions: z.number() }),
});
type Lease = z.infer<typeof leaseSchema>;

/** @returns the way to the record of one object */
export function leaseClaim(o: ClaimOptions): ClaimPort {
  return {
    claimSolo: async (n, writer) => {
      try {
        return await claim(o, n, writer);
      } catch (error) {
        o.log.warn("going on alone could not be claimed", { error: String(error) });
        return null;
      }
    },
  };
}

async function claim(o: ClaimOptions, n: number, writer: Writer): Promise<PermissionRecord | null> {
  // Without resourceVersion it is a quorum read.
  const lease = leaseSchema.parse(await ask(o, "GET"));
  const record = recordSchema.parse(JSON.parse(lease.metadata.annotations[RECORD_ANNOTATION] ?? ""));
  const mine = record.writer.podUID === writer.podUID && record.writer.boot === writer.boot;
  if (record.objectUID !== o.objectUID || record.n !== lease.spec.leaseTransitions || !mine) return null;
  // An earlier attempt of ours, or an operator's, that we did not hear of.
  if (record.mode === "Solo" && record.n > n) return record;
  if (record.mode !== "Pair" || record.n !== n) return null;
  const solo = soloAfter(record);
  await ask(o, "PUT", withRecord(lease, solo));
  return solo;
}

/** @returns the record by which the writer of this Pair goes on alone */
function soloAfter(pair: PermissionRecord): PermissionRecord {
  return {
    ...pair,
    n: pair.n + 1,
    mode: "Solo",
    standby: null,
    from: 0,
    alt: pair.ready ? pair.n : 0,
    ready: false,
  };
}

/** All else stays as it was read, the version too: somebody who wrote meanwhile wins. */
function withRecord(lease: Lease, record: PermissionRecord): Lease {
  const { metadata, spec } = lease;
  const annotations = { ...metadata.annotations, [RECORD_ANNOTATION]: JSON.stringify(record) };
  return {
    ...lease,
    metadata: { ...metadata, annotations },
    spec: { ...spec, leaseTransitions: record.n },
  };
}

/** @throws Error when there is no answer, or one that is no success */
async function ask(o: ClaimOptions, method: "GET" | "PUT", body?: Lease): Promise<unknown> {
  const [token, ca] = await Promise.all(
    ["token", "ca.crt"].map(name => readFile(join(o.folder, name), "utf8")),
  );
  const path = `/apis/coordination.k8s.io/v1/namespaces/${o.namespace}/leases/${o.lease}`;
  const text = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const call = request(
      {
        host: o.host,
        port: o.port,
        method,
        path,
        ca,
        headers: {
          authorization: `Bearer ${(token ?? "").trim()}`,
          accept: "application/json",
          ...(text === undefined
            ? {}
            : { "content-type": "application/json", "content-length": Buffer.byteLength(text) }),
        },
        signal: AbortSignal.timeout(REQUEST_MS),
      },
      response => {
        let answer = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          if (answer.length < MAX_ANSWER) answer += chunk;
        });
        response.on("error", reject);
        response.on("end", () => {
          if (response.statusCode !== 200) {
            reject(new Error(`${method} of the record: HTTP ${response.statusCode ?? 0}`));
            return;
          }
          try {
            resolve(JSON.parse(answer));
          } catch {
            reject(new Error(`${method} of the record: the answer is no JSON`));
          }
        });
      },
    );
    call.on("error", reject);
    call.end(text);
  });
}
