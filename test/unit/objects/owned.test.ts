import {
  buildActiveService,
  buildEndpointSlice,
  buildHeadlessService,
  buildPodDisruptionBudget,
  buildSecret,
  buildStatefulSet,
  certificateName,
  databaseName,
  identityOf,
  isOwnedBy,
  maxUnavailable,
  parseSecret,
  podHost,
  podNames,
  routedPodUID,
  type AgentCredentials,
} from "../../../capabilities/objects";
import { sample, settings } from "./sample";

const credentials: AgentCredentials = {
  caCert: "CA",
  agentCert: "AC",
  agentKey: "AK",
  operatorCert: "OC",
  operatorKey: "OK",
  agentUser: "ttagent/x",
};

describe("names", () => {
  it("derive database, Pods and hosts from the object", () => {
    const identity = identityOf(sample());
    expect(databaseName("sample")).toBe("sample");
    expect(databaseName("a-b-c")).toBe("a");
    expect(podNames(sample())).toEqual(["sample-0", "sample-1"]);
    expect(podHost(identity, "sample-0", settings)).toBe("sample-0.sample.mynamespace.svc.cluster.local");
    expect(certificateName(identity, settings)).toBe("*.sample.mynamespace.svc.cluster.local");
  });

  it("need an object that the API server has seen", () => {
    const object = sample();
    delete object.metadata.uid;
    expect(() => identityOf(object)).toThrow("has no namespace or uid");
  });
});

describe("the Secret", () => {
  const secret = buildSecret(sample(), credentials);

  it("is named after the object's uid and holds every key", () => {
    expect(secret.metadata.name).toBe("ttf2a16dff-9acd-11eb-86a3-06b2b9dd76bc");
    expect(Object.keys(secret.data ?? {})).toEqual([
      "ca.crt",
      "agent.crt",
      "agent.key",
      "operator.crt",
      "operator.key",
      "agentUser",
    ]);
  });

  it("gives back what was put in", () => {
    expect(parseSecret(secret)).toEqual({ credentials });
  });

  it("says which key is missing, and no value", () => {
    const { "agent.key": _, ...rest } = secret.data ?? {};
    expect(parseSecret({ ...secret, data: rest })).toEqual({
      fault: "Secret ttf2a16dff-9acd-11eb-86a3-06b2b9dd76bc has no key agent.key",
    });
  });
});

describe("the Services", () => {
  it("name the Pods, ready or not", () => {
    expect(buildHeadlessService(sample())).toMatchObject({
      metadata: { name: "sample", labels: { app: "sample" } },
      spec: {
        clusterIP: "None",
        selector: { app: "sample" },
        publishNotReadyAddresses: true,
        ports: [{ name: "cs", port: 6625 }],
      },
    });
  });

  it("lead clients to the active by our EndpointSlice alone", () => {
    const service = buildActiveService(sample());
    expect(service.metadata.name).toBe("sample-active");
    expect(service.spec).not.toHaveProperty("selector");
    expect(service.spec.ports).toEqual([{ name: "cs", port: 6625, targetPort: 6625, protocol: "TCP" }]);
  });
});

describe("the EndpointSlice of the active", () => {
  const active = { ip: "10.64.1.7", podName: "sample-1", podUID: "uid-1", nodeName: "node-2" };

  it("has the one address that may be written", () => {
    const slice = buildEndpointSlice(sample(), active);
    expect(slice.metadata.labels).toMatchObject({ "kubernetes.io/service-name": "sample-active" });
    expect(slice.addressType).toBe("IPv4");
    expect(slice.endpoints).toEqual([
      {
        addresses: ["10.64.1.7"],
        conditions: { ready: true, serving: true, terminating: false },
        nodeName: "node-2",
        targetRef: { kind: "Pod", namespace: "mynamespace", name: "sample-1", uid: "uid-1" },
      },
    ]);
    expect(routedPodUID(slice)).toBe("uid-1");
  });

  it("is empty while none may be written", () => {
    const slice = buildEndpointSlice(sample(), null);
    expect(slice.endpoints).toEqual([]);
    expect(routedPodUID(slice)).toBeNull();
    // What the API server makes of an empty list.
    expect(routedPodUID({ ...slice, endpoints: null })).toBeNull();
  });

  it("knows IPv6", () => {
    expect(buildEndpointSlice(sample(), { ...active, ip: "fd00::1", nodeName: undefined }).addressType).toBe(
      "IPv6",
    );
  });
});

describe("ownership", () => {
  it("is of this life of the object only", () => {
    const service = buildHeadlessService(sample());
    expect(isOwnedBy(service, sample())).toBe(true);
    const recreated = sample();
    recreated.metadata.uid = "another";
    expect(isOwnedBy(service, recreated)).toBe(false);
    expect(isOwnedBy({ ...service, metadata: { name: "sample" } }, sample())).toBe(false);
  });
});

describe("the PodDisruptionBudget", () => {
  const { kind, metadata, spec } = buildPodDisruptionBudget(sample());

  it("lets one Pod go at a time, chosen as the StatefulSet chooses its Pods", () => {
    expect(kind).toBe("PodDisruptionBudget");
    expect(metadata.name).toBe("sample");
    expect(metadata.ownerReferences).toHaveLength(1);
    expect(spec.selector).toEqual(buildStatefulSet(sample(), settings).spec.selector);
  });

  it("of independent databases is that for good", () => {
    expect(maxUnavailable(sample({ replicationTopology: "none" }), false)).toBe(1);
    const object = sample({ replicationTopology: "none" });
    expect(buildPodDisruptionBudget(object).spec.maxUnavailable).toBe(1);
  });

  it("of a pair begins closed, and opens for one Pod while the pair is redundant", () => {
    expect(spec.maxUnavailable).toBe(0);
    expect([maxUnavailable(sample(), false), maxUnavailable(sample(), true)]).toEqual([0, 1]);
  });

  it("counts a standby that is never Ready as there", () => {
    const object = sample({ createASReadinessProbe: true });
    expect([maxUnavailable(object, false), maxUnavailable(object, true)]).toEqual([0, 2]);
  });

  it("holds up no drain for a Pod that is not Ready", () => {
    expect(spec.unhealthyPodEvictionPolicy).toBe("AlwaysAllow");
  });
});
