/**
 * The operator's client, informer and leader lease on a real API server, through a connection that is frozen and cut.
 * What calls mean is held by api-conformance.test.ts; here is how they fare on a bad network.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KubeConfig } from "@kubernetes/client-node";
import { Informer } from "../../capabilities/runtime/informer";
import { KubeClient } from "../../capabilities/runtime/kube/client";
import { credentialSource } from "../../capabilities/runtime/kube/credentials";
import { configMaps, leases, namespaces, timesTenClassics } from "../../capabilities/runtime/kube/resources";
import { LeaderLease, type LeaseObject } from "../../capabilities/runtime/lease";
import type { KubeError, KubeObject, Resource, WatchEvent } from "../../capabilities/runtime/ports";
import { systemClock, systemRandom } from "../../capabilities/runtime/system";
import { startControlPlane, type ControlPlane } from "../../testbed/cluster";
import { TcpProxy } from "../support/tcp-proxy";

jest.setTimeout(60_000);

interface ConfigMap extends KubeObject {
  data: Record<string, string>;
}

const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

let plane: ControlPlane;
let proxy: TcpProxy;
let direct: KubeClient;
let folder: string;
let namespace: string;
let count = 0;

beforeAll(async () => {
  plane = await startControlPlane({ controllers: false });
  direct = new KubeClient({ credentials: credentialSource(config => config.loadFromFile(plane.kubeconfig)) });
  folder = mkdtempSync(join(tmpdir(), "kube-client-"));
}, 900_000);

afterAll(async () => {
  direct?.close();
  if (folder !== undefined) rmSync(folder, { recursive: true });
  await plane?.stop();
});

beforeEach(async () => {
  const config = await credentialSource(loaded => loaded.loadFromFile(plane.kubeconfig)).read();
  proxy = await TcpProxy.start(Number(new URL(config.server).port));
  namespace = `client-${++count}`;
  await direct.create(namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
});

afterEach(() => proxy.stop());

/** The kubeconfig, with the way through the proxy. */
function throughProxy(config: KubeConfig): void {
  config.loadFromFile(plane.kubeconfig);
  config.clusters = config.clusters.map(cluster => ({
    ...cluster,
    server: `https://127.0.0.1:${proxy.port}`,
  }));
}

const proxied = (options = {}): KubeClient =>
  new KubeClient({ credentials: credentialSource(throughProxy), ...options });

async function until(what: string, condition: () => boolean, withinMs = 20_000): Promise<void> {
  const deadlineMs = performance.now() + withinMs;
  while (!condition()) {
    if (performance.now() > deadlineMs) throw new Error(`never came: ${what}`);
    await new Promise(resolve => setTimeout(resolve, 5));
  }
}

const configMap = (name: string, value = "1"): ConfigMap => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace },
  data: { value },
});

const failure = (work: Promise<unknown>): Promise<KubeError> =>
  work.then(
    () => Promise.reject(new Error("it went well")),
    (error: unknown) => error as KubeError,
  );

describe("the client on a real API server", () => {
  it("makes many calls over one connection", async () => {
    const kube = proxied();
    for (let i = 0; i < 50; i++) await kube.get(configMaps, namespace, `none-${i}`);
    expect(proxy.accepted).toBe(1);
    kube.close();
    await until("the connection is closed", () => proxy.open === 0);
  });

  it("gives list items and events of built-in kinds their kind", async () => {
    await direct.create(configMaps, configMap("one"));
    const { items, resourceVersion } = await direct.list<ConfigMap>(configMaps, { namespace });
    expect(items).toMatchObject([{ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "one" } }]);
    const heard: WatchEvent<KubeObject>[] = [];
    const end = direct.watch(
      configMaps,
      { namespace, resourceVersion },
      { onEvent: event => heard.push(event), onEnd: () => undefined },
    );
    await direct.create(configMaps, configMap("two"));
    await until("the event", () => heard.length === 1);
    expect(heard).toMatchObject([
      { type: "ADDED", object: { kind: "ConfigMap", metadata: { name: "two" } } },
    ]);
    end();
  });

  it("says 0 when there is no answer before the deadline, and works on afterwards", async () => {
    const kube = proxied({ getDeadlineMs: 300, callDeadlineMs: 300 });
    await kube.get(configMaps, namespace, "none");
    proxy.freeze();
    expect(await failure(kube.get(configMaps, namespace, "none"))).toMatchObject({
      status: 0,
      reason: "NoAnswer",
    });
    expect(await failure(kube.create(configMaps, configMap("late")))).toMatchObject({ status: 0 });
    proxy.cut();
    proxy.thaw();
    expect(await kube.get(configMaps, namespace, "none")).toBeNull();
    kube.close();
  });

  it("says 0 when nobody listens", async () => {
    const kube = proxied();
    await proxy.stop();
    expect(await failure(kube.list(configMaps, { namespace }))).toMatchObject({ status: 0 });
    proxy = await TcpProxy.start(1);
  });

  it("reads once more when the kept connection was just closed, but never writes once more", async () => {
    const kube = proxied();
    await kube.get(configMaps, namespace, "none");
    proxy.cut();
    expect(await kube.get(configMaps, namespace, "none")).toBeNull();
    proxy.cut();
    expect(await failure(kube.create(configMaps, configMap("one")))).toMatchObject({ status: 0 });
    expect(proxy.accepted).toBe(2);
    kube.close();
  });

  it("tells a kind that is not served from an object that is not there", async () => {
    expect(await direct.get(configMaps, namespace, "none")).toBeNull();
    const unserved: Resource = { ...timesTenClassics, plural: "nothings" };
    expect(await failure(direct.get(unserved, namespace, "none"))).toMatchObject({ status: 404 });
  });

  it("ends a watch that falls silent, and one that breaks", async () => {
    const kube = proxied({ watchSilenceMs: 400 });
    const { resourceVersion } = await kube.list(configMaps, { namespace });
    const ends: (KubeError | null)[] = [];
    const open = (): (() => void) =>
      kube.watch(
        configMaps,
        { namespace, resourceVersion },
        { onEvent: () => undefined, onEnd: e => ends.push(e) },
      );
    open();
    await until("the silent watch ends", () => ends.length === 1);
    expect(ends[0]).toMatchObject({ status: 0, message: "the watch was silent for 400 ms" });
    open();
    await until("the watch is open", () => proxy.open >= 1);
    proxy.cut();
    await until("the broken watch ends", () => ends.length === 2);
    expect(ends[1]).toMatchObject({ status: 0 });
    const end = open();
    end();
    proxy.cut();
    kube.close();
    await until("no connection is left", () => proxy.open === 0);
    expect(ends).toHaveLength(2);
  });

  it("uses a service account's token and reads it again when it was refused", async () => {
    const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "reader", namespace } };
    const accounts: Resource = {
      group: "",
      version: "v1",
      plural: "serviceaccounts",
      kind: "ServiceAccount",
      namespaced: true,
    };
    await direct.create(accounts, account);
    const tokenFile = join(folder, `token-${count}`);
    writeFileSync(tokenFile, "not a token");
    const config = await credentialSource(loaded => loaded.loadFromFile(plane.kubeconfig)).read();
    const source = credentialSource(loaded =>
      loaded.loadFromClusterAndUser(
        { name: "c", server: config.server, skipTLSVerify: false, caData: base64(config.tls.ca) },
        { name: "u", authProvider: { name: "tokenFile", config: { tokenFile } } },
      ),
    );
    const kube = new KubeClient({ credentials: source });
    expect(await failure(kube.get(configMaps, namespace, "none"))).toMatchObject({ status: 401 });
    writeFileSync(tokenFile, await tokenFor(accounts));
    // It is known now, and has no rights: refused for another reason.
    expect(await failure(kube.get(configMaps, namespace, "none"))).toMatchObject({
      status: 403,
      reason: "Forbidden",
    });
    kube.close();
  });

  const base64 = (ca: unknown): string => Buffer.from(String(ca)).toString("base64");

  async function tokenFor(accounts: Resource): Promise<string> {
    const request = {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      metadata: { name: "reader", namespace },
      spec: { expirationSeconds: 600 },
    };
    const subresource: Resource = { ...accounts, plural: "serviceaccounts/reader/token" };
    const answer = (await direct.create(subresource, request)) as unknown as { status: { token: string } };
    return answer.status.token;
  }
});

describe("the informer on a real API server", () => {
  it("is complete again after its connections were cut and what happened meanwhile", async () => {
    const kube = proxied();
    const informer = new Informer<ConfigMap>({
      clock: systemClock,
      random: systemRandom,
      log: silent,
      kube,
      resource: configMaps,
      namespaces: [namespace],
    });
    informer.start();
    await informer.whenSynced();
    await direct.create(configMaps, configMap("a"));
    await direct.create(configMaps, configMap("b"));
    await until("both are there", () => informer.list().length === 2);
    proxy.freeze();
    await direct.delete(configMaps, namespace, "a");
    await direct.replace(configMaps, configMap("b", "2"));
    proxy.cut();
    proxy.thaw();
    await until(
      "it caught up",
      () => informer.list().length === 1 && informer.get(namespace, "b")?.data["value"] === "2",
    );
    informer.stop();
    kube.close();
  });
});

describe("the leader lease on a real API server", () => {
  it("passes on when it is given back, and when its holder is cut off", async () => {
    const [ours, others] = [proxied({ getDeadlineMs: 500, callDeadlineMs: 500 }), direct];
    const make = (identity: string, kube: KubeClient): LeaderLease =>
      new LeaderLease({
        clock: systemClock,
        log: silent,
        kube,
        namespace,
        name: "timesten-operator",
        identity,
      });
    const [a, b, c] = [make("a", direct), make("b", ours), make("c", others)];
    a.start();
    await until("a leads", () => a.isLeader());
    b.start();
    await until("b waits", () => b.holder() === "a");
    await a.stop();
    await until("b leads", () => b.isLeader());
    c.start();
    proxy.freeze();
    await until("c leads", () => c.isLeader());
    expect(b.isLeader()).toBe(false);
    const lease = await direct.get<LeaseObject>(leases, namespace, "timesten-operator");
    expect(lease?.spec).toMatchObject({ holderIdentity: "c", leaseTransitions: 2, leaseDurationSeconds: 4 });
    proxy.cut();
    proxy.thaw();
    await Promise.all([b.stop(), c.stop()]);
    ours.close();
  });
});
