/** All databases of the instance: who is loaded, by which policy, and what ttAdmin may do with them. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { databaseExists, destroyCheckpoints } from "../engine/checkpoint";
import { TransactionLog } from "../engine/log";
import type { DatabaseStatus } from "../engine/subdaemon";
import { attribute, resolveTarget, type Target } from "../shared/connstr";
import { errors, TimesTenError } from "../shared/errors";
import { socketPath, type Instance } from "../shared/instance";
import type { MessageLog } from "../shared/log";
import { Managed } from "./managed";
import { Registry, type Policies, type RamPolicy } from "./registry";

/** What ttStatus shows of one database. */
export interface DatabaseReport {
  dataStore: string;
  dsn: string;
  policies: Policies;
  loadState: string;
  status: DatabaseStatus | null;
}

export class Databases {
  private readonly all = new Map<string, Managed>();
  private readonly registry: Registry;
  private stopping = false;

  constructor(
    private readonly instance: Instance,
    private readonly log: MessageLog,
  ) {
    this.registry = new Registry(instance.home);
  }

  /** Databases of RAM policy `always` are loaded with the daemon. Manual loads do not outlive it. */
  async start(): Promise<void> {
    for (const dataStore of this.registry.paths()) {
      const policies = this.registry.get(dataStore);
      if (policies === null) continue;
      this.registry.set(dataStore, policies.dsn, { manuallyLoaded: false, repStarted: false });
      if (policies.ramPolicy !== "always") continue;
      await this.load(this.target(policies.dsn), false).catch((error: unknown) =>
        this.log("Err ", `maind: ${String(error)}`),
      );
    }
  }

  /** @throws TimesTenError when the DSN is unknown */
  target(connectionString: string): Target {
    return resolveTarget(this.instance.home, connectionString, this.instance.serverPort);
  }

  policies(target: Target): Policies {
    return this.registry.get(target.dataStore) ?? this.registry.set(target.dataStore, target.dsn, {});
  }

  private managed(target: Target): Managed {
    const { dataStore } = target;
    const known = this.all.get(dataStore);
    if (known !== undefined) return known;
    const made = new Managed(dataStore, target.dsn, {
      log: this.log,
      onReplication: running => {
        if (this.all.get(dataStore)?.state !== "unloading")
          this.registry.set(dataStore, target.dsn, { repStarted: running });
      },
      onIdle: () => this.unloadWhenUnused(dataStore),
      onExit: expected => this.exited(dataStore, expected),
    });
    this.all.set(dataStore, made);
    return made;
  }

  private unloadWhenUnused(dataStore: string): void {
    const managed = this.all.get(dataStore);
    const policies = this.registry.get(dataStore);
    if (managed === undefined || policies?.ramPolicy !== "inUse" || policies.repStarted) return;
    managed
      .unload()
      .catch((error: unknown) => this.log("Err ", `maind: unload of ${dataStore}: ${String(error)}`));
  }

  private exited(dataStore: string, expected: boolean): void {
    const policies = this.registry.get(dataStore);
    if (policies === null || this.stopping) return;
    // Who asked for an unload has said what is to be; a load may have been asked for since.
    const loaded = expected ? {} : { manuallyLoaded: false };
    this.registry.set(dataStore, policies.dsn, { ...loaded, repStarted: false });
    if (expected || policies.ramPolicy !== "always") return;
    this.load(this.target(policies.dsn), false).catch((error: unknown) =>
      this.log("Err ", `maind: reload of ${dataStore}: ${String(error)}`),
    );
  }

  /** Loads the database. @param create make it when there is none */
  async load(target: Target, create: boolean): Promise<Managed> {
    if (this.stopping) throw errors.noDaemon();
    const policies = this.policies(target);
    const managed = this.managed(target);
    // Not left to the process: who asks meanwhile, since the files have come, would share its failure.
    if (managed.state === "unloaded" && !create && !databaseExists(target.dataStore))
      throw errors.noSuchDatabase(target.dataStore);
    await managed.load({
      home: this.instance.home,
      release: this.instance.release,
      dataStore: target.dataStore,
      socket: this.socket(target),
      admin: this.instance.admin,
      host: this.instance.host,
      listen: this.instance.listen,
      attributes: target.attributes,
      create,
      open: policies.open,
      startReplication: policies.repPolicy === "always" || policies.repStarted,
    });
    return managed;
  }

  socket(target: Target): string {
    return socketPath(this.instance.home, target.database);
  }

  /**
   * A connection is wanted: loads the database where the policy says so.
   * @returns socket to connect to and a token to show there
   * @throws TimesTenError 707, 836
   */
  async connect(target: Target, administrator: boolean): Promise<{ socket: string; token: string }> {
    const policies = this.policies(target);
    const exists = databaseExists(target.dataStore);
    const managed = this.managed(target);
    if (managed.state !== "loaded" && exists && policies.ramPolicy === "manual" && !policies.manuallyLoaded)
      throw errors.manuallyUnloaded();
    const create = !exists && administrator && attribute(target.attributes, "autocreate", "1") !== "0";
    await this.load(target, create);
    return { socket: this.socket(target), token: managed.expect() };
  }

  /** ttAdmin -ramLoad. @throws TimesTenError 836 when there is no database */
  async ramLoad(target: Target, open: boolean | null): Promise<void> {
    if (!databaseExists(target.dataStore)) throw errors.noSuchDatabase(target.dataStore);
    if (this.policies(target).ramPolicy !== "manual")
      throw new TimesTenError(12021, "The RAM policy of the database is not manual");
    this.registry.set(target.dataStore, target.dsn, {
      manuallyLoaded: true,
      ...(open === null ? {} : { open }),
    });
    try {
      const managed = await this.load(target, false);
      if (open !== null) await managed.request({ op: open ? "open" : "close" }, 5000);
    } catch (error) {
      this.registry.set(target.dataStore, target.dsn, { manuallyLoaded: false });
      throw error;
    }
  }

  /** ttAdmin -ramUnload. @throws TimesTenError 12030 while anybody is connected */
  async ramUnload(target: Target): Promise<void> {
    const managed = this.managed(target);
    const status = await managed.describe();
    if (status !== null && (status.connections.length > 0 || status.replicationRunning)) throw errors.inUse();
    await managed.unload();
    this.registry.set(target.dataStore, target.dsn, { manuallyLoaded: false });
  }

  /** ttAdmin -ramPolicy */
  async ramPolicy(target: Target, ramPolicy: RamPolicy): Promise<void> {
    this.registry.set(target.dataStore, target.dsn, { ramPolicy });
    if (ramPolicy === "always") await this.load(target, false);
    const managed = this.managed(target);
    if (ramPolicy === "inUse" && managed.connections === 0) this.unloadWhenUnused(target.dataStore);
  }

  /** ttAdmin -open and -close: kept whether or not the database is loaded. */
  async setOpen(target: Target, open: boolean): Promise<void> {
    this.registry.set(target.dataStore, target.dsn, { open });
    const managed = this.managed(target);
    if (managed.state === "loaded") await managed.request({ op: open ? "open" : "close" }, 5000);
  }

  /** ttAdmin -disconnect. @throws TimesTenError when ForceDisconnectEnabled is not 1 */
  async disconnect(
    target: Target,
    urgency: "transactional" | "immediate" | "abort",
    unload: boolean,
  ): Promise<void> {
    if (attribute(target.attributes, "forcedisconnectenabled", "0") !== "1") {
      throw new TimesTenError(12334, "Force disconnect is not enabled: set ForceDisconnectEnabled=1");
    }
    const managed = this.managed(target);
    if (managed.state !== "loaded") return;
    await managed.request({ op: "disconnect", urgency }, 5000);
    if (!unload) return;
    await managed.unload();
    this.registry.set(target.dataStore, target.dsn, { manuallyLoaded: false });
  }

  /** Replication agent by ttAdmin. @throws TimesTenError 12026, 12027, 707 */
  async replication(target: Target, start: boolean): Promise<void> {
    const policies = this.policies(target);
    if (start) {
      const managed = this.managed(target);
      if (managed.state !== "loaded" && policies.ramPolicy === "manual" && !policies.manuallyLoaded)
        throw errors.manuallyUnloaded();
      await this.load(target, false);
      await managed.request({ op: "repStart" }, 10_000);
    } else {
      await this.managed(target).request({ op: "repStop" }, 10_000);
    }
  }

  setPolicies(target: Target, change: Partial<Policies>): void {
    this.registry.set(target.dataStore, target.dsn, change);
  }

  /** ttDestroy. @throws TimesTenError 12030 while loaded and in use */
  async destroy(target: Target): Promise<void> {
    const managed = this.managed(target);
    if (managed.state !== "unloaded") {
      const status = await managed.describe();
      if (status === null || status.connections.length > 0 || this.policies(target).manuallyLoaded)
        throw errors.inUse();
      await managed.unload();
    }
    if (!databaseExists(target.dataStore)) throw errors.noSuchDatabase(target.dataStore);
    destroyCheckpoints(target.dataStore);
    TransactionLog.destroy(
      join(attribute(target.attributes, "logdir", dirname(target.dataStore)), target.database),
    );
    this.registry.remove(target.dataStore);
    this.all.delete(target.dataStore);
  }

  async report(): Promise<DatabaseReport[]> {
    const paths = this.registry.paths().filter(path => databaseExists(path) || existsSync(`${path}.lock`));
    return Promise.all(
      paths.map(async dataStore => {
        const managed = this.all.get(dataStore);
        const policies = this.registry.get(dataStore);
        const status = (await managed?.describe()) ?? null;
        return {
          dataStore,
          dsn: policies?.dsn ?? "",
          policies: policies as Policies,
          loadState: managed?.state ?? "unloaded",
          status,
        };
      }),
    );
  }

  /** Port of a database's replication agent, for a peer that duplicates; 0 when it does not run. */
  async replicationPort(database: string): Promise<number> {
    const report = (await this.report()).find(
      ({ dataStore }) => dataStore.split("/").at(-1)?.toLowerCase() === database.toLowerCase(),
    );
    return report?.status?.replicationRunning === true ? report.status.replicationPort : 0;
  }

  /** Ends all databases: with a checkpoint each where that is possible. */
  async stop(): Promise<void> {
    this.stopping = true;
    for (const managed of this.all.values()) {
      const busy = (await managed.describe())?.connections.length ?? 0;
      // TimesTen invalidates databases that somebody is still connected to.
      if (busy > 0) await managed.kill();
      else await managed.unload().catch(() => managed.kill());
    }
  }
}
