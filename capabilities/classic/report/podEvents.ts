/**
 * Events about what agents told, one per change and in the order of Oracle's catalogue. Every state an agent told is
 * looked at, so that nothing is missed that was over before a pass looked.
 */
import type { HighLevelState, PodStatusEntry } from "../../../generated/types";
import type { AgentState } from "../../../protocol";
import type { EventText } from "../decision";
import { isClosedByPerson } from "../decide/facts";
import type { AgentPod } from "../observation";

/** What was said last about a pod; "Unknown" where nothing was. */
export interface KnownPod {
  podUID: string | null;
  agent: string;
  release: string;
  instance: string;
  daemon: string;
  db: string;
  updatable: string;
  cacheAgent: string;
  repAgent: string;
  repScheme: string;
  repState: string;
  /** Yes: a person has closed the database. */
  closedByPerson: string;
  /** Tasks whose end has been told; null: whatever is listed first ended before anybody here listened. */
  endedTasks: string[] | null;
}

/** A person's doing, as it is told. */
export const CLOSED =
  "Database closed by a person (ttAdmin -close); it stays closed until ttAdmin -open or a change of the roles";
export const OPEN_AGAIN = "Database open to its users again";

type KnownValues = Omit<KnownPod, "podUID" | "endedTasks">;

const unknown: KnownValues = {
  agent: "Unknown",
  release: "Unknown",
  instance: "Unknown",
  daemon: "Unknown",
  db: "Unknown",
  updatable: "Unknown",
  cacheAgent: "Unknown",
  repAgent: "Unknown",
  repScheme: "Unknown",
  repState: "Unknown",
  closedByPerson: "No",
};

/** @returns what the last report in status says, for a leader that remembers nothing itself */
export function knownFromStatus(entry: PodStatusEntry | undefined): KnownPod {
  if (entry === undefined) return { podUID: null, ...unknown, endedTasks: null };
  const { podStatus, timesTenStatus, dbStatus, cacheStatus, replicationStatus } = entry;
  return {
    podUID: podStatus?.prevUID || null,
    agent: podStatus?.agent ?? "Unknown",
    release: timesTenStatus?.release ?? "Unknown",
    instance: timesTenStatus?.instance ?? "Unknown",
    daemon: timesTenStatus?.daemon ?? "Unknown",
    db: dbStatus?.db ?? "Unknown",
    updatable: dbStatus?.dbUpdatable ?? "Unknown",
    cacheAgent: cacheStatus?.cacheAgent ?? "Unknown",
    repAgent: replicationStatus?.repAgent ?? "Unknown",
    repScheme: replicationStatus?.repScheme ?? "Unknown",
    repState: replicationStatus?.repState ?? "Unknown",
    closedByPerson: dbStatus?.closedByPerson === true ? "Yes" : "No",
    endedTasks: null,
  };
}

/**
 * @param known what was said last
 * @param reported state of the object before this pass: while Initializing the expected first values are left out
 * @returns the events of this pod and what has been said now
 */
export function podEvents(
  pod: AgentPod,
  known: KnownPod,
  reported: HighLevelState,
): { events: EventText[]; known: KnownPod } {
  // Another pod of that name, or none: what was known is about a pod that is gone.
  const start = pod.uid === known.podUID ? known : { podUID: pod.uid, ...unknown, endedTasks: [] };
  const events: EventText[] = [];
  const initializing = reported === "" || reported === "Initializing";
  let now = start;
  for (const state of pod.agent.changes) {
    const next = viewOf(now, state);
    events.push(...differences(pod.name, now, next, initializing), ...failures(state, now.endedTasks));
    now = next;
  }
  if (!pod.agent.connected) now = { ...now, agent: "Unknown" };
  else if (now.agent !== "Up") {
    events.push(event(`Pod ${pod.name} Agent Up`));
    now = { ...now, agent: "Up" };
  }
  return { events, known: now };
}

/** A value that is not known for the moment is not news: the last known one stays until another comes. */
function viewOf(known: KnownPod, state: AgentState): KnownPod {
  const { timesten: view } = state;
  const settle = (before: string, value: string) => (value === "Unknown" ? before : value);
  const loaded = view.db === "Loaded";
  const ofLoaded = (before: string, value: string) => (loaded ? settle(before, value) : before);
  return {
    podUID: known.podUID,
    endedTasks: state.tasks.filter(task => task.status !== "running").map(task => task.id),
    agent: "Up",
    release: settle(known.release, view.release),
    instance: settle(known.instance, view.instance),
    daemon: settle(known.daemon, view.daemon),
    db: settle(known.db, view.db),
    updatable: ofLoaded(known.updatable, view.updatable),
    cacheAgent: ofLoaded(known.cacheAgent, view.cacheAgent),
    repAgent: ofLoaded(known.repAgent, view.repAgent),
    repScheme: ofLoaded(known.repScheme, view.repScheme),
    repState: ofLoaded(known.repState, view.repState),
    closedByPerson: isClosedByPerson(state) ? "Yes" : loaded && !view.open ? known.closedByPerson : "No",
  };
}

/** The catalogue's order. Left out while Initializing: what every new pod shows first. */
const fields: readonly {
  key: keyof KnownValues;
  text: (value: string) => string;
  expectedFirst?: readonly string[];
}[] = [
  { key: "agent", text: value => `Agent ${value}` },
  { key: "release", text: value => `Release ${value}` },
  { key: "instance", text: value => `Instance ${value}`, expectedFirst: ["Exists"] },
  { key: "daemon", text: value => `Daemon ${value}`, expectedFirst: ["Down"] },
  { key: "db", text: value => `Database ${value}`, expectedFirst: ["None"] },
  { key: "updatable", text: value => (value === "Yes" ? "Database Updatable" : "Database Not Updatable") },
  { key: "cacheAgent", text: value => `CacheAgent ${value}`, expectedFirst: ["Not Running"] },
  { key: "repAgent", text: value => `RepAgent ${value}`, expectedFirst: ["Not Running"] },
  { key: "repScheme", text: value => `RepScheme ${value}`, expectedFirst: ["None"] },
  { key: "repState", text: value => `RepState ${value}`, expectedFirst: ["IDLE"] },
  { key: "closedByPerson", text: value => value },
];

/** Closed is told; that it is open again only where its users are let in again. */
function personsEvents(name: string, { closedByPerson, repState, db }: KnownPod): EventText[] {
  if (closedByPerson === "Yes") return [event(`Pod ${name} ${CLOSED}`)];
  return db === "Loaded" && repState === "ACTIVE" ? [event(`Pod ${name} ${OPEN_AGAIN}`)] : [];
}

function differences(name: string, before: KnownPod, after: KnownPod, initializing: boolean): EventText[] {
  return fields.flatMap(({ key, text, expectedFirst }) => {
    const value = after[key];
    if (value === before[key] || value === "Unknown") return [];
    if (key === "closedByPerson") return personsEvents(name, after);
    if (initializing && before[key] === "Unknown" && expectedFirst?.includes(value)) return [];
    // A state of replication means nothing where there is no scheme.
    if (key === "repState" && after.repScheme === "None") return [];
    return [event(`Pod ${name} ${text(value)}`)];
  });
}

/** Oracle's names of the steps, in the messages about their failure. */
const stepNames: Readonly<Record<string, string>> = {
  startDaemon: "StartDaemon",
  createDatabase: "CreateDb",
  createScheme: "CreateRepScheme",
  dropScheme: "DropRepScheme",
  runEpilog: "CreateRepEpilog",
  loadDatabase: "LoadDb",
  duplicate: "Repduplicate",
  startRepAgent: "StartRepAgent",
  stopRepAgent: "StopRepAgent",
};

function failures(state: AgentState, told: readonly string[] | null): EventText[] {
  if (told === null) return [];
  return state.tasks
    .filter(task => task.status === "failed" && !told.includes(task.id))
    .map(({ verb, error }) => {
      const message = `${stepNames[verb] ?? verb} error: ${error ?? "no message"}`;
      return { type: "Warning", reason: "Error", message };
    });
}

function event(message: string): EventText {
  return { type: "Normal", reason: "StateChange", message };
}
