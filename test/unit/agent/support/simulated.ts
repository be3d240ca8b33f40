import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { readConfig, utilityEnv, type AgentConfig } from "../../../../agent/entry/config";
import { init } from "../../../../agent/entry/init";
import { UTILITY_ENV } from "../../../../agent/timesten/database";
import { TimesTenDriver } from "../../../../agent/timesten/driver";
import { environmentOf, kill, statOf } from "../../../../agent/timesten/procfs";
import { keepingLog, put } from "./files";

export const RELEASE = "18.1.4.11.0";
export const AGENT_PASSWORD = "agentSecret42";
export const ADMIN_PASSWORD = "adminSecret42";

/** Bundles the simulator and packs it as TimesTen is packed. @returns the folder with the zip */
export async function makeImage(folder: string): Promise<string> {
  const bundle = join(folder, "simulator.cjs");
  await build({
    entryPoints: [join(__dirname, "../../../../simulator/main.ts")],
    outfile: bundle,
    bundle: true,
    platform: "node",
    format: "cjs",
    logLevel: "error",
  });
  const image = join(folder, "image");
  mkdirSync(image, { recursive: true });
  const digits = RELEASE.replaceAll(".", "");
  const args = ["makeDistribution", "-release", RELEASE, "-directory", folder];
  execFileSync(process.execPath, [
    bundle,
    ...args,
    "-zip",
    join(image, `timesten${digits}.server.linux8664.zip`),
  ]);
  return image;
}

/** One pod's worth of TimesTen, on an address of its own of the loopback network. */
export interface SimulatedPod {
  host: string;
  config: AgentConfig;
  env: NodeJS.ProcessEnv;
  log: ReturnType<typeof keepingLog>;
  driver: TimesTenDriver;
  /** A driver like the first, as after a restart of the agent. */
  anotherDriver: () => TimesTenDriver;
  /** A program of the instance, run by a user of the pod. */
  run: (name: string, args: string[], stdin?: string) => string;
  kill: () => void;
}

/** An address that no other test uses: the whole of 127/8 is ours to take from. */
export function loopbackAddress(): string {
  const part = () => 1 + Math.floor(Math.random() * 250);
  return `127.${part()}.${part()}.${part()}`;
}

/** Makes home, configuration and instance of a pod as `init` does, and its driver. */
export async function makePod(o: {
  folder: string;
  image: string;
  name: string;
  host: string;
  peer: string;
  files: Record<string, string>;
}): Promise<SimulatedPod> {
  const root = join(o.folder, o.name);
  const userHome = join(root, "tt/home/oracle");
  const base = readConfig(
    {
      TT_DB_NAME: "sample",
      POD_NAME: o.name,
      POD_UID: `uid-${o.name}`,
      TT_OBJECT_UID: "object",
      TIMESTEN_HOME: join(userHome, "instances/instance1"),
    },
    false,
  );
  const config: AgentConfig = {
    ...base,
    userHome,
    dataStore: join(userHome, "datastore/sample"),
    configDir: join(root, "ttconfig"),
    secretDir: join(root, "ttagent"),
    memoryFile: join(root, "tt/operator/memory.json"),
    peerHosts: [o.peer],
  };
  for (const [name, text] of Object.entries(o.files)) put(join(config.configDir, name), text);
  put(join(config.secretDir, "agentUser"), `ttagent/${AGENT_PASSWORD}\n`);
  const env = utilityEnv(config, {
    ...process.env,
    TT_SIM_NODE: process.execPath,
    TT_SIM_LISTEN: o.host,
    TT_SIM_HOST: o.host,
  });
  const log = keepingLog();
  await init({ config, places: { zips: [o.image], installations: [] }, env, log });
  const anotherDriver = () =>
    new TimesTenDriver({
      ...config,
      imageRelease: RELEASE,
      agentUser: { name: "ttagent", password: AGENT_PASSWORD },
      env,
      log,
    });
  const run = (name: string, args: string[], stdin = "") =>
    execFileSync(join(config.instanceHome, "bin", name), args, {
      env,
      input: stdin,
      encoding: "utf8",
      stdio: "pipe",
    });
  return {
    host: o.host,
    config,
    env,
    log,
    driver: anotherDriver(),
    anotherDriver,
    run,
    kill: () => killInstance(config.instanceHome),
  };
}

/** Ends every process that was started for an instance. */
function killInstance(home: string): void {
  for (const pid of pids()) {
    if (environmentOf(pid, "TIMESTEN_HOME") !== home) continue;
    const stat = statOf(pid);
    if (stat !== null) kill(stat);
  }
}

export function pids(): number[] {
  return readdirSync("/proc")
    .filter(name => /^\d+$/.test(name))
    .map(Number);
}

/** Watches the arguments of every process until it is told to end. @returns those that hold one of the texts */
export function watchArguments(secrets: readonly string[]): () => string[] {
  const found = new Set<string>();
  const look = () => {
    for (const pid of pids()) {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, "utf8");
        if (secrets.some(secret => line.includes(secret)))
          found.add(`${readlinkSync(`/proc/${pid}/exe`)} ${line}`);
      } catch {
        // It ended while it was looked at.
      }
    }
  };
  const timer = setInterval(look, 2);
  return () => {
    clearInterval(timer);
    return [...found];
  };
}

/** Somebody who connects to the database of a pod and stays. */
export function spawnUser(pod: SimulatedPod): { pid: number; output: () => string; end: () => void } {
  const child = spawn(join(pod.config.instanceHome, "bin/ttIsql"), ["-connStr", "DSN=sample"], {
    // Without the mark of what the agent runs itself.
    env: { ...pod.env, [UTILITY_ENV]: undefined },
  });
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => {
    text += chunk.toString("utf8");
  });
  child.stdin.on("error", () => undefined);
  return { pid: child.pid ?? 0, output: () => text, end: () => void child.kill("SIGKILL") };
}
