/**
 * One process's way to the in-memory API: requests and answers take time, and either may be lost. What the process
 * sees is what a real client could see; what really happened is in the store.
 */
import { timesTenClassicResource, type TimesTenClassicObject } from "../../../../generated/types";
import {
  type KubeApi,
  KubeError,
  type KubeObject,
  type ListOptions,
  type Resource,
  type WatchEvent,
  type WatchHandlers,
} from "../../../../capabilities/runtime/ports";
import { storedSchema, unknownFields } from "../../schema";
import type { VirtualTime } from "../clock";
import { Channel, type VirtualProcess } from "../process";
import { kindKey } from "./kinds";
import { matchesOptions } from "./select";
import { type Change, type KubeStore } from "./store";

export type Verb =
  | "get"
  | "list"
  | "watch"
  | "create"
  | "tryCreate"
  | "apply"
  | "replace"
  | "replaceStatus"
  | "mergePatch"
  | "delete";

/** One call as faults and kill points see it. */
export interface Call {
  client: string;
  verb: Verb;
  /** `group/plural`, e.g. `/pods`. */
  kind: string;
  name: string;
}

/** What becomes of one call. `lost` requests have no effect, `lost` answers had one; the caller learns neither. */
export interface CallFate {
  requestMs: number;
  answerMs: number;
  outcome: "served" | "refused" | "conflict" | "throttled" | "error" | "requestLost" | "answerLost";
}

export interface EventFate {
  delayMs: number;
  copies: 0 | 1 | 2;
}

/** The network and the API server's mood between one client and the store; all by seed. */
export interface KubeFaults {
  call(call: Call): CallFate;
  event(client: string, kind: string): EventFate;
  /** @returns how many versions old the list's answer is; 0: the newest */
  listAge(client: string, kind: string): number;
  /** Told of every watch, to freeze or end it later. */
  opened(watch: OpenWatch): void;
}

/** A stream of one client that a fault may act upon. */
export interface OpenWatch {
  client: string;
  kind: string;
  hold(): void;
  release(): void;
  end(error: KubeError | null): void;
}

/** Whether a write is carried out, and whether its process lives to see the answer: the kill points. */
export type WriteGate = (call: Call) => "go" | "dieBefore" | "dieAfter";

/** Every call ends by itself after this long, as the real client's do. */
const deadlineMs = { get: 3_000, list: 15_000, other: 5_000 };

/** A network without faults: a few milliseconds each way. */
export function calmFaults(random: { between(low: number, high: number): number }): KubeFaults {
  return {
    call: () => ({ requestMs: random.between(0.5, 3), answerMs: random.between(0.5, 3), outcome: "served" }),
    event: () => ({ delayMs: random.between(1, 8), copies: 1 }),
    listAge: () => 0,
    opened: () => undefined,
  };
}

export class KubeClient implements KubeApi {
  constructor(
    private readonly store: KubeStore,
    private readonly time: VirtualTime,
    private readonly process: VirtualProcess,
    private readonly faults: KubeFaults,
    private readonly gate: WriteGate = () => "go",
  ) {}

  get<T extends KubeObject>(
    resource: Resource,
    namespace: string | undefined,
    name: string,
  ): Promise<T | null> {
    return this.call(resource, "get", name, () => this.store.get<T>(resource, namespace, name));
  }

  list<T extends KubeObject>(
    resource: Resource,
    options: ListOptions,
  ): Promise<{ items: T[]; resourceVersion: string }> {
    return this.call(resource, "list", "", () => {
      const age = this.faults.listAge(this.process.name, kindKey(resource));
      return this.store.list<T>(resource, options, age === 0 ? undefined : this.store.currentVersion() - age);
    });
  }

  create<T extends KubeObject>(resource: Resource, object: T): Promise<T> {
    return this.write(resource, "create", object.metadata.name, () => this.store.create(resource, object));
  }

  tryCreate(resource: Resource, object: KubeObject): Promise<void> {
    return this.call(resource, "tryCreate", object.metadata.name, () =>
      this.store.tryCreate(resource, object),
    );
  }

  apply<T extends KubeObject>(resource: Resource, object: T): Promise<T> {
    return this.write(resource, "apply", object.metadata.name, () => this.store.apply(resource, object));
  }

  replace<T extends KubeObject>(resource: Resource, object: T): Promise<T> {
    return this.write(resource, "replace", object.metadata.name, () => this.store.replace(resource, object));
  }

  replaceStatus<T extends KubeObject>(resource: Resource, object: T): Promise<T> {
    knowsItsStatus(resource, object);
    return this.write(resource, "replaceStatus", object.metadata.name, () =>
      this.store.replaceStatus(resource, object),
    );
  }

  mergePatch<T extends KubeObject>(
    resource: Resource,
    namespace: string | undefined,
    name: string,
    patch: object,
  ): Promise<T> {
    return this.write(resource, "mergePatch", name, () =>
      this.store.mergePatch<T>(resource, namespace, name, patch),
    );
  }

  delete(
    resource: Resource,
    namespace: string | undefined,
    name: string,
    options: { uid?: string; resourceVersion?: string; gracePeriodSeconds?: number } = {},
  ): Promise<void> {
    return this.write(resource, "delete", name, () => this.store.delete(resource, namespace, name, options));
  }

  watch<T extends KubeObject>(
    resource: Resource,
    options: ListOptions & { resourceVersion: string },
    handlers: WatchHandlers<T>,
  ): () => void {
    let over = false;
    let unsubscribe: () => void = () => undefined;
    const finish = (): void => {
      over = true;
      unsubscribe();
      channel.close();
    };
    const end = (error: KubeError | null): void => {
      if (over) return;
      finish();
      this.process.enter(() => handlers.onEnd(error));
    };
    const channel = new Channel<WatchEvent<T>>(this.time, event => {
      this.process.enter(() => {
        if (!over) handlers.onEvent(event);
      });
    });
    const pass = (change: Change): void => {
      if (change.kind !== kindKey(resource)) return;
      const event = asEvent<T>(change, options);
      if (event === null) return;
      const fate = this.faults.event(this.process.name, change.kind);
      for (let copy = 0; copy < fate.copies; copy++) channel.send(event, fate.delayMs);
    };
    const fate = this.faults.call({
      client: this.process.name,
      verb: "watch",
      kind: kindKey(resource),
      name: "",
    });
    this.process.after(fate.requestMs, () => {
      if (over) return;
      if (fate.outcome !== "served") return end(failure(fate));
      try {
        for (const change of this.store.since(resource, options.resourceVersion)) pass(change);
      } catch (error) {
        return end(error as KubeError);
      }
      unsubscribe = this.store.subscribe(pass);
    });
    this.faults.opened({
      client: this.process.name,
      kind: kindKey(resource),
      hold: () => channel.hold(),
      release: () => channel.release(),
      end,
    });
    this.process.onEnd(finish);
    return finish;
  }

  private write<T>(resource: Resource, verb: Verb, name: string, apply: () => T): Promise<T> {
    const kind = kindKey(resource);
    return this.call(resource, verb, name, () => {
      const verdict = this.gate({ client: this.process.name, verb, kind, name });
      if (verdict === "dieBefore") {
        this.process.kill();
        throw new KubeError(0, "Killed", "the caller is dead");
      }
      try {
        return apply();
      } finally {
        if (verdict === "dieAfter") this.process.kill();
      }
    });
  }

  private call<T>(resource: Resource, verb: Verb, name: string, apply: () => T): Promise<T> {
    const fate = this.faults.call({ client: this.process.name, verb, kind: kindKey(resource), name });
    const limitMs = verb === "get" || verb === "list" ? deadlineMs[verb] : deadlineMs.other;
    return new Promise<T>((resolve, reject) => {
      if (!this.process.alive()) return;
      const settle = (finish: () => void, afterMs: number): void => void this.process.after(afterMs, finish);
      const silence = limitMs - fate.requestMs;
      // The request travels by itself: a process that dies meanwhile does not call it back.
      this.time.after(fate.requestMs, () => {
        if (fate.outcome === "requestLost") return settle(() => reject(failure(fate)), silence);
        if (fate.outcome !== "served" && fate.outcome !== "answerLost") {
          return settle(() => reject(failure(fate)), fate.answerMs);
        }
        try {
          const value = apply();
          if (fate.outcome === "answerLost") settle(() => reject(failure(fate)), silence);
          else settle(() => resolve(value), fate.answerMs);
        } catch (error) {
          settle(() => reject(error instanceof Error ? error : new Error(String(error))), fate.answerMs);
        }
      });
    });
  }
}

function failure(fate: CallFate): KubeError {
  switch (fate.outcome) {
    case "refused":
      return new KubeError(0, "ConnectionRefused", "connect ECONNREFUSED");
    case "conflict":
      return new KubeError(409, "Conflict", "Operation cannot be fulfilled: the object has been modified");
    case "throttled":
      return new KubeError(429, "TooManyRequests", "too many requests, please try again later");
    case "error":
      return new KubeError(500, "InternalError", "etcdserver: leader changed");
    default:
      return new KubeError(0, "Timeout", "no answer in time");
  }
}

/** @returns what a watch with these options tells of a change; an object that leaves the selection is DELETED for it */
function asEvent<T extends KubeObject>(change: Change, options: ListOptions): WatchEvent<T> | null {
  if (options.labelSelector === undefined && options.fieldSelector === undefined) {
    // Nothing about the object matters then but its place: no need to look into what it was.
    const { namespace } = options;
    if (namespace !== undefined && !change.key.startsWith(`${namespace}/`)) return null;
    return { type: change.type, object: change.object as unknown as T };
  }
  const object = change.object as unknown as T;
  const now = change.type !== "DELETED" && matchesOptions(object, options);
  const was = change.before !== null && matchesOptions(change.before, options);
  if (now) return { type: was ? "MODIFIED" : "ADDED", object };
  return was ? { type: "DELETED", object } : null;
}

const statusSchema = storedSchema().properties?.["status"] ?? {};

/**
 * The API server would drop a key that the schema does not have, and nobody would notice: here it is a bug that shows.
 * @throws Error with the paths of such keys
 */
function knowsItsStatus(resource: Resource, object: KubeObject): void {
  if (kindKey(resource) !== kindKey(timesTenClassicResource)) return;
  const { status } = object as TimesTenClassicObject;
  const unknown = unknownFields(statusSchema, status);
  if (unknown.length > 0) throw new Error(`the schema of the status lacks ${unknown.join(", ")}`);
}
