/**
 * What this agent and the other pod's agent have to do with each other: the writer asks, the standby grants (rules
 * A5, A6), the one that leaves says so (A8), and each hears how the other is.
 */
import {
  timingFor,
  type Clocks,
  type PeerAnswer,
  type PeerDigest,
  type PeerRequest,
  type PeerView,
  type PermissionRecord,
  type Permit,
  type Proof,
} from "../../protocol";
import { clocksOf } from "../clocks";
import type { Clock, Log, PeerLink, PeerPort, PeerSessions } from "../ports";
import { LastGrant, RateComparison, standbyOf, whyNoGrant } from "./granting";

/** How many requests may be on their way. */
const PENDING = 16;
/** An agent that cannot be reached for so long counts as gone where that costs nothing but a rebuild, ms. */
const GONE_MS = 2_000;
/** How many ended lives of the other pod's database are remembered. */
const WITNESSED = 4;

/** What peering looks at in the agent. */
export interface PeeringView {
  record: PermissionRecord | null;
  boot: string | null;
  soloed: number;
  left: number;
  /** This life asks its standby for leave to write. */
  asks: boolean;
  /** n of the Pair on whose grants the permission in force rests; 0: on none. */
  permitN: number;
}

export interface PeeringOptions {
  clock: Clock;
  peer: PeerPort;
  log: Log;
  self: { podUID: string; objectUID: string };
  /** @returns a fresh id for a request */
  newId: () => string;
  view: () => PeeringView;
  digest: () => PeerDigest;
  /** A grant that counts: the permission it gives. */
  onGrant: (permit: Permit) => void;
  /** The standby of Pair n left and told this life to go on alone. */
  onSolo: (n: number) => void;
  /** Something in what `peer` or `waited` say has changed. */
  onChange: () => void;
}

export class Peering implements PeerSessions {
  readonly #o: PeeringOptions;
  readonly #links = new Set<PeerLink>();
  readonly #pending = new Map<string, { n: number; boot: string; sentAt: Clocks }>();
  readonly #rates = new RateComparison();
  readonly #lastGrant: LastGrant;
  #soloAsked: { link: PeerLink; n: number; boot: string } | null = null;
  #leaving: { n: number; boot: string; taken: () => void } | null = null;
  #isLeaving = false;
  #connected = false;
  #apartSinceMs: number;
  #digest: PeerDigest | null = null;
  #witnessed: PeerView["witnessed"] = [];
  #told = "";
  #lastNo = "";
  #cancelAsk: (() => void) | null = null;
  #cancelWait: (() => void) | null = null;

  constructor(options: PeeringOptions) {
    this.#o = options;
    this.#lastGrant = new LastGrant(clocksOf(options.clock));
    this.#apartSinceMs = options.clock.monotonicMs();
  }

  /** Begins to dial. */
  start(): void {
    this.#o.peer.start({
      onOpen: () => {
        this.#connected = true;
        this.#pending.clear();
        this.#sendSolo();
        this.#ask();
        this.#o.onChange();
      },
      onMessage: message => this.#answered(message),
      onClose: reason => {
        if (this.#connected) this.#apartSinceMs = this.#o.clock.monotonicMs();
        this.#connected = false;
        this.#o.log.info("the other agent is not connected", { reason });
        this.#o.onChange();
      },
      onWitness: over => {
        if (this.#witnessed.some(one => one.boot === over.boot)) return;
        this.#witnessed = [over, ...this.#witnessed].slice(0, WITNESSED);
        this.#o.onChange();
      },
    });
  }

  stop(): void {
    this.#cancelAsk?.();
    this.#cancelWait?.();
    this.#o.peer.stop();
    for (const link of this.#links) link.close();
  }

  /** A newer record is obeyed from now on. */
  obey(record: PermissionRecord): void {
    this.#lastGrant.obey(record);
    this.#pending.clear();
  }

  /**
   * Something may have changed: ask if there is something to ask for, tell the other, wake when W is over.
   * @param isNews the agent's state is another than before, and with it perhaps the digest
   */
  poke(isNews: boolean): void {
    const { asks, soloed } = this.#o.view();
    if (asks && this.#cancelAsk === null) this.#ask();
    if (isNews) this.#tellDigest();
    const asked = this.#soloAsked;
    if (asked !== null && soloed >= asked.n) {
      this.#soloAsked = null;
      asked.link.send({ type: "soloTaken", n: asked.n, boot: asked.boot });
    }
    this.#armWait();
  }

  peer(): PeerView {
    return { connected: this.#connected, digest: this.#digest, witnessed: this.#witnessed };
  }

  /** @returns whether the other pod's agent leaves, or could not be reached for some time */
  isGone(): boolean {
    if (this.#connected) return this.#digest?.stopping === true;
    return this.#o.clock.monotonicMs() - this.#apartSinceMs >= GONE_MS;
  }

  digest(): PeerDigest {
    return this.#o.digest();
  }

  /** @returns the Pair for which W is over since the last grant, and nobody can write by it; 0 for none */
  waitedFor(): number {
    const { record, left } = this.#o.view();
    const p = standbyOf(record, this.#o.self.podUID);
    if (p === 0 || left === p || this.whyNoWaiting() !== null) return 0;
    return this.#lastGrant.leftMs(clocksOf(this.#o.clock)) === 0 ? p : 0;
  }

  /** @returns why no promise may rest on waiting, or null */
  whyNoWaiting(): string | null {
    return this.#rates.whyNoWaiting();
  }

  /** @returns what the other agent and its witness said themselves about lives of its database that cannot write */
  proofs(below: number): Proof[] {
    const digest = this.#digest;
    const proofs: Proof[] = this.#witnessed.map(({ podUID, boot }) => ({
      kind: "over",
      podUID,
      boot,
      containerID: null,
      by: "the witness in that Pod says that no process of this life is left",
    }));
    if (digest === null) return proofs;
    const { podUID, podName, boot, endedBoots, permission } = digest;
    // A successor on the same volume saw no processes of another Pod: only what it says of its own counts here.
    const known = endedBoots.filter(({ how, podUID: of }) => of === podUID || how !== "container restarted");
    for (const ended of known) {
      const by = `the agent of ${podName} says that this life ended (${ended.how})`;
      const of = ended.podUID === "" ? podUID : ended.podUID;
      proofs.push({ kind: "over", podUID: of, boot: ended.boot, containerID: null, by });
    }
    if (boot !== null && permission.closed && permission.obeyedN > below) {
      const by = `the agent of ${podName} obeys record ${permission.obeyedN} and says that its database is closed`;
      proofs.push({ kind: "fenced", podUID, boot, containerID: null, by });
    }
    return proofs;
  }

  /**
   * A8: this standby has left Pair n (it is on its disk); tells the writer until it answers.
   * @returns when the writer has taken it
   */
  leave(n: number, boot: string): Promise<void> {
    this.#isLeaving = true;
    return new Promise(resolve => {
      this.#leaving = { n, boot, taken: resolve };
      this.#sendSolo();
    });
  }

  /** From now on nothing is granted any more. */
  refuseGrants(): void {
    this.#isLeaving = true;
  }

  // --- sessions that the other agent dialled -----------------------------------------------------------------

  onPeerConnect(link: PeerLink): void {
    this.#links.add(link);
  }

  onPeerDisconnect(link: PeerLink): void {
    this.#links.delete(link);
    if (this.#soloAsked?.link === link) this.#soloAsked = null;
  }

  onPeerMessage(link: PeerLink, message: PeerRequest): void {
    switch (message.type) {
      case "request":
        this.#request(link, message);
        return;
      case "solo":
        this.#solo(link, message.n, message.boot);
        return;
      case "ping":
        link.send({ type: "pong", t: message.t });
        return;
      case "peerHello":
      case "pong":
        return;
    }
  }

  #request(link: PeerLink, message: PeerRequest & { type: "request" }): void {
    const now = clocksOf(this.#o.clock);
    this.#rates.add(message.clocks, now);
    const { record, left } = this.#o.view();
    const reason = whyNoGrant({ ...this.#o.self, record, left, leaving: this.#isLeaving }, message);
    if (reason !== null) {
      link.send({ type: "no", id: message.id, reason });
      return;
    }
    const waited = this.waitedFor() > 0;
    // Before it is sent: whatever becomes of the answer, this agent waits from here.
    this.#lastGrant.grant(now, message.leaseMs, message.guardMs);
    link.send({ type: "grant", n: message.n, boot: message.boot, id: message.id, clocks: now });
    this.#armWait();
    if (waited) this.#o.onChange();
  }

  #solo(link: PeerLink, n: number, boot: string): void {
    const { record, boot: mine, soloed } = this.#o.view();
    const fits = record?.n === n && record.mode === "Pair" && mine === boot && record.writer.boot === boot;
    if (!fits) return;
    if (soloed >= n) {
      link.send({ type: "soloTaken", n, boot });
      return;
    }
    this.#soloAsked = { link, n, boot };
    this.#o.onSolo(n);
  }

  #tellDigest(): void {
    if (this.#links.size === 0) return;
    const digest = this.#o.digest();
    const content = JSON.stringify(digest);
    if (content === this.#told) return;
    this.#told = content;
    for (const link of this.#links) link.send({ type: "digest", digest });
  }

  // --- the session that we dialled -----------------------------------------------------------------------------

  #ask(): void {
    this.#cancelAsk?.();
    this.#cancelAsk = null;
    const { record, boot, asks } = this.#o.view();
    if (!asks || record === null || boot === null) return;
    const { leaseMs, guardMs, heartbeatMs } = timingFor(record.leaseMs);
    this.#cancelAsk = this.#o.clock.setTimer(heartbeatMs, () => this.#ask());
    const id = this.#o.newId();
    const sentAt = clocksOf(this.#o.clock);
    if (!this.#o.peer.send({ type: "request", n: record.n, boot, id, leaseMs, guardMs, clocks: sentAt }))
      return;
    this.#pending.set(id, { n: record.n, boot, sentAt });
    const [oldest] = this.#pending.keys();
    if (this.#pending.size > PENDING && oldest !== undefined) this.#pending.delete(oldest);
  }

  #answered(message: PeerAnswer): void {
    switch (message.type) {
      case "peerWelcome":
      case "digest":
        this.#hear(message.digest);
        return;
      case "grant":
        this.#granted(message);
        return;
      case "no":
        if (this.#pending.delete(message.id) && message.reason !== this.#lastNo) {
          this.#lastNo = message.reason;
          this.#o.log.info("no leave to write", { reason: message.reason });
        }
        return;
      case "soloTaken":
        if (this.#leaving?.n === message.n && this.#leaving.boot === message.boot) this.#leaving.taken();
        return;
      case "ping":
        this.#o.peer.send({ type: "pong", t: message.t });
        return;
      case "pong":
      case "bye":
        return;
    }
  }

  #hear(digest: PeerDigest): void {
    this.#digest = digest;
    const { asks, record, permitN } = this.#o.view();
    // It just came to know the record for which leave is wanted.
    if (asks && permitN !== record?.n && digest.permission.obeyedN === record?.n) this.#ask();
    this.#o.onChange();
  }

  /** Counted from the moment the request was sent; an answer to anything else is nothing. */
  #granted(message: PeerAnswer & { type: "grant" }): void {
    const request = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    const { record, boot, asks } = this.#o.view();
    if (request === undefined || record === null || !asks) return;
    if (message.n !== record.n || request.n !== record.n || message.boot !== boot || request.boot !== boot)
      return;
    this.#rates.add(message.clocks, clocksOf(this.#o.clock));
    this.#lastNo = "";
    const { leaseMs, closingMs } = timingFor(record.leaseMs);
    const { monotonicMs, boottimeMs } = request.sentAt;
    const until = { monotonicMs: monotonicMs + leaseMs, boottimeMs: boottimeMs + leaseMs };
    this.#o.onGrant({ boot, n: record.n, until, closingMs });
  }

  #sendSolo(): void {
    const leaving = this.#leaving;
    if (leaving !== null) this.#o.peer.send({ type: "solo", n: leaving.n, boot: leaving.boot });
  }

  #armWait(): void {
    if (this.#cancelWait !== null || standbyOf(this.#o.view().record, this.#o.self.podUID) === 0) return;
    const left = this.#lastGrant.leftMs(clocksOf(this.#o.clock));
    if (left === 0) return;
    this.#cancelWait = this.#o.clock.setTimer(left + 1, () => {
      this.#cancelWait = null;
      if (this.waitedFor() > 0) this.#o.onChange();
      else this.#armWait();
    });
  }
}
