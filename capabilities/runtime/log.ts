/** The operator's log: one JSON object per line, nothing secret in it. */
import type { Log } from "./ports";

export const logLevels = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof logLevels)[number];

export interface LogOptions {
  /** Nothing below is written. */
  level: LogLevel;
  /** Wall clock, ms. */
  nowMs: () => number;
  /** Takes one line without its end. */
  write: (line: string) => void;
  /** Part of every line. */
  fields?: Record<string, unknown>;
}

export interface Logger extends Log {
  /** @returns a log that adds these fields to every line */
  child(fields: Record<string, unknown>): Logger;
}

/** Values under such keys are not written, at any depth. */
const SECRET_KEY =
  /passw|pwd|secret|token|credential|authorization|private|agentuser|(^|[._-])key$|[a-z]Key$/i;
/** These say which object, not what is in it. */
const HARMLESS = new Set(["key", "secretname"]);
const PEM_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g;
const REDACTED = "[redacted]";
const MAX_DEPTH = 6;

/** @returns a log with these settings */
export function createLog(options: LogOptions): Logger {
  const threshold = logLevels.indexOf(options.level);
  const at = (level: LogLevel) => {
    if (logLevels.indexOf(level) < threshold) return () => undefined;
    return (message: string, fields: Record<string, unknown> = {}): void => {
      const time = new Date(options.nowMs()).toISOString();
      const line = { time, level, message, ...options.fields, ...fields };
      options.write(JSON.stringify(plain(line, 0)));
    };
  };
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    child: fields => createLog({ ...options, fields: { ...options.fields, ...fields } }),
  };
}

/** @returns a copy that JSON can hold: errors as their text, secrets left out */
function plain(value: unknown, depth: number): unknown {
  if (typeof value === "string") return value.replace(PEM_KEY, REDACTED);
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null) return value;
  if (depth >= MAX_DEPTH) return "...";
  if (value instanceof Error) return plainError(value, depth);
  if (Array.isArray(value)) return value.map(item => plain(item, depth + 1));
  const entries = Object.entries(value).map(([key, inner]) => [
    key,
    isSecret(key, inner) ? REDACTED : plain(inner, depth + 1),
  ]);
  return Object.fromEntries(entries) as unknown;
}

function isSecret(key: string, value: unknown): boolean {
  // A name, a count or nothing at all gives nothing away.
  if (value === null || value === undefined || typeof value === "number" || typeof value === "boolean")
    return false;
  return SECRET_KEY.test(key) && !HARMLESS.has(key.toLowerCase());
}

function plainError(error: Error, depth: number): unknown {
  const { name, message, stack, cause } = error;
  const own = Object.fromEntries(Object.entries(error).filter(([key]) => key !== "name"));
  return plain(
    {
      name,
      message,
      ...own,
      ...(cause === undefined ? {} : { cause }),
      // An answer of the API server is no fault of ours: its place in our code says nothing.
      ...(name === "KubeError" ? {} : { stack }),
    },
    depth + 1,
  );
}
