/**
 * How an upgrade of a pair goes on: the rules in their order, the first that has something to say is followed. What is
 * next follows from the images that the pods run; the memory only says which change was taken note of and how it stands.
 * A rule changes memory and says so; pods are deleted elsewhere (effects.ts), only by what the last report remembers.
 */
import type { Effect, EventText, Reason } from "../../decision";
import type { Observation, ObservedPod } from "../../observation";
import type { Verdict } from "../fence/verdict";
import { allDone, allRun, imageOf, isMixed, nextToReplace, rolesNow, target, whyNotFit } from "./facts";
import { judgeQuiet, judgeReturn } from "./failure";
import { idle, type ReplacedPod, type UpgradeMemory } from "./memory";
import { readiness } from "./start";
import { texts } from "./texts";

export interface UpgradeInput {
  o: Observation;
  /** What the rules about the record come to in this pass. */
  verdict: Verdict;
  memory: UpgradeMemory;
  /** The operator replaces pods itself. */
  auto: boolean;
  /** The pair is made for the first time. */
  creating: boolean;
}

/** What a rule comes to. */
export interface Turn {
  memory: UpgradeMemory;
  /** Events that go before what the pods told in this pass. */
  announcements?: EventText[];
  effects?: Effect[];
  /** What explains it, where the memory alone does not. */
  why?: Reason;
  /** What stands in the way and may not go away by itself. */
  trouble?: Reason;
  /** Look again after so long even if nothing happens, ms. */
  wakeAfterMs?: number;
}

export interface UpgradeRule {
  name: string;
  because: string;
  decide: (input: UpgradeInput) => Turn | null;
}

export const upgradeRules: readonly UpgradeRule[] = [
  {
    name: "take note of the image for the first time",
    because:
      "only a change of what was noted is an upgrade; what the pods run now is what they were meant to run",
    decide: ({ o, memory, creating }) => {
      if (memory.image !== null) return null;
      const roles = rolesNow(o);
      const present = [...(roles === null ? [] : [roles.writer]), ...o.pods].find(pod => pod.images !== null);
      const image = creating ? target(o) : (present?.images?.tt ?? target(o));
      return { memory: { ...memory, image, resetSeen: wishedReset(o) } };
    },
  },
  {
    name: "reset by a person",
    because: "a person's word goes before everything that would be done next",
    decide: ({ o, memory }) => {
      const seen = wishedReset(o);
      if (memory.resetSeen === seen) return null;
      return { memory: { ...resetOf(o, memory), resetSeen: seen }, announcements: [texts.reset] };
    },
  },
  {
    name: "the image was changed",
    because: "the newest wish counts, whatever had become of the one before",
    decide: input => (target(input.o) === input.memory.image ? null : imageChanged(input)),
  },
  {
    name: "the strategy was changed",
    because: "from then on somebody else replaces the pods that are left",
    decide: ({ o, memory, auto }) => {
      if (auto && memory.phase === "Manual")
        return { memory: { ...memory, phase: "Waiting", restarted: isMixed(o) && !bothOld(o) } };
      const ours = ["Waiting", "Refused", "Standby", "Active"].includes(memory.phase);
      if (auto || !ours) return null;
      return { memory: { ...memory, ...idle, phase: "Manual" }, announcements: [texts.disabled] };
    },
  },
  {
    name: "nothing is left to be done",
    because: "both pods run the image, by whomever they were replaced",
    decide: ({ o, memory, verdict }) => {
      switch (memory.phase) {
        case "Manual":
          return allRun(o) ? { memory: { ...memory, ...idle } } : null;
        case "Waiting":
        case "Refused":
          return allDone(o) && !memory.restarted ? { memory: { ...memory, ...idle } } : null;
        case "Unfinished":
          return allRun(o) && verdict.situation === "redundant"
            ? { memory: { ...memory, ...idle }, announcements: [texts.finished(target(o))] }
            : null;
        default:
          return null;
      }
    },
  },
  {
    name: "a change that waits",
    because: "nothing is touched before the pair can spare its standby and the image is known to fit",
    decide: ({ o, memory }) => (memory.phase === "Waiting" ? waiting(o, memory) : null),
  },
  {
    name: "given back by reexamine",
    because: "a person has taken over in between: what remains is not done by itself",
    decide: ({ o, memory }) => {
      if (o.object.status?.highLevelState !== "Reexamine") return null;
      if (memory.phase === "Failed") return { memory: recovering(o, memory) };
      return memory.phase === "Standby" || memory.phase === "Active" ? leftUndone(o, memory) : null;
    },
  },
  {
    name: "the upgrade has failed",
    because: "the active serves and is not touched; nothing more is tried by itself",
    decide: ({ o, memory }) => failing(o, memory),
  },
  {
    name: "the pod that was to go is gone",
    because: "what was announced has happened, by our call or anybody's",
    decide: ({ o, memory }) => {
      const { pod } = memory;
      if (!isRunning(memory) || pod === null || pod.goneAtMs !== null) return null;
      const now = o.pods.find(one => one.name === pod.name);
      if (now === undefined || (now.uid === pod.uid && !now.terminating)) return null;
      return replaced(memory, o.nowMs);
    },
  },
  {
    name: "which pod is next",
    because: "the standby first; the active only when its standby is there, verified and fit",
    decide: ({ o, memory }) => (isRunning(memory) ? nextPod(o, memory) : null),
  },
];

/** @returns the memory once the pod that was to go is known to be on its way out, and the Event of that */
export function replaced(memory: UpgradeMemory, nowMs: number): Turn {
  const { pod } = memory;
  if (pod === null) return { memory };
  return {
    memory: { ...memory, pod: { ...pod, goneAtMs: nowMs } },
    announcements: [texts.deleted(pod.role, pod.name)],
  };
}

export function isRunning({ phase }: UpgradeMemory): boolean {
  return phase === "Standby" || phase === "Active";
}

/** @returns the value of resetUpgradeState; a change of it is what counts */
export function wishedReset({ object }: Pick<Observation, "object">): string {
  return object.spec.ttspec.resetUpgradeState ?? "";
}

function bothOld(o: Observation): boolean {
  return o.pods.every(pod => imageOf(o, pod) === "old");
}

function resetOf(o: Observation, memory: UpgradeMemory): UpgradeMemory {
  switch (memory.phase) {
    case "Idle":
    case "Manual":
    case "Waiting":
      return memory;
    case "Refused":
      return { ...memory, phase: "Waiting", message: "" };
    case "Failed":
      // The state is kept until reexamine.
      return { ...memory, startedAtMs: null };
    case "Standby":
    case "Active":
    case "Recovering":
    case "Unfinished":
      return isMixed(o) ? unfinished(o, memory) : { ...memory, ...idle };
  }
}

function imageChanged({ o, memory, auto, creating }: UpgradeInput): Turn {
  const image = target(o);
  const noted = { ...memory, image };
  // Not an upgrade: nothing has been made with the former image that has to be kept.
  if (creating) return { memory: { ...noted, ...idle } };
  const touched = ["Standby", "Active", "Failed", "Recovering", "Unfinished"].includes(memory.phase);
  // Set back before anything was touched.
  if (!touched && !isMixed(o)) return { memory: { ...noted, ...idle } };
  if (!auto) return { memory: { ...noted, ...idle, phase: "Manual" }, announcements: [texts.disabled] };
  const restarted = touched || memory.restarted;
  const goesOn = isRunning(memory) || (memory.phase === "Waiting" && memory.restarted);
  const next: UpgradeMemory = {
    ...noted,
    ...idle,
    phase: "Waiting",
    restarted,
    startedAtMs: goesOn ? memory.startedAtMs : null,
    fromRelease: goesOn ? memory.fromRelease : null,
    failedIn: memory.phase === "Failed" || memory.phase === "Recovering" ? memory.failedIn : null,
  };
  const state = o.object.status?.highLevelState || "Initializing";
  const late = !restarted && state !== "Normal";
  return { memory: next, announcements: late ? [texts.waits(state)] : [] };
}

function waiting(o: Observation, memory: UpgradeMemory): Turn {
  const now = readiness(o, memory);
  switch (now.is) {
    case "waiting": {
      const { why, effects, wakeAfterMs, trouble } = now;
      return { memory, why, effects, wakeAfterMs, ...(trouble === null ? {} : { trouble }) };
    }
    case "refused":
      return {
        // What had failed before has still failed.
        memory: {
          ...memory,
          phase: memory.failedIn === null ? "Refused" : "Failed",
          message: now.why.message,
        },
        announcements: now.events,
        effects: now.effects,
        why: now.why,
      };
    case "ready":
      return start(o, memory, now.toRelease, now.effects);
  }
}

function start(o: Observation, memory: UpgradeMemory, toRelease: string | null, effects: Effect[]): Turn {
  const roles = rolesNow(o);
  const onTarget = roles !== null && imageOf(o, roles.writer) === "done";
  const goesOn = memory.startedAtMs !== null;
  const pod = firstPod(o);
  const isLast = pod?.role === "ACTIVE";
  return {
    memory: {
      ...memory,
      phase: isLast ? "Active" : "Standby",
      message: "",
      failedIn: null,
      startedAtMs: memory.startedAtMs ?? o.nowMs,
      standbyReadyAtMs: isLast ? o.nowMs : null,
      fromRelease: memory.fromRelease ?? releaseOfWriter(o),
      toRelease,
      rollingBack: memory.restarted && onTarget,
      pod,
    },
    announcements: [goesOn ? texts.goesOn(target(o)) : texts.started],
    effects,
  };
}

/** The pod to begin with. One that is on its way to the wanted image already is awaited like one that was replaced. */
function firstPod(o: Observation): ReplacedPod | null {
  const next = nextToReplace(o);
  if (next !== null) return intent(o, next);
  const peer = rolesNow(o)?.peer;
  if (peer === undefined || imageOf(o, peer) !== "away") return null;
  return { ...intent(o, peer), goneAtMs: o.nowMs };
}

function releaseOfWriter(o: Observation): string | null {
  const release = rolesNow(o)?.writer.agent.state?.timesten.release;
  return release === undefined || release === "Unknown" ? null : release;
}

function intent(o: Observation, pod: ObservedPod): ReplacedPod {
  const role = pod.name === rolesNow(o)?.writer.name ? "ACTIVE" : "STANDBY";
  return { name: pod.name, uid: pod.uid ?? "", role, goneAtMs: null };
}

/** The pod that failed has its time anew. */
function recovering(o: Observation, memory: UpgradeMemory): UpgradeMemory {
  const pod = memory.pod === null ? null : { ...memory.pod, goneAtMs: o.nowMs };
  return { ...memory, phase: "Recovering", message: "", pod };
}

function leftUndone(o: Observation, memory: UpgradeMemory): Turn {
  if (!isMixed(o)) return { memory: { ...memory, ...idle } };
  const next = unfinished(o, memory);
  return { memory: next, announcements: [texts.unfinished(next.message)] };
}

/** @returns the memory of an upgrade whose remaining steps nobody does by himself; its message names what finishes it */
export function unfinished(o: Observation, memory: UpgradeMemory): UpgradeMemory {
  const left = o.pods.filter(pod => pod.images !== null && pod.images.tt !== target(o));
  const writer = rolesNow(o)?.writer.name;
  const which = left.map(
    ({ name, images }) =>
      `${name}${name === writer ? " (the active)" : ""} still runs ${images?.tt ?? "another image"}`,
  );
  const commands = left.map(({ name }) => `kubectl delete pod ${name}`).join("; ");
  const message = `the upgrade to ${target(o)} is not finished: ${which.join(", ")}; what is left is done by deleting that Pod (${commands}) or by another change of image`;
  return { ...memory, ...idle, phase: "Unfinished", message };
}

function failing(o: Observation, memory: UpgradeMemory): Turn | null {
  if (!isRunning(memory) && memory.phase !== "Recovering") return null;
  const judged = [judgeReturn(o, memory), judgeQuiet(o, memory)];
  const failed = judged.find(one => "failed" in one);
  if (failed === undefined || !("failed" in failed)) return null;
  const { message, events } = failed.failed;
  const failedIn = memory.phase === "Active" ? "Active" : (memory.failedIn ?? "Standby");
  return { memory: { ...memory, phase: "Failed", failedIn, message }, announcements: events };
}

/** @returns after how long the upgrade fails if nothing happens, ms; Infinity: never */
export function failsInMs(o: Observation, memory: UpgradeMemory): number {
  if (!isRunning(memory) && memory.phase !== "Recovering") return Infinity;
  const judged = [judgeReturn(o, memory), judgeQuiet(o, memory)];
  return Math.min(...judged.map(one => ("failsInMs" in one ? one.failsInMs : 0)));
}

function nextPod(o: Observation, memory: UpgradeMemory): Turn | null {
  const next = nextToReplace(o);
  const { pod } = memory;
  if (next === null) return null;
  const wanted = intent(o, next);
  const same = pod?.goneAtMs === null && pod.uid === wanted.uid && pod.role === wanted.role;
  if (same) return null;
  // What was replaced before has to be well first, unless it came back as it was.
  const awaited = pod !== null && pod.goneAtMs !== null && pod.name !== wanted.name;
  if (awaited && whyNotFit(o) !== null) return null;
  const isActive = wanted.role === "ACTIVE";
  return {
    memory: {
      ...memory,
      phase: isActive ? "Active" : memory.phase,
      pod: wanted,
      standbyReadyAtMs: isActive ? (memory.standbyReadyAtMs ?? o.nowMs) : memory.standbyReadyAtMs,
    },
  };
}
