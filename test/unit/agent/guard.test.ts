/** The guard as a process of its own, over real processes: what it was told last happens, whatever becomes of the agent. */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { copyFileSync, existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { clocksOf } from "../../../agent/clocks";
import { GuardClient } from "../../../agent/guard/client";
import { GUARD_SOCKET, LIFE_FILE } from "../../../agent/guard/files";
import { systemClock } from "../../../agent/system";
import { formatProcesses, statOf } from "../../../agent/timesten/procfs";
import type { Life } from "../../../protocol";
import { eventually, keepingLog, put, putProgram, temporaryFolder } from "./support/files";

/** A guard kills within this after the end of a permission, ms: g of the default lease. */
const GUARD_MS = 1_000;

const folder = temporaryFolder();
const script = join(folder.path, "agent.cjs");
const teller = join(folder.path, "teller.cjs");
const root = join(folder.path, "pod");
const runDir = join(root, "ttrun");
const home = join(root, "tt/home/oracle/instances/instance1");
const calls = join(folder.path, "calls");
const children: ChildProcess[] = [];
const clients: GuardClient[] = [];

function bundle(entry: string, outfile: string): Promise<unknown> {
  return build({
    stdin: { contents: entry, resolveDir: __dirname, loader: "ts" },
    outfile,
    bundle: true,
    platform: "node",
    format: "cjs",
    external: ["bufferutil", "utf-8-validate"],
    logLevel: "error",
  });
}

beforeAll(async () => {
  await bundle(`import "../../../agent/main";`, script);
  // An agent that says one thing and then hangs.
  await bundle(
    `import { GuardClient } from "../../../agent/guard/client";
     const log = { info() {}, warn() {}, error() {} };
     const [path, life, permit] = process.argv.slice(2);
     const client = new GuardClient(path!, log);
     client.onState(state => {
       if (state === null) return;
       client.life(JSON.parse(life!));
       client.permit(JSON.parse(permit!)).then(() => process.stdout.write("told\\n"));
     });
     setInterval(() => undefined, 1_000);`,
    teller,
  );
  copyFileSync(
    execFileSync(join(__dirname, "../../../scripts/build-go.sh"), ["agent/helper", "tthelper"], {
      encoding: "utf8",
    }).trim(),
    join(folder.path, "tthelper"),
  );
  execFileSync("chmod", ["+x", join(folder.path, "tthelper")]);
  // TimesTen's own processes are known by name and environment.
  copyFileSync("/bin/sleep", join(folder.path, "timestensubd"));
  execFileSync("chmod", ["+x", join(folder.path, "timestensubd")]);
});

afterEach(() => {
  clients.splice(0).forEach(client => client.stop());
  children.splice(0).forEach(child => child.kill("SIGKILL"));
  rmSync(runDir, { recursive: true, force: true });
  rmSync(calls, { force: true });
});
afterAll(() => folder.remove());

/** TimesTen's utilities of this instance. */
function putUtilities(ttAdmin: string): void {
  const note = `require("node:fs").appendFileSync(${JSON.stringify(calls)}, process.argv.slice(2).join(" ") + "\\n");`;
  putProgram(join(home, "bin/ttAdmin"), note + ttAdmin);
  putProgram(join(home, "bin/ttStatus"), `console.log("Daemon pid 1 port 6624 instance instance1")`);
}

const hangs = "setInterval(() => undefined, 1000);";
const works = "";

function run(file: string, args: string[]): ChildProcess {
  const child = spawn(process.execPath, [file, ...args], {
    env: {
      ...process.env,
      TT_ROOT: root,
      TT_AGENT_USER: "root",
      TT_DB_NAME: "sample",
      TT_OBJECT_UID: "object",
      POD_NAME: "sample-0",
      POD_UID: "pod-a",
      TIMESTEN_HOME: home,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  return child;
}

async function startGuard(): Promise<ChildProcess> {
  const guard = run(script, ["guard"]);
  let said = "";
  guard.stdout?.on("data", (chunk: Buffer) => {
    said += chunk.toString("utf8");
  });
  await eventually("the guard", () => said.includes("guarding"));
  return guard;
}

/** A process that lives until it is killed. @returns its name, and when it died (monotonic ms) */
function victim(program = "sleep"): { name: string; diedAt: () => number | null } {
  const child = spawn(program, ["600"], { stdio: "ignore", env: { ...process.env, TIMESTEN_HOME: home } });
  children.push(child);
  let died: number | null = null;
  child.on("exit", () => {
    died = systemClock.monotonicMs();
  });
  const stat = statOf(child.pid ?? 0);
  if (stat === null) throw new Error("no process");
  return { name: formatProcesses([stat]), diedAt: () => died };
}

function lifeOf(processes: string, attached = ""): Life {
  return { podUID: "pod-a", boot: "boot-1", processes, attached };
}

function permitFor(ms: number, closingMs = 200) {
  const now = clocksOf(systemClock);
  const until = { monotonicMs: now.monotonicMs + ms, boottimeMs: now.boottimeMs + ms };
  return { boot: "boot-1", n: 7, until, closingMs };
}

async function client(): Promise<{ guard: GuardClient; states: unknown[]; acted: string[] }> {
  const guard = new GuardClient(join(runDir, GUARD_SOCKET), keepingLog());
  clients.push(guard);
  const states: unknown[] = [];
  const acted: string[] = [];
  guard.onState(state => void states.push(state));
  guard.onActed((boot, what) => void acted.push(`${boot} ${what}`));
  await eventually("the guard's greeting", () => states.length > 0);
  return { guard, states, acted };
}

describe("a guard whose database cannot be closed", () => {
  it.each(["SIGSTOP", "SIGKILL"] as const)(
    "kills everything at the deadline after %s for the agent",
    async signal => {
      putUtilities(hangs);
      await startGuard();
      const [daemon, application, other] = [victim(), victim(), victim(join(folder.path, "timestensubd"))];
      const permit = permitFor(3_000, 1_500);
      const life = lifeOf(daemon.name, application.name);
      const agent = run(teller, [join(runDir, GUARD_SOCKET), JSON.stringify(life), JSON.stringify(permit)]);
      let told = false;
      agent.stdout?.on("data", () => {
        told = true;
      });
      await eventually("the permission", () => told);
      agent.kill(signal);
      expect(JSON.parse(readFileSync(join(runDir, LIFE_FILE), "utf8"))).toMatchObject(life);
      for (const one of [daemon, application, other]) {
        await eventually("its death", () => one.diedAt() !== null);
        const late = (one.diedAt() ?? 0) - permit.until.monotonicMs;
        expect(late).toBeGreaterThanOrEqual(0);
        expect(late).toBeLessThan(GUARD_MS);
      }
      expect(readFileSync(calls, "utf8")).toBe("-close sample\n");
    },
  );

  it("keeps the deadline when it dies itself and starts again", async () => {
    putUtilities(hangs);
    const first = await startGuard();
    const daemon = victim();
    const { guard, states } = await client();
    guard.life(lifeOf(daemon.name));
    const permit = permitFor(4_000);
    await guard.permit(permit);
    first.kill("SIGKILL");
    await eventually("the news", () => states.at(-1) === null);
    await expect(guard.permit(permitFor(60_000))).rejects.toThrow("the guard is away");
    await startGuard();
    await eventually("the other guard", () => states.at(-1) !== null);
    expect(states.at(-1)).toEqual({ life: lifeOf(daemon.name), permit });
    await eventually("its death", () => daemon.diedAt() !== null);
    const late = (daemon.diedAt() ?? 0) - permit.until.monotonicMs;
    expect(late).toBeGreaterThanOrEqual(0);
    expect(late).toBeLessThan(GUARD_MS);
  });
});

describe("a guard", () => {
  it("closes the database before the end, and then kills nobody", async () => {
    putUtilities(works);
    await startGuard();
    const daemon = victim();
    const { guard, acted } = await client();
    guard.life(lifeOf(daemon.name));
    const permit = permitFor(3_000, 2_500);
    await guard.permit(permit);
    await eventually("the closing", () => acted.length > 0);
    expect(acted).toEqual(["boot-1 closed"]);
    await eventually("the deadline", () => systemClock.monotonicMs() > permit.until.monotonicMs + GUARD_MS);
    expect(daemon.diedAt()).toBeNull();
    expect(acted).toEqual(["boot-1 closed"]);
  });

  it("lets a permission that is renewed in time go on, and forgets it when told to rest", async () => {
    putUtilities(hangs);
    await startGuard();
    const daemon = victim();
    const { guard } = await client();
    guard.life(lifeOf(daemon.name));
    await guard.permit(permitFor(1_000));
    const permit = permitFor(1_500);
    await guard.permit(permit);
    await guard.rest("boot-1");
    await eventually("the deadline", () => systemClock.monotonicMs() > permit.until.monotonicMs + GUARD_MS);
    expect(daemon.diedAt()).toBeNull();
    expect(existsSync(calls)).toBe(false);
  });

  it("takes up nothing for a life it was not told of", async () => {
    putUtilities(works);
    await startGuard();
    const { guard, states } = await client();
    await expect(guard.permit(permitFor(1_000))).rejects.toThrow("the guard did not answer");
    await eventually("another greeting", () => states.length === 3);
    expect(states).toEqual([{ life: null, permit: null }, null, { life: null, permit: null }]);
  });

  it("forgets a life whose processes have ended", async () => {
    putUtilities(works);
    await startGuard();
    const daemon = victim();
    const first = await client();
    first.guard.life(lifeOf(daemon.name));
    await first.guard.permit({ ...permitFor(0), until: null });
    children.at(-1)?.kill("SIGKILL");
    await eventually("its death", () => daemon.diedAt() !== null);
    const state = () => JSON.parse(readFileSync(join(runDir, "guard.json"), "utf8")) as object;
    await eventually("its forgetting", () => JSON.stringify(state()) === `{"life":null,"permit":null}`);
    const second = await client();
    expect(second.states).toEqual([{ life: null, permit: null }]);
  });

  it("does not start over a memory that it cannot read", async () => {
    put(join(runDir, "guard.json"), "{");
    const guard = run(script, ["guard"]);
    await eventually("the end", () => guard.exitCode !== null);
    expect(guard.exitCode).toBe(1);
  });
});
