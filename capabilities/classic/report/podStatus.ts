/** status.podStatus: the seeds' fields of one pod. */
import type { PodStatusEntry } from "../../../generated/types";
import { unknownView, type AgentState } from "../../../protocol";
import type { Decision } from "../decision";
import type { Observation, ObservedPod } from "../observation";
import { isClosedByPerson, silentTooLong } from "../decide/facts";

/** @returns the entry of that pod as it is to be reported now */
export function podStatusEntry(o: Observation, d: Decision, ordinal: 0 | 1): PodStatusEntry {
  const pod = o.pods[ordinal];
  const before = o.object.status?.podStatus?.[ordinal];
  const intended = intendedState(pod, d);
  return {
    ...observedEntry(o, pod, before),
    intendedState: intended,
    prevIntendedState: changed(before?.intendedState, intended, before?.prevIntendedState) ?? intended,
    ...(d.upgrade.prevImage === null ? {} : { prevImage: d.upgrade.prevImage }),
    ...podHighLevel(o.nowMs, before, d.podStates[ordinal]),
    ready: pod.ready,
    active: d.roles[ordinal] === "active",
  };
}

/** What silence means is decided with these. */
type Patience = { nowMs: number; settings: Pick<Observation["settings"], "unreachableTimeoutMs"> };

/** @returns what is seen of a pod, of a pair or not: all but its state and role */
export function observedEntry(
  o: Patience,
  pod: Omit<ObservedPod, "ordinal">,
  before: PodStatusEntry | undefined,
): PodStatusEntry {
  const state = pod.agent.connected ? pod.agent.state : null;
  // What an agent cannot say any more is not known any more; names, files and releases stay.
  const view = state?.timesten ?? unknownView;
  const last = pod.agent.state?.timesten;
  return {
    name: pod.name,
    initialized: true,
    ttPodType: "Database",
    prevImage: before?.prevImage ?? "",
    hasBeenSeen: before?.hasBeenSeen === true || pod.uid !== null,
    quiescing: state?.stopping ?? false,
    installRelease: last?.release ?? before?.installRelease ?? "Unknown",
    imageRelease: last?.imageRelease ?? before?.imageRelease ?? "Unknown",
    ...files(pod.agent.state, before),
    usingTwosafe: last?.usingTwosafe ?? before?.usingTwosafe ?? false,
    disableReturn: last?.disableReturn ?? before?.disableReturn ?? false,
    localCommit: last?.localCommit ?? before?.localCommit ?? false,
    podStatus: {
      podPhase: pod.phase,
      podIP: pod.ip ?? "",
      agent: agentState(o, pod),
      lastTimeReachable: reachable(pod, before),
      prevUID: pod.uid ?? before?.podStatus?.prevUID ?? "",
    },
    timesTenStatus: {
      release:
        view.release === "Unknown"
          ? (last?.release ?? before?.timesTenStatus?.release ?? "Unknown")
          : view.release,
      instance: view.instance,
      daemon: view.daemon,
    },
    dbStatus: {
      db: view.db,
      dbUpdatable: view.updatable,
      dbId: state === null ? (before?.dbStatus?.dbId ?? 0) : view.dbId,
      open: view.open,
      closedByPerson: state !== null && isClosedByPerson(state),
      boot: state?.boot ?? "",
    },
    replicationStatus: {
      repAgent: view.repAgent,
      repScheme: view.repScheme,
      repState: view.repState,
      repPeerPState: view.repPeerState,
      lastTimeRepStateChanged: repStateChanged(o, view.repState, before),
    },
    cacheStatus: {
      cacheAgent: view.cacheAgent,
      cacheUidPwdSet: view.cacheUidPwdSet,
      nCacheGroups: view.nCacheGroups,
    },
  };
}

/** Before there is a writer the first pod is meant to be the active, as with Oracle's operator. */
function intendedState(pod: ObservedPod, d: Decision): "Active" | "Standby" {
  const active = d.activePod === null ? pod.ordinal === 0 : pod.name === d.activePod;
  return active ? "Active" : "Standby";
}

/** @returns the fields of a pod's state: changed only with it */
export function podHighLevel(
  nowMs: number,
  before: PodStatusEntry | undefined,
  now: string,
): Partial<PodStatusEntry> {
  const same = before?.highLevelState === now;
  return {
    highLevelState: now,
    prevHighLevelState: changed(before?.highLevelState, now, before?.prevHighLevelState) ?? now,
    lastHighLevelStateSwitch:
      before === undefined || same ? (before?.lastHighLevelStateSwitch ?? "?") : Math.floor(nowMs / 1000),
  };
}

function changed(before: string | undefined, now: string, previous: string | undefined): string | undefined {
  return before === undefined || before === now ? previous : before;
}

function files(state: AgentState | null, before: PodStatusEntry | undefined): Partial<PodStatusEntry> {
  return {
    adminUserFile: state?.files.adminUser ?? before?.adminUserFile ?? false,
    schemaFile: state?.files.schema ?? before?.schemaFile ?? false,
    cgFile: state?.files.cacheGroups ?? before?.cgFile ?? false,
    cacheUserFile: state?.files.cacheUser ?? before?.cacheUserFile ?? false,
  };
}

function agentState(o: Patience, pod: Omit<ObservedPod, "ordinal">): "Up" | "Down" | "Unknown" {
  if (pod.agent.connected) return "Up";
  return pod.uid === null || pod.agent.state === null || silentTooLong(o, pod) ? "Down" : "Unknown";
}

function reachable(pod: Pick<ObservedPod, "agent">, before: PodStatusEntry | undefined): number {
  const ms = pod.agent.lastHeardMs;
  return ms === null ? (before?.podStatus?.lastTimeReachable ?? 0) : Math.floor(ms / 1000);
}

/** 0 until the first change that was seen. */
function repStateChanged(o: Patience, repState: string, before: PodStatusEntry | undefined): number {
  const last = before?.replicationStatus;
  if (last?.repState === undefined) return 0;
  return last.repState === repState ? (last.lastTimeRepStateChanged ?? 0) : Math.floor(o.nowMs / 1000);
}
