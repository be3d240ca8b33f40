/**
 * What the engine asks of the world: time, randomness, Kubernetes and the agents' sessions. Nothing below
 * capabilities/classic reaches any of them another way, so that the whole engine also runs under virtual time
 * against an in-memory API (test/world).
 */
import type {
  AgentMessage,
  DialHandlers,
  OperatorMessage,
  WitnessMessage,
  WitnessRequest,
} from "../../protocol";

export interface Clock {
  /** Wall clock, ms since 1970. */
  nowMs(): number;
  /** Never goes back; ms from an arbitrary start. */
  monotonicMs(): number;
  /** @returns a function that cancels it */
  setTimer(ms: number, callback: () => void): () => void;
}

export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** A fresh id, unguessable where it is real. */
  uuid(): string;
}

/** A kind by its place in the API. */
export interface Resource {
  group: string;
  version: string;
  plural: string;
  kind: string;
  namespaced: boolean;
}

export interface ObjectMeta {
  name: string;
  namespace?: string | undefined;
  uid?: string | undefined;
  resourceVersion?: string | undefined;
  generation?: number | undefined;
  creationTimestamp?: string | undefined;
  deletionTimestamp?: string | undefined;
  deletionGracePeriodSeconds?: number | undefined;
  labels?: Record<string, string> | undefined;
  annotations?: Record<string, string> | undefined;
  finalizers?: string[] | undefined;
  ownerReferences?: OwnerReference[] | undefined;
}

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

/** Any API object; spec and status are shaped by its kind. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

/** An answer of the API server that is not a success, or none at all (`status` 0: not known whether it took effect). */
export class KubeError extends Error {
  constructor(
    /** HTTP status; 0 when there was no answer. */
    readonly status: number,
    /** Kubernetes' own reason, e.g. AlreadyExists, Conflict, NotFound, Expired. */
    readonly reason: string,
    message: string,
  ) {
    super(message);
    this.name = "KubeError";
  }
}

export type WatchEvent<T> =
  | { type: "ADDED" | "MODIFIED" | "DELETED"; object: T }
  | { type: "BOOKMARK"; resourceVersion: string };

export interface WatchHandlers<T> {
  onEvent(event: WatchEvent<T>): void;
  /** Called once; `error` null when the server closed the stream in the ordinary way. */
  onEnd(error: KubeError | null): void;
}

export interface ListOptions {
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
}

/** Every call ends within its own deadline; none retries. */
export interface KubeApi {
  /** @returns the object as a quorum read, or null when it is not there */
  get<T extends KubeObject>(
    resource: Resource,
    namespace: string | undefined,
    name: string,
  ): Promise<T | null>;
  list<T extends KubeObject>(
    resource: Resource,
    options: ListOptions,
  ): Promise<{ items: T[]; resourceVersion: string }>;
  create<T extends KubeObject>(resource: Resource, object: T): Promise<T>;
  /** Everything a create does but the storing: schema, defaults, admission, quotas. @throws KubeError as create does */
  tryCreate(resource: Resource, object: KubeObject): Promise<void>;
  /**
   * Server-side apply under our name, by force: the fields of the object become as given, all others stay. With
   * metadata.uid set it is refused where there is none of that uid: 409 where there is none at all, 422 for another one.
   */
  apply<T extends KubeObject>(resource: Resource, object: T): Promise<T>;
  /** PUT: with metadata.resourceVersion set it is refused with 409 unless that is the newest. */
  replace<T extends KubeObject>(resource: Resource, object: T): Promise<T>;
  replaceStatus<T extends KubeObject>(resource: Resource, object: T): Promise<T>;
  /** JSON merge patch; put metadata.resourceVersion into it for a precondition. */
  mergePatch<T extends KubeObject>(
    resource: Resource,
    namespace: string | undefined,
    name: string,
    patch: object,
  ): Promise<T>;
  delete(
    resource: Resource,
    namespace: string | undefined,
    name: string,
    options?: { uid?: string; resourceVersion?: string; gracePeriodSeconds?: number },
  ): Promise<void>;
  /** @returns a function that ends it without a further call */
  watch<T extends KubeObject>(
    resource: Resource,
    options: ListOptions & { resourceVersion: string },
    handlers: WatchHandlers<T>,
  ): () => void;
}

/** Where and as whom to reach an agent. */
export interface AgentAddress {
  /** The pod's own address. */
  ip: string;
  port: number;
  /** The DNS name its certificate must carry. */
  serverName: string;
  /** PEM: authority of this object, and our client certificate and key. */
  ca: string;
  cert: string;
  key: string;
}

export interface AgentConnection {
  send(message: OperatorMessage): void;
  close(): void;
}

export interface AgentHandlers {
  onOpen(connection: AgentConnection): void;
  onMessage(message: AgentMessage): void;
  /** Called once, also when it never opened. `reason` is for people. */
  onClose(reason: string): void;
}

export interface AgentTransport {
  /** @returns a function that gives up the connection */
  dial(address: AgentAddress, handlers: AgentHandlers): () => void;
}

/** The way to the witnesses in the pods' sidecars; `address` is the pod's, with the witness's port. */
export interface WitnessTransport {
  /** @returns a function that gives up the connection */
  dial(address: AgentAddress, handlers: DialHandlers<WitnessRequest, WitnessMessage>): () => void;
}

export interface Log {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

/** The outside of the engine, in one value. */
export interface World {
  clock: Clock;
  random: Random;
  kube: KubeApi;
  agents: AgentTransport;
  witnesses: WitnessTransport;
  log: Log;
}
