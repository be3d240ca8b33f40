import { createPrivateKey, X509Certificate } from "node:crypto";
import { connect, createServer } from "node:tls";
import { createAuthority, createSigningKey } from "../../../testbed/x509";

const now = new Date("2030-03-01T12:00:00Z");
const ca = createAuthority("test-ca", now);
const server = ca.issue(
  { commonName: "kube-apiserver" },
  { server: true, names: ["10.251.0.1", "127.0.0.1", "kubernetes.default.svc"] },
);

describe("certificates", () => {
  test("the authority's own is self-signed and may sign others", () => {
    const cert = new X509Certificate(ca.cert);
    expect(cert.ca).toBe(true);
    expect(cert.verify(cert.publicKey)).toBe(true);
    expect(cert.subject).toBe("CN=test-ca");
  });

  test("an issued one is signed by the authority, matches its key, and is no authority", () => {
    const cert = new X509Certificate(server.cert);
    expect(cert.verify(new X509Certificate(ca.cert).publicKey)).toBe(true);
    expect(cert.checkIssued(new X509Certificate(ca.cert))).toBe(true);
    expect(cert.checkPrivateKey(createPrivateKey(server.key))).toBe(true);
    expect(cert.ca).toBe(false);
  });

  test("names and addresses are subject alternative names", () => {
    const cert = new X509Certificate(server.cert);
    expect(cert.checkHost("kubernetes.default.svc")).toBe("kubernetes.default.svc");
    expect(cert.checkHost("elsewhere")).toBeUndefined();
    expect(cert.checkIP("10.251.0.1")).toBe("10.251.0.1");
    expect(cert.checkIP("10.251.0.2")).toBeUndefined();
  });

  test("the organization, which Kubernetes takes as the group, comes before the common name", () => {
    const node = ca.issue(
      { organization: "system:nodes", commonName: "system:node:node-1" },
      { client: true },
    );
    expect(new X509Certificate(node.cert).subject).toBe("O=system:nodes\nCN=system:node:node-1");
  });

  test("they are valid for ten years from an hour before, also past 2050", () => {
    const cert = new X509Certificate(server.cert);
    expect(new Date(cert.validFrom)).toEqual(new Date("2030-03-01T11:00:00Z"));
    expect(new Date(cert.validTo)).toEqual(new Date("2040-03-01T12:00:00Z"));
    const late = new X509Certificate(createAuthority("late", new Date("2045-01-01T00:00:00Z")).cert);
    expect(new Date(late.validTo)).toEqual(new Date("2055-01-01T00:00:00Z"));
  });

  test("client and server know each other by them", async () => {
    const today = createAuthority("today");
    const a = today.issue({ commonName: "a" }, { server: true, names: ["127.0.0.1"] });
    const b = today.issue({ organization: "system:masters", commonName: "b" }, { client: true });
    const listener = createServer(
      { ...a, ca: today.cert, requestCert: true, rejectUnauthorized: true },
      socket => socket.end(String(socket.getPeerCertificate().subject.CN)),
    );
    const port = await new Promise<number>(done =>
      listener.listen(0, "127.0.0.1", () => done((listener.address() as { port: number }).port)),
    );
    try {
      const heard = await new Promise<string>((done, fail) => {
        const socket = connect({ host: "127.0.0.1", port, ca: today.cert, cert: b.cert, key: b.key });
        socket.once("data", (data: Buffer) => done(data.toString())).once("error", fail);
      });
      expect(heard).toBe("b");
    } finally {
      listener.close();
    }
  });

  test("a signing key is a pair", () => {
    const pair = createSigningKey();
    expect(createPrivateKey(pair.privateKey).asymmetricKeyType).toBe("ec");
    expect(pair.publicKey).toContain("BEGIN PUBLIC KEY");
  });
});
