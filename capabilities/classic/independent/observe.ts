/** API objects, agent sessions and memory become one plain value, for independent databases. */
import type { TimesTenClassicObject } from "../../../generated/types";
import {
  headlessServiceName,
  identityOf,
  podDisruptionBudgetName,
  podNames,
  secretName,
  statefulSetName,
  type ObjectSettings,
} from "../../objects";
import type { OwnedFacts } from "../observation";
import { keptFact, observeAnyPod, observeTemplate } from "../observe/observe";
import type { NeedsFacts } from "../observe/needs";
import { imageProbes } from "../observe/probe";
import type { PairMemory } from "../observe/memory";
import type { GatheredAround } from "../surroundings";
import type { IndependentObservation, IndependentSettings } from "./observation";

/** All that a pass has gathered. */
export interface GatheredIndependent extends GatheredAround {
  nowMs: number;
  monotonicMs: number;
  object: TimesTenClassicObject;
  settings: ObjectSettings;
  needs: NeedsFacts;
  secret: Pick<OwnedFacts, "presence" | "fault">;
  memory: PairMemory;
}

export function observeIndependent(g: GatheredIndependent): IndependentObservation {
  const { object, nowMs } = g;
  const { name, uid } = identityOf(object);
  const statefulSet = keptFact(g, "StatefulSet", statefulSetName(name), g.statefulSet);
  return {
    nowMs,
    object,
    settings: independentSettings(object),
    owned: [
      { kind: "Secret", name: secretName(uid), ...g.secret },
      keptFact(g, "headless Service", headlessServiceName(name), g.headlessService),
      keptFact(g, "PodDisruptionBudget", podDisruptionBudgetName(name), g.budget),
      statefulSet,
    ],
    needs: g.needs,
    template: observeTemplate(object, g.settings, g.statefulSet, g.needs),
    probes: imageProbes(object, g.probes, nowMs),
    scaledTo: statefulSet.presence === "ours" ? (g.statefulSet?.spec.replicas ?? null) : null,
    pods: podNames(object).map((podName, ordinal) => observeAnyPod(g, uid, podName, g.pods[ordinal] ?? null)),
  };
}

/** Oracle's defaults, seconds; values of 0 or less mean the default. */
const DEFAULTS = { pollingInterval: 5, unreachableTimeout: 30, get: 60, post: 600, upgradeDownPod: 600 };

/** @returns what the spec comes to, ms */
export function independentSettings(object: TimesTenClassicObject): IndependentSettings {
  const { ttspec } = object.spec;
  const ms = (seconds: number | undefined, otherwise: number): number =>
    (seconds === undefined || seconds === null || seconds <= 0 ? otherwise : seconds) * 1000;
  return {
    unreachableTimeoutMs: ms(ttspec.unreachableTimeout, DEFAULTS.unreachableTimeout),
    pollingIntervalMs: ms(ttspec.pollingInterval, DEFAULTS.pollingInterval),
    longTaskMs: ms(ttspec.agentAsyncTimeout, ms(ttspec.agentPostTimeout, DEFAULTS.post) / 1000),
    commandMs: ms(ttspec.agentGetTimeout, DEFAULTS.get),
    upgradeDownPodTimeoutMs: (ttspec.upgradeDownPodTimeout ?? DEFAULTS.upgradeDownPod) * 1000,
  };
}
