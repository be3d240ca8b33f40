/** Tells the agents the newest record, and hands them their commands. */
import type { AgentState, Command } from "../../../protocol";
import type { AgentSessions } from "../../runtime/sessions";
import type { PodCommand } from "../decision";
import type { Observation } from "../observation";
import type { PairMemory } from "../observe/memory";
import type { Told } from "./execute";

/** A record that an agent does not obey, or evidence it has not used, is told again after this, ms. */
const AGAIN_MS = 900;

/**
 * Level-triggered: every connected agent that has not been told exactly this in its present session is told it; one
 * that shows no effect is told again.
 */
export function tellRecord(o: Observation, told: Told, sessions: AgentSessions, memory: PairMemory): void {
  const content = JSON.stringify(told);
  for (const pod of [...o.pods, ...(o.former === null ? [] : [o.former])]) {
    if (pod.uid === null) continue;
    const known = memory.pod(pod.uid, o.nowMs);
    if (!pod.agent.connected || pod.agent.state === null) {
      known.told = null;
      continue;
    }
    const again =
      known.told !== null && o.nowMs - known.told.atMs >= AGAIN_MS && needsMore(pod.agent.state, told);
    if (known.told?.content === content && !again) continue;
    if (sessions.send(pod.uid, { type: "record", ...told })) known.told = { content, atMs: o.nowMs };
  }
}

/** Whether this agent could still do something with what it was told. */
function needsMore(state: AgentState, { record, evidence }: Told): boolean {
  const { obeyedN, soloed, completeFor } = state.permission;
  if (obeyedN < record.n) return true;
  const promotion = record.mode === "Solo" && record.from > 0;
  if (promotion && state.boot === record.writer.boot) return soloed < record.n;
  return record.mode === "Pair" && evidence.soloEnded !== null && completeFor !== record.n;
}

/**
 * Sends commands; what becomes of each at the agent's door is remembered for the next passes.
 * @param onAnswer called when an agent has answered, so that a pass looks at it
 */
export function sendCommands(
  o: Observation,
  commands: readonly PodCommand[],
  sessions: AgentSessions,
  memory: PairMemory,
  onAnswer: () => void,
): void {
  for (const { ordinal, command } of commands) {
    const { uid } = o.pods[ordinal];
    if (uid === null) continue;
    sendCommand(uid, command, { nowMs: o.nowMs, sessions, memory, onAnswer });
  }
}

export interface SendContext {
  /** Wall clock of the pass, ms. */
  nowMs: number;
  sessions: AgentSessions;
  memory: PairMemory;
  /** Called when the agent has refused. */
  onAnswer: () => void;
}

/** Sends one command and remembers what becomes of it at the agent's door. */
export function sendCommand(podUID: string, command: Command, c: SendContext): void {
  const sent = { atMs: c.nowMs, accepted: null as boolean | null, reason: null as string | null };
  c.memory.pod(podUID, c.nowMs).sent.set(command.id, sent);
  void c.sessions.command(podUID, command).then(outcome => {
    if (outcome.outcome === "unknown") return;
    sent.accepted = outcome.outcome === "accepted";
    sent.reason = outcome.outcome === "accepted" ? null : outcome.reason;
    if (!sent.accepted) c.onAnswer();
  });
}
