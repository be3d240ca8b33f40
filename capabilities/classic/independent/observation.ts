/** What one pass knows about independent databases (`replicationTopology: none`): a plain value, as for a pair. */
import type { TimesTenClassicObject } from "../../../generated/types";
import type { NeedsFacts } from "../observe/needs";
import type { ImageProbe, ObservedPod, OwnedFacts, TemplateFacts } from "../observation";

export interface IndependentObservation {
  /** Wall clock when the pass began, ms since 1970. */
  nowMs: number;
  /** As just read from the API server; `status` is what the last pass (of any replica) reported. */
  object: TimesTenClassicObject;
  settings: IndependentSettings;
  owned: OwnedFacts[];
  /** What the object refers to; left out: nothing is known to be wrong. */
  needs?: NeedsFacts;
  /** The template from which new pods are made; null while there is no StatefulSet of ours. */
  template: TemplateFacts | null;
  /** Pods that look at images. */
  probes: ImageProbe[];
  /** Number of Pods the StatefulSet makes, as last seen; null before there is one of ours. */
  scaledTo: number | null;
  /** As many as spec.ttspec.replicas asks for, by ordinal. */
  pods: ObservedDatabase[];
}

/** A pod and its database. */
export type ObservedDatabase = Omit<ObservedPod, "ordinal">;

/** Times in ms. */
export interface IndependentSettings {
  /** Silence of an agent before its pod counts as down. */
  unreachableTimeoutMs: number;
  /** Between two passes when nothing happens. */
  pollingIntervalMs: number;
  /** How long creating or loading a database may take. */
  longTaskMs: number;
  /** How long any other command may take. */
  commandMs: number;
  /** How long a pod that a change of the image replaced may stay down; 0: for ever. */
  upgradeDownPodTimeoutMs: number;
}
