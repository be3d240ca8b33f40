/** API objects, agent sessions and memory become one plain value. */
import type { TimesTenClassicObject } from "../../../generated/types";
import {
  activeServiceName,
  headlessServiceName,
  identityOf,
  imagesOf,
  isOwnedBy,
  parseRecordLease,
  podDisruptionBudgetName,
  podName,
  routedPodUID,
  secretName,
  statefulSetName,
  type EndpointSlice,
  type Lease,
  type ObjectSettings,
  type PodDisruptionBudget,
  type StatefulSet,
} from "../../objects";
import type { KubeObject } from "../../runtime/ports";
import type { SessionView } from "../../runtime/sessions";
import type {
  BootEnd,
  BudgetFacts,
  Observation,
  ObservedAgent,
  ObservedPod,
  ObservedRecord,
  OwnedFacts,
  OwnedKind,
  TemplateFacts,
  WriterSeen,
} from "../observation";
import type { PairMemory } from "./memory";
import { attestedEnd, type NodeObject } from "./attested";
import { drift } from "./drift";
import type { NeedsFacts } from "./needs";
import { parseNotes } from "./notes";
import { belongsTo, isReady, roleLabel, ttContainer, type PodObject } from "./podObject";
import { imageProbes, troubleOf } from "./probe";
import { pairSettings } from "./settings";
import { templateFacts } from "./template";

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
  /** Pods that look at images for an object of that name. */
  probes: readonly PodObject[];
  /** What the object refers to, as far as it was found. */
  needs: NeedsFacts;
  secret: Pick<OwnedFacts, "presence" | "fault">;
  /** The node of a silent writer's pod, read in this pass; null where it was not read. */
  node: NodeObject | null;
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
    record.forMs = memory.recordForMs(record.value.n, nowMs);
    if (record.notes.container !== null) memory.recall(record.notes.container);
  }
  memory.writerUID = record?.value.writer.podUID ?? null;
  for (const pod of g.pods) if (pod !== null) memory.seePod(pod, nowMs);
  const pods = withPeers([observePod(g, objectUID, 0), observePod(g, objectUID, 1)], g);
  const former = observeFormer(g, record, pods);
  const all = former === null ? pods : [...pods, former];
  return {
    nowMs,
    object,
    objectUID,
    settings: pairSettings(object, g.settings),
    owned: observeOwned(g),
    needs: g.needs,
    template: observeTemplate(object, g.settings, g.owned.StatefulSet, g.needs),
    budget: observeBudget(object, g.owned.PodDisruptionBudget),
    record,
    recordFault: fault,
    pods,
    former,
    ends: [...memory.ends(nowMs), ...attested(g, record, all)],
    writerSeen: writerSeen(g, record, all),
    containers: memory.containers(),
    probes: imageProbes(object, g.probes, nowMs),
    routed: observeRoute(g.owned.EndpointSlice, object),
  };
}

/** Of a pod whose object is gone only what its agent says is left. */
function observeFormer(
  g: Gathered,
  record: ObservedRecord | null,
  pods: Observation["pods"],
): ObservedPod | null {
  const uid = record?.value.writer.podUID;
  if (uid === undefined || pods.some(pod => pod.uid === uid)) return null;
  if (g.sessions(uid)?.connected !== true) return null;
  const agent = observeAgent(g, uid);
  const place = pods.find(pod => pod.name === agent.state?.podName);
  if (place === undefined) return null;
  const { name, ordinal } = place;
  const nothing = { ip: null, nodeName: null, roleLabel: null, container: null, images: null, trouble: null };
  return {
    name,
    ordinal,
    uid,
    resourceVersion: null,
    phase: "Unknown",
    ...nothing,
    terminating: true,
    ready: false,
    agent,
  };
}

/** Each pod as the other one's agent sees it. */
function withPeers([a, b]: [ObservedPod, ObservedPod], g: Gathered): [ObservedPod, ObservedPod] {
  const seen = (pod: ObservedPod, by: ObservedPod): ObservedPod => {
    const heardOf = by.uid === null ? null : g.memory.pod(by.uid, g.nowMs).heardOfPeer;
    if (heardOf === null || heardOf.digest.podUID !== pod.uid) return pod;
    // While its session with the other is open its word is as fresh as its own session with us.
    const open = by.agent.state?.peer.connected === true;
    const atMs = open ? (by.agent.lastHeardMs ?? heardOf.atMs) : heardOf.atMs;
    const agoMs = open && by.agent.connected ? 0 : Math.max(0, g.nowMs - atMs);
    return { ...pod, agent: { ...pod.agent, viaPeer: { digest: heardOf.digest, agoMs } } };
  };
  return [seen(a, b), seen(b, a)];
}

/** A person's word about the writer. It is not believed while that very pod is heard, by us or by its peer. */
function attested(g: Gathered, record: ObservedRecord | null, pods: ObservedPod[]): BootEnd[] {
  if (record === null) return [];
  const { writer } = record.value;
  const agent = pods.find(one => one.uid === writer.podUID)?.agent;
  if (agent?.connected === true || agent?.viaPeer?.agoMs === 0) return [];
  const end = attestedEnd(g.object, writer, g.node, g.nowMs);
  return end === null ? [] : [end];
}

function writerSeen(g: Gathered, record: ObservedRecord | null, pods: ObservedPod[]): WriterSeen {
  if (record === null) return { silentForMs: 0, lastHeardMs: null, dbId: null, lagBytes: null };
  const { podUID } = record.value.writer;
  const last = g.memory.lastOf(podUID, g.nowMs);
  const pod = pods.find(one => one.uid === podUID);
  if (pod?.agent.connected === true) return { ...last, silentForMs: 0 };
  const peerMs = pod?.agent.viaPeer?.agoMs ?? Infinity;
  return { ...last, silentForMs: Math.min(last.silentForMs, peerMs) };
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
  return { ...observeAnyPod(g, objectUID, name, g.pods[ordinal]), ordinal };
}

/** What observing a pod needs, of a pair or not. */
export type PodSources = Pick<Gathered, "nowMs" | "monotonicMs" | "sessions" | "memory">;

/** @returns that pod; one without uid where there is none or it is somebody else's */
export function observeAnyPod(
  g: PodSources,
  objectUID: string,
  name: string,
  found: PodObject | null,
): Omit<ObservedPod, "ordinal"> {
  const pod = found !== null && belongsTo(found, objectUID) ? found : null;
  const uid = pod?.metadata.uid ?? null;
  return {
    name,
    uid,
    resourceVersion: pod?.metadata.resourceVersion ?? null,
    phase: pod?.status?.phase ?? "Unknown",
    ip: pod?.status?.podIP ?? null,
    nodeName: pod?.spec?.nodeName ?? null,
    terminating: pod?.metadata.deletionTimestamp !== undefined,
    ready: pod !== null && isReady(pod),
    roleLabel: pod === null ? null : roleLabel(pod),
    container: pod === null ? null : ttContainer(pod),
    images: pod === null ? null : imagesOf(pod.spec ?? {}),
    trouble: pod === null ? null : troubleOf(pod),
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
  peerApartForMs: 0,
  modeForMs: 0,
  viaPeer: null,
  sent: [],
  endedAgoMs: {},
  changes: [],
};

function observeAgent(g: PodSources, podUID: string): ObservedAgent {
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
    peerApartForMs: pod.peerApartSinceMs === null ? 0 : Math.max(0, nowMs - pod.peerApartSinceMs),
    modeForMs: Math.max(0, nowMs - pod.mode.sinceMs),
    viaPeer: null,
    sent: memory.sentCommands(podUID, nowMs),
    endedAgoMs: Object.fromEntries([...pod.ended].map(([id, atMs]) => [id, Math.max(0, nowMs - atMs)])),
    changes: [...pod.changes],
  };
}

/** @returns whether an owned object is there and ours */
export function ownedFact(
  object: TimesTenClassicObject,
  kind: OwnedKind,
  name: string,
  found: KubeObject | null,
): OwnedFacts {
  if (found === null) return { kind, name, presence: "missing", fault: null };
  const ours = isOwnedBy(found, object);
  return { kind, name, presence: ours ? "ours" : "foreign", fault: ours ? null : ownerOf(found) };
}

/** @returns the same, with what somebody else changed in it; what was put back once in just this version counts as in order */
export function keptFact(
  g: Pick<Gathered, "object" | "settings" | "needs" | "memory">,
  kind: OwnedKind,
  name: string,
  found: KubeObject | null,
): OwnedFacts {
  const fact = ownedFact(g.object, kind, name, found);
  if (fact.presence !== "ours" || found === null) return fact;
  const paths = drift(g.object, g.settings, kind, found, g.needs.invalid !== null);
  if (paths.length === 0 || g.memory.mended.get(kind) === versionOf(found)) return fact;
  return { ...fact, drift: paths };
}

/** @returns what changes when somebody writes the object; its status, where it has a generation, does not count */
export function versionOf({ metadata }: KubeObject): string {
  const { generation, resourceVersion, labels, ownerReferences } = metadata;
  return JSON.stringify([generation ?? resourceVersion, labels, ownerReferences]);
}

function observeOwned(g: Gathered): OwnedFacts[] {
  const { name, uid } = identityOf(g.object);
  const of = (kind: Exclude<OwnedKind, "Secret">, objectName: string) =>
    keptFact(g, kind, objectName, g.owned[kind]);
  return [
    { kind: "Secret", name: secretName(uid), ...g.secret },
    of("headless Service", headlessServiceName(name)),
    of("active Service", activeServiceName(name)),
    of("EndpointSlice", activeServiceName(name)),
    of("PodDisruptionBudget", podDisruptionBudgetName(name)),
    of("StatefulSet", statefulSetName(name)),
  ];
}

/** @returns what is to be known of the template; null where the StatefulSet is missing or somebody else's */
export function observeTemplate(
  object: TimesTenClassicObject,
  settings: ObjectSettings,
  found: KubeObject | null,
  needs: NeedsFacts,
): TemplateFacts | null {
  if (found === null || !isOwnedBy(found, object)) return null;
  return templateFacts(object, settings, found as StatefulSet, needs.invalid !== null);
}

/** @returns null where the budget is missing or somebody else's */
function observeBudget(object: TimesTenClassicObject, found: KubeObject | null): BudgetFacts | null {
  const uid = found?.metadata.uid;
  if (found === null || uid === undefined || !isOwnedBy(found, object)) return null;
  const { maxUnavailable } = (found as PodDisruptionBudget).spec;
  return { uid, maxUnavailable: typeof maxUnavailable === "number" ? maxUnavailable : null };
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
