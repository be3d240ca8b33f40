/** The state of each pod in itself: Oracle's words, computed afresh in each pass. */
import type { PodState } from "../../decision";
import { heard, serves, silentTooLong } from "../facts";
import type { Observation, ObservedPod } from "../../observation";

/** @returns the state of both pods, by ordinal */
export function podStates(o: Observation): [PodState, PodState] {
  return [podState(o, o.pods[0]), podState(o, o.pods[1])];
}

function podState(o: Observation, pod: ObservedPod): PodState {
  const founding = o.record === null;
  if (pod.uid === null) return founding ? "Initializing" : "Down";
  const state = heard(pod);
  if (state === null) {
    if (founding) return "Initializing";
    const ended = pod.container !== null && !pod.container.running;
    return ended || silentTooLong(o, pod) ? "Down" : "Unknown";
  }
  const { timesten: view } = state;
  if (view.instance === "Missing") return "Terminal";
  if (founding) return "Initializing";
  if (state.stopping || view.daemon === "Down") return "Down";
  return databaseState(o, pod, state);
}

function databaseState(
  o: Observation,
  pod: ObservedPod,
  state: NonNullable<ReturnType<typeof heard>>,
): PodState {
  const record = o.record?.value;
  const { db, repState, repAgent } = state.timesten;
  if (record === undefined || db === "Unknown" || db === "Loading" || db === "Transitioning")
    return "Unknown";
  if (state.boot === null || db !== "Loaded") return "Down";
  if (pod.uid === record.writer.podUID) {
    if (serves(state, record.writer)) return "Healthy";
    return repState === "Unknown" || state.boot === record.writer.boot ? "Unknown" : "Down";
  }
  if (repState === "STANDBY" && repAgent === "Running")
    return record.mode === "Pair" ? "Healthy" : "CatchingUp";
  if (repState === "RECOVERING" || repState === "IDLE") return repAgent === "Running" ? "CatchingUp" : "Down";
  return repState === "Unknown" ? "Unknown" : "Down";
}
