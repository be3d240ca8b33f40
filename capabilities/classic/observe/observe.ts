/** API objects, agent sessions and memory become one plain value. */
import type { TimesTenClassicObject } from "../../../generated/types";
import {
  activeServiceName,
  headlessServiceName,
  identityOf,
  isOwnedBy,
  parseRecordLease,
  podName,
  routedPodUID,
  secretName,
  statefulSetName,
  type EndpointSlice,
  type Lease,
  type ObjectSettings,
} from "../../objects";
import type { KubeObject } from "../../runtime/ports";
import type { SessionView } from "../../runtime/sessions";
import type {
  Observation,
  ObservedAgent,
  ObservedPod,
  ObservedRecord,
  OwnedFacts,
  OwnedKind,
} from "../observation";
import type { PairMemory } from "./memory";
import { parseNotes } from "./notes";
import { belongsTo, isReady, roleLabel, ttContainer, type PodObject } from "./podObject";
import { pairSettings } from "./settings";

/** All that a pass has gathered. */
export interface Gathered {
  nowMs: number;
  monotonicMs: number;
  object: TimesTenClassicObject;
  settings: ObjectSettings;
  /** From the API server in this pass. */
  lease: Lease | null;
  /** From caches; null where there is none. */
  pods: [PodObject | null, PodObject | null];
  owned: Record<Exclude<OwnedKind, "Secret">, KubeObject | null>;
  secret: Pick<OwnedFacts, "presence" | "fault">;
  /** What is known of the agents, by pod uid. */
  sessions: (podUID: string) => SessionView | null;
  memory: PairMemory;
}

export function observe(g: Gathered): Observation {
  const { object, memory, nowMs } = g;
  const { uid: objectUID } = identityOf(object);
  const { record, fault } = observeRecord(g.lease, object);
  if (record !== null) {
    memory.own(record.value.writer.boot, record.value.writer.podUID);
    if (record.notes.container !== null) memory.recall(record.notes.container);
  }
  for (const pod of g.pods) if (pod !== null) memory.seePod(pod, nowMs);
  const pods: [ObservedPod, ObservedPod] = [observePod(g, objectUID, 0), observePod(g, objectUID, 1)];
  return {
    nowMs,
    object,
    objectUID,
    settings: pairSettings(object, g.settings),
    owned: observeOwned(g),
    record,
    recordFault: fault,
    pods,
    ends: memory.ends(nowMs),
    containers: memory.containers(),
    routed: observeRoute(g.owned.EndpointSlice, object),
  };
}

function observeRecord(
  lease: Lease | null,
  object: TimesTenClassicObject,
): { record: ObservedRecord | null; fault: string | null } {
  if (lease === null) return { record: null, fault: null };
  if (!isOwnedBy(lease, object)) {
    return { record: null, fault: `Lease ${lease.metadata.name} belongs to somebody else` };
  }
  const parsed = parseRecordLease(lease, identityOf(object).uid);
  if ("fault" in parsed) return { record: null, fault: parsed.fault };
  const { resourceVersion = "" } = lease.metadata;
  const writerPodName = lease.spec.holderIdentity?.split("/")[0] ?? "";
  return {
    record: { value: parsed.record, resourceVersion, writerPodName, notes: parseNotes(lease) },
    fault: null,
  };
}

function observePod(g: Gathered, objectUID: string, ordinal: 0 | 1): ObservedPod {
  const name = podName(g.object.metadata.name, ordinal);
  const found = g.pods[ordinal];
  const pod = found !== null && belongsTo(found, objectUID) ? found : null;
  const uid = pod?.metadata.uid ?? null;
  return {
    name,
    ordinal,
    uid,
    phase: pod?.status?.phase ?? "Unknown",
    ip: pod?.status?.podIP ?? null,
    nodeName: pod?.spec?.nodeName ?? null,
    terminating: pod?.metadata.deletionTimestamp !== undefined,
    ready: pod !== null && isReady(pod),
    roleLabel: pod === null ? null : roleLabel(pod),
    container: pod === null ? null : ttContainer(pod),
    agent: uid === null ? noAgent : observeAgent(g, uid),
  };
}

const noAgent: ObservedAgent = {
  connected: false,
  state: null,
  silentForMs: 0,
  lastHeardMs: null,
  lastError: null,
  repStateForMs: 0,
  sent: [],
  endedAgoMs: {},
  changes: [],
};

function observeAgent(g: Gathered, podUID: string): ObservedAgent {
  const { nowMs, monotonicMs, memory } = g;
  const session = g.sessions(podUID);
  const pod = memory.pod(podUID, nowMs);
  const heardAt = session?.lastHeardMonotonicMs ?? null;
  if (heardAt !== null) pod.lastHeardMs = nowMs - (monotonicMs - heardAt);
  const connected = session?.connected ?? false;
  // From the moment the session was given up, so that a pause of this process is not taken for the agent's silence.
  const sinceMs = session?.disconnectedSinceMs ?? null;
  const silentForMs = sinceMs === null ? nowMs - (pod.lastHeardMs ?? pod.firstSeenMs) : monotonicMs - sinceMs;
  return {
    connected,
    state: pod.state,
    silentForMs: connected ? 0 : Math.max(0, silentForMs),
    lastHeardMs: pod.lastHeardMs,
    lastError: connected ? null : (session?.closeReason ?? null),
    repStateForMs: Math.max(0, nowMs - pod.repState.sinceMs),
    sent: memory.sentCommands(podUID, nowMs),
    endedAgoMs: Object.fromEntries([...pod.ended].map(([id, atMs]) => [id, Math.max(0, nowMs - atMs)])),
    changes: [...pod.changes],
  };
}

function observeOwned(g: Gathered): OwnedFacts[] {
  const { name, uid } = identityOf(g.object);
  const of = (kind: Exclude<OwnedKind, "Secret">, objectName: string): OwnedFacts => {
    const found = g.owned[kind];
    if (found === null) return { kind, name: objectName, presence: "missing", fault: null };
    const ours = isOwnedBy(found, g.object);
    return {
      kind,
      name: objectName,
      presence: ours ? "ours" : "foreign",
      fault: ours ? null : ownerOf(found),
    };
  };
  return [
    { kind: "Secret", name: secretName(uid), ...g.secret },
    of("headless Service", headlessServiceName(name)),
    of("active Service", activeServiceName(name)),
    of("EndpointSlice", activeServiceName(name)),
    of("StatefulSet", statefulSetName(name)),
  ];
}

/** @returns who owns a foreign object, for people */
export function ownerOf(object: KubeObject): string {
  const [owner] = object.metadata.ownerReferences ?? [];
  return owner === undefined ? "it has no owner" : `its owner is ${owner.kind} ${owner.name} (${owner.uid})`;
}

function observeRoute(slice: KubeObject | null, object: TimesTenClassicObject): Observation["routed"] {
  if (slice === null || !isOwnedBy(slice, object)) return null;
  const podUID = routedPodUID(slice as EndpointSlice);
  const ip = (slice as EndpointSlice).endpoints?.[0]?.addresses[0];
  return podUID === null || ip === undefined ? null : { podUID, ip };
}
