/** The policy block that ttAdmin prints after every call. */

export interface Policies {
  /** manual, always, inUse, enduring; null when the block does not say. */
  ramPolicy: string | null;
  manuallyLoaded: boolean | null;
  /** User connections are allowed. */
  open: boolean | null;
}

/** @returns what the block says; all null for anything else. Never throws. */
export function parsePolicies(output: string): Policies {
  const value = (label: string) => new RegExp(`^${label}\\s*:\\s*(\\S+)`, "im").exec(output)?.[1] ?? null;
  const loaded = value("Manually Loaded In RAM");
  const state = value("Database State");
  return {
    ramPolicy: value("RAM Residence Policy"),
    manuallyLoaded: loaded === null ? null : loaded.toLowerCase() === "true",
    open: state === null ? null : state.toLowerCase() === "open",
  };
}
