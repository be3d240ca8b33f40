/**
 * The agent's core: obeys the newest record, carries out commands, and tells every connected operator, and the other
 * pod's agent, its whole state at each change. It decides no roles. Runs over ports only, so the same code runs in a
 * pod and in the deterministic world of the tests.
 */
import {
  timingFor,
  type AgentState,
  type Evidence,
  type OperatorMessage,
  type PermissionRecord,
  type TimesTenView,
} from "../../protocol";
import type { AgentSessions, Clock, Disk, GuardPort, Log, OperatorLink, PeerPort, TimesTen } from "../ports";
import { Changes } from "./changes";
import { attempt, withDeadline } from "./deadline";
import { Follower } from "./follower";
import { beforeLeaving, secureCopy } from "./leaving";
import { DatabaseLife } from "./life";
import { Looks } from "./looks";
import { Orders } from "./orders";
import { Peering } from "./peering";
import { howToClose, mayWrite, nextStep, recordPermits, type Step } from "./permission";
import { Permits } from "./permits";
import { HeldReadiness, readinessAlone, readinessInPair, type Readiness } from "./readiness";
import { digestOf, Standing } from "./standing";
import { nextStandaloneStep } from "./standalone";
import { closeWithinMs, runStep } from "./steps";

/** How long a leaving writer waits for its users to go, and then for its standby to have everything, ms. */
const LEAVE_WAIT_MS = 2_000;
/** How long starting or stopping the daemon may take, ms. */
const DAEMON_DEADLINE_MS = 10_000;
/** An agent that starts waits so long for its guard to say what is in force, ms. */
const GUARD_START_MS = 2_000;

export interface AgentOptions {
  clock: Clock;
  disk: Disk;
  timesten: TimesTen;
  guard: GuardPort;
  peer: PeerPort;
  log: Log;
  /** @returns a fresh random id for a boot, or for a request */
  newBootId: () => string;
  /** none: no pair, no record; the database is opened after its load. */
  topology: "activeStandbyPair" | "none";
  /** From SIGTERM to the end, ms. */
  graceMs: number;
  self: { podName: string; podUID: string; objectUID: string; version: string };
  /** Which metadata files were given in /ttconfig. */
  files: AgentState["files"];
}

/** One pod's agent. */
export class Agent implements AgentSessions {
  readonly #o: AgentOptions;
  readonly #startedAtMs: number;
  readonly #links = new Set<OperatorLink>();
  readonly #changes: Changes;
  readonly #life: DatabaseLife;
  readonly #looks: Looks;
  readonly #permits: Permits;
  readonly #standing: Standing;
  readonly #orders: Orders;
  readonly #follower: Follower;
  readonly #readiness: HeldReadiness;
  /** Sessions of and with the other pod's agent. */
  readonly peering: Peering;
  #ended = false;
  #seq = 0;
  #published = "";
  /** What the guard was told last of the life and its processes. */
  #guarded = "";
  /** Records are obeyed one after the other: each is on disk before the next is looked at. */
  #obeying: Promise<void> = Promise.resolve();

  constructor(options: AgentOptions) {
    this.#o = options;
    const { clock, guard, peer, log, self, timesten, newBootId, topology } = options;
    const onChange = (): void => this.#changed();
    const lookAfresh = (): Promise<void> => this.#looks.afresh();
    this.#startedAtMs = clock.nowMs();
    this.#changes = new Changes(clock);
    const life = (this.#life = new DatabaseLife({ ...options, onChange: boot => this.#lifeChanged(boot) }));
    const looks = (this.#looks = new Looks({
      ...options,
      busy: () => this.#busy(),
      onView: view => this.#seen(view),
    }));
    const permits = (this.#permits = new Permits({ clock, guard, log, onChange }));
    const peering = (): Peering => this.peering;
    const { podUID, objectUID } = self;
    const standing = (this.#standing = new Standing({
      clock,
      log,
      self: { podUID, objectUID },
      topology,
      life,
      looks,
      permits,
      peering,
    }));
    this.peering = new Peering({
      clock,
      peer,
      log,
      self,
      newId: newBootId,
      onChange,
      view: () => standing.forPeering(),
      digest: () => digestOf(this.state()),
      onGrant: permit =>
        void permits
          .take(permit)
          .catch((error: unknown) => log.warn("the guard took no grant", { error: String(error) })),
      onSolo: n => {
        standing.peerLeft = n;
        this.#changed();
      },
    });
    this.#orders = new Orders({
      clock,
      log,
      timesten,
      life,
      lookAfresh,
      context: () => standing.forCommands(),
      onChange: () => {
        this.#changed();
        looks.schedule();
      },
    });
    this.#follower = new Follower({
      clock,
      log,
      active: () => standing.started && !standing.going,
      next: () => this.#nextStep(),
      carryOut: step => this.#carryOut(step),
    });
    const isReady = topology === "none" ? readinessAlone : readinessInPair;
    this.#readiness = new HeldReadiness(clock, () => isReady(standing.situation()));
    guard.onActed((boot, what) => {
      if (boot === life.boot) standing.guardActed(what);
      this.#changed();
    });
  }

  /**
   * Reads the memory, recognises a database that outlived a former agent, starts the daemon if it is down.
   * @throws when the memory is there but unreadable: without it nothing may be obeyed
   */
  async start(): Promise<void> {
    const goesOn = await this.#life.restore();
    const { obeyed } = this.#life.memory;
    if (obeyed !== null) this.peering.obey(obeyed);
    // Nobody knows who is connected to it: the rules close it, unless the record names it and the guard permits it.
    if (goesOn) this.#standing.closed = false;
    this.#tellGuard();
    if (this.#o.topology === "activeStandbyPair")
      await this.#changes.until(() => this.#permits.guarded(), GUARD_START_MS);
    this.#standing.started = true;
    await this.#looks.look();
    const { instance, daemon } = this.#looks.view;
    if (instance === "Exists" && daemon === "Down") {
      const start = (signal: AbortSignal) => this.#o.timesten.startDaemon(signal);
      await attempt(this.#o, "start the daemon", start, DAEMON_DEADLINE_MS);
      await this.#looks.look();
    }
    this.#looks.schedule();
    if (this.#o.topology === "activeStandbyPair") this.peering.start();
  }

  /**
   * A clean end of the pod: the writer hands over if it can, then no new user, everything at the standby if it can
   * be had soon, database unloaded. Always ends: what does not stop in time is killed.
   */
  async shutdown(): Promise<void> {
    if (this.#standing.stopping) return;
    this.#standing.stopping = true;
    this.#changed();
    const { clock, log, graceMs, timesten } = this.#o;
    await beforeLeaving({
      clock,
      log,
      graceMs,
      view: () => this.#standing.forLeaving(this.#links.size),
      until: (condition, ms) => this.#changes.until(condition, ms),
      noteLeft: n => this.#noteLeft(n),
      secureCopy: () => secureCopy(this.#o, () => this.#life.noteSecured()),
      tellSolo: (n, boot) => this.peering.leave(n, boot),
    });
    this.#standing.going = true;
    this.peering.refuseGrants();
    // What was begun, such as opening, must not come after the closing.
    await this.#follower.settled();
    if (this.#life.boot !== null) await this.#leave();
    const stop = (signal: AbortSignal) => timesten.stopDaemon(signal);
    if (this.#life.boot === null) await attempt(this.#o, "stop the daemon", stop, DAEMON_DEADLINE_MS);
    else await this.#life.end("stopped", () => withDeadline(clock, DAEMON_DEADLINE_MS, stop));
    await this.#looks.look();
    this.#ended = true;
    this.#looks.end();
    this.#follower.stop();
    this.#permits.stop();
    this.peering.stop();
  }

  onConnect(link: OperatorLink): void {
    this.#links.add(link);
  }

  onDisconnect(link: OperatorLink): void {
    this.#links.delete(link);
  }

  onMessage(link: OperatorLink, message: OperatorMessage): void {
    switch (message.type) {
      case "record":
        this.#obey(message.record, message.evidence);
        return;
      case "command":
        this.#orders.take(link, message);
        return;
      case "ping":
        link.send({ type: "pong", t: message.t });
        return;
      case "hello":
      case "pong":
        return;
    }
  }

  state(): AgentState {
    const { self, files } = this.#o;
    const { podName, podUID, version } = self;
    return {
      seq: this.#seq,
      podName,
      podUID,
      agentVersion: version,
      startedAtMs: this.#startedAtMs,
      boot: this.#life.boot,
      endedBoots: this.#life.memory.endedBoots,
      timesten: this.#looks.view,
      files,
      permission: this.#standing.permission(),
      peer: this.peering.peer(),
      tasks: this.#orders.list(),
      stopping: this.#standing.stopping,
    };
  }

  /** @returns the part that the database does at this moment */
  readiness(): Readiness {
    return this.#readiness.now();
  }

  // --- the record -------------------------------------------------------------------------------------------

  /** A1: the highest n wins and is on disk before it is obeyed; the same n only brings `ready` and new evidence. */
  #obey(record: PermissionRecord, evidence: Evidence): void {
    this.#obeying = this.#obeying
      .then(() => this.#obeyNow(record, evidence))
      .catch((error: unknown) => this.#o.log.error("record not obeyed", { error: String(error) }));
  }

  async #obeyNow(record: PermissionRecord, evidence: Evidence): Promise<void> {
    const { obeyed } = this.#life.memory;
    if (!this.#standing.started || record.objectUID !== this.#o.self.objectUID) return;
    if (obeyed !== null && record.n < obeyed.n) return;
    if (obeyed === null || record.n > obeyed.n) {
      await this.#life.remember({ obeyed: record, ...this.#noLongerComplete(record) });
      this.peering.obey(record);
      this.#follower.forgive();
      this.#o.log.info("obey record", { n: record.n, mode: record.mode, writer: record.writer.podUID });
    } else if (obeyed.objectUID !== record.objectUID) {
      return;
    } else if (record.ready) {
      this.#life.noteReady();
    }
    this.#standing.evidence = evidence;
    this.#revokeUnlessPermitted();
    this.#changed();
    this.#looks.schedule();
  }

  /** A6: what an earlier Pair's standby had is nothing in a new one. */
  #noLongerComplete(record: PermissionRecord): { complete?: null } {
    const { complete } = this.#life;
    return record.mode === "Pair" && complete !== null && complete.n !== record.n ? { complete: null } : {};
  }

  /** A4: the end of a permission does not wait for the closing; the guard sees to it that it comes. */
  #revokeUnlessPermitted(): void {
    const { boot } = this.#life;
    const { record } = this.#standing;
    if (boot === null || recordPermits(this.#standing.situation())) return;
    this.#standing.closing();
    if (this.#standing.closed) this.#permits.rest(boot);
    else this.#permits.revoke(boot, closeWithinMs[record === null ? "atOnce" : howToClose(record)]);
  }

  // --- following the rules ------------------------------------------------------------------------------------

  #nextStep(): Step | null {
    const { closed, stopping } = this.#standing;
    if (this.#o.topology === "activeStandbyPair") return nextStep(this.#standing.situation());
    return nextStandaloneStep({ boot: this.#life.boot, view: this.#looks.view, closed, stopping });
  }

  async #carryOut(step: Step): Promise<"done" | "failed" | "overtaken"> {
    const { clock, timesten, log } = this.#o;
    const { boot } = this.#life;
    if (step.do === "close") this.#standing.closing();
    const stillWanted = (one: Step): boolean => this.#nextStep()?.do === one.do;
    try {
      const outcome = await runStep(step, { clock, timesten, log, stillWanted });
      // The database may have died meanwhile: what was learnt is then about a life that is over.
      if (this.#life.boot !== boot) return "overtaken";
      this.#looks.patch(outcome.seen);
      await this.#take(step, outcome.mark);
      this.#publish();
      this.#looks.schedule();
      return "done";
    } catch (error) {
      log.warn("step failed", { step: step.do, error: String(error) });
      await this.#looks.afresh();
      return this.#life.boot === boot ? "failed" : "overtaken";
    }
  }

  /** Remembers what a finished step achieved. */
  async #take(step: Step, mark: number | null): Promise<void> {
    const standing = this.#standing;
    const { boot } = this.#life;
    switch (step.do) {
      case "close":
        standing.closed = true;
        if (boot !== null && this.#permits.now(boot).mode === "none") this.#permits.rest(boot);
        return;
      case "open":
        return standing.opened();
      case "noteSoloed":
        return this.#life.remember({ soloed: step.n });
      case "permit":
        return this.#takeEndless(step.n);
      case "drain":
        return this.#life.remember({ drained: step.n });
      case "commitAlone":
        return this.#life.remember({ alone: step.n });
      case "endSolo":
        standing.soloEnded = mark === null ? null : { n: step.n, mark };
        return;
      case "complete":
        return this.#life.noteComplete(step.complete);
      case "refuse":
        standing.refused = { n: step.n, reason: step.reason };
        this.#o.log.warn("promotion refused", { n: step.n, reason: step.reason });
        return;
      case "promote":
      case "setActive":
        return standing.activeAnew();
      case "stopReplication":
        return;
    }
  }

  /** In force once the guard says so; a record that came meanwhile has its say first. */
  async #takeEndless(n: number): Promise<void> {
    const { boot, memory } = this.#life;
    if (boot === null || memory.obeyed === null) return;
    const { closingMs } = timingFor(memory.obeyed.leaseMs);
    await this.#permits.take({ boot, n, until: null, closingMs });
  }

  // --- looking at the database ----------------------------------------------------------------------------------

  async #seen(view: TimesTenView): Promise<void> {
    if (this.#ended) return;
    const remember = this.#standing.see(view);
    if (view.db === "Loaded") await this.#life.begin();
    // Somebody may have opened it by hand; the rules then say whether that stays.
    if (view.open && this.#life.boot !== null) this.#standing.closed = false;
    await remember();
    this.#tellGuard();
    this.#changed();
  }

  /** The guard and the witness must know whom to watch, applications connected directly included. */
  #tellGuard(): void {
    const { boot } = this.#life.memory;
    if (boot === null || this.#o.topology === "none") return;
    const { podUID } = this.#o.self;
    const life = { podUID, boot: boot.id, processes: boot.processes, attached: this.#o.timesten.attached() };
    const content = JSON.stringify(life);
    if (content === this.#guarded) return;
    this.#guarded = content;
    this.#permits.begin(life);
  }

  /** Roles are changing or the pair is forming: look often, so that the operator hears at once. */
  #busy(): boolean {
    const { repState, repAgent, db } = this.#looks.view;
    const { memory, boot } = this.#life;
    if (this.#orders.busy()) return true;
    if (db === "Loaded" && repAgent === "Running" && (repState === "IDLE" || repState === "RECOVERING"))
      return true;
    const record = memory.obeyed;
    if (record === null || boot === null) return false;
    if (record.mode === "Pair") return !record.ready;
    return record.mode === "Solo" && record.writer.boot === boot && memory.soloed < record.n;
  }

  // --- the life of the database -----------------------------------------------------------------------------------

  #lifeChanged(boot: string | null): void {
    const [former] = this.#life.memory.endedBoots;
    if (boot === null && former !== undefined) this.#permits.end(former.boot);
    this.#tellGuard();
    this.#standing.lifeChanged(boot !== null);
    if (boot === null) {
      const gone = { db: "Unknown", updatable: "Unknown", repAgent: "Unknown", repState: "Unknown" } as const;
      this.#looks.patch({ ...gone, open: false });
    }
    this.#changed();
    void this.#looks.afresh().catch(() => undefined);
  }

  /** A8: on disk before anybody is told; what this standby had is nothing from here on. */
  async #noteLeft(n: number): Promise<void> {
    await this.#life.noteLeft(n);
    this.#changed();
  }

  /**
   * Leaving for good: close, and if this was the writer let the standby have everything. Only then it is said to be
   * closed, because that word is what the standby is promoted on.
   */
  async #leave(): Promise<void> {
    const { timesten } = this.#o;
    const standing = this.#standing;
    const wasWriter = mayWrite(standing.situation()) && standing.record?.mode === "Pair";
    const { boot } = this.#life;
    if (boot !== null && !standing.closed) this.#permits.revoke(boot, LEAVE_WAIT_MS + closeWithinMs.atOnce);
    const close = (signal: AbortSignal) => timesten.close(signal);
    const closed = await attempt(this.#o, "close the database", close, LEAVE_WAIT_MS);
    if (wasWriter) {
      const wait = (signal: AbortSignal) =>
        timesten.waitForStandby(LEAVE_WAIT_MS, signal).then(() => undefined);
      await attempt(this.#o, "wait for the standby", wait, LEAVE_WAIT_MS);
    }
    standing.closed ||= closed;
    if (boot !== null && standing.closed) this.#permits.rest(boot);
    this.#publish();
  }

  // --- telling ----------------------------------------------------------------------------------------------------

  /** Something changed: follow the rules, ask and tell. */
  #changed(): void {
    this.#publish();
    this.#follower.kick();
  }

  /** Tells every operator, if anything is different from what was told last. */
  #publish(): void {
    const state = this.state();
    const content = JSON.stringify({ ...state, seq: 0 });
    const isNews = content !== this.#published;
    if (isNews) {
      this.#published = content;
      this.#seq += 1;
      for (const link of this.#links) link.send({ type: "state", state: { ...state, seq: this.#seq } });
    }
    this.peering.poke(isNews);
    this.#changes.notify();
  }
}
