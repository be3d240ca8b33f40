/**
 * The agent's core: obeys the newest record, carries out commands, and tells every connected operator the whole
 * state at each change. It decides no roles. Runs over ports only, so the same code runs in a pod and in the
 * deterministic world of the tests.
 */
import {
  noEvidence,
  noPeer,
  unknownView,
  type AgentState,
  type Command,
  type Evidence,
  type OperatorMessage,
  type PermissionRecord,
  type TimesTenView,
} from "../../protocol";
import type { AgentSessions, Clock, Disk, Log, OperatorLink, TimesTen } from "../ports";
import { carryOut, whyRefused } from "./commands";
import { withDeadline } from "./deadline";
import { DatabaseLife } from "./life";
import { mayWrite, nextStep, type Situation, type Step } from "./permission";
import { runStep, type StepContext } from "./steps";
import { TaskList } from "./tasks";

/** Between two looks at the database when nothing is going on, ms. */
const QUIET_LOOK_MS = 1_000;
/** Between two looks while the pair is forming or a role changes, ms. */
const BUSY_LOOK_MS = 50;
/** A look that takes longer than this says Unknown, ms. */
const LOOK_DEADLINE_MS = 5_000;
/** Pause before a failed step is tried again: doubles from the first to the last value, ms. */
const STEP_RETRY_MS = { first: 100, last: 2_000 };
/** How long a leaving writer waits for its users to go, and then for its standby to have everything, ms. */
const LEAVE_WAIT_MS = 2_000;
/** How long starting or stopping the daemon may take, ms. */
const DAEMON_DEADLINE_MS = 10_000;

export interface AgentOptions {
  clock: Clock;
  disk: Disk;
  timesten: TimesTen;
  log: Log;
  /** @returns a fresh random id for a boot */
  newBootId: () => string;
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
  #view: TimesTenView = unknownView;
  #evidence: Evidence = noEvidence;
  #closed = true;
  #soloEnded: { n: number; mark: number } | null = null;
  #refused: { n: number; reason: string } | null = null;
  #aloneFor = 0;
  #started = false;
  #stopping = false;
  #ended = false;
  #seq = 0;
  #published = "";
  /** The steps that run now, or null. */
  #stepping: Promise<void> | null = null;
  #stepAgain = false;
  #stepFailures = 0;
  #looking: Promise<void> | null = null;
  #cancelLook: () => void = () => undefined;
  #cancelRetry: () => void = () => undefined;
  /** Records are obeyed one after the other: each is on disk before the next is looked at. */
  #obeying: Promise<void> = Promise.resolve();

  constructor(options: AgentOptions) {
    this.#o = options;
    this.#startedAtMs = options.clock.nowMs();
    this.#life = new DatabaseLife({ ...options, onChange: boot => this.#lifeChanged(boot) });
  }

  /**
   * Reads the memory, recognises a database that outlived a former agent, starts the daemon if it is down.
   * @throws when the memory is there but unreadable: without it nothing may be obeyed
   */
  async start(): Promise<void> {
    const goesOn = await this.#life.restore();
    // Nobody knows who is connected to it: the rules close it, unless the record names it.
    if (goesOn) this.#closed = false;
    this.#started = true;
    await this.#look();
    if (this.#view.instance === "Exists" && this.#view.daemon === "Down") {
      await this.#try("start the daemon", signal => this.#o.timesten.startDaemon(signal), DAEMON_DEADLINE_MS);
      await this.#look();
    }
    this.#scheduleLook();
  }

  /**
   * A clean end of the pod: no new user, everything at the standby if it can be had soon, database unloaded.
   * Always ends: what does not stop in time is killed.
   */
  async shutdown(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#publish();
    // What was begun, such as opening, must not come after the closing.
    await this.#stepping;
    if (this.#life.boot !== null) await this.#leave();
    const stop = (signal: AbortSignal) => this.#o.timesten.stopDaemon(signal);
    if (this.#life.boot === null) await this.#try("stop the daemon", stop, DAEMON_DEADLINE_MS);
    else await this.#life.end("stopped", () => withDeadline(this.#o.clock, DAEMON_DEADLINE_MS, stop));
    await this.#look();
    this.#ended = true;
    this.#cancelLook();
    this.#cancelRetry();
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
        mode: mayWrite(this.#situation()) ? "endless" : "none",
        closed: this.#closed || boot === null,
        completeFor: this.#life.complete?.n ?? 0,
        soloEnded: this.#soloEnded,
        drained: 0,
        waitedFor: 0,
        noWaiting: null,
        guarded: false,
        refused: this.#refused,
      },
      peer: noPeer,
      tasks: this.#tasks.list(),
      stopping: this.#stopping,
    };
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
      await this.#life.remember({ obeyed: record });
      this.#stepFailures = 0;
      this.#o.log.info("obey record", { n: record.n, mode: record.mode, writer: record.writer.podUID });
    } else if (obeyed.objectUID !== record.objectUID) {
      return;
    } else if (record.ready) {
      this.#life.noteReady();
    }
    this.#evidence = evidence;
    this.#publish();
    this.#kick();
    this.#scheduleLook();
  }

  #situation(): Situation {
    const { memory, boot } = this.#life;
    return {
      podUID: this.#o.self.podUID,
      objectUID: this.#o.self.objectUID,
      record: memory.obeyed,
      evidence: this.#evidence,
      boot,
      view: this.#view,
      closed: this.#closed,
      soloed: memory.soloed,
      left: memory.left,
      complete: this.#life.complete,
      soloEnded: this.#soloEnded,
      refused: this.#refused,
      aloneFor: this.#aloneFor,
      stopping: this.#stopping,
    };
  }

  /** Does what the rules ask, one step after the other; a failed step is tried again after a pause. */
  #kick(): void {
    // On its way out it closes by itself, and says so only when the standby has had its chance (see #leave).
    if (!this.#started || this.#ended || this.#stopping) return;
    this.#stepAgain = true;
    this.#stepping ??= this.#steps().finally(() => {
      this.#stepping = null;
      if (this.#stepAgain) this.#kick();
    });
  }

  async #steps(): Promise<void> {
    while (this.#stepAgain && !this.#stopping) {
      this.#stepAgain = false;
      const step = nextStep(this.#situation());
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
      if (outcome.look) await this.#lookAfresh();
      this.#stepFailures = 0;
      this.#publish();
      return true;
    } catch (error) {
      this.#o.log.warn("step failed", { step: step.do, error: String(error) });
      await this.#lookAfresh();
      return this.#life.boot !== boot;
    }
  }

  #stepContext(): StepContext {
    const { clock, timesten, log } = this.#o;
    return { clock, timesten, log, stillWanted: step => nextStep(this.#situation())?.do === step.do };
  }

  /** Remembers what a finished step achieved. */
  async #take(step: Step, mark: number | null): Promise<void> {
    switch (step.do) {
      case "close":
        this.#closed = true;
        return;
      case "open":
        this.#closed = false;
        return;
      case "noteSoloed":
        return this.#life.remember({ soloed: step.n });
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
    await this.#lookAfresh();
    this.#tasks.end(command.id, error, clock.nowMs());
    this.#publish();
    this.#scheduleLook();
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

  /** One look at a time; who asks during one is content with that one. */
  #look(): Promise<void> {
    this.#looking ??= this.#lookNow().finally(() => {
      this.#looking = null;
    });
    return this.#looking;
  }

  /** A look that begins after this call: what was just done is in it. */
  async #lookAfresh(): Promise<void> {
    if (this.#looking !== null) await this.#looking;
    await this.#look();
  }

  async #lookNow(): Promise<void> {
    const { clock, timesten, log } = this.#o;
    try {
      const view = await withDeadline(clock, LOOK_DEADLINE_MS, signal => timesten.observe(signal));
      if (this.#ended) return;
      this.#view = view;
      if (view.db === "Loaded") await this.#life.begin();
    } catch (error) {
      log.warn("cannot look at TimesTen", { error: String(error) });
      this.#view = { ...unknownView, instance: this.#view.instance, release: this.#view.release };
    }
    // Somebody may have opened it by hand; the rules then say whether that stays.
    if (this.#view.open && this.#life.boot !== null) this.#closed = false;
    this.#publish();
    this.#kick();
  }

  #scheduleLook(): void {
    if (this.#ended || !this.#started) return;
    this.#cancelLook();
    this.#cancelLook = this.#o.clock.setTimer(this.#busy() ? BUSY_LOOK_MS : QUIET_LOOK_MS, () => {
      void this.#look().finally(() => this.#scheduleLook());
    });
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
    this.#soloEnded = null;
    this.#refused = null;
    this.#aloneFor = 0;
    this.#closed = boot === null || !this.#view.open;
    if (boot === null) {
      this.#view = {
        ...this.#view,
        db: "Unknown",
        open: false,
        updatable: "Unknown",
        repAgent: "Unknown",
        repState: "Unknown",
      };
    }
    this.#publish();
    this.#kick();
    void this.#lookAfresh().catch(() => undefined);
  }

  /**
   * Leaving for good: close, and if this was the writer let the standby have everything. Only then it is said to be
   * closed, because that word is what the standby is promoted on.
   */
  async #leave(): Promise<void> {
    const { timesten } = this.#o;
    const wasWriter = mayWrite(this.#situation()) && this.#life.memory.obeyed?.mode === "Pair";
    const closed = await this.#try("close the database", signal => timesten.close(signal), LEAVE_WAIT_MS);
    if (wasWriter) {
      const wait = (signal: AbortSignal) =>
        timesten.waitForStandby(LEAVE_WAIT_MS, signal).then(() => undefined);
      await this.#try("wait for the standby", wait, LEAVE_WAIT_MS);
    }
    this.#closed ||= closed;
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
    if (content === this.#published) return;
    this.#published = content;
    this.#seq += 1;
    for (const link of this.#links) link.send({ type: "state", state: { ...state, seq: this.#seq } });
  }
}
