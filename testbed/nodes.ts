/** The nodes of a cluster and what can happen to them. Runs in the hub. */
import { rmSync } from "node:fs";
import { isIPv4 } from "node:net";
import { removeCgroup } from "./cgroups";
import { KubeError, type KubeClient } from "./kube";
import { applyCuts, setCable, type Cut } from "./network";
import { nodeIdentity, type NodeIdentity } from "./node-files";
import { nodeDir, switchOff, switchOn, type NodeOptions, type Running } from "./node-power";
import type { NodeStatus } from "./rpc";
import { FatalError, waitFor } from "./wait";

interface NodeState {
  readonly id: NodeIdentity;
  running?: Running;
  isolated: boolean;
}

/** The nodes of one cluster. Operations are done one after the other for each node. */
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

const READY_TIMEOUT_MS = 60_000;
/** Longest grace that an orderly shutdown gives its pods. */
const DRAIN_TIMEOUT_MS = 120_000;

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

const describe = (s: NodeState): NodeStatus => ({
  number: s.id.number,
  name: s.id.name,
  address: s.id.address,
  running: s.running !== undefined,
  isolated: s.isolated,
  ...(s.running === undefined ? {} : { pid: s.running.pid }),
});

async function ignoreMissing(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof KubeError) || error.status !== 404) throw error;
  }
}

const setSchedulable = (client: KubeClient, id: NodeIdentity, schedulable: boolean): Promise<void> =>
  ignoreMissing(
    client.request(
      "PATCH",
      `/api/v1/nodes/${id.name}`,
      { spec: { unschedulable: schedulable ? null : true } },
      "application/merge-patch+json",
    ),
  );

/** Deletes the pods of a node, with their grace, and waits until they have gone; DaemonSets' pods stay. */
async function drain(client: KubeClient, id: NodeIdentity): Promise<void> {
  const path = `/api/v1/pods?fieldSelector=spec.nodeName%3D${id.name}`;
  const pods = async (): Promise<PodObject[]> =>
    (await client.request<{ items: PodObject[] }>("GET", path)).items.filter(
      p => p.metadata.ownerReferences?.some(r => r.kind === "DaemonSet") !== true,
    );
  for (const { metadata } of await pods())
    await ignoreMissing(
      client.request("DELETE", `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}`),
    );
  const gone = async (): Promise<true | undefined> => ((await pods()).length === 0 ? true : undefined);
  await waitFor(`pods leaving ${id.name}`, gone, { timeoutMs: DRAIN_TIMEOUT_MS });
}

/** Waits for a Ready that the kubelet said after `since`. */
async function waitReady(client: KubeClient, state: NodeState, since: Date): Promise<void> {
  const look = async (): Promise<true | undefined> => {
    if (state.running === undefined) throw new FatalError(`${state.id.name} has ended`);
    const node = await client.request<NodeObject>("GET", `/api/v1/nodes/${state.id.name}`);
    const ready = node.status?.conditions?.find(c => c.type === "Ready");
    // A Ready from before the boot says nothing; times are whole seconds.
    const fresh = ready !== undefined && Date.parse(ready.lastHeartbeatTime) + 1_000 > since.getTime();
    return fresh && ready.status === "True" ? true : undefined;
  };
  await waitFor(`${state.id.name} Ready`, look, { timeoutMs: READY_TIMEOUT_MS });
}

/** Runs what is given for the same key one after the other. */
function lanes(): <T>(key: number, work: () => Promise<T>) => Promise<T> {
  const last = new Map<number, Promise<unknown>>();
  return (key, work) => {
    const result = (last.get(key) ?? Promise.resolve()).then(work);
    last.set(
      key,
      result.catch(() => undefined),
    );
    return result;
  };
}

/** Lane of what concerns the whole network; nodes have their numbers. */
const NETWORK = 0;

/** The nodes of a cluster, none at first. */
export function createNodes(o: NodeOptions): Nodes {
  const nodes = new Map<number, NodeState>();
  const inLane = lanes();
  const { client } = o.plane;
  let cuts: readonly Cut[] = [];

  const get = (number: number): NodeState => {
    const state = nodes.get(number);
    if (state === undefined) throw new Error(`there is no node ${number}`);
    return state;
  };

  const off = async (state: NodeState): Promise<NodeStatus> => {
    const running = state.running;
    delete state.running;
    await switchOff(o, state.id, running);
    return describe(state);
  };

  const born = (state: NodeState, running: Running): void => {
    state.running = running;
    running.child.once("exit", () => {
      // pid 1 ended without being asked: the node has crashed.
      if (state.running === running) delete state.running;
    });
  };

  const start = async (state: NodeState): Promise<NodeStatus> => {
    if (state.running !== undefined) throw new Error(`${state.id.name} is running`);
    const began = new Date();
    const wire = async ({ pid }: Running): Promise<void> => {
      if (cuts.length > 0) await applyCuts(cuts, pid);
      if (state.isolated) await setCable(state.id, false);
    };
    try {
      const running = await switchOn(o, state.id, r => born(state, r), wire);
      await o.apiReady;
      running.child.stdin.end("api\n");
      if (!state.isolated) await waitReady(client, state, began);
    } catch (error) {
      await off(state);
      throw error;
    }
    return describe(state);
  };

  const boot = async (number: number): Promise<NodeStatus> => {
    const state = get(number);
    await start(state);
    await setSchedulable(client, state.id, true);
    return describe(state);
  };

  const setCuts = (next: readonly Cut[]): Promise<void> =>
    inLane(NETWORK, async () => {
      cuts = next;
      const pids = [...nodes.values()].map(s => s.running?.pid).filter(pid => pid !== undefined);
      await Promise.all([undefined, ...pids].map(pid => applyCuts(cuts, pid)));
    });

  const setIsolated = async (state: NodeState, isolated: boolean): Promise<void> => {
    if (state.isolated === isolated) return;
    state.isolated = isolated;
    if (state.running !== undefined) await setCable(state.id, !isolated);
  };

  const add = (number: number | undefined): Promise<NodeStatus> => {
    let free = 1;
    while (nodes.has(free)) free++;
    const id = nodeIdentity(number ?? free);
    const known = nodes.has(id.number);
    const state = nodes.get(id.number) ?? { id, isolated: false };
    nodes.set(id.number, state);
    return inLane(id.number, () => (known ? boot(id.number) : start(state)));
  };

  return {
    list: () => [...nodes.values()].map(describe).sort((a, b) => a.number - b.number),
    cuts: () => cuts,
    add,
    powerCut: async number => off(get(number)), // at once, whatever is under way
    shutDown: number =>
      inLane(number, async () => {
        const state = get(number);
        await setSchedulable(client, state.id, false);
        await drain(client, state.id);
        return off(state);
      }),
    boot: number => inLane(number, () => boot(number)),
    remove: number =>
      inLane(number, async () => {
        const state = get(number);
        await off(state);
        await ignoreMissing(client.request("DELETE", `/api/v1/nodes/${state.id.name}`));
        nodes.delete(number);
        rmSync(nodeDir(o, state.id), { recursive: true, force: true });
      }),
    isolate: number => inLane(number, () => setIsolated(get(number), true)),
    async cut(cut) {
      for (const address of [cut.from, cut.to])
        if (!isIPv4(address)) throw new Error(`"${address}" is not an IPv4 address`);
      await setCuts([...cuts.filter(c => c.from !== cut.from || c.to !== cut.to), cut]);
    },
    async heal() {
      await setCuts([]);
      await Promise.all(
        [...nodes.values()].map(state => inLane(state.id.number, () => setIsolated(state, false))),
      );
    },
    async killAll() {
      await Promise.allSettled([...nodes.values()].map(off)); // not in lanes: whatever is under way ends now
      await removeCgroup(o.cgroup).catch(() => undefined);
    },
  };
}
