/** The text of a replication statement as tokens. */

export type TokenKind = "word" | "quoted" | "string" | "number" | "symbol";

/** One token. */
export interface Token {
  kind: TokenKind;
  /** Words in upper case; quoted names and strings without their quotes; the rest as written. */
  text: string;
  /** Counted from 1. */
  line: number;
  /** Places in the text: of the first character, and behind the last. */
  start: number;
  end: number;
}

/** The text holds what is no token; `what` says it for people. */
export class TokenError extends Error {
  constructor(
    readonly line: number,
    what: string,
  ) {
    super(what);
    this.name = "TokenError";
  }
}

const SKIPPED = /\s+|--[^\n]*/y;
const WORD = /[A-Za-z_][A-Za-z0-9_$#]*/y;
const NUMBER = /\d+/y;
/** Quotes inside are doubled. */
const QUOTED = /"[^"]*"(?:"[^"]*")*/y;
const STRING = /'[^']*'(?:'[^']*')*/y;

/**
 * @param text of a statement, its variables filled in
 * @returns its tokens; comments are left out. Takes time in proportion to the length of the text.
 * @throws TokenError for a string, name or comment that never ends, and for a control character
 */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let [at, line, counted] = [0, 1, 0];
  const lineAt = (place: number): number => {
    for (; counted < place; counted += 1) if (text[counted] === "\n") line += 1;
    return line;
  };
  while (at < text.length) {
    const skipped = skip(text, at);
    if (skipped < 0) throw new TokenError(lineAt(-1 - skipped), "a comment is never ended");
    at = skipped;
    if (at >= text.length) break;
    const read = next(text, at);
    if (typeof read === "string") throw new TokenError(lineAt(at), read);
    tokens.push({ ...read, line: lineAt(at), start: at });
    at = read.end;
  }
  return tokens;
}

/** @returns the place behind blanks and comments; -1 - place of a comment that never ends */
function skip(text: string, from: number): number {
  let at = from;
  for (;;) {
    const blank = match(SKIPPED, text, at);
    at += blank.length;
    if (text.startsWith("/*", at)) {
      const end = text.indexOf("*/", at + 2);
      if (end < 0) return -1 - at;
      at = end + 2;
    } else if (blank === "") return at;
  }
}

/** @returns the token that begins here, or what is wrong */
function next(text: string, at: number): Omit<Token, "line" | "start"> | string {
  const char = text[at] ?? "";
  const word = match(WORD, text, at);
  if (word !== "") return { kind: "word", text: word.toUpperCase(), end: at + word.length };
  const number = match(NUMBER, text, at);
  if (number !== "") return { kind: "number", text: number, end: at + number.length };
  if (char === '"' || char === "'") {
    const whole = match(char === '"' ? QUOTED : STRING, text, at);
    if (whole === "") return `a ${char === '"' ? "name in quotes" : "string"} is never ended`;
    const inner = whole.slice(1, -1).replaceAll(char + char, char);
    return { kind: char === '"' ? "quoted" : "string", text: inner, end: at + whole.length };
  }
  if (/\p{Cc}/u.test(char)) return "holds a control character";
  // Whatever it is, the grammar says that it does not belong here.
  const symbol = String.fromCodePoint(text.codePointAt(at) ?? 0);
  return { kind: "symbol", text: symbol, end: at + symbol.length };
}

function match(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? "";
}
