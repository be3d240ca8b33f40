/** Which commands an agent takes up, and what each does. Pure refusals first; the doing is the driver's. */
import { namesAsWriter, type Command, type PermissionRecord, type TimesTenView } from "../../protocol";
import type { TimesTen } from "../ports";

/** What a command is checked against. */
export interface CommandContext {
  podUID: string;
  objectUID: string;
  /** Highest record number obeyed; 0 before the first. */
  obeyedN: number;
  record: PermissionRecord | null;
  boot: string | null;
  view: TimesTenView;
  stopping: boolean;
}

/**
 * @returns why the command is not taken up, or null when it is
 */
export function whyRefused(command: Command, c: CommandContext): string | null {
  if (c.stopping) return "this agent is shutting down";
  if (command.n < c.obeyedN) return `the command knows record ${command.n}, this agent obeys ${c.obeyedN}`;
  if (command.boot !== null && command.boot !== c.boot) {
    return `the command is meant for boot ${command.boot}, the database's is ${c.boot ?? "none"}`;
  }
  switch (command.verb) {
    case "duplicate":
      return whyNotDuplicate(command.n, c);
    case "createDatabase":
      return c.view.db === "None" ? null : `there is a database already (${c.view.db})`;
    case "loadDatabase":
      return c.view.db === "Unloaded" ? null : `the database is ${c.view.db}, not Unloaded`;
    case "startRepAgent":
      return whyNotReplicate(c);
    case "dropScheme":
      return whyNotDrop(c);
    case "startDaemon":
    case "createScheme":
    case "runEpilog":
    case "stopRepAgent":
      return null;
  }
}

/**
 * In a Pair only the two that it names replicate: a successor of the standby's Pod has its host name, and would
 * acknowledge commits in the place of the copy that may be promoted.
 */
function whyNotReplicate({ record, podUID }: CommandContext): string | null {
  if (record?.mode !== "Pair" || record.standby === podUID || record.writer.podUID === podUID) return null;
  return `record ${record.n} is a Pair of two other Pods`;
}

/** Without its scheme a database that is open takes commits of anybody: only one that is closed, and is to go on alone. */
function whyNotDrop({ record, podUID, boot, view }: CommandContext): string | null {
  if (record?.mode !== "Solo" || !namesAsWriter(record, podUID, boot))
    return "no Solo names this life of the database";
  return view.repState === "IDLE" && !view.open ? null : "the database has a role, or is open";
}

/** The one command that destroys: never of the pod that may write, never without knowing who else has the data. */
function whyNotDuplicate(n: number, c: CommandContext): string | null {
  const record = c.record;
  if (record === null || record.objectUID !== c.objectUID)
    return "no record says that another database has the data";
  if (record.n !== n) return `the command knows record ${n}, this agent obeys ${record.n}`;
  if (record.mode !== "Solo") return `record ${n} is ${record.mode}, not Solo`;
  if (record.writer.podUID === c.podUID) return `record ${n} names this pod as the writer`;
  return null;
}

/**
 * Carries out an accepted command.
 * @throws what the driver throws: TimesTen's own message
 */
export async function carryOut(command: Command, timesten: TimesTen, signal: AbortSignal): Promise<void> {
  switch (command.verb) {
    case "startDaemon":
      return timesten.startDaemon(signal);
    case "createDatabase":
      return timesten.createDatabase(signal);
    case "createScheme":
      return timesten.createScheme(command.statement, signal);
    case "dropScheme":
      return timesten.dropScheme(signal);
    case "runEpilog":
      return timesten.runEpilog(signal);
    case "loadDatabase":
      return timesten.loadDatabase(signal);
    case "startRepAgent":
      return timesten.startRepAgent(signal);
    case "stopRepAgent":
      return timesten.stopRepAgent(signal);
    case "duplicate":
      return timesten.duplicate(command.fromHost, signal);
  }
}
