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
import type { PairSettings } from "../observation";

/** Oracle's defaults, seconds; values of 0 or less mean the default. */
const DEFAULTS = { pollingInterval: 5, unreachableTimeout: 30, repStateTimeout: 30, get: 60, post: 600 };

/**
 * @returns what spec and operator settings come to for a pair. The replication statement is the one in force: once
 *   made it is kept in status, whatever the builder would say now.
 */
export function pairSettings(object: TimesTenClassicObject, settings: ObjectSettings): PairSettings {
  const { ttspec } = object.spec;
  const identity = identityOf(object);
  const host = (ordinal: number) => podHost(identity, podName(identity.name, ordinal), settings);
  const longTask = positive(ttspec.agentAsyncTimeout, positive(ttspec.agentPostTimeout, DEFAULTS.post));
  return {
    dbName: databaseName(identity.name),
    repPort: repPort(object),
    repCreateStatement: object.status?.repCreateStatement || repCreateStatement(object, settings),
    hosts: [host(0), host(1)],
    unreachableTimeoutMs: positive(ttspec.unreachableTimeout, DEFAULTS.unreachableTimeout) * 1000,
    repStateTimeoutMs: positive(ttspec.repStateTimeout, DEFAULTS.repStateTimeout) * 1000,
    pollingIntervalMs: positive(ttspec.pollingInterval, DEFAULTS.pollingInterval) * 1000,
    longTaskMs: longTask * 1000,
    commandMs: positive(ttspec.agentGetTimeout, DEFAULTS.get) * 1000,
  };
}

function positive(value: number | undefined, byDefault: number): number {
  return value === undefined || value === null || value <= 0 ? byDefault : value;
}
