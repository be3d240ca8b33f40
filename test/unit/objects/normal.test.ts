import { normalObject } from "../../../capabilities/objects";
import type { TimesTenClassicObject } from "../../../generated/types";
import { sample } from "./sample";

/** What an API server may hold although no type says so. */
function raw(spec: unknown): TimesTenClassicObject {
  return { ...sample(), spec: spec as TimesTenClassicObject["spec"] };
}

describe("an object as the operator reads it", () => {
  it("is the very same where there is nothing to do", () => {
    const object = sample({ agentTcpTimeout: 3, storageSelector: { matchLabels: { a: "b" } } });
    expect(normalObject(object)).toBe(object);
  });

  it("has no field that is null, at any depth", () => {
    const object = raw({
      ttspec: {
        image: "a",
        replicationTopology: null,
        prometheus: { publish: null, port: 8888 },
        storageSelector: { matchLabels: { a: "b" }, matchExpressions: null },
        dbConfigMap: null,
      },
      template: null,
      volumeClaimTemplates: null,
    });
    expect(normalObject(object).spec).toEqual({
      ttspec: { image: "a", prometheus: { port: 8888 }, storageSelector: { matchLabels: { a: "b" } } },
    });
  });

  it("keeps the user's template as it is, nulls and all", () => {
    const template = { spec: { containers: null } };
    const object = raw({ ttspec: { image: "a", replicas: null }, template });
    expect(normalObject(object).spec).toEqual({ ttspec: { image: "a" }, template });
  });

  it.each([
    ["Auto", "auto"],
    ["Manual", "manual"],
    ["manual", "manual"],
  ] as const)("writes %s as %s", (imageUpgradeStrategy, written) => {
    expect(normalObject(sample({ imageUpgradeStrategy })).spec.ttspec.imageUpgradeStrategy).toBe(written);
  });

  it("reads an older spelling as the newer field, unless that one is there too", () => {
    const { ttspec } = normalObject(
      sample({ agentTCPTimeout: 7, agentTLSTimeout: 8, agentTlsTimeout: 9 }),
    ).spec;
    expect(ttspec).toMatchObject({ agentTcpTimeout: 7, agentTlsTimeout: 9 });
  });

  it.each([[null], [undefined], [{}], [{ ttspec: null }], [{ ttspec: "x" }]])(
    "of a shape that cannot be, %p, is no reason to throw",
    spec => {
      expect(() => normalObject(raw(spec))).not.toThrow();
    },
  );
});
