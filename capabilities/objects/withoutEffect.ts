/**
 * The fields of the object that this release accepts and keeps without doing what they are for. The one list of them:
 * admission warns by it, the column "acts" of docs/reference/object.md is held equal to it, and a test shows that
 * setting one of them changes nothing beyond what is said here.
 */
import type { TtSpec } from "../../generated/types";

/** later: a coming release gives it its function. never: it has none, in the product neither or because of how this operator works. */
export interface WithoutEffect {
  when: "later" | "never";
  /** What the field would do, or why it does nothing: continues "spec.ttspec.<field> has no effect ...". */
  why: string;
}

/** By name of the field under spec.ttspec. */
export const fieldsWithoutEffect: Readonly<Partial<Record<keyof TtSpec, WithoutEffect>>> = {
  prometheus: { when: "later", why: "yet: there is no exporter" },
  exporterMemoryRequest: { when: "later", why: "yet: there is no exporter" },
  exporterCPURequest: { when: "later", why: "yet: there is no exporter" },
  subscribers: { when: "later", why: "yet: there are no subscribers" },
  replicationCipherSuite: {
    when: "later",
    why: "yet: it reaches the agent, which does not encrypt replication",
  },
  replicationSSLMandatory: {
    when: "later",
    why: "yet: it reaches the agent, which does not encrypt replication",
  },
  cacheCleanup: { when: "later", why: "yet: nothing is cleaned up in the Oracle database" },
  memoryWarningPercent: { when: "later", why: "yet: the memory in use is not watched" },
  deleteDbOnNotReadyNode: { when: "later", why: "yet: volumes of a lost node are kept" },
  clientTLS: { when: "later", why: "yet: client connections are not encrypted" },
  customClientTLS: { when: "later", why: "yet: client connections are not encrypted" },
  agentTCPTimeout: { when: "never", why: "here: an agent's session has a deadline of its own" },
  agentTcpTimeout: { when: "never", why: "here: an agent's session has a deadline of its own" },
  agentTLSTimeout: { when: "never", why: "here: an agent's session has a deadline of its own" },
  agentTlsTimeout: { when: "never", why: "here: an agent's session has a deadline of its own" },
  updateStrategy: { when: "never", why: "in the product either: Pods are replaced by the operator" },
  waitingForActiveTimeout: { when: "never", why: "since 18.1.4.11" },
  arch: { when: "never", why: "in the product either" },
  zzTestInfo: { when: "never", why: "outside of the product" },
  zzAgentDebugInfo: { when: "never", why: "outside of the product" },
};

/** Metadata files that are kept in /ttconfig and not acted on yet: those of TimesTen Cache, wallets, and the user of a test. */
export const filesWithoutEffect: readonly string[] = [
  "cacheUser",
  "cachegroups.sql",
  "tnsnames.ora",
  "sqlnet.ora",
  "csWallet",
  "replicationWallet",
  "testUser",
];

/** @returns the sentence about a field that does nothing, for warnings; null for one that has an effect */
export function whyWithoutEffect(field: string): string | null {
  const found = (fieldsWithoutEffect as Record<string, WithoutEffect | undefined>)[field];
  return found === undefined ? null : `spec.ttspec.${field} has no effect ${found.why}`;
}
