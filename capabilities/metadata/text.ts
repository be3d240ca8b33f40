/** Text files as they come: with a byte order mark, with Windows' line ends, with what is no text at all. */

/** @returns the lines without their ends; a byte order mark is left out */
export function linesOf(text: string): string[] {
  return withoutMark(text).split(/\r\n|\n|\r/);
}

/** @returns the text without its byte order mark */
export function withoutMark(text: string): string {
  return text.startsWith("\uFEFF") ? text.slice(1) : text;
}

/** @returns whether the line holds what no text has: NUL and other control characters (a tab is none) */
export function hasControls(line: string): boolean {
  return /[\u0000-\u0008\u000b-\u001f\u007f]/.test(line);
}
