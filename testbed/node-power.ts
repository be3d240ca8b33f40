/** The power of one node: its files, its pid 1, its end. Runs in the hub. */
import type { ChildProcessByStdio } from "node:child_process";
import { existsSync, mkdirSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { makeCgroup, removeCgroup } from "./cgroups";
import type { Plane } from "./control-plane";
import { kubeconfig } from "./kube";
import { plugIn, unplug } from "./network";
import { apiServer, cniConfig, containerdConfig, kubeletConfig, type NodeIdentity } from "./node-files";
import { projectRoot } from "./paths";
import { launchUnshared, tail } from "./process";
import type { NodePrograms } from "./tools";
import { FatalError, waitFor } from "./wait";

export interface NodeOptions {
  /** Folder for all nodes of the cluster. */
  readonly dir: string;
  readonly cgroup: string;
  /** Folder with kubelet and kube-proxy. */
  readonly bin: string;
  readonly volumes: string;
  readonly mirrors: string;
  readonly pauseImage: string;
  readonly programs: NodePrograms;
  readonly plane: Plane;
  /** Resolves when kubelets may start. */
  readonly apiReady: Promise<void>;
}

/** A node that is on. */
export interface Running {
  readonly child: ChildProcessByStdio<Writable, Readable, null>;
  /** pid 1 of the node as the hub sees it. */
  readonly pid: number;
}

const RUNTIME_TIMEOUT_MS = 60_000;
const OFF_TIMEOUT_MS = 10_000;
/** OVERLAYFS_SUPER_MAGIC of linux/magic.h: overlayfs cannot lie upon itself. */
const OVERLAYFS_MAGIC = 0x794c7630;

/** The folder of a node: its disk, files and logs. */
export const nodeDir = (o: NodeOptions, id: NodeIdentity): string => join(o.dir, String(id.number));

const nodeCgroup = (o: NodeOptions, id: NodeIdentity): string => `${o.cgroup}/${id.name}`;

/** Configuration anew at each start; the node's identity (kubelet's certificate) only once. */
function writeFiles(o: NodeOptions, id: NodeIdentity): string {
  const dir = nodeDir(o, id);
  mkdirSync(join(dir, "cni"), { recursive: true });
  mkdirSync(join(dir, "log"), { recursive: true });
  const write = (name: string, text: string): void => writeFileSync(join(dir, name), text, { mode: 0o600 });
  const onOverlay = statfsSync(dir).type === OVERLAYFS_MAGIC;
  write("containerd.toml", containerdConfig(o.programs.cniDir, onOverlay ? "native" : "overlayfs"));
  write("cni/10-testbed.conflist", cniConfig(id));
  write("kubelet.yaml", kubeletConfig(id, nodeCgroup(o, id)));
  if (existsSync(join(dir, "kubelet.key"))) return dir;
  const { ca } = o.plane;
  const kubelet = ca.issue(
    { organization: "system:nodes", commonName: `system:node:${id.name}` },
    { client: true, server: true, names: [id.address, id.name] },
  );
  const proxy = ca.issue({ commonName: "system:kube-proxy" }, { client: true });
  write("ca.crt", ca.cert);
  write("kubelet.crt", kubelet.cert);
  write("kubelet.kubeconfig", kubeconfig("testbed", apiServer({ ca: ca.cert, ...kubelet })));
  write("kube-proxy.kubeconfig", kubeconfig("testbed", apiServer({ ca: ca.cert, ...proxy })));
  write("kubelet.key", kubelet.key);
  return dir;
}

/**
 * Switches a node on and resolves when its containerd answers; its kubelet waits for "api" on standard input. `wire` is
 * called when the network card is in, before it is used. `born` hears of the node as soon as it can be switched off.
 * Throws, with the ends of its logs, when pid 1 ends before.
 */
export async function switchOn(
  o: NodeOptions,
  id: NodeIdentity,
  born: (running: Running) => void,
  wire: (running: Running) => Promise<void>,
): Promise<Running> {
  const dir = writeFiles(o, id);
  makeCgroup(nodeCgroup(o, id));
  const script = join(projectRoot(), "testbed", "node-init.sh");
  const args = [script, id.name, dir, o.bin, o.volumes, o.mirrors, o.pauseImage, id.address, id.podCidr];
  const child = launchUnshared("bash", args, join(dir, "log", "init.log"));
  let said = "";
  let ended = false;
  child.stdout.on("data", (b: Buffer) => (said += b.toString()));
  child.once("exit", () => (ended = true));
  child.once("error", () => (ended = true));
  const look = (what: string, pattern: RegExp): RegExpExecArray | undefined => {
    const match = pattern.exec(said);
    if (match !== null) return match;
    if (!ended) return undefined;
    const logs = ["init.log", "containerd.log"].map(name => tail(join(dir, "log", name)));
    throw new FatalError([`${id.name} ended before "${what}":`, ...logs].join("\n"));
  };
  const hear = (what: string, pattern: RegExp): Promise<RegExpExecArray> =>
    waitFor(`${id.name}: ${what}`, () => look(what, pattern), { timeoutMs: RUNTIME_TIMEOUT_MS, everyMs: 10 });

  const running = { child, pid: Number((await hear("process id", /^pid (\d+)$/m))[1]) };
  born(running);
  await plugIn(id, running.pid);
  await wire(running);
  child.stdin.write("network\n");
  await hear("runtime", /^runtime$/m);
  return running;
}

/** Power loss for a node (undefined: it is off already); resolves when nothing of it runs and its cgroups are gone. */
export async function switchOff(
  o: NodeOptions,
  id: NodeIdentity,
  running: Running | undefined,
): Promise<void> {
  if (running !== undefined) {
    const { child, pid } = running;
    const exit = new Promise<void>(done => child.once("exit", () => done()));
    if (child.exitCode === null && child.signalCode === null) {
      try {
        process.kill(pid, "SIGKILL"); // with pid 1 the kernel kills all others; unshare then ends by itself
      } catch {
        // it has just ended
      }
      await exit;
    }
    await waitFor(`end of ${id.name}`, () => (existsSync(`/proc/${pid}`) ? undefined : true), {
      timeoutMs: OFF_TIMEOUT_MS,
      everyMs: 10,
    });
  }
  await unplug(id);
  await removeCgroup(nodeCgroup(o, id));
}
