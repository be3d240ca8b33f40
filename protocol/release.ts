/** What an image's TimesTen is: the termination message of the agent's `release`, run in a Pod of its own. */
import * as z from "zod";

export const releaseReportSchema = z.object({
  /** e.g. 18.1.4.11.0; "Unknown" where the installation does not say. */
  release: z.string().min(1).max(64),
});
export type ReleaseReport = z.infer<typeof releaseReportSchema>;

/**
 * @param text of the container's termination message
 * @returns the report, or null when it is none. Never throws.
 */
export function parseReleaseReport(text: string): ReleaseReport | null {
  try {
    return releaseReportSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** @returns less than 0 when release a is older than b, number by number */
export function compareReleases(a: string, b: string): number {
  const [left, right] = [a.split(".").map(Number), b.split(".").map(Number)];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
