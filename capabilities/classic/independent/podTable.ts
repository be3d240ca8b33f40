/** Which state follows from which finding, for the pods of independent databases. docs/independent.md explains it. */
import type { FindingName } from "./finding";

export type DatabaseState =
  | "Initializing"
  | "Normal"
  | "Down"
  | "Terminal"
  | "ManualInterventionRequired"
  | "Reexamine";

/** All of them. */
export const databaseStates: readonly DatabaseState[] = [
  "Initializing",
  "Normal",
  "Down",
  "Terminal",
  "ManualInterventionRequired",
  "Reexamine",
];

/** Commands that bring a database to where its agent opens it. */
export type Repair = "startDaemon" | "createDatabase" | "loadDatabase";

/** Either a state, or a command to be tried in the present state, and the state when it has failed for good. */
export type Cell = DatabaseState | { repair: Repair; failed: DatabaseState };

const start: Cell = { repair: "startDaemon", failed: "Terminal" };
const create: Cell = { repair: "createDatabase", failed: "Terminal" };
const load: Cell = { repair: "loadDatabase", failed: "ManualInterventionRequired" };

/**
 * The transitions, by state and finding. Terminal and ManualInterventionRequired are left by `reexamine` alone.
 * docs/independent.md explains them.
 */
export const podTable: Record<"Initializing" | "Normal" | "Down" | "Reexamine", Record<FindingName, Cell>> = {
  // Nobody counts on it yet, so there is no timeout; volumes of a former object of the name are gone on with.
  Initializing: {
    absent: "Initializing",
    silent: "Initializing",
    lost: "Initializing",
    stopping: "Initializing",
    working: "Initializing",
    unknown: "Initializing",
    noInstance: "Terminal",
    otherRelease: "ManualInterventionRequired",
    daemonDown: start,
    noDatabase: create,
    unloaded: load,
    moving: "Initializing",
    closed: "Initializing",
    replicated: "Down",
    serving: "Normal",
  },
  // A short silence or a moment without an answer changes nothing.
  Normal: {
    absent: "Down",
    silent: "Normal",
    lost: "Down",
    stopping: "Normal",
    working: "Down",
    unknown: "Normal",
    noInstance: "Terminal",
    otherRelease: "Down",
    daemonDown: "Down",
    noDatabase: "Down",
    unloaded: "Down",
    moving: "Down",
    closed: "Down",
    replicated: "Down",
    serving: "Normal",
  },
  Down: {
    absent: "Down",
    silent: "Down",
    lost: "Down",
    stopping: "Down",
    working: "Down",
    unknown: "Down",
    noInstance: "Terminal",
    otherRelease: "ManualInterventionRequired",
    daemonDown: start,
    // It existed. An empty one in its place would hide the loss: a person says so by reexamine.
    noDatabase: "Terminal",
    unloaded: load,
    moving: "Down",
    closed: "Down",
    replicated: "Down",
    serving: "Normal",
  },
  // Repairs are Down's; here it is only looked.
  Reexamine: {
    absent: "Down",
    silent: "Reexamine",
    lost: "Down",
    stopping: "Reexamine",
    working: "Down",
    unknown: "Down",
    noInstance: "Terminal",
    otherRelease: "ManualInterventionRequired",
    daemonDown: "Down",
    noDatabase: "Initializing",
    unloaded: "Down",
    moving: "Down",
    closed: "Down",
    replicated: "Down",
    serving: "Normal",
  },
};
