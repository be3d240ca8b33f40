/** Ways to break the product from outside, through its ports: for tests that the world notices. */
import {
  buildEndpointSlice,
  RECORD_ANNOTATION,
  routedPodUID,
  type EndpointSlice,
} from "../../../capabilities/objects";
import type {
  AgentConnection,
  AgentTransport,
  KubeObject,
  Resource,
  World as EngineWorld,
} from "../../../capabilities/runtime/ports";
import type { TimesTenClassicObject } from "../../../generated/types";
import type { Command, OperatorMessage, PermissionRecord } from "../../../protocol";
import { claims, endpointSlices, leases, type Pod, pods, timesTenClassics } from "./cluster/resources";
import { NAME, NAMESPACE } from "./world";

/** The newest record may come so much later than old ones, ms. */
const LATE_MS = 1_500;

type Lease = KubeObject & { spec?: object };

/** @returns the same port with some methods of its own */
export function overlay<T extends object>(port: T, own: Partial<T>): T {
  return new Proxy(port, {
    get: (target, property) => {
      if (property in own) return Reflect.get(own, property) as unknown;
      const value: unknown = Reflect.get(target, property);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}

function isRecord(resource: Resource, object: KubeObject): boolean {
  return resource.plural === leases.plural && object.metadata.annotations?.[RECORD_ANNOTATION] !== undefined;
}

function recordIn(object: KubeObject): PermissionRecord {
  return JSON.parse(object.metadata.annotations?.[RECORD_ANNOTATION] ?? "null") as PermissionRecord;
}

/** Every replica has a leader lease of its own: all believe that they lead. */
export function everybodyLeads(world: EngineWorld): EngineWorld {
  let mine: Lease | null = null;
  let version = 0;
  const own = <T extends KubeObject>(object: T): Promise<T> => {
    mine = { ...object, metadata: { ...object.metadata, uid: "own", resourceVersion: String(++version) } };
    return Promise.resolve(mine as unknown as T);
  };
  const leader = (resource: Resource, name: string): boolean =>
    resource.plural === leases.plural && name !== NAME;
  const { kube } = world;
  return {
    ...world,
    kube: overlay(kube, {
      get: <T extends KubeObject>(resource: Resource, namespace: string | undefined, name: string) =>
        leader(resource, name)
          ? Promise.resolve(mine as unknown as T | null)
          : kube.get<T>(resource, namespace, name),
      create: (resource, object) =>
        leader(resource, object.metadata.name) ? own(object) : kube.create(resource, object),
      replace: (resource, object) =>
        leader(resource, object.metadata.name) ? own(object) : kube.replace(resource, object),
    }),
  };
}

/** The way of a record to the API server takes up to half a second: others may be faster. */
export function slowRecords(world: EngineWorld): EngineWorld {
  const { kube, clock, random } = world;
  return {
    ...world,
    kube: overlay(kube, {
      replace: async (resource, object) => {
        if (isRecord(resource, object)) {
          await new Promise<void>(resolve => clock.setTimer(random.next() * 500, resolve));
        }
        return kube.replace(resource, object);
      },
    }),
  };
}

/** The record is written over whatever is there: compare-and-swap without the compare. */
export function overwritesRecord(world: EngineWorld): EngineWorld {
  const { kube } = world;
  return {
    ...world,
    kube: overlay(kube, {
      replace: async (resource, object) => {
        if (!isRecord(resource, object)) return kube.replace(resource, object);
        const now = await kube.get<KubeObject>(resource, object.metadata.namespace, object.metadata.name);
        const metadata = { ...object.metadata, resourceVersion: now?.metadata.resourceVersion };
        return kube.replace(resource, { ...object, metadata });
      },
    }),
  };
}

/** Applications are led to the standby as soon as the record is Closed, before it is to take over. */
export function routesBeforeDecision(world: EngineWorld): EngineWorld {
  const { kube } = world;
  const route = async (podUID: string): Promise<void> => {
    const classic = await kube.get<TimesTenClassicObject & KubeObject>(timesTenClassics, NAMESPACE, NAME);
    const slice = await kube.get<EndpointSlice>(endpointSlices, NAMESPACE, `${NAME}-active`);
    const { items } = await kube.list<Pod>(pods, { namespace: NAMESPACE });
    const pod = items.find(item => item.metadata.uid === podUID);
    if (classic === null || slice === null || pod === undefined) return;
    if (routedPodUID(slice) === podUID) return;
    const endpoint = {
      ip: pod.status?.podIP ?? "",
      podName: pod.metadata.name,
      podUID,
    };
    await kube.replace(endpointSlices, buildEndpointSlice(classic, endpoint));
  };
  return {
    ...world,
    kube: overlay(kube, {
      replace: async (resource, object) => {
        const done = await kube.replace(resource, object);
        const record = isRecord(resource, object) ? recordIn(object) : null;
        if (record?.mode === "Closed" && record.standby !== null) await route(record.standby);
        return done;
      },
    }),
  };
}

/** The report is written without what it says of the last failover. */
export function forgetsTheReason(world: EngineWorld): EngineWorld {
  const { kube } = world;
  return {
    ...world,
    kube: overlay(kube, {
      replaceStatus: (resource, object) => {
        const { lastFailover: _, ...status } = (object as unknown as { status: Record<string, unknown> })
          .status;
        return kube.replaceStatus(resource, { ...object, status });
      },
    }),
  };
}

/** Labels a pod anew every second, for ever. */
export function neverRests(world: EngineWorld): EngineWorld {
  let count = 0;
  const write = (): void => {
    const labels = { count: String(++count) };
    world.kube.mergePatch(pods, NAMESPACE, `${NAME}-0`, { metadata: { labels } }).catch(() => undefined);
    world.clock.setTimer(1_000, write);
  };
  world.clock.setTimer(1_000, write);
  return world;
}

/** Cleans up the claim of a pod that failed over. */
export function deletesClaims(world: EngineWorld): EngineWorld {
  const { kube } = world;
  return {
    ...world,
    kube: overlay(kube, {
      replace: async (resource, object) => {
        if (isRecord(resource, object) && recordIn(object).from > 0) {
          await kube.delete(claims, NAMESPACE, `tt-persistent-${NAME}-0`);
        }
        return kube.replace(resource, object);
      },
    }),
  };
}

/** With every ready Pair the standby's agent is also told to make its copy anew. */
export function duplicatesUnderPair(world: EngineWorld): EngineWorld {
  return { ...world, agents: alsoSaying(world.agents, duplicateFor) };
}

function duplicateFor(record: PermissionRecord, serverName: string): Command | null {
  if (record.mode !== "Pair" || !record.ready) return null;
  const [pod = "", ...domain] = serverName.split(".");
  const fromHost = [pod.endsWith("0") ? `${NAME}-1` : `${NAME}-0`, ...domain].join(".");
  const id = `tampered/${record.n}`;
  return { type: "command", verb: "duplicate", id, n: record.n, boot: null, deadlineMs: 60_000, fromHost };
}

/**
 * Stands for a replica that went on with what it once read: into every new session the records that this one has told
 * before are said first, and the newest comes late.
 */
export function toldOldRecords(world: EngineWorld): EngineWorld {
  const told = new Map<string, OperatorMessage[]>();
  return {
    ...world,
    agents: {
      dial: (address, handlers) =>
        world.agents.dial(address, {
          ...handlers,
          onMessage: message => handlers.onMessage(message),
          onClose: reason => handlers.onClose(reason),
          onOpen: connection => {
            const old = [...(told.get(address.serverName) ?? [])];
            const untilMs = world.clock.monotonicMs() + (old.length > 0 ? LATE_MS : 0);
            const send = (message: OperatorMessage): void => {
              if (message.type !== "record") return connection.send(message);
              for (const record of old.splice(0)) connection.send(record);
              const leftMs = untilMs - world.clock.monotonicMs();
              if (leftMs > 0) world.clock.setTimer(leftMs, () => connection.send(message));
              else connection.send(message);
              const all = told.get(address.serverName) ?? [];
              if (!all.some(one => one.type === "record" && one.record.n === message.record.n))
                told.set(address.serverName, [...all, message]);
            };
            handlers.onOpen({ close: () => connection.close(), send });
          },
        }),
    },
  };
}

function alsoSaying(
  agents: AgentTransport,
  extra: (record: PermissionRecord, serverName: string) => Command | null,
): AgentTransport {
  return {
    dial: (address, handlers) =>
      agents.dial(address, {
        ...handlers,
        onMessage: message => handlers.onMessage(message),
        onClose: reason => handlers.onClose(reason),
        onOpen: connection => {
          const saying: AgentConnection = {
            close: () => connection.close(),
            send: message => {
              connection.send(message);
              const more = message.type === "record" ? extra(message.record, address.serverName) : null;
              if (more !== null) connection.send(more);
            },
          };
          handlers.onOpen(saying);
        },
      }),
  };
}
