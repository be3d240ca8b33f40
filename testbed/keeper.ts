/**
 * The outside of a cluster: one process per cluster that starts the hub in new namespaces, leads ports of 127.0.0.1 into
 * it, and clears up after it. It ends when its standard input is closed by its owner (stop, Ctrl-C, SIGKILL), unless the
 * owner wrote `detach` before; or by SIGTERM.
 */
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { removeCgroup } from "./cgroups";
import { FIXED_PORTS, freePorts, startPlane, type Plane } from "./control-plane";
import { openForward, type Forward } from "./forward";
import type { HubEvent, HubOptions } from "./hub";
import { kubeconfig } from "./kube";
import { HUB_ADDRESS, REGISTRY_PORT } from "./node-files";
import { clusterPaths, type ClusterPaths } from "./paths";
import { isAlive, killFor, launchUnshared, run, startTime, tail, type ProcessId } from "./process";
import { findTools, type GoTool } from "./tools";

/** What a keeper is told on its command line, as JSON. */
export type KeeperOptions =
  | ({ readonly kind: "cluster" } & HubOptions)
  | {
      readonly kind: "plane";
      readonly name: string;
      readonly stateDir: string;
      readonly controllers: boolean;
    };

/** owner.json: whose life the cluster hangs on. */
export interface OwnerFile {
  readonly keeper: ProcessId;
  readonly hub?: ProcessId;
}

/** cluster.json: what a running cluster offers. */
export interface ClusterFile {
  readonly name: string;
  readonly kind: "cluster" | "plane";
  /** Process id of the hub's pid 1 as the machine sees it; its namespaces are the cluster's (0 for a plane). */
  readonly hubPid: number;
  /** host:port for pushing images; empty for a plane. */
  readonly registry: string;
  /** URL of the API server from outside. */
  readonly server: string;
  /** Folder with kubectl and the other programs. */
  readonly bin: string;
}

/** What a keeper says on its standard output, one JSON value a line. */
export type KeeperEvent =
  | { readonly event: "progress"; readonly line: string }
  | { readonly event: "ready"; readonly cluster: ClusterFile }
  | { readonly event: "failed"; readonly message: string };

const say = (event: KeeperEvent): void => void process.stdout.write(JSON.stringify(event) + "\n");

function writeJson(path: string, value: unknown): void {
  writeFileSync(`${path}.new`, JSON.stringify(value, null, 2) + "\n", { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** Reads a JSON file; undefined when it is not there or not whole. */
export function readJson<T>(path: string): T | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as T;
  } catch {
    return undefined;
  }
}

/** Time for a new keeper to write its owner.json, milliseconds; a folder without one that is older is a leftover. */
const YOUNG_MS = 10_000;

/** Is someone keeping this cluster, or just beginning to? */
export function isKept(paths: ClusterPaths): boolean {
  const owner = readJson<OwnerFile>(paths.owner);
  if (owner !== undefined) return isAlive(owner.keeper);
  return existsSync(paths.dir) && Date.now() - statSync(paths.dir).mtimeMs < YOUNG_MS;
}

/** Clears what a cluster left: hub, cgroups, files. Its keeper must be dead, or be the caller. Idempotent. */
async function clear(paths: ClusterPaths): Promise<void> {
  const owner = readJson<OwnerFile>(paths.owner);
  if (owner?.hub !== undefined) await killFor(owner.hub);
  if (existsSync("/sys/fs/cgroup") && process.getuid?.() === 0) await removeCgroup(paths.cgroup);
  rmSync(paths.dir, { recursive: true, force: true, maxRetries: 3 });
}

/** Names of the clusters that someone keeps. */
export function listKept(stateDir: string): string[] {
  const dir = join(stateDir, "clusters");
  return existsSync(dir) ? readdirSync(dir).filter(name => isKept(clusterPaths(name, stateDir))) : [];
}

/** Clears the leftovers of all clusters whose keeper is dead; names them. */
export async function clearStale(stateDir: string): Promise<string[]> {
  const dir = join(stateDir, "clusters");
  if (!existsSync(dir)) return [];
  const stale = readdirSync(dir)
    .map(name => clusterPaths(name, stateDir))
    .filter(paths => !isKept(paths));
  for (const paths of stale) await clear(paths);
  return stale.map(paths => paths.name);
}

interface Running {
  readonly file: ClusterFile;
  stop(): Promise<void>;
  /** Resolves when the cluster has ended by itself. */
  readonly ended: Promise<void>;
}

const HUB_STOP_MS = 30_000;

const hubEnded = (born: boolean, log: string): string =>
  born
    ? `the cluster's hub ended by itself:\n${log}`
    : `new namespaces are refused here: ${log}\nA container needs --privileged for real nodes; ` +
      "without nodes the control plane alone runs; or use a cluster you have: KUBECONFIG=...";

async function startHub(
  o: HubOptions,
  paths: ClusterPaths,
  keeper: ProcessId,
  abort: AbortSignal,
): Promise<Running> {
  // Loaded on demand by most kernels; where they are built in or may not be loaded, what needs them will say so.
  await Promise.all(["overlay", "br_netfilter"].map(m => run("modprobe", ["-q", m]).catch(() => undefined)));
  const args = [process.argv[1] ?? "", "hub", JSON.stringify(o)];
  const child = launchUnshared(process.execPath, args, join(paths.log, "hub.log"));
  const ended = new Promise<void>(done => {
    child.once("exit", () => done());
    child.once("error", () => done());
  });
  let hub: ProcessId | undefined;
  const stop = async (): Promise<void> => {
    child.stdin.end();
    const timer = setTimeout(() => {
      if (hub !== undefined) void killFor(hub);
      else child.kill("SIGKILL");
    }, HUB_STOP_MS);
    await ended;
    clearTimeout(timer);
  };
  abort.addEventListener("abort", () => void stop());
  await new Promise<void>((done, fail) => {
    createInterface({ input: child.stdout }).on("line", line => {
      const event = JSON.parse(line) as HubEvent;
      if (event.event === "born") {
        hub = { pid: event.pid, start: startTime(event.pid) ?? "" };
        writeJson(paths.owner, { keeper, hub } satisfies OwnerFile);
      } else if (event.event === "progress") say(event);
      else if (event.event === "ready") done();
      else fail(new Error(event.message));
    });
    void ended.then(() => fail(new Error(hubEnded(hub !== undefined, tail(join(paths.log, "hub.log"))))));
  }).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  const forwards: Forward[] = [];
  const lead = async (address: string): Promise<string> => {
    const forward = await openForward(paths.forward, address);
    forwards.push(forward);
    return `127.0.0.1:${forward.port}`;
  };
  const server = `https://${await lead(`${HUB_ADDRESS}:${FIXED_PORTS.api}`)}`;
  const registry = await lead(`${HUB_ADDRESS}:${REGISTRY_PORT}`);
  const internal = readFileSync(paths.internalKubeconfig, "utf8");
  writeFileSync(paths.kubeconfig, internal.replace(`https://${HUB_ADDRESS}:${FIXED_PORTS.api}`, server), {
    mode: 0o600,
  });
  return {
    file: { name: o.name, kind: "cluster", hubPid: hub?.pid ?? 0, registry, server, bin: o.bin },
    stop: async () => {
      forwards.forEach(f => f.close());
      await stop();
    },
    ended,
  };
}

async function startLocalPlane(
  name: string,
  controllers: boolean,
  paths: ClusterPaths,
  abort: AbortSignal,
): Promise<Running> {
  const serving: readonly GoTool[] = ["etcd", "kube-apiserver"];
  const needed: readonly GoTool[] = controllers
    ? [...serving, "kube-controller-manager", "kube-scheduler"]
    : serving;
  const tools = await findTools(needed, needed, line => say({ event: "progress", line }));
  const plane: Plane = startPlane({
    dir: paths.dir,
    tools,
    address: "127.0.0.1",
    ports: await freePorts(),
    controllers,
    nodeMonitorGraceSeconds: 40,
  });
  abort.addEventListener("abort", () => void plane.stop());
  try {
    await plane.ready();
    await plane.startControllers();
  } catch (error) {
    await plane.stop();
    throw error;
  }
  const text = kubeconfig(`testbed-${name}`, plane.admin);
  for (const path of [paths.kubeconfig, paths.internalKubeconfig]) writeFileSync(path, text, { mode: 0o600 });
  const file: ClusterFile = {
    name,
    kind: "plane",
    hubPid: 0,
    registry: "",
    server: plane.admin.server,
    bin: "",
  };
  return { file, stop: () => plane.stop(), ended: new Promise(() => undefined) };
}

/** Copies the logs of a cluster that could not start out of its folder, which goes; gives the place. */
function keepLogs(paths: ClusterPaths, stateDir: string): string {
  const to = join(stateDir, "failed", paths.name);
  rmSync(to, { recursive: true, force: true });
  const nodes = join(paths.dir, "nodes");
  const copies = [[paths.log, "log"]];
  if (existsSync(nodes)) copies.push(...readdirSync(nodes).map(n => [join(nodes, n, "log"), `node-${n}`]));
  for (const [from = "", name = ""] of copies)
    if (existsSync(from)) cpSync(from, join(to, name), { recursive: true });
  return to;
}

/** With sudo, the user who called it may read the kubeconfig, and later run what needs no root beside it. */
function giveToSudoUser(paths: ClusterPaths, stateDir: string): void {
  const [uid, gid] = [Number(process.env["SUDO_UID"]), Number(process.env["SUDO_GID"])];
  if (process.getuid?.() !== 0 || !Number.isInteger(uid) || !Number.isInteger(gid)) return;
  chmodSync(paths.dir, 0o711);
  for (const path of [stateDir, join(stateDir, "clusters"), paths.state, paths.owner, paths.kubeconfig])
    chownSync(path, uid, gid);
}

/** Takes the cluster's folder for this process. Throws when someone has it. */
async function claim(paths: ClusterPaths, keeper: ProcessId): Promise<void> {
  const take = (): boolean => mkdirSync(paths.dir, { recursive: true, mode: 0o700 }) !== undefined;
  if (!take()) {
    if (isKept(paths))
      throw new Error(
        `a cluster named "${paths.name}" is running; stop it (testbed/testbed down --name ${paths.name}) or choose another name`,
      );
    await clear(paths);
    if (!take()) throw new Error(`another process is starting a cluster named "${paths.name}"`);
  }
  writeJson(paths.owner, { keeper } satisfies OwnerFile);
  mkdirSync(paths.log, { recursive: true });
}

/** Runs a keeper until its cluster ends; never returns. */
export async function keeperMain(o: KeeperOptions): Promise<void> {
  const paths = clusterPaths(o.name, o.stateDir);
  const keeper: ProcessId = { pid: process.pid, start: startTime(process.pid) ?? "" };
  let owned = true;
  let running: Promise<Running> | undefined;
  let claimed = false;
  const abort = new AbortController();
  const end = async (code: number): Promise<void> => {
    if (abort.signal.aborted) return;
    abort.abort(); // also while it is still starting
    const up = await running?.catch(() => undefined);
    await up?.stop();
    if (claimed) await clear(paths);
    process.exit(code);
  };
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined); // the owner may be gone
  createInterface({ input: process.stdin })
    .on("line", line => (owned = owned && line !== "detach"))
    .on("close", () => (owned ? void end(0) : undefined));
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => void end(0));
  try {
    await clearStale(o.stateDir);
    await claim(paths, keeper);
    claimed = true;
    running =
      o.kind === "cluster"
        ? startHub(o, paths, keeper, abort.signal)
        : startLocalPlane(o.name, o.controllers, paths, abort.signal);
    const up = await running;
    writeJson(paths.state, up.file);
    giveToSudoUser(paths, o.stateDir);
    say({ event: "ready", cluster: up.file });
    await up.ended;
  } catch (error) {
    const logs = claimed ? keepLogs(paths, o.stateDir) : undefined;
    const message = error instanceof Error ? error.message : String(error);
    say({ event: "failed", message: logs === undefined ? message : `${message}\n(logs: ${logs})` });
  }
  // Its cluster has ended by itself, or never was.
  await end(1);
}
