/** The API server over HTTPS. Every call ends within its deadline, none is repeated; who calls decides what to do. */
import {
  KubeError,
  type KubeApi,
  type KubeObject,
  type ListOptions,
  type Resource,
  type WatchHandlers,
} from "../ports";
import { credentialSource, type CredentialSource } from "./credentials";
import { KubeHttp, type KubeRequest } from "./http";
import { apiVersion } from "./resources";
import { openWatch, WATCH_SILENCE_MS, WATCH_TIMEOUT_S } from "./watch";

export interface KubeClientOptions {
  credentials?: CredentialSource;
  /** Name under which the API server notes our writes. */
  fieldManager?: string;
  getDeadlineMs?: number;
  listDeadlineMs?: number;
  /** Of every other call. */
  callDeadlineMs?: number;
  /** A watch that says nothing for so long is ended, ms. */
  watchSilenceMs?: number;
}

const defaults = {
  fieldManager: "timesten-operator",
  getDeadlineMs: 3_000,
  listDeadlineMs: 15_000,
  callDeadlineMs: 5_000,
  watchSilenceMs: WATCH_SILENCE_MS,
};

export class KubeClient implements KubeApi {
  readonly #http: KubeHttp;
  readonly #o: typeof defaults;

  constructor(options: KubeClientOptions = {}) {
    const { credentials, ...rest } = options;
    this.#http = new KubeHttp(credentials ?? credentialSource());
    this.#o = { ...defaults, ...rest };
  }

  async get<T extends KubeObject>(
    resource: Resource,
    namespace: string | undefined,
    name: string,
  ): Promise<T | null> {
    const path = objectPath(resource, namespace, name);
    try {
      return (await this.#http.call({ method: "GET", path }, this.#o.getDeadlineMs)) as T;
    } catch (error) {
      if (error instanceof KubeError && error.status === 404 && isAboutObject(error)) return null;
      throw error;
    }
  }

  async list<T extends KubeObject>(
    resource: Resource,
    options: ListOptions,
  ): Promise<{ items: T[]; resourceVersion: string }> {
    const path = collectionPath(resource, options.namespace) + query(selectors(options));
    const list = (await this.#http.call({ method: "GET", path }, this.#o.listDeadlineMs)) as {
      items: T[] | null;
      metadata: { resourceVersion?: string };
    };
    const complete = completer<T>(resource);
    return {
      items: (list.items ?? []).map(complete),
      resourceVersion: list.metadata.resourceVersion ?? "",
    };
  }

  create<T extends KubeObject>(resource: Resource, object: T): Promise<T> {
    const path = collectionPath(resource, object.metadata.namespace);
    return this.#write("POST", path, object);
  }

  async tryCreate(resource: Resource, object: KubeObject): Promise<void> {
    const path = collectionPath(resource, object.metadata.namespace);
    await this.#write("POST", path, object, "application/json", { dryRun: "All" });
  }

  apply<T extends KubeObject>(resource: Resource, object: T): Promise<T> {
    // JSON is YAML; this content type every API server since 1.22 takes.
    return this.#write("PATCH", pathOf(resource, object), object, "application/apply-patch+yaml", {
      force: "true",
    });
  }

  replace<T extends KubeObject>(resource: Resource, object: T): Promise<T> {
    return this.#write("PUT", pathOf(resource, object), object);
  }

  replaceStatus<T extends KubeObject>(resource: Resource, object: T): Promise<T> {
    return this.#write("PUT", `${pathOf(resource, object)}/status`, object);
  }

  mergePatch<T extends KubeObject>(
    resource: Resource,
    namespace: string | undefined,
    name: string,
    patch: object,
  ): Promise<T> {
    const path = objectPath(resource, namespace, name);
    return this.#write("PATCH", path, patch, "application/merge-patch+json");
  }

  async delete(
    resource: Resource,
    namespace: string | undefined,
    name: string,
    options: { uid?: string; resourceVersion?: string; gracePeriodSeconds?: number } = {},
  ): Promise<void> {
    const { gracePeriodSeconds, ...preconditions } = options;
    const json = {
      apiVersion: "v1",
      kind: "DeleteOptions",
      propagationPolicy: "Background",
      ...(Object.keys(preconditions).length > 0 ? { preconditions } : {}),
      ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    };
    const request: KubeRequest = {
      method: "DELETE",
      path: objectPath(resource, namespace, name),
      body: { contentType: "application/json", json },
    };
    await this.#http.call(request, this.#o.callDeadlineMs);
  }

  watch<T extends KubeObject>(
    resource: Resource,
    options: ListOptions & { resourceVersion: string },
    handlers: WatchHandlers<T>,
  ): () => void {
    const parameters = {
      ...selectors(options),
      watch: "true",
      allowWatchBookmarks: "true",
      timeoutSeconds: String(WATCH_TIMEOUT_S),
      resourceVersion: options.resourceVersion,
    };
    const path = collectionPath(resource, options.namespace) + query(parameters);
    return openWatch<T>(this.#http, path, completer<T>(resource), handlers, this.#o.watchSilenceMs);
  }

  /** Closes idle connections. */
  close(): void {
    this.#http.close();
  }

  async #write<T>(
    method: "POST" | "PUT" | "PATCH",
    path: string,
    json: object,
    contentType = "application/json",
    parameters: Record<string, string> = {},
  ): Promise<T> {
    const request = {
      method,
      path: path + query({ fieldManager: this.#o.fieldManager, ...parameters }),
      body: { contentType, json },
    };
    return (await this.#http.call(request, this.#o.callDeadlineMs)) as T;
  }
}

/** A path the server does not serve (a CRD not installed) is also a 404, but names no object. */
function isAboutObject(error: KubeError): boolean {
  return error.reason === "NotFound" && !error.message.includes("could not find the requested resource");
}

/** The items of a list of built-in kinds come without kind and apiVersion. */
function completer<T extends KubeObject>(resource: Resource): (object: KubeObject) => T {
  const { kind } = resource;
  return object => ({ ...object, kind, apiVersion: apiVersion(resource) }) as T;
}

function pathOf(resource: Resource, object: KubeObject): string {
  return objectPath(resource, object.metadata.namespace, object.metadata.name);
}

function objectPath(resource: Resource, namespace: string | undefined, name: string): string {
  return `${collectionPath(resource, namespace)}/${encodeURIComponent(name)}`;
}

function collectionPath(resource: Resource, namespace: string | undefined): string {
  const root = resource.group === "" ? "/api" : "/apis";
  const scope =
    resource.namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : "";
  return `${root}/${apiVersion(resource)}${scope}/${resource.plural}`;
}

function selectors(options: ListOptions): Record<string, string | undefined> {
  return { labelSelector: options.labelSelector, fieldSelector: options.fieldSelector };
}

function query(parameters: Record<string, string | undefined>): string {
  const given = Object.entries(parameters).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return given.length === 0 ? "" : `?${new URLSearchParams(given).toString()}`;
}
