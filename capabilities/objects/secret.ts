import type { TimesTenClassicObject } from "../../generated/types";
import type { Secret } from "./kinds";
import { identityOf, secretName } from "./names";
import { ownedMetadata } from "./ownerReference";

/** What agents and operator prove themselves with. PEM unless said otherwise. */
export interface AgentCredentials {
  /** The object's own authority; its private key is kept nowhere. */
  caCert: string;
  /** Server certificate of the agents, SAN *.<name>.<namespace>.svc.<domain>. */
  agentCert: string;
  agentKey: string;
  /** Client certificate of the operator. */
  operatorCert: string;
  operatorKey: string;
  /** One line `ttagent/<password>`: the internal TimesTen user. */
  agentUser: string;
}

const KEYS: Record<keyof AgentCredentials, string> = {
  caCert: "ca.crt",
  agentCert: "agent.crt",
  agentKey: "agent.key",
  operatorCert: "operator.crt",
  operatorKey: "operator.key",
  agentUser: "agentUser",
};

/** Keys that the Pods see; the operator's own key is not among them. */
export const AGENT_SECRET_KEYS: readonly string[] = [
  KEYS.caCert,
  KEYS.agentCert,
  KEYS.agentKey,
  KEYS.agentUser,
];

/** @returns Secret tt<uid> */
export function buildSecret(object: TimesTenClassicObject, credentials: AgentCredentials): Secret {
  const fields = Object.keys(KEYS) as (keyof AgentCredentials)[];
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: ownedMetadata(object, secretName(identityOf(object).uid)),
    type: "Opaque",
    data: Object.fromEntries(fields.map(field => [KEYS[field], toBase64(credentials[field])])),
  };
}

/**
 * @param secret as read from the API server
 * @returns the credentials, or the sentence that says which key is missing (never a value)
 */
export function parseSecret(secret: Secret): { credentials: AgentCredentials } | { fault: string } {
  const found: Partial<AgentCredentials> = {};
  for (const field of Object.keys(KEYS) as (keyof AgentCredentials)[]) {
    const encoded = secret.data?.[KEYS[field]];
    if (encoded === undefined || encoded === "") {
      return { fault: `Secret ${secret.metadata.name} has no key ${KEYS[field]}` };
    }
    found[field] = Buffer.from(encoded, "base64").toString("utf8");
  }
  return { credentials: found as AgentCredentials };
}

function toBase64(text: string): string {
  return Buffer.from(text, "utf8").toString("base64");
}
