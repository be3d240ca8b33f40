/** The parts of a Pod that matter here, and what they come to. Field names are Kubernetes'. */
import type { KubeObject } from "../../runtime/ports";
import { OBJECT_UID_ANNOTATION, ROLE_LABEL, type PodSpec } from "../../objects";
import type { TtContainer } from "../observation";

export interface ContainerStatus {
  name: string;
  containerID?: string;
  restartCount?: number;
  state?: ContainerState;
  lastState?: ContainerState;
}

export interface ContainerState {
  waiting?: { reason?: string; message?: string };
  running?: { startedAt?: string };
  terminated?: {
    containerID?: string;
    reason?: string;
    exitCode?: number;
    message?: string;
    startedAt?: string;
    finishedAt?: string;
  };
}

export interface PodObject extends KubeObject {
  spec?: { nodeName?: string } & Pick<PodSpec, "initContainers" | "containers">;
  status?: {
    phase?: string;
    reason?: string;
    message?: string;
    podIP?: string;
    conditions?: { type: string; status: string; reason?: string; message?: string }[];
    initContainerStatuses?: ContainerStatus[];
    containerStatuses?: ContainerStatus[];
  };
}

/** Containers of a pod that are ours: whatever else runs there may use the database directly. */
const OWN_CONTAINERS = ["tt", "daemonlog", "tt-witness", "exporter"];

/** @returns whether the pod was made for exactly this object */
export function belongsTo(pod: PodObject, objectUID: string): boolean {
  return pod.metadata.annotations?.[OBJECT_UID_ANNOTATION] === objectUID;
}

export function isReady(pod: PodObject): boolean {
  return pod.status?.conditions?.some(one => one.type === "Ready" && one.status === "True") ?? false;
}

export function roleLabel(pod: PodObject): string | null {
  return pod.metadata.labels?.[ROLE_LABEL] ?? null;
}

function ttStatus(pod: PodObject): ContainerStatus | undefined {
  return pod.status?.containerStatuses?.find(one => one.name === "tt");
}

/** @returns the tt container as the kubelet describes it, or null before it does */
export function ttContainer(pod: PodObject): TtContainer | null {
  const status = ttStatus(pod);
  if (status === undefined) return null;
  return {
    containerID: status.containerID ?? null,
    running: status.state?.running !== undefined,
    waitingReason: status.state?.waiting?.reason ?? null,
    restartCount: status.restartCount ?? 0,
  };
}

/** @returns id and start (wall clock of the node, ms) of the tt container that runs now, or null */
export function runningTt(pod: PodObject): { containerID: string; startedAtMs: number } | null {
  const status = ttStatus(pod);
  const startedAtMs = Date.parse(status?.state?.running?.startedAt ?? "");
  if (status?.containerID === undefined || !Number.isFinite(startedAtMs)) return null;
  return { containerID: status.containerID, startedAtMs };
}

/** A tt container whose end the kubelet reports. */
export interface EndedContainer {
  containerID: string;
  /** Wall clock of the node, whole seconds, ms. */
  finishedAtMs: number;
  reason: string;
  exitCode: number | null;
}

/**
 * The kubelet's word about ended tt containers. It is worth nothing while a container of the user's runs in the pod
 * (it may use the database directly), nor where the kubelet itself does not know how the container ended.
 */
export function endedTt(pod: PodObject): EndedContainer[] {
  const statuses = pod.status?.containerStatuses ?? [];
  const others = statuses.filter(one => !OWN_CONTAINERS.includes(one.name));
  if (others.some(one => one.state?.terminated === undefined)) return [];
  const status = ttStatus(pod);
  return [status?.state?.terminated, status?.lastState?.terminated].flatMap(ended => {
    const finishedAtMs = Date.parse(ended?.finishedAt ?? "");
    if (ended?.containerID === undefined || !Number.isFinite(finishedAtMs)) return [];
    if (ended.reason === "ContainerStatusUnknown") return [];
    const { containerID, reason = "", exitCode = null } = ended;
    return [{ containerID, finishedAtMs, reason, exitCode }];
  });
}
