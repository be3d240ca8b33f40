/**
 * The sessions with the agents: one per pod, dialled by us, kept alive by heartbeats, dialled anew when it breaks.
 * They hold what each agent said last; whether that is fresh enough is for the reader to judge. A pod is known by
 * its UID: its successor of the same name is another pod.
 */
import type { AgentState, Command, OperatorMessage } from "../../protocol";
import type { AgentTransport, Clock, Log, Random } from "./ports";
import { PodSessions } from "./pod-sessions";
import { AgentSession, type CommandOutcome } from "./session";

export type { CommandOutcome } from "./session";

export interface AgentSessionsOptions {
  clock: Clock;
  random: Random;
  log: Log;
  agents: AgentTransport;
  /** How we introduce ourselves to the agents: our replica's name. */
  operator: string;
}

/** What is known of one agent. */
export interface SessionView {
  /** A session is open and the agent has told its state in it. */
  connected: boolean;
  /** What it said last, in this session or an earlier one; null before the first. */
  state: AgentState | null;
  /** Monotonic ms of its last message of any kind; null before the first. */
  lastHeardMonotonicMs: number | null;
  /** Monotonic ms since when there is no session, or since when we want one; null while connected. */
  disconnectedSinceMs: number | null;
  /** Why the last session or attempt ended; null before. For people. */
  closeReason: string | null;
}

export class AgentSessions extends PodSessions<AgentSession> {
  constructor(o: AgentSessionsOptions) {
    super((podUID, onChange, address) => new AgentSession({ ...o, podUID, onChange }, address));
  }

  /** @returns what is known of that agent; null when it is not wanted */
  view(podUID: string): SessionView | null {
    return this.session(podUID)?.view() ?? null;
  }

  /**
   * @returns the states it told since the last call, oldest first, without repetitions, so that a report misses
   * nothing that was over before a pass looked; bounded: the oldest are dropped
   */
  drain(podUID: string): AgentState[] {
    return this.session(podUID)?.drain() ?? [];
  }

  /** @returns false when there is no session; true says only that it was sent */
  send(podUID: string, message: OperatorMessage): boolean {
    return this.session(podUID)?.send(message) ?? false;
  }

  /**
   * Sends a command and waits for the agent to take it up or refuse it, not for its end (that is in the state).
   * Never rejects and always ends: "unknown" means that it may or may not have been taken up; the same id again is
   * safe.
   */
  command(podUID: string, command: Command): Promise<CommandOutcome> {
    const session = this.session(podUID);
    if (session === undefined) return Promise.resolve({ outcome: "not sent", reason: "no such session" });
    return session.command(command);
  }
}
