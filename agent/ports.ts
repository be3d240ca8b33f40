/**
 * What the agent's core asks of the world. The real thing (utilities, disk, sockets, clock) and the deterministic
 * world of the tests both stand behind these.
 */
import type {
  AgentState,
  EndedBoot,
  OperatorMessage,
  AgentMessage,
  Life,
  PeerAnswer,
  PeerDigest,
  PeerRequest,
  GuardAct,
  Permit,
  PermissionRecord,
  TimesTenView,
  Writer,
} from "../protocol";

export interface Clock {
  /** Wall clock, ms since 1970. For people and logs only: no decision compares two machines' clocks. */
  nowMs(): number;
  /** Never goes back; ms from an arbitrary start. */
  monotonicMs(): number;
  /** As monotonicMs, but counts on while the machine is suspended (CLOCK_BOOTTIME). */
  boottimeMs(): number;
  /** @returns a function that cancels it */
  setTimer(ms: number, callback: () => void): () => void;
}

/** What must survive the pod: written with fsync before the agent obeys or answers. */
export interface AgentMemory {
  obeyed: PermissionRecord | null;
  soloed: number;
  left: number;
  /** The Closed under which this database, as the old writer, handed everything over; 0: none. */
  drained: number;
  /** The Solo (or left Pair) in which the peer was recorded as failed, so that commits wait for nobody; 0: none. */
  alone: number;
  /** Present life of the database and how to recognise it again after a restart of the agent alone. */
  boot: { id: string; processes: string; podUID: string } | null;
  /** What the present life has everything of (rule A7); of no other life. */
  complete: { n: number; writer: Writer; boot: string } | null;
  /**
   * This copy has everything of Pair n: that life was complete when it left the Pair, or ended in order since.
   * `secured`: it stays so even if that life is cut short.
   */
  diskComplete: { n: number; boot: string; secured: boolean } | null;
  endedBoots: EndedBoot[];
  /** The life that a person has closed and nobody has opened since; null: none. */
  closedByPerson: string | null;
}

export interface Disk {
  /** @returns what was saved last, or null on the first start; throws when it is there but unreadable */
  load(): Promise<AgentMemory | null>;
  /** Durable when it resolves. */
  save(memory: AgentMemory): Promise<void>;
}

/** Calls of the driver below may hang or fail; the core gives each its deadline through `signal`. */
export interface TimesTen {
  /** A whole look at instance, daemon and database. Cheap enough for once a second. Never rejects: Unknown instead. */
  observe(signal: AbortSignal): Promise<TimesTenView>;
  /**
   * The set of processes that hold the loaded database, as a string that is the same as long as they live
   * (pids with start times); null when there is none.
   */
  processes(): Promise<string | null>;
  /** Called once, within 100 ms, when the processes named by `processes` are no longer all alive. */
  watchProcesses(processes: string, onEnd: () => void): () => void;
  /** Direct-mode applications seen connected by the last look, in the form of `processes`; "" when none. */
  attached(): string;
  /** Kills what is left of the database's processes; resolves when the last one is gone. */
  killProcesses(): Promise<void>;

  startDaemon(signal: AbortSignal): Promise<void>;
  /** Database, agent user, adminUser, schema.sql. Ends loaded, closed, RAM policy manual. */
  createDatabase(signal: AbortSignal): Promise<void>;
  createScheme(statement: string, signal: AbortSignal): Promise<void>;
  /** DROP ACTIVE STANDBY PAIR, where there is one. The replication agent does not run. */
  dropScheme(signal: AbortSignal): Promise<void>;
  runEpilog(signal: AbortSignal): Promise<void>;
  /** ttAdmin -ramLoad -close */
  loadDatabase(signal: AbortSignal): Promise<void>;
  destroyDatabase(signal: AbortSignal): Promise<void>;
  /** ttRepAdmin -duplicate, ends loaded and closed, replication agent not running. */
  duplicate(fromHost: string, signal: AbortSignal): Promise<void>;
  startRepAgent(signal: AbortSignal): Promise<void>;
  stopRepAgent(signal: AbortSignal): Promise<void>;
  /** call ttRepStateSet('ACTIVE') */
  setActive(signal: AbortSignal): Promise<void>;
  /** call ttRepStateSave('FAILED', peer): commit alone, keep no log for the peer. */
  savePeerFailed(signal: AbortSignal): Promise<void>;
  /** call ttDurableCommit: everything committed so far is on this database's own disk. */
  makeDurable(signal: AbortSignal): Promise<void>;
  /** ttAdmin -open */
  open(signal: AbortSignal): Promise<void>;
  /** ttAdmin -close, then -disconnect; resolves when the last user connection is gone. */
  close(signal: AbortSignal): Promise<void>;
  /** Writes the agents' replicated counter row on the active. @returns its new value */
  mark(signal: AbortSignal): Promise<number>;
  /** ttRepAdmin -wait: resolves true when everything committed so far is at the standby. */
  waitForStandby(timeoutMs: number, signal: AbortSignal): Promise<boolean>;
  /** call ttRepDeactivate: the ACTIVE of a pair becomes IDLE, so that two are never ACTIVE in a handover. */
  deactivate(signal: AbortSignal): Promise<void>;
  /** Unload and stop the daemon cleanly. */
  stopDaemon(signal: AbortSignal): Promise<void>;
}

/** The guard of this pod's database: a process of its own, which may be away for a moment while it starts again. */
export interface GuardPort {
  /** Calls back with what the guard enforces whenever the agent (re)connects to it, and null when it is away. */
  onState(callback: (state: { life: Life | null; permit: Permit | null } | null) => void): void;
  /** Tells which processes are the present life. */
  life(life: Life): void;
  lifeOver(boot: string): void;
  /** @returns once it is enforced; rejects when the guard is away or does not answer within its deadline */
  permit(permit: Permit): Promise<void>;
  /** Nothing is permitted any more and the database is closed. */
  rest(boot: string): Promise<void>;
  /** The guard began to close, or killed. */
  onActed(callback: (boot: string, what: GuardAct) => void): void;
}

/** The way to the other pod's agent: one session that we dial, dialled anew for ever. */
export interface PeerPort {
  /** Begins to dial; later calls do nothing. */
  start(handlers: PeerHandlers): void;
  /** @returns false when there is no session now */
  send(message: PeerRequest): boolean;
  stop(): void;
}

export interface PeerHandlers {
  onOpen(): void;
  onMessage(message: PeerAnswer): void;
  /** The session is gone; another is being dialled. */
  onClose(reason: string): void;
  /** The other pod's witness says that this life of its database is over. */
  onWitness(over: { podUID: string; boot: string; endedAtMs: number }): void;
}

/** The other pod's agent, connected to us. */
export interface PeerLink {
  send(message: PeerAnswer): void;
  close(): void;
}

/** What the core offers to the server for sessions of the other agent. */
export interface PeerSessions {
  onPeerConnect(link: PeerLink): void;
  onPeerMessage(link: PeerLink, message: PeerRequest): void;
  onPeerDisconnect(link: PeerLink): void;
  digest(): PeerDigest;
}

/** One connected operator replica. */
export interface OperatorLink {
  send(message: AgentMessage): void;
  close(): void;
}

/** What the core offers to whoever carries the sessions. */
export interface AgentSessions {
  onConnect(link: OperatorLink): void;
  onMessage(link: OperatorLink, message: OperatorMessage): void;
  onDisconnect(link: OperatorLink): void;
  state(): AgentState;
}

export interface Log {
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}
