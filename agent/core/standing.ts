/** Where this agent stands: the facts it has gathered, and how the rules, the operator and the other agent see them. */
import {
  noEvidence,
  type AgentState,
  type Evidence,
  type GuardAct,
  type PeerDigest,
  type PermissionRecord,
  type PermissionView,
  type TimesTenView,
} from "../../protocol";
import type { Clock, Log } from "../ports";
import type { CommandContext } from "./commands";
import type { LeavingView } from "./leaving";
import type { DatabaseLife } from "./life";
import type { Looks } from "./looks";
import type { Peering, PeeringView } from "./peering";
import { asksForGrants, mayWrite, recordPermits, type Situation } from "./permission";
import type { Permits } from "./permits";
import { PersonsClose } from "./persons-close";

export interface StandingParts {
  clock: Clock;
  log: Log;
  self: { podUID: string; objectUID: string };
  topology: "activeStandbyPair" | "none";
  life: DatabaseLife;
  looks: Looks;
  permits: Permits;
  peering: () => Peering;
}

/** What the agent knows beside its memory, its last look, its guard and its peer. */
export class Standing {
  readonly #p: StandingParts;
  readonly #persons: PersonsClose;
  evidence: Evidence = noEvidence;
  /** No user is connected and none may connect. */
  closed = true;
  soloEnded: { n: number; mark: number } | null = null;
  refused: { n: number; reason: string } | null = null;
  peerLeft = 0;
  started = false;
  /** SIGTERM was received. */
  stopping = false;
  /** The database is being brought down: no rule is followed any more. */
  going = false;

  constructor(parts: StandingParts) {
    this.#p = parts;
    this.#persons = new PersonsClose(parts);
  }

  /** Another life of the database: what was known of the former one is void. */
  lifeChanged(isLoaded: boolean): void {
    this.soloEnded = null;
    this.refused = null;
    this.peerLeft = 0;
    this.#persons.closing();
    this.closed = !isLoaded || !this.#p.looks.view.open;
  }

  get record(): PermissionRecord | null {
    return this.#p.life.memory.obeyed;
  }

  situation(): Situation {
    const { life, looks, permits, self } = this.#p;
    const { memory, boot } = life;
    return {
      podUID: self.podUID,
      objectUID: self.objectUID,
      record: memory.obeyed,
      evidence: this.#evidenceNow(),
      boot,
      view: looks.view,
      closed: this.closed,
      permit: permits.now(boot),
      soloed: memory.soloed,
      left: memory.left,
      diskCompleteFor: life.diskCompleteFor,
      complete: life.complete,
      soloEnded: this.soloEnded,
      drained: memory.drained,
      refused: this.refused,
      aloneFor: memory.alone,
      peerGone: this.#p.peering().isGone(),
      peerDrained: this.#peerDrained(),
      peerLeft: this.peerLeft,
      waitOver: this.#p.peering().waitedFor() > 0,
      stopping: this.stopping,
      closedByPerson: this.#persons.isToStay,
    };
  }

  /** Our own opening has succeeded. */
  opened(): void {
    this.closed = false;
    this.#persons.opened();
  }

  /** We close it: whatever is seen closed from here on is our doing. */
  closing(): void {
    this.#persons.closing();
  }

  /** What the guard has done with this life. */
  guardActed(what: GuardAct): void {
    this.#persons.closing();
    if (what === "closed") this.closed = true;
  }

  /** A look is done. @returns what is to be remembered of it */
  see(view: TimesTenView): () => Promise<void> {
    if (this.#p.topology === "none") return () => Promise.resolve();
    const closed = this.#persons.judge(view, mayWrite(this.situation()) && !this.stopping);
    return () => this.#persons.note(closed);
  }

  /** It is the active anew: from here on it is for its users. */
  activeAnew(): Promise<void> {
    return this.#persons.note(false);
  }

  /** What commands are held against; null before the start. */
  forCommands(): CommandContext | null {
    const { life, looks, self } = this.#p;
    const { memory, boot } = life;
    if (!this.started) return null;
    const { obeyed: record } = memory;
    const { stopping } = this;
    return { ...self, obeyedN: record?.n ?? 0, record, boot, view: looks.view, stopping };
  }

  /** What the operator carried here, and what the other pod said itself. */
  #evidenceNow(): Evidence {
    const { record } = this;
    if (record?.mode !== "Solo" || record.from === 0) return this.evidence;
    return { ...this.evidence, proofs: [...this.evidence.proofs, ...this.#p.peering().proofs(record.from)] };
  }

  /** @returns what the state says about the write permission */
  permission(): PermissionView {
    const { life, permits } = this.#p;
    const { memory, boot } = life;
    const peering = this.#p.peering();
    return {
      obeyedN: memory.obeyed?.n ?? 0,
      soloed: memory.soloed,
      left: memory.left,
      mode: this.#mode(),
      closed: this.closed || boot === null,
      completeFor: life.complete?.n ?? 0,
      diskCompleteFor: life.diskCompleteFor,
      soloEnded: this.soloEnded,
      drained: memory.drained,
      waitedFor: peering.waitedFor(),
      noWaiting: peering.whyNoWaiting(),
      guarded: permits.guarded(),
      closedByPerson: this.#persons.isClosed && !this.#p.looks.view.open,
      refused: this.refused,
    };
  }

  /** What this database may do now, as far as record and guard agree. */
  #mode(): PermissionView["mode"] {
    const { topology, looks, life, permits, self } = this.#p;
    const { boot } = life;
    if (topology === "none") return looks.view.open && boot !== null ? "endless" : "none";
    const { podUID, objectUID } = self;
    return recordPermits({ record: this.record, podUID, objectUID, boot }) ? permits.now(boot).mode : "none";
  }

  forPeering(): PeeringView {
    const { life, looks, permits, self } = this.#p;
    const { memory, boot } = life;
    const { obeyed: record, soloed, left } = memory;
    const { podUID, objectUID } = self;
    const asks = asksForGrants({ record, podUID, objectUID, boot, soloed, view: looks.view });
    return {
      record,
      boot,
      soloed,
      left,
      asks: this.started && !this.going && asks,
      permitN: permits.now(boot).n,
    };
  }

  #peerDrained(): number {
    const { connected, digest } = this.#p.peering().peer();
    const isWriter = connected && digest !== null && digest.boot === this.record?.writer.boot;
    return isWriter ? digest.permission.drained : 0;
  }

  #peerServes(): boolean {
    const { connected, digest } = this.#p.peering().peer();
    return connected && digest?.timesten.repState === "ACTIVE" && digest.timesten.open;
  }

  forLeaving(operators: number): LeavingView {
    const { life, self } = this.#p;
    const { memory, boot } = life;
    return {
      record: memory.obeyed,
      podUID: self.podUID,
      boot,
      mayWrite: mayWrite(this.situation()),
      operators,
      peerServes: this.#peerServes(),
    };
  }
}

/** @returns the part of the state that the other agent is told */
export function digestOf(state: AgentState): PeerDigest {
  const { podName, podUID, boot, endedBoots, timesten, permission, stopping } = state;
  const { daemon, db, open, repState, repAgent, dbId, usingTwosafe } = timesten;
  const view = { daemon, db, open, repState, repAgent, dbId, usingTwosafe };
  return { podName, podUID, boot, endedBoots, timesten: view, permission, stopping };
}
