/** Where the test bed keeps its files. Nothing of it lies in the checkout but the bundle in `.build/`. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";

const PRODUCT = "timesten-operator";
/** Longest path of a Unix socket on Linux (sockaddr_un.sun_path is 108 bytes, the last one is zero). */
const SOCKET_PATH_MAX = 107;

/** The checkout's root: the nearest folder above this file (or its bundle) that has the test bed's tools. */
export function projectRoot(from: string = __dirname): string {
  for (let dir = from; ; dir = dirname(dir)) {
    if (existsSync(join(dir, "testbed", "tools", "build.sh"))) return dir;
    if (dir === dirname(dir)) throw new Error(`no checkout of ${PRODUCT} above ${from}`);
  }
}

/** Files that can be made again, shared by all checkouts: `$TTO_CACHE`, else `$XDG_CACHE_HOME/timesten-operator`. */
export function cacheDir(env: NodeJS.ProcessEnv = process.env): string {
  return resolve(env["TTO_CACHE"] ?? join(env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), PRODUCT));
}

/** What running clusters own: `$TTO_STATE`, else `$XDG_STATE_HOME/timesten-operator`. */
export function stateDir(env: NodeJS.ProcessEnv = process.env): string {
  return resolve(
    env["TTO_STATE"] ?? join(env["XDG_STATE_HOME"] ?? join(homedir(), ".local", "state"), PRODUCT),
  );
}

/** The registry's blobs, shared by all clusters and kept when they go: `$TTO_REGISTRY`, else below the cache. */
export function registryDir(env: NodeJS.ProcessEnv = process.env): string {
  return resolve(env["TTO_REGISTRY"] ?? join(cacheDir(env), "registry"));
}

/** Cluster names become folder, cgroup and socket names: a DNS label of at most 40 characters. Throws otherwise. */
export function checkName(name: string): string {
  if (!/^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$/.test(name))
    throw new Error(`cluster name "${name}": lower case letters, digits and '-' only, at most 40`);
  return name;
}

/** The folders and files of one cluster. */
export interface ClusterPaths {
  readonly name: string;
  readonly dir: string;
  /** {@link OwnerFile} as JSON: who keeps the cluster, for the clean-up of what a killed keeper left. */
  readonly owner: string;
  /** {@link ClusterFile} as JSON, there once the cluster is up. */
  readonly state: string;
  readonly control: string;
  readonly forward: string;
  readonly kubeconfig: string;
  readonly internalKubeconfig: string;
  readonly log: string;
  readonly volumes: string;
  /** Path below each cgroup hierarchy, with a leading slash; differs between state folders. */
  readonly cgroup: string;
}

/** All paths of cluster `name`. Throws when the name or the length of the socket's path is not possible. */
export function clusterPaths(name: string, state: string = stateDir()): ClusterPaths {
  const dir = join(state, "clusters", checkName(name));
  const control = join(dir, "control.sock");
  if (Buffer.byteLength(control) > SOCKET_PATH_MAX)
    throw new Error(`${control} is too long for a Unix socket; set TTO_STATE to a shorter folder`);
  const key = createHash("sha256").update(state).digest("hex").slice(0, 8);
  return {
    name,
    dir,
    owner: join(dir, "owner.json"),
    state: join(dir, "cluster.json"),
    control,
    forward: join(dir, "forward.sock"),
    kubeconfig: join(dir, "kubeconfig"),
    internalKubeconfig: join(dir, "internal.kubeconfig"),
    log: join(dir, "log"),
    volumes: join(dir, "volumes"),
    cgroup: `/timesten-testbed-${key}/${name}`,
  };
}
