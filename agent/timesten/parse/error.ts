/** TimesTen's error texts: from ttIsql (`2206: Table X not found`) and from utilities (`[TimesTen][...]TT2206: ...`). */

/** What TimesTen said went wrong. */
export interface ErrorText {
  /** TimesTen's error number; null for a plain sentence of a utility. */
  number: number | null;
  /** `TT2206: Table X not found`, on one line and without the file and line of TimesTen's source. */
  message: string;
}

const IN_BRACKETS = /\bTT(\d{1,6}):\s*/;
const IN_ISQL = /^(?:Command>\s*)*(\d{1,6}): (\S.*)$/;
/** What follows an error text and is no part of it. */
const NOT_TEXT = /^(?:The command failed\.|Command>|\*\*\*|Done\.|Disconnecting|<|\d+ rows? )/;
const MAX_MESSAGE = 1_000;
/** What is beyond can only be TimesTen's source file or noise. */
const MAX_TEXT = 4 * MAX_MESSAGE;

/**
 * @param output stdout and stderr of a utility or of one statement
 * @returns the errors in it, in order; empty when there is none. Never throws.
 */
export function parseErrors(output: string): ErrorText[] {
  const lines = output.split(/\r?\n/);
  const errors: ErrorText[] = [];
  for (let i = 0; i < lines.length; i++) {
    const start = errorStart(lines[i] ?? "");
    if (start === null) continue;
    let text = start.text.slice(0, MAX_TEXT);
    // A long text goes on in the next lines, up to where TimesTen names its source file.
    while (
      text.length < MAX_TEXT &&
      !hasTrailer(text) &&
      i + 1 < lines.length &&
      goesOn(lines[i + 1] ?? "")
    ) {
      i += 1;
      text += ` ${(lines[i] ?? "").slice(0, MAX_TEXT)}`;
    }
    errors.push({ number: start.number, message: bounded(`TT${start.number}: ${withoutTrailer(text)}`) });
  }
  return errors;
}

/**
 * @param output as above, of something that is known to have failed
 * @returns the first numbered error, else the first sentence, else null. Never throws.
 */
export function firstError(output: string): ErrorText | null {
  const numbered = parseErrors(output)[0];
  if (numbered !== undefined) return numbered;
  const line = output.split(/\r?\n/).find(candidate => candidate.trim() !== "");
  return line === undefined ? null : { number: null, message: bounded(line.trim()) };
}

function errorStart(line: string): { number: number; text: string } | null {
  const bracketed = IN_BRACKETS.exec(line);
  if (bracketed !== null) {
    return { number: Number(bracketed[1]), text: line.slice(bracketed.index + bracketed[0].length) };
  }
  const plain = IN_ISQL.exec(line);
  return plain === null ? null : { number: Number(plain[1]), text: plain[2] ?? "" };
}

function goesOn(line: string): boolean {
  return line.trim() !== "" && !NOT_TEXT.test(line) && errorStart(line) === null;
}

function hasTrailer(text: string): boolean {
  return /-- *file\b/.test(text);
}

function withoutTrailer(text: string): string {
  return text
    .replace(/\s*-- *file\b.*$/s, "")
    .replace(/\s+/g, " ")
    .trim();
}

function bounded(text: string): string {
  return text.length <= MAX_MESSAGE ? text : `${text.slice(0, MAX_MESSAGE - 1)}…`;
}
