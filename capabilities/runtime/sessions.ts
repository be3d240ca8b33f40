/**
 * The sessions with the agents: one per pod, dialled by us, kept alive by heartbeats, dialled anew when it breaks.
 * They hold what each agent said last; whether that is fresh enough is for the reader to judge. A pod is known by
 * its UID: its successor of the same name is another pod.
 */
import type { AgentState, Command, OperatorMessage } from "../../protocol";
import type { AgentAddress, AgentTransport, Clock, Log, Random } from "./ports";
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

export class AgentSessions {
  readonly #o: AgentSessionsOptions;
  readonly #sessions = new Map<string, AgentSession>();
  readonly #listeners = new Set<(key: string) => void>();

  constructor(options: AgentSessionsOptions) {
    this.#o = options;
  }

  /**
   * Keeps a session with this pod's agent until `unwant`. Saying it again changes nothing; with another address
   * (or other credentials) it is dialled anew and what is known of the agent stays.
   * @param key of the object, told to the listeners of `onChange`
   */
  want(podUID: string, key: string, address: AgentAddress): void {
    const known = this.#sessions.get(podUID);
    if (known !== undefined) {
      known.setAddress(address);
      return;
    }
    const onChange = (): void => this.#tell(key);
    this.#sessions.set(podUID, new AgentSession({ ...this.#o, podUID, onChange }, address));
  }

  /** Ends the session and forgets the agent. */
  unwant(podUID: string): void {
    this.#sessions.get(podUID)?.end("no longer wanted");
    this.#sessions.delete(podUID);
  }

  /** @returns the UIDs of the pods that are wanted */
  wanted(): string[] {
    return [...this.#sessions.keys()];
  }

  /** @returns what is known of that agent; null when it is not wanted */
  view(podUID: string): SessionView | null {
    return this.#sessions.get(podUID)?.view() ?? null;
  }

  /**
   * @returns the states it told since the last call, oldest first, without repetitions, so that a report misses
   * nothing that was over before a pass looked; bounded: the oldest are dropped
   */
  drain(podUID: string): AgentState[] {
    return this.#sessions.get(podUID)?.drain() ?? [];
  }

  /** @returns false when there is no session; true says only that it was sent */
  send(podUID: string, message: OperatorMessage): boolean {
    return this.#sessions.get(podUID)?.send(message) ?? false;
  }

  /**
   * Sends a command and waits for the agent to take it up or refuse it, not for its end (that is in the state).
   * Never rejects and always ends: "unknown" means that it may or may not have been taken up; the same id again is
   * safe.
   */
  command(podUID: string, command: Command): Promise<CommandOutcome> {
    const session = this.#sessions.get(podUID);
    if (session === undefined) return Promise.resolve({ outcome: "not sent", reason: "no such session" });
    return session.command(command);
  }

  /** Called with the object's key when one of its agents connected, went or told something new. */
  onChange(listener: (key: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Ends all sessions. */
  stop(): void {
    for (const podUID of this.wanted()) this.unwant(podUID);
  }

  #tell(key: string): void {
    for (const listener of [...this.#listeners]) listener(key);
  }
}
