/**
 * Looks for what an object refers to: ConfigMaps, Secrets, the storage class, claims of an earlier object. Beside the
 * passes, which never wait for it; each pass goes by the last result.
 */
import type { TimesTenClassicObject } from "../../generated/types";
import {
  checkMetadata,
  configMapSource,
  databaseMemory,
  describeFileFault,
  secretSource,
  type MetadataReport,
  type MetadataSource,
} from "../metadata";
import {
  hasOwnConfigVolume,
  identityOf,
  parseQuantity,
  podNames,
  resources,
  storageOf,
  type ConfigMap,
  type DatabaseSize,
  type ObjectSettings,
  type PersistentVolumeClaim,
  type Secret,
} from "../objects";
import { KubeError, type KubeApi, type KubeObject, type Resource } from "../runtime/ports";
import type { Reason } from "./decision";
import { quoted, together, type NeedsFacts, type SmallClaim } from "./observe/needs";
import { markedStatefulSet } from "./observe/template";
import { smallVolumes, tooLittleMemory } from "./sizing";

/** What was found. */
export interface Survey extends Pick<NeedsFacts, "missing" | "doubt" | "warnings" | "small"> {
  /** What the database needs by its db.ini; null where that cannot be known. */
  size: DatabaseSize | null;
}

export interface SurveyOptions {
  kube: KubeApi;
  settings: ObjectSettings;
}

type Found<T> =
  | { name: string; is: "there"; value: T }
  | { name: string; is: "missing" }
  | { name: string; is: "unreadable" };

/**
 * @param isNew there is no StatefulSet yet: then it is also tried whether the API server would take it
 * @throws KubeError when the API server does not answer; without a right to look there is nothing to say
 */
export async function survey(
  { kube, settings }: SurveyOptions,
  object: TimesTenClassicObject,
  isNew: boolean,
): Promise<Survey> {
  const { namespace } = identityOf(object);
  const { ttspec } = object.spec;
  const all = <T extends KubeObject>(resource: Resource, names: readonly string[]): Promise<Found<T>[]> =>
    Promise.all(names.map(name => look<T>(kube, resource, namespace, name)));
  const [maps, secrets, pull, classes, claims] = await Promise.all([
    all<ConfigMap>(resources.configMap, ttspec.dbConfigMap ?? []),
    all<Secret>(resources.secret, ttspec.dbSecret ?? []),
    all<Secret>(resources.secret, given(ttspec.imagePullSecret)),
    Promise.all(classNames(object).map(name => look(kube, resources.storageClass, undefined, name))),
    all<PersistentVolumeClaim>(resources.persistentVolumeClaim, claimNames(object)),
  ]);
  const report = metadataOf(object, maps, secrets);
  const missing = [
    ...missingSources("ConfigMap", "dbConfigMap", namespace, maps),
    ...missingSources("Secret", "dbSecret", namespace, secrets),
    ...badMetadata(report),
    ...(report === null ? [] : tooLittleMemory(object, report.dbIni)),
  ];
  const size = sizeOf(report);
  const refused =
    isNew && missing.length === 0 ? await templateFault(kube, { ...settings, size }, object) : [];
  return {
    missing: together([...missing, ...refused]),
    doubt: together([...missingClasses(classes), ...pullDoubts(namespace, pull)]),
    warnings: [
      ...(report?.warnings ?? []).map(describeFileFault),
      ...(report === null ? [] : smallVolumes(object, report.dbIni)),
      ...(isNew ? reused(claims) : []),
    ],
    small: smallClaims(object, claims),
    size,
  };
}

const given = (name: string | undefined): string[] => (name === undefined || name === "" ? [] : [name]);

async function look<T extends KubeObject>(
  kube: KubeApi,
  resource: Resource,
  namespace: string | undefined,
  name: string,
): Promise<Found<T>> {
  try {
    const value = await kube.get<T>(resource, namespace, name);
    return value === null ? { name, is: "missing" } : { name, is: "there", value };
  } catch (error) {
    // Without the right nobody can say whether it is there.
    if (error instanceof KubeError && error.status === 403) return { name, is: "unreadable" };
    throw error;
  }
}

const missingNames = (found: readonly Found<unknown>[]): string[] =>
  found.filter(one => one.is === "missing").map(one => one.name);

function missingSources(
  kind: "ConfigMap" | "Secret",
  field: string,
  namespace: string,
  found: readonly Found<unknown>[],
): Reason[] {
  const names = missingNames(found);
  if (names.length === 0) return [];
  const what = names.length === 1 ? kind : `${kind}s`;
  const message = `${what} ${quoted(names)} named in spec.ttspec.${field} ${names.length === 1 ? "does" : "do"} not exist in namespace ${namespace}`;
  return [{ reason: kind === "ConfigMap" ? "MissingConfigMap" : "MissingSecret", message }];
}

/** @returns what the files of /ttconfig say; null where not all of them can be read */
function metadataOf(
  object: TimesTenClassicObject,
  maps: readonly Found<ConfigMap>[],
  secrets: readonly Found<Secret>[],
): MetadataReport | null {
  const { ttspec, template } = object.spec;
  // A volume of the user's own takes the place of the lists.
  if (hasOwnConfigVolume(object, template ?? {})) return null;
  const sources: MetadataSource[] = [
    ...maps.flatMap(one => (one.is === "there" ? [configMapSource(one.name, one.value)] : [])),
    ...secrets.flatMap(one => (one.is === "there" ? [secretSource(one.name, one.value)] : [])),
  ];
  if (sources.length < maps.length + secrets.length) return null;
  const encrypted =
    ttspec.replicationCipherSuite !== undefined || ttspec.replicationSSLMandatory !== undefined;
  return checkMetadata(sources, { replicationWallet: encrypted });
}

function badMetadata(report: MetadataReport | null): Reason[] {
  const faults = report?.faults ?? [];
  if (faults.length === 0) return [];
  return [{ reason: "BadMetadata", message: faults.map(describeFileFault).join("; ") }];
}

function sizeOf(report: MetadataReport | null): DatabaseSize | null {
  if (report === null) return null;
  const { bytes, because } = databaseMemory(report.dbIni);
  return { bytes, because: report.dbIni === null ? `${because} (there is no db.ini)` : because };
}

/** Volumes without a class of their name may exist, so this is no more than a doubt. */
function missingClasses(found: readonly Found<unknown>[]): Reason[] {
  const names = missingNames(found);
  if (names.length === 0) return [];
  const message = `StorageClass ${quoted(names)} does not exist: claims wait until it does, or until a volume of that class is there`;
  return [{ reason: "MissingStorageClass", message }];
}

const PULL_TYPES = ["kubernetes.io/dockerconfigjson", "kubernetes.io/dockercfg"];

function pullDoubts(namespace: string, found: readonly Found<Secret>[]): Reason[] {
  return found.flatMap((one): Reason[] => {
    const named = `Secret "${one.name}" named in spec.ttspec.imagePullSecret`;
    if (one.is === "missing")
      return [{ reason: "PullSecretTrouble", message: `${named} does not exist in namespace ${namespace}` }];
    if (one.is === "unreadable" || PULL_TYPES.includes(one.value.type ?? "")) return [];
    return [{ reason: "PullSecretTrouble", message: `${named} is of type ${one.value.type ?? "Opaque"}` }];
  });
}

function classNames({ spec: { ttspec } }: TimesTenClassicObject): string[] {
  const log = ttspec.logStorageSize === undefined ? undefined : ttspec.logStorageClassName;
  return [...new Set([...given(ttspec.storageClassName), ...given(log)])];
}

function claimNames(object: TimesTenClassicObject): string[] {
  const volumes = storageOf(object).map(({ name }) => name);
  return podNames(object).flatMap(pod => volumes.map(volume => `${volume}-${pod}`));
}

/** Claims that are there before the object has made any hold the database of an earlier one. */
function reused(found: readonly Found<unknown>[]): string[] {
  const names = found.filter(one => one.is === "there").map(one => one.name);
  if (names.length === 0) return [];
  const which = names.length === 1 ? `claim ${names[0]}` : `claims ${names.join(", ")}`;
  return [`existing ${which} will be used again, with the database on it; delete it first for an empty one`];
}

function smallClaims(
  object: TimesTenClassicObject,
  found: readonly Found<PersistentVolumeClaim>[],
): SmallClaim[] {
  return storageOf(object).flatMap(({ name: volume, size }) =>
    found.flatMap((one): SmallClaim[] => {
      if (one.is !== "there" || !one.name.startsWith(`${volume}-`)) return [];
      const from = one.value.spec?.resources?.requests?.storage;
      const { uid } = one.value.metadata;
      if (from === undefined || uid === undefined) return [];
      const [has, wants] = [parseQuantity(from), parseQuantity(size)];
      const grows = has !== null && wants !== null && wants > has;
      return grows ? [{ name: one.name, uid, from, to: size }] : [];
    }),
  );
}

/** What the API server would say to the StatefulSet and to a Pod of it; other answers are no word about them. */
async function templateFault(
  kube: KubeApi,
  settings: ObjectSettings,
  object: TimesTenClassicObject,
): Promise<Reason[]> {
  const set = markedStatefulSet(object, settings);
  try {
    await kube.tryCreate(resources.statefulSet, set);
    return [];
  } catch (error) {
    if (!(error instanceof KubeError)) throw error;
    const refused = error.status === 400 || error.status === 422 || error.status === 403;
    if (!refused) return [];
    return [
      { reason: "TemplateRefused", message: `the API server refuses the StatefulSet: ${error.message}` },
    ];
  }
}
