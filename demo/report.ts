/** What the demo prints: progress as it happens, the timeline of a failover, and the line that scripts read. */

const startedAt = Date.now();

/** One line with the seconds since the start. */
export function say(text: string): void {
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1).padStart(6);
  for (const line of text.split("\n")) console.log(`${seconds}s  ${line}`);
}

/** A heading between acts. */
export function act(title: string): void {
  console.log(`\n=== ${title}`);
}

/** @returns takes lines of `kubectl get ttc -w` and says those that show another state or active than the last of that object */
export function sayChanges(): (line: string) => void {
  const shown = new Map<string, string>();
  return line => {
    const [name = "", state, active] = line.trim().split(/\s+/);
    const now = `${state} ${active}`;
    if (shown.get(name) === now) return;
    shown.set(name, now);
    say(line);
  };
}

/** An outage as the writing client saw it, wall clock of the node, ms. */
export interface Gap {
  fromMs: number;
  toMs: number;
}

/** status.lastFailover, times in RFC 3339. */
export type Stopwatch = Record<string, string | number | boolean>;

/**
 * @param label what was done to the pair
 * @param faultMs when the demo did it, wall clock
 * @param gap the client's outage, or null when it saw none
 * @returns the timeline, one step a line, in ms after the fault
 */
export function timeline(label: string, faultMs: number, stopwatch: Stopwatch, gap: Gap | null): string {
  const after = (value: unknown) => {
    const ms = typeof value === "string" ? Date.parse(value) : Number.NaN;
    return Number.isNaN(ms) ? "      -" : `${String(ms - faultMs).padStart(7)}`;
  };
  const steps: [string, string][] = [
    [
      after(stopwatch["failedAt"]),
      `old active ${String(stopwatch["from"] ?? "?")} gone (${String(stopwatch["failedAtSource"] ?? "?")})`,
    ],
    [after(stopwatch["seenAt"]), "seen by the operator"],
    [after(stopwatch["provenAt"]), `proven that it cannot write (${String(stopwatch["proof"] ?? "?")})`],
    [after(stopwatch["promotedAt"]), `${String(stopwatch["to"] ?? "?")} promoted and open`],
    [after(stopwatch["routedAt"]), "Service points to it"],
    [gap === null ? "      -" : String(gap.toMs - faultMs).padStart(7), "first new commit of the client"],
    [after(stopwatch["redundantAt"]), "redundant again"],
  ];
  const lines = steps.map(([ms, what]) => `  ${ms} ms  ${what}`);
  const seen = gap === null ? "none" : `${gap.toMs - gap.fromMs} ms`;
  return [`${label}: write gap ${seen}; after the fault:`, ...lines].join("\n");
}

/** @returns the longest outage, or null when there was none */
export function longest(gaps: Gap[]): Gap | null {
  return gaps.reduce<Gap | null>(
    (a, b) => (a !== null && a.toMs - a.fromMs >= b.toMs - b.fromMs ? a : b),
    null,
  );
}
