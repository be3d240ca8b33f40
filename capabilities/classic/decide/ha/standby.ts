/**
 * Making the standby: only under a Solo whose writer is open and obeys it in this very pass, because the first step
 * destroys what the pod holds.
 */
import type { AgentState, PermissionRecord } from "../../../../protocol";
import type { Repairs } from "../../decision";
import type { Observation, ObservedPod } from "../../observation";
import { attempts, idPrefix, runningTask } from "../ask";
import { heard, lifeOf, mayStillAnswer, obeysAlone, serves, staying } from "../facts";
import { returningMs } from "../fence/returning";
import { mayReplicate } from "../upgrade/facts";
import type { StandbyProgress } from "./states";
import { epilogPending } from "./epilog";
import { nothingToDo, planned, type Plan } from "./plan";

/** @returns whether everything holds that a duplicate needs */
export function mayDuplicate(o: Observation, writer: ObservedPod, peer: ObservedPod): boolean {
  const record = o.record?.value;
  if (record?.mode !== "Solo" || peer.uid === null || peer.uid === record.writer.podUID) return false;
  const life = lifeOf(o, record.writer);
  if (life.is !== "alive" || staying(writer) === null) return false;
  // Also one that a person has closed lets nobody in to copy it.
  const { open: letsIn } = life.state.timesten;
  const open = letsIn && serves(life.state, record.writer) && obeysAlone(life.state, record);
  const replicates = life.state.timesten.repAgent === "Running";
  return open && replicates && staying(peer)?.permission.obeyedN === record.n;
}

/** @returns the next step towards a standby under a Solo of `writer` */
export function planStandby(o: Observation, writer: ObservedPod, peer: ObservedPod): Plan {
  const record = o.record?.value;
  const state = staying(peer);
  if (record === undefined || state?.timesten.daemon !== "Up" || !mayDuplicate(o, writer, peer))
    return nothingToDo;
  if (epilogPending(o, writer)) return nothingToDo;
  // A copy of another major release could not follow.
  if (!mayReplicate(writer, peer)) return nothingToDo;
  const step = standbyStep(o, record, writer, peer, state);
  switch (step.do) {
    case "wait":
      return { ...nothingToDo, wakeAfterMs: step.ms };
    case "startRepAgent": {
      const request = { wish: { verb: "startRepAgent" as const }, n: record.n, boot: state.boot };
      return planned(peer, { ...request, deadlineMs: o.settings.commandMs });
    }
    case "duplicate": {
      const fromHost = o.settings.hosts[writer.ordinal];
      const request = { wish: { verb: "duplicate" as const, fromHost }, n: record.n, boot: null };
      return planned(peer, { ...request, deadlineMs: o.settings.longTaskMs });
    }
  }
}

type StandbyStep = { do: "wait"; ms: number } | { do: "startRepAgent" } | { do: "duplicate" };

function standbyStep(
  o: Observation,
  record: PermissionRecord,
  writer: ObservedPod,
  peer: ObservedPod,
  state: AgentState,
): StandbyStep {
  const { repAgent, repState, repScheme } = state.timesten;
  const fresh = isDuplicated(record.n, peer, state);
  if (state.boot === null || repScheme !== "Exists") return { do: "duplicate" };
  if (repState === "ACTIVE" || repState === "FAILED") return { do: "duplicate" };
  const returnsMs = returningMs(o, peer);
  if (returnsMs > 0)
    return repAgent === "Not Running" ? { do: "startRepAgent" } : { do: "wait", ms: returnsMs };
  // Left behind by this Solo: its log is kept for nobody, so it can never catch up.
  if (!fresh && heard(writer)?.timesten.repPeerState !== "start") return { do: "duplicate" };
  if (repAgent === "Not Running") return fresh ? { do: "startRepAgent" } : { do: "duplicate" };
  const leftMs = o.settings.repStateTimeoutMs - peer.agent.repStateForMs;
  return leftMs > 0 ? { do: "wait", ms: leftMs } : { do: "duplicate" };
}

/** Whether what the pod has loaded is a copy made under this very record. */
function isDuplicated(n: number, peer: ObservedPod, state: AgentState): boolean {
  if (peer.uid === null || state.boot === null) return false;
  return attempts(peer, idPrefix(peer.uid, n, null, "duplicate")).at(-1)?.status === "succeeded";
}

/** @returns how far the standby is, for the state of the object */
export function standbyProgress(o: Observation, peer: ObservedPod): StandbyProgress {
  if (mayStillAnswer(o, peer)) return "silent";
  const state = staying(peer);
  if (state === null || state.boot === null || runningTask(peer)?.verb === "duplicate") return "down";
  const { db, repAgent, repState } = state.timesten;
  if (db !== "Loaded" || repAgent !== "Running") return "down";
  if (repState === "STANDBY") return "standby";
  const copying = repState === "RECOVERING" || repState === "IDLE";
  if (!copying || o.record?.value.writer.podUID === peer.uid) return "down";
  // Over within one of Oracle's looks it is nothing to show: its documents have StandbyDown, then Normal.
  return peer.agent.repStateForMs >= o.settings.pollingIntervalMs ? "catchingUp" : "starting";
}

/** @returns the state that makes a fresh copy useless, if the next step is to make another one because of it */
export function incorrectState(o: Observation, peer: ObservedPod): string | null {
  const state = staying(peer);
  const n = o.record?.value.n ?? 0;
  return state !== null && isDuplicated(n, peer, state) ? state.timesten.repState : null;
}

/**
 * Counts failed steps of rebuilding, each once: tasks that ended since the last counted one.
 * @param now.duplicating a duplicate is ordered in this pass
 * @returns the new count and the messages of Oracle's catalogue for what is new
 */
export function countRepairs(
  o: Observation,
  peer: ObservedPod,
  now: { redundant: boolean; duplicating: boolean },
): Repairs & { messages: string[] } {
  const { status } = o.object;
  let failCount = status?.repStartFailCount ?? 0;
  let countedTask = status?.standbyDownStandbyAS?.asyncId ?? null;
  const messages: string[] = [];
  const ended = (heard(peer)?.tasks ?? []).filter(isRepair);
  const from = ended.findIndex(task => task.id === countedTask) + 1;
  for (const task of ended.slice(from)) {
    countedTask = task.id;
    if (task.status !== "failed") continue;
    failCount += 1;
    const what = task.verb === "duplicate" ? "Duplicate unsuccessful" : "Starting replication failed";
    messages.push(`Standby: ${what}. Count: ${failCount}`);
  }
  const incorrect = now.duplicating ? incorrectState(o, peer) : null;
  if (incorrect !== null) {
    failCount += 1;
    messages.push(`Standby: Replication state incorrect (${incorrect}). Count: ${failCount}`);
  }
  if (now.redundant && failCount > 0) {
    failCount = 0;
    messages.push("Standby: Replication started successfully");
  }
  return { failCount, countedTask, messages };
}

function isRepair(task: AgentState["tasks"][number]): boolean {
  return task.status !== "running" && (task.verb === "duplicate" || task.verb === "startRepAgent");
}
