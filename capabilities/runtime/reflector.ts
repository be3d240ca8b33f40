/**
 * Keeps the objects of one kind and scope in an ObjectStore equal to the API server's: list, watch from there, and
 * again after every end. It bears what watches do in practice: events twice, old after new, lost, streams that end
 * at any moment, versions that have expired, a server whose history was wound back.
 */
import type {
  Clock,
  KubeApi,
  KubeError,
  KubeObject,
  ListOptions,
  Log,
  Random,
  Resource,
  WatchEvent,
} from "./ports";
import { Backoff } from "./backoff";
import { compareVersions, objectKey, type Change, type ObjectStore } from "./object-store";

export interface ReflectorOptions<T extends KubeObject> {
  clock: Clock;
  random: Random;
  log: Log;
  kube: KubeApi;
  resource: Resource;
  scope: ListOptions;
  relistMs: number;
  store: ObjectStore<T>;
  onChange(change: Change<T>): void;
  onSynced(): void;
}

/** Pause after a list or watch that failed. */
const RETRY = { firstMs: 50, maxMs: 5_000 };
/** A watch that lived this long was well, ms. */
const WELL_AFTER_MS = 1_000;

/** What the watch said since the list under way was asked for. */
interface Heard<T> {
  uid: string | undefined;
  version: string | undefined;
  object: T | null;
}

export class Reflector<T extends KubeObject> {
  readonly #o: ReflectorOptions<T>;
  readonly #listPause: Backoff;
  readonly #watchPause: Backoff;
  /** Keys this scope has put into the store. */
  readonly #keys = new Set<string>();
  /** uid to version of what was seen to go since the last list: older news of it is late. */
  #gone = new Map<string, string | undefined>();
  #heard: Map<string, Heard<T>> | null = null;
  #listVersion: string | undefined;
  #watchVersion = "";
  #endWatch: () => void = () => undefined;
  #cancelRewatch: () => void = () => undefined;
  #cancelRelist: () => void = () => undefined;
  /** Grows with every watch: what an older one still says is not listened to. */
  #generation = 0;
  #stopped = true;
  #synced = false;
  #lastHeardMs: number | null = null;

  constructor(options: ReflectorOptions<T>) {
    this.#o = options;
    this.#listPause = new Backoff(options.random, RETRY);
    this.#watchPause = new Backoff(options.random, RETRY);
  }

  get synced(): boolean {
    return this.#synced;
  }

  /** Monotonic ms of the last answer, event or bookmark; null before the first. */
  get lastHeardMonotonicMs(): number | null {
    return this.#lastHeardMs;
  }

  start(): void {
    if (!this.#stopped) return;
    this.#stopped = false;
    this.#list();
  }

  stop(): void {
    this.#stopped = true;
    this.#generation++;
    this.#endWatch();
    this.#cancelRewatch();
    this.#cancelRelist();
  }

  /** Lists; a watch that is open goes on meanwhile, so that news does not wait for a long list. */
  #list(): void {
    this.#cancelRelist();
    if (this.#heard !== null) return;
    this.#heard = new Map();
    this.#o.kube.list<T>(this.#o.resource, this.#o.scope).then(
      list => this.#listed(list),
      (error: unknown) => {
        this.#heard = null;
        this.#cancelRelist = this.#later(this.#listPause, "list failed", error, () => this.#list());
      },
    );
  }

  #listed(list: { items: T[]; resourceVersion: string }): void {
    const heard = this.#heard ?? new Map<string, Heard<T>>();
    this.#heard = null;
    if (this.#stopped) return;
    this.#noteHeard();
    this.#listPause.reset();
    // A server restored from a backup counts from an earlier version: then only the list is true.
    const rewound = compareVersions(list.resourceVersion, this.#listVersion) < 0;
    this.#listVersion = list.resourceVersion;
    const wanted = new Map(
      list.items.map(item => [objectKey(item.metadata.namespace, item.metadata.name), item]),
    );
    this.#gone = new Map();
    if (!rewound) this.#replay(heard, wanted, list.resourceVersion);
    this.#replaceAll(wanted);
    this.#watch(list.resourceVersion);
    this.#cancelRelist = this.#o.clock.setTimer(this.#o.relistMs, () => this.#list());
    if (this.#synced) return;
    this.#synced = true;
    this.#o.onSynced();
  }

  /** What the watch said while the list was under way counts where it is newer than the list. */
  #replay(heard: Map<string, Heard<T>>, wanted: Map<string, T>, listVersion: string): void {
    for (const [key, { uid, version, object }] of heard) {
      if (compareVersions(version, listVersion) <= 0) continue;
      if (object !== null) {
        wanted.set(key, object);
        continue;
      }
      if (uid !== undefined) this.#gone.set(uid, version);
      if (wanted.get(key)?.metadata.uid === uid) wanted.delete(key);
    }
  }

  #replaceAll(wanted: Map<string, T>): void {
    for (const key of [...this.#keys]) if (!wanted.has(key)) this.#remove(key);
    for (const [key, object] of wanted) {
      const held = this.#o.store.get(key);
      if (held === null || !sameVersion(held, object)) this.#put(key, object);
    }
  }

  #watch(fromVersion: string): void {
    this.#cancelRewatch();
    this.#endWatch();
    const generation = ++this.#generation;
    const startedMs = this.#o.clock.monotonicMs();
    this.#watchVersion = fromVersion;
    const current = (): boolean => !this.#stopped && generation === this.#generation;
    const options = { ...this.#o.scope, resourceVersion: fromVersion };
    this.#endWatch = this.#o.kube.watch<T>(this.#o.resource, options, {
      onEvent: event => {
        if (current()) this.#event(event);
      },
      onEnd: error => {
        if (current()) this.#ended(error, this.#o.clock.monotonicMs() - startedMs);
      },
    });
  }

  #ended(error: KubeError | null, livedMs: number): void {
    this.#endWatch = () => undefined;
    if (livedMs >= WELL_AFTER_MS) this.#watchPause.reset();
    // No answer at all says nothing about the version: go on from it. Any other refusal: begin anew.
    const goOn = error === null || error.status === 0;
    const again = (): void => (goOn ? this.#watch(this.#watchVersion) : this.#list());
    const atOnce = livedMs >= WELL_AFTER_MS && (error === null || error.status === 410);
    if (atOnce) again();
    else this.#cancelRewatch = this.#later(this.#watchPause, "watch ended", error, again);
  }

  /** @returns a function that cancels it */
  #later(pause: Backoff, what: string, error: unknown, then: () => void): () => void {
    if (this.#stopped) return () => undefined;
    const retryMs = pause.next();
    const { log, resource, scope } = this.#o;
    // One line per trouble, not one per attempt.
    const level = pause.count === 1 ? "warn" : "debug";
    log[level](what, { kind: resource.kind, namespace: scope.namespace, error, retryMs });
    return this.#o.clock.setTimer(retryMs, then);
  }

  #event(event: WatchEvent<T>): void {
    this.#noteHeard();
    if (event.type === "BOOKMARK") {
      this.#advance(event.resourceVersion);
      return;
    }
    const { metadata } = event.object;
    this.#advance(metadata.resourceVersion);
    const key = objectKey(metadata.namespace, metadata.name);
    if (event.type === "DELETED") this.#deletedEvent(key, event.object);
    else this.#putEvent(key, event.object);
  }

  /** Where a watch that breaks off goes on; an event delivered late does not take it back. */
  #advance(version: string | undefined): void {
    if (version !== undefined && compareVersions(version, this.#watchVersion) >= 0)
      this.#watchVersion = version;
  }

  #putEvent(key: string, object: T): void {
    const { uid, resourceVersion } = object.metadata;
    // What left the selection may come back into it, but only with a newer version.
    if (this.#gone.has(uid ?? "") && compareVersions(resourceVersion, this.#gone.get(uid ?? "")) <= 0) return;
    const held = this.#o.store.get(key);
    if (held !== null && compareVersions(resourceVersion, held.metadata.resourceVersion) < 0) return;
    this.#heard?.set(key, { uid, version: resourceVersion, object });
    if (held === null || !sameVersion(held, object)) this.#put(key, object);
  }

  #deletedEvent(key: string, object: T): void {
    const { uid, resourceVersion } = object.metadata;
    if (uid !== undefined) this.#gone.set(uid, resourceVersion);
    const held = this.#o.store.get(key);
    // The end of a former object of that name says nothing about the present one.
    if (held !== null && held.metadata.uid !== uid) return;
    this.#heard?.set(key, { uid, version: resourceVersion, object: null });
    this.#remove(key);
  }

  #put(key: string, object: T): void {
    this.#keys.add(key);
    this.#o.onChange(this.#o.store.put(object));
  }

  #remove(key: string): void {
    this.#keys.delete(key);
    const change = this.#o.store.remove(key);
    if (change !== null) this.#o.onChange(change);
  }

  #noteHeard(): void {
    this.#lastHeardMs = this.#o.clock.monotonicMs();
  }
}

function sameVersion(a: KubeObject, b: KubeObject): boolean {
  return a.metadata.uid === b.metadata.uid && a.metadata.resourceVersion === b.metadata.resourceVersion;
}
