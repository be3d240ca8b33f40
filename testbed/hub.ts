/**
 * The inside of a cluster: runs as pid 1 of namespaces of its own (pid, network, mount) and starts all else in them, so
 * that nothing can be left behind when it ends, however it ends. Ends when its standard input is closed.
 */
import { spawnSync } from "node:child_process";
import { Resolver } from "node:dns/promises";
import { appendFileSync, mkdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeCgroup } from "./cgroups";
import { CLUSTER_DOMAIN, FIXED_PORTS, startPlane, type Plane } from "./control-plane";
import { serveForward } from "./forward";
import { archive, image } from "./image";
import { kubeconfig } from "./kube";
import { setUpHub } from "./network";
import { corefile, HUB_ADDRESS, IN_NODE, PAUSE_IMAGE, REGISTRY_PORT } from "./node-files";
import { createNodes, type Nodes } from "./nodes";
import { clusterPaths, type ClusterPaths } from "./paths";
import { launch, run, type Proc } from "./process";
import { createClasses, startProvisioner } from "./provisioner";
import { serveRegistry, writeMirrors } from "./registry";
import { serveCalls, type HubCalls } from "./rpc";
import { findNodePrograms, type GoTool } from "./tools";
import { waitFor } from "./wait";

/** What a hub is told on its command line, as JSON. */
export interface HubOptions {
  readonly name: string;
  readonly stateDir: string;
  /** Folder with the Go programs. */
  readonly bin: string;
  readonly nodes: number;
  readonly nodeMonitorGraceSeconds: number;
  /** Registry names beside the usual ones that have a folder of their own in the local registry. */
  readonly registries: readonly string[];
}

/** What a hub says on its standard output, one JSON value a line. */
export type HubEvent =
  | { readonly event: "born"; readonly pid: number }
  | { readonly event: "progress"; readonly line: string }
  | { readonly event: "ready" }
  | { readonly event: "failed"; readonly message: string };

const say = (event: HubEvent): void => void process.stdout.write(JSON.stringify(event) + "\n");

/** This process's id as the machine sees it; must be read before /proc is that of the new pid namespace. */
const outerPid = (): number => Number(readlinkSync("/proc/self"));

function mountProc(): void {
  const mounted = spawnSync("mount", ["-t", "proc", "proc", "/proc"]);
  if (mounted.status !== 0) throw new Error(`mount of /proc: ${mounted.stderr.toString()}`);
}

function writePauseImage(bin: string, dir: string): string {
  const path = join(dir, "pause.tar");
  const program = { name: "pause", mode: 0o755, data: readFileSync(join(bin, "pause")) };
  writeFileSync(
    path,
    archive(PAUSE_IMAGE, image([program], { Entrypoint: ["/pause"], User: "65535:65535" })),
  );
  return path;
}

async function startDns(bin: string, paths: ClusterPaths): Promise<Proc> {
  const config = join(paths.dir, "Corefile");
  writeFileSync(config, corefile(paths.internalKubeconfig));
  const proc = launch({
    name: "coredns",
    command: join(bin, "coredns"),
    args: ["-conf", config],
    logFile: join(paths.log, "coredns.log"),
  });
  const resolver = new Resolver({ timeout: 500, tries: 1 });
  resolver.setServers([`${HUB_ADDRESS}:53`]);
  const look = (): Promise<string[]> => resolver.resolve4(`kubernetes.default.svc.${CLUSTER_DOMAIN}`);
  await waitFor("cluster DNS", look, { timeoutMs: 60_000 });
  return proc;
}

function calls(nodes: Nodes, plane: Plane): HubCalls {
  return {
    status: async () => ({ nodes: nodes.list(), cuts: nodes.cuts(), dead: plane.dead() }),
    addNode: ({ node }) => nodes.add(node),
    powerCut: ({ node }) => nodes.powerCut(node),
    shutDown: ({ node }) => nodes.shutDown(node),
    boot: ({ node }) => nodes.boot(node),
    remove: async ({ node }) => (await nodes.remove(node), null),
    partitionNode: async ({ node }) => (await nodes.isolate(node), null),
    partition: async cut => (await nodes.cut(cut), null),
    heal: async () => (await nodes.heal(), null),
    exec: ({ command, args, input, timeoutMs }) =>
      run(command, args, {
        ...(input === undefined ? {} : { input }),
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
      }),
  };
}

/** Brings the cluster up, then serves calls until standard input ends; then takes all down and exits. */
export async function hubMain(o: HubOptions): Promise<void> {
  say({ event: "born", pid: outerPid() });
  const paths = clusterPaths(o.name, o.stateDir);
  const began = performance.now();
  const progress = (line: string): void =>
    say({ event: "progress", line: `${((performance.now() - began) / 1000).toFixed(1)} s  ${line}` });
  let nodes: Nodes | undefined;
  const stopping = new AbortController();
  const end = async (): Promise<void> => {
    if (stopping.signal.aborted) return;
    stopping.abort();
    await nodes?.killAll();
    process.exit(0); // pid 1: the kernel kills all that is left
  };
  process.stdin.resume();
  process.stdin.once("end", () => void end());
  process.stdin.once("error", () => void end());
  process.stdout.on("error", () => undefined); // the keeper may be gone
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.once(signal, () => void end());
  try {
    mountProc();
    nodes = await bringUp(o, paths, progress, stopping.signal, n => (nodes = n));
    say({ event: "ready" });
  } catch (error) {
    say({ event: "failed", message: error instanceof Error ? error.message : String(error) });
    await end();
  }
}

async function bringUp(
  o: HubOptions,
  paths: ClusterPaths,
  progress: (line: string) => void,
  signal: AbortSignal,
  keep: (nodes: Nodes) => void,
): Promise<Nodes> {
  const programs = findNodePrograms();
  for (const dir of [paths.log, paths.volumes]) mkdirSync(dir, { recursive: true });
  await setUpHub();
  makeCgroup(paths.cgroup);
  const plane = startPlane({
    dir: paths.dir,
    tools: (tool: GoTool) => join(o.bin, tool),
    address: HUB_ADDRESS,
    ports: FIXED_PORTS,
    controllers: true,
    nodeMonitorGraceSeconds: o.nodeMonitorGraceSeconds,
  });
  writeFileSync(paths.internalKubeconfig, kubeconfig(`testbed-${o.name}`, plane.admin), { mode: 0o600 });
  const mirrors = join(paths.dir, "mirrors");
  writeMirrors(mirrors, `${HUB_ADDRESS}:${REGISTRY_PORT}`, o.registries);
  await serveForward(paths.forward);
  const apiReady = plane.ready().then(() => progress("API server ready"));
  const nodes = createNodes({
    dir: join(paths.dir, "nodes"),
    cgroup: paths.cgroup,
    bin: o.bin,
    volumes: paths.volumes,
    mirrors,
    pauseImage: writePauseImage(o.bin, paths.dir),
    programs,
    plane,
    apiReady,
  });
  keep(nodes);
  const log = (line: string): void => appendFileSync(join(paths.log, "provisioner.log"), `${line}\n`);
  await Promise.all([
    serveRegistry(join(o.bin, "registry"), join(paths.dir, "registry"), HUB_ADDRESS, REGISTRY_PORT),
    apiReady
      .then(() => createClasses(plane.client))
      .then(() => startProvisioner(plane.client, paths.volumes, IN_NODE.volumes, signal, log)),
    apiReady.then(() => plane.startControllers()).then(() => progress("controllers at work")),
    apiReady.then(() => startDns(o.bin, paths)).then(() => progress("cluster DNS answers")),
    ...Array.from({ length: o.nodes }, (_, i) =>
      nodes.add(i + 1).then(node => progress(`${node.name} Ready`)),
    ),
  ]);
  await serveCalls(paths.control, calls(nodes, plane));
  return nodes;
}
