import { buildClaimAccess, writerMayClaim } from "../../../capabilities/objects";
import { sample } from "./sample";
import { built, envOf, mountsOf, named, podOf, template } from "./view";

describe("an object whose writer may claim to go on alone", () => {
  it("gives its Pods a Role for exactly its own record", () => {
    const access = buildClaimAccess(sample({ writerMayClaimSolo: true }));
    expect(access.map(([resource, { kind, metadata }]) => [resource.plural, kind, metadata.name])).toEqual([
      ["serviceaccounts", "ServiceAccount", "sample-claim"],
      ["roles", "Role", "sample-claim"],
      ["rolebindings", "RoleBinding", "sample-claim"],
    ]);
    const [, role, binding] = access.map(([, object]) => object);
    expect(role).toMatchObject({
      rules: [
        {
          apiGroups: ["coordination.k8s.io"],
          resources: ["leases"],
          resourceNames: ["sample"],
          verbs: ["get", "update"],
        },
      ],
    });
    expect(binding).toMatchObject({
      roleRef: { kind: "Role", name: "sample-claim" },
      subjects: [{ kind: "ServiceAccount", name: "sample-claim", namespace: "mynamespace" }],
    });
    for (const [, object] of access) expect(object.metadata.ownerReferences).toHaveLength(1);
  });

  it("binds the Role to the account that the template names, and makes none", () => {
    const own = template({ serviceAccountName: "me" });
    const access = buildClaimAccess(sample({ writerMayClaimSolo: true }, own)).map(([, object]) => object);
    expect(access.map(object => object.kind)).toEqual(["Role", "RoleBinding"]);
    expect(access[1]).toMatchObject({ subjects: [{ name: "me" }] });
    expect(podOf(built({ writerMayClaimSolo: true }, own))).toMatchObject({ serviceAccountName: "me" });
  });

  it("shows the token to tt alone", () => {
    const set = built({ writerMayClaimSolo: true });
    expect(podOf(set)).toMatchObject({
      serviceAccountName: "sample-claim",
      automountServiceAccountToken: false,
    });
    expect(podOf(set).volumes?.at(-1)).toMatchObject({
      name: "tt-claim",
      projected: { sources: [{ serviceAccountToken: { path: "token" } }, { configMap: {} }] },
    });
    expect(mountsOf(named(set, "tt"))).toContain("/ttclaim from tt-claim (ro)");
    expect(envOf(named(set, "tt"))["TT_CLAIM_LEASE"]).toBe("sample");
    for (const name of ["ttinit", "daemonlog"]) {
      expect(mountsOf(named(set, name)).join()).not.toContain("ttclaim");
      expect(envOf(named(set, name))).not.toHaveProperty("TT_CLAIM_LEASE");
    }
  });

  it.each([
    {},
    { writerMayClaimSolo: false },
    { writerMayClaimSolo: true, replicationTopology: "none" as const },
  ])("is not one with %j: its Pods reach nothing of the API", changes => {
    expect(writerMayClaim(sample(changes))).toBe(false);
    const set = built(changes);
    expect(podOf(set)).not.toHaveProperty("serviceAccountName");
    expect(mountsOf(named(set, "tt")).join()).not.toContain("ttclaim");
    expect((podOf(set).volumes ?? []).map(volume => volume.name)).not.toContain("tt-claim");
    expect(envOf(named(set, "tt"))).not.toHaveProperty("TT_CLAIM_LEASE");
  });
});
