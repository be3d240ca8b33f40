import { generateKeyPairSync, sign } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import forge from "node-forge";
import { put } from "./files";

export interface Authority {
  pem: string;
  /** With a DNS name a server's certificate, `client` a client's; an agent's is both. */
  issue: (o: { cn: string; dns?: string; client?: boolean }) => { cert: string; key: string };
}

/** Keys are made by Node (fast), certificates by node-forge. */
function keyPair() {
  return generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
  });
}

/** One key for all who are not an authority: what tells them apart here is their certificate. */
const leaf = keyPair();

let serial = 1;

/** As cert.sign does, with Node's own arithmetic: many times as fast, which tells on a busy machine. */
function signNatively(cert: forge.pki.Certificate, key: string): void {
  // Public in node-forge, missing in its types.
  const pki = forge.pki as typeof forge.pki & {
    getTBSCertificate: (of: forge.pki.Certificate) => forge.asn1.Asn1;
  };
  const oid = forge.pki.oids.sha256WithRSAEncryption ?? "";
  const open = cert as forge.pki.Certificate & { signatureOid: string; tbsCertificate: forge.asn1.Asn1 };
  open.signatureOid = oid;
  open.siginfo.algorithmOid = oid;
  open.tbsCertificate = pki.getTBSCertificate(cert);
  const bytes = Buffer.from(forge.asn1.toDer(open.tbsCertificate).getBytes(), "latin1");
  open.signature = sign("sha256", bytes, key).toString("latin1");
}

function certificate(o: {
  subject: string;
  issuer: string;
  publicKey: string;
  signWith: string;
  extensions: object[];
}): string {
  const cert = forge.pki.createCertificate();
  cert.publicKey = forge.pki.publicKeyFromPem(o.publicKey);
  cert.serialNumber = String(serial++).padStart(2, "0");
  cert.validity.notBefore = new Date(Date.now() - 60_000);
  cert.validity.notAfter = new Date(Date.now() + 3_600_000);
  cert.setSubject([{ name: "commonName", value: o.subject }]);
  cert.setIssuer([{ name: "commonName", value: o.issuer }]);
  cert.setExtensions(o.extensions);
  signNatively(cert, o.signWith);
  return forge.pki.certificateToPem(cert);
}

/** An authority of its own, as each object has one. */
export function makeAuthority(cn: string): Authority {
  const own = keyPair();
  const pem = certificate({
    subject: cn,
    issuer: cn,
    publicKey: own.publicKey,
    signWith: own.privateKey,
    extensions: [
      { name: "basicConstraints", cA: true },
      { name: "keyUsage", keyCertSign: true },
    ],
  });
  return {
    pem,
    issue: ({ cn: subject, dns, client }) => {
      const extensions: object[] = [
        { name: "extKeyUsage", serverAuth: dns !== undefined, clientAuth: client === true },
      ];
      if (dns !== undefined) extensions.push({ name: "subjectAltName", altNames: [{ type: 2, value: dns }] });
      const cert = certificate({
        subject,
        issuer: cn,
        publicKey: leaf.publicKey,
        signWith: own.privateKey,
        extensions,
      });
      return { cert, key: leaf.privateKey };
    },
  };
}

/** Writes ca.crt, agent.crt and agent.key as the agent's Secret volume has them. */
export function putAgentSecret(folder: string, authority: Authority, dns: string): void {
  mkdirSync(folder, { recursive: true });
  const { cert, key } = authority.issue({ cn: "timesten-agent", dns, client: true });
  put(join(folder, "ca.crt"), authority.pem);
  put(join(folder, "agent.crt"), cert);
  put(join(folder, "agent.key"), key, 0o600);
}
