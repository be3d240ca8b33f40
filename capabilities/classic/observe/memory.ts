/**
 * What one replica remembers of one pair between passes. Nothing here is needed for safety: a next leader begins with
 * none of it and finds the same end (from the record, its notes, the agents and the kubelet).
 */
import type { LastFailover } from "../../../generated/types";
import type { AgentState, PeerDigest, WitnessState } from "../../../protocol";
import type { AgentCredentials } from "../../objects";
import type { EventText } from "../decision";
import type { BootContainer, BootEnd, ObservedPod, SentCommand, WriterSeen } from "../observation";
import { belongsTo, endedTt, runningTt, type EndedContainer, type PodObject } from "./podObject";
import type { KnownPod } from "../report/podEvents";
import type { Report } from "../report/report";
import type { SurveyMemory } from "../surveying";

/** Per pod uid. */
export interface PodMemory {
  /** Operator's wall clock when the pod was first seen, ms. */
  firstSeenMs: number;
  state: AgentState | null;
  /** The last life of a database that its agent named. */
  lastBoot: string | null;
  lastHeardMs: number | null;
  /** States heard and not yet reported. */
  changes: AgentState[];
  repState: { value: string; sinceMs: number };
  /** Mode of its permission, and since when. */
  mode: { value: string; sinceMs: number };
  /** Since when its session with the other agent is broken; null while it is there. */
  peerApartSinceMs: number | null;
  /** What it last heard of the other pod, and when, ms. */
  heardOfPeer: { digest: PeerDigest; atMs: number } | null;
  sent: Map<string, { atMs: number; accepted: boolean | null; reason: string | null }>;
  /** Tasks seen finished and when, ms. */
  ended: Map<string, number>;
  /** The record message sent last in this session, and when, ms. */
  told: { content: string; atMs: number } | null;
}

/** How many facts of each sort are kept: far more than a pair has lives in the time that matters. */
const KEPT = 64;
/** How long a new leader gives the agents to answer before it reports that they do not, ms. */
const WARMING_MS = 3_000;
/** Longer than any grant, ms. */
const UNKNOWN_APART_MS = 60_000;
/** Commands sent are forgotten after this, ms. */
const SENT_KEPT_MS = 600_000;

export class PairMemory {
  readonly objectUID: string;
  readonly #ends = new Map<string, BootEnd>();
  readonly #owners = new Map<string, string>();
  readonly #containers = new Map<string, BootContainer>();
  readonly #ended = new Map<string, EndedContainer & { podName: string; heardAtMs: number }>();
  readonly #pods = new Map<string, PodMemory>();
  #record = { n: 0, sinceMs: 0 };
  readonly #gone = new Map<string, Omit<WriterSeen, "silentForMs">>();
  /** What the last report of each pod (by name) said, to tell what changed. */
  readonly known = new Map<string, KnownPod>();
  /** Events of things done whose report has not been written yet. */
  readonly pendingEvents: EventText[] = [];
  /** Changes of the active whose last station has been reported and not been told yet. */
  readonly finishedFailovers: LastFailover[] = [];
  /** A report whose write was not answered. */
  uncertain: Report | null = null;
  /** uid of the record's writer's pod, as last read: its session is kept as long as it answers. */
  writerUID: string | null = null;
  credentials: { value: AgentCredentials; checkedAtMs: number } | null = null;
  /** In which version an owned object was last put in order, by kind. */
  readonly mended = new Map<string, string>();
  /** Sizes for which a claim was asked, and those to which it could not grow, by its name. */
  readonly grown = new Map<string, string>();
  readonly notGrown = new Map<string, string>();
  /** What was last found of what the object refers to. */
  readonly survey: SurveyMemory = { last: null, atMs: 0, generation: 0, isNew: true, isRunning: false };

  /** @param sinceMs operator's wall clock now, ms */
  constructor(
    objectUID: string,
    private readonly sinceMs: number,
  ) {
    this.objectUID = objectUID;
  }

  /**
   * A replica that has just taken over has not heard the agents yet: what it does not know is no news. So long it
   * acts on what it knows and reports nothing.
   */
  isWarming(pods: readonly Pick<ObservedPod, "container" | "agent">[], nowMs: number): boolean {
    const age = nowMs - this.sinceMs;
    if (age < 0 || age >= WARMING_MS) return false;
    return pods.some(pod => pod.container?.running === true && pod.agent.state === null);
  }

  /** @returns what is remembered of that pod, from now on */
  pod(podUID: string, nowMs: number): PodMemory {
    const known = this.#pods.get(podUID);
    if (known !== undefined) return known;
    const fresh: PodMemory = {
      firstSeenMs: nowMs,
      state: null,
      lastBoot: null,
      lastHeardMs: null,
      changes: [],
      repState: { value: "", sinceMs: nowMs },
      mode: { value: "", sinceMs: nowMs },
      peerApartSinceMs: null,
      heardOfPeer: null,
      sent: new Map(),
      ended: new Map(),
      told: null,
    };
    this.#pods.set(podUID, fresh);
    return fresh;
  }

  /** The first so many states the pod told are reported. */
  reported(podUID: string, count: number): void {
    this.#pods.get(podUID)?.changes.splice(0, count);
  }

  /**
   * Another replica leads and reports: of what the agents told only the newest is kept for a report of ours, and what
   * was said before is to be read in the status again. What is known of ends and containers stays.
   */
  stepBack(): void {
    this.known.clear();
    this.pendingEvents.length = 0;
    this.finishedFailovers.length = 0;
    this.uncertain = null;
    for (const [podUID, { changes, state }] of this.#pods) {
      changes.splice(0, changes.length - 1);
      if (state !== null && state.permission.mode !== "none") this.writerUID = podUID;
    }
  }

  /** @returns the uids of all pods remembered */
  podUIDs(): string[] {
    return [...this.#pods.keys()];
  }

  forgetPod(podUID: string): void {
    keep(this.#gone, podUID, this.#lastOf(podUID));
    this.#pods.delete(podUID);
  }

  /** @returns what was last heard of a pod, also after it was forgotten */
  lastOf(podUID: string, nowMs: number): WriterSeen {
    const last = this.#gone.get(podUID) ?? this.#lastOf(podUID);
    return { ...last, silentForMs: Math.max(0, nowMs - (last.lastHeardMs ?? this.sinceMs)) };
  }

  #lastOf(podUID: string): Omit<WriterSeen, "silentForMs"> {
    const pod = this.#pods.get(podUID);
    const { dbId = null, lagBytes = null } = pod?.state?.timesten ?? {};
    return { lastHeardMs: pod?.lastHeardMs ?? null, dbId: dbId === 0 ? null : dbId, lagBytes };
  }

  /** Takes in what an agent said, oldest first; the last one is its present state. */
  hear(podUID: string, states: readonly AgentState[], nowMs: number): void {
    const pod = this.pod(podUID, nowMs);
    for (const state of states) {
      // A new leader cannot know for how long they have been apart: too long is the safe guess, its grant may be ending.
      const apartSinceMs = pod.state === null ? nowMs - UNKNOWN_APART_MS : nowMs;
      pod.state = state;
      pod.changes.push(state);
      if (state.boot !== null) this.#hearBoot(pod, state, state.boot, nowMs);
      const { repState } = state.timesten;
      if (pod.repState.value !== repState) pod.repState = { value: repState, sinceMs: nowMs };
      const { mode } = state.permission;
      if (pod.mode.value !== mode) pod.mode = { value: mode, sinceMs: nowMs };
      hearPeer(pod, state, nowMs, apartSinceMs);
      for (const task of state.tasks) {
        if (task.status !== "running" && !pod.ended.has(task.id)) keep(pod.ended, task.id, nowMs);
      }
    }
    if (pod.changes.length > KEPT) pod.changes.splice(0, pod.changes.length - KEPT);
  }

  /**
   * Takes in what the witness of a pod said: it holds the database's processes and outlives the agent. It speaks of
   * its own pod alone.
   */
  hearWitness(podUID: string, witness: WitnessState, nowMs: number): void {
    if (witness.podUID !== podUID) return;
    for (const { boot, endedAtMs } of witness.over) {
      const by = `the witness of ${witness.podName} says that no process of this life is left`;
      this.#witnessed({ podUID, boot, endedAtMs, heardAtMs: nowMs, by });
    }
  }

  #witnessed(end: Pick<BootEnd, "podUID" | "boot" | "endedAtMs" | "heardAtMs" | "by">): void {
    this.#note({ ...end, containerID: null, source: "witness" });
  }

  /** An agent names the next life only when the former one is over: heard one after the other, that is its word. */
  #hearBoot(pod: PodMemory, state: AgentState, boot: string, nowMs: number): void {
    const { podUID } = state;
    const former = pod.lastBoot;
    pod.lastBoot = boot;
    this.own(boot, podUID);
    if (former === null || former === boot) return;
    const by = `the agent of ${state.podName} names a later life (${boot})`;
    this.#note({
      podUID,
      boot: former,
      containerID: null,
      endedAtMs: null,
      source: "agent",
      heardAtMs: nowMs,
      by,
    });
  }

  /** @returns how long this number has been the record's, as far as this replica has seen it, ms */
  recordForMs(n: number, nowMs: number): number {
    if (this.#record.n !== n) this.#record = { n, sinceMs: nowMs };
    return Math.max(0, nowMs - this.#record.sinceMs);
  }

  /** Notes which pod a life of a database belongs to. */
  own(boot: string, podUID: string): void {
    if (!this.#owners.has(boot)) keep(this.#owners, boot, podUID);
  }

  /** Takes in what the kubelet says; called with every version of a pod, also those no pass will see. */
  seePod(pod: PodObject, nowMs: number): void {
    if (!belongsTo(pod, this.objectUID)) return;
    for (const ended of endedTt(pod)) {
      if (this.#ended.has(ended.containerID)) continue;
      keep(this.#ended, ended.containerID, { ...ended, podName: pod.metadata.name, heardAtMs: nowMs });
    }
    const { uid } = pod.metadata;
    const running = runningTt(pod);
    if (uid !== undefined && running !== null) this.#match(uid, running);
  }

  /** Takes in what an earlier leader noted. */
  recall(container: BootContainer): void {
    if (!this.#containers.has(container.boot)) keep(this.#containers, container.boot, container);
    this.own(container.boot, container.podUID);
  }

  /** A life and the container it runs in: the agent process began after the container did. */
  #match(podUID: string, running: { containerID: string; startedAtMs: number }): void {
    const state = this.#pods.get(podUID)?.state;
    if (
      state === null ||
      state === undefined ||
      state.boot === null ||
      state.startedAtMs < running.startedAtMs
    )
      return;
    const { boot, startedAtMs: agentStartedAtMs } = state;
    keep(this.#containers, boot, { podUID, boot, containerID: running.containerID, agentStartedAtMs });
  }

  /** @returns all proven ends of lives, from the agents' and the kubelet's words so far */
  ends(nowMs: number): BootEnd[] {
    for (const podUID of this.#pods.keys()) this.#testimony(podUID, nowMs);
    for (const [boot, container] of this.#containers) this.#kubeletsWord(boot, container);
    return [...this.#ends.values()];
  }

  containers(): BootContainer[] {
    return [...this.#containers.values()];
  }

  #testimony(podUID: string, nowMs: number): void {
    const state = this.#pods.get(podUID)?.state;
    if (state === null || state === undefined) return;
    for (const { boot, endedAtMs, how, podUID: livedIn } of state.endedBoots) {
      const owner = livedIn !== "" ? livedIn : (this.#owners.get(boot) ?? podUID);
      // A successor on the same volume saw no processes of another pod; only what its predecessor wrote itself counts.
      if (owner !== podUID && how === "container restarted") continue;
      const by = `the agent of ${state.podName} says that this life ended (${how}) and no process of it is left`;
      this.#note({
        podUID: owner,
        boot,
        containerID: null,
        endedAtMs,
        source: "agent",
        heardAtMs: nowMs,
        by,
      });
    }
    // The other pod's witness, carried by this agent. What the other agent says of its own ends is not: no proof.
    for (const { podUID: other, boot, endedAtMs } of state.peer.witnessed) {
      const by = `the witness of the other Pod told the agent of ${state.podName} that no process of this life is left`;
      this.#witnessed({ podUID: other, boot, endedAtMs, heardAtMs: nowMs, by });
    }
  }

  #kubeletsWord(boot: string, container: BootContainer): void {
    const ended = this.#ended.get(container.containerID);
    // The container ended after that agent began, so the agent, and the database under it, ran in no later one.
    if (ended === undefined || ended.finishedAtMs <= container.agentStartedAtMs) return;
    const { podName, reason, exitCode, finishedAtMs: endedAtMs, heardAtMs } = ended;
    const by = `the kubelet reports that the tt container of ${podName} ended (${reason}, exit code ${exitCode ?? "unknown"})`;
    const { podUID, containerID } = container;
    this.#note({ podUID, boot, containerID, endedAtMs, source: "kubelet", heardAtMs, by });
  }

  #note(end: BootEnd): void {
    const key = `${end.podUID}/${end.boot}`;
    if (!this.#ends.has(key)) keep(this.#ends, key, end);
  }

  /** @returns commands sent in this session, for the observation */
  sentCommands(podUID: string, nowMs: number): SentCommand[] {
    const sent = this.#pods.get(podUID)?.sent ?? new Map<string, never>();
    for (const [id, { atMs }] of sent) if (nowMs - atMs > SENT_KEPT_MS) sent.delete(id);
    return [...sent].map(([id, { atMs, accepted, reason }]) => ({
      id,
      agoMs: nowMs - atMs,
      accepted,
      reason,
    }));
  }
}

/** What an agent says about its session with the other one. */
function hearPeer(pod: PodMemory, state: AgentState, nowMs: number, apartSinceMs: number): void {
  const { connected, digest } = state.peer;
  const broke = !connected && pod.peerApartSinceMs === null;
  if (connected) pod.peerApartSinceMs = null;
  else pod.peerApartSinceMs ??= apartSinceMs;
  if (digest === null) return;
  // A digest that is repeated after the session broke is as old as the break.
  if (connected || broke || pod.heardOfPeer === null) pod.heardOfPeer = { digest, atMs: nowMs };
}

/** Adds to a map that keeps only the newest. */
function keep<K, V>(map: Map<K, V>, key: K, value: V): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= KEPT) return;
    map.delete(oldest);
  }
}
