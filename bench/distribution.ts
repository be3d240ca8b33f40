/** What many runs measured, as numbers and as a table. */
import { readFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";

/** @returns the value at that share of the sorted values (0: the least, 1: the greatest); NaN when there are none */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.filter(value => !Number.isNaN(value)).sort((a, b) => a - b);
  return (
    sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - (share === 0 ? 0 : 1))] ??
    Number.NaN
  );
}

/** @returns "min / p50 / p99 / max", whole ms; "-" where nothing was measured */
export function spread(values: readonly number[]): string {
  const shown = [0, 0.5, 0.99, 1].map(share => quantile(values, share));
  return shown.some(Number.isNaN) ? "-" : shown.map(value => String(Math.round(value))).join(" / ");
}

/** @returns lines of a Markdown table */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** First line of /proc/stat: ticks since boot by what they went to. */
function ticks(): number[] {
  return readFileSync("/proc/stat", "utf8").split("\n", 1)[0]?.trim().split(/ +/).slice(1).map(Number) ?? [];
}

const atStart = ticks();
/** Eighth figure: what the machine's host gave to others (proc_stat(5)). */
const STEAL = 7;

/** @returns this machine, how busy it was, and how much of it was not there, as reports name it */
export function machine(): string {
  const model = cpus()[0]?.model.trim() ?? "unknown";
  const gib = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} cores (${model}), ${gib} GiB, load average ${loadavg()[0]?.toFixed(1)} at the end, ${stolen()} of the time taken by the host`;
}

function stolen(): string {
  const passed = ticks().map((count, i) => count - (atStart[i] ?? 0));
  const whole = passed.slice(0, STEAL + 1).reduce((sum, count) => sum + count, 0);
  return `${((100 * (passed[STEAL] ?? 0)) / Math.max(1, whole)).toFixed(1)} %`;
}
