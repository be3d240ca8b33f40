/** The in-memory API behaves as a real API server does: the same suite runs against one in test/cluster. */
import type { KubeApi } from "../../capabilities/runtime/ports";
import { VirtualTime } from "../support/world/clock";
import { startGarbageCollector, startStatefulSets } from "../support/world/cluster/controllers";
import { namespaces } from "../support/world/cluster/resources";
import { type ApiUnderTest, describeKubeApi } from "../support/world/conformance";
import { calmFaults, KubeClient } from "../support/world/kube/client";
import { KubeStore } from "../support/world/kube/store";
import { VirtualProcess } from "../support/world/process";
import { SeededRandom } from "../support/world/random";

/** Lets virtual time pass while a call is under way, so that a test can await it. */
function driven(kube: KubeApi, time: VirtualTime): KubeApi {
  return new Proxy(kube, {
    get(target, property: keyof KubeApi) {
      const method = target[property].bind(target) as (...args: unknown[]) => unknown;
      if (property === "watch") return method;
      return async (...args: unknown[]) => {
        let settled = false;
        const call = Promise.resolve(method(...args)).finally(() => {
          settled = true;
        });
        call.catch(() => undefined);
        await time.run(() => settled, 60_000);
        return call;
      };
    },
  });
}

async function inMemory(): Promise<ApiUnderTest> {
  const random = new SeededRandom("conformance");
  const time = new VirtualTime(random.fork("time"));
  const store = new KubeStore(random.fork("store"), () => time.epochMs + time.nowMs());
  startStatefulSets(store, time, random.fork("sets"));
  startGarbageCollector(store, time, random.fork("gc"));
  const fail = (_process: string, error: unknown): void => {
    throw error;
  };
  const process = new VirtualProcess("test", time, fail);
  const kube = driven(new KubeClient(store, time, process, calmFaults(random.fork("net"))), time);
  let count = 0;
  return {
    kube,
    until: async (what, condition) => {
      for (let i = 0; i < 200; i++) {
        if (await condition()) return;
        await time.pass(50);
      }
      throw new Error(`never came: ${what}`);
    },
    newNamespace: async () => {
      const name = `ns-${++count}`;
      store.create(namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
      return name;
    },
    expiredVersion: async () => {
      const old = String(store.currentVersion() - 1);
      store.compact();
      return old;
    },
  };
}

describeKubeApi("the in-memory API", inMemory);
