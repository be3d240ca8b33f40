import { AgentSessions, type CommandOutcome } from "../../../capabilities/runtime/sessions";
import { HEARTBEAT_MS, SESSION_SILENCE_MS, type Command } from "../../../protocol";
import { addressAt, agentState, ScriptedAgents } from "../../support/scripted-agents";
import { VirtualSurroundings } from "../../support/virtual-clock";

const POD = "uid-0";
const KEY = "ns/sample";
const command: Command = {
  type: "command",
  id: "task-1",
  n: 1,
  boot: null,
  deadlineMs: 1_000,
  verb: "startDaemon",
};

function newSessions() {
  const around = new VirtualSurroundings("sessions");
  const { clock, random, log } = around;
  const agents = new ScriptedAgents(() => clock.monotonicMs());
  const sessions = new AgentSessions({ clock, random, log, agents, operator: "operator-0" });
  const told: string[] = [];
  sessions.onChange(key => told.push(key));
  return { around, agents, sessions, told };
}

/** A session with pod `uid-0`, open at 0 ms. */
function openSession() {
  const made = newSessions();
  made.sessions.want(POD, KEY, addressAt("10.0.0.1"));
  made.agents.last.welcome(agentState(POD, 1));
  made.told.length = 0;
  return made;
}

describe("the agents' sessions", () => {
  it("dial at once, say hello and are connected with the welcome", async () => {
    const { sessions, agents, told } = newSessions();
    sessions.want(POD, KEY, addressAt("10.0.0.1"));
    expect(sessions.view(POD)).toEqual({
      connected: false,
      state: null,
      lastHeardMonotonicMs: null,
      disconnectedSinceMs: 0,
      closeReason: null,
    });
    agents.last.open();
    expect(agents.last.sent).toEqual([{ type: "hello", versions: [1], operator: "operator-0" }]);
    expect(sessions.send(POD, command)).toBe(false);
    agents.last.say({ type: "welcome", version: 1, state: agentState(POD, 1) });
    expect(sessions.view(POD)).toMatchObject({
      connected: true,
      state: { seq: 1 },
      disconnectedSinceMs: null,
    });
    expect(told).toEqual([KEY]);
  });

  it("are one per pod, however often they are wanted", () => {
    const { sessions, agents } = openSession();
    for (let i = 0; i < 3; i++) sessions.want(POD, KEY, addressAt("10.0.0.1"));
    expect(agents.dials).toHaveLength(1);
    expect(sessions.wanted()).toEqual([POD]);
  });

  it("tell of every new state, and of none twice", () => {
    const { sessions, agents, told } = openSession();
    agents.last.say({ type: "state", state: agentState(POD, 2, { boot: "b1" }) });
    agents.last.say({ type: "state", state: agentState(POD, 3, { boot: "b1" }) });
    agents.last.say({ type: "state", state: agentState(POD, 2, { boot: "old" }) });
    agents.last.say({ type: "state", state: agentState(POD, 3, { boot: "again" }) });
    expect(told).toEqual([KEY]);
    expect(sessions.view(POD)?.state).toMatchObject({ seq: 3, boot: "b1" });
  });

  it("hand over the states between two looks, so that none is missed", () => {
    const { sessions, agents } = openSession();
    agents.last.say({ type: "state", state: agentState(POD, 2, { boot: "b1" }) });
    agents.last.say({ type: "state", state: agentState(POD, 3, { boot: null }) });
    agents.last.say({ type: "state", state: agentState(POD, 4, { boot: "b2" }) });
    expect(sessions.drain(POD).map(state => state.boot)).toEqual([null, "b1", null, "b2"]);
    expect(sessions.drain(POD)).toEqual([]);
    expect(sessions.drain("unknown")).toEqual([]);
  });

  it("keep a bounded number of states for the next look, the newest", () => {
    const { sessions, agents } = openSession();
    for (let seq = 2; seq < 100; seq++) {
      agents.last.say({ type: "state", state: agentState(POD, seq, { boot: `b${seq}` }) });
    }
    const seqs = sessions.drain(POD).map(state => state.seq);
    expect([seqs.length, seqs.at(-1)]).toEqual([32, 99]);
  });

  it("keep the last state and say since when and why there is no session", async () => {
    const { sessions, agents, around, told } = openSession();
    await around.pass(700);
    agents.last.say({ type: "state", state: agentState(POD, 2, { boot: "b1" }) });
    await around.pass(300);
    agents.last.breakOff("connection reset");
    expect(sessions.view(POD)).toMatchObject({
      connected: false,
      state: { boot: "b1" },
      lastHeardMonotonicMs: 700,
      disconnectedSinceMs: 1_000,
      closeReason: "connection reset",
    });
    expect(told).toEqual([KEY, KEY]);
    expect(sessions.send(POD, command)).toBe(false);
  });

  it("dial again within 20 ms, then less and less often, at most every second", async () => {
    const { agents, around } = openSession();
    const times: number[] = [around.clock.monotonicMs()];
    for (let i = 0; i < 12; i++) {
      const count = agents.dials.length;
      agents.last.breakOff("refused");
      await around.until("another dial", () => agents.dials.length > count, 2_000);
      times.push(agents.last.atMs);
    }
    const gaps = times.slice(1).map((at, i) => at - times[i]!);
    expect(gaps[0]).toBeLessThanOrEqual(20);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(1_000);
    expect(Math.min(...gaps.slice(-3))).toBeGreaterThanOrEqual(500);
  });

  it("accept a restarted agent that counts its states from the beginning", async () => {
    const { sessions, agents, around } = openSession();
    agents.last.say({ type: "state", state: agentState(POD, 50, { boot: "b1" }) });
    agents.last.breakOff("gone");
    await around.pass(20);
    agents.last.welcome(agentState(POD, 0, { startedAtMs: 9 }));
    agents.last.say({ type: "state", state: agentState(POD, 1, { startedAtMs: 9, boot: "b2" }) });
    expect(sessions.view(POD)?.state).toMatchObject({ seq: 1, boot: "b2" });
  });

  it("close when another pod answers at that address", async () => {
    const { sessions, agents, around } = newSessions();
    sessions.want(POD, KEY, addressAt("10.0.0.1"));
    agents.last.welcome(agentState("uid-other", 1));
    expect(agents.last.closed).toBe(true);
    expect(sessions.view(POD)).toMatchObject({
      connected: false,
      state: null,
      closeReason: "agent of another pod answered: uid-other",
    });
    await around.pass(20);
    agents.last.welcome(agentState(POD, 1));
    agents.last.say({ type: "state", state: agentState("uid-other", 2) });
    expect(sessions.view(POD)).toMatchObject({ connected: false, state: { podUID: POD } });
  });

  it("close when the agent speaks a version that was not offered", () => {
    const { sessions, agents } = newSessions();
    sessions.want(POD, KEY, addressAt("10.0.0.1"));
    agents.last.open();
    agents.last.say({ type: "welcome", version: 7, state: agentState(POD, 1) });
    expect(sessions.view(POD)).toMatchObject({
      connected: false,
      closeReason: "agent speaks protocol version 7",
    });
  });

  it("ping after their own silence only and answer pings", async () => {
    const { sessions, agents, around } = openSession();
    const talk = around.clock;
    const answer = (): void => agents.last.say({ type: "pong", t: 0 });
    for (let i = 0; i < 10; i++) {
      await around.pass(HEARTBEAT_MS);
      answer();
    }
    expect(agents.last.sentOf("ping")).toHaveLength(10);
    for (let i = 0; i < 50; i++) {
      await around.pass(100);
      sessions.send(POD, command);
      answer();
    }
    expect(agents.last.sentOf("ping").length).toBeLessThanOrEqual(11);
    agents.last.say({ type: "ping", t: 42 });
    expect(agents.last.sentOf("pong")).toEqual([{ type: "pong", t: 42 }]);
    expect(talk.monotonicMs()).toBe(10_000);
  });

  it("give up an agent that is silent, and dial again", async () => {
    const { sessions, agents, around } = openSession();
    const first = agents.last;
    await around.pass(SESSION_SILENCE_MS - 1);
    expect(sessions.view(POD)?.connected).toBe(true);
    await around.pass(1);
    expect(sessions.view(POD)).toMatchObject({ connected: false, closeReason: "agent silent for 2000 ms" });
    expect(first.closed).toBe(true);
    await around.pass(20);
    expect(agents.dials).toHaveLength(2);
    first.say({ type: "state", state: agentState(POD, 9, { boot: "late" }) });
    first.breakOff("late");
    expect(sessions.view(POD)?.state?.boot).toBeNull();
    expect(agents.dials).toHaveLength(2);
  });

  it("give up a connection that never opens or never welcomes", async () => {
    const { sessions, agents, around } = newSessions();
    sessions.want(POD, KEY, addressAt("10.0.0.1"));
    await around.pass(3_020);
    expect(agents.dials).toHaveLength(2);
    expect(agents.dials[0]?.closed).toBe(true);
    agents.last.open();
    await around.pass(3_040);
    expect(agents.dials).toHaveLength(3);
    expect(sessions.view(POD)?.closeReason).toBe("not connected within 3000 ms");
  });

  it("dial anew when the pod's address changes, and keep what is known", async () => {
    const { sessions, agents } = openSession();
    agents.last.say({ type: "state", state: agentState(POD, 2, { boot: "b1" }) });
    const old = agents.last;
    sessions.want(POD, KEY, addressAt("10.0.0.2"));
    expect(old.closed).toBe(true);
    expect(agents.dials.map(dial => dial.address.ip)).toEqual(["10.0.0.1", "10.0.0.2"]);
    expect(sessions.view(POD)).toMatchObject({
      connected: false,
      state: { boot: "b1" },
      closeReason: "address changed",
    });
  });

  it("end for good when the pod is not wanted any more", async () => {
    const { sessions, agents, around, told } = openSession();
    sessions.unwant(POD);
    await around.pass(60_000);
    expect(agents.last.closed).toBe(true);
    expect(agents.dials).toHaveLength(1);
    expect(sessions.view(POD)).toBeNull();
    expect(told).toEqual([]);
  });

  it("end at the agent's goodbye and dial again", async () => {
    const { sessions, agents, around } = openSession();
    agents.last.say({ type: "bye", reason: "closed by the agent" });
    expect(sessions.view(POD)?.closeReason).toBe("agent said bye: closed by the agent");
    await around.pass(20);
    expect(agents.dials).toHaveLength(2);
  });

  it("bear a transport that fails before it returns", async () => {
    const around = new VirtualSurroundings("sync");
    const { clock, random, log } = around;
    let dials = 0;
    const agents = {
      dial: (_: unknown, handlers: { onClose(reason: string): void }) => {
        dials++;
        handlers.onClose("no route");
        return () => undefined;
      },
    };
    const sessions = new AgentSessions({ clock, random, log, agents, operator: "o" });
    sessions.want(POD, KEY, addressAt("10.0.0.1"));
    await around.pass(5_000);
    expect(dials).toBeGreaterThan(4);
    expect(sessions.view(POD)?.closeReason).toBe("no route");
    sessions.stop();
  });
});

describe("a command to an agent", () => {
  async function outcomeOf(
    play: (made: ReturnType<typeof openSession>) => void,
    afterMs = 0,
  ): Promise<CommandOutcome> {
    const made = openSession();
    const asked = made.sessions.command(POD, command);
    expect(made.agents.last.sentOf("command")).toEqual([command]);
    play(made);
    await made.around.pass(afterMs);
    return made.around.settled(asked, 0);
  }

  it("is accepted or refused as the agent says", async () => {
    expect(
      await outcomeOf(({ agents }) =>
        agents.last.say({ type: "answer", id: "task-1", accepted: true, reason: null }),
      ),
    ).toEqual({ outcome: "accepted" });
    expect(
      await outcomeOf(({ agents }) => {
        agents.last.say({ type: "answer", id: "another", accepted: true, reason: null });
        agents.last.say({ type: "answer", id: "task-1", accepted: false, reason: "obeys a higher record" });
      }),
    ).toEqual({ outcome: "refused", reason: "obeys a higher record" });
  });

  it("is unknown when the session breaks before the answer", async () => {
    expect(await outcomeOf(({ agents }) => agents.last.breakOff("reset"))).toEqual({
      outcome: "unknown",
      reason: "reset",
    });
  });

  it("is unknown when no answer comes in time", async () => {
    const heartbeats = ({ agents, around }: ReturnType<typeof openSession>): void => {
      for (let ms = 100; ms < 3_000; ms += 100)
        around.clock.setTimer(ms, () => agents.last.say({ type: "pong", t: 0 }));
    };
    expect(await outcomeOf(heartbeats, 2_000)).toEqual({
      outcome: "unknown",
      reason: "no answer within 2000 ms",
    });
  });

  it("is not sent without a session", async () => {
    const { sessions } = newSessions();
    expect(await sessions.command(POD, command)).toEqual({ outcome: "not sent", reason: "no such session" });
    sessions.want(POD, KEY, addressAt("10.0.0.1"));
    expect(await sessions.command(POD, command)).toEqual({
      outcome: "not sent",
      reason: "not connected yet",
    });
  });

  it("is unknown when the pod is no longer wanted", async () => {
    expect(await outcomeOf(({ sessions }) => sessions.unwant(POD))).toEqual({
      outcome: "unknown",
      reason: "no longer wanted",
    });
  });
});
