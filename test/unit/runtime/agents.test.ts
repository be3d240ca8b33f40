/** The real way to an agent: our certificates, our WebSocket client and the agent's own server, over loopback. */
import { createPrivateKey, X509Certificate, type KeyObject } from "node:crypto";
import { newPairCredentials, type PairCredentials } from "../../../capabilities/runtime/certificates";
import { agentTransport } from "../../../capabilities/runtime/agents/transport";
import type { AgentAddress, AgentConnection } from "../../../capabilities/runtime/ports";
import { systemClock as agentClock } from "../../../agent/system";
import type { AgentMessage, OperatorMessage } from "../../../protocol";
import { startServer, type AgentServer } from "../../../agent/server/server";
import { agentState } from "../../support/scripted-agents";
import { WebSocketServer } from "ws";
import { createServer } from "node:https";
import { createServer as createTcpServer, type AddressInfo } from "node:net";

const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
const DNS_NAME = `*.${"long-name-".repeat(5)}x.${"namespace-".repeat(5)}x.svc.cluster.local`;
const SERVER_NAME = DNS_NAME.replace("*", "sample-0");

let ours: PairCredentials;
let others: PairCredentials;

beforeAll(async () => {
  const nowMs = Date.now();
  [ours, others] = await Promise.all([
    newPairCredentials({ dnsName: DNS_NAME, nowMs }),
    newPairCredentials({ dnsName: DNS_NAME, nowMs }),
  ]);
}, 60_000);

describe("the certificates of a pair", () => {
  const parse = (pem: string): X509Certificate => new X509Certificate(pem);

  it("are signed by the pair's own authority and nobody else's", () => {
    const ca = parse(ours.caCert);
    expect(ca.ca).toBe(true);
    for (const pem of [ours.agentCert, ours.operatorCert]) {
      expect(parse(pem).verify(ca.publicKey)).toBe(true);
      expect(parse(pem).ca).toBe(false);
      expect(parse(pem).verify(parse(others.caCert).publicKey)).toBe(false);
    }
  });

  it("fit their keys", () => {
    expect(ours.agentKey).not.toBe(ours.operatorKey);
    const [agent, operator] = [parse(ours.agentCert), parse(ours.operatorCert)];
    const key = (pem: string): KeyObject => createPrivateKey(pem);
    expect([
      agent.checkPrivateKey(key(ours.agentKey)),
      operator.checkPrivateKey(key(ours.operatorKey)),
    ]).toEqual([true, true]);
    expect(agent.checkPrivateKey(key(ours.operatorKey))).toBe(false);
  });

  it("name the pods by any DNS name in the SAN, with a short common name", () => {
    const agent = parse(ours.agentCert);
    expect(agent.subjectAltName).toBe(`DNS:${DNS_NAME}`);
    expect(agent.checkHost(SERVER_NAME)).toBe(DNS_NAME);
    expect(agent.checkHost("sample-0.other.ns.svc.cluster.local")).toBeUndefined();
    expect(DNS_NAME.length).toBeGreaterThan(64);
    for (const pem of [ours.caCert, ours.agentCert, ours.operatorCert]) {
      expect(parse(pem).subject.replace(/^CN=/, "").length).toBeLessThanOrEqual(64);
    }
  });

  it("are good for their side: agents serve, and dial each other", () => {
    const [serverAuth, clientAuth] = ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"];
    expect(parse(ours.agentCert).keyUsage).toEqual([serverAuth, clientAuth]);
    expect(parse(ours.operatorCert).keyUsage).toEqual([clientAuth]);
  });

  it("hold for ten years from a little before now, with numbers of their own", () => {
    const certificates = [ours.caCert, ours.agentCert, ours.operatorCert, others.agentCert].map(parse);
    for (const certificate of certificates) {
      expect(Date.parse(certificate.validFrom)).toBeLessThan(Date.now() - 50 * 60_000);
      expect(Date.parse(certificate.validTo)).toBeGreaterThan(Date.now() + 9.9 * 365 * 86_400_000);
    }
    expect(new Set(certificates.map(certificate => certificate.serialNumber)).size).toBe(4);
  });

  it("come with a password that is not twice the same and needs no quoting", () => {
    expect(ours.agentUser).toMatch(/^ttagent\/[A-Za-z][A-Za-z0-9]{27}\n$/);
    expect(ours.agentUser).not.toBe(others.agentUser);
  });
});

/** What the operator's end sees of one connection. */
class Seen {
  readonly messages: AgentMessage[] = [];
  connection: AgentConnection | null = null;
  closed: string | null = null;
  readonly giveUp: () => void;

  constructor(address: AgentAddress) {
    this.giveUp = agentTransport.dial(address, {
      onOpen: connection => {
        this.connection = connection;
        connection.send({ type: "hello", versions: [1], operator: "test" });
      },
      onMessage: message => this.messages.push(message),
      onClose: reason => {
        this.closed = reason;
      },
    });
  }
}

async function until(what: string, condition: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > deadlineMs) throw new Error(`never came: ${what}`);
    await new Promise(resolve => setTimeout(resolve, 2));
  }
}

describe("the way to an agent", () => {
  const received: OperatorMessage[] = [];
  let server: AgentServer;
  let address: AgentAddress;

  beforeAll(async () => {
    const { caCert: ca, agentCert: cert, agentKey: key } = ours;
    server = await startServer({
      host: "127.0.0.1",
      port: 0,
      tls: { read: async () => ({ ca, cert, key }), watch: () => () => undefined },
      sessions: {
        onConnect: () => undefined,
        onDisconnect: () => undefined,
        onMessage: (_, message) => void received.push(message),
        state: () => agentState("uid-0", 1),
      },
      clock: agentClock,
      log: silent,
    });
    address = {
      ip: "127.0.0.1",
      port: server.port,
      serverName: SERVER_NAME,
      ca,
      cert: ours.operatorCert,
      key: ours.operatorKey,
    };
  });

  afterAll(() => server.close());

  it("opens, greets, and carries messages both ways", async () => {
    const seen = new Seen(address);
    await until("the welcome", () => seen.messages.length > 0);
    expect(seen.messages[0]).toMatchObject({ type: "welcome", version: 1, state: { podUID: "uid-0" } });
    seen.connection?.send({
      type: "command",
      id: "c1",
      n: 0,
      boot: null,
      deadlineMs: 1,
      verb: "startDaemon",
    });
    await until("the command", () => received.some(message => message.type === "command"));
    seen.connection?.close();
    await until("the close", () => seen.closed !== null);
  });

  it("refuses an agent whose certificate does not carry the pod's name", async () => {
    const seen = new Seen({ ...address, serverName: "sample-0.other.ns.svc.cluster.local" });
    await until("the refusal", () => seen.closed !== null);
    expect(seen.closed).toMatch(/does not match certificate's altnames/);
    expect(seen.connection).toBeNull();
  });

  it("refuses an agent of another authority", async () => {
    const seen = new Seen({ ...address, ca: others.caCert });
    await until("the refusal", () => seen.closed !== null);
    expect(seen.connection).toBeNull();
  });

  it("is refused by the agent when our certificate is another pair's, or an agent's", async () => {
    for (const wrong of [
      { cert: others.operatorCert, key: others.operatorKey },
      { cert: ours.agentCert, key: ours.agentKey },
    ]) {
      const seen = new Seen({ ...address, ...wrong });
      await until("the refusal", () => seen.closed !== null);
      // The agent's is let in, as that of the other agent, which commands nothing.
      expect(seen.messages.every(message => message.type === "bye")).toBe(true);
    }
  });

  it("says why when nobody listens", async () => {
    const seen = new Seen({ ...address, port: 1 });
    await until("the refusal", () => seen.closed !== null);
    expect(seen.closed).toMatch(/ECONNREFUSED/);
  });

  it("gives up a peer that accepts and never speaks", async () => {
    const mute = createTcpServer(() => undefined);
    await new Promise<void>(resolve => mute.listen(0, "127.0.0.1", resolve));
    const seen = new Seen({ ...address, port: (mute.address() as AddressInfo).port });
    await until("the end", () => seen.closed !== null);
    expect(seen.closed).toBe("no connection within 2000 ms");
    mute.close();
  });

  it("calls nobody back once it was given up", async () => {
    const seen = new Seen(address);
    seen.giveUp();
    const other = new Seen(address);
    await until("the other is welcome", () => other.messages.length > 0);
    other.giveUp();
    expect([seen.connection, seen.messages.length, seen.closed]).toEqual([null, 0, null]);
  });

  it("closes on a frame that is no message, whatever else it may be", async () => {
    const { agentCert: cert, agentKey: key, caCert: ca } = ours;
    const https = createServer({ ca, cert, key, requestCert: true });
    const sockets = new WebSocketServer({ server: https });
    const frames = ["{", '{"type":"unknown"}', Buffer.from("binary"), "x".repeat(300 * 1024)];
    sockets.on("connection", socket => socket.send(frames.shift() ?? "{}"));
    await new Promise<void>(resolve => https.listen(0, "127.0.0.1", resolve));
    const reasons: (string | null)[] = [];
    for (let count = frames.length; count > 0; count--) {
      const seen = new Seen({ ...address, port: (https.address() as AddressInfo).port });
      await until("the end", () => seen.closed !== null);
      reasons.push(seen.closed);
      expect(seen.messages).toEqual([]);
    }
    expect(reasons).toEqual([
      "message is no JSON",
      expect.stringMatching(/^message does not fit/),
      "binary frame",
      expect.stringMatching(/max payload/i),
    ]);
    sockets.close();
    https.close();
    https.closeAllConnections();
  });
});
