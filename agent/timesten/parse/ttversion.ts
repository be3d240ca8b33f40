/** ttVersion, and the release in the name of a distribution. */

/**
 * @param output of ttVersion
 * @returns the release, e.g. "18.1.4.11.0"; "Unknown" when it does not say. Never throws.
 */
export function parseTtVersion(output: string): string {
  return /TimesTen Release (\d+(?:\.\d+){3,5})\b/.exec(output)?.[1] ?? "Unknown";
}

/**
 * Distributions are named after their release without dots: two digits of the year or major version, one digit
 * each for the next two parts, then the patch set, and the last part as one digit (181440 is 18.1.4.4.0).
 * @param name file name of a zip, e.g. timesten1814110.server.linux8664.zip
 * @returns the release, or null when it is no such name. Never throws.
 */
export function releaseOfZip(name: string): string | null {
  const digits = /^timesten(\d{2})(\d)(\d)(\d{1,3})(\d)\.server\.linux8664\.zip$/.exec(name);
  return digits === null ? null : digits.slice(1).map(Number).join(".");
}

/**
 * @param name folder of an unpacked distribution, e.g. tt18.1.4.11.0
 * @returns its release, or null. Never throws.
 */
export function releaseOfFolder(name: string): string | null {
  return /^tt(\d+(?:\.\d+){3,5})$/.exec(name)?.[1] ?? null;
}
