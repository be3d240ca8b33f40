/** What the daemon remembers about databases across restarts: policies and whether users may connect. */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export type RamPolicy = "inUse" | "manual" | "always";
export type AgentPolicy = "manual" | "always" | "norestart";

/** One database's policies. */
export interface Policies {
  dsn: string;
  ramPolicy: RamPolicy;
  manuallyLoaded: boolean;
  repPolicy: AgentPolicy;
  repStarted: boolean;
  cachePolicy: AgentPolicy;
  cacheUser: string | null;
  open: boolean;
}

/** @returns the policies of a database nobody has set any for */
export function defaultPolicies(dsn: string): Policies {
  return {
    dsn,
    ramPolicy: "inUse",
    manuallyLoaded: false,
    repPolicy: "manual",
    repStarted: false,
    cachePolicy: "manual",
    cacheUser: null,
    open: true,
  };
}

/** Policies by data store path, in info/databases.json. */
export class Registry {
  private readonly file: string;
  private readonly policies: Record<string, Policies>;

  constructor(home: string) {
    this.file = join(home, "info", "databases.json");
    this.policies = existsSync(this.file)
      ? (JSON.parse(readFileSync(this.file, "utf8")) as Record<string, Policies>)
      : {};
  }

  paths(): string[] {
    return Object.keys(this.policies);
  }

  get(dataStore: string): Policies | null {
    return this.policies[dataStore] ?? null;
  }

  /** Changes policies of a database, known or new, and saves them. */
  set(dataStore: string, dsn: string, change: Partial<Policies>): Policies {
    const next = { ...(this.policies[dataStore] ?? defaultPolicies(dsn)), ...change };
    this.policies[dataStore] = next;
    this.save();
    return next;
  }

  remove(dataStore: string): void {
    delete this.policies[dataStore];
    this.save();
  }

  private save(): void {
    writeFileSync(`${this.file}.tmp`, JSON.stringify(this.policies, null, 2), { mode: 0o600 });
    renameSync(`${this.file}.tmp`, this.file);
  }
}
