/** Just enough X.509 (RFC 5280) in DER to make the certificates of a test cluster without another program. */
import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from "node:crypto";
import { isIPv4 } from "node:net";

/** A certificate and its private key (PKCS #8), both PEM. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

/** Signs certificates; its own certificate is self-signed. */
export interface Authority extends Identity {
  /** Makes a P-256 key and a certificate for it, valid from an hour ago for ten years. */
  issue(subject: Subject, usage: Usage): Identity;
}

export interface Subject {
  readonly commonName: string;
  readonly organization?: string;
}

export interface Usage {
  readonly server?: boolean;
  readonly client?: boolean;
  /** Subject alternative names: DNS names and IPv4 addresses. */
  readonly names?: readonly string[];
}

const YEARS_VALID = 10;

const tlv = (tag: number, ...parts: readonly Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  if (body.length < 0x80) return Buffer.concat([Buffer.from([tag, body.length]), body]);
  const size: number[] = [];
  for (let n = body.length; n > 0; n >>= 8) size.unshift(n & 0xff);
  return Buffer.concat([Buffer.from([tag, 0x80 | size.length, ...size]), body]);
};
const sequence = (...parts: readonly Buffer[]): Buffer => tlv(0x30, ...parts);
const octets = (body: Buffer): Buffer => tlv(0x04, body);
const bits = (unused: number, body: Buffer): Buffer => tlv(0x03, Buffer.from([unused]), body);
const TRUE = Buffer.from([0x01, 0x01, 0xff]);

function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const septets = [arc & 0x7f];
    for (let n = arc >> 7; n > 0; n >>= 7) septets.unshift(0x80 | (n & 0x7f));
    bytes.push(...septets);
  }
  return tlv(0x06, Buffer.from(bytes));
}

/** GeneralizedTime is right from 2050 on, UTCTime before (RFC 5280 4.1.2.5). */
function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/[-:T]/g, "").slice(0, 14) + "Z";
  return date.getUTCFullYear() >= 2050
    ? tlv(0x18, Buffer.from(digits))
    : tlv(0x17, Buffer.from(digits.slice(2)));
}

const attribute = (type: string, value: string): Buffer =>
  tlv(0x31, sequence(oid(type), tlv(0x0c, Buffer.from(value))));

const distinguishedName = (s: Subject): Buffer =>
  sequence(
    ...(s.organization === undefined ? [] : [attribute("2.5.4.10", s.organization)]),
    attribute("2.5.4.3", s.commonName),
  );

const extension = (id: string, critical: boolean, value: Buffer): Buffer =>
  sequence(oid(id), ...(critical ? [TRUE] : []), octets(value));

const alternativeName = (name: string): Buffer =>
  isIPv4(name) ? tlv(0x87, Buffer.from(name.split(".").map(Number))) : tlv(0x82, Buffer.from(name));

/** Key identifier as in RFC 5280 4.2.1.2, from the whole SubjectPublicKeyInfo (any unique value will do). */
const keyId = (spki: Buffer): Buffer => createHash("sha1").update(spki).digest();

const ECDSA_SHA256 = sequence(oid("1.2.840.10045.4.3.2"));
const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";

function leafExtensions(usage: Usage, spki: Buffer, issuerSpki: Buffer): Buffer[] {
  const purposes = [
    ...(usage.server === true ? [oid(SERVER_AUTH)] : []),
    ...(usage.client === true ? [oid(CLIENT_AUTH)] : []),
  ];
  const names = usage.names ?? [];
  return [
    extension("2.5.29.19", true, sequence()),
    extension("2.5.29.15", true, bits(7, Buffer.from([0x80]))),
    extension("2.5.29.37", false, sequence(...purposes)),
    ...(names.length > 0 ? [extension("2.5.29.17", false, sequence(...names.map(alternativeName)))] : []),
    extension("2.5.29.14", false, octets(keyId(spki))),
    extension("2.5.29.35", false, sequence(tlv(0x80, keyId(issuerSpki)))),
  ];
}

function caExtensions(spki: Buffer): Buffer[] {
  return [
    extension("2.5.29.19", true, sequence(TRUE)),
    // digitalSignature, keyCertSign, cRLSign
    extension("2.5.29.15", true, bits(1, Buffer.from([0x86]))),
    extension("2.5.29.14", false, octets(keyId(spki))),
  ];
}

const pem = (label: string, der: Buffer): string =>
  `-----BEGIN ${label}-----\n${(der.toString("base64").match(/.{1,64}/g) ?? []).join("\n")}\n-----END ${label}-----\n`;

function certificate(
  subject: Buffer,
  issuer: Buffer,
  spki: Buffer,
  extensions: readonly Buffer[],
  signer: KeyObject,
  now: Date,
): string {
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40; // positive, and never with a superfluous leading zero
  const until = new Date(now);
  until.setUTCFullYear(until.getUTCFullYear() + YEARS_VALID);
  const tbs = sequence(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))), // version 3
    tlv(0x02, serial),
    ECDSA_SHA256,
    issuer,
    sequence(time(new Date(now.getTime() - 3_600_000)), time(until)),
    subject,
    spki,
    tlv(0xa3, sequence(...extensions)),
  );
  return pem("CERTIFICATE", sequence(tbs, ECDSA_SHA256, bits(0, sign("sha256", tbs, signer))));
}

function keyPair(): { privateKey: KeyObject; pem: string; spki: Buffer } {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  return {
    privateKey,
    pem: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    spki: publicKey.export({ type: "spki", format: "der" }),
  };
}

/** Makes a new certificate authority. `now` is the start of its validity (less an hour). */
export function createAuthority(commonName: string, now: Date = new Date()): Authority {
  const ca = keyPair();
  const name = distinguishedName({ commonName });
  return {
    cert: certificate(name, name, ca.spki, caExtensions(ca.spki), ca.privateKey, now),
    key: ca.pem,
    issue(subject, usage) {
      const leaf = keyPair();
      const extensions = leafExtensions(usage, leaf.spki, ca.spki);
      return {
        cert: certificate(distinguishedName(subject), name, leaf.spki, extensions, ca.privateKey, now),
        key: leaf.pem,
      };
    },
  };
}

/** A signing key for service account tokens and its public half, PEM. */
export function createSigningKey(): { privateKey: string; publicKey: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  return {
    privateKey: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    publicKey: publicKey.export({ type: "spki", format: "pem" }).toString(),
  };
}
