/** Passwords in SQL: TimesTen quotes statements, or the word it stumbled over, in its messages. */

const IDENTIFIED = /\bidentified\s+by\s+(?:"([^"]*)"|'([^']*(?:''[^']*)*)'|([^\s;'"]+))/gi;
/** Shorter ones are not looked for: they stand in every other word. */
const SHORTEST = 3;
const MASK = "***";

/** @returns the passwords that a SQL text gives to users, each once */
export function secretsOfSql(text: string): string[] {
  const found = new Set<string>();
  for (const [, name, string, word] of text.matchAll(IDENTIFIED)) {
    const secret = name ?? string?.replaceAll("''", "'") ?? word ?? "";
    if (secret.length >= SHORTEST) found.add(secret);
  }
  // A longer one may hold a shorter one.
  return [...found].sort((a, b) => b.length - a.length);
}

/** @returns the message with every one of the secrets covered, in upper case (as TimesTen writes names) too */
export function withoutThese(message: string, secrets: readonly string[]): string {
  return secrets.reduce(
    (text, secret) => text.replaceAll(secret, MASK).replaceAll(secret.toUpperCase(), MASK),
    message,
  );
}
