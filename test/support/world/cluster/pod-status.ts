/** What a kubelet says of a pod in its status. */
import { troubleWith, type WorldImage } from "./images";
import type { ContainerStatus, Pod } from "./resources";

/** The tt container that runs. */
export interface ContainerRun {
  id: string;
  /** RFC 3339. */
  startedAt: string;
}

/** One that ran. */
export interface ContainerEnd extends ContainerRun {
  exitCode: number;
  reason: string;
  finishedAt: string;
}

/** All that the status follows from. */
export interface PodFacts {
  phase: "Pending" | "Running";
  ip: string;
  image: WorldImage;
  /** null while the tt container does not run. */
  run: ContainerRun | null;
  /** It runs, and its readiness probe says so where there is one. */
  ready: boolean;
  /** The last tt container that ended. */
  last: ContainerEnd | null;
  restarts: number;
  gone: boolean;
}

/** @returns the whole status */
export function podStatus(pod: PodFacts): NonNullable<Pod["status"]> {
  const { phase, ip, ready, gone } = pod;
  const truth = (is: boolean): "True" | "False" => (is ? "True" : "False");
  return {
    phase,
    podIP: ip,
    podIPs: [{ ip }],
    conditions: [
      { type: "Ready", status: truth(ready) },
      { type: "ContainersReady", status: truth(ready) },
      { type: "Initialized", status: truth(phase === "Running") },
      { type: "PodScheduled", status: "True" },
    ],
    initContainerStatuses: initStatuses(pod.image),
    containerStatuses: [ttStatus(pod), sidecarStatus(phase === "Running" && !gone)],
  };
}

function initStatuses(image: WorldImage): ContainerStatus[] {
  const waiting = troubleWith(image);
  if (waiting === null) return [];
  const rest = { ready: false, started: false, restartCount: 0, lastState: {}, image: "tt", imageID: "tt" };
  return [{ name: "ttinit", state: { waiting }, ...rest }];
}

function ttStatus({ run, ready, last, restarts }: PodFacts): ContainerStatus {
  const always = { name: "tt", image: "tt", imageID: "tt" };
  const lastState = last === null ? {} : { terminated: terminated(last) };
  if (run !== null) {
    const state = { running: { startedAt: run.startedAt } };
    return {
      ...always,
      containerID: run.id,
      ready,
      started: true,
      restartCount: restarts,
      state,
      lastState,
    };
  }
  const down = { ...always, ready: false, started: false, lastState };
  if (last === null) return { ...down, restartCount: 0, state: { waiting: { reason: "PodInitializing" } } };
  return {
    ...down,
    containerID: last.id,
    restartCount: restarts,
    state: { terminated: terminated(last) },
  };
}

function terminated(end: ContainerEnd): object {
  const { id, exitCode, reason, startedAt, finishedAt } = end;
  return { containerID: id, exitCode, reason, startedAt, finishedAt };
}

function sidecarStatus(running: boolean): ContainerStatus {
  return {
    name: "daemonlog",
    ready: running,
    started: running,
    restartCount: 0,
    state: running ? { running: {} } : { waiting: { reason: "PodInitializing" } },
    lastState: {},
    image: "tt",
    imageID: "tt",
  };
}
