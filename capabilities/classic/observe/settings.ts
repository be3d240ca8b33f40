import type { TimesTenClassicObject } from "../../../generated/types";
import {
  databaseName,
  identityOf,
  podHost,
  podName,
  repCreateStatement,
  repPort,
  type ObjectSettings,
} from "../../objects";
import { DEFAULT_LEASE_MS, LEASE_BOUNDS_MS } from "../../../protocol";
import type { PairSettings } from "../observation";

/** Oracle's defaults, seconds; values of 0 or less mean the default. */
const DEFAULTS = {
  pollingInterval: 5,
  unreachableTimeout: 30,
  repStateTimeout: 30,
  get: 60,
  post: 600,
  upgradeDownPod: 600,
};

/**
 * @returns what spec and operator settings come to for a pair. The replication statement is the one in force: once
 *   made it is kept in status, whatever the builder would say now.
 */
export function pairSettings(object: TimesTenClassicObject, settings: ObjectSettings): PairSettings {
  const { ttspec } = object.spec;
  const identity = identityOf(object);
  const host = (ordinal: number) => podHost(identity, podName(identity.name, ordinal), settings);
  const longTask = positive(ttspec.agentAsyncTimeout, limit(ttspec.agentPostTimeout, DEFAULTS.post));
  return {
    dbName: databaseName(identity.name),
    repPort: repPort(object),
    repCreateStatement: object.status?.repCreateStatement || repCreateStatement(object, settings),
    hosts: [host(0), host(1)],
    unreachableTimeoutMs: positive(ttspec.unreachableTimeout, DEFAULTS.unreachableTimeout) * 1000,
    writerSilenceMs: positive(ttspec.unreachableTimeout, 0) * 1000,
    leaseMs: leaseMs(ttspec.writePermissionSeconds),
    repStateTimeoutMs: positive(ttspec.repStateTimeout, DEFAULTS.repStateTimeout) * 1000,
    pollingIntervalMs: positive(ttspec.pollingInterval, DEFAULTS.pollingInterval) * 1000,
    longTaskMs: longTask * 1000,
    commandMs: limit(ttspec.agentGetTimeout, DEFAULTS.get) * 1000,
    upgradeDownPodTimeoutMs: (ttspec.upgradeDownPodTimeout ?? DEFAULTS.upgradeDownPod) * 1000,
  };
}

/** "0: no limit" is a deadline of three weeks: more than any task takes, and within what a timer can hold. */
const NO_LIMIT_SECONDS = 21 * 24 * 3600;

/** @returns seconds of a timeout for which 0 means that there is none */
function limit(value: number | undefined, byDefault: number): number {
  return value === 0 ? NO_LIMIT_SECONDS : positive(value, byDefault);
}

function positive(value: number | undefined, byDefault: number): number {
  return value === undefined || value === null || value <= 0 ? byDefault : value;
}

/** Bounded as the schema bounds it: an object may be older than the schema. */
function leaseMs(seconds: number | undefined): number {
  const { min, max } = LEASE_BOUNDS_MS;
  return Math.min(max, Math.max(min, Math.round(positive(seconds, DEFAULT_LEASE_MS / 1000) * 1000)));
}
