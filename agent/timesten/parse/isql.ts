/** Answers of ttIsql, and of the built-in procedures the agent calls through it. */
import type { TimesTenView } from "../../../protocol";

const PROMPT = /^(?:Command>\s*)+/;

/** @returns the line without the prompts that stand before it when statements come through a pipe */
export function withoutPrompt(line: string): string {
  return line.replace(PROMPT, "");
}

/**
 * @param lines of one answer
 * @returns the rows, each as its column values; NULL is null. Never throws.
 */
export function parseRows(lines: readonly string[]): (string | null)[][] {
  return lines.flatMap(line => {
    const row = /^< (.*) >$/.exec(withoutPrompt(line).trim());
    return row === null ? [] : [(row[1] ?? "").split(", ").map(value => (value === "<NULL>" ? null : value))];
  });
}

const REP_STATES = ["ACTIVE", "STANDBY", "IDLE", "RECOVERING", "FAILED"] as const;

/** @param lines answer of `call ttRepStateGet` */
export function parseRepState(lines: readonly string[]): TimesTenView["repState"] {
  const word = parseRows(lines)[0]?.[0]?.toUpperCase();
  return REP_STATES.find(state => state === word) ?? "Unknown";
}

const PEER_STATES = ["start", "pause", "stop", "failed"] as const;

/**
 * @param lines answer of `call ttReplicationStatus`: subscriber, host, port, state, logs held, seconds, scheme, owner
 * @param hosts names of the other stores of the pair
 * @returns the state of the peer; Unknown when it has no row
 */
export function parsePeerState(
  lines: readonly string[],
  hosts: readonly string[],
): TimesTenView["repPeerState"] {
  const wanted = hosts.map(host => host.toLowerCase());
  const rows = parseRows(lines);
  const row = rows.find(candidate => wanted.includes(candidate[1]?.toLowerCase() ?? ""));
  const word = row?.[3]?.toLowerCase();
  return PEER_STATES.find(state => state === word) ?? "Unknown";
}

/** @returns the one number of a one-row answer, or null */
export function parseNumber(lines: readonly string[]): number | null {
  const value = parseRows(lines)[0]?.[0];
  if (value === undefined || value === null || !/^-?\d+$/.test(value.trim())) return null;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : null;
}

/**
 * @param lines answer of `cachegroups;` or `repschemes;`
 * @param what e.g. "cache group"
 * @returns how many it says were found, or null when it does not say
 */
export function parseFound(lines: readonly string[], what: string): number | null {
  for (const line of lines) {
    const match = new RegExp(`^(\\d+) ${what}s? found`, "i").exec(withoutPrompt(line).trim());
    if (match !== null) return Number(match[1]);
  }
  return null;
}

/** What the replication scheme promises at a commit. */
export interface SchemeFacts {
  exists: TimesTenView["repScheme"];
  usingTwosafe: boolean;
  disableReturn: boolean;
  localCommit: boolean;
}

/** @param lines answer of `repschemes;` */
export function parseScheme(lines: readonly string[]): SchemeFacts {
  const found = parseFound(lines, "replication scheme");
  const text = lines.join("\n");
  return {
    exists: found === null ? "Unknown" : found > 0 ? "Exists" : "None",
    usingTwosafe: /two-?safe/i.test(text),
    disableReturn: /disable return/i.test(text),
    localCommit: /local commit action\W+commit/i.test(text),
  };
}

/**
 * @param lines answer of `call ttRepSubscriberWait(...)`
 * @returns true: arrived (00). false: timed out (01). null: no answer.
 */
export function parseWait(lines: readonly string[]): boolean | null {
  const value = parseRows(lines)[0]?.[0];
  if (value === undefined || value === null) return null;
  const code = /^(?:0x)?0?([01])$/.exec(value.trim())?.[1];
  return code === undefined ? null : code === "0";
}

/** LogFileSize where nothing else is set in sys.odbc.ini, bytes: to count over the border of two files. */
const LOG_FILE_BYTES = 64 * 1024 * 1024;

/**
 * @param lines answer to `call ttBookmark` on the active: < write file, write offset, forced file, forced offset,
 *   held file, held offset >; held is how far replication still needs the log
 * @returns bytes of log between what was written and what the standby has confirmed; null when it is no such answer
 */
export function parseLag(lines: readonly string[]): number | null {
  const [row] = parseRows([...lines]);
  const [file, offset, , , heldFile, heldOffset] = (row ?? []).map(Number);
  const numbers = [file, offset, heldFile, heldOffset];
  if (numbers.some(one => one === undefined || !Number.isSafeInteger(one) || one < 0)) return null;
  const [f = 0, o = 0, hf = 0, ho = 0] = numbers.map(one => one ?? 0);
  return Math.max(0, (f - hf) * LOG_FILE_BYTES + o - ho);
}
