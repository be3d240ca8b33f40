import type { TimesTenClassicObject, TtSpec } from "../../../generated/types";
import type { ObjectSettings } from "../../../capabilities/objects";

/** The documents' own object, as the API server returns it. */
export function sample(
  ttspec: Partial<TtSpec> = {},
  spec: Partial<TimesTenClassicObject["spec"]> = {},
): TimesTenClassicObject {
  return {
    apiVersion: "timesten.oracle.com/v1",
    kind: "TimesTenClassic",
    metadata: {
      name: "sample",
      namespace: "mynamespace",
      uid: "f2a16dff-9acd-11eb-86a3-06b2b9dd76bc",
      generation: 1,
    },
    spec: {
      ttspec: {
        dbConfigMap: ["sample"],
        image: "phx.ocir.io/youraccount/tt181440:2",
        imagePullPolicy: "Always",
        imagePullSecret: "sekret",
        imageUpgradeStrategy: "auto",
        storageClassName: "oci",
        storageSize: "250G",
        upgradeDownPodTimeout: 900,
        ...ttspec,
      },
      ...spec,
    },
  };
}

export const settings: ObjectSettings = {
  operatorImage: "registry.local/timesten-operator:dev",
  clusterDomain: "cluster.local",
};
