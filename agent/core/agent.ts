/**
 * The agent's core: obeys the newest record, carries out commands, and tells every connected operator the whole
 * state at each change. It decides no roles. Runs over ports only, so the same code runs in a pod and in the
 * deterministic world of the tests.
 */
import {
  noEvidence,
  timingFor,
  type AgentState,
  type Command,
  type Evidence,
  type OperatorMessage,
  type PeerDigest,
  type PermissionRecord,
  type TimesTenView,
} from "../../protocol";
import type { AgentSessions, Clock, Disk, GuardPort, Log, OperatorLink, PeerPort, TimesTen } from "../ports";
import { Changes } from "./changes";
import { carryOut, whyRefused } from "./commands";
import { withDeadline } from "./deadline";
import { beforeLeaving } from "./leaving";
import { DatabaseLife } from "./life";
import { Looks } from "./looks";
import { Peering } from "./peering";
import { asksForGrants, mayWrite, nextStep, recordPermits, type Situation, type Step } from "./permission";
import { Permits } from "./permits";
import { nextStandaloneStep } from "./standalone";
import { runStep, type StepContext } from "./steps";
import { TaskList } from "./tasks";
/** Pause before a failed step is tried again: doubles from the first to the last value, ms. */
const STEP_RETRY_MS = { first: 100, last: 2_000 };
/** How long a leaving writer waits for its users to go, and then for its standby to have everything, ms. */
const LEAVE_WAIT_MS = 2_000;
/** How long starting or stopping the daemon may take, ms. */
const DAEMON_DEADLINE_MS = 10_000;
/** What lost its permission is closed within this, or killed by the guard, ms. */
const CLOSE_WITHIN_MS = 1_500;
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
  readonly #life: DatabaseLife;
  readonly #links = new Set<OperatorLink>();
  readonly #tasks = new TaskList();
  readonly #startedAtMs: number;
  readonly #permits: Permits;
  readonly #looks: Looks;
  readonly #changes: Changes;
  /** Sessions of and with the other pod's agent. */
  readonly peering: Peering;
  #evidence: Evidence = noEvidence;
  #closed = true;
  #soloEnded: { n: number; mark: number } | null = null;
  #refused: { n: number; reason: string } | null = null;
  #aloneFor = 0;
  #peerLeft = 0;
  #started = false;
  /** SIGTERM was received. */
  #stopping = false;
  /** The database is being brought down: no rule is followed any more. */
  #going = false;
  #ended = false;
  #seq = 0;
  #published = "";
  #guarded = "";
  /** The steps that run now, or null. */
  #stepping: Promise<void> | null = null;
  #stepAgain = false;
  #stepFailures = 0;
  #cancelRetry: () => void = () => undefined;
  /** Records are obeyed one after the other: each is on disk before the next is looked at. */
  #obeying: Promise<void> = Promise.resolve();

  constructor(options: AgentOptions) {
    this.#o = options;
    const { clock, guard, peer, log, self, newBootId: newId } = options;
    this.#startedAtMs = clock.nowMs();
    this.#changes = new Changes(clock);
    this.#life = new DatabaseLife({ ...options, onChange: boot => this.#lifeChanged(boot) });
    this.#looks = new Looks({ ...options, busy: () => this.#busy(), onView: view => this.#seen(view) });
    const onChange = (): void => this.#changed();
    this.#permits = new Permits({ clock, guard, log, onChange });
    guard.onActed((boot, what) => {
      if (what === "closed" && boot === this.#life.boot) this.#closed = true;
      this.#changed();
    });
    this.peering = new Peering({
      clock,
      peer,
      log,
      self,
      newId,
      onChange,
      view: () => this.#peeringView(),
      digest: () => this.#digest(),
      onGrant: permit => void this.#permits.take(permit).catch((error: unknown) => this.#notTaken(error)),
      onSolo: n => {
        this.#peerLeft = n;
        this.#changed();
      },
    });
  }

  /**
   * Reads the memory, recognises a database that outlived a former agent, starts the daemon if it is down.
   * @throws when the memory is there but unreadable: without it nothing may be obeyed
   */
  async start(): Promise<void> {
    const goesOn = await this.#life.restore();
    // Nobody knows who is connected to it: the rules close it, unless the record names it and the guard permits it.
    if (goesOn) this.#closed = false;
    this.#tellGuard();
    await this.#changes.until(() => this.#permits.guarded(), GUARD_START_MS);
    this.#started = true;
    await this.#looks.look();
    if (this.#view.instance === "Exists" && this.#view.daemon === "Down") {
      await this.#try("start the daemon", signal => this.#o.timesten.startDaemon(signal), DAEMON_DEADLINE_MS);
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
    if (this.#stopping) return;
    this.#stopping = true;
    this.#changed();
    await beforeLeaving({
      clock: this.#o.clock,
      log: this.#o.log,
      graceMs: this.#o.graceMs,
      view: () => this.#leavingView(),
      until: (condition, ms) => this.#changes.until(condition, ms),
      noteLeft: n => this.#noteLeft(n),
      tellSolo: (n, boot) => this.peering.leave(n, boot),
    });
    this.#going = true;
    this.peering.refuseGrants();
    // What was begun, such as opening, must not come after the closing.
    await this.#stepping;
    if (this.#life.boot !== null) await this.#leave();
    const stop = (signal: AbortSignal) => this.#o.timesten.stopDaemon(signal);
    if (this.#life.boot === null) await this.#try("stop the daemon", stop, DAEMON_DEADLINE_MS);
    else await this.#life.end("stopped", () => withDeadline(this.#o.clock, DAEMON_DEADLINE_MS, stop));
    await this.#looks.look();
    this.#ended = true;
    this.#looks.end();
    this.#cancelRetry();
    this.#permits.stop();
    this.peering.stop();
  }

  get #view(): TimesTenView {
    return this.#looks.view;
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
        this.#command(link, message);
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
    const { memory, boot } = this.#life;
    return {
      seq: this.#seq,
      podName: self.podName,
      podUID: self.podUID,
      agentVersion: self.version,
      startedAtMs: this.#startedAtMs,
      boot,
      endedBoots: memory.endedBoots,
      timesten: this.#view,
      files,
      permission: {
        obeyedN: memory.obeyed?.n ?? 0,
        soloed: memory.soloed,
        left: memory.left,
        mode: this.#modeNow(),
        closed: this.#closed || boot === null,
        completeFor: this.#life.complete?.n ?? 0,
        soloEnded: this.#soloEnded,
        drained: memory.drained,
        waitedFor: this.peering.waitedFor(),
        noWaiting: this.peering.whyNoWaiting(),
        guarded: this.#permits.guarded(),
        refused: this.#refused,
      },
      peer: this.peering.peer(),
      tasks: this.#tasks.list(),
      stopping: this.#stopping,
    };
  }

  /** What the other agent is told of this pod. */
  #digest(): PeerDigest {
    const { podName, podUID, boot, endedBoots, timesten, permission, stopping } = this.state();
    const { daemon, db, open, repState, repAgent, dbId, usingTwosafe } = timesten;
    const view = { daemon, db, open, repState, repAgent, dbId, usingTwosafe };
    return { podName, podUID, boot, endedBoots, timesten: view, permission, stopping };
  }

  /** What this database may do now, as far as record and guard agree. */
  #modeNow(): "none" | "finite" | "endless" {
    if (this.#o.topology === "none") return this.#view.open && this.#life.boot !== null ? "endless" : "none";
    const situation = this.#situation();
    return mayWrite(situation) ? situation.permit.mode : "none";
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
    if (!this.#started || record.objectUID !== this.#o.self.objectUID) return;
    if (obeyed !== null && record.n < obeyed.n) return;
    if (obeyed === null || record.n > obeyed.n) {
      await this.#life.remember({ obeyed: record, ...this.#noLongerComplete(record) });
      this.peering.obey(record);
      this.#stepFailures = 0;
      this.#o.log.info("obey record", { n: record.n, mode: record.mode, writer: record.writer.podUID });
    } else if (obeyed.objectUID !== record.objectUID) {
      return;
    } else if (record.ready) {
      this.#life.noteReady();
    }
    this.#evidence = evidence;
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
    if (boot === null || recordPermits(this.#situation())) return;
    if (this.#closed) this.#permits.rest(boot);
    else this.#permits.revoke(boot, CLOSE_WITHIN_MS);
  }

  #situation(): Situation {
    const { memory, boot } = this.#life;
    return {
      podUID: this.#o.self.podUID,
      objectUID: this.#o.self.objectUID,
      record: memory.obeyed,
      evidence: this.#evidenceNow(),
      boot,
      view: this.#view,
      closed: this.#closed,
      permit: this.#permits.now(boot),
      soloed: memory.soloed,
      left: memory.left,
      complete: this.#life.complete,
      soloEnded: this.#soloEnded,
      drained: memory.drained,
      refused: this.#refused,
      aloneFor: this.#aloneFor,
      peerLeft: this.#peerLeft,
      waitOver: this.peering.waitedFor() > 0,
      stopping: this.#stopping,
    };
  }

  /** What the operator carried here, and what the other pod said itself. */
  #evidenceNow(): Evidence {
    const record = this.#life.memory.obeyed;
    if (record?.mode !== "Solo" || record.from === 0) return this.#evidence;
    return { ...this.#evidence, proofs: [...this.#evidence.proofs, ...this.peering.proofs(record.from)] };
  }

  #peeringView() {
    const { memory, boot } = this.#life;
    const { podUID, objectUID } = this.#o.self;
    const { obeyed: record, soloed, left } = memory;
    const asks = asksForGrants({ record, objectUID, podUID, boot, soloed, view: this.#view });
    return {
      record,
      boot,
      soloed,
      left,
      asks: this.#started && !this.#going && asks,
      permitN: this.#permits.now(boot).n,
    };
  }

  #leavingView() {
    const { memory, boot } = this.#life;
    return {
      record: memory.obeyed,
      podUID: this.#o.self.podUID,
      boot,
      mayWrite: mayWrite(this.#situation()),
      drained: memory.drained,
      closed: this.#closed,
      operators: this.#links.size,
    };
  }

  #notTaken(error: unknown): void {
    this.#o.log.warn("the guard did not take up a permission", { error: String(error) });
  }

  /** Something changed: follow the rules, ask and tell. */
  #changed(): void {
    this.#publish();
    this.#kick();
  }

  /** Does what the rules ask, one step after the other; a failed step is tried again after a pause. */
  #kick(): void {
    // When it is brought down it closes by itself, and says so only when the standby has had its chance (see #leave).
    if (!this.#started || this.#going) return;
    this.#stepAgain = true;
    this.#stepping ??= this.#steps().finally(() => {
      this.#stepping = null;
      if (this.#stepAgain) this.#kick();
    });
  }

  async #steps(): Promise<void> {
    while (this.#stepAgain && !this.#going) {
      this.#stepAgain = false;
      const step = this.#nextStep();
      if (step === null) continue;
      if (await this.#doStep(step)) {
        this.#stepAgain = true;
        continue;
      }
      // A failed step has its pause, whatever was asked meanwhile; a new record asks again.
      this.#stepAgain = false;
      this.#retryLater();
      return;
    }
  }

  /** @returns whether to ask for the next step at once */
  async #doStep(step: Step): Promise<boolean> {
    const { boot } = this.#life;
    try {
      const outcome = await runStep(step, this.#stepContext());
      // The database may have died meanwhile: what was learnt is then about a life that is over.
      if (this.#life.boot !== boot) return true;
      await this.#take(step, outcome.mark);
      if (outcome.look) await this.#looks.afresh();
      this.#stepFailures = 0;
      this.#publish();
      return true;
    } catch (error) {
      this.#o.log.warn("step failed", { step: step.do, error: String(error) });
      await this.#looks.afresh();
      return this.#life.boot !== boot;
    }
  }

  #stepContext(): StepContext {
    const { clock, timesten, log } = this.#o;
    return { clock, timesten, log, stillWanted: step => this.#nextStep()?.do === step.do };
  }

  #nextStep(): Step | null {
    if (this.#o.topology === "activeStandbyPair") return nextStep(this.#situation());
    const { boot } = this.#life;
    return nextStandaloneStep({ boot, view: this.#view, closed: this.#closed, stopping: this.#stopping });
  }

  /** Remembers what a finished step achieved. */
  async #take(step: Step, mark: number | null): Promise<void> {
    switch (step.do) {
      case "close":
        this.#closed = true;
        if (this.#life.boot !== null && this.#permits.now(this.#life.boot).mode === "none")
          this.#permits.rest(this.#life.boot);
        return;
      case "open":
        this.#closed = false;
        return;
      case "noteSoloed":
        return this.#life.remember({ soloed: step.n });
      case "permit":
        return this.#takeEndless(step.n);
      case "drain":
        return this.#life.remember({ drained: step.n });
      case "commitAlone":
        this.#aloneFor = step.n;
        return;
      case "endSolo":
        this.#soloEnded = mark === null ? null : { n: step.n, mark };
        return;
      case "complete":
        return this.#life.noteComplete(step.complete);
      case "refuse":
        this.#refused = { n: step.n, reason: step.reason };
        this.#o.log.warn("promotion refused", { n: step.n, reason: step.reason });
        return;
      case "promote":
      case "setActive":
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

  #retryLater(): void {
    const pause = Math.min(STEP_RETRY_MS.first * 2 ** this.#stepFailures, STEP_RETRY_MS.last);
    this.#stepFailures += 1;
    this.#cancelRetry();
    this.#cancelRetry = this.#o.clock.setTimer(pause, () => this.#kick());
  }

  // --- commands -----------------------------------------------------------------------------------------------

  #command(link: OperatorLink, command: Command): void {
    const known = this.#tasks.find(command.id) !== undefined;
    const reason = known ? null : this.#whyNot(command);
    link.send({ type: "answer", id: command.id, accepted: reason === null, reason });
    if (known || reason !== null) return;
    this.#tasks.begin(command, this.#o.clock.nowMs());
    this.#publish();
    void this.#run(command);
  }

  #whyNot(command: Command): string | null {
    const { memory, boot } = this.#life;
    if (!this.#started) return "this agent is starting";
    const busy = this.#tasks.running();
    if (busy !== undefined) return `busy with ${busy.verb}`;
    return whyRefused(command, {
      podUID: this.#o.self.podUID,
      objectUID: this.#o.self.objectUID,
      obeyedN: memory.obeyed?.n ?? 0,
      record: memory.obeyed,
      boot,
      view: this.#view,
      stopping: this.#stopping,
    });
  }

  async #run(command: Command): Promise<void> {
    const { clock, timesten, log } = this.#o;
    let error: string | null = null;
    try {
      if (command.verb === "duplicate") await this.#destroyOwnCopy();
      await withDeadline(clock, command.deadlineMs, signal => carryOut(command, timesten, signal));
      log.info("command done", { verb: command.verb, id: command.id });
    } catch (failure) {
      error = failure instanceof Error ? failure.message : String(failure);
      log.warn("command failed", { verb: command.verb, id: command.id, error });
    }
    await this.#looks.afresh();
    this.#tasks.end(command.id, error, clock.nowMs());
    this.#publish();
    this.#looks.schedule();
  }

  /** The copy that a duplicate replaces: the record said, a moment ago, that another database has the data. */
  async #destroyOwnCopy(): Promise<void> {
    const { clock, timesten } = this.#o;
    const destroy = (signal: AbortSignal) => timesten.destroyDatabase(signal);
    if (this.#life.boot === null) return;
    await this.#life.end("destroyed", () => withDeadline(clock, DAEMON_DEADLINE_MS, destroy));
    await this.#try("start the daemon", signal => timesten.startDaemon(signal), DAEMON_DEADLINE_MS);
  }

  // --- looking at the database ----------------------------------------------------------------------------------

  async #seen(view: TimesTenView): Promise<void> {
    if (this.#ended) return;
    if (view.db === "Loaded") await this.#life.begin();
    // Somebody may have opened it by hand; the rules then say whether that stays.
    if (view.open && this.#life.boot !== null) this.#closed = false;
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
    const { repState, repAgent, db } = this.#view;
    const { memory, boot } = this.#life;
    if (this.#tasks.running() !== undefined) return true;
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
    this.#soloEnded = null;
    this.#refused = null;
    this.#aloneFor = 0;
    this.#peerLeft = 0;
    this.#closed = boot === null || !this.#view.open;
    if (boot === null) {
      this.#looks.patch({
        db: "Unknown",
        open: false,
        updatable: "Unknown",
        repAgent: "Unknown",
        repState: "Unknown",
      });
    }
    this.#changed();
    void this.#looks.afresh().catch(() => undefined);
  }

  /** A8: on disk before anybody is told; what this standby had is nothing from here on. */
  async #noteLeft(n: number): Promise<void> {
    await this.#life.remember({ left: n, complete: null });
    this.#changed();
  }

  /**
   * Leaving for good: close, and if this was the writer let the standby have everything. Only then it is said to be
   * closed, because that word is what the standby is promoted on.
   */
  async #leave(): Promise<void> {
    const { timesten } = this.#o;
    const wasWriter = mayWrite(this.#situation()) && this.#life.memory.obeyed?.mode === "Pair";
    const { boot } = this.#life;
    if (boot !== null && !this.#closed) this.#permits.revoke(boot, LEAVE_WAIT_MS + CLOSE_WITHIN_MS);
    const closed = await this.#try("close the database", signal => timesten.close(signal), LEAVE_WAIT_MS);
    if (wasWriter) {
      const wait = (signal: AbortSignal) =>
        timesten.waitForStandby(LEAVE_WAIT_MS, signal).then(() => undefined);
      await this.#try("wait for the standby", wait, LEAVE_WAIT_MS);
    }
    this.#closed ||= closed;
    if (boot !== null && this.#closed) this.#permits.rest(boot);
    this.#publish();
  }

  /** @returns whether it worked */
  async #try(
    what: string,
    work: (signal: AbortSignal) => Promise<void>,
    deadlineMs: number,
  ): Promise<boolean> {
    try {
      await withDeadline(this.#o.clock, deadlineMs, work);
      return true;
    } catch (error) {
      this.#o.log.warn(`could not ${what}`, { error: String(error) });
      return false;
    }
  }

  // --- telling ----------------------------------------------------------------------------------------------------

  /** Tells every operator, if anything is different from what was told last. */
  #publish(): void {
    const state = this.state();
    const content = JSON.stringify({ ...state, seq: 0 });
    if (content !== this.#published) {
      this.#published = content;
      this.#seq += 1;
      for (const link of this.#links) link.send({ type: "state", state: { ...state, seq: this.#seq } });
    }
    this.peering.poke();
    this.#changes.notify();
  }
}
