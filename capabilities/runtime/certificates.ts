/**
 * The certificates by which one object's agents and the operator know each other, and the password of the agents'
 * own TimesTen user. Every object has an authority of its own: an agent of one pair is nobody to another. The
 * authority's key is thrown away: nobody, not even the operator, can issue a further certificate.
 */
import { generateKeyPair, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { makeCertificate, type CertificateSpec } from "./x509";

/** PEM unless said otherwise. */
export interface PairCredentials {
  caCert: string;
  /** Certificate of the agents for the given DNS name: servers for all, clients for each other. */
  agentCert: string;
  agentKey: string;
  /** Client certificate of the operator. */
  operatorCert: string;
  operatorKey: string;
  /** One line `ttagent/<password>`. */
  agentUser: string;
}

export interface CredentialOptions {
  /** DNS name in the agents' certificate, e.g. *.sample.default.svc.cluster.local. Any length DNS allows. */
  dnsName: string;
  /** Wall clock, ms. */
  nowMs: number;
}

const RSA_BITS = 2048;
/** Until rotation exists; the objects outlive a year. */
const VALID_YEARS = 10;
/** The nodes' clocks differ. */
const BACKDATED_MS = 60 * 60 * 1000;
/** Letters and digits only: TimesTen connection strings end at ';', user files at '/'. */
const PASSWORD_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const PASSWORD_LENGTH = 28;
export const AGENT_USER = "ttagent";

const newKeyPair = promisify(generateKeyPair);

interface KeyPair {
  /** DER. */
  publicKey: Buffer;
  /** PEM. */
  privateKey: string;
}

/**
 * DNS names are alternative names only: a common name may not be longer than 64 characters, a pod's DNS name may. The
 * agents tell operator and agent by the common name (agent/server).
 * @returns fresh credentials; three RSA keys take a few tenths of a second of another thread
 * @throws never in practice
 */
export async function newPairCredentials(options: CredentialOptions): Promise<PairCredentials> {
  const [ca, agent, operator] = await Promise.all([rsaKeys(), rsaKeys(), rsaKeys()]);
  const issuer = { commonName: "timesten-authority", ...ca };
  const issue = (commonName: string, { publicKey }: KeyPair, use: CertificateSpec["use"]): string =>
    makeCertificate({ commonName, publicKey, issuer, use, ...validity(options.nowMs) });
  const agentUse = { server: true, client: true, dnsNames: [options.dnsName] };
  return {
    caCert: issue(issuer.commonName, ca, "authority"),
    agentCert: issue("timesten-agent", agent, agentUse),
    agentKey: agent.privateKey,
    operatorCert: issue("timesten-operator", operator, { server: false, client: true, dnsNames: [] }),
    operatorKey: operator.privateKey,
    agentUser: `${AGENT_USER}/${newPassword()}\n`,
  };
}

async function rsaKeys(): Promise<KeyPair> {
  return newKeyPair("rsa", {
    modulusLength: RSA_BITS,
    publicKeyEncoding: { type: "spki", format: "der" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
}

function validity(nowMs: number): { notBefore: Date; notAfter: Date } {
  const notAfter = new Date(nowMs);
  notAfter.setUTCFullYear(notAfter.getUTCFullYear() + VALID_YEARS);
  return { notBefore: new Date(nowMs - BACKDATED_MS), notAfter };
}

/** Begins with a letter; every letter equally likely (bytes that would make some likelier are thrown away). */
function newPassword(): string {
  const fair = 256 - (256 % PASSWORD_LETTERS.length);
  let password = "";
  while (password.length < PASSWORD_LENGTH) {
    for (const byte of randomBytes(PASSWORD_LENGTH)) {
      const letter = PASSWORD_LETTERS[byte % PASSWORD_LETTERS.length]!;
      if (byte >= fair || (password === "" && /\d/.test(letter))) continue;
      if (password.length < PASSWORD_LENGTH) password += letter;
    }
  }
  return password;
}
