/**
 * Just enough X.509 (RFC 5280) in DER for the certificates of a pair: Node makes keys and signatures, but no
 * certificates, and a library for them would be a third of the module.
 */
import { createHash, randomBytes, sign } from "node:crypto";

/** What a certificate says. */
export interface CertificateSpec {
  commonName: string;
  /** DER of the SubjectPublicKeyInfo. */
  publicKey: Buffer;
  issuer: {
    commonName: string;
    /** DER of the SubjectPublicKeyInfo. */
    publicKey: Buffer;
    /** PEM of an RSA key. */
    privateKey: string;
  };
  /** An authority, of ends only; else an end with these uses. */
  use: "authority" | { server: boolean; client: boolean; dnsNames: readonly string[] };
  notBefore: Date;
  notAfter: Date;
}

const TRUE = Buffer.from([0x01, 0x01, 0xff]);
const NULL = Buffer.from([0x05, 0x00]);
const TAG = { bits: 0x03, integer: 0x02, octets: 0x04, oid: 0x06, utf8: 0x0c, sequence: 0x30, set: 0x31 };
/** Context-specific tags of the certificate's fields. */
const VERSION = 0xa0;
const EXTENSIONS = 0xa3;
const DNS_NAME = 0x82;
const KEY_IDENTIFIER = 0x80;

const COMMON_NAME = "2.5.4.3";
const BASIC_CONSTRAINTS = "2.5.29.19";
const KEY_USAGE = "2.5.29.15";
const EXTENDED_KEY_USAGE = "2.5.29.37";
const ALTERNATIVE_NAME = "2.5.29.17";
const SUBJECT_KEY_ID = "2.5.29.14";
const AUTHORITY_KEY_ID = "2.5.29.35";
const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
const SHA256_WITH_RSA = "1.2.840.113549.1.1.11";

/** @returns the certificate as PEM */
export function makeCertificate(spec: CertificateSpec): string {
  const algorithm = sequence(oid(SHA256_WITH_RSA), NULL);
  const toBeSigned = sequence(
    tlv(VERSION, tlv(TAG.integer, Buffer.from([2]))),
    tlv(TAG.integer, newSerialNumber()),
    algorithm,
    distinguishedName(spec.issuer.commonName),
    sequence(time(spec.notBefore), time(spec.notAfter)),
    distinguishedName(spec.commonName),
    spec.publicKey,
    tlv(EXTENSIONS, sequence(...extensionsOf(spec))),
  );
  const signature = sign("sha256", toBeSigned, spec.issuer.privateKey);
  return pem(sequence(toBeSigned, algorithm, bits(0, signature)));
}

function extensionsOf({ use, publicKey, issuer }: CertificateSpec): Buffer[] {
  const keyIds = [
    extension(SUBJECT_KEY_ID, false, tlv(TAG.octets, keyId(publicKey))),
    extension(AUTHORITY_KEY_ID, false, sequence(tlv(KEY_IDENTIFIER, keyId(issuer.publicKey)))),
  ];
  if (use === "authority") {
    const pathLength = tlv(TAG.integer, Buffer.from([0]));
    return [
      extension(BASIC_CONSTRAINTS, true, sequence(TRUE, pathLength)),
      // keyCertSign, cRLSign
      extension(KEY_USAGE, true, bits(1, Buffer.from([0x06]))),
      ...keyIds,
    ];
  }
  const purposes = [...(use.server ? [oid(SERVER_AUTH)] : []), ...(use.client ? [oid(CLIENT_AUTH)] : [])];
  const names = use.dnsNames.map(name => tlv(DNS_NAME, Buffer.from(name, "latin1")));
  return [
    extension(BASIC_CONSTRAINTS, true, sequence()),
    // digitalSignature, keyEncipherment
    extension(KEY_USAGE, true, bits(5, Buffer.from([0xa0]))),
    extension(EXTENDED_KEY_USAGE, false, sequence(...purposes)),
    ...(names.length === 0 ? [] : [extension(ALTERNATIVE_NAME, false, sequence(...names))]),
    ...keyIds,
  ];
}

/** Tag, length, value. */
function tlv(tag: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  if (body.length < 0x80) return Buffer.concat([Buffer.from([tag, body.length]), body]);
  const size: number[] = [];
  for (let left = body.length; left > 0; left >>= 8) size.unshift(left & 0xff);
  return Buffer.concat([Buffer.from([tag, 0x80 | size.length, ...size]), body]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tlv(TAG.sequence, ...parts);
}

function bits(unused: number, body: Buffer): Buffer {
  return tlv(TAG.bits, Buffer.from([unused]), body);
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return sequence(oid(id), ...(critical ? [TRUE] : []), tlv(TAG.octets, value));
}

function distinguishedName(commonName: string): Buffer {
  return sequence(tlv(TAG.set, sequence(oid(COMMON_NAME), tlv(TAG.utf8, Buffer.from(commonName)))));
}

/** The first two arcs share a byte; the others are numbers of seven bits each. */
function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const septets = [arc & 0x7f];
    for (let left = arc >> 7; left > 0; left >>= 7) septets.unshift(0x80 | (left & 0x7f));
    bytes.push(...septets);
  }
  return tlv(TAG.oid, Buffer.from(bytes));
}

/** UTCTime before 2050, GeneralizedTime from then on (RFC 5280, 4.1.2.5). */
function time(date: Date): Buffer {
  const digits = `${date.toISOString().replace(/[-:T]/g, "").slice(0, 14)}Z`;
  return date.getUTCFullYear() >= 2050
    ? tlv(0x18, Buffer.from(digits))
    : tlv(0x17, Buffer.from(digits.slice(2)));
}

/** Any unique value will do (RFC 5280, 4.2.1.2). */
function keyId(publicKey: Buffer): Buffer {
  return createHash("sha1").update(publicKey).digest();
}

/** Positive, and without a leading zero that DER would forbid. */
function newSerialNumber(): Buffer {
  const serial = randomBytes(16);
  serial[0] = (serial[0]! & 0x7f) | 0x40;
  return serial;
}

function pem(der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}
