/** The state of each pod in itself: Oracle's words, computed afresh in each pass. */
import type { AgentState, PermissionRecord } from "../../../../protocol";
import type { PodState } from "../../decision";
import type { Observation, ObservedPod } from "../../observation";
import { heard, serves, silentTooLong } from "../facts";

/** @returns the state of both pods, by ordinal */
export function podStates(o: Observation): [PodState, PodState] {
  return [podState(o, o.pods[0]), podState(o, o.pods[1])];
}

/** @returns what an examination (state Reexamine) finds in both pods, by ordinal */
export function examinedStates(o: Observation): [PodState, PodState] {
  return [examined(o, o.pods[0]), examined(o, o.pods[1])];
}

function podState(o: Observation, pod: ObservedPod): PodState {
  const founding = o.record === null;
  const state = heard(pod);
  if (founding && (pod.uid === null || state === null)) return "Initializing";
  if (state === null) return withoutAgent(o, pod);
  const { timesten: view } = state;
  if (view.instance === "Missing") return "Terminal";
  if (founding || o.record === null) return "Initializing";
  if (state.stopping || view.daemon === "Down") return "Down";
  return databaseState(o.record.value, pod, state);
}

function withoutAgent(o: Observation, pod: ObservedPod): PodState {
  const ended = pod.uid === null || (pod.container !== null && !pod.container.running);
  return ended || silentTooLong(o, pod) ? "Down" : "Unknown";
}

function databaseState(record: PermissionRecord, pod: ObservedPod, state: AgentState): PodState {
  const { db } = state.timesten;
  if (db === "Unknown" || db === "Loading" || db === "Transitioning") return "Unknown";
  if (state.boot === null || db !== "Loaded") return "Down";
  return pod.uid === record.writer.podUID ? writerState(record, state) : standbyState(record, state);
}

function writerState(record: PermissionRecord, state: AgentState): PodState {
  const { repState } = state.timesten;
  if (serves(state, record.writer)) return fine(state);
  return repState === "Unknown" || state.boot === record.writer.boot ? "Unknown" : "Down";
}

function standbyState(record: PermissionRecord, state: AgentState): PodState {
  const { repState, repAgent } = state.timesten;
  if (repState === "STANDBY" && repAgent === "Running")
    return record.mode === "Pair" ? fine(state) : "CatchingUp";
  if (repState === "RECOVERING" || repState === "IDLE") return repAgent === "Running" ? "CatchingUp" : "Down";
  return repState === "Unknown" ? "Unknown" : "Down";
}

/** Nothing is wrong on this side; replication to the other may be given up all the same. */
function fine({ timesten: { repPeerState } }: AgentState): PodState {
  return repPeerState === "failed" || repPeerState === "stop" ? "OtherDown" : "Healthy";
}

/** A database that is loaded, has no scheme and does not replicate is one that a person has prepared to go on alone. */
function examined(o: Observation, pod: ObservedPod): PodState {
  const state = heard(pod);
  if (state === null) return withoutAgent(o, pod);
  const { daemon, db, instance, open, repAgent, repPeerState, repScheme, repState } = state.timesten;
  if (state.stopping || instance !== "Exists" || daemon !== "Up" || db !== "Loaded" || state.boot === null)
    return "Down";
  if (repScheme === "None") return repAgent === "Not Running" && repState === "IDLE" ? "HealthyIdle" : "Down";
  if (repScheme !== "Exists" || repAgent !== "Running" || repPeerState !== "start") return "Down";
  if (repState === "STANDBY") return "HealthyStandby";
  return repState === "ACTIVE" && open ? "HealthyActive" : "Down";
}
