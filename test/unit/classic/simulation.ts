/**
 * A pair by hand: agents that obey at once and commands that work at once, so that a test can follow nothing but the
 * decisions through a whole story. The agents' own rules are tested with the agents; here they are a few lines.
 */
import type { HighLevelState, TimesTenClassicObject, TimesTenClassicStatus } from "../../../generated/types";
import type { AgentState, Command, Evidence, PermissionRecord } from "../../../protocol";
import { decide } from "../../../capabilities/classic/decide/decide";
import { withDeleted } from "../../../capabilities/classic/decide/upgrade/upgrade";
import type { Decision, EventText } from "../../../capabilities/classic/decision";
import type { Observation } from "../../../capabilities/classic/observation";
import { makeReport } from "../../../capabilities/classic/report/report";
import type { KnownPod } from "../../../capabilities/classic/report/podEvents";
import {
  agentState,
  daemonDownView,
  emptyView,
  idleView,
  observation,
  unloadedView,
  type Ordinal,
} from "./fixtures";
import { absentPod, observed, probed, templateOf, type SimulatedPod } from "./simulated-pod";

export class SimulatedPair {
  readonly pods: [SimulatedPod, SimulatedPod] = [absentPod(), absentPod()];
  /** Image of the StatefulSet's template. */
  template = "tt:1";
  /** Which TimesTen each image holds; an image that is not in it cannot be used. */
  readonly releases: Record<string, string> = { "tt:1": "18.1.4.4.0", "tt:2": "18.1.4.11.0" };
  probes: Observation["probes"] = [];
  /** Pods that the operator deleted, e.g. "1 uid-1-2". */
  readonly deleted: string[] = [];
  record: PermissionRecord | null = null;
  notes: Observation["record"] extends infer R
    ? NonNullable<R> extends { notes: infer N }
      ? N | null
      : never
    : never = null;
  status: TimesTenClassicStatus = {};
  readonly states: HighLevelState[] = [];
  readonly events: string[] = [];
  readonly written: EventText[] = [];
  readonly records: string[] = [];
  readonly routes: (string | null)[] = [];
  /** spec.ttspec beyond the fixture's, and annotations of the object. */
  ttspec: Partial<TimesTenClassicObject["spec"]["ttspec"]> = {};
  annotations: Record<string, string> = {};
  /** For how long each pod's agent has been silent, ms; null: it is heard. */
  readonly silentForMs: [number | null, number | null] = [null, null];
  /** Verbs that fail while they are in it. */
  readonly failing = new Set<string>();
  readonly commands: string[] = [];
  readonly effects: string[] = [];
  #ends: Observation["ends"] = [];
  #known = new Map<string, KnownPod>();
  #routed: Observation["routed"] = null;
  /** Pods that drains may take at once. */
  maxUnavailable = 0;
  #roles: [string | null, string | null] = [null, null];
  #lives = 0;
  #nowMs = 100_000;
  recovering = 0;
  /** What the active commits does not arrive at its standby. */
  incomplete = false;
  /** Passes that a new standby takes to catch up. */
  recoveringPasses = 12;

  startPod(ordinal: Ordinal, uid = `uid-${ordinal}-${++this.#lives}`): void {
    const one = this.pods[ordinal];
    Object.assign(one, { uid, terminating: false, image: this.template, trouble: null });
    const { soloed = 0, obeyedN = 0, endedBoots = [] } = one.disk ?? {};
    const timesten = { ...(one.disk === null ? emptyView : unloadedView), repPeerState: "Unknown" as const };
    const release = this.releases[this.template] ?? "Unknown";
    Object.assign(timesten, { release, imageRelease: release });
    const permission = {
      obeyedN,
      soloed,
      mode: "none" as const,
      closed: true,
      completeFor: 0,
      soloEnded: null,
    };
    this.#tell(ordinal, agentState(ordinal, { podUID: uid, boot: null, endedBoots, timesten, permission }));
  }

  /** SIGKILL of the daemon: the agent sees it. */
  killDaemon(ordinal: Ordinal): void {
    this.#end(ordinal, "daemon died", { ...daemonDownView });
  }

  /** The pod is made, but its containers do not run. */
  startBroken(ordinal: Ordinal, trouble: string): void {
    const uid = `uid-${ordinal}-${++this.#lives}`;
    Object.assign(this.pods[ordinal], {
      uid,
      terminating: false,
      image: this.template,
      trouble,
      state: null,
    });
  }

  /** What was told to go has gone. */
  terminated(ordinal: Ordinal): void {
    if (this.pods[ordinal].state === null) this.pods[ordinal].uid = null;
    else this.deletePod(ordinal);
    this.pods[ordinal].terminating = false;
  }

  /** The pod is deleted and its agent leaves cleanly. */
  deletePod(ordinal: Ordinal): void {
    this.#end(ordinal, "stopped", { ...daemonDownView });
    this.pods[ordinal].uid = null;
    this.pods[ordinal].state = null;
  }

  /** A person loads the database if need be, drops the replication scheme and stops the replication agent. */
  prepare(ordinal: Ordinal): void {
    const { state } = this.pods[ordinal];
    const boot = state?.boot ?? `boot-${ordinal}-${++this.#lives}`;
    this.#change(ordinal, { ...idleView, repScheme: "None" }, { boot });
  }

  /** Anything else that the agent of a pod tells. */
  tell(
    ordinal: Ordinal,
    timesten: Partial<AgentState["timesten"]>,
    permission: Partial<AgentState["permission"]> = {},
  ): void {
    this.#change(ordinal, timesten, {}, permission);
  }

  /** Time passes, and nothing else happens. */
  wait(ms: number): void {
    this.#nowMs += ms;
  }

  /** Passes until nothing happens any more. */
  settle(): void {
    for (let quiet = 0, count = 0; quiet < 3; count++) {
      if (count > 200) throw new Error(`does not settle: ${this.states.join(", ")}`);
      quiet = this.pass() ? 0 : quiet + 1;
    }
  }

  /** @returns whether anything happened */
  pass(): boolean {
    this.#nowMs += 1_000;
    const o = this.#observe();
    const d = decide(o);
    const before = JSON.stringify([
      this.status.highLevelState,
      this.record,
      this.pods.map(one => one.state),
      this.#routed,
      ...this.#upgrading(),
    ]);
    if (d.recordWrite !== null) {
      this.record = d.recordWrite.value;
      this.notes = d.recordWrite.notes;
      this.records.push(`${this.record.mode}(${this.record.n})${this.record.ready ? " ready" : ""}`);
    } else {
      for (const { ordinal, command } of d.commands) {
        this.commands.push(`${ordinal} ${command.verb}`);
        this.#carryOut(ordinal, command);
      }
    }
    this.#effects(d);
    this.#report(o, d);
    this.#obey(d.evidence);
    return (
      before !==
      JSON.stringify([
        this.status.highLevelState,
        this.record,
        this.pods.map(one => one.state),
        this.#routed,
        ...this.#upgrading(),
      ])
    );
  }

  #upgrading(): unknown[] {
    return [
      this.recovering,
      this.status.upgrade?.phase,
      this.status.upgrade?.podUID,
      this.template,
      this.probes,
      this.deleted,
    ];
  }

  active(): string | undefined {
    return this.status.activePods;
  }

  #observe(): Observation {
    const pods = ([0, 1] as const).map(ordinal => {
      const seen = {
        ordinal,
        roleLabel: this.#roles[ordinal],
        silentForMs: this.silentForMs[ordinal],
        nowMs: this.#nowMs,
      };
      return observed(this.pods[ordinal], seen);
    }) as Observation["pods"];
    const o = observation({
      record: this.record,
      pods,
      status: this.status,
      rest: {
        routed: this.#routed,
        budget: { uid: "uid-budget", maxUnavailable: this.maxUnavailable },
        nowMs: this.#nowMs,
        ends: this.#ends,
        probes: this.probes,
        template: templateOf(this.template),
      },
    });
    o.object.status = this.status;
    o.object.metadata.annotations = this.annotations;
    Object.assign(o.object.spec.ttspec, this.ttspec);
    const { upgradeDownPodTimeout } = this.ttspec;
    if (upgradeDownPodTimeout !== undefined)
      o.settings.upgradeDownPodTimeoutMs = upgradeDownPodTimeout * 1_000;
    return o.record === null || this.notes === null
      ? o
      : { ...o, record: { ...o.record, notes: this.notes } };
  }

  #tell(ordinal: Ordinal, state: AgentState): void {
    const one = this.pods[ordinal];
    if (one.state?.timesten.repState !== state.timesten.repState) one.repStateSinceMs = this.#nowMs;
    one.state = state;
    one.changes.push(state);
  }

  #change(
    ordinal: Ordinal,
    timesten: Partial<AgentState["timesten"]>,
    rest: Partial<AgentState> = {},
    permission = {},
  ): void {
    const { state } = this.pods[ordinal];
    if (state === null) return;
    const release = this.releases[this.pods[ordinal].image] ?? "Unknown";
    this.#tell(ordinal, {
      ...state,
      ...rest,
      timesten: { ...state.timesten, ...timesten, release, imageRelease: release },
      permission: { ...state.permission, ...permission },
    });
  }

  #end(ordinal: Ordinal, how: "daemon died" | "stopped", view: AgentState["timesten"]): void {
    const one = this.pods[ordinal];
    if (one.state === null || one.uid === null) throw new Error(`sample-${ordinal} does not run`);
    const { boot } = one.state;
    const endedBoots =
      boot === null
        ? one.state.endedBoots
        : [{ boot, endedAtMs: this.#nowMs, how, podUID: one.state.podUID }, ...one.state.endedBoots];
    if (boot !== null) {
      const by = `the agent of sample-${ordinal} says that this life ended (${how})`;
      this.#ends = [
        ...this.#ends,
        {
          podUID: one.uid,
          boot,
          containerID: null,
          endedAtMs: this.#nowMs,
          source: "agent",
          heardAtMs: this.#nowMs,
          by,
        },
      ];
    }
    if (one.disk !== null)
      one.disk = {
        ...one.disk,
        endedBoots,
        soloed: one.state.permission.soloed,
        obeyedN: one.state.permission.obeyedN,
      };
    this.#change(
      ordinal,
      view,
      { boot: null, endedBoots },
      { mode: "none", closed: true, completeFor: 0, soloEnded: null },
    );
  }

  #carryOut(ordinal: Ordinal, command: Command): void {
    const one = this.pods[ordinal];
    const boot = `boot-${ordinal}-${++this.#lives}`;
    const task = {
      id: command.id,
      verb: command.verb,
      status: "succeeded" as const,
      error: null,
      startedAtMs: this.#nowMs,
      endedAtMs: this.#nowMs,
    };
    const failed = this.failing.has(command.verb);
    const outcome = failed ? { status: "failed" as const, error: "TT0000: it cannot be" } : {};
    const tasks = [...(one.state?.tasks ?? []), { ...task, ...outcome }].slice(-8);
    if (failed) return this.#change(ordinal, {}, { tasks });
    switch (command.verb) {
      case "startDaemon":
        return this.#change(ordinal, one.disk === null ? emptyView : unloadedView, { tasks });
      case "createDatabase":
        one.disk = { scheme: false, soloed: 0, obeyedN: 0, endedBoots: [] };
        return this.#change(ordinal, { ...idleView, repScheme: "None" }, { boot, tasks });
      case "createScheme":
        return this.#change(ordinal, { repScheme: "Exists" }, { tasks });
      case "dropScheme":
        return this.#change(ordinal, { repScheme: "None" }, { tasks });
      case "loadDatabase":
        return this.#change(ordinal, idleView, { boot, tasks });
      case "startRepAgent":
        return this.#change(ordinal, { repAgent: "Running" }, { tasks });
      case "duplicate":
        one.disk = { scheme: true, soloed: 0, obeyedN: command.n, endedBoots: [] };
        this.recovering = this.recoveringPasses;
        return this.#change(ordinal, idleView, { boot, tasks });
      case "runEpilog":
      case "stopRepAgent":
        return this.#change(ordinal, {}, { tasks });
    }
  }

  /** The agents' rules, in short, and replication. */
  #obey(evidence: Evidence): void {
    const { record } = this;
    if (record === null) return;
    for (const ordinal of [0, 1] as const) {
      const { state, uid } = this.pods[ordinal];
      if (state === null || uid === null) continue;
      if (state.permission.obeyedN < record.n) this.#change(ordinal, {}, {}, { obeyedN: record.n });
      else if (state.boot === record.writer.boot) this.#asWriter(ordinal, state, record, evidence);
      else this.#asStandby(ordinal, state, record, evidence);
    }
  }

  #asWriter(ordinal: Ordinal, state: AgentState, record: PermissionRecord, evidence: Evidence): void {
    const peer = this.pods[ordinal === 0 ? 1 : 0].state;
    if (record.mode === "Pair") {
      if (state.permission.soloEnded?.n !== record.n)
        this.#change(
          ordinal,
          { dbId: state.timesten.dbId + 1 },
          {},
          { soloEnded: { n: record.n, mark: state.timesten.dbId + 1 } },
        );
      return;
    }
    if (record.mode === "Closed" && record.from > 0 && state.permission.drained !== record.n)
      return this.#change(
        ordinal,
        { open: false, repState: "IDLE", updatable: "No" },
        {},
        { mode: "none", closed: true, drained: record.n },
      );
    if (record.mode !== "Solo") return;
    if (record.from > 0 && state.timesten.repState === "STANDBY" && evidence.proofs.length === 0) return;
    if (state.permission.soloed < record.n) {
      const promoted = state.timesten.repState === "STANDBY" ? { repAgent: "Not Running" as const } : {};
      return this.#change(
        ordinal,
        { ...promoted, repState: "ACTIVE", updatable: "Yes", open: true, repPeerState: "failed" },
        {},
        { soloed: record.n, mode: "endless", closed: false, completeFor: 0 },
      );
    }
    if (peer?.timesten.repState === "STANDBY" && state.timesten.repPeerState !== "start")
      this.#change(ordinal, { repPeerState: "start" });
  }

  #asStandby(ordinal: Ordinal, state: AgentState, record: PermissionRecord, evidence: Evidence): void {
    const writer = this.pods[ordinal === 0 ? 1 : 0].state;
    if (state.boot === null || state.timesten.repAgent !== "Running") return;
    if (state.timesten.repState === "IDLE") return this.#change(ordinal, { repState: "RECOVERING" });
    if (state.timesten.repState === "RECOVERING") {
      if (--this.recovering <= 0)
        this.#change(ordinal, { repState: "STANDBY", repPeerState: "start", updatable: "No" });
      return;
    }
    const mark = evidence.soloEnded;
    if (this.incomplete) return;
    if (record.mode === "Pair" && mark?.n === record.n && state.permission.completeFor !== record.n) {
      this.#change(ordinal, { dbId: writer?.timesten.dbId ?? 0 }, {}, { completeFor: record.n });
    }
  }

  #effects(d: Decision): void {
    for (const effect of d.effects) {
      this.effects.push(effect.do);
      if (effect.do === "route") {
        this.#routed = effect.to === null ? null : { podUID: effect.to.podUID, ip: effect.to.ip };
        this.routes.push(effect.to?.podName ?? null);
      }
      if (effect.do === "budget") this.maxUnavailable = effect.maxUnavailable;
      if (effect.do === "label") this.#roles[effect.ordinal] = effect.role;
      if (effect.do === "template") this.template = effect.image;
      if (effect.do === "probe") this.#probe(effect.podName, effect.image);
      if (effect.do === "endProbe") this.probes = this.probes.filter(one => one.podName !== effect.podName);
      if (effect.do === "deletePod") this.#toldToGo(effect.podUID);
    }
  }

  #probe(podName: string, image: string): void {
    this.probes = [...this.probes, probed(podName, image, this.releases[image])];
  }

  #toldToGo(uid: string): void {
    const ordinal = this.pods.findIndex(one => one.uid === uid) as Ordinal;
    this.deleted.push(`${ordinal} ${uid}`);
    this.pods[ordinal].terminating = true;
  }

  #report(o: Observation, decision: Decision): void {
    const uids = decision.effects.flatMap(effect => (effect.do === "deletePod" ? [effect.podUID] : []));
    const d = withDeleted(decision, uids, this.#nowMs);
    const done = {
      routedAtMs: d.effects.some(one => one.do === "route") ? this.#nowMs : null,
      nowMs: this.#nowMs,
      operatorName: "test",
    };
    const report = makeReport(o, d, done, this.#known, []);
    if (this.status.highLevelState !== d.state) this.states.push(d.state);
    this.status = report.status;
    this.#known = report.known;
    this.written.push(...report.events);
    this.events.push(...report.events.map(event => event.message));
  }
}

/** @returns a pair that has come to Normal */
export function normalPair(): SimulatedPair {
  const pair = new SimulatedPair();
  pair.startPod(0);
  pair.startPod(1);
  pair.settle();
  return pair;
}
