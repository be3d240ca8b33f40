/** The sessions between the two agents of a pair: their keeping under virtual time, and the real way over TLS. */
import { join } from "node:path";
import { peerClient } from "../../../agent/peer/client";
import { PeerSession } from "../../../agent/peer/session";
import type { AgentSessions, PeerLink, PeerSessions } from "../../../agent/ports";
import { startServer, type AgentServer } from "../../../agent/server/server";
import { tlsFiles } from "../../../agent/server/tls";
import { systemClock } from "../../../agent/system";
import {
  unknownView,
  type AgentState,
  type DialHandlers,
  type PeerAnswer,
  type PeerDigest,
  type PeerRequest,
  type WitnessMessage,
  type WitnessRequest,
} from "../../../protocol";
import { makeAuthority, putAgentSecret } from "./support/certificates";
import { ManualClock } from "./support/clock";
import { eventually, keepingLog, temporaryFolder } from "./support/files";
import { nothingPermitted } from "../../support/permission";

const digest = (podUID: string): PeerDigest => ({
  podName: "sample-1",
  podUID,
  boot: null,
  endedBoots: [],
  timesten: unknownView,
  permission: nothingPermitted,
  stopping: false,
});

const self = { podName: "sample-0", podUID: "pod-a", objectUID: "object" };
const clocks = { monotonicMs: 1, boottimeMs: 2 };
const request: PeerRequest = {
  type: "request",
  n: 1,
  boot: "b1",
  id: "r1",
  leaseMs: 6_000,
  guardMs: 1_000,
  clocks,
};

/** The other end of every dial, and what the core hears. */
function scripted() {
  const clock = new ManualClock();
  const agents: { atMs: number; handlers: DialHandlers<PeerRequest, PeerAnswer>; closed: boolean }[] = [];
  const witnesses: DialHandlers<WitnessRequest, WitnessMessage>[] = [];
  const sent: (PeerRequest | WitnessRequest)[] = [];
  const heard: string[] = [];
  const peer = new PeerSession({
    clock,
    log: keepingLog(),
    self,
    dialAgent: handlers => {
      const dial = { atMs: clock.monotonicMs(), handlers, closed: false };
      agents.push(dial);
      return () => {
        dial.closed = true;
      };
    },
    dialWitness: handlers => {
      witnesses.push(handlers);
      return () => undefined;
    },
  });
  peer.start({
    onOpen: () => void heard.push("open"),
    onMessage: message => void heard.push(message.type),
    onClose: reason => void heard.push(`closed: ${reason}`),
    onWitness: over => void heard.push(`over: ${over.podUID} ${over.boot}`),
  });
  const connection = { send: (message: PeerRequest) => void sent.push(message), close: () => undefined };
  const welcome = (podUID = "pod-b", version = 1) => {
    agents.at(-1)?.handlers.onOpen(connection);
    agents.at(-1)?.handlers.onMessage({ type: "peerWelcome", version, digest: digest(podUID) });
  };
  return { clock, peer, agents, witnesses, sent, heard, welcome, connection };
}

describe("the session with the other agent", () => {
  it("greets, is open with the welcome, and carries what comes after it", () => {
    const { peer, agents, sent, heard, welcome } = scripted();
    expect(peer.send(request)).toBe(false);
    welcome();
    expect(sent).toEqual([{ type: "peerHello", versions: [1], objectUID: "object", podUID: "pod-a" }]);
    expect(heard).toEqual(["open", "peerWelcome"]);
    expect(peer.send(request)).toBe(true);
    agents[0]?.handlers.onMessage({ type: "grant", n: 1, boot: "b1", id: "r1", clocks });
    expect(heard).toEqual(["open", "peerWelcome", "grant"]);
    expect(sent.at(-1)).toEqual(request);
  });

  it("is kept alive by both sides, and given up after two seconds of silence", () => {
    const { clock, peer, agents, sent, heard, welcome } = scripted();
    welcome();
    clock.advance(1_900);
    expect(sent.filter(message => message.type === "ping")).toHaveLength(3);
    agents[0]?.handlers.onMessage({ type: "ping", t: 7 });
    expect(sent.at(-1)).toEqual({ type: "pong", t: 7 });
    clock.advance(1_999);
    expect(heard).toEqual(["open", "peerWelcome"]);
    clock.advance(1);
    expect(heard.at(-1)).toBe("closed: silent for 2000 ms");
    expect(agents[0]?.closed).toBe(true);
    expect(peer.send(request)).toBe(false);
  });

  it("dials again after 100 ms, then less often, at least every 500 ms", () => {
    const { clock, agents, heard } = scripted();
    for (let i = 0; i < 5; i++) {
      agents.at(-1)?.handlers.onClose("connection refused");
      clock.advance(500);
    }
    expect(agents.map(dial => dial.atMs)).toEqual([0, 100, 700, 1_400, 2_000, 2_500]);
    expect(heard).toEqual([]);
  });

  it("is none with this very agent, nor with one of another version", () => {
    const { clock, heard, welcome } = scripted();
    welcome("pod-a");
    clock.advance(100);
    welcome("pod-b", 9);
    expect(heard).toEqual([]);
  });

  it("ends for good when it is stopped", () => {
    const { clock, peer, agents, heard, welcome } = scripted();
    welcome();
    peer.stop();
    clock.advance(10_000);
    expect(agents).toHaveLength(1);
    expect(heard.at(-1)).toBe("closed: the agent ends");
  });

  it("hears of the other witness which lives are over, the oldest first", () => {
    const { witnesses, heard } = scripted();
    const witness = witnesses[0];
    const state = { seq: 0, podName: "sample-1", podUID: "pod-b", startedAtMs: 0, watching: null };
    witness?.onOpen({ send: () => undefined, close: () => undefined });
    const over = [
      { boot: "b2", endedAtMs: 2 },
      { boot: "b1", endedAtMs: 1 },
    ];
    witness?.onMessage({ type: "witnessWelcome", version: 1, state: { ...state, over } });
    expect(heard).toEqual(["over: pod-b b1", "over: pod-b b2"]);
  });
});

describe("the way to the other agent", () => {
  const DNS = "sample-1.sample.ns.svc.cluster.local";
  const folder = temporaryFolder();
  const authority = makeAuthority("sample");
  const links: PeerLink[] = [];
  const requests: PeerRequest[] = [];
  let server: AgentServer;

  const peers: PeerSessions = {
    onPeerConnect: link => void links.push(link),
    onPeerDisconnect: link => void links.splice(links.indexOf(link), 1),
    onPeerMessage: (link, message) => {
      requests.push(message);
      if (message.type === "request") link.send({ type: "grant", n: 1, boot: "b1", id: message.id, clocks });
    },
    digest: () => digest("pod-b"),
  };
  const operators: AgentSessions = {
    onConnect: () => undefined,
    onMessage: () => undefined,
    onDisconnect: () => undefined,
    state: () => ({}) as AgentState,
  };

  beforeAll(async () => {
    putAgentSecret(join(folder.path, "theirs"), authority, DNS);
    putAgentSecret(join(folder.path, "ours"), authority, "sample-0.sample.ns.svc.cluster.local");
    putAgentSecret(join(folder.path, "strange"), makeAuthority("other"), DNS);
    server = await startServer({
      host: "127.0.0.1",
      port: 0,
      tls: tlsFiles(join(folder.path, "theirs")),
      sessions: operators,
      peers,
      objectUID: "object",
      clock: systemClock,
      log: keepingLog(),
    });
  });
  afterAll(async () => {
    await server.close();
    folder.remove();
  });

  function dial(o: { certificates?: string; host?: string; objectUID?: string } = {}) {
    const heard: string[] = [];
    const peer = peerClient({
      host: o.host ?? DNS,
      tls: tlsFiles(join(folder.path, o.certificates ?? "ours")),
      clock: systemClock,
      log: keepingLog(),
      self: { ...self, objectUID: o.objectUID ?? "object" },
      places: { address: "127.0.0.1", agentPort: server.port, witnessPort: 1 },
    });
    peer.start({
      onOpen: () => void heard.push("open"),
      onMessage: message => void heard.push(message.type),
      onClose: reason => void heard.push(reason),
      onWitness: () => undefined,
    });
    return { peer, heard };
  }

  it("carries requests and grants with an agent's certificate on both sides", async () => {
    const { peer, heard } = dial();
    await eventually("the session", () => heard.includes("peerWelcome"));
    expect(peer.send(request)).toBe(true);
    await eventually("the grant", () => heard.includes("grant"));
    expect(requests).toEqual([request]);
    peer.stop();
    await eventually("the end", () => links.length === 0);
  });

  it("comes back when the session broke", async () => {
    const { peer, heard } = dial();
    await eventually("the session", () => links.length === 1);
    links[0]?.close();
    await eventually("another session", () => heard.filter(one => one === "open").length === 2);
    expect(heard).toContain("the other side said bye: closed by the agent");
    peer.stop();
    await eventually("the end", () => links.length === 0);
  });

  it("is closed to another object's agent and to a strange authority, and takes no other name", async () => {
    const accepted = dial();
    const refused = [
      dial({ objectUID: "another" }),
      dial({ certificates: "strange" }),
      dial({ host: "elsewhere.example" }),
    ];
    await eventually("the one that fits", () => accepted.heard.includes("open"));
    // Those that do not fit have dialled as often by then, and more than once.
    await eventually("a second of its heartbeats", () => links.length === 1 && accepted.peer.send(request));
    expect(refused.flatMap(one => one.heard)).toEqual([]);
    expect(links).toHaveLength(1);
    [accepted, ...refused].forEach(one => one.peer.stop());
    await eventually("the end", () => links.length === 0);
  });
});
