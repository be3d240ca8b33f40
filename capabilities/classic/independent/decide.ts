/**
 * One pass's decision about independent databases. Pure. No record and no permission: each database is opened by its
 * own agent after load (agent/core/standalone.ts).
 */
import type { HighLevelState } from "../../../generated/types";
import { podCount } from "../../objects";
import { managementOf, remembered, suspensionEvents, type Hold } from "../decide/manage/management";
import { decideOwned } from "../decide/owned";
import { notReady } from "../decide/ha/conditions";
import { allThere } from "../observe/needs";
import type { ConditionVerdict, Conditions, Effect, EventText, ManagementSeen, Reason } from "../decision";
import type { IndependentObservation } from "./observation";
import { judgePod, rememberedState, type PodVerdict } from "./podRules";
import { decideRoll, noUpgrade } from "./roll";
import { rememberedRoll, type RollMemory } from "./rollMemory";

export interface IndependentDecision {
  state: HighLevelState;
  /** By ordinal. */
  pods: PodVerdict[];
  effects: Effect[];
  /** Number of Pods the StatefulSet shall make, where it is another now; else null. */
  scaleTo: number | null;
  /** At least one; the first is the one that explains the state. */
  reasons: Reason[];
  /** What keeps objects from being made. */
  problems: Reason[];
  /** Events beside those of changes of state. */
  events: EventText[];
  conditions: Partial<Conditions>;
  /** What status is to remember of the wishes about management, and of changes of the image. */
  management: ManagementSeen;
  roll: RollMemory;
  /** Run again after so long even if nothing happens, ms. */
  wakeAfterMs: number;
}

/** @returns what to do and what to say, for any observation whatever */
export function decideIndependent(o: IndependentObservation): IndependentDecision {
  const { object } = o;
  const reported = object.status?.highLevelState ?? "";
  if (object.metadata.deletionTimestamp !== undefined) {
    const why: Reason = { reason: "BeingDeleted", message: "the object is being deleted" };
    return atRest(o, remembered(object), { state: reported || "Initializing", why });
  }
  const { hold, seen } = managementOf(object, null);
  switch (hold?.by) {
    case "stopManaging":
    case "bothDown":
      return atRest(o, seen, { state: "ManualInterventionRequired", why: hold.why, hold });
    case "reexamine":
      return atRest(o, seen, { state: "Reexamine", why: hold.why, hold, wakeAfterMs: 0 });
    case "suspend":
      return withoutActing(o, seen, hold);
    case undefined:
      break;
  }
  if (reported === "") {
    const why: Reason = { reason: "CreatingObjects", message: "the object is new" };
    return atRest(o, seen, { state: "Initializing", why, wakeAfterMs: 0 });
  }
  return managed(o, seen);
}

interface Rest {
  state: HighLevelState;
  why: Reason;
  hold?: Hold;
  wakeAfterMs?: number;
}

/** Nothing is done and no pod changes its state. */
function atRest(o: IndependentObservation, seen: ManagementSeen, rest: Rest): IndependentDecision {
  const { state, why, hold = null, wakeAfterMs = o.settings.pollingIntervalMs } = rest;
  const pods = o.pods.map((pod): PodVerdict => {
    const before = rememberedState(o, pod.name);
    return { name: pod.name, before, state: before, why, stuck: false, command: null, wakeAfterMs: Infinity };
  });
  const stuck = state === "ManualInterventionRequired" ? why : undefined;
  return {
    ...nothingDone,
    state,
    pods,
    reasons: [why],
    events: suspensionEvents(o.object, hold),
    conditions: conditionsOf({ o, pods, why, stuck, hold, upgrading: heldUpgrade(o, why) }),
    management: seen,
    roll: rememberedRoll(o.object),
    wakeAfterMs,
  };
}

const nothingDone = { effects: [], scaleTo: null, problems: [] };

/** Suspended: looked at and reported. A stop by stopManaging goes on meanwhile. */
function withoutActing(o: IndependentObservation, seen: ManagementSeen, hold: Hold): IndependentDecision {
  if (seen.stopped !== "") {
    return atRest(o, seen, { state: "ManualInterventionRequired", why: hold.why, hold });
  }
  const pods = o.pods.map(pod => ({ ...judgePod(o, pod), command: null }));
  const upgrading = heldUpgrade(o, hold.why);
  return {
    ...nothingDone,
    state: stateOf(pods),
    pods,
    reasons: [hold.why],
    events: suspensionEvents(o.object, hold),
    conditions: conditionsOf({ o, pods, why: summary(pods), stuck: undefined, hold, upgrading }),
    management: seen,
    roll: rememberedRoll(o.object),
    wakeAfterMs: o.settings.pollingIntervalMs,
  };
}

function managed(o: IndependentObservation, seen: ManagementSeen): IndependentDecision {
  const owned = decideOwned({ owned: o.owned, record: null, needs: o.needs ?? allThere });
  const judged = o.pods.map(pod => (asksAgain(o) ? reexamined(o, pod.name) : null) ?? judgePod(o, pod));
  const roll = decideRoll(o, judged);
  const { pods } = roll;
  // Databases that are there are what they are, whatever a new Pod would wait for.
  const isWanting = o.scaledTo !== null && owned.first === owned.wanting;
  const why = (isWanting ? null : owned.first) ?? summary(pods);
  const whys = pods.filter(pod => pod.state !== "Normal").map(pod => pod.why);
  const stuck = owned.problems[0] ?? pods.find(pod => pod.stuck)?.why ?? roll.stuck ?? undefined;
  const wanted = podCount(o.object);
  return {
    state: stateOf(pods),
    pods,
    effects: [...owned.effects, ...roll.effects],
    scaleTo: o.scaledTo === null || o.scaledTo === wanted ? null : wanted,
    reasons: [why, ...whys],
    problems: [...owned.problems, ...(roll.stuck === null ? [] : [roll.stuck])],
    events: [...suspensionEvents(o.object, null), ...roll.events],
    conditions: conditionsOf({ o, pods, why, stuck, hold: null, upgrading: roll.condition }),
    management: seen,
    roll: roll.memory,
    wakeAfterMs: Math.min(
      o.settings.pollingIntervalMs,
      owned.retryAfterMs,
      roll.wakeAfterMs,
      ...pods.map(pod => pod.wakeAfterMs),
    ),
  };
}

/** An upgrade that is under way rests. */
function heldUpgrade(o: IndependentObservation, why: Reason): ConditionVerdict {
  return rememberedRoll(o.object).startedAtMs === null ? noUpgrade : { status: "True", ...why };
}

function stateOf(pods: readonly PodVerdict[]): HighLevelState {
  const ready = pods.filter(pod => pod.state === "Normal").length;
  if (ready === 0) return "NoReplicasReady";
  return ready < pods.length ? "SomeReplicasReady" : "AllReplicasReady";
}

/** reexamine changed while some database waits for a person; where all are ready it has nothing to do. */
function asksAgain({ object }: IndependentObservation): boolean {
  const waiting = object.status?.highLevelState !== "AllReplicasReady";
  return waiting && (object.spec.ttspec.reexamine ?? "") !== remembered(object).reexamine;
}

/** Whoever waits for a person is looked at again; the others go on. */
function reexamined(o: IndependentObservation, name: string): PodVerdict | null {
  const before = rememberedState(o, name);
  if (before !== "ManualInterventionRequired" && before !== "Terminal") return null;
  const why: Reason = { reason: "Reexamining", message: `${name} is looked at again` };
  return { name, before, state: "Reexamine", why, stuck: false, command: null, wakeAfterMs: 0 };
}

/** Those that need a person first. */
function summary(pods: readonly PodVerdict[]): Reason {
  const first = pods.find(pod => pod.stuck) ?? pods.find(pod => pod.state !== "Normal");
  if (first === undefined) {
    return { reason: "ReplicasReady", message: `all databases are open (${pods.length})` };
  }
  const ready = pods.filter(pod => pod.state === "Normal").length;
  return {
    reason: first.why.reason,
    message: `${ready} of ${pods.length} databases are ready; ${first.why.message}`,
  };
}

interface ConditionInput {
  o: Pick<IndependentObservation, "needs">;
  pods: readonly PodVerdict[];
  why: Reason;
  /** What does not go away by itself. */
  stuck: Reason | undefined;
  hold: Hold | null;
  upgrading: ConditionVerdict;
}

function conditionsOf({ o, pods, why, stuck, hold, upgrading }: ConditionInput): Partial<Conditions> {
  const ready = pods.every(pod => pod.state === "Normal");
  const reconciling = stuck === undefined && !ready && hold?.by !== "suspend";
  return {
    Ready: notReady(o.needs) ?? { status: ready ? "True" : "False", ...why },
    Upgrading: upgrading,
    ManagementSuspended:
      hold === null
        ? { status: "False", reason: "Managed", message: "the operator manages the object" }
        : { status: "True", ...hold.why },
    Reconciling: reconciling ? { status: "True", ...why } : null,
    Stalled: stuck === undefined ? null : { status: "True", ...stuck },
  };
}
