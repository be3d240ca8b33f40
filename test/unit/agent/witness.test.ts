/** The witness: what it says and when, over scripted processes and over real ones. */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { guardFiles } from "../../../agent/guard/files";
import { peerClient } from "../../../agent/peer/client";
import { tlsFiles } from "../../../agent/server/tls";
import { systemClock } from "../../../agent/system";
import { formatProcesses, statOf } from "../../../agent/timesten/procfs";
import { Witness } from "../../../agent/witness/core";
import WebSocket, { type ClientOptions } from "ws";
import { PROTOCOL_VERSION, type Life, type WitnessMessage } from "../../../protocol";
import { makeAuthority, putAgentSecret } from "./support/certificates";
import { eventually, keepingLog, put, temporaryFolder } from "./support/files";

const life = (boot: string, processes = "1:1", attached = ""): Life => ({
  podUID: "pod-a",
  boot,
  processes,
  attached,
});

function scripted() {
  const held: { life: Life; end: () => void; released: boolean }[] = [];
  const told: WitnessMessage[] = [];
  let now = 100;
  const witness = new Witness({
    clock: { nowMs: () => now },
    holder: {
      hold: (one, onOver) => {
        const entry = { life: one, end: onOver, released: false };
        held.push(entry);
        return () => {
          entry.released = true;
        };
      },
    },
    log: keepingLog(),
    self: { podName: "sample-0", podUID: "pod-a" },
  });
  witness.onConnect({ send: message => void told.push(message) });
  return {
    witness,
    held,
    told,
    at: (ms: number) => {
      now = ms;
    },
  };
}

describe("the witness", () => {
  it("says that a life is over when its processes are gone, and tells every listener", () => {
    const { witness, held, told, at } = scripted();
    expect(witness.state()).toMatchObject({ seq: 0, podUID: "pod-a", watching: null, over: [] });
    witness.onLife(life("b1"));
    expect(witness.state()).toMatchObject({ seq: 1, watching: "b1", over: [] });
    at(250);
    held[0]?.end();
    expect(witness.state()).toMatchObject({
      seq: 2,
      watching: null,
      over: [{ boot: "b1", endedAtMs: 250 }],
    });
    expect(told.map(message => message.type)).toEqual(["witnessState", "witnessState"]);
  });

  it("never calls a life over because another was named", () => {
    const { witness, held } = scripted();
    witness.onLife(life("b1"));
    witness.onLife(life("b2", "2:2"));
    expect(witness.state()).toMatchObject({ watching: "b2", over: [] });
    held[1]?.end();
    expect(witness.state()).toMatchObject({ watching: "b1", over: [{ boot: "b2" }] });
    held[0]?.end();
    expect(witness.state().over.map(one => one.boot)).toEqual(["b1", "b2"]);
  });

  it("holds the applications that attached since as well, and hears no former holding's end", () => {
    const { witness, held } = scripted();
    witness.onLife(life("b1"));
    witness.onLife(life("b1"));
    expect(held).toHaveLength(1);
    witness.onLife(life("b1", "1:1", "9:9"));
    expect(held.map(one => one.released)).toEqual([true, false]);
    held[0]?.end();
    expect(witness.state().over).toEqual([]);
    held[1]?.end();
    expect(witness.state().over).toHaveLength(1);
    witness.onLife(life("b1"));
    expect(held).toHaveLength(2);
  });

  it("knows nothing of another pod's lives, and tells the newest four", () => {
    const { witness, held } = scripted();
    witness.onLife({ ...life("x"), podUID: "pod-b" });
    expect(witness.state().watching).toBeNull();
    for (let i = 1; i <= 6; i++) {
      witness.onLife(life(`b${i}`, `${i}:${i}`));
      held.at(-1)?.end();
    }
    expect(witness.state().over.map(one => one.boot)).toEqual(["b6", "b5", "b4", "b3"]);
  });

  it("says when nothing is left to be held", async () => {
    const { witness, held } = scripted();
    await witness.allOver();
    witness.onLife(life("b1"));
    let done = false;
    const over = witness.allOver().then(() => {
      done = true;
    });
    await Promise.resolve();
    expect(done).toBe(false);
    held[0]?.end();
    await over;
  });
});

const DNS = "sample-1.sample.ns.svc.cluster.local";

describe("the witness as the pod runs it", () => {
  const folder = temporaryFolder();
  const root = join(folder.path, "pod");
  const script = join(folder.path, "agent.cjs");
  const authority = makeAuthority("sample");
  const port = 20_000 + Math.floor(Math.random() * 10_000);
  const children: ChildProcess[] = [];
  const over: { podUID: string; boot: string }[] = [];
  /** All that the witness says to an operator. */
  const said: WitnessMessage[] = [];
  const operator = authority.issue({ cn: "timesten-operator", client: true });
  let listener: WebSocket | null = null;
  let witness: ChildProcess;
  let output = "";
  let errors = "";

  const peer = peerClient({
    host: DNS,
    tls: tlsFiles(join(folder.path, "other")),
    clock: systemClock,
    log: keepingLog(),
    self: { podName: "sample-0", podUID: "pod-b", objectUID: "object" },
    places: { address: "127.0.0.1", agentPort: 1, witnessPort: port },
  });

  /** Says hello until somebody answers, and keeps the session. */
  const listen = (): void => {
    const options: ClientOptions & { servername: string } = {
      ca: authority.pem,
      ...operator,
      servername: DNS,
    };
    const socket = new WebSocket(`wss://127.0.0.1:${port}/`, options);
    listener = socket;
    const hello = { type: "witnessHello", versions: [PROTOCOL_VERSION], who: "test" };
    socket.on("open", () => socket.send(JSON.stringify(hello)));
    socket.on("message", data => {
      const message = JSON.parse((data as Buffer).toString("utf8")) as WitnessMessage;
      said.push(message);
      if (message.type === "ping") socket.send(JSON.stringify({ type: "pong", t: message.t }));
    });
    socket.on("error", () => setTimeout(listen, 50));
  };

  const holding = (boot: string): Promise<void> =>
    eventually(`the witness holds ${boot}`, () => {
      const last = said.filter(message => "state" in message).at(-1);
      return last !== undefined && last.state.watching === boot;
    });

  /** The witness had the time to say something and only said that it is there. */
  const twoBeats = (): Promise<void> => {
    const before = said.length;
    return eventually(
      "two heartbeats",
      () => said.slice(before).filter(message => message.type === "ping").length >= 2,
    );
  };

  const sleeper = (program = "sleep"): { child: ChildProcess; name: string } => {
    const child = spawn(program, ["600"], {
      stdio: "ignore",
      env: { ...process.env, TIMESTEN_HOME: join(root, "home") },
    });
    children.push(child);
    const stat = statOf(child.pid ?? 0);
    if (stat === null) throw new Error("no process");
    return { child, name: formatProcesses([stat]) };
  };

  beforeAll(async () => {
    await build({
      entryPoints: [join(__dirname, "../../../agent/main.ts")],
      outfile: script,
      bundle: true,
      platform: "node",
      format: "cjs",
      external: ["bufferutil", "utf-8-validate"],
      logLevel: "error",
    });
    const helper = execFileSync(
      join(__dirname, "../../../scripts/build-go.sh"),
      ["agent/helper", "tthelper"],
      { encoding: "utf8" },
    );
    copyFileSync(helper.trim(), join(folder.path, "tthelper"));
    copyFileSync("/bin/sleep", join(folder.path, "ttcserver"));
    execFileSync("chmod", ["+x", join(folder.path, "tthelper"), join(folder.path, "ttcserver")]);
    putAgentSecret(join(root, "ttagent"), authority, DNS);
    putAgentSecret(join(folder.path, "other"), authority, "sample-0.sample.ns.svc.cluster.local");
    put(join(root, "ttrun/guard.json"), "");
    witness = spawn(process.execPath, [script, "witness", "sh", "-c", "echo TimesTen says; sleep 600"], {
      env: {
        ...process.env,
        TT_ROOT: root,
        TT_WITNESS_PORT: String(port),
        TT_GRACE_MS: "20000",
        POD_NAME: "sample-1",
        POD_UID: "pod-a",
        TIMESTEN_HOME: join(root, "home"),
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    children.push(witness);
    witness.stdout?.on("data", (chunk: Buffer) => void (output += chunk.toString("utf8")));
    witness.stderr?.on("data", (chunk: Buffer) => void (errors += chunk.toString("utf8")));
    listen();
    peer.start({
      onOpen: () => undefined,
      onMessage: () => undefined,
      onClose: () => undefined,
      onWitness: one => void over.push(one),
    });
  });
  afterAll(() => {
    peer.stop();
    listener?.terminate();
    children.forEach(child => child.kill("SIGKILL"));
    folder.remove();
  });

  it("runs the program whose log the container has, and adds nothing to it", async () => {
    await eventually("the log", () => output !== "");
    expect(output).toBe("TimesTen says\n");
  });

  it("tells the other pod of the end of a life, once the last process that could write is gone", async () => {
    const [daemon, application] = [sleeper(), sleeper()];
    const server = sleeper(join(folder.path, "ttcserver"));
    const files = guardFiles(join(root, "ttrun"));
    await files.save({ life: life("b1", daemon.name, application.name), permit: null });
    await holding("b1");
    const second = sleeper();
    daemon.child.kill("SIGKILL");
    await files.save({ life: life("b2", second.name), permit: null });
    await holding("b2");
    application.child.kill("SIGKILL");
    await eventually("both deaths", () =>
      [daemon, application].every(one => statOf(one.child.pid ?? 0) === null),
    );
    await twoBeats();
    expect(over).toEqual([]);
    server.child.kill("SIGKILL");
    await eventually("the end of the life", () => over.length > 0);
    expect(over[0]).toMatchObject({ podUID: "pod-a", boot: "b1" });
    second.child.kill("SIGKILL");
    await eventually("the end of the other", () => over.some(one => one.boot === "b2"));
  });

  it("makes nothing of a file that is gone, broken or of other processes' numbers", async () => {
    const count = over.length;
    const file = join(root, "ttrun/life.json");
    const text = JSON.stringify({ ...life("b3", "1:1"), pidNamespace: "pid:[1]" });
    put(file, text);
    await eventually("the word", () => errors.includes("process namespace"));
    put(file, "{");
    await eventually("the other word", () => errors.includes("no JSON"));
    execFileSync("rm", [file]);
    await twoBeats();
    expect(over).toHaveLength(count);
  });

  it("stays after SIGTERM until the life is over, tells it, and ends", async () => {
    const daemon = sleeper();
    await guardFiles(join(root, "ttrun")).save({ life: life("b4", daemon.name), permit: null });
    await holding("b4");
    witness.kill("SIGTERM");
    await twoBeats();
    expect(witness.exitCode).toBeNull();
    daemon.child.kill("SIGKILL");
    await eventually("the end of the life", () => over.some(one => one.boot === "b4"));
    await eventually("its own end", () => witness.exitCode !== null);
    expect(witness.exitCode).toBe(0);
    expect(output).toBe("TimesTen says\n");
  });
});
