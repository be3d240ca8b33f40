/** The first record, and the one that takes the place of a lost one: both agents must have answered. */
import type { AgentState } from "../../../../protocol";
import { heard, loadedAgain, otherPod, whyFirstBehind } from "../facts";
import type { Observation, ObservedPod } from "../../observation";
import { firstRecord } from "./next";
import { isBehind, numberAboveAll } from "./transitions";
import { standing, type Rule, type Verdict } from "./verdict";
import { chooseCopy } from "./wayOut";

/**
 * Whose database goes on where no record says so: the one that writes, else the one that wrote last, else one that
 * exists, else pod 0.
 * @returns null until both agents have answered
 */
export function choosesFirst(o: Observation): ObservedPod | null {
  const [a, b] = o.pods;
  const [x, y] = [heard(a), heard(b)];
  if (x === null || y === null) return null;
  return compare(x, y) >= 0 ? a : b;
}

/** Above 0 when x goes first, below when y does. */
function compare(x: AgentState, y: AgentState): number {
  const rank = (state: AgentState) => [
    state.permission.mode === "none" ? 0 : 1,
    state.permission.soloed,
    state.timesten.db === "None" || state.timesten.db === "Unknown" ? 0 : 1,
  ];
  const [p, q] = [rank(x), rank(y)];
  const difference = p.map((value, i) => value - (q[i] ?? 0)).find(value => value !== 0);
  return difference ?? 0;
}

export const foundingRules: readonly Rule<Observation>[] = [
  {
    name: "both agents first",
    because:
      "only an agent knows what it obeyed and holds; a number too low would be ignored, a wrong writer loses data",
    decide: o => (choosesFirst(o) === null ? waitForBoth(o) : null),
  },
  {
    name: "a loaded database with its replication scheme",
    because:
      "the record names a life of a database, so there must be one, and one that can become the active",
    decide: o => {
      const pod = choosesFirst(o);
      const state = pod === null ? null : loadedAgain(pod)?.state;
      if (pod === null) return null;
      if (state?.timesten.repScheme === "Exists") return null;
      return standing(
        "founding",
        "BuildingActive",
        `${pod.name} is to be the first active: ${progress(pod)}`,
      );
    },
  },
  {
    name: "name the writer",
    because: "everything is there",
    decide: o => {
      const pod = choosesFirst(o);
      const loaded = pod === null ? null : loadedAgain(pod);
      if (pod === null || loaded === null || pod.uid === null) return null;
      const n = numberAboveAll(o);
      const write = firstRecord(o.objectUID, n, { podUID: pod.uid, boot: loaded.boot }, o.settings.leaseMs);
      const lost = o.record !== null || n > 1;
      const other = otherPod(o, pod);
      const behind = lost ? whyFirstBehind(loaded.state, other) : null;
      if (behind !== null) return comparing(behind, other);
      const message = `record ${n} names ${pod.name} as the writer${lost ? `; agents obeyed up to ${n - 1}` : ""}`;
      return { situation: "founding", why: { reason: "FirstRecord", message }, write, proof: null };
    },
  },
];

function comparing(behind: string, other: ObservedPod): Verdict {
  if (heard(other)?.timesten.db === "Loaded")
    return standing("stuck", "StandbyAhead", `missing: ${behind}${chooseCopy}`);
  return standing("founding", "RecordLost", `the copies are compared first; missing: ${behind}`);
}

function waitForBoth(o: Observation): Verdict {
  const missing = o.pods.filter(pod => heard(pod) === null);
  const whom = missing.map(whyAway).join("; ");
  if (o.record === null) return standing("founding", "WaitingForAgents", `waiting for ${whom}`);
  const problem = isBehind(o)
    ? `an agent obeys a higher number than record ${o.record.value.n}`
    : "no record";
  return standing("stuck", "RecordLost", `${problem}; both agents must answer: waiting for ${whom}`);
}

/** @returns what keeps this pod's agent from being heard, as a clause for people */
export function whyAway(pod: ObservedPod): string {
  if (pod.uid === null) return `${pod.name} (there is no such Pod)`;
  const { connected, state } = pod.agent;
  if (connected && state?.stopping === true) return `${pod.name} (it is shutting down)`;
  if (connected) return `${pod.name} (its agent answers, but not about that life of the database)`;
  const waiting = pod.container?.waitingReason;
  if (waiting) return `${pod.name} (its tt container waits: ${waiting})`;
  if (pod.container?.running !== true)
    return `${pod.name} (its tt container does not run, phase ${pod.phase})`;
  return `${pod.name} (its agent does not answer${pod.agent.lastError === null ? "" : `: ${pod.agent.lastError}`})`;
}

function progress(pod: ObservedPod): string {
  const view = heard(pod)?.timesten;
  if (view === undefined) return "its agent does not answer";
  if (view.daemon !== "Up") return `daemon ${view.daemon}`;
  if (view.db !== "Loaded") return `database ${view.db}`;
  return `replication scheme ${view.repScheme}`;
}
