/**
 * The engine: everything that keeps TimesTenClassic objects as they should be, over ports only. News of any kind
 * enqueues a key; one pass per key observes, decides, records, acts and reports (docs/states.md).
 */
import type { LastFailover } from "../../generated/types";
import type { AgentCredentials, ObjectSettings } from "../objects";
import { LEADER_LEASE_NAME, LeaderLease } from "../runtime/lease";
import type { World } from "../runtime/ports";
import { defaultQueueOptions, WorkQueue, type PassResult } from "../runtime/queue";
import { PairMemory } from "./observe/memory";
import { runPass, type PassContext } from "./pass";
import { listenOnly } from "./spare";
import { EventWriter } from "./report/eventWriter";
import { Surroundings } from "./surroundings";

export interface EngineSettings {
  /** Name of this operator's Pod: identity in the leader lease, reporter of Events. */
  operatorName: string;
  /** Namespace of the leader lease. */
  operatorNamespace: string;
  /** Namespaces to manage; empty: all. */
  namespaces: readonly string[];
  objects: ObjectSettings;
  /**
   * Makes the certificates and the password of a new pair.
   * @param dnsName the wildcard name for the agents' certificate
   */
  newCredentials: (dnsName: string) => Promise<AgentCredentials>;
  /** Told of each change of the active that this replica saw through to a redundant pair. */
  onFailover?: (failover: LastFailover) => void;
}

/** This replica may not act (any more): the pass ends, the next leader's begins. */
export class NotLeading extends Error {
  constructor() {
    super("this replica does not lead");
    this.name = "NotLeading";
  }
}

export class Engine {
  readonly #world: World;
  readonly #settings: EngineSettings;
  readonly #lease: LeaderLease;
  readonly #queue: WorkQueue;
  readonly #around: Surroundings;
  readonly #events: EventWriter;
  readonly #memories = new Map<string, PairMemory>();
  #running = false;
  #synced = false;

  constructor(world: World, settings: EngineSettings) {
    this.#world = world;
    this.#settings = settings;
    const { operatorName, operatorNamespace, namespaces, objects } = settings;
    this.#lease = new LeaderLease({
      ...world,
      namespace: operatorNamespace,
      name: LEADER_LEASE_NAME,
      identity: operatorName,
    });
    this.#queue = new WorkQueue((key, signal) => this.#pass(key, signal), {
      ...defaultQueueOptions,
      ...world,
    });
    this.#events = new EventWriter({ ...world, reporter: operatorName });
    this.#around = new Surroundings({
      world,
      namespaces,
      operatorName,
      objects,
      onNews: key => this.#queue.add(key),
      onPod: (key, pod) => this.#memories.get(key)?.seePod(pod, world.clock.nowMs()),
    });
    this.#lease.onChange(() => this.#enqueueAll());
  }

  /** Begins to watch and to compete for the leader lease; never throws, goes on until `stop`. */
  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#world.log.info("engine starts", { operator: this.#settings.operatorName });
    this.#around.start();
    this.#lease.start();
    void this.#around.whenSynced().then(() => {
      this.#synced = true;
      this.#enqueueAll();
    });
  }

  /** Ends passes, sessions and watches and gives the leader lease back. */
  async stop(): Promise<void> {
    if (!this.#running) return;
    this.#running = false;
    await this.#queue.stop();
    this.#events.stop();
    this.#around.stop();
    await this.#lease.stop();
    this.#world.log.info("engine stopped");
  }

  /** Something may have happened to this object: look at it. */
  enqueue(namespace: string, name: string): void {
    this.#queue.add(`${namespace}/${name}`);
  }

  #enqueueAll(): void {
    for (const key of this.#around.keys()) this.#queue.add(key);
  }

  /** Before the caches are filled nothing is done, without the lead it is only listened: both enqueue everything when they come. */
  async #pass(key: string, signal: AbortSignal): Promise<PassResult> {
    if (!this.#synced) return {};
    if (!this.#lease.isLeader()) return listenOnly(this.#context(signal), key);
    try {
      return await runPass(this.#context(signal), key);
    } catch (error) {
      if (error instanceof NotLeading) return {};
      throw error;
    }
  }

  #context(signal: AbortSignal): PassContext {
    const { clock, kube, log } = this.#world;
    const { objects: settings, newCredentials, operatorName, onFailover } = this.#settings;
    const mayAct = (): void => {
      if (signal.aborted) throw signal.reason;
      if (!this.#lease.isLeader()) throw new NotLeading();
    };
    return {
      world: this.#world,
      executor: { kube, log, settings, newCredentials, nowMs: () => clock.nowMs(), mayAct },
      around: this.#around,
      events: this.#events,
      operatorName,
      memoryOf: (key, objectUID) => this.#memoryOf(key, objectUID),
      forget: key => this.#forget(key),
      enqueue: key => this.#queue.add(key),
      onFailover: onFailover ?? (() => undefined),
    };
  }

  #memoryOf(key: string, objectUID: string): PairMemory {
    const known = this.#memories.get(key);
    if (known?.objectUID === objectUID) return known;
    if (known !== undefined) this.#around.forget(known);
    const fresh = new PairMemory(objectUID, this.#world.clock.nowMs());
    this.#memories.set(key, fresh);
    return fresh;
  }

  #forget(key: string): void {
    const known = this.#memories.get(key);
    if (known !== undefined) this.#around.forget(known);
    this.#memories.delete(key);
    this.#queue.forget(key);
  }
}
