/** The return service: what the standby has acknowledged, and the commits that wait for it. */
import type { CommitGate, CommitMode, Database } from "../engine/database";
import type { Store } from "../sql/scheme";
import { commitMode, overThreshold } from "./decide";
import type { Frame } from "./frames";
import { Waiters } from "./waiters";

/** How often a waiting ttRepSubscriberWait asks the standby to make things durable, ms. */
const flushMs = 100;

/** What the service needs from the agent around it. */
export interface ReturnHost {
  mine(): Store | null;
  running(): boolean;
  /** Sends what is there to send. */
  ship(): void;
  send(frame: Frame): void;
  /** The peer has used up its FAILTHRESHOLD. */
  giveUp(reason: string): void;
  log(text: string): void;
}

export class ReturnService implements CommitGate {
  /** Commits that the standby has, and has on disk, as far as it has said so. */
  applied = 0;
  durable = 0;
  /** A transaction that is shipped before it is committed here. */
  shipping: { csn: number; bytes: Buffer } | null = null;
  /** The log is kept from here on, at least. */
  private keepCsn = 0;
  private timeouts = 0;
  private disabled = false;
  private readonly waiters = new Waiters();

  constructor(
    private readonly database: Database,
    private readonly host: ReturnHost,
  ) {}

  /** A new standby, or a new role: nothing is known of the other side. @param keepCsn the log is kept behind this commit */
  begin(keepCsn: number): void {
    this.applied = 0;
    this.durable = 0;
    this.keepCsn = keepCsn;
    this.timeouts = 0;
    this.disabled = false;
  }

  /** Something that waiting commits depend on has changed. */
  check(): void {
    this.waiters.check();
  }

  /** A stream begins: the standby is exactly here, perhaps behind what it once had. */
  resumed(csn: number): void {
    this.applied = csn;
    this.durable = Math.min(this.durable, csn);
    this.check();
  }

  acknowledged(applied: number, durable: number): void {
    this.applied = Math.max(this.applied, applied);
    this.durable = Math.max(this.durable, durable);
    this.keepCsn = Math.max(this.keepCsn, durable);
    const resumes = (this.host.mine()?.resumeReturnMs ?? 0) > 0;
    if (this.disabled && resumes && applied >= this.database.csn) this.disabled = false;
    this.check();
  }

  /** Last commit that the standby no longer needs. */
  heldCsn(): number {
    const { scheme, peerState } = this.database.control;
    const held = scheme !== null && this.database.state === "ACTIVE" && peerState !== "failed";
    return held ? this.keepCsn : Number.MAX_SAFE_INTEGER;
  }

  /** Everything committed so far durable at the standby? Waits up to that long. @returns false when not */
  async wait(timeoutMs: number): Promise<boolean> {
    const { csn } = this.database;
    const ask = (): void => this.host.send({ t: "flush" });
    ask();
    const hurry = setInterval(ask, flushMs);
    const done = (): boolean | null => {
      if (this.database.state !== "ACTIVE" || this.database.control.peerState === "failed") return false;
      return this.durable >= csn ? true : null;
    };
    const outcome = await this.waiters.until(done, timeoutMs);
    clearInterval(hurry);
    return outcome ?? false;
  }

  mode(): CommitMode {
    const { control, state } = this.database;
    return commitMode(control, state, this.host.running(), this.disabled, this.host.mine());
  }

  committed(): void {
    this.shipping = null;
    this.host.ship();
    const threshold = this.host.mine()?.failThreshold ?? 0;
    const { control, log, state } = this.database;
    if (threshold === 0 || state !== "ACTIVE") return;
    if (overThreshold(control.peerState, threshold, log.filesAfter(this.keepCsn))) {
      this.host.giveUp(`FAILTHRESHOLD ${threshold} exceeded`);
    }
  }

  private waitMs(): number {
    return (this.host.mine()?.returnWaitS ?? 10) * 1000;
  }

  private timedOut(): void {
    this.timeouts += 1;
    const limit = this.host.mine()?.disableReturn ?? 0;
    if (limit === 0 || this.timeouts < limit || this.disabled) return;
    this.disabled = true;
    this.host.log(`return service disabled after ${this.timeouts} time-outs`);
  }

  async prepare(csn: number, bytes: Buffer): Promise<"acked" | "released" | "refused" | "timeout"> {
    this.shipping = { csn, bytes };
    this.host.ship();
    const outcome = await this.waiters.until(() => {
      if (this.database.state !== "ACTIVE") return "refused";
      if (this.applied >= csn) return "acked";
      return this.mode() === "none" ? "released" : null;
    }, this.waitMs());
    if (outcome === "refused") this.shipping = null;
    if (outcome !== null) return outcome;
    this.timedOut();
    return "timeout";
  }

  async receipt(csn: number): Promise<boolean> {
    const done = (): true | null => (this.applied >= csn || this.mode() === "none" ? true : null);
    const arrived = await this.waiters.until(done, this.waitMs());
    if (arrived === null) this.timedOut();
    return arrived !== null;
  }

  localCommitOnTimeout(): boolean {
    return this.host.mine()?.localCommit === "commit";
  }
}
