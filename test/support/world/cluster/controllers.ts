/**
 * What a cluster's own controllers do for a pair: StatefulSet (Parallel, OnDelete), scheduler, garbage collector.
 * Level-triggered like the real ones: any change asks for a look at everything.
 */
import { KubeError } from "../../../../capabilities/runtime/ports";
import type { VirtualTime } from "../clock";
import type { KubeStore } from "../kube/store";
import type { SeededRandom } from "../random";
import { allKinds, claims, type Pod, pods, type PodSpec, type StatefulSet, statefulSets } from "./resources";

/** Runs `look` soon after a pod or StatefulSet changed, one look for many changes. */
function onAnyChange(store: KubeStore, time: VirtualTime, delayMs: () => number, look: () => void): void {
  let planned = false;
  store.subscribe(change => {
    if (planned || (change.kind !== "/pods" && change.kind !== "apps/statefulsets")) return;
    planned = true;
    time.after(delayMs(), () => {
      planned = false;
      look();
    });
  });
}

/** Writes of a controller may meet someone else's: it looks again at the next change anyway. */
export function tolerant(write: () => void): void {
  try {
    write();
  } catch (error) {
    if (!(error instanceof KubeError)) throw error;
  }
}

/** Creates claims and pods of every StatefulSet, deletes pods beyond its replicas; never changes a running pod (OnDelete). */
export function startStatefulSets(store: KubeStore, time: VirtualTime, random: SeededRandom): void {
  onAnyChange(
    store,
    time,
    () => random.between(5, 60),
    () => {
      for (const set of store.list<StatefulSet>(statefulSets, {}).items) {
        if (set.metadata.deletionTimestamp !== undefined) continue;
        for (let ordinal = 0; ordinal < (set.spec.replicas ?? 1); ordinal++)
          tolerant(() => ensurePod(store, set, ordinal));
        for (const pod of beyond(store, set))
          tolerant(() =>
            store.delete(pods, pod.metadata.namespace, pod.metadata.name, { uid: pod.metadata.uid! }),
          );
      }
    },
  );
}

/** @returns its pods that it has no replicas for, and that are not on their way out */
function beyond(store: KubeStore, set: StatefulSet): Pod[] {
  return store
    .list<Pod>(pods, {})
    .items.filter(
      ({ metadata: { namespace, ownerReferences = [], labels, deletionTimestamp } }) =>
        namespace === set.metadata.namespace &&
        deletionTimestamp === undefined &&
        ownerReferences.some(owner => owner.uid === set.metadata.uid) &&
        Number(labels?.["apps.kubernetes.io/pod-index"]) >= (set.spec.replicas ?? 1),
    );
}

function ensurePod(store: KubeStore, set: StatefulSet, ordinal: number): void {
  const namespace = set.metadata.namespace;
  const name = `${set.metadata.name}-${ordinal}`;
  const present = store.get<Pod>(pods, namespace, name);
  if (present !== null) {
    const phase = present.status?.phase;
    const over = phase === "Failed" || phase === "Succeeded";
    if (over && present.metadata.deletionTimestamp === undefined)
      store.delete(pods, namespace, name, { uid: present.metadata.uid! });
    return;
  }
  const { template, volumeClaimTemplates = [] } = set.spec;
  for (const claim of volumeClaimTemplates) {
    const claimName = `${claim.metadata.name}-${name}`;
    if (store.get(claims, namespace, claimName) === null) {
      const object = {
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        metadata: { name: claimName, namespace, labels: set.spec.selector.matchLabels },
        spec: claim.spec,
      };
      store.create(claims, object);
    }
  }
  const spec: PodSpec = {
    ...template.spec,
    volumes: [
      ...(template.spec.volumes ?? []),
      ...volumeClaimTemplates.map(claim => ({
        name: claim.metadata.name,
        persistentVolumeClaim: { claimName: `${claim.metadata.name}-${name}` },
      })),
    ],
  };
  const pod: Pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace,
      labels: {
        ...template.metadata?.labels,
        "statefulset.kubernetes.io/pod-name": name,
        "apps.kubernetes.io/pod-index": String(ordinal),
      },
      annotations: { ...template.metadata?.annotations },
      ownerReferences: [
        {
          apiVersion: "apps/v1",
          kind: "StatefulSet",
          name: set.metadata.name,
          uid: set.metadata.uid!,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec,
  };
  store.create(pods, pod);
}

/** Binds pods to nodes: a pair's pods to different ones. */
export function startScheduler(
  store: KubeStore,
  time: VirtualTime,
  random: SeededRandom,
  /** @returns the node that a pod of this name must go to, or undefined */
  placed: (name: string) => string | undefined = () => undefined,
): void {
  onAnyChange(
    store,
    time,
    () => random.between(2, 30),
    () => {
      for (const pod of store.list<Pod>(pods, {}).items) {
        if (pod.spec.nodeName !== undefined || pod.metadata.deletionTimestamp !== undefined) continue;
        const ordinal = Number(/-(\d+)$/.exec(pod.metadata.name)?.[1] ?? 0);
        tolerant(() =>
          store.replace(pods, {
            ...pod,
            spec: { ...pod.spec, nodeName: placed(pod.metadata.name) ?? `node-${ordinal % 2}` },
          }),
        );
      }
    },
  );
}

/** Deletes what only dead owners own. */
export function startGarbageCollector(store: KubeStore, time: VirtualTime, random: SeededRandom): void {
  const collect = (): void => {
    const alive = new Set<string>();
    const all = allKinds.flatMap(kind => store.list(kind, {}).items.map(object => ({ kind, object })));
    for (const { object } of all) alive.add(object.metadata.uid!);
    for (const { kind, object } of all) {
      const owners = object.metadata.ownerReferences ?? [];
      if (owners.length === 0 || owners.some(owner => alive.has(owner.uid))) continue;
      if (object.metadata.deletionTimestamp !== undefined) continue;
      tolerant(() =>
        store.delete(kind, object.metadata.namespace, object.metadata.name, { uid: object.metadata.uid! }),
      );
    }
  };
  store.subscribe(change => {
    const orphan = change.type === "ADDED" && (change.object.metadata.ownerReferences ?? []).length > 0;
    if (change.type === "DELETED" || orphan) time.after(random.between(50, 400), collect);
  });
}
