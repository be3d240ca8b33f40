/** SQL text as tokens, and tokens as text again. */
import { errors } from "../shared/errors";

export type TokenKind = "word" | "quoted" | "string" | "number" | "op" | "param";

/** One token; `text` is as written but for words, which are upper case. */
export interface Token {
  kind: TokenKind;
  text: string;
}

const patterns: [TokenKind | "skip", RegExp][] = [
  ["skip", /\s+|--[^\n]*|\/\*[\s\S]*?\*\//y],
  ["string", /[xX]?'(?:[^']|'')*'/y],
  ["quoted", /"(?:[^"]|"")*"/y],
  ["number", /0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y],
  ["param", /:[A-Za-z0-9_]+|\?/y],
  ["word", /[A-Za-z_\u0080-\uffff][A-Za-z0-9_$#\u0080-\uffff]*/y],
  ["op", /\|\||<>|!=|\^=|<=|>=|[-+*/%(),.<>=;[\]{}@]/y],
];

function token(kind: TokenKind, text: string): Token {
  if (kind === "word") return { kind, text: text.toUpperCase() };
  // TimesTen's binary literals are SQLite's integers.
  if (/^0x/i.test(text)) {
    const digits = text.slice(2);
    return { kind: "string", text: `x'${digits.length % 2 === 0 ? digits : `0${digits}`}'` };
  }
  return { kind, text };
}

/**
 * @param sql one statement, with or without its semicolon
 * @throws TimesTenError 1001 for what is no token
 */
export function tokenize(sql: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < sql.length) {
    let matched = false;
    for (const [kind, pattern] of patterns) {
      pattern.lastIndex = at;
      const text = pattern.exec(sql)?.[0];
      if (text === undefined || text === "") continue;
      at += text.length;
      matched = true;
      if (kind !== "skip") tokens.push(token(kind, text));
      break;
    }
    if (!matched) throw errors.syntax(sql.slice(at, at + 12));
  }
  while (tokens.at(-1)?.text === ";") tokens.pop();
  return tokens;
}

/** @returns whether the token is that word (given in upper case) */
export function isWord(token: Token | undefined, ...words: string[]): boolean {
  return token?.kind === "word" && words.includes(token.text);
}

/** @returns whether the token is that operator */
export function isOp(token: Token | undefined, text: string): boolean {
  return token?.kind === "op" && token.text === text;
}

/** @returns an identifier's name: upper case unless quoted */
export function identifier(token: Token | undefined): string {
  if (token?.kind === "word") return token.text;
  if (token?.kind === "quoted") return token.text.slice(1, -1).replaceAll('""', '"');
  throw errors.syntax(token?.text ?? "end of statement");
}

/** @returns a string literal's value, or an identifier's name */
export function literal(token: Token | undefined): string {
  if (token?.kind === "string") return token.text.replace(/^x/i, "").slice(1, -1).replaceAll("''", "'");
  return identifier(token);
}

/** @returns SQL text of the tokens */
export function join(tokens: Token[]): string {
  let text = "";
  tokens.forEach((token, at) => {
    const glued = at === 0 || isOp(token, ".") || isOp(tokens[at - 1], ".");
    text += glued ? token.text : ` ${token.text}`;
  });
  return text;
}

/** Reads tokens one after the other. */
export class Reader {
  at = 0;

  constructor(readonly tokens: Token[]) {}

  peek(ahead = 0): Token | undefined {
    return this.tokens[this.at + ahead];
  }

  next(): Token | undefined {
    return this.tokens[this.at++];
  }

  end(): boolean {
    return this.at >= this.tokens.length;
  }

  /** Takes the words if all of them come next. */
  accept(...words: string[]): boolean {
    if (!words.every((word, index) => isWord(this.peek(index), word))) return false;
    this.at += words.length;
    return true;
  }

  acceptOp(text: string): boolean {
    if (!isOp(this.peek(), text)) return false;
    this.at += 1;
    return true;
  }

  expect(...words: string[]): void {
    if (!this.accept(...words)) throw errors.syntax(this.peek()?.text ?? "end of statement");
  }

  expectOp(text: string): void {
    if (!this.acceptOp(text)) throw errors.syntax(this.peek()?.text ?? "end of statement");
  }

  /** @returns the name that comes next, `[owner.]name` */
  name(): { owner: string | null; name: string } {
    const first = identifier(this.next());
    if (!this.acceptOp(".")) return { owner: null, name: first };
    return { owner: first, name: identifier(this.next()) };
  }

  /** @returns the tokens inside the parentheses that open here */
  parenthesised(): Token[] {
    this.expectOp("(");
    const start = this.at;
    let depth = 1;
    while (depth > 0) {
      const token = this.next();
      if (token === undefined) throw errors.syntax("end of statement");
      if (isOp(token, "(")) depth += 1;
      if (isOp(token, ")")) depth -= 1;
    }
    return this.tokens.slice(start, this.at - 1);
  }

  rest(): Token[] {
    return this.tokens.slice(this.at);
  }
}

/** Splits at commas outside parentheses. */
export function splitCommas(tokens: Token[]): Token[][] {
  const parts: Token[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    if (isOp(token, "(")) depth += 1;
    if (isOp(token, ")")) depth -= 1;
    if (depth === 0 && isOp(token, ",")) parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts;
}
