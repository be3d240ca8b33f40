/**
 * Independent databases by hand: commands that work at once (or fail, where a test says so) and agents that open what
 * is loaded, so that a test follows nothing but the decisions.
 */
import type { HighLevelState, TimesTenClassicObject, TtSpec } from "../../../../generated/types";
import type { AgentState, Command, TimesTenView } from "../../../../protocol";
import {
  decideIndependent,
  type IndependentDecision,
} from "../../../../capabilities/classic/independent/decide";
import type {
  IndependentObservation,
  ObservedDatabase,
} from "../../../../capabilities/classic/independent/observation";
import { independentSettings } from "../../../../capabilities/classic/independent/observe";
import { makeIndependentReport } from "../../../../capabilities/classic/independent/report";
import type { EventText } from "../../../../capabilities/classic/decision";
import type { OwnedFacts } from "../../../../capabilities/classic/observation";
import type { KnownPod } from "../../../../capabilities/classic/report/podEvents";
import { agentState, daemonDownView, emptyView, noPod, pod, unloadedView } from "../fixtures";

/** Loaded and closed, as load leaves it. */
export const closedView: TimesTenView = {
  ...emptyView,
  db: "Loaded",
  updatable: "Yes",
  repState: "Unknown",
};
/** As its agent leaves it a moment later. */
export const openView: TimesTenView = { ...closedView, open: true };

export interface FakePod {
  uid: string | null;
  phase: string;
  containerRuns: boolean;
  state: AgentState | null;
  /** null: heard. */
  silentForMs: number | null;
  onDisk: boolean;
  changes: AgentState[];
}

/** Milliseconds between two passes. */
const STEP_MS = 400;

export class IndependentSet {
  readonly pods: FakePod[] = [];
  readonly object: TimesTenClassicObject;
  readonly states: HighLevelState[] = [];
  readonly events: EventText[] = [];
  readonly commands: string[] = [];
  readonly scaled: number[] = [];
  /** Verbs that fail, with TimesTen's message. */
  readonly broken = new Map<string, string>();
  /** A test that looks at loaded and closed databases holds the agents back. */
  agentsOpen = true;
  owned: OwnedFacts[] = [];
  nowMs = 1_000_000;
  last: IndependentDecision | null = null;
  #known = new Map<string, KnownPod>();
  #scaledTo: number;
  #lives = 0;
  #agoMs = new Map<string, number>();

  constructor(replicas: number, ttspec: Partial<TtSpec> = {}) {
    this.#scaledTo = replicas;
    this.object = {
      apiVersion: "timesten.oracle.com/v1",
      kind: "TimesTenClassic",
      metadata: { name: "sample", namespace: "ns", uid: "object-uid", generation: 1, resourceVersion: "1" },
      spec: {
        ttspec: {
          image: "tt:1",
          storageClassName: "oci",
          replicationTopology: "none",
          replicas,
          ...ttspec,
        },
      },
    };
    this.#fill();
  }

  change(ttspec: Partial<TtSpec>): void {
    Object.assign(this.object.spec.ttspec, ttspec);
  }

  /** The pod runs and its agent answers. */
  startPod(ordinal: number): void {
    const one = this.at(ordinal);
    const uid = `uid-${ordinal}-${++this.#lives}`;
    Object.assign(one, { uid, phase: "Running", containerRuns: true, silentForMs: null });
    this.#tell(ordinal, this.#fresh(ordinal, uid, one.onDisk ? unloadedView : emptyView));
  }

  removePod(ordinal: number): void {
    Object.assign(this.at(ordinal), { uid: null, state: null, phase: "Unknown" });
  }

  see(ordinal: number, view: Partial<TimesTenView>, rest: Partial<AgentState> = {}): void {
    const { state } = this.at(ordinal);
    if (state === null) throw new Error(`sample-${ordinal} does not run`);
    this.#tell(ordinal, { ...state, ...rest, timesten: { ...state.timesten, ...view } });
  }

  killDaemon(ordinal: number): void {
    this.see(ordinal, daemonDownView, { boot: null });
  }

  podState(ordinal: number): string | undefined {
    return this.object.status?.podStatus?.[ordinal]?.highLevelState;
  }

  get state(): HighLevelState {
    return this.object.status?.highLevelState ?? "";
  }

  condition(type: string) {
    return this.object.status?.conditions?.find(one => one.type === type);
  }

  /** @returns messages of the Events with this reason */
  told(reason: string): string[] {
    return this.events.filter(event => event.reason === reason).map(event => event.message);
  }

  /** Passes until nothing happens any more. */
  settle(): void {
    for (let quiet = 0, count = 0; quiet < 12; count++) {
      if (count > 200) throw new Error(`does not settle: ${this.states.join(", ")}`);
      quiet = this.pass() ? 0 : quiet + 1;
    }
  }

  /** @returns whether anything happened */
  pass(): boolean {
    this.nowMs += STEP_MS;
    const before = this.#picture();
    const o = this.observe();
    const d = decideIndependent(o);
    this.last = d;
    this.#report(o, d);
    for (const [ordinal, { command }] of d.pods.entries())
      if (command !== null) this.#carryOut(ordinal, command.command);
    if (d.scaleTo !== null) {
      this.#scaledTo = d.scaleTo;
      this.scaled.push(d.scaleTo);
      this.#fill();
    }
    if (this.agentsOpen) this.#open();
    return before !== this.#picture();
  }

  observe(): IndependentObservation {
    const { replicas = 1 } = this.object.spec.ttspec;
    const pods = Array.from({ length: replicas }, (_, ordinal) => this.#observed(ordinal));
    const { object, nowMs, owned } = this;
    return { nowMs, object, settings: independentSettings(object), owned, scaledTo: this.#scaledTo, pods };
  }

  at(ordinal: number): FakePod {
    const found = this.pods[ordinal];
    if (found === undefined) throw new Error(`there is no sample-${ordinal}`);
    return found;
  }

  /** Kubernetes: a pod per replica; those beyond go, their volumes stay. */
  #fill(): void {
    while (this.pods.length < this.#scaledTo) {
      this.pods.push({
        uid: null,
        phase: "Unknown",
        containerRuns: false,
        state: null,
        silentForMs: null,
        onDisk: false,
        changes: [],
      });
    }
    this.pods.slice(this.#scaledTo).forEach((_, index) => this.removePod(this.#scaledTo + index));
  }

  #observed(ordinal: number): ObservedDatabase {
    const one = this.pods[ordinal];
    if (one === undefined || one.uid === null) return { ...noPod(0), name: `sample-${ordinal}` };
    const { silentForMs, changes, state } = one;
    const endedAgoMs = Object.fromEntries(
      [...this.#agoMs].map(([id, endedMs]) => [id, this.nowMs - endedMs]),
    );
    const seen = pod(0, {
      uid: one.uid,
      state,
      phase: one.phase,
      roleLabel: null,
      agent: {
        connected: state !== null && silentForMs === null,
        silentForMs: silentForMs ?? 0,
        changes: changes.splice(0),
        endedAgoMs,
      },
    });
    const container = { containerID: null, running: one.containerRuns, waitingReason: null, restartCount: 0 };
    return { ...seen, name: `sample-${ordinal}`, container };
  }

  #fresh(ordinal: number, podUID: string, timesten: TimesTenView): AgentState {
    const permission = { obeyedN: 0, soloed: 0, mode: "none" as const, closed: true, completeFor: 0 };
    const state = agentState(0, { podUID, boot: null, timesten, permission });
    return { ...state, podName: `sample-${ordinal}` };
  }

  #tell(ordinal: number, state: AgentState): void {
    this.at(ordinal).state = state;
    this.at(ordinal).changes.push(state);
  }

  #carryOut(ordinal: number, command: Command): void {
    this.commands.push(`${command.verb} in sample-${ordinal}`);
    const error = this.broken.get(command.verb) ?? null;
    const task = {
      id: command.id,
      verb: command.verb,
      status: error === null ? ("succeeded" as const) : ("failed" as const),
      error,
      startedAtMs: 1,
      endedAtMs: 2,
    };
    this.#agoMs.set(command.id, this.nowMs);
    const tasks = [...(this.at(ordinal).state?.tasks ?? []), task].slice(-8);
    if (error !== null) return this.see(ordinal, {}, { tasks });
    const boot = `boot-${ordinal}-${++this.#lives}`;
    switch (command.verb) {
      case "startDaemon":
        return this.see(ordinal, this.at(ordinal).onDisk ? unloadedView : emptyView, { tasks });
      case "createDatabase":
      case "loadDatabase":
        this.at(ordinal).onDisk = true;
        return this.see(ordinal, closedView, { tasks, boot });
      default:
        throw new Error(`no independent database is sent ${command.verb}`);
    }
  }

  #open(): void {
    this.pods.forEach(({ state }, ordinal) => {
      if (state?.timesten.db === "Loaded" && !state.timesten.open && !state.stopping)
        this.see(ordinal, { open: true });
    });
  }

  #report(o: IndependentObservation, d: IndependentDecision): void {
    const done = { nowMs: this.nowMs, operatorName: "test" };
    const report = makeIndependentReport(o, d, done, this.#known, []);
    if (this.state !== d.state) this.states.push(d.state);
    this.object.status = report.status;
    this.#known = report.known;
    this.events.push(...report.events);
  }

  #picture(): string {
    const pods = this.pods.map(({ state, uid }) => [state, uid]);
    return JSON.stringify([this.state, this.object.status?.podStatus?.map(one => one.highLevelState), pods]);
  }
}

/** @returns a set that has come to AllReplicasReady */
export function readySet(replicas: number, ttspec: Partial<TtSpec> = {}): IndependentSet {
  const set = new IndependentSet(replicas, ttspec);
  for (let ordinal = 0; ordinal < replicas; ordinal++) set.startPod(ordinal);
  set.settle();
  return set;
}
