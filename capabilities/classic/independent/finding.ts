/** What a pod of an independent database is like right now, in one word and one sentence. */
import { runningTask } from "../decide/ask";
import { heard, silentTooLong } from "../decide/facts";
import type { Reason } from "../decision";
import type { AgentState, TimesTenView } from "../../../protocol";
import type { IndependentObservation, ObservedDatabase } from "./observation";

export type FindingName =
  /** There is no such pod, or it or its container does not run. */
  | "absent"
  /** Its agent is silent, for less than unreachableTimeout. */
  | "silent"
  /** Its agent has been silent for longer. */
  | "lost"
  /** Its agent brings the database down because the pod ends. */
  | "stopping"
  /** Its agent carries out a command. */
  | "working"
  /** The agent answers, but not what is asked. */
  | "unknown"
  | "noInstance"
  /** Its instance is of another release than the image: the change of the image failed half-way. */
  | "otherRelease"
  | "daemonDown"
  | "noDatabase"
  | "unloaded"
  /** The database is coming or going. */
  | "moving"
  /** Loaded, not open for its users yet. */
  | "closed"
  /** It has a replication scheme, which an independent database must not have. */
  | "replicated"
  | "serving";

export interface Finding {
  is: FindingName;
  why: Reason;
}

/** @returns the first thing that is not as it should be, from the outside in; "serving" when nothing is */
export function findingOf(o: IndependentObservation, pod: ObservedDatabase): Finding {
  const away = absence(pod);
  if (away !== null) return { is: "absent", why: { reason: "PodAway", message: away } };
  const state = heard(pod);
  if (state === null) {
    const message =
      pod.agent.state === null
        ? `the agent of ${pod.name} has not answered yet`
        : `the agent of ${pod.name} is silent`;
    return { is: silentTooLong(o, pod) ? "lost" : "silent", why: { reason: "AgentSilent", message } };
  }
  return told(pod, state);
}

function absence({ name, uid, phase, container, trouble }: ObservedDatabase): string | null {
  if (uid === null) return `there is no Pod ${name}`;
  if (phase !== "Running") return `Pod ${name} does not run (${trouble ?? phase})`;
  if (container !== null && !container.running)
    return `container tt of ${name} does not run (${trouble ?? container.waitingReason ?? "it ended"})`;
  return null;
}

function told(pod: ObservedDatabase, state: AgentState): Finding {
  const { name } = pod;
  if (state.stopping) {
    return { is: "stopping", why: { reason: "PodLeaving", message: `Pod ${name} is shutting down` } };
  }
  const task = runningTask(pod);
  if (task !== undefined) return { is: "working", why: workingWhy(name, task.verb) };
  return ofInstance(name, state.timesten);
}

function workingWhy(name: string, verb: string): Reason {
  switch (verb) {
    case "startDaemon":
      return { reason: "StartingDaemon", message: `the daemon in ${name} is being started` };
    case "createDatabase":
      return { reason: "CreatingDatabase", message: `the database in ${name} is being made` };
    default:
      return { reason: "LoadingDatabase", message: `the agent of ${name} is at ${verb}` };
  }
}

function ofInstance(name: string, view: TimesTenView): Finding {
  const unknown = (what: string): Finding => ({
    is: "unknown",
    why: { reason: "DatabaseUnknown", message: `${what} of ${name} is not known at this moment` },
  });
  if (view.instance === "Missing") {
    const message = `${name} has no TimesTen instance; replace the Pod, then change spec.ttspec.reexamine`;
    return { is: "noInstance", why: { reason: "InstanceMissing", message } };
  }
  if (view.instance === "Unknown") return unknown("the instance");
  if (isOther(view.release, view.imageRelease)) {
    const message = `the instance of ${name} is of TimesTen ${view.release}, its image holds ${view.imageRelease}`;
    return { is: "otherRelease", why: { reason: "UpgradeFailed", message } };
  }
  if (view.daemon === "Unknown") return unknown("the daemon");
  if (view.daemon === "Down") {
    return { is: "daemonDown", why: { reason: "StartingDaemon", message: `the daemon in ${name} is down` } };
  }
  return ofDatabase(name, view) ?? unknown("the database");
}

/** What either does not say is no difference. */
function isOther(release: string, imageRelease: string): boolean {
  const known = [release, imageRelease].every(one => one !== "" && one !== "Unknown");
  return known && release !== imageRelease;
}

function ofDatabase(name: string, { db, open, repScheme }: TimesTenView): Finding | null {
  const loading = (is: FindingName): Finding => ({
    is,
    why: { reason: "LoadingDatabase", message: `the database in ${name} is ${db}` },
  });
  switch (db) {
    case "Unknown":
      return null;
    case "None":
      return {
        is: "noDatabase",
        why: { reason: "CreatingDatabase", message: `${name} has no database yet` },
      };
    case "Unloaded":
      return loading("unloaded");
    case "Loading":
    case "Unloading":
    case "Transitioning":
      return loading("moving");
    case "Loaded":
      break;
  }
  if (repScheme === "Exists") {
    const message = `the database in ${name} has a replication scheme; drop it by hand`;
    return { is: "replicated", why: { reason: "ReplicationFound", message } };
  }
  if (!open) {
    const message = `the database in ${name} is loaded, its agent opens it`;
    return { is: "closed", why: { reason: "OpeningDatabase", message } };
  }
  return { is: "serving", why: { reason: "ReplicasReady", message: `the database in ${name} is open` } };
}
