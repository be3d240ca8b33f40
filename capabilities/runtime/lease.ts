/**
 * Which of the operator's replicas acts: a coordination.k8s.io Lease, held by renewing it. It spares work done
 * twice; it protects nothing: every write carries its own precondition, and a stale leader can do no harm.
 *
 * No wall clocks are compared. A candidate takes a lease over only after it has itself seen one unchanged version
 * for a whole lease duration; a holder trusts itself only for two thirds of it, from the start of the last renewal.
 */
import type { Clock, KubeApi, KubeObject, Log } from "./ports";
import { leases } from "./kube/resources";
import { beforeDeadline } from "./deadline";

export interface LeaseObject extends KubeObject {
  spec?: {
    holderIdentity?: string | null;
    leaseDurationSeconds?: number | null;
    acquireTime?: string | null;
    renewTime?: string | null;
    leaseTransitions?: number | null;
  };
}

export interface LeaderLeaseOptions {
  clock: Clock;
  kube: KubeApi;
  log: Log;
  namespace: string;
  /** Name of the Lease. */
  name: string;
  /** Unique per replica: its pod's name. The same name again (a restarted container) goes on holding. */
  identity: string;
  leaseMs?: number | undefined;
  /** One attempt is no longer waited for after this long, ms; it may still succeed. */
  attemptMs?: number | undefined;
  /** Between two attempts, ms. */
  retryMs?: number | undefined;
}

export const LEADER_LEASE_NAME = "timesten-operator";
export const LEASE_MS = 4_000;
export const ATTEMPT_MS = 1_000;
export const RETRY_MS = 500;
/** Writes of which the outcome may still be open. */
const MAX_WRITTEN = 8;

/** What this replica has seen of the Lease: since when, on its own clock, it has not changed. */
interface Seen {
  version: string | undefined;
  sinceMs: number;
  durationMs: number;
}

export class LeaderLease {
  readonly #o: LeaderLeaseOptions;
  readonly #leaseMs: number;
  readonly #attemptMs: number;
  readonly #retryMs: number;
  readonly #listeners = new Set<(leader: boolean) => void>();
  #running = false;
  #attempt: Promise<void> = Promise.resolve();
  #cancelNext: () => void = () => undefined;
  #cancelExpiry: () => void = () => undefined;
  /** Monotonic ms until which this replica trusts itself; -Infinity while it does not hold. */
  #trustedUntilMs = -Infinity;
  #told = false;
  #seen: Seen | null = null;
  #lease: LeaseObject | null = null;
  /** Our last writes: each recognisable by its renewTime. */
  readonly #written: { renewTime: string; startMs: number }[] = [];
  #writes = 0;
  /** The last write has not been answered: the Lease may be newer than we know. */
  #unsure = false;
  #failing = false;

  constructor(options: LeaderLeaseOptions) {
    this.#o = options;
    this.#leaseMs = options.leaseMs ?? LEASE_MS;
    this.#attemptMs = options.attemptMs ?? ATTEMPT_MS;
    this.#retryMs = options.retryMs ?? RETRY_MS;
  }

  /** Begins to try; never throws, goes on until `stop`. */
  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#try();
  }

  /** Stops acting at once, then gives the lease back so that another need not wait; ends within two attempts. */
  async stop(): Promise<void> {
    if (!this.#running) return;
    const held = this.isLeader();
    this.#running = false;
    this.#cancelNext();
    this.#distrust();
    await this.#attempt;
    if (held) await this.#release();
  }

  /** Whether this replica may act now. Ask before every effect. */
  isLeader(): boolean {
    return this.#running && this.#o.clock.monotonicMs() < this.#trustedUntilMs;
  }

  /** @returns the identity last seen in the Lease, or null */
  holder(): string | null {
    return this.#lease?.spec?.holderIdentity || null;
  }

  /** Called with every change of `isLeader`. @returns a function that ends it */
  onChange(listener: (leader: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #try(): void {
    const { clock, log, name, namespace } = this.#o;
    const startMs = clock.monotonicMs();
    this.#attempt = beforeDeadline(clock, this.#attemptMs, this.#acquireOrRenew(startMs))
      .then(
        () => {
          this.#failing = false;
        },
        (error: unknown) => {
          // One line per trouble, not one per attempt.
          log[this.#failing ? "debug" : "warn"]("leader lease not renewed", { name, namespace, error });
          this.#failing = true;
        },
      )
      .then(() => {
        if (!this.#running) return;
        const waitMs = Math.max(0, this.#retryMs - (clock.monotonicMs() - startMs));
        this.#cancelNext = clock.setTimer(waitMs, () => this.#try());
      });
  }

  async #acquireOrRenew(startMs: number): Promise<void> {
    const known = this.#trustedUntilMs > startMs && !this.#unsure;
    const current = known ? this.#lease : await this.#read();
    if (!this.#running) return;
    if (current === null) {
      await this.#write(startMs, lease => this.#o.kube.create(leases, lease), this.#claim(null));
    } else if (this.#isOurs(current) || this.#isFree(current)) {
      await this.#write(startMs, lease => this.#o.kube.replace(leases, lease), this.#claim(current));
    }
  }

  async #read(): Promise<LeaseObject | null> {
    const lease = await this.#o.kube.get<LeaseObject>(leases, this.#o.namespace, this.#o.name);
    this.#lease = lease;
    this.#unsure = false;
    if (lease === null || !this.#isOurs(lease)) this.#distrust();
    else this.#adopt(lease);
    const version = lease?.metadata.resourceVersion;
    if (lease === null) this.#seen = null;
    else if (this.#seen === null || this.#seen.version !== version) {
      const durationMs = (lease.spec?.leaseDurationSeconds ?? 0) * 1_000;
      this.#seen = { version, sinceMs: this.#o.clock.monotonicMs(), durationMs };
    }
    return lease;
  }

  #isOurs(lease: LeaseObject): boolean {
    return lease.spec?.holderIdentity === this.#o.identity;
  }

  #isFree(lease: LeaseObject): boolean {
    if (!lease.spec?.holderIdentity) return true;
    if (this.#seen === null) return false;
    // A holder with another setting is given its own duration, never less than ours.
    const durationMs = Math.max(this.#leaseMs, this.#seen.durationMs);
    return this.#o.clock.monotonicMs() - this.#seen.sinceMs >= durationMs;
  }

  #claim(current: LeaseObject | null): LeaseObject {
    const { clock, namespace, name, identity } = this.#o;
    const now = microTime(clock.nowMs(), this.#writes++);
    const renewing = current !== null && this.#isOurs(current);
    const transitions = current?.spec?.leaseTransitions ?? 0;
    return {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: current?.metadata ?? { name, namespace },
      spec: {
        holderIdentity: identity,
        leaseDurationSeconds: Math.ceil(this.#leaseMs / 1_000),
        acquireTime: (renewing ? current.spec?.acquireTime : null) ?? now,
        renewTime: now,
        leaseTransitions: current === null ? 0 : renewing ? transitions : transitions + 1,
      },
    };
  }

  async #write(
    startMs: number,
    write: (lease: LeaseObject) => Promise<LeaseObject>,
    lease: LeaseObject,
  ): Promise<void> {
    this.#written.push({ renewTime: lease.spec?.renewTime ?? "", startMs });
    if (this.#written.length > MAX_WRITTEN) this.#written.shift();
    this.#unsure = true;
    try {
      this.#lease = await write(lease);
      this.#unsure = false;
    } catch (error) {
      // Whether it took effect is not known, or another was quicker: look.
      await this.#read();
      if (!this.isLeader()) throw error;
      return;
    }
    if (this.#running) this.#trust(startMs);
  }

  /** A write without an answer may have taken effect: then the Lease shows it, and it counts from when it began. */
  #adopt(lease: LeaseObject): void {
    const written = this.#written.find(one => one.renewTime === lease.spec?.renewTime);
    if (written !== undefined && this.#running) this.#trust(written.startMs);
  }

  #trust(startMs: number): void {
    const { clock } = this.#o;
    this.#trustedUntilMs = Math.max(this.#trustedUntilMs, startMs + (this.#leaseMs * 2) / 3);
    this.#cancelExpiry();
    const leftMs = this.#trustedUntilMs - clock.monotonicMs();
    if (leftMs > 0) this.#cancelExpiry = clock.setTimer(leftMs, () => this.#distrust());
    this.#tell();
  }

  #distrust(): void {
    this.#cancelExpiry();
    this.#trustedUntilMs = -Infinity;
    this.#tell();
  }

  #tell(): void {
    const leader = this.isLeader();
    if (leader === this.#told) return;
    this.#told = leader;
    this.#o.log.info(leader ? "leading" : "no longer leading", { identity: this.#o.identity });
    for (const listener of [...this.#listeners]) listener(leader);
  }

  async #release(): Promise<void> {
    const { clock, kube, log } = this.#o;
    const lease = this.#lease;
    if (lease === null || !this.#isOurs(lease)) return;
    const now = microTime(clock.nowMs());
    const released = { ...lease, spec: { ...lease.spec, holderIdentity: "", renewTime: now } };
    try {
      this.#lease = await beforeDeadline(clock, this.#attemptMs, kube.replace(leases, released));
    } catch (error) {
      log.warn("leader lease not released", { error });
    }
  }
}

/**
 * @param serial told in the microseconds, which no clock here counts, so that two writes never carry the same time
 * @returns RFC 3339 with microseconds, as Kubernetes' MicroTime is written
 */
export function microTime(epochMs: number, serial = 0): string {
  const micros = String(serial % 1_000).padStart(3, "0");
  return new Date(epochMs).toISOString().replace("Z", `${micros}Z`);
}
