import { buildStatefulSet } from "../../../capabilities/objects";
import { sample, settings } from "./sample";
import { all, built, envOf, mountsOf, named, names, podOf, template } from "./view";

describe("spec.template", () => {
  it("puts the user's containers first and gives them the data and an image", () => {
    const set = built(
      { logStorageSize: "1Gi" },
      template({
        containers: [{ name: "app", command: ["run"], volumeMounts: [{ name: "x", mountPath: "/x" }] }],
        initContainers: [{ name: "prepare", image: "own:1" }],
      }),
    );
    expect(names(podOf(set).initContainers)).toEqual(["prepare", "ttagent", "ttinit"]);
    expect(names(podOf(set).containers)).toEqual(["app", "tt", "daemonlog"]);
    expect(named(set, "app")).toMatchObject({
      image: "phx.ocir.io/youraccount/tt181440:2",
      command: ["run"],
    });
    expect(mountsOf(named(set, "app"))).toEqual([
      "/x from x",
      "/tt from tt-persistent",
      "/ttlog from tt-log",
    ]);
    expect(named(set, "prepare")).toEqual({ name: "prepare", image: "own:1" });
  });

  it("takes over what it says about tt, but not image, command and ports", () => {
    const tt = named(
      built(
        {},
        template({
          containers: [
            {
              name: "tt",
              image: "other",
              command: ["other"],
              ports: [{ name: "x", containerPort: 1 }],
              env: [
                { name: "MINE", value: "1" },
                { name: "TT_DB_NAME", value: "evil" },
              ],
              envFrom: [{ configMapRef: { name: "more" } }],
              resources: { limits: { memory: "8Gi" } },
              readinessProbe: { exec: { command: ["true"] } },
              lifecycle: { preStop: {} },
              volumeMounts: [{ name: "x", mountPath: "/x" }],
            },
          ],
        }),
      ),
      "tt",
    );
    expect(tt.image).toBe("phx.ocir.io/youraccount/tt181440:2");
    expect(tt.command).toContain("/ttoperator/agent.cjs");
    expect(tt.ports).toHaveLength(4);
    expect(tt.env?.[0]).toEqual({ name: "MINE", value: "1" });
    expect(envOf(tt)["TT_DB_NAME"]).toBe("sample");
    expect(new Set((tt.env ?? []).map(one => one.name)).size).toBe(tt.env?.length);
    expect(tt.resources).toEqual({ limits: { memory: "8Gi" } });
    expect(tt).toMatchObject({ lifecycle: {}, envFrom: [{}] });
    expect(tt.readinessProbe).toEqual({ exec: { command: ["true"] } });
    expect(mountsOf(tt)[0]).toBe("/x from x");
  });

  it("keeps the readiness probe where it says something else about tt", () => {
    const set = built({}, template({ containers: [{ name: "tt", livenessProbe: { x: 1 } }] }));
    expect(named(set, "tt")).toMatchObject({
      livenessProbe: { x: 1 },
      readinessProbe: { httpGet: { path: "/ready" } },
    });
  });

  it("keeps the probes and lifecycle of tt away from ttinit", () => {
    const set = built({}, template({ containers: [{ name: "tt", readinessProbe: {}, lifecycle: {} }] }));
    expect(named(set, "ttinit")).not.toHaveProperty("readinessProbe");
    expect(named(set, "ttinit")).not.toHaveProperty("lifecycle");
  });

  it("lets its own memory win over the computed one", () => {
    const resources = { requests: { memory: "3Gi" } };
    const set = built({ databaseMemorySize: "40Gi" }, template({ containers: [{ name: "tt", resources }] }));
    expect(named(set, "tt").resources).toEqual(resources);
  });

  it("takes only the resources of daemonlog", () => {
    const set = built(
      {},
      template({ containers: [{ name: "daemonlog", image: "x", resources: { limits: { cpu: "1" } } }] }),
    );
    expect(names(podOf(set).containers)).toEqual(["tt", "daemonlog"]);
    expect(named(set, "daemonlog")).toMatchObject({
      image: "phx.ocir.io/youraccount/tt181440:2",
      resources: { limits: { cpu: "1" } },
    });
  });

  it("keeps volumes, scheduling, service account, pull secrets, labels and annotations", () => {
    const set = built(
      {},
      template(
        {
          volumes: [{ name: "x", emptyDir: {} }],
          nodeSelector: { disk: "ssd" },
          tolerations: [{ operator: "Exists" }],
          serviceAccountName: "me",
          automountServiceAccountToken: true,
          imagePullSecrets: [{ name: "other" }],
          affinity: { nodeAffinity: {} },
        },
        { labels: { team: "a", app: "other" }, annotations: { note: "b" } },
      ),
    );
    expect(podOf(set)).toMatchObject({
      nodeSelector: { disk: "ssd" },
      tolerations: [{ operator: "Exists" }],
      serviceAccountName: "me",
      automountServiceAccountToken: true,
      imagePullSecrets: [{ name: "other" }, { name: "sekret" }],
      affinity: { nodeAffinity: {} },
    });
    expect(podOf(set).volumes?.[0]).toEqual({ name: "x", emptyDir: {} });
    expect(set.spec.template.metadata.labels).toEqual({ team: "a", app: "sample" });
    expect(set.spec.template.metadata.annotations).toMatchObject({ note: "b", TTC: sample().metadata.uid });
  });

  it("may bring its own tt-config volume", () => {
    const set = built({}, template({ volumes: [{ name: "tt-config", emptyDir: {} }] }));
    const volumes = (podOf(set).volumes ?? []).filter(volume => volume.name === "tt-config");
    expect(volumes).toEqual([{ name: "tt-config", emptyDir: {} }]);
    expect(mountsOf(named(set, "tt"))).toContain("/ttconfig from tt-config");
  });

  it.each([
    ["of the Pod", { securityContext: { runAsUser: 0 } }],
    ["of tt", { containers: [{ name: "tt", securityContext: { runAsUser: 0 } }] }],
  ])("with runAsUser 0 %s meets no rule that forbids root", (_, spec) => {
    for (const container of all(built({}, template(spec)))) {
      expect(container.securityContext).not.toHaveProperty("runAsNonRoot");
      expect(container.securityContext).not.toHaveProperty("capabilities");
    }
  });

  it("with another runAsUser of the Pod keeps the restrictions and that user", () => {
    const set = built({}, template({ securityContext: { runAsUser: 3429, fsGroup: 3429 } }));
    expect(podOf(set).securityContext).toEqual({ runAsUser: 3429, fsGroup: 3429 });
    expect(named(set, "tt").securityContext).not.toHaveProperty("runAsUser");
    expect(named(set, "tt").securityContext).toMatchObject({ runAsNonRoot: true });
  });

  it("with a security context for tt changes ours by it, field by field, in every container of TimesTen", () => {
    const securityContext = { readOnlyRootFilesystem: true, capabilities: { add: ["IPC_LOCK"] } };
    const set = built({}, template({ containers: [{ name: "tt", securityContext }] }));
    for (const name of ["ttinit", "tt", "daemonlog"]) {
      expect(named(set, name).securityContext).toEqual({
        runAsUser: 333,
        runAsGroup: 333,
        runAsNonRoot: true,
        privileged: false,
        allowPrivilegeEscalation: false,
        capabilities: { drop: ["ALL"], add: ["IPC_LOCK"] },
        seccompProfile: { type: "RuntimeDefault" },
        readOnlyRootFilesystem: true,
      });
    }
  });

  it.each([
    ["privileged", { privileged: true }, ["allowPrivilegeEscalation", "seccompProfile", "runAsNonRoot"]],
    ["CAP_SYS_ADMIN", { capabilities: { add: ["CAP_SYS_ADMIN"] } }, ["allowPrivilegeEscalation"]],
  ])("with %s says nothing that the API server refuses together with it", (_, securityContext, not) => {
    const tt = named(built({}, template({ containers: [{ name: "tt", securityContext }] })), "tt");
    for (const field of not) expect(tt.securityContext).not.toHaveProperty(field);
    expect(tt.securityContext).toMatchObject({ runAsUser: 333, ...securityContext });
  });

  it("with a seccomp profile of the Pod has that one", () => {
    const seccompProfile = { type: "Localhost", localhostProfile: "mine.json" };
    const set = built({}, template({ securityContext: { seccompProfile } }));
    expect(podOf(set).securityContext).toMatchObject({ seccompProfile });
    for (const container of all(set)) expect(container.securityContext).not.toHaveProperty("seccompProfile");
  });

  it.each([
    ["the spec", built({ readOnlyRootFilesystem: true })],
    [
      "the template",
      built(
        {},
        template({ containers: [{ name: "tt", securityContext: { readOnlyRootFilesystem: true } }] }),
      ),
    ],
  ])("has a /tmp of its own where %s makes the root file system read-only", (_, set) => {
    for (const name of ["ttinit", "tt", "daemonlog"]) {
      expect(named(set, name).securityContext).toMatchObject({ readOnlyRootFilesystem: true });
      expect(mountsOf(named(set, name))).toContain("/tmp from tt-tmp");
    }
    expect(podOf(set).volumes).toContainEqual({ name: "tt-tmp", emptyDir: {} });
  });

  it("lets an init container fill a tt-config of its own, before TimesTen's", () => {
    const filler = {
      name: "fill",
      image: "own:1",
      volumeMounts: [{ name: "tt-config", mountPath: "/ttconfig" }],
    };
    const volumes = [{ name: "tt-config", emptyDir: {} }];
    const set = built({}, template({ initContainers: [filler], volumes }));
    expect(names(podOf(set).initContainers)).toEqual(["fill", "ttagent", "ttinit"]);
    expect(named(set, "fill")).toEqual(filler);
    expect(mountsOf(named(set, "ttinit"))).toContain("/ttconfig from tt-config");
  });

  it("may bring tt-config as a claim of each Pod", () => {
    const set = built({}, { volumeClaimTemplates: [{ metadata: { name: "tt-config" }, spec: {} }] });
    expect((podOf(set).volumes ?? []).map(volume => volume.name)).not.toContain("tt-config");
    expect(mountsOf(named(set, "tt"))).toContain("/ttconfig from tt-config");
  });

  it("naming the same pull secret twice has it once", () => {
    const set = built({}, template({ imagePullSecrets: [{ name: "sekret" }] }));
    expect(podOf(set).imagePullSecrets).toEqual([{ name: "sekret" }]);
  });

  it.each([{}, { affinity: { nodeAffinity: { x: 1 } } }, { affinity: { podAntiAffinity: null } }])(
    "that does not keep Pods apart (%j) has those of the object prefer different nodes",
    spec => {
      const affinity = podOf(built({}, template(spec)))["affinity"];
      expect(affinity).toMatchObject(spec.affinity?.nodeAffinity === undefined ? {} : spec.affinity);
      expect(affinity).toMatchObject({
        podAntiAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            {
              weight: 100,
              podAffinityTerm: {
                topologyKey: "kubernetes.io/hostname",
                labelSelector: { matchLabels: { app: "sample" } },
              },
            },
          ],
        },
      });
    },
  );

  it("that keeps Pods apart in its own way has it that way", () => {
    const affinity = { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ x: 1 }] } };
    expect(podOf(built({}, template({ affinity })))["affinity"]).toEqual(affinity);
  });

  it("has the user's claims before TimesTen's", () => {
    const mine = { metadata: { name: "mine" }, spec: {} };
    const set = built({}, { volumeClaimTemplates: [mine] });
    expect(set.spec.volumeClaimTemplates[0]).toBe(mine);
    expect(set.spec.volumeClaimTemplates[1]).toMatchObject({ metadata: { name: "tt-persistent" } });
  });

  it("is not changed by the builder", () => {
    const object = sample({}, template({ containers: [{ name: "app" }], volumes: [{ name: "x" }] }));
    const before = JSON.stringify(object);
    buildStatefulSet(object, settings);
    expect(JSON.stringify(object)).toBe(before);
  });
});
