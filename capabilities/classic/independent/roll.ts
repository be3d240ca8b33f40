/**
 * Changes of the image of independent databases: Pod after Pod from the highest ordinal, the next one when the last one
 * is Normal and Ready again. Pure. docs/independent.md explains it.
 */
import { heard } from "../decide/facts";
import { isAutomatic, releaseOf, target } from "../decide/upgrade/facts";
import { askRelease, endProbes, whyRefused } from "../decide/upgrade/release";
import { texts } from "../decide/upgrade/texts";
import { templateEffects } from "../decide/template";
import type { ConditionVerdict, Effect, EventText, Reason } from "../decision";
import type { IndependentObservation, ObservedDatabase } from "./observation";
import { stateSinceMs, type PodVerdict } from "./podRules";
import { rememberedRoll, type RollMemory } from "./rollMemory";

/** What a pass decides about a change of the image. */
export interface RollVerdict {
  /** The pods' verdicts, with what the change makes of them. */
  pods: PodVerdict[];
  effects: Effect[];
  /** The condition Upgrading. */
  condition: ConditionVerdict;
  /** What does not go away by itself. */
  stuck: Reason | null;
  events: EventText[];
  memory: RollMemory;
  /** Look again after so long, ms; Infinity: when something happens. */
  wakeAfterMs: number;
}

type Rest = Partial<Omit<RollVerdict, "condition">> & { condition: ConditionVerdict };

const isUnder = (status: "True" | "False", why: Reason): ConditionVerdict => ({ status, ...why });
/** The condition Upgrading where there is nothing to say. */
export const noUpgrade: ConditionVerdict = {
  status: "False",
  reason: "NoUpgrade",
  message: "no upgrade is under way",
};

/** @returns what becomes of the image; nothing changes while management is held */
export function decideRoll(o: IndependentObservation, judged: readonly PodVerdict[]): RollVerdict {
  const memory = rememberedRoll(o.object);
  const pods = [...judged];
  const verdict = (rest: Rest): RollVerdict => ({
    pods,
    effects: [],
    stuck: null,
    events: [],
    memory,
    wakeAfterMs: Infinity,
    ...rest,
  });
  const { template } = o;
  if (template === null) return verdict({ condition: noUpgrade });
  const image = target(o);
  if (template.images.tt === image) return entered(o, pods, memory, templateEffects(o, image));
  const present = templateEffects(o, template.images.tt ?? image);
  if (!isAutomatic(o)) return entered(o, pods, memory, templateEffects(o, image));
  return enter(o, verdict, present, pods, memory);
}

/** The image is in the spec and not in the template yet: it is looked at first. */
function enter(
  o: IndependentObservation,
  verdict: (rest: Rest) => RollVerdict,
  present: Effect[],
  pods: PodVerdict[],
  memory: RollMemory,
): RollVerdict {
  const image = target(o);
  const answer = releaseOfImage(o, image);
  const others = endProbes(o, answer.is === "asking" ? image : null);
  switch (answer.is) {
    case "asking": {
      const { why, effects, wakeAfterMs } = answer;
      const stuck = why.reason === "ImageTrouble" ? why : null;
      const all = [...present, ...effects, ...others];
      return verdict({ condition: isUnder("True", why), effects: all, stuck, wakeAfterMs });
    }
    case "unusable":
      // Its Pod stays: an image that comes later is found by it.
      return refused(verdict, answer.why, [...present, ...endProbes(o, image)]);
    case "known": {
      const releases = o.pods.map(pod => releaseOf(pod)).filter(release => release !== null);
      const why = whyRefused(releases, image, answer.release);
      // Its Pod stays as long as the image does: who asks again finds the answer.
      if (why !== null) return refused(verdict, why, [...present, ...endProbes(o, image)]);
      return entered(o, pods, memory, [...templateEffects(o, image), ...others]);
    }
  }
}

function refused(verdict: (rest: Rest) => RollVerdict, why: Reason, effects: Effect[]): RollVerdict {
  return verdict({ condition: isUnder("False", why), stuck: why, effects });
}

/** A database that runs the image already says what it holds; else a Pod of its own looks. */
function releaseOfImage(o: IndependentObservation, image: string): ReturnType<typeof askRelease> {
  const running = o.pods.find(pod => pod.images?.tt === image && releaseOf(pod) !== null);
  const release = running === undefined ? null : releaseOf(running);
  if (release !== null) return { is: "known", release };
  const nodeName = targets(o, image).at(-1)?.nodeName ?? null;
  return askRelease(o, { image, nodeName, timeoutMs: o.settings.upgradeDownPodTimeoutMs });
}

/** New Pods are made with the image from now on. */
function entered(
  o: IndependentObservation,
  judged: PodVerdict[],
  before: RollMemory,
  template: Effect[],
): RollVerdict {
  const image = target(o);
  const auto = isAutomatic(o);
  const left = targets(o, image);
  const begins = before.image !== null && before.image !== image;
  const starts = auto && left.length > 0 && (begins || before.startedAtMs === null);
  const memory: RollMemory = {
    image,
    pending: outdated(o, image).length > 0,
    startedAtMs: !auto
      ? null
      : starts && (before.startedAtMs === null || begins)
        ? o.nowMs
        : before.startedAtMs,
  };
  const pods = judged.map((pod, ordinal) => failedPod(o, memory, pod, o.pods[ordinal]));
  const events = starts ? [texts.started] : !auto && begins && memory.pending ? [texts.disabled] : [];
  const base = { pods, effects: [...template, ...endProbes(o, null)], events, memory };
  // Only what the last report tells is acted on: a deletion without its beginning in status would be a riddle.
  const settled = template.length === 0 && o.template?.isObserved === true && !starts;
  return {
    ...base,
    stuck: null,
    wakeAfterMs: failsInMs(o, memory, pods),
    ...step({ o, pods, memory, settled, base }),
  };
}

interface StepInput {
  o: IndependentObservation;
  pods: PodVerdict[];
  memory: RollMemory;
  /** The template is what it should be and Kubernetes knows it. */
  settled: boolean;
  base: Pick<RollVerdict, "effects" | "events">;
}

type Step = Pick<RollVerdict, "condition"> &
  Partial<Pick<RollVerdict, "pods" | "effects" | "events" | "memory" | "stuck" | "wakeAfterMs">>;

/** Which Pod is next, if any; the order of the questions is the order of what a person wants to know first. */
function step(input: StepInput): Step {
  const { o, pods, memory } = input;
  const image = target(o);
  const left = targets(o, image);
  if (!isAutomatic(o)) return { condition: leftToPerson(o) };
  const failed = pods.find((pod, ordinal) => hasFailed(pod) && o.pods[ordinal]?.images?.tt === image);
  if (failed !== undefined) {
    const others = left.map(pod => pod.name).join(", ");
    const rest = others === "" ? "" : `; ${others} stay as they are`;
    const why: Reason = { reason: "UpgradeFailed", message: `${failed.why.message}${rest}` };
    return { condition: isUnder("False", why), stuck: why };
  }
  const awaited = memory.startedAtMs === null ? null : whyAwaited(o, pods);
  if (awaited !== null) return { condition: rolling(o, awaited) };
  if (left.length === 0) return finished(o, memory, input.base.events);
  if (!input.settled) return { condition: rolling(o, `${image} is being put into the StatefulSet`) };
  return replaceNext(input, left);
}

/** A Pod that does not serve first: there is nothing to lose. One that serves only while all others do. */
function replaceNext({ o, pods, base }: StepInput, left: ObservedDatabase[]): Step {
  const isNormal = (pod: ObservedDatabase) => verdictOf(pods, pod.name)?.state === "Normal";
  const broken = left.filter(pod => !isNormal(pod) && isKnownToBeOut(pod)).at(-1);
  const next = broken ?? left.at(-1);
  const unfit = o.pods.find(pod => !isNormal(pod));
  if (next === undefined || (broken === undefined && unfit !== undefined)) {
    const why = `${unfit?.name ?? "a Pod"} is ${verdictOf(pods, unfit?.name ?? "")?.state ?? "away"}`;
    const message = `the change to ${target(o)} waits, no further database is taken down: ${why}`;
    return { condition: isUnder("True", { reason: "UpgradeWaiting", message }) };
  }
  const { name: podName, uid: podUID, resourceVersion } = next;
  if (podUID === null || resourceVersion === null) return { condition: rolling(o, `${podName} is awaited`) };
  const event = texts.deletedReplica(podName);
  return {
    condition: rolling(o, `Pod ${podName} is replaced`),
    effects: [...base.effects, { do: "deletePod", podName, podUID, resourceVersion, event }],
    pods: pods.map(pod => (pod.name === podName ? lookedAtAgain(pod) : pod)),
  };
}

/** A silent one may well serve its clients: who knows nothing takes nothing away. */
function isKnownToBeOut(pod: ObservedDatabase): boolean {
  return heard(pod) !== null || pod.phase !== "Running" || pod.container?.running === false;
}

/** Whoever waits for a person gets its chance with the new image. */
function lookedAtAgain(pod: PodVerdict): PodVerdict {
  if (pod.state !== "ManualInterventionRequired" && pod.state !== "Terminal") return pod;
  const why: Reason = {
    reason: "UpgradeRolling",
    message: `Pod ${pod.name} is replaced by one of another image`,
  };
  return { ...pod, state: "Down", why, stuck: false };
}

function finished(o: IndependentObservation, memory: RollMemory, events: EventText[]): Step {
  const below = outdated(o, target(o)).map(pod => pod.name);
  const message = `rollingUpdatePartition leaves ${below.join(", ")} with another image`;
  const condition = below.length === 0 ? noUpgrade : isUnder("False", { reason: "UpgradePartial", message });
  if (memory.startedAtMs === null) return { condition };
  const seconds = Math.round(Math.max(0, o.nowMs - memory.startedAtMs) / 1000);
  return {
    condition,
    events: [...events, texts.completed(seconds)],
    memory: { ...memory, startedAtMs: null },
    wakeAfterMs: 0,
  };
}

function leftToPerson(o: IndependentObservation): ConditionVerdict {
  const image = target(o);
  const left = outdated(o, image).map(pod => pod.name);
  if (left.length === 0) return noUpgrade;
  const message = `imageUpgradeStrategy is manual: ${left.join(", ")} take ${image} when they are deleted`;
  return isUnder("True", { reason: "UpgradeManual", message });
}

function rolling(o: IndependentObservation, what: string): ConditionVerdict {
  const image = target(o);
  const wanted = o.pods.slice(partition(o));
  const done = wanted.filter(pod => pod.images?.tt === image).length;
  const message = `${done} of ${wanted.length} Pods have ${image}: ${what}`;
  return isUnder("True", { reason: "UpgradeRolling", message });
}

/** @returns who has to come back before the next one may go, for people; null when nobody */
function whyAwaited(o: IndependentObservation, pods: readonly PodVerdict[]): string | null {
  const image = target(o);
  for (const pod of o.pods) {
    if (pod.uid === null) return `${pod.name} is awaited`;
    if (pod.terminating) return `${pod.name} shuts down`;
    const verdict = verdictOf(pods, pod.name);
    if (pod.images?.tt !== image || verdict === undefined) continue;
    if (verdict.state !== "Normal") return verdict.why.message;
    if (!pod.ready) return `${pod.name} is not Ready yet`;
  }
  return null;
}

const verdictOf = (pods: readonly PodVerdict[], name: string): PodVerdict | undefined =>
  pods.find(pod => pod.name === name);

/** @returns the Pods that run another image, by ordinal */
function outdated(o: IndependentObservation, image: string): ObservedDatabase[] {
  return o.pods.filter(pod => pod.uid !== null && pod.images !== null && pod.images.tt !== image);
}

/** @returns those of them that are to be replaced */
function targets(o: IndependentObservation, image: string): ObservedDatabase[] {
  const from = partition(o);
  return outdated(o, image).filter(pod => o.pods.indexOf(pod) >= from);
}

/** @returns the lowest ordinal that a change of the image replaces */
export function partition({ object }: Pick<IndependentObservation, "object">): number {
  return object.spec.ttspec.rollingUpdatePartition ?? 0;
}

// --- failure ------------------------------------------------------------------------------------------------

/** @returns whether the pod waits for a person because its upgrade failed */
function hasFailed({ state, why }: PodVerdict): boolean {
  return state === "ManualInterventionRequired" && why.reason === "UpgradeFailed";
}

/** A Pod that does not come back with the image in its time waits for a person. */
function failedPod(
  o: IndependentObservation,
  memory: RollMemory,
  verdict: PodVerdict,
  pod: ObservedDatabase | undefined,
): PodVerdict {
  if (pod === undefined || leftMs(o, memory, verdict, pod) > 0) return verdict;
  const limit = o.settings.upgradeDownPodTimeoutMs / 1000;
  const trouble = pod.trouble === null ? "" : ` (${pod.trouble})`;
  const message = `${pod.name} did not come back with ${target(o)} within ${limit} s: ${verdict.why.message}${trouble}`;
  const why: Reason = { reason: "UpgradeFailed", message };
  return { ...verdict, state: "ManualInterventionRequired", why, stuck: true, command: null, wakeAfterMs: 0 };
}

/** @returns until this pod's upgrade has failed, ms; Infinity where there is nothing to fail or no limit */
function leftMs(
  o: IndependentObservation,
  { startedAtMs }: RollMemory,
  { before, state }: PodVerdict,
  pod: ObservedDatabase,
): number {
  const limitMs = o.settings.upgradeDownPodTimeoutMs;
  const down = before === "Down" && state === "Down";
  if (limitMs === 0 || startedAtMs === null || !down || pod.images?.tt !== target(o)) return Infinity;
  const sinceMs = Math.max(startedAtMs, stateSinceMs(o, pod.name) ?? o.nowMs);
  return limitMs - (o.nowMs - sinceMs);
}

function failsInMs(o: IndependentObservation, memory: RollMemory, pods: readonly PodVerdict[]): number {
  const left = pods.map((verdict, ordinal) => {
    const pod = o.pods[ordinal];
    return pod === undefined ? Infinity : leftMs(o, memory, verdict, pod);
  });
  return Math.max(0, Math.min(...left));
}
