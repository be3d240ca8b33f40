import { connect as connectTls } from "node:tls";
import WebSocket, { type ClientOptions } from "ws";
import {
  MAX_MESSAGE_BYTES,
  PROTOCOL_VERSION,
  unknownView,
  type AgentMessage,
  type AgentState,
} from "../../../protocol";
import type { AgentSessions, OperatorLink } from "../../../agent/ports";
import { startServer, type AgentServer } from "../../../agent/server/server";
import { tlsFiles } from "../../../agent/server/tls";
import { systemClock } from "../../../agent/system";
import { makeAuthority, putAgentSecret } from "./support/certificates";
import { eventually, keepingLog, temporaryFolder } from "./support/files";
import { nothingPermitted } from "../../support/permission";

const DNS = "sample-0.sample.ns.svc.cluster.local";
const folder = temporaryFolder();
const ours = makeAuthority("sample");
const others = makeAuthority("other");
const operator = ours.issue({ cn: "timesten-operator", client: true });
const next = makeAuthority("sample next");
const nextOperator = next.issue({ cn: "timesten-operator", client: true });
const stranger = others.issue({ cn: "timesten-operator", client: true });

const state: AgentState = {
  seq: 1,
  podName: "sample-0",
  podUID: "pod-a",
  agentVersion: "1",
  startedAtMs: 0,
  boot: null,
  endedBoots: [],
  timesten: unknownView,
  files: { adminUser: false, schema: false, cacheGroups: false, cacheUser: false },
  permission: nothingPermitted,
  peer: { connected: false, digest: null, witnessed: [] },
  tasks: [],
  stopping: false,
};

const links = new Set<OperatorLink>();
const sessions: AgentSessions = {
  onConnect: link => links.add(link),
  onDisconnect: link => links.delete(link),
  onMessage: () => undefined,
  state: () => state,
};
let server: AgentServer;

beforeAll(async () => {
  putAgentSecret(folder.path, ours, DNS);
  const tls = tlsFiles(folder.path, 20);
  server = await startServer({
    host: "127.0.0.1",
    port: 0,
    tls,
    sessions,
    clock: systemClock,
    log: keepingLog(),
  });
});
afterAll(async () => {
  await server.close();
  folder.remove();
});

function dial(o: { cert?: string; key?: string; ca?: string; name?: string } = {}) {
  // ws passes the name on to TLS, although its types do not know it.
  const options: ClientOptions & { servername: string } = {
    ca: o.ca ?? ours.pem,
    cert: o.cert ?? operator.cert,
    key: o.key ?? operator.key,
    servername: o.name ?? DNS,
  };
  const socket = new WebSocket(`wss://127.0.0.1:${server.port}/`, options);
  const messages: AgentMessage[] = [];
  const ends: string[] = [];
  socket.on("message", data => messages.push(JSON.parse((data as Buffer).toString("utf8")) as AgentMessage));
  socket.on("error", error => ends.push(error.message));
  socket.on("close", code => ends.push(String(code)));
  const hello = () =>
    socket.send(JSON.stringify({ type: "hello", versions: [PROTOCOL_VERSION], operator: "replica-1" }));
  return { socket, messages, ends, hello };
}

describe("the agent's server", () => {
  it("welcomes an operator with a certificate of the object's authority", async () => {
    const { socket, messages, hello } = dial();
    socket.on("open", hello);
    await eventually("welcome", () => messages.length > 0);
    expect(messages[0]).toEqual({ type: "welcome", version: PROTOCOL_VERSION, state });
    expect(links.size).toBe(1);
    socket.close();
    await eventually("the end", () => links.size === 0);
  });

  it("pushes what the core sends", async () => {
    const { socket, messages, hello } = dial();
    socket.on("open", hello);
    await eventually("the link", () => links.size === 1);
    for (const link of links) link.send({ type: "state", state: { ...state, seq: 2 } });
    await eventually("the state", () => messages.some(message => message.type === "state"));
    socket.close();
    await eventually("the end", () => links.size === 0);
  });

  it("refuses a client without a certificate, and one of another object", async () => {
    for (const client of [dial({ cert: "", key: "" }), dial({ cert: stranger.cert, key: stranger.key })]) {
      await eventually("the refusal", () => client.ends.length > 0);
      expect(client.messages).toEqual([]);
    }
    expect(links.size).toBe(0);
  });

  it("hears an agent as a peer only, and an operator as an operator only", async () => {
    const agent = ours.issue({ cn: "timesten-agent", dns: DNS, client: true });
    const peerHello = {
      type: "peerHello",
      versions: [PROTOCOL_VERSION],
      objectUID: "object",
      podUID: "pod-b",
    };
    const asOperator = dial(agent);
    asOperator.socket.on("open", asOperator.hello);
    const asPeer = dial();
    asPeer.socket.on("open", () => asPeer.socket.send(JSON.stringify(peerHello)));
    await eventually("both refusals", () => asOperator.ends.length > 0 && asPeer.ends.length > 0);
    expect(asOperator.messages).toEqual([
      { type: "bye", reason: "hello: the certificate is that of an agent" },
    ]);
    expect(asPeer.messages).toEqual([
      { type: "bye", reason: "peerHello: the certificate is that of an operator" },
    ]);
    const peer = dial(agent);
    peer.socket.on("open", () => peer.socket.send(JSON.stringify(peerHello)));
    await eventually("the refusal", () => peer.ends.length > 0);
    expect(peer.messages).toEqual([{ type: "bye", reason: "this pod has no peer" }]);
  });

  it("refuses a server's certificate, and one that names nobody it knows", async () => {
    for (const certificate of [
      ours.issue({ cn: "timesten-agent", dns: DNS }),
      ours.issue({ cn: "somebody", client: true }),
    ]) {
      const client = dial(certificate);
      client.socket.on("open", client.hello);
      await eventually("the refusal", () => client.ends.length > 0);
      expect(client.messages).toEqual([]);
    }
    expect(links.size).toBe(0);
  });

  it("cannot be taken for another pod", async () => {
    const client = dial({ name: "elsewhere.example" });
    await eventually("the doubt", () => client.ends.length > 0);
    expect(client.ends[0]).toMatch(/altnames|does not match/i);
  });

  it("does not read a frame longer than the protocol allows", async () => {
    const { socket, ends } = dial();
    socket.on("open", () => socket.send("x".repeat(MAX_MESSAGE_BYTES + 1)));
    await eventually("the end", () => ends.length > 0);
    expect(ends).toContain("1009");
  });

  it("takes no binary frame for a message", async () => {
    const { socket, messages, ends } = dial();
    socket.on("open", () => socket.send(Buffer.from([1, 2, 3])));
    await eventually("the end", () => ends.length > 0);
    expect(messages.map(message => message.type)).toEqual(["bye"]);
  });

  it("serves nothing but sessions", async () => {
    const socket = connectTls({
      port: server.port,
      host: "127.0.0.1",
      ca: ours.pem,
      ...operator,
      servername: DNS,
    });
    let answer = "";
    socket.on("data", (data: Buffer) => {
      answer += data.toString("latin1");
    });
    socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await eventually("the answer", () => answer.includes("\r\n"));
    expect(answer).toContain("426");
    socket.destroy();
  });

  it("serves with new certificates as soon as the Secret has them", async () => {
    putAgentSecret(folder.path, next, DNS);
    await eventually("a welcome by the new authority", async () => {
      const client = dial({ ...nextOperator, ca: next.pem });
      client.socket.on("open", client.hello);
      await eventually("welcome or refusal", () => client.messages.length + client.ends.length > 0);
      client.socket.close();
      return client.messages.length > 0;
    });
    putAgentSecret(folder.path, ours, DNS);
    await eventually("the former authority", async () => {
      const client = dial();
      client.socket.on("open", client.hello);
      await eventually("welcome or refusal", () => client.messages.length + client.ends.length > 0);
      client.socket.close();
      return client.messages.length > 0;
    });
    await eventually("the end", () => links.size === 0);
  });

  it("says goodbye when it closes", async () => {
    const other = await startServer({
      host: "127.0.0.1",
      port: 0,
      tls: tlsFiles(folder.path),
      sessions,
      clock: systemClock,
      log: keepingLog(),
    });
    const first = server;
    server = other;
    const { socket, messages, ends, hello } = dial();
    server = first;
    socket.on("open", hello);
    await eventually("the link", () => links.size === 1);
    await other.close();
    await eventually("the end", () => ends.length > 0);
    expect(messages.at(-1)).toEqual({ type: "bye", reason: "closed by the agent" });
  });
});
