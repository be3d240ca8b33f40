/** The configuration files of a node's programs. Pure: paths are those the node itself sees. */
import { CLUSTER_DOMAIN } from "./control-plane";
import type { Endpoint } from "./kube";

/** Address of the hub: API server, DNS and registry. */
export const HUB_ADDRESS = "10.251.0.1";
export const HUB_PREFIX = 16;
export const API_PORT = 6443;
export const REGISTRY_PORT = 5000;
export const NODES_MAX = 250;

/** What is fixed by a node's number. */
export interface NodeIdentity {
  readonly number: number;
  readonly name: string;
  readonly address: string;
  readonly podCidr: string;
}

/** Identity of node `number` (1 to 250). Throws for other numbers. */
export function nodeIdentity(number: number): NodeIdentity {
  if (!Number.isInteger(number) || number < 1 || number > NODES_MAX)
    throw new Error(`node number ${number}: 1 to ${NODES_MAX}`);
  return { number, name: `node-${number}`, address: `10.251.1.${number}`, podCidr: `10.64.${number}.0/24` };
}

/** Folders as a node sees them. All of /run goes with the power; /var is the node's disk. */
export const IN_NODE = {
  bin: "/run/testbed/bin",
  node: "/run/testbed/node",
  volumes: "/run/testbed/volumes",
  mirrors: "/run/testbed/mirrors",
  pauseImage: "/run/testbed/pause.tar",
  containerdSocket: "/run/containerd/containerd.sock",
} as const;

export const PAUSE_IMAGE = "localhost/pause:1";

/** /etc/containerd/config.toml, version 2 (containerd 1.6; 2.x reads it too). */
export function containerdConfig(cniDir: string, snapshotter: "overlayfs" | "native"): string {
  const cri = `plugins."io.containerd.grpc.v1.cri"`;
  return `version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
oom_score = 0
[grpc]
  address = "${IN_NODE.containerdSocket}"
[${cri}]
  sandbox_image = "${PAUSE_IMAGE}"
  restrict_oom_score_adj = true
  disable_tcp_service = true
  [${cri}.registry]
    config_path = "${IN_NODE.mirrors}"
  [${cri}.cni]
    bin_dir = "${cniDir}"
    conf_dir = "${IN_NODE.node}/cni"
  [${cri}.containerd]
    snapshotter = "${snapshotter}"
    default_runtime_name = "runc"
    [${cri}.containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [${cri}.containerd.runtimes.runc.options]
        SystemdCgroup = false
`;
}

/** The pod network: a bridge in the node, addresses from its own range, no masquerading (there is no way out). */
export function cniConfig(node: NodeIdentity): string {
  return JSON.stringify({
    cniVersion: "1.0.0",
    name: "testbed",
    plugins: [
      {
        type: "bridge",
        bridge: "cni0",
        isGateway: true,
        isDefaultGateway: true,
        ipMasq: false,
        hairpinMode: true, // a pod reaches itself through its Service
        ipam: { type: "host-local", ranges: [[{ subnet: node.podCidr }]], dataDir: "/run/cni/networks" },
      },
      { type: "portmap", capabilities: { portMappings: true } },
    ],
  });
}

/** KubeletConfiguration v1beta1. `cgroupRoot` is the node's cgroup in every hierarchy. */
export function kubeletConfig(node: NodeIdentity, cgroupRoot: string): string {
  const never = "0%";
  return JSON.stringify({
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    address: node.address,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: `${IN_NODE.node}/ca.crt` },
    },
    authorization: { mode: "Webhook" },
    tlsCertFile: `${IN_NODE.node}/kubelet.crt`,
    tlsPrivateKeyFile: `${IN_NODE.node}/kubelet.key`,
    cgroupDriver: "cgroupfs",
    cgroupRoot,
    cgroupsPerQOS: true,
    enforceNodeAllocatable: ["pods"],
    failSwapOn: false,
    protectKernelDefaults: false,
    oomScoreAdj: 0,
    containerRuntimeEndpoint: `unix://${IN_NODE.containerdSocket}`,
    clusterDNS: [HUB_ADDRESS],
    clusterDomain: CLUSTER_DOMAIN,
    resolvConf: "",
    registerNode: true,
    nodeStatusUpdateFrequency: "5s",
    nodeLeaseDurationSeconds: 10,
    readOnlyPort: 0,
    healthzBindAddress: "127.0.0.1",
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    // The machine's disk is not the cluster's business: a test must not end because it is nearly full.
    evictionHard: {
      "memory.available": never,
      "nodefs.available": never,
      "imagefs.available": never,
      "nodefs.inodesFree": never,
      "imagefs.inodesFree": never,
    },
    volumePluginDir: "/var/lib/kubelet/volumeplugins",
    serializeImagePulls: false,
  });
}

/** Where a node's programs find the API server. */
export const apiServer = (identity: Omit<Endpoint, "server">): Endpoint => ({
  server: `https://${HUB_ADDRESS}:${API_PORT}`,
  ...identity,
});

/** CoreDNS: the cluster's names only, nothing is forwarded (there is no way out). */
export function corefile(kubeconfig: string): string {
  return `.:53 {
  bind ${HUB_ADDRESS}
  errors
  kubernetes ${CLUSTER_DOMAIN} in-addr.arpa {
    kubeconfig ${kubeconfig}
    pods insecure
    ttl 2
  }
}
`;
}
