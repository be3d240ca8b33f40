/**
 * Dynamic volumes for a cluster on one machine: every claim gets a folder, as a PersistentVolume of type `local`
 * (the kubelet applies fsGroup to `local` volumes, never to hostPath ones). All nodes see the same folders, so the data
 * follows the pod like network storage, except in the class that pins it to the node first chosen. Sizes are only numbers.
 */
import { mkdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { KubeError, type KubeClient, type KubeObject } from "./kube";

export const PROVISIONER = "testbed.timesten.example/local";
const PROVISIONED_BY = "pv.kubernetes.io/provisioned-by";

/** The classes there are: the name used in Oracle's manuals, the default one, and one whose data is lost with its node. */
export const CLASSES: readonly { name: string; isDefault: boolean; pinned: boolean }[] = [
  { name: "oci", isDefault: false, pinned: false },
  { name: "standard", isDefault: true, pinned: false },
  { name: "local-node", isDefault: false, pinned: true },
];

/** The parts of a PersistentVolumeClaim that matter here. */
export interface Claim extends KubeObject {
  readonly spec: {
    readonly storageClassName?: string;
    readonly volumeName?: string;
    readonly accessModes: readonly string[];
    readonly resources: { readonly requests?: Readonly<Record<string, string>> };
  };
  readonly status?: { readonly capacity?: Readonly<Record<string, string>> };
}

/** The parts of a PersistentVolume that matter here. */
export interface Volume extends KubeObject {
  readonly spec: {
    readonly capacity?: Readonly<Record<string, string>>;
    readonly local?: { readonly path: string };
    readonly persistentVolumeReclaimPolicy?: string;
  };
  readonly status?: { readonly phase?: string };
}

/** What to do next: make a folder and its volume, delete a volume and its folder, or let one grow with its claim. */
export type Action =
  | { readonly kind: "provision"; readonly folder: string; readonly volume: Record<string, unknown> }
  | { readonly kind: "remove"; readonly folder: string; readonly name: string }
  | { readonly kind: "grow"; readonly folder: string; readonly volume: Volume; readonly claim: Claim };

const annotation = (o: KubeObject, key: string): string | undefined => o.metadata.annotations?.[key];

/** A claim waits for us when it names our provisioner, has no volume, and its class needs no node or has one. */
function wanted(claim: Claim): boolean {
  const kind = CLASSES.find(c => c.name === claim.spec.storageClassName);
  return (
    kind !== undefined &&
    annotation(claim, "volume.kubernetes.io/storage-provisioner") === PROVISIONER &&
    (claim.spec.volumeName ?? "") === "" &&
    claim.metadata.deletionTimestamp === undefined &&
    (!kind.pinned || annotation(claim, "volume.kubernetes.io/selected-node") !== undefined)
  );
}

function volumeFor(claim: Claim, root: string): Action {
  const pinned = CLASSES.find(c => c.name === claim.spec.storageClassName)?.pinned === true;
  const node = annotation(claim, "volume.kubernetes.io/selected-node") ?? "";
  const key = "kubernetes.io/hostname";
  const name = `pv-${claim.metadata.uid ?? ""}`;
  const { uid, namespace } = claim.metadata;
  return {
    kind: "provision",
    folder: name,
    volume: {
      apiVersion: "v1",
      kind: "PersistentVolume",
      metadata: { name, annotations: { [PROVISIONED_BY]: PROVISIONER } },
      spec: {
        capacity: claim.spec.resources.requests,
        accessModes: claim.spec.accessModes,
        volumeMode: "Filesystem",
        persistentVolumeReclaimPolicy: "Delete",
        storageClassName: claim.spec.storageClassName,
        local: { path: join(root, name) },
        claimRef: {
          apiVersion: "v1",
          kind: "PersistentVolumeClaim",
          name: claim.metadata.name,
          namespace,
          uid,
        },
        nodeAffinity: {
          required: {
            nodeSelectorTerms: [
              {
                matchExpressions: [
                  pinned ? { key, operator: "In", values: [node] } : { key, operator: "Exists" },
                ],
              },
            ],
          },
        },
      },
    },
  };
}

/**
 * Decides from all claims and volumes what to do. `root` is the folder of volumes as the nodes see it.
 * Pure; the same input gives the same actions, so doing one twice must be harmless.
 */
export function decide(claims: readonly Claim[], volumes: readonly Volume[], root: string): Action[] {
  const there = new Set(volumes.map(v => v.metadata.name));
  const provision = claims
    .filter(wanted)
    .filter(claim => !there.has(`pv-${claim.metadata.uid ?? ""}`))
    .map(claim => volumeFor(claim, root));
  const remove = volumes
    .filter(v => annotation(v, PROVISIONED_BY) === PROVISIONER && v.metadata.deletionTimestamp === undefined)
    .filter(v => v.status?.phase === "Released" && v.spec.persistentVolumeReclaimPolicy === "Delete")
    .map(
      (v): Action => ({
        kind: "remove",
        name: v.metadata.name,
        folder: basename(v.spec.local?.path ?? v.metadata.name),
      }),
    );
  return [...provision, ...remove, ...volumes.flatMap(volume => growth(volume, claims))];
}

/** The API server lets no claim shrink. */
function growth(volume: Volume, claims: readonly Claim[]): Action[] {
  const { name } = volume.metadata;
  const claim = claims.find(one => one.spec.volumeName === name);
  const requests = claim?.spec.resources.requests;
  if (claim === undefined || requests?.["storage"] === undefined) return [];
  if (annotation(volume, PROVISIONED_BY) !== PROVISIONER || volume.spec.capacity === undefined) return [];
  if (volume.spec.capacity["storage"] === requests["storage"]) return [];
  const capacity = { ...volume.spec.capacity, storage: requests["storage"] };
  return [
    {
      kind: "grow",
      folder: name,
      volume: { ...volume, spec: { ...volume.spec, capacity } },
      claim: { ...claim, status: { ...claim.status, capacity } },
    },
  ];
}

/** Makes the storage classes that are not there. */
export async function createClasses(client: KubeClient): Promise<void> {
  for (const c of CLASSES) {
    await ignoring(409, () =>
      client.request("POST", "/apis/storage.k8s.io/v1/storageclasses", {
        metadata: {
          name: c.name,
          annotations: { "storageclass.kubernetes.io/is-default-class": String(c.isDefault) },
        },
        provisioner: PROVISIONER,
        reclaimPolicy: "Delete",
        allowVolumeExpansion: true,
        volumeBindingMode: c.pinned ? "WaitForFirstConsumer" : "Immediate",
      }),
    );
  }
}

async function ignoring(status: number, call: () => Promise<unknown>): Promise<void> {
  try {
    await call();
  } catch (error) {
    if (!(error instanceof KubeError) || error.status !== status) throw error;
  }
}

/** Serves claims until `signal`. `folders` is where the folders are made, `seenAs` the same place as the nodes see it. */
export function startProvisioner(
  client: KubeClient,
  folders: string,
  seenAs: string,
  signal: AbortSignal,
  log: (line: string) => void,
): void {
  let claims: readonly Claim[] = [];
  let volumes: readonly Volume[] | undefined;
  let busy = false;
  let again = false;

  const act = async (action: Action): Promise<void> => {
    const path = join(folders, action.folder);
    if (action.kind === "provision") {
      mkdirSync(path, { recursive: true });
      await ignoring(409, () => client.request("POST", "/api/v1/persistentvolumes", action.volume));
    } else if (action.kind === "grow") {
      const { namespace, name } = action.claim.metadata;
      await client.request("PUT", `/api/v1/persistentvolumes/${action.folder}`, action.volume);
      const place = `/api/v1/namespaces/${namespace}/persistentvolumeclaims/${name}/status`;
      await client.request("PUT", place, action.claim);
    } else {
      await ignoring(404, () => client.request("DELETE", `/api/v1/persistentvolumes/${action.name}`));
      rmSync(path, { recursive: true, force: true });
    }
  };
  const pass = async (): Promise<void> => {
    again = true;
    if (busy || volumes === undefined) return;
    busy = true;
    while (again && !signal.aborted) {
      again = false;
      for (const action of decide(claims, volumes, seenAs))
        await act(action).catch((error: unknown) => log(`${action.kind} ${action.folder}: ${String(error)}`));
    }
    busy = false;
  };
  client.follow<Claim>("/api/v1/persistentvolumeclaims", all => ((claims = all), void pass()), signal);
  client.follow<Volume>("/api/v1/persistentvolumes", all => ((volumes = all), void pass()), signal);
  // What failed is tried again, whether or not anything changes.
  const timer = setInterval(() => void pass(), 5_000);
  signal.addEventListener("abort", () => clearInterval(timer));
}
