import { buildProbePod, PROBE_CONTAINER, probePodName, type Pod } from "../../../capabilities/objects";
import { sample, settings } from "./sample";
import { template } from "./view";

const NEW = "phx.ocir.io/youraccount/tt1814110:3";
const probe = (spec: Parameters<typeof sample>[1] = {}, nodeName: string | null = null): Pod =>
  buildProbePod(sample({}, spec), settings, { image: NEW, nodeName });
const container = (pod: Pod) => pod.spec.containers?.find(one => one.name === PROBE_CONTAINER);

describe("the Pod that looks at an image", () => {
  it("runs the agent's `release` in that image, pulled as the object's own images are", () => {
    const { spec } = probe();
    expect(spec.initContainers).toMatchObject([
      { name: "ttagent", image: "registry.local/timesten-operator:dev" },
    ]);
    expect(spec.containers).toHaveLength(1);
    expect(container(probe())).toMatchObject({ image: NEW, imagePullPolicy: "Always" });
    expect(container(probe())?.command?.slice(-2)).toEqual(["/ttoperator/agent.cjs", "release"]);
    expect(spec["restartPolicy"]).toBe("OnFailure");
    expect(spec.imagePullSecrets).toEqual([{ name: "sekret" }]);
  });

  it("belongs to the object, and is selected by none of its Services or budgets", () => {
    const { metadata } = probe();
    expect(metadata.ownerReferences).toMatchObject([
      { kind: "TimesTenClassic", name: "sample", controller: true },
    ]);
    expect(metadata.labels).toEqual({ "timesten.oracle.com/probe": "sample" });
    expect(metadata.annotations).toEqual({ "timesten.oracle.com/probed-image": NEW });
  });

  it("has a name per image", () => {
    expect(probe().metadata.name).toBe(probePodName("sample", NEW));
    expect(probePodName("sample", NEW)).toMatch(/^sample-probe-[0-9a-f]{8}$/);
    expect(probePodName("sample", NEW)).not.toBe(probePodName("sample", `${NEW}1`));
  });

  it("reaches neither data nor Secrets nor the API server", () => {
    const { spec } = probe();
    expect(spec.volumes).toEqual([{ name: "tt-operator", emptyDir: {} }]);
    expect(container(probe())?.volumeMounts).toEqual([
      { name: "tt-operator", mountPath: "/ttoperator", readOnly: true },
    ]);
    expect(spec.automountServiceAccountToken).toBe(false);
  });

  it("is small, has no privileges, and runs as TimesTen's user, who may read the distribution", () => {
    const all = [...(probe().spec.initContainers ?? []), ...(probe().spec.containers ?? [])];
    for (const one of all) {
      expect(one.resources?.requests).toEqual({ cpu: "100m", memory: "128Mi" });
      expect(one.resources?.limits).toEqual(one.resources?.requests);
      expect(one.securityContext).toMatchObject({ runAsUser: 333, allowPrivilegeEscalation: false });
    }
  });

  it("goes where the object's Pods may go, best to the given node, whatever they say about each other", () => {
    const required = { nodeSelectorTerms: [{ matchExpressions: [{ key: "disk", operator: "Exists" }] }] };
    const spec = {
      nodeSelector: { pool: "db" },
      tolerations: [{ key: "db", operator: "Exists" }],
      priorityClassName: "high",
      topologySpreadConstraints: [{ maxSkew: 1 }],
      affinity: {
        nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required },
        podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{}] },
      },
    };
    const pod = probe(template(spec), "node-2").spec;
    expect(pod).toMatchObject({
      nodeSelector: { pool: "db" },
      tolerations: spec.tolerations,
      priorityClassName: "high",
    });
    expect(pod["topologySpreadConstraints"]).toBeUndefined();
    expect(pod["affinity"]).toEqual({
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: required,
        preferredDuringSchedulingIgnoredDuringExecution: [
          {
            weight: 100,
            preference: { matchFields: [{ key: "metadata.name", operator: "In", values: ["node-2"] }] },
          },
        ],
      },
    });
  });

  it("asks for no node of its own where none is known", () => {
    expect(probe().spec["affinity"]).toBeUndefined();
  });

  it("takes over what the template says about the container tt", () => {
    const tt = {
      name: "tt",
      env: [{ name: "TT_INSTALLATION", value: "/opt/tt" }],
      securityContext: { runAsUser: 1000 },
    };
    expect(container(probe(template({ containers: [tt, { name: "app", image: "app:1" }] })))).toMatchObject({
      env: tt.env,
      securityContext: { runAsUser: 1000 },
    });
  });
});
