/**
 * Local Kubernetes clusters for tests, demo and benchmarks: {@link startCluster} with real nodes (root on Linux),
 * {@link startControlPlane} without nodes (no root), {@link attachCluster} for one that runs already.
 */
import { spawn, type ChildProcess, type StdioOptions } from "node:child_process";
import { mkdirSync } from "node:fs";
import { createInterface } from "node:readline";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { bundle } from "./bundle";
import { openForward, type Forward } from "./forward";
import type { KeeperEvent, KeeperOptions } from "./keeper";
import { isKept, readJson, type ClusterFile, type OwnerFile } from "./leftovers";
import { clusterPaths, stateDir, type ClusterPaths } from "./paths";
import { isAlive, type Output } from "./process";
import { ask, type HubStatus, type NodeStatus } from "./rpc";
import { buildTools, findNodePrograms, type Progress } from "./tools";
import { waitFor } from "./wait";

export type { HubStatus, NodeStatus } from "./rpc";
export type { Output } from "./process";
export type { Forward } from "./forward";

export interface ClusterOptions {
  /** DNS label; default a random one. */
  readonly name?: string;
  /** Number of nodes at the start (default 2), named node-1, node-2, ... */
  readonly nodes?: number;
  /** A node is NotReady when its kubelet was not heard for this long (default 10). */
  readonly nodeMonitorGraceSeconds?: number;
  /** Registry names beside the usual ones that have a folder of their own in the local registry. */
  readonly registries?: readonly string[];
  readonly progress?: Progress;
}

export interface PlaneStartOptions {
  readonly name?: string;
  /** false: only etcd and the API server (default true: controllers and scheduler too). */
  readonly controllers?: boolean;
  readonly progress?: Progress;
}

/** A control plane on 127.0.0.1, without nodes. */
export interface ControlPlane {
  readonly name: string;
  /** Path of a kubeconfig file (system:masters). */
  readonly kubeconfig: string;
  /** Stops it and removes its files. It also ends with this process. */
  stop(): Promise<void>;
}

/** A running cluster. Node numbers begin at 1. */
export interface Cluster extends ControlPlane {
  /** As `kubeconfig`, but with the address that holds inside the cluster's network (for processes started there). */
  readonly internalKubeconfig: string;
  /** host:port; push `<registry>/<registry name>/<path>:<tag>` and nodes pull it as `<registry name>/<path>:<tag>`. */
  readonly registry: string;
  /** The kubectl of the cluster's version. */
  readonly kubectl: string;
  nodes(): Promise<readonly NodeStatus[]>;
  status(): Promise<HubStatus>;
  /** One more node; resolves when it is Ready. */
  addNode(): Promise<NodeStatus>;
  /** Power cut: all its processes are gone at once, its disk stays. */
  stopNode(node: number): Promise<NodeStatus>;
  /** Orderly: its pods are deleted with their grace first. */
  shutDownNode(node: number): Promise<NodeStatus>;
  /** Starts a stopped node on its disk; resolves when it is Ready. */
  bootNode(node: number): Promise<NodeStatus>;
  /** Power off, Node object and disk deleted. */
  removeNode(node: number): Promise<void>;
  /** Cuts a node off from all others and the API server; its containers run on. */
  partitionNode(node: number): Promise<void>;
  /** Drops all packets from one IPv4 address (of a pod, node or the hub) to another; not those the other way. */
  partition(from: string, to: string): Promise<void>;
  /** Ends all partitions. */
  heal(): Promise<void>;
  /** Runs a command inside the cluster's network and process namespaces to its end. */
  exec(
    command: string,
    args: readonly string[],
    options?: { input?: string; timeoutMs?: number },
  ): Promise<Output>;
  /** Starts a command in the cluster's network, all else as here; for long-running processes. */
  spawn(
    command: string,
    args: readonly string[],
    env?: Readonly<Record<string, string>>,
    stdio?: StdioOptions,
  ): ChildProcess;
  /** A port of 127.0.0.1 that leads to `address` ("ip:port" inside); lives in this process. */
  forward(address: string): Promise<Forward>;
  /** The cluster goes on when this process ends; `stop` still stops it. */
  detach(): void;
}

const STOP_TIMEOUT_MS = 60_000;

interface Kept {
  readonly file: ClusterFile;
  readonly paths: ClusterPaths;
  detach(): void;
  stop(): Promise<void>;
}

/** Starts a keeper and waits until its cluster is up. The keeper ends with this process unless detached. */
async function startKeeper(o: KeeperOptions, progress: Progress): Promise<Kept> {
  const paths = clusterPaths(o.name, o.stateDir);
  mkdirSync(o.stateDir, { recursive: true });
  // A session of its own: Ctrl-C in the terminal reaches the owner only, and the keeper stops in order.
  const child = spawn(process.execPath, [await bundle(), "keeper", JSON.stringify(o)], {
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
    cwd: "/",
  });
  child.stdin.on("error", () => undefined);
  const exited = new Promise<void>(done => {
    child.once("exit", () => done());
    child.once("error", () => done());
  });
  let complaints = "";
  child.stderr.on("data", (b: Buffer) => (complaints += b.toString()));
  const lines = createInterface({ input: child.stdout });
  const file = await new Promise<ClusterFile>((done, fail) => {
    lines.on("line", line => {
      const event = JSON.parse(line) as KeeperEvent;
      if (event.event === "progress") progress(event.line);
      else if (event.event === "ready") done(event.cluster);
      else fail(new Error(event.message));
    });
    void exited.then(() => fail(new Error(`the keeper of cluster ${o.name} ended: ${complaints.trim()}`)));
  }).catch(async (error: unknown) => {
    await exited;
    throw error;
  });
  // A test runner must be able to end although the pipes are open.
  child.unref();
  for (const stream of [child.stdin, child.stdout, child.stderr])
    (stream as unknown as { unref(): void }).unref();
  return {
    file,
    paths,
    detach: () => child.stdin.end("detach\n"),
    async stop() {
      child.ref();
      child.kill("SIGTERM");
      await exited;
    },
  };
}

/** Throws with what to do when nodes cannot be run here. */
export function requireNodes(): void {
  const instead =
    "Without nodes the control plane alone runs (startControlPlane); or use a cluster you have: KUBECONFIG=...";
  if (process.platform !== "linux") throw new Error(`real nodes need Linux. ${instead}`);
  if (process.getuid?.() !== 0)
    throw new Error(
      `real nodes need root (network, mount and pid namespaces, cgroups): run it with sudo -E. ${instead}`,
    );
  findNodePrograms();
}

const randomName = (kind: string): string => `${kind}-${process.pid}-${randomBytes(3).toString("hex")}`;

/** Starts a cluster with real nodes; resolves when nodes, DNS and storage work. Throws with what to do where it cannot. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  requireNodes();
  const progress = options.progress ?? (() => undefined);
  const bin = await buildTools(progress);
  const kept = await startKeeper(
    {
      kind: "cluster",
      name: options.name ?? randomName("test"),
      stateDir: stateDir(),
      bin,
      nodes: options.nodes ?? 2,
      nodeMonitorGraceSeconds: options.nodeMonitorGraceSeconds ?? 10,
      registries: options.registries ?? [],
    },
    progress,
  );
  return cluster(kept);
}

/** Starts etcd, API server and (unless told otherwise) controllers on free ports of 127.0.0.1. Needs no root. */
export async function startControlPlane(options: PlaneStartOptions = {}): Promise<ControlPlane> {
  const kept = await startKeeper(
    {
      kind: "plane",
      name: options.name ?? randomName("plane"),
      stateDir: stateDir(),
      controllers: options.controllers ?? true,
    },
    options.progress ?? (() => undefined),
  );
  return { name: kept.file.name, kubeconfig: kept.paths.kubeconfig, stop: () => kept.stop() };
}

/** A cluster that runs already, by name; undefined when there is none. */
export function attachCluster(name: string): Cluster | undefined {
  const paths = clusterPaths(name);
  const file = isKept(paths) ? readJson<ClusterFile>(paths.state) : undefined;
  if (file === undefined || file.kind !== "cluster") return undefined;
  return cluster({
    file,
    paths,
    detach: () => undefined,
    stop: () => stopByName(name).then(() => undefined),
  });
}

/** Stops a cluster by name, whoever started it. False when there is none. Throws when it is another user's. */
export async function stopByName(name: string): Promise<boolean> {
  const paths = clusterPaths(name);
  const owner = readJson<OwnerFile>(paths.owner);
  if (owner === undefined || !isAlive(owner.keeper)) return false;
  process.kill(owner.keeper.pid, "SIGTERM");
  await waitFor(`end of cluster ${name}`, () => (isAlive(owner.keeper) ? undefined : true), {
    timeoutMs: STOP_TIMEOUT_MS,
  });
  return true;
}

function cluster(kept: Kept): Cluster {
  const { file, paths } = kept;
  const at = paths.control;
  return {
    name: file.name,
    kubeconfig: paths.kubeconfig,
    internalKubeconfig: paths.internalKubeconfig,
    registry: file.registry,
    kubectl: join(file.bin, "kubectl"),
    nodes: async () => (await ask(at, "status", {})).nodes,
    status: () => ask(at, "status", {}),
    addNode: () => ask(at, "addNode", {}),
    stopNode: node => ask(at, "powerCut", { node }),
    shutDownNode: node => ask(at, "shutDown", { node }),
    bootNode: node => ask(at, "boot", { node }),
    removeNode: async node => void (await ask(at, "remove", { node })),
    partitionNode: async node => void (await ask(at, "partitionNode", { node })),
    partition: async (from, to) => void (await ask(at, "partition", { from, to })),
    heal: async () => void (await ask(at, "heal", {})),
    exec: (command, args, options = {}) => ask(at, "exec", { command, args: [...args], ...options }),
    spawn: (command, args, env = {}, stdio = "pipe") =>
      spawn("nsenter", [`--net=/proc/${file.hubPid}/ns/net`, "--", command, ...args], {
        stdio,
        env: { ...process.env, ...env },
      }),
    forward: address => openForward(paths.forward, address),
    detach: () => kept.detach(),
    stop: () => kept.stop(),
  };
}
