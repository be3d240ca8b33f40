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

export type Stored = KubeObject & { spec?: unknown; status?: unknown } & Record<string, unknown>;

/** One change of one object, as watches see it. */
export interface Change {
  version: number;
  kind: string;
  type: "ADDED" | "MODIFIED" | "DELETED";
  key: string;
  /** JSON of the object after the change (of its last state when deleted). */
  json: string;
  /** JSON before it; null when it is new. */
  before: string | null;
}

export interface DeleteOptions {
  uid?: string;
  resourceVersion?: string;
  gracePeriodSeconds?: number;
}

const conflict = (message: string): KubeError => new KubeError(409, "Conflict", message);
const invalid = (message: string): KubeError => new KubeError(422, "Invalid", message);

export class KubeStore {
  private version = 1000;
  /** Watches from before this version are refused. */
  private horizon = 0;
  private readonly objects = new Map<string, Map<string, string>>();
  private readonly changes: Change[] = [];
  private readonly listeners = new Set<(change: Change) => void>();

  constructor(
    private readonly random: SeededRandom,
    /** Wall clock, ms. */
    private readonly nowMs: () => number,
  ) {}

  get<T extends KubeObject>(resource: Resource, namespace: string | undefined, name: string): T | null {
    const json = this.kind(resource).get(place(resource, namespace, name));
    return json === undefined ? null : parse<T>(json);
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
      .map(key => parse<T>(source.get(key)!))
      .filter(item => matchesOptions(item, options));
    return { items, resourceVersion: String(atVersion ?? this.version) };
  }

  create<T extends KubeObject>(resource: Resource, object: T): T {
    const created = parse<Stored>(JSON.stringify(object));
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

  replace<T extends KubeObject>(resource: Resource, object: T): T {
    const key = place(resource, object.metadata.namespace, object.metadata.name);
    const current = this.must(resource, key, object.metadata.name);
    const wanted = parse<Stored>(JSON.stringify(object));
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
    const wanted = parse<Stored>(JSON.stringify(object));
    this.checkPrecondition(resource, current, wanted.metadata);
    if (wanted.metadata.resourceVersion === undefined && !kindRules(kindKey(resource)).unconditionalUpdate) {
      throw invalid("metadata.resourceVersion: must be specified for an update");
    }
    const next = parse<Stored>(JSON.stringify(current));
    if (wanted.status === undefined) delete next.status;
    else next.status = wanted.status;
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
    const wire = JSON.parse(JSON.stringify(patch)) as Record<string, unknown>;
    const { uid, ...meta } = (wire["metadata"] ?? {}) as KubeObject["metadata"];
    this.checkPrecondition(resource, current, meta);
    if (uid !== undefined && uid !== current.metadata.uid) {
      throw invalid(`metadata.uid: Invalid value: "${uid}": field is immutable`);
    }
    const wanted = merge(parse<Stored>(JSON.stringify(current)), wire) as Stored;
    return this.update<T>(resource, key, current, wanted);
  }

  delete(resource: Resource, namespace: string | undefined, name: string, options: DeleteOptions = {}): void {
    const key = place(resource, namespace, name);
    const current = this.must(resource, key, name);
    this.checkPrecondition(resource, current, options as KubeObject["metadata"], true);
    const next = parse<Stored>(JSON.stringify(current));
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

  private kind(resource: Resource): Map<string, string> {
    const key = kindKey(resource);
    const known = this.objects.get(key);
    if (known !== undefined) return known;
    const fresh = new Map<string, string>();
    this.objects.set(key, fresh);
    return fresh;
  }

  private kindAt(kind: string, version: number): Map<string, string> {
    const objects = new Map<string, string>();
    for (const change of this.changes) {
      if (change.version > version) break;
      if (change.kind !== kind) continue;
      if (change.type === "DELETED") objects.delete(change.key);
      else objects.set(change.key, change.json);
    }
    return objects;
  }

  private must(resource: Resource, key: string, name: string): Stored {
    const json = this.kind(resource).get(key);
    if (json === undefined) throw new KubeError(404, "NotFound", `${resource.plural} "${name}" not found`);
    return parse<Stored>(json);
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
        this.remove(resource, key, next);
        return parse<T>(JSON.stringify(next));
      }
    }
    if (rules.generation && body(current) !== body(next))
      next.metadata.generation = (old.generation ?? 0) + 1;
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
    if (canonical(current) === canonical(next)) return parse<T>(JSON.stringify(current));
    return this.commit<T>(resource, "MODIFIED", key, next, current);
  }

  private remove(resource: Resource, key: string, current: Stored): void {
    const last = { ...current, metadata: { ...current.metadata, resourceVersion: String(++this.version) } };
    this.kind(resource).delete(key);
    this.announce({
      version: this.version,
      kind: kindKey(resource),
      type: "DELETED",
      key,
      json: JSON.stringify(last),
      before: JSON.stringify(current),
    });
  }

  private commit<T extends KubeObject>(
    resource: Resource,
    type: "ADDED" | "MODIFIED",
    key: string,
    next: Stored,
    before: Stored | null,
  ): T {
    next.metadata.resourceVersion = String(++this.version);
    const json = JSON.stringify(next);
    this.kind(resource).set(key, json);
    this.announce({
      version: this.version,
      kind: kindKey(resource),
      type,
      key,
      json,
      before: before === null ? null : JSON.stringify(before),
    });
    return parse<T>(json);
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

/** @returns a fresh copy of a stored object */
export function parse<T>(json: string): T {
  return JSON.parse(json) as T;
}

/** JSON merge patch (RFC 7386). */
function merge(target: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const result: Record<string, unknown> =
    typeof target === "object" && target !== null && !Array.isArray(target)
      ? { ...(target as Record<string, unknown>) }
      : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merge(result[key], value);
  }
  return result;
}

/** JSON with sorted keys, without what changes on its own. */
function canonical(object: Stored): string {
  const { resourceVersion: _, ...metadata } = object.metadata;
  return sorted({ ...object, metadata });
}

/** Everything but metadata and status: what generation counts. */
function body(object: Stored): string {
  const { metadata: _m, status: _s, ...rest } = object;
  return sorted(rest);
}

function sorted(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
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
    if (!changeable.has(key) && sorted(old[key]) !== sorted(spec[key])) {
      throw invalid(
        `spec: Forbidden: updates to statefulset spec for fields other than ${[...changeable].join(", ")} are forbidden`,
      );
    }
  }
}
