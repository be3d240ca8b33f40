import { OperatorError } from "../../../capabilities/runtime/errors";
import { ownImage, ownNamespace } from "../../../capabilities/runtime/operator-image";
import { pods } from "../../../capabilities/runtime/kube/resources";
import { KubeError, type KubeApi } from "../../../capabilities/runtime/ports";
import { readSettings } from "../../../capabilities/runtime/settings";

const codeOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    return error instanceof OperatorError ? error.code : String(error);
  }
  return "none";
};
const rejection = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => "none",
    (error: unknown) => error,
  );

describe("the settings", () => {
  it("have a default each", () => {
    expect(readSettings({})).toEqual({
      clusterDomain: "cluster.local",
      healthPort: 8081,
      healthSilenceMs: 300_000,
      metricsPort: 8080,
      logLevel: "info",
      operatorImage: null,
      operatorContainer: null,
      podName: null,
      podNamespace: null,
      watchNamespaces: [],
    });
  });

  it("are read from the environment; 0 turns a port off, an empty value is none", () => {
    const env = {
      METRICS_PORT: "0",
      HEALTH_PORT: "9000",
      WATCH_NAMESPACE: "one, two,,one",
      HOSTNAME: "host-1",
      POD_NAME: "",
      OPERATOR_IMAGE: " ",
      LOG_LEVEL: "trace",
    };
    expect(readSettings(env)).toMatchObject({
      metricsPort: null,
      healthPort: 9000,
      watchNamespaces: ["one", "two"],
      podName: "host-1",
      operatorImage: null,
      logLevel: "debug",
    });
    expect(readSettings({ HOSTNAME: "host-1", POD_NAME: "pod-1" }).podName).toBe("pod-1");
  });

  it("are refused when they are not understood", () => {
    for (const env of [
      { METRICS_PORT: "http" },
      { HEALTH_PORT: "70000" },
      { LOG_LEVEL: "loud" },
      { METRICS_PORT: "-1" },
    ]) {
      expect(codeOf(() => readSettings(env))).toBe("TT_OPERATOR_BAD_SETTING");
    }
  });
});

describe("the operator's namespace", () => {
  it("is what it was told, else what the kubelet wrote down", async () => {
    const file = async (): Promise<string> => "from-file\n";
    expect(await ownNamespace({ podNamespace: "told" }, file)).toBe("told");
    expect(await ownNamespace({ podNamespace: null }, file)).toBe("from-file");
  });

  it("is demanded where neither is there", async () => {
    const none = (): Promise<string> => Promise.reject(new Error("ENOENT"));
    expect(await rejection(ownNamespace({ podNamespace: null }, none))).toMatchObject({
      code: "TT_OPERATOR_NO_NAMESPACE",
    });
  });
});

describe("the operator's image", () => {
  const settings = { operatorImage: null, operatorContainer: null, podName: "operator-1" };
  /** An API server that knows one Pod with these containers. */
  const withContainers = (...names: string[]): KubeApi =>
    ({
      get: async (resource: unknown, namespace: string, name: string) => {
        expect([resource, namespace]).toEqual([pods, "ns"]);
        if (name !== "operator-1") return null;
        return {
          spec: { containers: names.map(container => ({ name: container, image: `image-of-${container}` })) },
        };
      },
    }) as unknown as KubeApi;

  it("is what it was told, without asking", async () => {
    expect(await ownImage({} as KubeApi, "ns", { ...settings, operatorImage: "told" })).toBe("told");
  });

  it("is that of its own container in its own Pod", async () => {
    expect(await ownImage(withContainers("anything"), "ns", settings)).toBe("image-of-anything");
    expect(await ownImage(withContainers("proxy", "watcher"), "ns", settings)).toBe("image-of-watcher");
    const named = { ...settings, operatorContainer: "mine" };
    expect(await ownImage(withContainers("watcher", "mine"), "ns", named)).toBe("image-of-mine");
  });

  it("is demanded where it cannot be told", async () => {
    const asked = [
      ownImage(withContainers("a", "b"), "ns", settings),
      ownImage(withContainers("watcher"), "ns", { ...settings, operatorContainer: "mine" }),
      ownImage(withContainers("watcher"), "ns", { ...settings, podName: "gone" }),
      ownImage(withContainers("watcher"), "ns", { ...settings, podName: null }),
    ];
    for (const one of asked) expect(await rejection(one)).toMatchObject({ code: "TT_OPERATOR_NO_IMAGE" });
  });

  it("is not known while the API server gives no answer", async () => {
    const kube = { get: () => Promise.reject(new KubeError(0, "NoAnswer", "x")) } as unknown as KubeApi;
    expect(await rejection(ownImage(kube, "ns", settings))).toBeInstanceOf(KubeError);
  });
});
