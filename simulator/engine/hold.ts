/** One process per database: `<data store>.lock` names the one that has it open. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { errors } from "../shared/errors";

const lockFile = (dataStore: string): string => `${dataStore}.lock`;

/** @returns start time of a living process in clock ticks, which tells it from a later one of the same number; null when it is gone or a zombie */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" || fields[0] === "X" ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}

/** @returns pid of another living process that holds the database, or 0 */
export function holder(dataStore: string): number {
  try {
    const [pid = "0", start = ""] = readFileSync(lockFile(dataStore), "utf8").split(" ");
    return Number(pid) !== process.pid && start !== "" && startOf(Number(pid)) === start ? Number(pid) : 0;
  } catch {
    return 0;
  }
}

/** Takes the database for this process. @throws TimesTenError 846 while another one has it */
export function hold(dataStore: string): void {
  const pid = holder(dataStore);
  if (pid !== 0) throw errors.inUseElsewhere(dataStore, pid);
  writeFileSync(lockFile(dataStore), `${process.pid} ${startOf(process.pid) ?? ""}`);
}

/** Gives it back. */
export function release(dataStore: string): void {
  rmSync(lockFile(dataStore), { force: true });
}
