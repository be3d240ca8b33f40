import { buildStatefulSet, ttResources } from "../../../capabilities/objects";
import { sample, settings } from "./sample";
import { all, built, envOf, mountsOf, named, names, podOf, template } from "./view";

const LIBRARY_PATH =
  "/tt/home/oracle/instances/instance1/ttclasses/lib:/tt/home/oracle/instances/instance1/install/lib:/tt/home/oracle/instances/instance1/install/ttoracle_home/instantclient_11_2";

const witnessMounts = [
  "/ttagent from tt-agent (ro)",
  "/ttoperator from tt-operator (ro)",
  "/ttrun from tt-run (ro)",
];

describe("the StatefulSet of the documents' sample, as `kubectl describe statefulset sample` lists it", () => {
  const set = built();

  it("has name, selector, labels and owner", () => {
    expect(set.metadata).toEqual({
      name: "sample",
      namespace: "mynamespace",
      labels: { app: "sample" },
      ownerReferences: [
        {
          apiVersion: "timesten.oracle.com/v1",
          kind: "TimesTenClassic",
          name: "sample",
          uid: "f2a16dff-9acd-11eb-86a3-06b2b9dd76bc",
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    });
    expect(set.spec.selector.matchLabels).toEqual({ app: "sample" });
    expect(set.spec.template.metadata.labels).toEqual({ app: "sample" });
  });

  it("runs two Pods, started together and replaced only by the operator", () => {
    expect(set.spec.replicas).toBe(2);
    expect(set.spec.podManagementPolicy).toBe("Parallel");
    expect(set.spec.updateStrategy).toEqual({ type: "OnDelete" });
    expect(set.spec.serviceName).toBe("sample");
  });

  it("marks the Pods with the object they belong to", () => {
    expect(set.spec.template.metadata.annotations).toEqual({ TTC: "f2a16dff-9acd-11eb-86a3-06b2b9dd76bc" });
  });

  it("has ttinit, tt and daemonlog of the user's image, and the init container that brings the agent", () => {
    expect(names(podOf(set).initContainers)).toEqual(["ttagent", "ttinit"]);
    expect(names(podOf(set).containers)).toEqual(["tt", "daemonlog"]);
    for (const name of ["ttinit", "tt", "daemonlog"]) {
      expect(named(set, name).image).toBe("phx.ocir.io/youraccount/tt181440:2");
      expect(named(set, name).imagePullPolicy).toBe("Always");
    }
    expect(named(set, "ttagent").image).toBe("registry.local/timesten-operator:dev");
  });

  it.each(["ttinit", "tt"])("gives %s the four ports", name => {
    expect(named(set, name).ports).toEqual([
      { name: "agent", containerPort: 8443, protocol: "TCP" },
      { name: "daemon", containerPort: 6624, protocol: "TCP" },
      { name: "cs", containerPort: 6625, protocol: "TCP" },
      { name: "repl", containerPort: 4444, protocol: "TCP" },
    ]);
  });

  it("gives every container of TimesTen its environment", () => {
    const common = { TIMESTEN_HOME: "/tt/home/oracle/instances/instance1", LD_LIBRARY_PATH: LIBRARY_PATH };
    expect(envOf(named(set, "daemonlog"))).toEqual({
      ...common,
      POD_NAME: { fieldRef: { fieldPath: "metadata.name" } },
      POD_UID: { fieldRef: { fieldPath: "metadata.uid" } },
      TT_GRACE_MS: "27000",
    });
    const tt = envOf(named(set, "tt"));
    expect(tt).toMatchObject({ ...common, TT_REPLICATION_TOPOLOGY: "activeStandbyPair" });
    expect(tt).not.toHaveProperty("TT_INIT_CONTAINER");
    expect(envOf(named(set, "ttinit"))).toEqual({ ...tt, TT_INIT_CONTAINER: "1" });
  });

  it("tells the agent who it is and who its peers are", () => {
    expect(envOf(named(set, "tt"))).toMatchObject({
      TT_OBJECT_NAME: "sample",
      TT_OBJECT_UID: "f2a16dff-9acd-11eb-86a3-06b2b9dd76bc",
      TT_DB_NAME: "sample",
      TT_REP_PORT: "4444",
      POD_NAME: { fieldRef: { fieldPath: "metadata.name" } },
      POD_NAMESPACE: { fieldRef: { fieldPath: "metadata.namespace" } },
      POD_UID: { fieldRef: { fieldPath: "metadata.uid" } },
      TT_PEER_HOSTS:
        "sample-0.sample.mynamespace.svc.cluster.local,sample-1.sample.mynamespace.svc.cluster.local",
    });
  });

  it("tells an independent database of no peers, so that scaling changes no template", () => {
    const of = (replicas: number) =>
      buildStatefulSet(sample({ replicationTopology: "none", replicas }), settings);
    expect(envOf(named(of(3), "tt"))).toMatchObject({ TT_REPLICATION_TOPOLOGY: "none", TT_PEER_HOSTS: "" });
    expect(of(3).spec.template).toEqual(of(2).spec.template);
  });

  it("mounts what the documents show, and the agent", () => {
    const mounts = [
      "/tt from tt-persistent",
      "/ttagent from tt-agent (ro)",
      "/ttconfig from tt-config",
      "/ttoperator from tt-operator (ro)",
    ];
    expect(mountsOf(named(set, "tt"))).toEqual([...mounts, "/ttrun from tt-run"]);
    expect(mountsOf(named(set, "ttinit"))).toEqual(mounts);
    expect(mountsOf(named(set, "daemonlog"))).toEqual(["/tt from tt-persistent", ...witnessMounts]);
    expect(mountsOf(named(set, "ttagent"))).toEqual(["/ttoperator from tt-operator"]);
  });

  it("runs the agent with its own loader and libraries, whatever the image has", () => {
    const loader = ["/ttoperator/lib/ld-linux-x86-64.so.2", "--library-path", "/ttoperator/lib"];
    expect(named(set, "ttinit").command).toEqual([
      ...loader,
      "/ttoperator/node",
      "/ttoperator/agent.cjs",
      "init",
    ]);
    expect(named(set, "tt").command).toEqual([...loader, "/ttoperator/node", "/ttoperator/agent.cjs", "run"]);
    expect(named(set, "ttagent").command).toEqual([
      "/agent/lib/ld-linux-x86-64.so.2",
      "--library-path",
      "/agent/lib",
      "/agent/node",
      "/agent/agent.cjs",
      "install",
      "/ttoperator",
    ]);
  });

  it("follows TimesTen's log in daemonlog beside the witness, with the documents' small requests", () => {
    const daemonlog = named(set, "daemonlog");
    expect(daemonlog.ports).toEqual([{ name: "witness", containerPort: 8444, protocol: "TCP" }]);
    expect(daemonlog.command).toEqual([
      "/ttoperator/lib/ld-linux-x86-64.so.2",
      "--library-path",
      "/ttoperator/lib",
      "/ttoperator/node",
      "/ttoperator/agent.cjs",
      "witness",
      "sh",
      "-c",
      "/bin/bash <<'EOF'\nwhile [ 1 ] ; do tail --follow=name /tt/home/oracle/instances/instance1/diag/ttmesg.log --max-unchanged-stats=5; sleep 1; done\nexit 0\nEOF",
    ]);
    expect(daemonlog.resources).toEqual({ requests: { cpu: "100m", memory: "20Mi" } });
    expect(named(set, "tt").resources).toBeUndefined();
  });

  it("has the Secret with only what the agent needs, the ConfigMap's files and an empty folder as volumes", () => {
    expect(podOf(set).volumes).toEqual([
      {
        name: "tt-agent",
        secret: {
          secretName: "ttf2a16dff-9acd-11eb-86a3-06b2b9dd76bc",
          items: ["ca.crt", "agent.crt", "agent.key", "agentUser"].map(key => ({ key, path: key })),
          defaultMode: 0o440,
        },
      },
      { name: "tt-config", projected: { sources: [{ configMap: { name: "sample" } }] } },
      { name: "tt-operator", emptyDir: {} },
      { name: "tt-run", emptyDir: { medium: "Memory", sizeLimit: "1Mi" } },
    ]);
  });

  it("claims 250G of class oci", () => {
    expect(set.spec.volumeClaimTemplates).toEqual([
      {
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        metadata: { name: "tt-persistent" },
        spec: {
          accessModes: ["ReadWriteOnce"],
          storageClassName: "oci",
          resources: { requests: { storage: "250G" } },
        },
      },
    ]);
  });

  it("pulls with the one secret, shares processes between containers, and gives thirty seconds to stop", () => {
    expect(podOf(set).imagePullSecrets).toEqual([{ name: "sekret" }]);
    expect(podOf(set).shareProcessNamespace).toBe(true);
    expect(podOf(set).terminationGracePeriodSeconds).toBe(30);
    expect(podOf(set).securityContext).toEqual({ fsGroup: 333 });
    expect(podOf(set).automountServiceAccountToken).toBe(false);
  });

  it("runs TimesTen as its own user without privileges", () => {
    for (const container of all(set)) {
      expect(container.securityContext).toEqual({
        runAsUser: 333,
        runAsGroup: 333,
        runAsNonRoot: true,
        privileged: false,
        allowPrivilegeEscalation: false,
        capabilities: { drop: ["ALL"] },
        seccompProfile: { type: "RuntimeDefault" },
      });
    }
  });

  it("asks the agent whether the database does its part, so that both healthy Pods are Ready", () => {
    expect(named(set, "tt").readinessProbe).toEqual({
      httpGet: { path: "/ready", port: 8445, scheme: "HTTP" },
      periodSeconds: 5,
      timeoutSeconds: 2,
      successThreshold: 1,
      failureThreshold: 1,
    });
  });

  it.each(["ttagent", "ttinit", "daemonlog"])("probes nothing of %s", name => {
    expect(named(set, name)).not.toHaveProperty("readinessProbe");
  });

  it("has no field that is undefined (the API knows only present and absent)", () => {
    expect(JSON.parse(JSON.stringify(set))).toStrictEqual(set);
  });
});

describe("settings of the spec", () => {
  it("name the database after the part before the first dash", () => {
    const object = sample();
    object.metadata.name = "orders-eu-west";
    const tt = named(buildStatefulSet(object, settings), "tt");
    expect(envOf(tt)["TT_DB_NAME"]).toBe("orders");
    expect(envOf(tt)["TT_OBJECT_NAME"]).toBe("orders-eu-west");
  });

  it("have only the active of a pair Ready where that is wanted", () => {
    const path = (ttspec: Parameters<typeof built>[0]) =>
      (named(built(ttspec), "tt").readinessProbe as { httpGet: { path: string } }).httpGet.path;
    expect(path({ createASReadinessProbe: true })).toBe("/active");
    expect(path({ createASReadinessProbe: false })).toBe("/ready");
    expect(path({ createASReadinessProbe: true, replicationTopology: "none" })).toBe("/ready");
  });

  it("take another replication port", () => {
    const tt = named(built({ repPort: 5555 }), "tt");
    expect(tt.ports?.[3]).toEqual({ name: "repl", containerPort: 5555, protocol: "TCP" });
    expect(envOf(tt)["TT_REP_PORT"]).toBe("5555");
  });

  it("add a log volume with the class of the data unless it has its own", () => {
    const set = built({ logStorageSize: "10Gi" });
    expect(set.spec.volumeClaimTemplates[1]).toMatchObject({
      metadata: { name: "tt-log" },
      spec: { storageClassName: "oci", resources: { requests: { storage: "10Gi" } } },
    });
    expect(mountsOf(named(set, "tt"))).toContain("/ttlog from tt-log");
    expect(mountsOf(named(set, "daemonlog"))).toEqual([
      "/tt from tt-persistent",
      "/ttlog from tt-log",
      ...witnessMounts,
    ]);
    const own = built({
      logStorageSize: "10Gi",
      logStorageClassName: "fast",
      logStorageSelector: { matchLabels: { a: "b" } },
    });
    expect(own.spec.volumeClaimTemplates[1]).toMatchObject({
      spec: { storageClassName: "fast", selector: { matchLabels: { a: "b" } } },
    });
  });

  it("claim 50Gi when no size is given", () => {
    const { storageSize: _, ...rest } = sample().spec.ttspec;
    const object = { ...sample(), spec: { ttspec: rest } };
    expect(buildStatefulSet(object, settings).spec.volumeClaimTemplates[0]).toMatchObject({
      spec: { resources: { requests: { storage: "50Gi" } } },
    });
  });

  it("put the ConfigMaps before the Secrets in /ttconfig, each in its order", () => {
    const set = built({ dbConfigMap: ["b", "a"], dbSecret: ["z", "y"] });
    expect(podOf(set).volumes).toContainEqual({
      name: "tt-config",
      projected: {
        sources: [
          { configMap: { name: "b" } },
          { configMap: { name: "a" } },
          { secret: { name: "z" } },
          { secret: { name: "y" } },
        ],
      },
    });
  });

  it("leave /ttconfig out when there is nothing for it", () => {
    const { dbConfigMap: _, ...rest } = sample().spec.ttspec;
    const set = buildStatefulSet({ ...sample(), spec: { ttspec: rest } }, settings);
    expect((podOf(set).volumes ?? []).map(volume => volume.name)).toEqual([
      "tt-agent",
      "tt-operator",
      "tt-run",
    ]);
    expect(mountsOf(named(set, "tt")).join()).not.toContain("/ttconfig");
  });

  it("leave daemonlog out on request, but not the witness of a pair", () => {
    const set = built({ daemonLogSidecar: false });
    expect(names(podOf(set).containers)).toEqual(["tt", "tt-witness"]);
    const witness = named(set, "tt-witness");
    expect(witness.command?.slice(-2)).toEqual(["/ttoperator/agent.cjs", "witness"]);
    expect(witness.ports).toEqual(named(built(), "daemonlog").ports);
    expect(envOf(witness)).toEqual(envOf(named(built(), "daemonlog")));
    expect(mountsOf(witness)).toEqual(witnessMounts);
    expect(witness.resources).toEqual({ requests: { cpu: "100m", memory: "20Mi" } });
    const alone = built({ daemonLogSidecar: false, replicationTopology: "none" });
    expect(names(podOf(alone).containers)).toEqual(["tt"]);
  });

  it("never leave a user a container of the witness's name", () => {
    const mine = { name: "tt-witness", image: "mine", resources: { limits: { memory: "1Gi" } } };
    const set = built({ daemonLogSidecar: false }, template({ containers: [mine] }));
    expect(names(podOf(set).containers)).toEqual(["tt", "tt-witness"]);
    expect(named(set, "tt-witness").image).toBe("phx.ocir.io/youraccount/tt181440:2");
    expect(named(set, "tt-witness").resources).toEqual(mine.resources);
  });

  it("change the grace period", () => {
    expect(podOf(built({ terminationGracePeriod: 7 })).terminationGracePeriodSeconds).toBe(7);
    expect(
      podOf(built({}, template({ terminationGracePeriodSeconds: 90 }))).terminationGracePeriodSeconds,
    ).toBe(90);
  });

  it("leave the agent a little less than the grace period", () => {
    const graceMs = (seconds: number) =>
      envOf(named(built({ terminationGracePeriod: seconds }), "tt"))["TT_GRACE_MS"];
    expect(graceMs(90)).toBe("87000");
    expect(graceMs(2)).toBe("1000");
  });

  it("run independent databases in a StatefulSet of their number, replaced only by the operator too", () => {
    const set = built({ replicationTopology: "none", replicas: 3, rollingUpdatePartition: 1 });
    expect(set.spec.replicas).toBe(3);
    expect(set.spec.updateStrategy).toEqual({ type: "OnDelete" });
    expect(envOf(named(set, "tt"))["TT_REPLICATION_TOPOLOGY"]).toBe("none");
  });

  it("size the memory of tt and ttinit", () => {
    const amounts = { memory: String(44 * 2 ** 30) };
    const set = built({ databaseMemorySize: "40Gi", additionalMemoryRequest: "4Gi" });
    expect(named(set, "tt").resources).toEqual({ requests: amounts, limits: amounts });
    expect(named(set, "ttinit").resources).toEqual(named(set, "tt").resources);
  });

  it("size huge pages upwards to whole ones", () => {
    const set = built({ databaseMemorySize: "40G", useHugePages: true, databaseCPURequest: "2" });
    const amounts = { memory: String(2 * 2 ** 30), "hugepages-2Mi": "40001077248", cpu: "2" };
    expect(named(set, "tt").resources).toEqual({ requests: amounts, limits: amounts });
  });

  describe("with the need of the database by its db.ini", () => {
    const size = { bytes: 580911104, because: "554 MiB for PermSize=200" };
    const figure = (ttspec = {}, spec = {}) => ttResources(sample(ttspec, spec), { size });
    const limits = (ttspec = {}, spec = {}) => figure(ttspec, spec).resources?.limits;

    it("size the memory of tt by it and say how", () => {
      expect(limits()).toEqual({ memory: "2728394752" });
      expect(figure().because).toBe("2602 MiB = 554 MiB for PermSize=200 + additionalMemoryRequest 2Gi");
    });

    it("put it into huge pages", () => {
      expect(limits({ useHugePages: true })).toEqual({ memory: "2147483648", "hugepages-2Mi": "580911104" });
      expect(figure({ useHugePages: true }).because).toContain("277 huge pages (554 MiB)");
    });

    it("let databaseMemorySize win", () => {
      expect(limits({ databaseMemorySize: "1Gi" })).toEqual({ memory: String(3 * 2 ** 30) });
      expect(figure({ databaseMemorySize: "1Gi" }).because).toBe(
        "3072 MiB = databaseMemorySize 1Gi + additionalMemoryRequest 2Gi",
      );
    });

    it("leave the template's memory alone, and complete its CPU", () => {
      const mine = { limits: { memory: "8Gi" } };
      const spec = template({ containers: [{ name: "tt", resources: mine }] });
      expect(figure({}, spec)).toEqual({ resources: mine, because: "as spec.template has it" });
      expect(limits({ databaseCPURequest: "2" }, spec)).toEqual({ memory: "8Gi", cpu: "2" });
    });

    it("compute nothing where automaticMemoryRequests is false", () => {
      expect(figure({ automaticMemoryRequests: false, databaseMemorySize: "1Gi" }).resources).toBeUndefined();
    });
  });

  it("set no memory where nobody knows what the database needs", () => {
    expect(ttResources(sample(), {})).toEqual({
      resources: undefined,
      because: "not set: what the database needs is not known; give databaseMemorySize",
    });
  });

  it("size daemonlog", () => {
    const amounts = { cpu: "200m", memory: "200Mi" };
    const set = built({ daemonLogCPURequest: "200m", daemonLogMemoryRequest: "200Mi" });
    expect(named(set, "daemonlog").resources).toEqual({ requests: amounts, limits: amounts });
  });

  it("never limit daemonlog to less memory than the witness in it needs", () => {
    const resources = (limit: string) =>
      named(built({ daemonLogMemoryRequest: limit }), "daemonlog").resources;
    expect(resources("20Mi")).toEqual({
      requests: { cpu: "100m", memory: "128Mi" },
      limits: { memory: "128Mi" },
    });
    const mine = { requests: { memory: "10Mi" }, limits: { memory: "64Mi", cpu: "1" } };
    const set = built({}, template({ containers: [{ name: "daemonlog", resources: mine }] }));
    expect(named(set, "daemonlog").resources).toEqual({
      requests: { memory: "10Mi" },
      limits: { memory: "128Mi", cpu: "1" },
    });
  });
});
