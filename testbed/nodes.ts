/** Real nodes: containerd, kubelet and kube-proxy in namespaces of their own. Runs in the hub. */
import type { ChildProcessByStdio } from "node:child_process";
import { existsSync, mkdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { makeCgroup, removeCgroup } from "./cgroups";
import type { Plane } from "./control-plane";
import { KubeError, kubeconfig } from "./kube";
import { applyCuts, plugIn, setCable, unplug, type Cut } from "./network";
import {
  apiServer,
  cniConfig,
  containerdConfig,
  kubeletConfig,
  nodeIdentity,
  type NodeIdentity,
} from "./node-files";
import { launchUnshared, tail } from "./process";
import { projectRoot } from "./paths";
import type { NodeStatus } from "./rpc";
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

interface Running {
  readonly child: ChildProcessByStdio<Writable, Readable, null>;
  /** pid 1 of the node as the hub sees it. */
  readonly pid: number;
}

interface NodeState {
  readonly id: NodeIdentity;
  running?: Running;
  isolated: boolean;
}

/** The nodes of one cluster. Operations on one node must not overlap; callers wait for the answer. */
export interface Nodes {
  list(): NodeStatus[];
  cuts(): readonly Cut[];
  /** Starts a new node, or with a number one that exists and is off; resolves when its Node is Ready. */
  add(number?: number): Promise<NodeStatus>;
  /** Power loss: everything in the node is gone at once, its disk stays. */
  powerCut(number: number): Promise<NodeStatus>;
  /** Orderly: pods are deleted with their grace and move away, then the power goes; the disk stays. */
  shutDown(number: number): Promise<NodeStatus>;
  /** Starts a node that is off on its old disk; resolves when it is Ready. */
  boot(number: number): Promise<NodeStatus>;
  /** Power off, Node object and disk deleted. */
  remove(number: number): Promise<void>;
  isolate(number: number): Promise<void>;
  cut(cut: Cut): Promise<void>;
  heal(): Promise<void>;
  /** Power off for all; for the end of the cluster. */
  killAll(): Promise<void>;
}

const RUNTIME_TIMEOUT_MS = 60_000;
const READY_TIMEOUT_MS = 60_000;
/** Longest grace that an orderly shutdown gives its pods. */
const DRAIN_TIMEOUT_MS = 120_000;
/** OVERLAYFS_SUPER_MAGIC of linux/magic.h: overlayfs cannot lie upon itself. */
const OVERLAYFS_MAGIC = 0x794c7630;

interface NodeObject {
  readonly metadata: { readonly name: string };
  readonly status?: {
    readonly conditions?: readonly { type: string; status: string; lastHeartbeatTime: string }[];
  };
}

interface PodObject {
  readonly metadata: {
    name: string;
    namespace: string;
    ownerReferences?: readonly { kind: string }[];
  };
}

/** The nodes of a cluster, none at first. */
export function createNodes(o: NodeOptions): Nodes {
  const nodes = new Map<number, NodeState>();
  let cuts: readonly Cut[] = [];

  const dirOf = (id: NodeIdentity): string => join(o.dir, String(id.number));
  const describe = (s: NodeState): NodeStatus => ({
    number: s.id.number,
    name: s.id.name,
    address: s.id.address,
    running: s.running !== undefined,
    isolated: s.isolated,
    ...(s.running === undefined ? {} : { pid: s.running.pid }),
  });
  const get = (number: number): NodeState => {
    const state = nodes.get(number);
    if (state === undefined) throw new Error(`there is no node ${number}`);
    return state;
  };

  const writeFiles = (id: NodeIdentity): string => {
    const dir = dirOf(id);
    mkdirSync(join(dir, "cni"), { recursive: true });
    mkdirSync(join(dir, "log"), { recursive: true });
    const write = (name: string, text: string): void => writeFileSync(join(dir, name), text, { mode: 0o600 });
    const onOverlay = statfsSync(dir).type === OVERLAYFS_MAGIC;
    write("containerd.toml", containerdConfig(o.programs.cniDir, onOverlay ? "native" : "overlayfs"));
    write("cni/10-testbed.conflist", cniConfig(id));
    write("kubelet.yaml", kubeletConfig(id, `${o.cgroup}/${id.name}`));
    if (!existsSync(join(dir, "kubelet.key"))) {
      const { ca } = o.plane;
      const kubelet = ca.issue(
        { organization: "system:nodes", commonName: `system:node:${id.name}` },
        { client: true, server: true, names: [id.address, id.name] },
      );
      const proxy = ca.issue({ commonName: "system:kube-proxy" }, { client: true });
      write("ca.crt", ca.cert);
      write("kubelet.crt", kubelet.cert);
      write("kubelet.key", kubelet.key);
      write("kubelet.kubeconfig", kubeconfig("testbed", apiServer({ ca: ca.cert, ...kubelet })));
      write("kube-proxy.kubeconfig", kubeconfig("testbed", apiServer({ ca: ca.cert, ...proxy })));
    }
    return dir;
  };

  /** Starts pid 1 and brings it to a running containerd. */
  const startInit = async (state: NodeState): Promise<Running> => {
    const { id } = state;
    const dir = writeFiles(id);
    makeCgroup(`${o.cgroup}/${id.name}`);
    const script = join(projectRoot(), "testbed", "node-init.sh");
    const args = [script, id.name, dir, o.bin, o.volumes, o.mirrors, o.pauseImage, id.address, id.podCidr];
    const child = launchUnshared("bash", args, join(dir, "log", "init.log"));
    let said = "";
    let ended = false;
    child.stdout.on("data", (b: Buffer) => (said += b.toString()));
    child.once("exit", () => (ended = true));
    child.once("error", () => (ended = true));
    const hear = async (what: string, pattern: RegExp): Promise<RegExpExecArray> =>
      waitFor(
        `${id.name}: ${what}`,
        () => {
          const match = pattern.exec(said);
          if (match !== null) return match;
          if (ended)
            throw new FatalError(
              [
                `${id.name} ended before "${what}":`,
                tail(join(dir, "log/init.log")),
                tail(join(dir, "log/containerd.log")),
              ].join("\n"),
            );
          return undefined;
        },
        { timeoutMs: RUNTIME_TIMEOUT_MS, everyMs: 10 },
      );
    const pid = Number((await hear("process id", /^pid (\d+)$/m))[1]);
    child.once("exit", () => {
      // pid 1 ended without being asked: the node has crashed.
      if (state.running?.pid === pid) delete state.running;
    });
    const running = { child, pid };
    state.running = running;
    await plugIn(id, pid);
    if (cuts.length > 0) await applyCuts(cuts, pid);
    if (state.isolated) await setCable(id, false);
    child.stdin.write("network\n");
    await hear("runtime", /^runtime$/m);
    return running;
  };

  const start = async (state: NodeState): Promise<NodeStatus> => {
    const began = new Date();
    const running = await startInit(state);
    await o.apiReady;
    running.child.stdin.end("api\n");
    if (!state.isolated) await waitReady(state, began);
    return describe(state);
  };

  const waitReady = (state: NodeState, since: Date): Promise<true> =>
    waitFor(
      `${state.id.name} Ready`,
      async () => {
        if (state.running === undefined) throw new FatalError(`${state.id.name} has ended`);
        const node = await o.plane.client.request<NodeObject>("GET", `/api/v1/nodes/${state.id.name}`);
        const ready = node.status?.conditions?.find(c => c.type === "Ready");
        // A Ready from before the boot says nothing; times are whole seconds.
        const fresh = ready !== undefined && Date.parse(ready.lastHeartbeatTime) + 1_000 > since.getTime();
        return fresh && ready.status === "True" ? true : undefined;
      },
      { timeoutMs: READY_TIMEOUT_MS },
    );

  const powerOff = async (state: NodeState): Promise<void> => {
    const running = state.running;
    if (running !== undefined) {
      delete state.running;
      const exit = new Promise<void>(done => running.child.once("exit", () => done()));
      const there = running.child.exitCode === null && running.child.signalCode === null;
      process.kill(running.pid, "SIGKILL"); // with pid 1 the kernel kills all others; unshare then ends by itself
      if (there) await exit;
      await waitFor(
        `end of ${state.id.name}`,
        () => (existsSync(`/proc/${running.pid}`) ? undefined : true),
        {
          timeoutMs: 10_000,
          everyMs: 10,
        },
      );
    }
    await unplug(state.id);
    await removeCgroup(`${o.cgroup}/${state.id.name}`);
  };

  const ignoreMissing = async (call: Promise<unknown>): Promise<void> => {
    try {
      await call;
    } catch (error) {
      if (!(error instanceof KubeError) || error.status !== 404) throw error;
    }
  };

  const setSchedulable = (id: NodeIdentity, schedulable: boolean): Promise<void> =>
    ignoreMissing(
      o.plane.client.request(
        "PATCH",
        `/api/v1/nodes/${id.name}`,
        { spec: { unschedulable: schedulable ? null : true } },
        "application/merge-patch+json",
      ),
    );

  const drain = async (id: NodeIdentity): Promise<void> => {
    const path = `/api/v1/pods?fieldSelector=spec.nodeName%3D${id.name}`;
    const pods = async (): Promise<PodObject[]> =>
      (await o.plane.client.request<{ items: PodObject[] }>("GET", path)).items.filter(
        p => p.metadata.ownerReferences?.some(r => r.kind === "DaemonSet") !== true,
      );
    for (const { metadata } of await pods())
      await ignoreMissing(
        o.plane.client.request("DELETE", `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}`),
      );
    await waitFor(`pods leaving ${id.name}`, async () => ((await pods()).length === 0 ? true : undefined), {
      timeoutMs: DRAIN_TIMEOUT_MS,
    });
  };

  const applyEverywhere = async (): Promise<void> => {
    const pids = [...nodes.values()].map(s => s.running?.pid).filter(pid => pid !== undefined);
    await Promise.all([undefined, ...pids].map(pid => applyCuts(cuts, pid)));
  };

  const boot = async (number: number): Promise<NodeStatus> => {
    const state = get(number);
    if (state.running !== undefined) throw new Error(`${state.id.name} is running`);
    const status = await start(state);
    await setSchedulable(state.id, true);
    return status;
  };

  return {
    list: () => [...nodes.values()].map(describe).sort((a, b) => a.number - b.number),
    cuts: () => cuts,
    async add(number) {
      let free = 1;
      while (nodes.has(free)) free++;
      const id = nodeIdentity(number ?? free);
      if (nodes.has(id.number)) return boot(id.number);
      const state: NodeState = { id, isolated: false };
      nodes.set(id.number, state);
      return start(state);
    },
    async powerCut(number) {
      const state = get(number);
      await powerOff(state);
      return describe(state);
    },
    async shutDown(number) {
      const state = get(number);
      await setSchedulable(state.id, false);
      await drain(state.id);
      await powerOff(state);
      return describe(state);
    },
    boot,
    async remove(number) {
      const state = get(number);
      await powerOff(state);
      await ignoreMissing(o.plane.client.request("DELETE", `/api/v1/nodes/${state.id.name}`));
      nodes.delete(number);
      rmSync(dirOf(state.id), { recursive: true, force: true });
    },
    async isolate(number) {
      const state = get(number);
      state.isolated = true;
      if (state.running !== undefined) await setCable(state.id, false);
    },
    async cut(cut) {
      cuts = [...cuts.filter(c => c.from !== cut.from || c.to !== cut.to), cut];
      await applyEverywhere();
    },
    async heal() {
      cuts = [];
      await applyEverywhere();
      for (const state of nodes.values()) {
        if (!state.isolated) continue;
        state.isolated = false;
        if (state.running !== undefined) await setCable(state.id, true);
      }
    },
    async killAll() {
      await Promise.allSettled([...nodes.values()].map(powerOff));
      await removeCgroup(o.cgroup).catch(() => undefined);
    },
  };
}
