/** The agent as the pod runs it: its own processes, spoken to as the operator speaks to it, over a simulated TimesTen. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import WebSocket, { type ClientOptions } from "ws";
import {
  PROTOCOL_VERSION,
  type AgentMessage,
  type AgentState,
  type PermissionRecord,
} from "../../../protocol";
import { environmentOf, kill, statOf } from "../../../agent/timesten/procfs";
import { makeAuthority, putAgentSecret } from "./support/certificates";
import { eventually, put, temporaryFolder } from "./support/files";
import {
  ADMIN_PASSWORD,
  AGENT_PASSWORD,
  loopbackAddress,
  makeImage,
  pids,
  RELEASE,
  watchArguments,
} from "./support/simulated";

const DNS = "sample-0.sample.ns.svc.cluster.local";
const folder = temporaryFolder();
const root = join(folder.path, "pod");
const home = join(root, "tt/home/oracle/instances/instance1");
const authority = makeAuthority("sample");
const operatorCert = authority.issue({ cn: "timesten-operator", client: true });
const host = loopbackAddress();
const port = 20_000 + Math.floor(Math.random() * 10_000);
const script = join(folder.path, "agent.cjs");
const env = {
  ...process.env,
  TT_ROOT: root,
  TT_AGENT_PORT: String(port),
  TT_READY_PORT: String(port + 1),
  TT_AGENT_USER: "root",
  TT_GRACE_MS: "20000",
  TT_DB_NAME: "sample",
  TT_OBJECT_UID: "object",
  POD_NAME: "sample-0",
  POD_UID: "pod-a",
  TIMESTEN_HOME: home,
  TT_SIM_NODE: process.execPath,
  TT_SIM_LISTEN: host,
  TT_SIM_HOST: host,
};
let agent: ChildProcess | null = null;
let output = "";
let seenArguments: () => string[];

/** Starts one of the agent's programs; what it says is kept. */
function start(verb: string): ChildProcess {
  const child = spawn(process.execPath, [script, verb], { env, stdio: ["ignore", "pipe", "pipe"] });
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString("utf8");
    });
  }
  return child;
}

async function exitCode(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null) return child.exitCode;
  const [code] = (await once(child, "exit")) as [number | null];
  return code;
}

/** An operator that keeps the newest state and all answers, and dials again when the session ends. */
class Operator {
  state: AgentState | null = null;
  readonly answers: AgentMessage[] = [];
  sessions = 0;
  #socket: WebSocket | null = null;
  #closed = false;

  dial(): void {
    const options: ClientOptions & { servername: string } = {
      ca: authority.pem,
      ...operatorCert,
      servername: DNS,
    };
    const socket = new WebSocket(`wss://127.0.0.1:${port}/`, options);
    this.#socket = socket;
    let beat: NodeJS.Timeout | undefined;
    socket.on("open", () => {
      this.say({ type: "hello", versions: [PROTOCOL_VERSION], operator: "test" });
      beat = setInterval(() => this.say({ type: "ping", t: 0 }), 400);
    });
    socket.on("message", data => this.#take(JSON.parse((data as Buffer).toString("utf8")) as AgentMessage));
    socket.on("error", () => undefined);
    socket.on("close", () => {
      clearInterval(beat);
      if (!this.#closed) setTimeout(() => this.dial(), 50);
    });
  }

  say(message: unknown): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  close(): void {
    this.#closed = true;
    this.#socket?.close();
  }

  /** Gives a command until it is taken up, and waits for its end. @returns the task's error, or null */
  async command(id: string, verb: string, more: object = {}): Promise<string | null> {
    await this.until(`${verb} taken up`, state => {
      if (state.tasks.some(task => task.id === id)) return true;
      const n = state.permission.obeyedN;
      this.say({ type: "command", id, verb, n, boot: null, deadlineMs: 20_000, ...more });
      return false;
    });
    await this.until(`${verb} done`, state =>
      state.tasks.some(task => task.id === id && task.status !== "running"),
    );
    return this.state?.tasks.find(task => task.id === id)?.error ?? null;
  }

  until(what: string, check: (state: AgentState) => boolean, withinMs = 25_000): Promise<void> {
    return eventually(what, () => this.state !== null && check(this.state), withinMs);
  }

  #take(message: AgentMessage): void {
    if (message.type === "welcome") this.sessions += 1;
    if (message.type === "welcome" || message.type === "state") this.state = message.state;
    if (message.type === "answer") this.answers.push(message);
  }
}

const operator = new Operator();
const boot = () => operator.state?.boot ?? "";
const soloRecord = (n: number): PermissionRecord => ({
  objectUID: "object",
  n,
  mode: "Solo",
  writer: { podUID: "pod-a", boot: boot() },
  standby: null,
  from: 0,
  alt: 0,
  ready: false,
  leaseMs: 6_000,
});
/** What a kubelet is answered: a status, or null where nobody answers in the time that its probe has. */
async function probed(path: string): Promise<number | null> {
  const url = `http://127.0.0.1:${port + 1}${path}`;
  const answer = fetch(url, { signal: AbortSignal.timeout(2_000) });
  return answer.then(
    ({ status }) => status,
    () => null,
  );
}
const say = (record: PermissionRecord) =>
  operator.say({ type: "record", record, evidence: { soloEnded: null, proofs: [] } });

beforeAll(async () => {
  await build({
    entryPoints: [join(__dirname, "../../../agent/main.ts")],
    outfile: script,
    bundle: true,
    platform: "node",
    format: "cjs",
    define: { AGENT_VERSION: JSON.stringify("1.2.3") },
    external: ["bufferutil", "utf-8-validate"],
    logLevel: "error",
  });
  const image = await makeImage(folder.path);
  const zip = readdirSync(image)[0] ?? "";
  mkdirSync(join(root, "home/oracle"), { recursive: true });
  copyFileSync(join(image, zip), join(root, "home/oracle", zip));
  putAgentSecret(join(root, "ttagent"), authority, DNS);
  put(join(root, "ttagent/agentUser"), `ttagent/${AGENT_PASSWORD}\n`);
  put(join(root, "ttconfig/adminUser"), `app/${ADMIN_PASSWORD}\n`);
  put(join(root, "ttconfig/schema.sql"), "create table app.t (k number not null primary key);\n");
  seenArguments = watchArguments([AGENT_PASSWORD, ADMIN_PASSWORD]);
});

afterAll(() => {
  operator.close();
  for (const pid of pids()) {
    if (environmentOf(pid, "TIMESTEN_HOME") !== home) continue;
    const stat = statOf(pid);
    if (stat !== null) kill(stat);
  }
  folder.remove();
});

/** Processes of the agent, by their last argument. */
function agentProcesses(verb: string): number[] {
  return pids().filter(pid => {
    try {
      const parts = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
      return parts.includes(script) && parts.includes(verb) && statOf(pid) !== null;
    } catch {
      return false;
    }
  });
}

describe("the agent of a pod", () => {
  it("says its version, and what it can do when it is asked for something else", async () => {
    expect(await exitCode(start("version"))).toBe(0);
    expect(output).toContain("1.2.3\n");
    expect(await exitCode(start("dance"))).toBe(2);
    expect(output).toContain("usage:");
  });

  it("prepares the volume as init container, and again after a restart of the pod", async () => {
    expect(await exitCode(start("init"))).toBe(0);
    expect(await exitCode(start("init"))).toBe(0);
    expect(readFileSync(join(home, "conf/sys.odbc.ini"), "utf8")).toContain("[sample]");
    // Only the wrapper of the simulator knows where Node is here: a login shell finds the utilities all the same.
    const login = spawn("bash", ["-l", "-c", "command -v ttIsql && echo $TIMESTEN_HOME"], {
      env: { HOME: join(root, "tt/home/oracle"), PATH: "/usr/bin:/bin" },
    });
    let said = "";
    login.stdout.on("data", (chunk: Buffer) => {
      said += chunk.toString("utf8");
    });
    await once(login, "close");
    expect(said).toBe(`${join(home, "bin/ttIsql")}\n${home}\n`);
  });

  it("starts the daemon and tells the operator at once", async () => {
    agent = start("run");
    operator.dial();
    await operator.until("the daemon", state => state.timesten.daemon === "Up");
    expect(operator.state).toMatchObject({
      podName: "sample-0",
      podUID: "pod-a",
      agentVersion: "1.2.3",
      boot: null,
      files: { adminUser: true, schema: true, cacheGroups: false, cacheUser: false },
      timesten: { instance: "Exists", release: RELEASE, imageRelease: RELEASE, db: "None" },
    });
  });

  it("creates the database when it is told to, and keeps it closed", async () => {
    await expect(operator.command("c1", "createDatabase")).resolves.toBeNull();
    await operator.until("the database", state => state.boot !== null && state.timesten.db === "Loaded");
    expect(operator.state).toMatchObject({
      timesten: { open: false },
      permission: { mode: "none", closed: true },
    });
    expect(await probed("/ready")).toBe(503);
  });

  it("opens it when the record names its boot", async () => {
    const scheme = `create active standby pair "sample" on "${host}", "sample" on "127.0.0.1" no return`;
    await expect(operator.command("c2", "createScheme", { statement: scheme })).resolves.toBeNull();
    say(soloRecord(1));
    await operator.until("open", state => state.timesten.open && state.permission.mode === "endless");
    expect(operator.state).toMatchObject({
      permission: { obeyedN: 1, soloed: 1 },
      timesten: { repState: "ACTIVE" },
    });
    expect([await probed("/ready"), await probed("/active")]).toEqual([200, 200]);
  });

  it("answers no probe while it is frozen, and the kubelet takes that for not ready", async () => {
    const [serve = 0] = agentProcesses("serve");
    process.kill(serve, "SIGSTOP");
    try {
      expect(await probed("/ready")).toBeNull();
    } finally {
      process.kill(serve, "SIGCONT");
    }
    await eventually("it is ready again", async () => (await probed("/ready")) === 200);
  });

  it("dies and comes back: same database, same boot, still open", async () => {
    const before = boot();
    const sessions = operator.sessions;
    const [serve] = agentProcesses("serve");
    const stat = statOf(serve ?? 0);
    if (stat === null) throw new Error("no agent");
    kill(stat);
    await operator.until("a new session", () => operator.sessions > sessions);
    await operator.until("the database", state => state.timesten.db === "Loaded" && state.timesten.open);
    expect(boot()).toBe(before);
    expect(operator.state?.permission).toMatchObject({ obeyedN: 1, mode: "endless" });
  });

  it("tells of the death of the daemon by itself, with nothing of the database left", async () => {
    const before = boot();
    const daemon = statOf(Number(readFileSync(join(home, "info/timestend.pid"), "utf8")));
    if (daemon === null) throw new Error("no daemon");
    kill(daemon);
    await operator.until("the end of the boot", state => state.boot === null);
    expect(operator.state?.endedBoots[0]).toMatchObject({ boot: before, how: "daemon died" });
    expect(await probed("/ready")).toBe(503);
    expect(
      pids().filter(
        pid =>
          statOf(pid)?.name.startsWith("timesten") === true && environmentOf(pid, "TIMESTEN_HOME") === home,
      ),
    ).toEqual([]);
  });

  it("loads the database again as another boot, which stays closed", async () => {
    const ended = operator.state?.endedBoots[0]?.boot;
    await expect(operator.command("c3", "startDaemon")).resolves.toBeNull();
    await operator.until(
      "the daemon",
      state => state.timesten.daemon === "Up" && state.timesten.db === "Unloaded",
    );
    await expect(operator.command("c4", "loadDatabase")).resolves.toBeNull();
    await operator.until("the database", state => state.boot !== null && state.timesten.db === "Loaded");
    expect(boot()).not.toBe(ended);
    expect(operator.state).toMatchObject({ timesten: { open: false }, permission: { mode: "none" } });
  });

  it("brings everything down cleanly on SIGTERM, and says so before it goes", async () => {
    say(soloRecord(2));
    await operator.until("open", state => state.timesten.open);
    const last = boot();
    if (agent === null) throw new Error("no agent");
    agent.kill("SIGTERM");
    expect(await exitCode(agent)).toBe(0);
    expect(operator.state).toMatchObject({ stopping: true, boot: null });
    expect(operator.state?.endedBoots[0]).toMatchObject({ boot: last, how: "stopped" });
    expect(existsSync(join(home, "info/timestend.pid"))).toBe(false);
  });

  it("never tells a password: not in arguments, not in what it prints", () => {
    expect(seenArguments()).toEqual([]);
    expect(output).not.toContain(AGENT_PASSWORD);
    expect(output).not.toContain(ADMIN_PASSWORD);
  });
});
