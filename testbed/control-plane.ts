/** etcd, kube-apiserver, kube-controller-manager and kube-scheduler as plain processes; needs no root by itself. */
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { kubeClient, kubeconfig, type Endpoint, type KubeClient } from "./kube";
import { launch, tail, type Proc } from "./process";
import type { Tools } from "./tools";
import { FatalError, waitFor } from "./wait";
import {
  createAuthority,
  createSigningKey,
  type Authority,
  type Identity,
  type Subject,
  type Usage,
} from "./x509";

export interface PlaneOptions {
  readonly dir: string;
  readonly tools: Tools;
  /** IPv4 address the API server listens on. */
  readonly address: string;
  readonly ports: PlanePorts;
  /** false: only etcd and the API server. */
  readonly controllers: boolean;
  /** Time without a word from a kubelet after which its node is NotReady, seconds. */
  readonly nodeMonitorGraceSeconds: number;
}

export interface PlanePorts {
  readonly api: number;
  readonly etcd: number;
  readonly etcdPeer: number;
  readonly controllerManager: number;
  readonly scheduler: number;
}

export interface Plane {
  readonly ca: Authority;
  /** Where and as whom (system:masters) to call the API. */
  readonly admin: Endpoint;
  readonly client: KubeClient;
  /** Folder with `ca.crt` and the servers' keys. */
  readonly pki: string;
  /** Resolves when /readyz is ok; throws when a process ends or after 60 s. */
  ready(): Promise<void>;
  /** Starts the controllers (no-op without `controllers`) and waits for the first default ServiceAccount. */
  startControllers(): Promise<void>;
  /** Names of processes that have ended although nobody stopped them. */
  dead(): string[];
  stop(): Promise<void>;
}

export const SERVICE_CIDR = "10.97.0.0/16";
const SERVICE_ADDRESS = "10.97.0.1";
export const POD_CIDR = "10.64.0.0/16";
export const CLUSTER_DOMAIN = "cluster.local";
const LOOPBACK = "127.0.0.1";
/** The controllers start one after the other and ask for a token each: the default of 20 requests/s is felt. */
const CLIENT_RATE = ["--kube-api-qps=1000", "--kube-api-burst=2000"];

/** Ports for a control plane in a network namespace of its own. */
export const FIXED_PORTS: PlanePorts = {
  api: 6443,
  etcd: 2379,
  etcdPeer: 2380,
  controllerManager: 10257,
  scheduler: 10259,
};

/** Five ports of 127.0.0.1 that are free now. Another process may take one before it is used: then starting fails. */
export async function freePorts(): Promise<PlanePorts> {
  const servers = await Promise.all(
    Array.from(
      { length: 5 },
      () =>
        new Promise<ReturnType<typeof createServer>>((done, fail) => {
          const server = createServer();
          server.once("error", fail).listen(0, LOOPBACK, () => done(server));
        }),
    ),
  );
  const ports = servers.map(s => (s.address() as { port: number }).port);
  await Promise.all(servers.map(s => new Promise(done => s.close(done))));
  const [api = 0, etcd = 0, etcdPeer = 0, controllerManager = 0, scheduler = 0] = ports;
  return { api, etcd, etcdPeer, controllerManager, scheduler };
}

interface Files {
  readonly ca: Authority;
  readonly pki: string;
  readonly identity: (name: string, subject: Subject, usage: Usage) => Identity;
  readonly file: (name: string) => string;
}

function makeFiles(o: PlaneOptions): Files {
  const pki = join(o.dir, "pki");
  mkdirSync(pki, { recursive: true, mode: 0o700 });
  const file = (name: string): string => join(pki, name);
  const write = (name: string, text: string): void => writeFileSync(file(name), text, { mode: 0o600 });
  const ca = createAuthority("timesten-testbed");
  write("ca.crt", ca.cert);
  write("ca.key", ca.key);
  const identity = (name: string, subject: Subject, usage: Usage): Identity => {
    const made = ca.issue(subject, usage);
    write(`${name}.crt`, made.cert);
    write(`${name}.key`, made.key);
    return made;
  };
  const service = ["kubernetes", "kubernetes.default", "kubernetes.default.svc"];
  identity(
    "apiserver",
    { commonName: "kube-apiserver" },
    {
      server: true,
      client: true,
      names: [
        ...new Set([LOOPBACK, o.address, SERVICE_ADDRESS]),
        "localhost",
        ...service,
        `kubernetes.default.svc.${CLUSTER_DOMAIN}`,
      ],
    },
  );
  identity(
    "kubelet-client",
    { organization: "system:masters", commonName: "apiserver-kubelet-client" },
    { client: true },
  );
  identity("front-proxy", { commonName: "front-proxy" }, { client: true });
  const tokens = createSigningKey();
  write("sa.key", tokens.privateKey);
  write("sa.pub", tokens.publicKey);
  return { ca, pki, identity, file };
}

function etcdArguments(o: PlaneOptions): string[] {
  const client = `http://${LOOPBACK}:${o.ports.etcd}`;
  const peer = `http://${LOOPBACK}:${o.ports.etcdPeer}`;
  return [
    "--name=testbed",
    `--data-dir=${join(o.dir, "etcd")}`,
    "--unsafe-no-fsync", // the data goes with the cluster
    "--log-level=warn",
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=testbed=${peer}`,
  ];
}

function apiserverArguments(o: PlaneOptions, f: Files): string[] {
  return [
    `--etcd-servers=http://${LOOPBACK}:${o.ports.etcd}`,
    `--bind-address=${o.address}`,
    `--advertise-address=${o.address}`,
    `--secure-port=${o.ports.api}`,
    `--tls-cert-file=${f.file("apiserver.crt")}`,
    `--tls-private-key-file=${f.file("apiserver.key")}`,
    `--client-ca-file=${f.file("ca.crt")}`,
    `--kubelet-client-certificate=${f.file("kubelet-client.crt")}`,
    `--kubelet-client-key=${f.file("kubelet-client.key")}`,
    "--kubelet-preferred-address-types=InternalIP,Hostname",
    `--requestheader-client-ca-file=${f.file("ca.crt")}`,
    "--requestheader-allowed-names=front-proxy",
    "--requestheader-username-headers=X-Remote-User",
    "--requestheader-group-headers=X-Remote-Group",
    "--requestheader-extra-headers-prefix=X-Remote-Extra-",
    `--proxy-client-cert-file=${f.file("front-proxy.crt")}`,
    `--proxy-client-key-file=${f.file("front-proxy.key")}`,
    `--service-account-issuer=https://kubernetes.default.svc.${CLUSTER_DOMAIN}`,
    `--service-account-key-file=${f.file("sa.pub")}`,
    `--service-account-signing-key-file=${f.file("sa.key")}`,
    "--authorization-mode=Node,RBAC",
    "--enable-admission-plugins=NodeRestriction",
    "--allow-privileged=true",
    `--service-cluster-ip-range=${SERVICE_CIDR}`,
    // A loopback address is refused as an endpoint of the `kubernetes` Service.
    `--endpoint-reconciler-type=${o.address === LOOPBACK ? "none" : "lease"}`,
    // There is no kube-proxy beside the API server: it reaches webhooks by their pods' addresses.
    "--enable-aggregator-routing=true",
    "--profiling=false",
  ];
}

function controllerManagerArguments(o: PlaneOptions, f: Files, config: string): string[] {
  return [
    `--kubeconfig=${config}`,
    `--bind-address=${LOOPBACK}`,
    `--secure-port=${o.ports.controllerManager}`,
    "--leader-elect=false",
    "--use-service-account-credentials=true",
    `--service-account-private-key-file=${f.file("sa.key")}`,
    `--root-ca-file=${f.file("ca.crt")}`,
    `--cluster-signing-cert-file=${f.file("ca.crt")}`,
    `--cluster-signing-key-file=${f.file("ca.key")}`,
    `--flex-volume-plugin-dir=${join(o.dir, "flex")}`, // else root makes /usr/libexec/kubernetes
    `--node-monitor-grace-period=${o.nodeMonitorGraceSeconds}s`,
    "--node-monitor-period=1s",
    "--allocate-node-cidrs=false",
    `--cluster-cidr=${POD_CIDR}`,
    `--service-cluster-ip-range=${SERVICE_CIDR}`,
    "--profiling=false",
    ...CLIENT_RATE,
  ];
}

function schedulerArguments(o: PlaneOptions, config: string): string[] {
  return [
    `--kubeconfig=${config}`,
    `--bind-address=${LOOPBACK}`,
    `--secure-port=${o.ports.scheduler}`,
    "--leader-elect=false",
    "--profiling=false",
    ...CLIENT_RATE,
  ];
}

/** Writes certificates and starts etcd and the API server; returns at once, see {@link Plane.ready}. */
export function startPlane(o: PlaneOptions): Plane {
  const log = join(o.dir, "log");
  mkdirSync(log, { recursive: true });
  mkdirSync(join(o.dir, "etcd"), { recursive: true, mode: 0o700 });
  const files = makeFiles(o);
  const server = `https://${o.address}:${o.ports.api}`;
  const endpoint = (id: Identity): Endpoint => ({ server, ca: files.ca.cert, cert: id.cert, key: id.key });
  const admin = endpoint(
    files.identity("admin", { organization: "system:masters", commonName: "admin" }, { client: true }),
  );
  const client = kubeClient(admin);
  const procs: Proc[] = [];
  const start = (
    name: "etcd" | "kube-apiserver" | "kube-controller-manager" | "kube-scheduler",
    args: string[],
  ) => procs.push(launch({ name, command: o.tools(name), args, logFile: join(log, `${name}.log`) }));
  const config = (user: string): string => {
    const path = join(files.pki, `${user}.kubeconfig`);
    const id = files.identity(user, { commonName: `system:${user}` }, { client: true });
    writeFileSync(path, kubeconfig("testbed", endpoint(id)), { mode: 0o600 });
    return path;
  };
  const dead = (): string[] => procs.filter(p => !p.alive()).map(p => p.name);
  const checkAlive = (): void => {
    const ended = procs.find(p => !p.alive());
    if (ended !== undefined) throw new FatalError(`${ended.name} ended:\n${tail(ended.logFile)}`);
  };

  start("etcd", etcdArguments(o));
  start("kube-apiserver", apiserverArguments(o, files));
  return {
    ca: files.ca,
    admin,
    client,
    pki: files.pki,
    dead,
    async ready() {
      const look = async (): Promise<true | undefined> => {
        checkAlive();
        return (await client.probe("/readyz")).status === 200 ? true : undefined;
      };
      await waitFor("API server ready", look, { timeoutMs: 60_000 });
    },
    async startControllers() {
      if (!o.controllers) return;
      start(
        "kube-controller-manager",
        controllerManagerArguments(o, files, config("kube-controller-manager")),
      );
      start("kube-scheduler", schedulerArguments(o, config("kube-scheduler")));
      const look = async (): Promise<true> => {
        checkAlive();
        await client.request("GET", "/api/v1/namespaces/default/serviceaccounts/default");
        return true;
      };
      await waitFor("default ServiceAccount", look, { timeoutMs: 60_000 });
    },
    async stop() {
      client.close();
      await Promise.all(procs.map(p => p.stop(0)));
    },
  };
}
