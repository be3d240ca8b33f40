/** The files by which a cluster is known to others, and the clean-up of clusters whose keeper is gone. */
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
import { removeCgroup } from "./cgroups";
import { clusterPaths, type ClusterPaths } from "./paths";
import { isAlive, killFor, type ProcessId } from "./process";

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

/** Writes a JSON file, whole or not at all, readable by its owner only. */
export function writeJson(path: string, value: unknown): void {
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
export async function clear(paths: ClusterPaths): Promise<void> {
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

/** Copies the logs of a cluster that could not start out of its folder, which goes; gives the place. */
export function keepLogs(paths: ClusterPaths, stateDir: string): string {
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
export function giveToSudoUser(paths: ClusterPaths, stateDir: string): void {
  const [uid, gid] = [Number(process.env["SUDO_UID"]), Number(process.env["SUDO_GID"])];
  if (process.getuid?.() !== 0 || !Number.isInteger(uid) || !Number.isInteger(gid)) return;
  chmodSync(paths.dir, 0o711);
  for (const path of [stateDir, join(stateDir, "clusters"), paths.state, paths.owner, paths.kubeconfig])
    chownSync(path, uid, gid);
}

/** Takes the cluster's folder for this process. Throws when someone has it. */
export async function claim(paths: ClusterPaths, keeper: ProcessId): Promise<void> {
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
