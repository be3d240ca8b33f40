/** The cache of an informer: objects by key with look-ups, and the rules which of two versions is the newer. */
import type { KubeObject } from "./ports";

/** @returns the values an object is found under */
export type IndexFunction<T extends KubeObject> = (object: T) => readonly string[];

/** One object came, changed or went. */
export interface Change<T extends KubeObject> {
  namespace: string | undefined;
  name: string;
  /** As it is now; null: gone. */
  object: T | null;
  /** As it was held before; null: not held. */
  previous: T | null;
}

/** @returns the key of an object within its kind: "namespace/name", or "name" outside namespaces */
export function objectKey(namespace: string | undefined, name: string): string {
  return namespace === undefined || namespace === "" ? name : `${namespace}/${name}`;
}

/**
 * Compares resource versions: larger is newer. They are decimal numbers that grow with every write of a cluster
 * (etcd revisions; Kubernetes KEP-5504 makes comparing them official).
 * @returns below 0 when a is older, above 0 when it is newer, 0 when equal or not comparable
 */
export function compareVersions(a: string | undefined, b: string | undefined): number {
  const [x, y] = [Number(a), Number(b)];
  return Number.isFinite(x) && Number.isFinite(y) ? x - y : 0;
}

const ownerIndex: IndexFunction<KubeObject> = object =>
  (object.metadata.ownerReferences ?? []).map(owner => owner.uid);

export class ObjectStore<T extends KubeObject> {
  readonly #objects = new Map<string, T>();
  readonly #indexes = new Map<string, { of: IndexFunction<T>; keys: Map<string, Set<string>> }>();

  /** @param indexes beside "owner", which is always there */
  constructor(indexes: Readonly<Record<string, IndexFunction<T>>>) {
    for (const [name, of] of Object.entries({ owner: ownerIndex, ...indexes })) {
      this.#indexes.set(name, { of, keys: new Map() });
    }
  }

  get(key: string): T | null {
    return this.#objects.get(key) ?? null;
  }

  /** @returns all objects in the order of their keys */
  all(): T[] {
    return [...this.#objects.keys()].sort().map(key => this.#objects.get(key)!);
  }

  /** @throws Error when there is no such index */
  byIndex(index: string, value: string): T[] {
    const found = this.#indexes.get(index);
    if (found === undefined) throw new Error(`no index "${index}"`);
    return [...(found.keys.get(value) ?? [])].sort().map(key => this.#objects.get(key)!);
  }

  /** @returns the change to tell of */
  put(object: T): Change<T> {
    const { namespace, name } = object.metadata;
    const key = objectKey(namespace, name);
    const previous = this.get(key);
    if (previous !== null) this.#unindex(key, previous);
    this.#objects.set(key, object);
    for (const { of, keys } of this.#indexes.values()) {
      for (const value of of(object)) {
        const set = keys.get(value);
        if (set === undefined) keys.set(value, new Set([key]));
        else set.add(key);
      }
    }
    return { namespace, name, object, previous };
  }

  /** @returns the change to tell of, or null when it was not there */
  remove(key: string): Change<T> | null {
    const previous = this.get(key);
    if (previous === null) return null;
    this.#unindex(key, previous);
    this.#objects.delete(key);
    return { namespace: previous.metadata.namespace, name: previous.metadata.name, object: null, previous };
  }

  #unindex(key: string, object: T): void {
    for (const { of, keys } of this.#indexes.values()) {
      for (const value of of(object)) {
        const set = keys.get(value);
        set?.delete(key);
        if (set?.size === 0) keys.delete(value);
      }
    }
  }
}
