import type { TimesTenClassicObject, TtSpec } from "../../generated/types";
import type { ClaimTemplate, PodTemplate, Volume, VolumeMount } from "./kinds";
import { identityOf, secretName } from "./names";
import { AGENT_SECRET_KEYS } from "./secret";
import { rootIsReadOnly } from "./securityContext";

const DEFAULT_STORAGE_SIZE = "50Gi";
/** -r--r-----: readable for the group that fsGroup gives to the files. */
const SECRET_MODE = 0o440;
/** A socket and two small files. */
const RUN_SIZE = "1Mi";

const AGENT_MOUNT: VolumeMount = { name: "tt-agent", mountPath: "/ttagent", readOnly: true };
const OPERATOR_MOUNT: VolumeMount = { name: "tt-operator", mountPath: "/ttoperator", readOnly: true };
/** What agent, guard and witness share: never on disk, so that nothing of it outlives the Pod or a restart of its node. */
export const RUN_MOUNT: VolumeMount = { name: "tt-run", mountPath: "/ttrun" };

/** @returns whether the Pods have a volume tt-config: from the lists of the spec, or the user's own */
export function hasConfigVolume(object: TimesTenClassicObject, template: PodTemplate): boolean {
  return hasOwnConfigVolume(object, template) || configSources(object.spec.ttspec).length > 0;
}

/** @returns whether the user brings the volume tt-config: in the template or as a claim of each Pod */
export function hasOwnConfigVolume(object: TimesTenClassicObject, template: PodTemplate): boolean {
  const claims = (object.spec.volumeClaimTemplates ?? []) as { metadata?: { name?: string } }[];
  const names = [...(template.spec?.volumes ?? []).map(({ name }) => name), ...claims.map(claimName)];
  return names.includes("tt-config");
}

const claimName = ({ metadata }: { metadata?: { name?: string } }): string | undefined => metadata?.name;

/** @returns the Pods' volumes beside the claims: the user's, then ours; a user's tt-config replaces the projected one */
export function podVolumes(object: TimesTenClassicObject, template: PodTemplate): Volume[] {
  const sources = configSources(object.spec.ttspec);
  const projected: Volume[] =
    !hasOwnConfigVolume(object, template) && sources.length > 0
      ? [{ name: "tt-config", projected: { sources } }]
      : [];
  const items = AGENT_SECRET_KEYS.map(key => ({ key, path: key }));
  return [
    ...(template.spec?.volumes ?? []),
    {
      name: "tt-agent",
      secret: { secretName: secretName(identityOf(object).uid), items, defaultMode: SECRET_MODE },
    },
    ...projected,
    { name: "tt-operator", emptyDir: {} },
    { name: "tt-run", emptyDir: { medium: "Memory", sizeLimit: RUN_SIZE } },
    ...temporaryMounts(object, template).map(({ name }) => ({ name, emptyDir: {} })),
  ];
}

/** ConfigMaps first, then Secrets, each in the order given. */
function configSources(ttspec: TtSpec): object[] {
  return [
    ...(ttspec.dbConfigMap ?? []).map(name => ({ configMap: { name } })),
    ...(ttspec.dbSecret ?? []).map(name => ({ secret: { name } })),
  ];
}

/** @returns the mounts of the data: /tt, and /ttlog where there is such a volume */
export function dataMounts(ttspec: TtSpec): VolumeMount[] {
  return [
    { name: "tt-persistent", mountPath: "/tt" },
    ...(ttspec.logStorageSize === undefined ? [] : [{ name: "tt-log", mountPath: "/ttlog" }]),
  ];
}

/** @returns the mounts of ttinit and tt */
export function agentMounts(object: TimesTenClassicObject, template: PodTemplate): VolumeMount[] {
  return [
    ...dataMounts(object.spec.ttspec),
    AGENT_MOUNT,
    ...(hasConfigVolume(object, template) ? [{ name: "tt-config", mountPath: "/ttconfig" }] : []),
    OPERATOR_MOUNT,
  ];
}

/** @returns /tmp of TimesTen's containers where their root file system is read-only; the shell needs it too */
export function temporaryMounts(object: TimesTenClassicObject, template: PodTemplate): VolumeMount[] {
  const tt = (template.spec?.containers ?? []).find(container => container.name === "tt");
  return rootIsReadOnly(object, tt) ? [{ name: "tt-tmp", mountPath: "/tmp" }] : [];
}

/** @returns the mounts of the witness */
export function witnessMounts(): VolumeMount[] {
  return [AGENT_MOUNT, OPERATOR_MOUNT, { ...RUN_MOUNT, readOnly: true }];
}

/** @returns the user's mounts, then those of ours whose path the user does not mount */
export function mergeMounts(user: VolumeMount[] | undefined, ours: VolumeMount[]): VolumeMount[] {
  const taken = new Set((user ?? []).map(mount => mount.mountPath));
  return [...(user ?? []), ...ours.filter(mount => !taken.has(mount.mountPath))];
}

/** @returns TimesTen's own volumes on claims, with the size of each: tt-persistent, and tt-log where there is one */
export function storageOf({ spec: { ttspec } }: TimesTenClassicObject): { name: string; size: string }[] {
  const { storageSize = DEFAULT_STORAGE_SIZE, logStorageSize } = ttspec;
  const log = logStorageSize === undefined ? [] : [{ name: "tt-log", size: logStorageSize }];
  return [{ name: "tt-persistent", size: storageSize }, ...log];
}

/** @returns the claims of each Pod: the user's, tt-persistent, and tt-log where logStorageSize is given */
export function claimTemplates(object: TimesTenClassicObject): (ClaimTemplate | Record<string, unknown>)[] {
  const { ttspec } = object.spec;
  const log =
    ttspec.logStorageSize === undefined
      ? []
      : [
          claim(
            "tt-log",
            ttspec.logStorageClassName ?? ttspec.storageClassName,
            ttspec.logStorageSize,
            ttspec.logStorageSelector,
          ),
        ];
  return [
    ...(object.spec.volumeClaimTemplates ?? []),
    claim(
      "tt-persistent",
      ttspec.storageClassName,
      ttspec.storageSize ?? DEFAULT_STORAGE_SIZE,
      ttspec.storageSelector,
    ),
    ...log,
  ];
}

function claim(name: string, storageClassName: string, storage: string, selector: unknown): ClaimTemplate {
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name },
    spec: {
      accessModes: ["ReadWriteOnce"],
      storageClassName,
      resources: { requests: { storage } },
      ...(selector === undefined ? {} : { selector }),
    },
  };
}
