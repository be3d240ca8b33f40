/** Objects that both APIs are asked to keep, and what the suites share. */
import {
  type KubeApi,
  KubeError,
  type KubeObject,
  type Resource,
} from "../../../../capabilities/runtime/ports";
import type { Pod, StatefulSet } from "../cluster/resources";

/** An API with its cluster controllers, but without nodes. */
export interface ApiUnderTest {
  kube: KubeApi;
  /** Lets time pass until the condition holds. @throws Error when it does not within the API's own patience */
  until(what: string, condition: () => Promise<boolean> | boolean): Promise<void>;
  /** @returns the name of a new namespace in which pods may be created */
  newNamespace(): Promise<string>;
  /** @returns a version of this kind from which no watch can start any more */
  expiredVersion(resource: Resource): Promise<string>;
}

export type At = () => { api: ApiUnderTest; kube: KubeApi; namespace: string };

export type Loose = KubeObject & Record<string, unknown>;

export interface Classic extends KubeObject {
  spec: { ttspec: Record<string, unknown> };
  status?: { highLevelState?: string };
}

export const configMap = (
  namespace: string,
  name: string,
  data: Record<string, string> = {},
  labels: Record<string, string> = {},
): Loose => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace, labels },
  data,
});

export const classic = (namespace: string, name: string): Classic => ({
  apiVersion: "timesten.oracle.com/v1",
  kind: "TimesTenClassic",
  metadata: { name, namespace },
  spec: { ttspec: { image: "example.com/timesten:1", storageClassName: "fast" } },
});

export const podSpec = {
  containers: [{ name: "tt", image: "example.com/timesten:1" }],
  automountServiceAccountToken: false,
};

export const pod = (namespace: string, name: string, spec: object = {}): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace },
  spec: { ...podSpec, ...spec },
});

export const statefulSet = (namespace: string, name: string): StatefulSet =>
  ({
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name, namespace },
    spec: {
      replicas: 2,
      serviceName: name,
      podManagementPolicy: "Parallel",
      updateStrategy: { type: "OnDelete" },
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { ...podSpec, nodeSelector: { none: "such" } } },
      volumeClaimTemplates: [
        {
          metadata: { name: "data" },
          spec: {
            accessModes: ["ReadWriteOnce"],
            storageClassName: "none",
            resources: { requests: { storage: "1Gi" } },
          },
        },
      ],
    },
  }) as StatefulSet;

/** @returns status and reason of the refusal; fails the test when there is none */
export async function refusal(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    if (error instanceof KubeError) return `${error.status} ${error.reason}`;
    throw error;
  }
  throw new Error("the call was not refused");
}
