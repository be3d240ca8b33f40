import {
  HEARTBEAT_MS,
  MAX_MESSAGE_BYTES,
  PROTOCOL_VERSION,
  SESSION_SILENCE_MS,
  unknownView,
  type AgentMessage,
  type AgentState,
  type OperatorMessage,
} from "../../../protocol";
import type { AgentSessions, OperatorLink } from "../../../agent/ports";
import { Link, SPOKEN_VERSIONS, type Wire } from "../../../agent/server/link";
import { ManualClock } from "./support/clock";
import { keepingLog } from "./support/files";
import { nothingPermitted } from "../../support/permission";

const state = (seq: number): AgentState => ({
  seq,
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
});

function setUp() {
  const clock = new ManualClock();
  const sent: AgentMessage[] = [];
  const wire = {
    backlog: 0,
    closed: null as number | null,
    terminated: false,
    unsent: () => wire.backlog,
    send: (frame: string) => sent.push(JSON.parse(frame) as AgentMessage),
    close: (code: number) => {
      wire.closed = code;
    },
    terminate: () => {
      wire.terminated = true;
    },
  };
  const core = {
    connected: [] as OperatorLink[],
    disconnected: 0,
    received: [] as OperatorMessage[],
    throws: false,
  };
  const sessions: AgentSessions = {
    onConnect: link => core.connected.push(link),
    onDisconnect: () => {
      core.disconnected += 1;
    },
    onMessage: (_link, message) => {
      if (core.throws) throw new Error("bug with a secret");
      core.received.push(message);
    },
    state: () => state(41),
  };
  const log = keepingLog();
  const link = new Link({ sessions, wire: wire satisfies Wire, clock, log });
  const say = (message: unknown) => link.received(JSON.stringify(message));
  const hello = (versions: number[] = [PROTOCOL_VERSION]) =>
    say({ type: "hello", versions, operator: "replica-1" });
  return { clock, sent, wire, core, link, say, hello, log };
}

describe("a session with an operator", () => {
  it("begins with the whole state in the version both speak", () => {
    const { hello, sent, core } = setUp();
    hello([99, PROTOCOL_VERSION]);
    expect(sent).toEqual([{ type: "welcome", version: PROTOCOL_VERSION, state: state(41) }]);
    expect(core.connected).toHaveLength(1);
  });

  it("speaks this version first and never version 0", () => {
    expect(SPOKEN_VERSIONS[0]).toBe(PROTOCOL_VERSION);
    expect(SPOKEN_VERSIONS.every(version => version >= 1)).toBe(true);
  });

  it("ends politely when there is no common version", () => {
    const { hello, sent, core, wire } = setUp();
    hello([99]);
    expect(sent).toEqual([{ type: "bye", reason: expect.stringContaining("no common version") as string }]);
    expect(wire.closed).toBe(1002);
    expect(core.connected).toHaveLength(0);
  });

  it("ends when something is said before hello", () => {
    const { say, core, wire } = setUp();
    say({ type: "command", id: "1", n: 0, boot: null, deadlineMs: 1, verb: "startDaemon" });
    expect(wire.closed).toBe(1002);
    expect(core.received).toHaveLength(0);
  });

  it("hands records and commands to the core, and answers pings itself", () => {
    const { hello, say, sent, core } = setUp();
    hello();
    const command = { type: "command", id: "1", n: 0, boot: null, deadlineMs: 1, verb: "startDaemon" };
    say(command);
    say({ type: "ping", t: 5 });
    expect(core.received).toEqual([command]);
    expect(sent.at(-1)).toEqual({ type: "pong", t: 5 });
  });

  it.each([
    ["no JSON", "{"],
    ["no message", '{"type":"dance"}'],
    ["a record with a hole", '{"type":"record","record":{"n":1}}'],
    ["far too much", `{"type":"ping","t":${"1".repeat(MAX_MESSAGE_BYTES)}}`],
  ])("ends, without quoting, when the operator sends %s", (_what, frame) => {
    const { hello, link, sent, wire, core } = setUp();
    hello();
    link.received(frame);
    expect(sent.at(-1)?.type).toBe("bye");
    expect(wire.closed).toBe(1002);
    expect(core.disconnected).toBe(1);
  });

  it("ends when the core fails on a message, and tells the operator no details", () => {
    const { hello, say, sent, wire, core } = setUp();
    hello();
    core.throws = true;
    say({ type: "command", id: "1", n: 0, boot: null, deadlineMs: 1, verb: "startDaemon" });
    expect(sent.at(-1)).toEqual({ type: "bye", reason: "internal error" });
    expect(wire.closed).toBe(1011);
  });

  it("is never silent for longer than one and a half heartbeats", () => {
    const { hello, say, clock, sent } = setUp();
    hello();
    for (let i = 0; i < 12; i++) {
      clock.advance(HEARTBEAT_MS);
      say({ type: "pong", t: 0 });
    }
    expect(sent.filter(message => message.type === "ping").length).toBeGreaterThanOrEqual(8);
  });

  it("is given up when the operator is silent, before and after hello", () => {
    for (const greet of [false, true]) {
      const { hello, clock, wire, core } = setUp();
      if (greet) hello();
      clock.advance(SESSION_SILENCE_MS + HEARTBEAT_MS);
      expect(wire.terminated).toBe(true);
      expect(core.disconnected).toBe(greet ? 1 : 0);
    }
  });

  it("gives a slow operator the newest state only", () => {
    const { hello, clock, link, sent, wire, say } = setUp();
    hello();
    wire.backlog = 100 * 1024;
    for (const seq of [42, 43, 44]) link.send({ type: "state", state: state(seq) });
    expect(sent).toHaveLength(1);
    wire.backlog = 0;
    say({ type: "pong", t: 0 });
    clock.advance(HEARTBEAT_MS);
    const states = sent.flatMap(message => (message.type === "state" ? [message.state.seq] : []));
    expect(states).toEqual([44]);
  });

  it("never lets an old state overtake a newer one", () => {
    const { hello, clock, link, sent, wire, say } = setUp();
    hello();
    wire.backlog = 100 * 1024;
    link.send({ type: "state", state: state(42) });
    wire.backlog = 0;
    link.send({ type: "state", state: state(43) });
    say({ type: "pong", t: 0 });
    clock.advance(HEARTBEAT_MS);
    expect(sent.flatMap(message => (message.type === "state" ? [message.state.seq] : []))).toEqual([43]);
  });

  it("drops an operator that does not read at all", () => {
    const { hello, link, wire, core } = setUp();
    hello();
    wire.backlog = 100 * MAX_MESSAGE_BYTES;
    link.send({ type: "state", state: state(42) });
    expect(wire.terminated).toBe(true);
    expect(core.disconnected).toBe(1);
    link.send({ type: "state", state: state(43) });
    expect(core.disconnected).toBe(1);
  });

  it("tells the core once that it is over, whoever ended it", () => {
    const { hello, link, core, sent } = setUp();
    hello();
    link.close();
    link.disconnected();
    expect(core.disconnected).toBe(1);
    expect(sent.at(-1)?.type).toBe("bye");
  });
});
