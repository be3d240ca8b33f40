/** A KubeApi of which a test says every answer: lists and watches wait until the test settles or feeds them. */
import {
  KubeError,
  type KubeApi,
  type KubeObject,
  type ListOptions,
  type Resource,
  type WatchHandlers,
} from "../../capabilities/runtime/ports";

export interface PendingList {
  options: ListOptions;
  answer(resourceVersion: string, items: KubeObject[]): void;
  fail(error: KubeError): void;
}

export interface OpenedWatch {
  options: ListOptions & { resourceVersion: string };
  handlers: WatchHandlers<KubeObject>;
  /** The caller ended it. */
  ended: boolean;
}

export class ScriptedKube {
  readonly lists: PendingList[] = [];
  readonly watches: OpenedWatch[] = [];

  /** @returns the api to hand over; everything but list and watch is refused */
  api(): KubeApi {
    const list = (
      _: Resource,
      options: ListOptions,
    ): Promise<{ items: KubeObject[]; resourceVersion: string }> =>
      new Promise((resolve, reject) => {
        this.lists.push({
          options,
          answer: (resourceVersion, items) => resolve({ items, resourceVersion }),
          fail: reject,
        });
      });
    const watch = (
      _: Resource,
      options: ListOptions & { resourceVersion: string },
      handlers: WatchHandlers<KubeObject>,
    ): (() => void) => {
      const opened: OpenedWatch = { options, handlers, ended: false };
      this.watches.push(opened);
      return () => {
        opened.ended = true;
      };
    };
    const refuse = (): never => {
      throw new KubeError(501, "NotImplemented", "only list and watch are scripted");
    };
    return {
      list: list as KubeApi["list"],
      watch: watch,
      get: refuse,
      create: refuse,
      tryCreate: refuse,
      apply: refuse,
      replace: refuse,
      replaceStatus: refuse,
      mergePatch: refuse,
      delete: refuse,
    };
  }

  /** @throws Error when there was no list yet */
  get lastList(): PendingList {
    const last = this.lists.at(-1);
    if (last === undefined) throw new Error("nothing was listed");
    return last;
  }

  /** @throws Error when there was no watch yet */
  get lastWatch(): OpenedWatch {
    const last = this.watches.at(-1);
    if (last === undefined) throw new Error("nothing is watched");
    return last;
  }
}

/** @returns a Pod named and versioned so */
export function podNamed(
  name: string,
  resourceVersion: string | number,
  uid = `uid-${name}`,
  more: Partial<KubeObject["metadata"]> = {},
): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "ns", uid, resourceVersion: String(resourceVersion), ...more },
  };
}
