/** Clock and log of a real agent. */
import { readFileSync } from "node:fs";
import type { Clock, Log } from "./ports";

/** Node fires timers above this at once, ms. */
const LONGEST_TIMER_MS = 2_147_483_647;

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  // Absolute, not since the start of this process: the guard is another one and counts with the same values.
  monotonicMs: () => Number(process.hrtime.bigint()) / 1e6,
  boottimeMs,
  setTimer(ms, callback) {
    const timer = setTimeout(callback, Math.min(ms, LONGEST_TIMER_MS));
    return () => clearTimeout(timer);
  },
};

/** CLOCK_BOOTTIME in steps of 10 ms: the first value of this file is that clock (Linux, proc(5)). */
function boottimeMs(): number {
  const [seconds = ""] = readFileSync("/proc/uptime", "utf8").split(" ");
  return Number(seconds) * 1_000;
}

/** Longest text of a field, characters. */
const MAX_TEXT = 4_000;
/** Shorter ones are not looked for in the log: they would blot out ordinary words. */
const MIN_SECRET = 4;

/** What must never be printed. */
export class Secrets {
  readonly #values = new Set<string>();

  add(secret: string): void {
    if (secret.length < MIN_SECRET) return;
    this.#values.add(secret);
    // The form it has inside a JSON string.
    this.#values.add(JSON.stringify(secret).slice(1, -1));
  }

  /** @returns the text with every known secret, and whatever follows IDENTIFIED BY, replaced */
  redact(text: string): string {
    let clean = text;
    for (const secret of this.#values) clean = clean.replaceAll(secret, "***");
    return clean
      .replace(/(identified\s+by\s+)('(?:[^'])*'?|\\"[^"]*"|[^\s"]+)/gi, "$1***")
      .replace(/\b((?:pwd|oraclepwd|password)\s*=\s*)[^;\s"]+/gi, "$1***");
  }
}

/**
 * @param write receives each line, with its line break
 * @returns a log of JSON lines: time, level, msg, and the fields
 */
export function jsonLog(secrets: Secrets, write: (line: string) => void): Log {
  const line = (level: string, message: string, fields: Record<string, unknown> = {}) => {
    const entry = { time: new Date().toISOString(), level, msg: message, ...shortened(fields) };
    write(`${secrets.redact(JSON.stringify(entry))}\n`);
  };
  return {
    info: (message, fields) => line("info", message, fields),
    warn: (message, fields) => line("warn", message, fields),
    error: (message, fields) => line("error", message, fields),
  };
}

function shortened(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [
      key,
      typeof value === "string" && value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)}…` : value,
    ]),
  );
}
