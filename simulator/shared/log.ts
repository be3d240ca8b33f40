/** The daemon's message log, diag/ttmesg.log: one line per message, as `2023-01-05 10:00:00.12 Info:    :   101: text`. */
import { appendFileSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";

/** Size at which the log is put aside as ttmesg.log.1, in bytes. */
const maxLogBytes = 10 * 1024 * 1024;

export type Severity = "Info" | "Warn" | "Err ";

/** @returns `YYYY-MM-DD HH:MM:SS.cc` in local time */
export function timestamp(date: Date): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return `${day} ${time}.${two(Math.floor(date.getMilliseconds() / 10))}`;
}

/** Writes messages of one process. */
export interface MessageLog {
  (severity: Severity, text: string, component?: string): void;
}

/**
 * @param home the instance's directory
 * @returns a function that appends; a full disk loses messages, never the process
 */
export function messageLog(home: string): MessageLog {
  const file = join(home, "diag", "ttmesg.log");
  let written = 0;
  return (severity, text, component = "") => {
    const line = `${timestamp(new Date())} ${severity}: ${component.padStart(6)}: ${String(process.pid).padStart(5)}: ${text}\n`;
    try {
      written += line.length;
      if (written > 65536) {
        written = 0;
        if (statSync(file).size > maxLogBytes) renameSync(file, `${file}.1`);
      }
      appendFileSync(file, line, { mode: 0o640 });
    } catch {
      // Nowhere to say it.
    }
  };
}
