/** Processes as /proc shows them. A process id may be used again: only id and start time together name a process. */
import { readFileSync, readdirSync } from "node:fs";

/** One process, in the form "pid:starttime" that survives the reuse of its id. */
export interface ProcessId {
  pid: number;
  /** Field 22 of /proc/<pid>/stat: clock ticks after boot. */
  startTime: string;
}

export interface ProcessStat extends ProcessId {
  name: string;
  group: number;
}

/**
 * @param text content of /proc/<pid>/stat; see proc_pid_stat(5)
 * @returns the process, or null when it is dead (zombies too) or the text is no such line. Never throws.
 */
export function parseStat(text: string): ProcessStat | null {
  // The name stands in parentheses and may hold blanks and parentheses itself.
  const open = text.indexOf("(");
  const close = text.lastIndexOf(")");
  const pid = Number(text.slice(0, Math.max(open, 0)).trim());
  if (open < 1 || close < open || !Number.isSafeInteger(pid) || pid < 1) return null;
  const fields = text
    .slice(close + 1)
    .trim()
    .split(/\s+/);
  const [state, group, startTime] = [fields[0], fields[2], fields[19]];
  if (state === undefined || startTime === undefined || !/^\d+$/.test(startTime)) return null;
  if (["Z", "X", "x"].includes(state)) return null;
  return { pid, startTime, name: text.slice(open + 1, close), group: Number(group) };
}

/** @returns the id of the parent of that process, or null when there is no such process */
export function parentOf(pid: number): number | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    const [, parent] = text
      .slice(text.lastIndexOf(")") + 1)
      .trim()
      .split(/\s+/);
    return Number(parent);
  } catch {
    return null;
  }
}

/** @returns the living process of that id, or null */
export function statOf(pid: number): ProcessStat | null {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return null;
  }
}

export function isAlive(process: ProcessId): boolean {
  return statOf(process.pid)?.startTime === process.startTime;
}

/** @returns every process of this process namespace that we may see */
export function allProcesses(): ProcessStat[] {
  return readdirSync("/proc")
    .filter(name => /^\d+$/.test(name))
    .flatMap(name => statOf(Number(name)) ?? []);
}

/** @returns a variable of the environment that the process was started with; null when it has none or hides it */
export function environmentOf(pid: number, name: string): string | null {
  try {
    const entries = readFileSync(`/proc/${pid}/environ`, "latin1").split("\0");
    return entries.find(entry => entry.startsWith(`${name}=`))?.slice(name.length + 1) ?? null;
  } catch {
    return null;
  }
}

/** @returns "pid:starttime,..." in order of pid */
export function formatProcesses(processes: readonly ProcessId[]): string {
  return [...processes]
    .sort((a, b) => a.pid - b.pid)
    .map(process => `${process.pid}:${process.startTime}`)
    .join(",");
}

/** @returns the processes named by `formatProcesses`; entries that are no such text are left out. Never throws. */
export function parseProcesses(text: string): ProcessId[] {
  return text.split(",").flatMap(entry => {
    const match = /^(\d{1,10}):(\d{1,20})$/.exec(entry);
    return match === null ? [] : [{ pid: Number(match[1]), startTime: match[2] ?? "" }];
  });
}

/** SIGKILL, unless the id already belongs to another process. */
export function kill(process: ProcessId): void {
  if (!isAlive(process)) return;
  try {
    globalThis.process.kill(process.pid, "SIGKILL");
  } catch {
    // It ended by itself in between, or is not ours to kill: whoever waits for its end will see.
  }
}
