/** What several clients saw, in one order: which pod took commits when, and whether two ever did at the same time. */

/** One acknowledged commit; times are of one machine's clock, ms since 1970. */
export interface Commit {
  pod: string;
  sentMs: number;
  ackedMs: number;
}

/** A time in which one pod took all commits. */
export interface Reign {
  pod: string;
  firstMs: number;
  lastMs: number;
  commits: number;
}

/**
 * @param text log of acknowledgements: "<id> <sent> <acknowledged>" a line; the last line may be cut off
 * @returns its commits, as taken by that pod
 */
export function parseAcks(pod: string, text: string): Commit[] {
  return text.split("\n").flatMap(line => {
    const [, sentMs, ackedMs] = line.split(" ").map(Number);
    return sentMs === undefined || ackedMs === undefined || !(sentMs > 0 && ackedMs >= sentMs)
      ? []
      : [{ pod, sentMs, ackedMs }];
  });
}

/** @returns who reigned, one after the other, by the times of the acknowledgements */
export function reigns(commits: readonly Commit[]): Reign[] {
  const found: Reign[] = [];
  for (const { pod, ackedMs } of [...commits].sort((a, b) => a.ackedMs - b.ackedMs)) {
    const last = found.at(-1);
    if (last?.pod === pod) {
      last.lastMs = ackedMs;
      last.commits += 1;
    } else found.push({ pod, firstMs: ackedMs, lastMs: ackedMs, commits: 1 });
  }
  return found;
}

/**
 * Two databases that take commits at the same time show as reigns that alternate more often than roles changed.
 * @param expected pods in the order in which they were to reign
 * @returns what is wrong, for people; empty when each reigned once, in that order
 */
export function notOneAfterTheOther(commits: readonly Commit[], expected: readonly string[]): string[] {
  const seen = reigns(commits);
  const pods = seen.map(reign => reign.pod);
  if (pods.length === expected.length && pods.every((pod, i) => pod === expected[i])) return [];
  const story = seen.map(r => `${r.pod} from ${r.firstMs} to ${r.lastMs} (${r.commits} commits)`);
  return [`expected ${expected.join(", then ")}; seen: ${story.join(", then ") || "no commit"}`];
}
