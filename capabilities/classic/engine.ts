/**
 * The engine: everything that keeps TimesTenClassic objects as they should be, over ports only. News of any kind
 * enqueues a key; one pass per key observes, decides, records, acts and reports (docs/states.md).
 */
import type { AgentCredentials, ObjectSettings } from "../objects";
import type { World } from "../runtime/ports";

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
}

export class Engine {
  readonly #world: World;
  readonly #settings: EngineSettings;

  constructor(world: World, settings: EngineSettings) {
    this.#world = world;
    this.#settings = settings;
  }

  /** Begins to watch and to compete for the leader lease; never throws, goes on until `stop`. */
  start(): void {
    this.#world.log.info("engine starts", { operator: this.#settings.operatorName });
  }

  /** Ends passes, sessions and watches and gives the leader lease back. */
  async stop(): Promise<void> {
    this.#world.log.info("engine stopped");
  }

  /** Something may have happened to this object: look at it. */
  enqueue(_namespace: string, _name: string): void {
    // Filled in with the passes.
  }
}
