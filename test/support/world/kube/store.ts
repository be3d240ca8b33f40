/**
 * The state behind the in-memory API: objects with versions, kept whole, so that a list can be served from the past.
 * Every operation is one linearizable step, as a single etcd gives it; latency and faults are the client's matter.
 * Held equal to a real API server by the suite in conformance.ts.
 */
import {
  type KubeObject,
  KubeError,
  type ListOptions,
  type Resource,
} from "../../../../capabilities/runtime/ports";
import type { SeededRandom } from "../random";
import { kindKey, kindRules } from "./kinds";
import { matchesOptions } from "./select";
import { applied, frozen, mergePatch, sameJson } from "./tree";

export type Stored = KubeObject & { spec?: unknown; status?: unknown } & Record<string, unknown>;

/** One change of one object, as watches see it. */
export interface Change {
  version: number;
  kind: string;
  type: "ADDED" | "MODIFIED" | "DELETED";
  key: string;
  /** After the change; the last state when deleted. */
  object: Stored;
  /** null when it is new. */
  before: Stored | null;
}

export interface DeleteOptions {
  uid?: string;
  resourceVersion?: string;
  gracePeriodSeconds?: number;
}

/** Everything in a store at one moment; the trees in it are frozen and may be shared. */
export interface StoreImage {
  version: number;
  objects: ReadonlyMap<string, ReadonlyMap<string, Stored>>;
  changes: readonly Change[];
}

const conflict = (message: string): KubeError => new KubeError(409, "Conflict", message);
const invalid = (message: string): KubeError => new KubeError(422, "Invalid", message);

export class KubeStore {
  private version: number;
  /** Watches from before this version are refused. */
  private horizon = 0;
  private readonly objects = new Map<string, Map<string, Stored>>();
  private readonly changes: Change[];
  private readonly listeners = new Set<(change: Change) => void>();

  constructor(
    private readonly random: SeededRandom,
    /** Wall clock, ms. */
    private readonly nowMs: () => number,
    /** What is in it at the beginning. */
    image?: StoreImage,
  ) {
    this.version = image?.version ?? 1000;
    this.changes = [...(image?.changes ?? [])];
    for (const [kind, objects] of image?.objects ?? []) this.objects.set(kind, new Map(objects));
  }

  /** @returns what is in it now, to begin another one with */
  image(): StoreImage {
    const objects = new Map([...this.objects].map(([kind, all]) => [kind, new Map(all)]));
    return { version: this.version, objects, changes: [...this.changes] };
  }

  get<T extends KubeObject>(resource: Resource, namespace: string | undefined, name: string): T | null {
    return (this.kind(resource).get(place(resource, namespace, name)) ?? null) as T | null;
  }

  /** @param atVersion serve the state of that version instead of the newest */
  list<T extends KubeObject>(
    resource: Resource,
    options: ListOptions,
    atVersion?: number,
  ): { items: T[]; resourceVersion: string } {
    const source = atVersion === undefined ? this.kind(resource) : this.kindAt(kindKey(resource), atVersion);
    const items = [...source.keys()]
      .sort()
      .map(key => source.get(key)!)
      .filter(item => matchesOptions(item, options));
    return { items: items as unknown[] as T[], resourceVersion: String(atVersion ?? this.version) };
  }

  create<T extends KubeObject>(resource: Resource, object: T): T {
    const created = { ...object, metadata: { ...object.metadata } } as unknown as Stored;
    const meta = created.metadata;
    const prefix = (meta as { generateName?: string }).generateName;
    if (!meta.name && prefix !== undefined) meta.name = prefix + this.random.uuid().slice(0, 5);
    this.checkNew(resource, created);
    const key = place(resource, meta.namespace, meta.name);
    if (this.kind(resource).has(key)) {
      throw new KubeError(409, "AlreadyExists", `${resource.plural} "${meta.name}" already exists`);
    }
    const rules = kindRules(kindKey(resource));
    meta.uid = this.random.uuid();
    meta.creationTimestamp = this.stamp();
    delete meta.deletionTimestamp;
    if (rules.generation) meta.generation = 1;
    if (rules.status) delete created.status;
    if (kindKey(resource) === "/pods") created.status = { phase: "Pending" };
    return this.commit<T>(resource, "ADDED", key, created, null);
  }

  /** What create refuses, without storing anything. */
  tryCreate(resource: Resource, object: KubeObject): void {
    const wanted = { ...object, metadata: { ...object.metadata } } as unknown as Stored;
    this.checkNew(resource, wanted);
    const { namespace, name } = wanted.metadata;
    if (this.kind(resource).has(place(resource, namespace, name))) {
      throw new KubeError(409, "AlreadyExists", `${resource.plural} "${name}" already exists`);
    }
  }

  /** Server-side apply by force, as far as our objects need it: fields merge, of lists each item by its key. */
  apply<T extends KubeObject>(resource: Resource, object: T): T {
    const { namespace, name, uid } = object.metadata;
    const key = place(resource, namespace, name);
    const current = this.kind(resource).get(key);
    if (current === undefined) {
      if (uid !== undefined) throw conflict(`${resource.plural} "${name}": uid mismatch`);
      return this.create(resource, object);
    }
    if (uid !== undefined && uid !== current.metadata.uid)
      throw invalid(`metadata.uid: Invalid value: "${uid}": field is immutable`);
    return this.update<T>(resource, key, current, applied(current, frozen(object)) as Stored);
  }

  replace<T extends KubeObject>(resource: Resource, object: T): T {
    const key = place(resource, object.metadata.namespace, object.metadata.name);
    const current = this.must(resource, key, object.metadata.name);
    const wanted = frozen(object) as unknown as Stored;
    this.checkPrecondition(resource, current, wanted.metadata);
    if (wanted.metadata.resourceVersion === undefined && !kindRules(kindKey(resource)).unconditionalUpdate) {
      throw invalid("metadata.resourceVersion: must be specified for an update");
    }
    return this.update<T>(resource, key, current, wanted);
  }

  replaceStatus<T extends KubeObject>(resource: Resource, object: T): T {
    if (!kindRules(kindKey(resource)).status) {
      throw new KubeError(404, "NotFound", `${resource.plural} has no status subresource`);
    }
    const key = place(resource, object.metadata.namespace, object.metadata.name);
    const current = this.must(resource, key, object.metadata.name);
    const wanted = frozen(object) as unknown as Stored;
    this.checkPrecondition(resource, current, wanted.metadata);
    if (wanted.metadata.resourceVersion === undefined && !kindRules(kindKey(resource)).unconditionalUpdate) {
      throw invalid("metadata.resourceVersion: must be specified for an update");
    }
    const { status: _, ...rest } = current;
    const next = (wanted.status === undefined ? rest : { ...rest, status: wanted.status }) as Stored;
    return this.commitIfChanged<T>(resource, key, current, next);
  }

  mergePatch<T extends KubeObject>(
    resource: Resource,
    namespace: string | undefined,
    name: string,
    patch: object,
  ): T {
    const key = place(resource, namespace, name);
    const current = this.must(resource, key, name);
    const wire = frozen(patch) as Record<string, unknown>;
    const { uid, ...meta } = (wire["metadata"] ?? {}) as KubeObject["metadata"];
    this.checkPrecondition(resource, current, meta);
    if (uid !== undefined && uid !== current.metadata.uid) {
      throw invalid(`metadata.uid: Invalid value: "${uid}": field is immutable`);
    }
    const wanted = mergePatch(current, wire) as Stored;
    return this.update<T>(resource, key, current, wanted);
  }

  delete(resource: Resource, namespace: string | undefined, name: string, options: DeleteOptions = {}): void {
    const key = place(resource, namespace, name);
    const current = this.must(resource, key, name);
    this.checkPrecondition(resource, current, options as KubeObject["metadata"], true);
    const next: Stored = { ...current, metadata: { ...current.metadata } };
    const graceS = this.graceOf(resource, current, options);
    const pending = next.metadata.deletionTimestamp !== undefined;
    const holds = graceS > 0 || (next.metadata.finalizers ?? []).length > 0;
    if (!holds) {
      this.remove(resource, key, current);
      return;
    }
    if (pending && graceS >= (next.metadata.deletionGracePeriodSeconds ?? 0)) return;
    next.metadata.deletionTimestamp = new Date(this.nowMs() + graceS * 1000)
      .toISOString()
      .replace(/\.\d+Z$/, "Z");
    next.metadata.deletionGracePeriodSeconds = graceS;
    if (!pending && next.metadata.generation !== undefined) next.metadata.generation++;
    this.commit(resource, "MODIFIED", key, next, current);
  }

  /** Every change from now on, in order, at once. @returns a function that ends it */
  subscribe(listener: (change: Change) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /**
   * @param version of a list or an event
   * @returns what changed after it
   * @throws KubeError 410 when that is too long ago
   */
  since(resource: Resource, version: string): Change[] {
    const from = Number(version);
    if (!(from >= this.horizon))
      throw new KubeError(410, "Expired", `too old resource version: ${version} (${this.horizon})`);
    const kind = kindKey(resource);
    let start = this.changes.length;
    while (start > 0 && this.changes[start - 1]!.version > from) start--;
    return this.changes.slice(start).filter(change => change.kind === kind);
  }

  currentVersion(): number {
    return this.version;
  }

  /** Forgets the past, as etcd's compaction does: watches from before are refused. */
  compact(): void {
    this.horizon = this.version;
  }

  private kind(resource: Resource): Map<string, Stored> {
    const key = kindKey(resource);
    const known = this.objects.get(key);
    if (known !== undefined) return known;
    const fresh = new Map<string, Stored>();
    this.objects.set(key, fresh);
    return fresh;
  }

  private kindAt(kind: string, version: number): Map<string, Stored> {
    const objects = new Map<string, Stored>();
    for (const change of this.changes) {
      if (change.version > version) break;
      if (change.kind !== kind) continue;
      if (change.type === "DELETED") objects.delete(change.key);
      else objects.set(change.key, change.object);
    }
    return objects;
  }

  private must(resource: Resource, key: string, name: string): Stored {
    const object = this.kind(resource).get(key);
    if (object === undefined) throw new KubeError(404, "NotFound", `${resource.plural} "${name}" not found`);
    return object;
  }

  private checkNew(resource: Resource, object: Stored): void {
    const meta = object.metadata;
    if (!meta.name) throw invalid("metadata.name: Required value: name or generateName is required");
    if (meta.resourceVersion !== undefined) {
      throw new KubeError(400, "BadRequest", "resourceVersion should not be set on objects to be created");
    }
    if (!resource.namespaced) return;
    const namespaces = this.objects.get("/namespaces");
    if (namespaces?.has(`/${meta.namespace ?? ""}`) !== true) {
      throw new KubeError(404, "NotFound", `namespaces "${meta.namespace}" not found`);
    }
  }

  private checkPrecondition(
    resource: Resource,
    current: Stored,
    given: KubeObject["metadata"],
    forDelete = false,
  ): void {
    const what = `${resource.plural} "${current.metadata.name}"`;
    if (given.uid !== undefined && given.uid !== current.metadata.uid) {
      throw conflict(
        `Operation cannot be fulfilled on ${what}: the UID in the precondition (${given.uid}) is not ${current.metadata.uid}`,
      );
    }
    if (given.resourceVersion !== undefined && given.resourceVersion !== current.metadata.resourceVersion) {
      throw conflict(
        `Operation cannot be fulfilled on ${what}: ${forDelete ? "the ResourceVersion in the precondition does not match" : "the object has been modified"}`,
      );
    }
  }

  /** What a write may not touch stays as it was; generation and finalizers follow their rules. */
  private update<T extends KubeObject>(resource: Resource, key: string, current: Stored, wanted: Stored): T {
    const rules = kindRules(kindKey(resource));
    const old = current.metadata;
    const meta: Record<string, unknown> = { ...wanted.metadata };
    for (const field of [
      "uid",
      "creationTimestamp",
      "deletionTimestamp",
      "deletionGracePeriodSeconds",
      "generation",
      "resourceVersion",
      "name",
      "namespace",
    ] as const) {
      if (old[field] === undefined) delete meta[field];
      else meta[field] = old[field];
    }
    const next = { ...wanted, metadata: meta as unknown as KubeObject["metadata"] };
    if (rules.status) {
      if (current.status === undefined) delete next.status;
      else next.status = current.status;
    }
    if (kindKey(resource) === "apps/statefulsets") checkStatefulSet(current, next);
    const finalizers = next.metadata.finalizers ?? [];
    if (old.deletionTimestamp !== undefined) {
      const added = finalizers.filter(name => !(old.finalizers ?? []).includes(name));
      if (added.length > 0)
        throw invalid(
          `metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted`,
        );
      if (finalizers.length === 0 && (old.deletionGracePeriodSeconds ?? 0) === 0) {
        return this.remove<T>(resource, key, next);
      }
    }
    if (rules.generation && !sameBody(current, next)) next.metadata.generation = (old.generation ?? 0) + 1;
    return this.commitIfChanged<T>(resource, key, current, next);
  }

  private graceOf(resource: Resource, current: Stored, options: DeleteOptions): number {
    if (!kindRules(kindKey(resource)).graceful) return 0;
    const spec = (current.spec ?? {}) as { nodeName?: string; terminationGracePeriodSeconds?: number };
    const phase = (current.status as { phase?: string } | undefined)?.phase;
    if (spec.nodeName === undefined || phase === "Succeeded" || phase === "Failed") return 0;
    return options.gracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? 30;
  }

  private commitIfChanged<T extends KubeObject>(
    resource: Resource,
    key: string,
    current: Stored,
    next: Stored,
  ): T {
    if (unchanged(current, next)) return current as unknown as T;
    return this.commit<T>(resource, "MODIFIED", key, next, current);
  }

  private remove<T extends KubeObject>(resource: Resource, key: string, current: Stored): T {
    const object = this.stamped(current);
    this.kind(resource).delete(key);
    const kind = kindKey(resource);
    this.announce({ version: this.version, kind, type: "DELETED", key, object, before: frozen(current) });
    return object as unknown as T;
  }

  private commit<T extends KubeObject>(
    resource: Resource,
    type: "ADDED" | "MODIFIED",
    key: string,
    next: Stored,
    before: Stored | null,
  ): T {
    const object = this.stamped(next);
    this.kind(resource).set(key, object);
    this.announce({ version: this.version, kind: kindKey(resource), type, key, object, before });
    return object as unknown as T;
  }

  /** With the version of a new change. */
  private stamped(object: Stored): Stored {
    return frozen({ ...object, metadata: { ...object.metadata, resourceVersion: String(++this.version) } });
  }

  private announce(change: Change): void {
    this.changes.push(change);
    for (const listener of [...this.listeners]) listener(change);
  }

  private stamp(): string {
    return new Date(this.nowMs()).toISOString().replace(/\.\d+Z$/, "Z");
  }
}

/** @returns the key of an object within its kind */
export function place(resource: Resource, namespace: string | undefined, name: string): string {
  return `${resource.namespaced ? (namespace ?? "") : ""}/${name}`;
}

/** @returns whether nothing but the version differs */
function unchanged(a: Stored, b: Stored): boolean {
  const { resourceVersion: _a, ...before } = a.metadata;
  const { resourceVersion: _b, ...after } = b.metadata;
  return sameJson({ ...a, metadata: before }, { ...b, metadata: after });
}

/** @returns whether what generation counts is the same: everything but metadata and status */
function sameBody(a: Stored, b: Stored): boolean {
  const { metadata: _am, status: _as, ...before } = a;
  const { metadata: _bm, status: _bs, ...after } = b;
  return sameJson(before, after);
}

const changeable = new Set([
  "replicas",
  "ordinals",
  "template",
  "updateStrategy",
  "persistentVolumeClaimRetentionPolicy",
  "minReadySeconds",
  "revisionHistoryLimit",
]);

function checkStatefulSet(current: Stored, next: Stored): void {
  const old = (current.spec ?? {}) as Record<string, unknown>;
  const spec = (next.spec ?? {}) as Record<string, unknown>;
  for (const key of new Set([...Object.keys(old), ...Object.keys(spec)])) {
    if (!changeable.has(key) && !sameJson(old[key], spec[key])) {
      throw invalid(
        `spec: Forbidden: updates to statefulset spec for fields other than ${[...changeable].join(", ")} are forbidden`,
      );
    }
  }
}
