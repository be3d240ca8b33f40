/** The local cluster itself: real kubelets, real faults, nothing left behind. Needs root and the packages of packages.txt. */
import { execFile, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { bundle } from "../../testbed/bundle";
import { requireNodes, startCluster, startControlPlane, type Cluster } from "../../testbed/cluster";
import { image, push, type Image } from "../../testbed/image";
import type { ClusterFile } from "../../testbed/leftovers";
import { kubeClient, readKubeconfig, type KubeClient, type KubeObject } from "../../testbed/kube";
import { clusterPaths } from "../../testbed/paths";
import { waitFor } from "../../testbed/wait";

const IMAGE = "registry.local/testbed/probe:1";
const MINUTE = 60_000;
const soon = { timeoutMs: MINUTE };

interface Pod extends KubeObject {
  readonly spec: { readonly nodeName?: string };
  readonly status: {
    readonly phase: string;
    readonly podIP?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly {
      readonly restartCount: number;
      readonly state: { readonly waiting?: { readonly reason: string; readonly message?: string } };
    }[];
  };
}

interface Node extends KubeObject {
  readonly status: { readonly conditions: readonly { readonly type: string; readonly status: string }[] };
}

/** The image: testbed/tools/probe alone. */
const probe = (path: string): Image =>
  image([{ name: "probe", mode: 0o755, data: readFileSync(path) }], { Entrypoint: ["/probe"] });

/** A pod that serves its host name by HTTP, keeps what it hears by UDP, and counts its starts in its claim's volume. */
function pod(name: string, node: number, extra: { claim?: string; image?: string } = {}): object {
  const { claim } = extra;
  return {
    metadata: { name, labels: { app: name } },
    spec: {
      nodeSelector: { "kubernetes.io/hostname": `node-${node}` },
      terminationGracePeriodSeconds: 1,
      securityContext: { runAsUser: 1000, runAsGroup: 1000, runAsNonRoot: true, fsGroup: 2000 },
      containers: [
        {
          name: "c",
          image: extra.image ?? IMAGE,
          imagePullPolicy: "Always",
          args: ["serve"],
          readinessProbe: { httpGet: { path: "/", port: 8080 }, periodSeconds: 1 },
          ...(claim === undefined ? {} : { volumeMounts: [{ name: "data", mountPath: "/data" }] }),
        },
      ],
      ...(claim === undefined
        ? {}
        : { volumes: [{ name: "data", persistentVolumeClaim: { claimName: claim } }] }),
    },
  };
}

const NS = "/api/v1/namespaces/default";
const isReady = (o: { conditions?: readonly { type: string; status: string }[] }): boolean =>
  o.conditions?.some(c => c.type === "Ready" && c.status === "True") === true;

describe("a cluster with two nodes", () => {
  let cluster: Cluster;
  let api: KubeClient;

  const getPod = (name: string): Promise<Pod> => api.request<Pod>("GET", `${NS}/pods/${name}`);
  const readyPod = (name: string): Promise<Pod> =>
    waitFor(
      `pod ${name} Ready`,
      async () => ((p): Pod | undefined => (isReady(p.status) ? p : undefined))(await getPod(name)),
      soon,
    );
  /** Runs the probe in a pod. */
  const inPod = async (name: string, ...command: string[]): Promise<string> => {
    const args = [`--kubeconfig=${cluster.kubeconfig}`, "exec", name, "--", "/probe", ...command];
    return (await promisify(execFile)(cluster.kubectl, args)).stdout.trim();
  };
  const create = (kind: string, body: object): Promise<unknown> => api.request("POST", `${NS}/${kind}`, body);
  const nodeReady = async (name: string): Promise<boolean> =>
    isReady((await api.request<Node>("GET", `/api/v1/nodes/${name}`)).status);
  /** Sends `text` by UDP from one pod to another until it was heard; gives up after two seconds. */
  const tells = (from: string, to: Pod, text: string): Promise<boolean> =>
    waitFor(
      "the text",
      async () => {
        await inPod(from, "tell", `${to.status.podIP ?? ""}:8080`, text);
        const heard = await inPod(to.metadata.name, "get", "http://127.0.0.1:8080/heard");
        return heard.split("\n").includes(text) ? true : undefined;
      },
      { timeoutMs: 2_000 },
    ).catch(() => false);

  beforeAll(async () => {
    requireNodes();
    cluster = await startCluster({ nodes: 2 });
    api = kubeClient(readKubeconfig(readFileSync(cluster.kubeconfig, "utf8")));
    await push(
      cluster.registry,
      "registry.local/testbed/probe",
      "1",
      probe(join(dirname(cluster.kubectl), "probe")),
    );
  }, 10 * MINUTE);

  afterAll(async () => {
    api?.close();
    await cluster?.stop();
  }, MINUTE);

  test(
    "a pod without root writes to a volume of 250Gi of class oci, whose group is its fsGroup",
    async () => {
      await create("persistentvolumeclaims", {
        metadata: { name: "data" },
        spec: {
          storageClassName: "oci",
          accessModes: ["ReadWriteOnce"],
          resources: { requests: { storage: "250Gi" } },
        },
      });
      await create("pods", pod("one", 1, { claim: "data" }));
      await readyPod("one");
      expect(await inPod("one", "id", "/data")).toBe("1000 2000");
      expect((await inPod("one", "cat", "/data/starts")).split("\n")).toHaveLength(1);
    },
    2 * MINUTE,
  );

  test(
    "names of the cluster resolve in pods, and a Service leads to a pod of another node",
    async () => {
      await create("services", {
        metadata: { name: "two" },
        spec: { selector: { app: "two" }, ports: [{ port: 80, targetPort: 8080 }] },
      });
      await create("pods", pod("two", 2));
      await Promise.all([readyPod("one"), readyPod("two")]);
      expect(await inPod("one", "resolve", "kubernetes.default.svc.cluster.local")).toBe("10.97.0.1");
      const served = await waitFor(
        "an answer through the Service",
        () => inPod("one", "get", "http://two.default.svc.cluster.local/"),
        soon,
      );
      expect(served).toBe("two");
    },
    2 * MINUTE,
  );

  test("an image that was not pushed is ErrImagePull, not found", async () => {
    await create("pods", pod("missing", 1, { image: "phx.ocir.io/youraccount/no-such-image:1" }));
    const waiting = await waitFor(
      "the pull to fail",
      async () => (await getPod("missing")).status.containerStatuses?.[0]?.state.waiting,
      soon,
    );
    const failed = await waitFor(
      "a reason",
      async () => {
        const now = (await getPod("missing")).status.containerStatuses?.[0]?.state.waiting ?? waiting;
        return now.reason === "ErrImagePull" || now.reason === "ImagePullBackOff" ? now : undefined;
      },
      soon,
    );
    expect(failed.message).toContain("not found");
    await api.request("DELETE", `${NS}/pods/missing`);
  });

  test(
    "a partition in one direction drops packets that way only, within a node and between nodes",
    async () => {
      await create("pods", pod("three", 1));
      const [one, two, three] = await Promise.all([readyPod("one"), readyPod("two"), readyPod("three")]);
      expect(await tells("one", two, "before")).toBe(true);
      await cluster.partition(one.status.podIP ?? "", two.status.podIP ?? "");
      await cluster.partition(one.status.podIP ?? "", three.status.podIP ?? "");
      expect(await tells("one", two, "cut, other node")).toBe(false);
      expect(await tells("one", three, "cut, same node")).toBe(false);
      expect(await tells("two", one, "the other way")).toBe(true);
      expect(await tells("three", one, "the other way too")).toBe(true);
      expect(await tells("three", two, "bystanders")).toBe(true);
      await cluster.heal();
      expect(await tells("one", two, "healed")).toBe(true);
      expect(await tells("one", three, "healed as well")).toBe(true);
    },
    2 * MINUTE,
  );

  test(
    "a node without power is NotReady; booted again it runs its pods on the same volumes",
    async () => {
      await create("persistentvolumeclaims", {
        metadata: { name: "kept" },
        spec: {
          storageClassName: "local-node",
          accessModes: ["ReadWriteOnce"],
          resources: { requests: { storage: "1Gi" } },
        },
      });
      await create("pods", pod("keeper", 2, { claim: "kept" }));
      await readyPod("keeper");
      await cluster.stopNode(2);
      expect((await cluster.nodes()).map(n => n.running)).toEqual([true, false]);
      await waitFor("node-2 NotReady", async () => ((await nodeReady("node-2")) ? undefined : true), soon);
      await waitFor(
        "pod NotReady",
        async () => (isReady((await getPod("keeper")).status) ? undefined : true),
        soon,
      );
      await cluster.bootNode(2);
      expect(await nodeReady("node-2")).toBe(true);
      await waitFor(
        "the pod's second start",
        async () =>
          (await inPod("keeper", "cat", "/data/starts")).split("\n").length === 2 ? true : undefined,
        soon,
      );
    },
    3 * MINUTE,
  );

  test(
    "a node cut off from the network keeps its containers, and is Ready again after healing",
    async () => {
      const before = (await readyPod("keeper")).status.containerStatuses?.[0]?.restartCount;
      await cluster.partitionNode(2);
      await waitFor("node-2 NotReady", async () => ((await nodeReady("node-2")) ? undefined : true), soon);
      await cluster.heal();
      await waitFor("node-2 Ready", async () => ((await nodeReady("node-2")) ? true : undefined), soon);
      await readyPod("keeper");
      expect((await getPod("keeper")).status.containerStatuses?.[0]?.restartCount).toBe(before);
    },
    3 * MINUTE,
  );

  test(
    "a deleted claim takes its volume along, and another node can be added and removed",
    async () => {
      await api.request("DELETE", `${NS}/pods/keeper`);
      await api.request("DELETE", `${NS}/persistentvolumeclaims/kept`);
      const volumes = async (): Promise<number> =>
        (await api.request<{ items: unknown[] }>("GET", "/api/v1/persistentvolumes")).items.length;
      await waitFor("one volume left", async () => ((await volumes()) === 1 ? true : undefined), soon);
      const third = await cluster.addNode();
      expect(third.name).toBe("node-3");
      await cluster.removeNode(3);
      expect((await cluster.nodes()).map(n => n.name)).toEqual(["node-1", "node-2"]);
    },
    2 * MINUTE,
  );
});

/** Process ids whose network namespace is `namespace` (a link text of /proc/PID/ns/net). */
function processesIn(namespace: string): string[] {
  return readdirSync("/proc").filter(pid => {
    try {
      return /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/ns/net`) === namespace;
    } catch {
      return false;
    }
  });
}

const cgroupExists = (path: string): boolean =>
  [".", ...readdirSync("/sys/fs/cgroup")].some(h => existsSync(`/sys/fs/cgroup/${h}${path}`));

test(
  "when its owner is killed by SIGKILL, nothing of a cluster stays",
  async () => {
    const name = `killed-${process.pid}`;
    const paths = clusterPaths(name);
    const owner = spawn(
      process.execPath,
      [await bundle(), "run", "--name", name, "--nodes", "1", "--", "sleep", "600"],
      {
        stdio: "ignore",
      },
    );
    const file = await waitFor(
      "the cluster",
      () => JSON.parse(readFileSync(paths.state, "utf8")) as ClusterFile,
      { timeoutMs: 2 * MINUTE },
    );
    const hub = readlinkSync(`/proc/${file.hubPid}/ns/net`);
    expect(processesIn(hub).length).toBeGreaterThan(5);
    expect(cgroupExists(paths.cgroup)).toBe(true);
    owner.kill("SIGKILL");
    await waitFor(
      "the end of everything",
      () =>
        processesIn(hub).length === 0 && !existsSync(paths.dir) && !cgroupExists(paths.cgroup)
          ? true
          : undefined,
      soon,
    );
    expect(readFileSync("/proc/mounts", "utf8")).not.toContain(name);
  },
  4 * MINUTE,
);

test(
  "two clusters run side by side with the same addresses",
  async () => {
    const [a, b] = await Promise.all([startCluster({ nodes: 1 }), startCluster({ nodes: 1 })]);
    try {
      const addresses = await Promise.all([a, b].map(async c => (await c.nodes())[0]?.address));
      expect(addresses).toEqual(["10.251.1.1", "10.251.1.1"]);
    } finally {
      await Promise.all([a.stop(), b.stop()]);
    }
  },
  4 * MINUTE,
);

test(
  "a control plane alone answers on 127.0.0.1 and is gone after stop",
  async () => {
    const plane = await startControlPlane();
    const api = kubeClient(readKubeconfig(readFileSync(plane.kubeconfig, "utf8")));
    try {
      const account = await api.request<KubeObject>("GET", `${NS}/serviceaccounts/default`);
      expect(account.metadata.name).toBe("default");
    } finally {
      api.close();
      await plane.stop();
    }
    expect(existsSync(plane.kubeconfig)).toBe(false);
  },
  4 * MINUTE,
);
