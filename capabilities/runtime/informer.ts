/**
 * A readable copy of one kind, kept by list and watch. What it holds may be late, never wrong for long: a relist
 * puts right whatever a watch lost. Passes that must not act on something old re-read it from the API server.
 */
import type { Clock, KubeApi, KubeObject, Log, Random, Resource } from "./ports";
import { objectKey, ObjectStore, type Change, type IndexFunction } from "./object-store";
import { Reflector } from "./reflector";

export type { Change, IndexFunction } from "./object-store";

export interface InformerOptions<T extends KubeObject> {
  clock: Clock;
  random: Random;
  log: Log;
  kube: KubeApi;
  resource: Resource;
  /** Namespaces to look at, one list and watch each; empty: the whole cluster in one. */
  namespaces: readonly string[];
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
  /** Look-ups beside the name: index name to the values an object is found under. */
  indexes?: Readonly<Record<string, IndexFunction<T>>> | undefined;
  /** Between two lists while the watch is well, ms. */
  relistMs?: number | undefined;
}

/** Between two lists while the watch is well, ms. */
export const RELIST_MS = 120_000;

export class Informer<T extends KubeObject> {
  readonly #o: InformerOptions<T>;
  readonly #store: ObjectStore<T>;
  readonly #reflectors: Reflector<T>[];
  readonly #listeners = new Set<(change: Change<T>) => void>();
  #syncWaiters: (() => void)[] = [];

  constructor(options: InformerOptions<T>) {
    this.#o = options;
    this.#store = new ObjectStore(options.indexes ?? {});
    const scopes = options.namespaces.length === 0 ? [undefined] : options.namespaces;
    this.#reflectors = scopes.map(
      namespace =>
        new Reflector<T>({
          clock: options.clock,
          random: options.random,
          log: options.log,
          kube: options.kube,
          resource: options.resource,
          scope: {
            namespace,
            labelSelector: options.labelSelector,
            fieldSelector: options.fieldSelector,
          },
          relistMs: options.relistMs ?? RELIST_MS,
          store: this.#store,
          onChange: change => this.#tell(change),
          onSynced: () => this.#noteSynced(),
        }),
    );
  }

  /** Begins to list and watch; never throws, goes on until `stop`. */
  start(): void {
    for (const reflector of this.#reflectors) reflector.start();
  }

  /** Ends every watch; what it holds stays readable. */
  stop(): void {
    for (const reflector of this.#reflectors) reflector.stop();
  }

  /** @returns the object as last heard of, or null; shared: not to be changed */
  get(namespace: string | undefined, name: string): T | null {
    return this.#store.get(objectKey(namespace, name));
  }

  /** @returns all objects, or those the predicate holds for, by namespace and name; shared: not to be changed */
  list(predicate?: (object: T) => boolean): T[] {
    const all = this.#store.all();
    return predicate === undefined ? all : all.filter(predicate);
  }

  /**
   * @param index a name from `indexes`, or "owner" (metadata.uid of an owner)
   * @returns the objects found under that value
   * @throws Error when there is no such index
   */
  byIndex(index: string, value: string): T[] {
    return this.#store.byIndex(index, value);
  }

  /** @returns the objects that name this uid among their owners */
  byOwner(uid: string): T[] {
    return this.#store.byIndex("owner", uid);
  }

  /** Called after the copy has changed, once per object and change. @returns a function that ends it */
  onChange(listener: (change: Change<T>) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Every namespace has been listed once. */
  synced(): boolean {
    return this.#reflectors.every(reflector => reflector.synced);
  }

  /** Resolves once `synced`; never, if that never comes (race it with a deadline). */
  async whenSynced(): Promise<void> {
    if (this.synced()) return;
    await new Promise<void>(resolve => this.#syncWaiters.push(resolve));
  }

  /** Monotonic ms when the API server was last heard of, the oldest over all namespaces; null before the first answer. */
  get lastEventMonotonicMs(): number | null {
    const all = this.#reflectors.map(reflector => reflector.lastHeardMonotonicMs);
    return all.reduce(
      (oldest, one) => (oldest === null || one === null ? null : Math.min(oldest, one)),
      Infinity,
    );
  }

  #noteSynced(): void {
    if (!this.synced()) return;
    for (const resolve of this.#syncWaiters.splice(0)) resolve();
  }

  #tell(change: Change<T>): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(change);
      } catch (error) {
        this.#o.log.error("listener of an informer failed", { kind: this.#o.resource.kind, error });
      }
    }
  }
}

/** @returns an index over the values of one label */
export function labelIndex(label: string): IndexFunction<KubeObject> {
  return object => {
    const value = object.metadata.labels?.[label];
    return value === undefined ? [] : [value];
  };
}
