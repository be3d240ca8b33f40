import { decide, PROVISIONER, type Claim, type Volume } from "../../../testbed/provisioner";

const ROOT = "/run/testbed/volumes";

function claim(uid: string, storageClassName: string, more: Record<string, string> = {}): Claim {
  return {
    metadata: {
      name: `claim-${uid}`,
      namespace: "ns",
      uid,
      annotations: { "volume.kubernetes.io/storage-provisioner": PROVISIONER, ...more },
    },
    spec: { storageClassName, accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "250G" } } },
  };
}

function volume(name: string, phase: string, by = PROVISIONER): Volume {
  return {
    metadata: { name, annotations: { "pv.kubernetes.io/provisioned-by": by } },
    spec: { local: { path: `${ROOT}/${name}` }, persistentVolumeReclaimPolicy: "Delete" },
    status: { phase },
  };
}

const affinity = (action: unknown): unknown =>
  (
    action as {
      volume: {
        spec: { nodeAffinity: { required: { nodeSelectorTerms: { matchExpressions: unknown[] }[] } } };
      };
    }
  ).volume.spec.nodeAffinity.required.nodeSelectorTerms[0]?.matchExpressions[0];

describe("the provisioner", () => {
  test("gives a claim of class oci a folder of its own, of the size asked for, on any node", () => {
    const [action, ...others] = decide([claim("1", "oci")], [], ROOT);
    expect(others).toEqual([]);
    expect(action).toMatchObject({
      kind: "provision",
      folder: "pv-1",
      volume: {
        metadata: { name: "pv-1" },
        spec: {
          capacity: { storage: "250G" },
          local: { path: `${ROOT}/pv-1` },
          claimRef: { name: "claim-1", namespace: "ns", uid: "1" },
          persistentVolumeReclaimPolicy: "Delete",
        },
      },
    });
    expect(affinity(action)).toEqual({ key: "kubernetes.io/hostname", operator: "Exists" });
  });

  test("waits for the scheduler's node in class local-node, and pins the volume to it", () => {
    expect(decide([claim("1", "local-node")], [], ROOT)).toEqual([]);
    const chosen = claim("1", "local-node", { "volume.kubernetes.io/selected-node": "node-2" });
    expect(affinity(decide([chosen], [], ROOT)[0])).toEqual({
      key: "kubernetes.io/hostname",
      operator: "In",
      values: ["node-2"],
    });
  });

  test("leaves alone what is bound, going, of another class or of another provisioner", () => {
    const bound = { ...claim("1", "oci"), spec: { ...claim("1", "oci").spec, volumeName: "pv-1" } };
    const going = claim("2", "oci");
    const deleted = { ...going, metadata: { ...going.metadata, deletionTimestamp: "2030-01-01T00:00:00Z" } };
    const foreign = claim("3", "oci", { "volume.kubernetes.io/storage-provisioner": "someone.else" });
    expect(decide([bound, deleted, foreign, claim("4", "nobody")], [], ROOT)).toEqual([]);
  });

  test("makes no second volume for a claim that is not bound yet", () => {
    expect(decide([claim("1", "oci")], [volume("pv-1", "Available")], ROOT)).toEqual([]);
  });

  test("removes a released volume of its own with its folder, and no other", () => {
    const others = [volume("pv-2", "Bound"), volume("pv-3", "Released", "someone.else")];
    expect(decide([], [volume("pv-1", "Released"), ...others], ROOT)).toEqual([
      { kind: "remove", name: "pv-1", folder: "pv-1" },
    ]);
  });

  test("keeps a released volume whose policy was changed to Retain", () => {
    const kept = volume("pv-1", "Released");
    const retained = { ...kept, spec: { ...kept.spec, persistentVolumeReclaimPolicy: "Retain" } };
    expect(decide([], [retained], ROOT)).toEqual([]);
  });

  test("lets a volume grow with its claim, once", () => {
    const plain = claim("1", "oci");
    const bound = { ...plain, spec: { ...plain.spec, volumeName: "pv-1" } };
    const sized = (storage: string): Volume => {
      const one = volume("pv-1", "Bound");
      return { ...one, spec: { ...one.spec, capacity: { storage } } };
    };
    expect(decide([bound], [sized("100G")], ROOT)).toMatchObject([
      {
        kind: "grow",
        volume: { metadata: { name: "pv-1" }, spec: { capacity: { storage: "250G" } } },
        claim: { status: { capacity: { storage: "250G" } } },
      },
    ]);
    expect(decide([bound], [sized("250G")], ROOT)).toEqual([]);
  });
});
