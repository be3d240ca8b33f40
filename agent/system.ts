/** Clock and log of a real agent. */
import { performance } from "node:perf_hooks";
import type { Clock, Log } from "./ports";

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimer(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};

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
