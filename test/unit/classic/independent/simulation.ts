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
import type { Effect, EventText } from "../../../../capabilities/classic/decision";
import type {
  ImageProbe,
  OwnedFacts,
  ProbeFinding,
  TemplateFacts,
} from "../../../../capabilities/classic/observation";
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
  /** What it was made with. */
  image: string;
  ready: boolean;
  terminating: boolean;
  /** What the kubelet says of a pod that does not start. */
  trouble: string | null;
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
  /** Kubernetes makes a new pod for one that is gone. Off: a test does. */
  restarts = false;
  /** Image that new pods are made with, and whether Kubernetes knows of it. */
  template: TemplateFacts;
  /** What each image holds. */
  readonly releases = new Map([
    ["tt:1", "18.1.4.4.0"],
    ["tt:2", "18.1.4.11.0"],
    ["tt:22", "22.1.1.7.0"],
  ]);
  /** Images whose pods do not start, with what the kubelet says. */
  readonly noStart = new Map<string, string>();
  probes: ImageProbe[] = [];
  readonly probed: string[] = [];
  readonly deleted: string[] = [];
  nowMs = 1_000_000;
  last: IndependentDecision | null = null;
  #known = new Map<string, KnownPod>();
  #scaledTo: number;
  #lives = 0;
  #agoMs = new Map<string, number>();

  constructor(replicas: number, ttspec: Partial<TtSpec> = {}) {
    this.#scaledTo = replicas;
    const images = { tt: "tt:1", agent: "operator:1", others: {} };
    this.template = { images, isAsWanted: true, bringsOurAgent: true, isObserved: true };
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
    const image = this.template.images.tt ?? "";
    const trouble = this.noStart.get(image) ?? null;
    Object.assign(one, { uid, image, trouble, terminating: false, ready: trouble === null });
    if (trouble !== null) return void Object.assign(one, { phase: "Pending", containerRuns: false });
    Object.assign(one, { phase: "Running", containerRuns: true, silentForMs: null });
    const release = this.releases.get(image) ?? "Unknown";
    const view = { ...(one.onDisk ? unloadedView : emptyView), instance: "Exists" as const };
    this.#tell(ordinal, this.#fresh(ordinal, uid, { ...view, release, imageRelease: release }));
  }

  /** A person repairs what kept it from starting. */
  repairPod(ordinal: number): void {
    const { image } = this.at(ordinal);
    this.noStart.delete(image);
    this.startPod(ordinal);
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
    for (const effect of d.effects) this.#act(effect);
    if (this.restarts) this.#restart();
    if (this.agentsOpen) this.#open();
    return before !== this.#picture();
  }

  observe(): IndependentObservation {
    const { replicas = 1 } = this.object.spec.ttspec;
    const pods = Array.from({ length: replicas }, (_, ordinal) => this.#observed(ordinal));
    const { object, nowMs, owned, template, probes } = this;
    const settings = independentSettings(object);
    return { nowMs, object, settings, owned, template, probes, scaledTo: this.#scaledTo, pods };
  }

  #act(effect: Effect): void {
    switch (effect.do) {
      case "template": {
        const images = { ...this.template.images, tt: effect.image, agent: "operator:1" };
        this.template = { images, isAsWanted: true, bringsOurAgent: true, isObserved: true };
        return;
      }
      case "probe": {
        const release = this.releases.get(effect.image);
        const found: ProbeFinding =
          release === undefined ? { is: "waiting", trouble: "ErrImagePull" } : { is: "release", release };
        const { podName, image } = effect;
        this.probed.push(image);
        this.probes.push({ podName, podUID: `probe-${++this.#lives}`, image, ageMs: 0, found });
        return;
      }
      case "endProbe":
        this.probes = this.probes.filter(probe => probe.podUID !== effect.podUID);
        return;
      case "deletePod": {
        const ordinal = this.pods.findIndex(one => one.uid === effect.podUID);
        this.deleted.push(effect.podName);
        if (effect.event !== null) this.events.push(effect.event);
        return this.removePod(ordinal);
      }
      default:
        return;
    }
  }

  #restart(): void {
    this.pods.slice(0, this.#scaledTo).forEach((one, ordinal) => {
      if (one.uid === null) this.startPod(ordinal);
    });
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
        image: this.template.images.tt ?? "",
        ready: false,
        terminating: false,
        trouble: null,
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
      ready: one.ready,
      terminating: one.terminating,
      trouble: one.trouble,
      images: { ...this.template.images, tt: one.image },
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
    const rest = [
      this.template,
      this.probes.length,
      this.object.status?.upgrade,
      this.condition("Upgrading"),
    ];
    return JSON.stringify([
      rest,
      this.state,
      this.object.status?.podStatus?.map(one => one.highLevelState),
      pods,
    ]);
  }
}

/** @returns a set that has come to AllReplicasReady */
export function readySet(replicas: number, ttspec: Partial<TtSpec> = {}): IndependentSet {
  const set = new IndependentSet(replicas, ttspec);
  for (let ordinal = 0; ordinal < replicas; ordinal++) set.startPod(ordinal);
  set.settle();
  return set;
}
