/** One pod of a simulated pair, and how a pass sees it. */
import type { AgentState } from "../../../protocol";
import type { ImageProbe, ObservedPod, TemplateFacts } from "../../../capabilities/classic/observation";
import { noPod, pod, type Ordinal } from "./fixtures";

export interface SimulatedPod {
  uid: string | null;
  /** It was told to go, and is still there. */
  terminating: boolean;
  /** With what it was made. */
  image: string;
  /** Its tt container does not run, and why. */
  trouble: string | null;
  state: AgentState | null;
  /** What is on its volume. */
  disk: { scheme: boolean; soloed: number; obeyedN: number; endedBoots: AgentState["endedBoots"] } | null;
  changes: AgentState[];
  /** Since when repState is what it is, ms. */
  repStateSinceMs: number;
}

export function absentPod(): SimulatedPod {
  return {
    uid: null,
    terminating: false,
    image: "tt:1",
    trouble: null,
    state: null,
    disk: null,
    changes: [],
    repStateSinceMs: 0,
  };
}

interface Seen {
  ordinal: Ordinal;
  roleLabel: string | null;
  /** For how long its agent has been silent, ms; null: it is heard. */
  silentForMs: number | null;
  nowMs: number;
}

/** @returns the pod as a pass sees it; what it told is taken out of it */
export function observed(one: SimulatedPod, { ordinal, roleLabel, silentForMs, nowMs }: Seen): ObservedPod {
  const { uid, state, changes, image, terminating, trouble } = one;
  if (uid === null) return noPod(ordinal);
  const images = { tt: image, agent: "operator:1", others: {} };
  const common = { uid, images, terminating, trouble, roleLabel };
  if (state === null) {
    const container = { containerID: null, running: false, waitingReason: trouble, restartCount: 0 };
    return pod(ordinal, { ...common, container, state: null, agent: { silentForMs: 60_000 } });
  }
  const endedAgoMs = Object.fromEntries(
    state.tasks.map(({ id, endedAtMs }) => [id, nowMs - (endedAtMs ?? 0)]),
  );
  const silence = silentForMs === null ? {} : { connected: false, silentForMs };
  return pod(ordinal, {
    ...common,
    state,
    agent: {
      changes: changes.splice(0),
      endedAgoMs,
      repStateForMs: nowMs - one.repStateSinceMs,
      ...silence,
    },
  });
}

/** @returns what a Pod that looked at an image has found; without a release it found nothing of use */
export function probed(podName: string, image: string, release: string | undefined): ImageProbe {
  const found =
    release === undefined
      ? { is: "unusable" as const, message: "no TimesTen" }
      : { is: "release" as const, release };
  return { podName, podUID: `uid of ${podName}`, image, ageMs: 0, found };
}

/** @returns a template with that image, otherwise in step */
export function templateOf(image: string): TemplateFacts {
  const images = { tt: image, agent: "operator:1", others: {} };
  return { images, isAsWanted: true, bringsOurAgent: true, isObserved: true };
}
