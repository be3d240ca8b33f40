/**
 * The certificates by which one object's agents and the operator know each other, and the password of the agents'
 * own TimesTen user. Every object has an authority of its own: an agent of one pair is nobody to another. The
 * authority's key is thrown away: nobody, not even the operator, can issue a further certificate.
 */
import { constants, generateKeyPair, privateEncrypt, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { md, pki } from "node-forge";

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

/** DER of a DigestInfo up to the hash (RFC 8017, 9.2, note 1). */
const SHA256_DIGEST_INFO = Buffer.from("3031300d060960864801650304020105000420", "hex");

const newKeyPair = promisify(generateKeyPair);

interface KeyPair {
  publicKey: string;
  privateKey: string;
}

/** Names are in the SAN only: a common name may not be longer than 64 characters, a pod's DNS name may. */
interface CertificateSpec {
  commonName: string;
  keys: KeyPair;
  issuer: { commonName: string; privateKey: string };
  extensions: object[];
}

/**
 * @returns fresh credentials; three RSA keys take a few tenths of a second of another thread
 * @throws never in practice
 */
export async function newPairCredentials(options: CredentialOptions): Promise<PairCredentials> {
  const [ca, agent, operator] = await Promise.all([rsaKeys(), rsaKeys(), rsaKeys()]);
  const issuer = { commonName: "timesten-authority", privateKey: ca.privateKey };
  const issue = (spec: Omit<CertificateSpec, "issuer">): string =>
    certificate({ ...spec, issuer }, options.nowMs);
  return {
    caCert: issue({ commonName: issuer.commonName, keys: ca, extensions: authorityExtensions }),
    agentCert: issue({
      commonName: "timesten-agent",
      keys: agent,
      extensions: agentExtensions(options.dnsName),
    }),
    agentKey: agent.privateKey,
    operatorCert: issue({ commonName: "timesten-operator", keys: operator, extensions: clientExtensions }),
    operatorKey: operator.privateKey,
    agentUser: `${AGENT_USER}/${newPassword()}\n`,
  };
}

async function rsaKeys(): Promise<KeyPair> {
  return newKeyPair("rsa", {
    modulusLength: RSA_BITS,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
}

const authorityExtensions = [
  { name: "basicConstraints", cA: true, pathLenConstraint: 0, critical: true },
  { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
  { name: "subjectKeyIdentifier" },
];

const endExtensions = [
  { name: "basicConstraints", cA: false, critical: true },
  { name: "keyUsage", digitalSignature: true, keyEncipherment: true, critical: true },
];

const clientExtensions = [...endExtensions, { name: "extKeyUsage", clientAuth: true }];

function agentExtensions(dnsName: string): object[] {
  const dns = 2;
  return [
    ...endExtensions,
    { name: "extKeyUsage", serverAuth: true, clientAuth: true },
    { name: "subjectAltName", altNames: [{ type: dns, value: dnsName }] },
  ];
}

function certificate({ commonName, keys, issuer, extensions }: CertificateSpec, nowMs: number): string {
  const made = pki.createCertificate();
  made.publicKey = pki.publicKeyFromPem(keys.publicKey);
  made.serialNumber = newSerialNumber();
  made.validity.notBefore = new Date(nowMs - BACKDATED_MS);
  made.validity.notAfter = new Date(nowMs);
  made.validity.notAfter.setUTCFullYear(made.validity.notAfter.getUTCFullYear() + VALID_YEARS);
  made.setSubject([{ name: "commonName", value: commonName }]);
  made.setIssuer([{ name: "commonName", value: issuer.commonName }]);
  made.setExtensions(extensions);
  made.sign(nodeSigner(issuer.privateKey), md.sha256.create());
  return pki.certificateToPem(made);
}

/** forge's own arithmetic would hold up the event loop: the signature itself is Node's (RSASSA-PKCS1-v1_5). */
function nodeSigner(privateKey: string): pki.rsa.PrivateKey {
  const signer: Pick<pki.rsa.PrivateKey, "sign"> = {
    sign: digest => {
      if (typeof digest === "string") throw new Error("a digest object is expected");
      const hash = Buffer.from(digest.digest().toHex(), "hex");
      const info = Buffer.concat([SHA256_DIGEST_INFO, hash]);
      const key = { key: privateKey, padding: constants.RSA_PKCS1_PADDING };
      return privateEncrypt(key, info).toString("latin1");
    },
  };
  return signer as pki.rsa.PrivateKey;
}

/** 16 random bytes as hex, read as a positive number. */
function newSerialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0]! & 0x7f) | 0x40;
  return bytes.toString("hex");
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
