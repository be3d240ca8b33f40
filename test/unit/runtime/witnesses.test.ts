import type { DialHandlers, WitnessMessage, WitnessRequest, WitnessState } from "../../../protocol";
import { WitnessSessions } from "../../../capabilities/runtime/witnesses";
import type { AgentAddress } from "../../../capabilities/runtime/ports";
import { VirtualSurroundings } from "../../support/virtual-clock";

const POD = "uid-0";
const KEY = "ns/sample";

class ScriptedWitness {
  readonly dials: { address: AgentAddress; handlers: DialHandlers<WitnessRequest, WitnessMessage> }[] = [];
  readonly sent: WitnessRequest[] = [];
  closed = 0;

  dial(address: AgentAddress, handlers: DialHandlers<WitnessRequest, WitnessMessage>): () => void {
    this.dials.push({ address, handlers });
    return () => undefined;
  }

  get last(): DialHandlers<WitnessRequest, WitnessMessage> {
    const last = this.dials.at(-1);
    if (last === undefined) throw new Error("nobody dialled");
    return last.handlers;
  }

  open(): void {
    this.last.onOpen({
      send: message => void this.sent.push(message),
      close: () => {
        this.closed += 1;
      },
    });
  }

  welcome(state: WitnessState): void {
    this.open();
    this.last.onMessage({ type: "witnessWelcome", version: 1, state });
  }
}

const address = (ip: string): AgentAddress => ({
  ip,
  port: 8444,
  serverName: "sample-0.sample.ns.svc.cluster.local",
  ca: "ca",
  cert: "cert",
  key: "key",
});

const state = (seq: number, more: Partial<WitnessState> = {}): WitnessState => ({
  seq,
  podName: "sample-0",
  podUID: POD,
  startedAtMs: 0,
  watching: null,
  over: [],
  ...more,
});

function setUp() {
  const around = new VirtualSurroundings("witnesses");
  const witnesses = new ScriptedWitness();
  const told: string[] = [];
  const { clock, random, log } = around;
  const sessions = new WitnessSessions({ clock, random, log, witnesses, operator: "operator-0" });
  sessions.onChange(key => void told.push(key));
  sessions.want(POD, KEY, address("10.0.0.1"));
  return { around, witnesses, sessions, told };
}

describe("the sessions with the witnesses", () => {
  it("greet, learn the state and tell whoever listens", () => {
    const { witnesses, sessions, told } = setUp();
    expect(sessions.view(POD)).toEqual({ connected: false, state: null, closeReason: null });
    witnesses.welcome(state(0, { watching: "b1" }));
    expect(witnesses.sent).toEqual([{ type: "witnessHello", versions: [1], who: "operator-0" }]);
    expect(sessions.view(POD)).toMatchObject({ connected: true, state: { watching: "b1" } });
    const over = [{ boot: "b1", endedAtMs: 5 }];
    witnesses.last.onMessage({ type: "witnessState", state: state(1, { over }) });
    expect(sessions.view(POD)?.state?.over).toEqual(over);
    expect(told).toEqual([KEY, KEY]);
  });

  it("end after two seconds of silence, dial again, and keep what was said", async () => {
    const { around, witnesses, sessions } = setUp();
    witnesses.welcome(state(3, { over: [{ boot: "b1", endedAtMs: 5 }] }));
    await around.pass(1_999);
    expect(sessions.view(POD)?.connected).toBe(true);
    expect(witnesses.sent.filter(message => message.type === "ping").length).toBeGreaterThanOrEqual(3);
    await around.pass(1);
    expect(sessions.view(POD)).toMatchObject({
      connected: false,
      closeReason: "silent for 2000 ms",
      state: { over: [{ boot: "b1" }] },
    });
    await around.pass(20);
    expect(witnesses.dials).toHaveLength(2);
    witnesses.welcome(state(0));
    expect(sessions.view(POD)?.state?.seq).toBe(0);
  });

  it("refuse another pod's witness and one of another version", () => {
    const { witnesses, sessions } = setUp();
    witnesses.welcome(state(0, { podUID: "uid-9" }));
    expect(sessions.view(POD)).toMatchObject({
      connected: false,
      state: null,
      closeReason: "witness of another pod answered: uid-9",
    });
  });

  it("dial anew at another address, and not at all once unwanted", async () => {
    const { around, witnesses, sessions } = setUp();
    sessions.want(POD, KEY, address("10.0.0.1"));
    expect(witnesses.dials).toHaveLength(1);
    sessions.want(POD, KEY, address("10.0.0.2"));
    expect(witnesses.dials.map(dial => dial.address.ip)).toEqual(["10.0.0.1", "10.0.0.2"]);
    sessions.stop();
    await around.pass(10_000);
    expect(witnesses.dials).toHaveLength(2);
    expect(sessions.view(POD)).toBeNull();
  });
});
