/**
 * The outside of a cluster: one process per cluster that starts the hub in new namespaces, leads ports of 127.0.0.1 into
 * it, and clears up after it. It ends when its standard input is closed by its owner (stop, Ctrl-C, SIGKILL), unless the
 * owner wrote `detach` before; or by SIGTERM.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { FIXED_PORTS, freePorts, startPlane, type Plane } from "./control-plane";
import { openForward, type Forward } from "./forward";
import type { HubEvent, HubOptions } from "./hub";
import { kubeconfig } from "./kube";
import {
  claim,
  clear,
  clearStale,
  giveToSudoUser,
  keepLogs,
  writeJson,
  type ClusterFile,
  type OwnerFile,
} from "./leftovers";
import { HUB_ADDRESS, REGISTRY_PORT } from "./node-files";
import { clusterPaths, type ClusterPaths } from "./paths";
import { killFor, launchUnshared, run, searchPath, startTime, tail, type ProcessId } from "./process";
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

/** What a keeper says on its standard output, one JSON value a line. */
export type KeeperEvent =
  | { readonly event: "progress"; readonly line: string }
  | { readonly event: "ready"; readonly cluster: ClusterFile }
  | { readonly event: "failed"; readonly message: string };

const say = (event: KeeperEvent): void => void process.stdout.write(JSON.stringify(event) + "\n");

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

/** Runs a keeper until its cluster ends; never returns. */
export async function keeperMain(o: KeeperOptions): Promise<void> {
  process.env["PATH"] = searchPath(); // for all that is started from here
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
