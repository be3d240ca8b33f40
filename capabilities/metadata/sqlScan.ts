/** The lexical side of SQL files: strings, names in quotes and comments are skipped, so that a semicolon is one. */

/** What the reader of statements has to know of a piece of text; blanks and comments are left out. */
export interface SqlPiece {
  kind: "word" | "semicolon" | "slash" | "other" | "unterminated" | "nul";
  /** Line of its first character, counted from 1. */
  line: number;
  /** In upper case; for an unterminated piece what it is, e.g. "a string". */
  text: string;
}

/** ttIsql's own commands end with their line, semicolon or not (TimesTen Reference, "ttIsql"). */
const LINE_COMMANDS = new Set(
  (
    "allindexes allsequences alltables allviews autocommit cachegroups clienttimeout close columnlabels commit " +
    "connect define desc describe disconnect dssize echo exit functions help history host indexes isolation " +
    "passthrough prefetchcount prompt querythreshold quit remark repschemes rollback run sequences set setjoinorder " +
    "show showjoinorder sleep spool sqlquerytimeout start statsclear statsestimate statsupdate tables timing " +
    "tryhash undefine use verbosity views waitfor waitforresult xlabookmarkdelete"
  ).split(" "),
);

const BLANK = /[^\S\n]+/y;
const WORD = /[A-Za-z_\u0080-\uffff][A-Za-z0-9_$#\u0080-\uffff]*/y;
const LINE_REST = /[^\n]*/y;
const STRING_REST = /[^']*/y;
const NAME_REST = /[^"]*/y;
/** What else there is: taken in one go up to where something may begin. */
const OTHER = /[^\sA-Za-z_\u0080-\uffff'"\-/;#\0]+/y;
const REMARK = /rem(?:ark)?(?=\s|$)[^\n]*/iy;
/** A line with nothing but a slash ends a PL/SQL block. */
const SLASH_LINE = /\/[^\S\n]*(?=\n|$)/y;
const MAX_WORD = 128;
/** CREATE OR REPLACE EDITIONABLE PACKAGE. */
const BLOCK_WORDS = 5;

/** Q-quotes of PL/SQL, q'[ … ]': the closing character of each opening one. */
const CLOSING: Record<string, string> = { "[": "]", "{": "}", "(": ")", "<": ">" };

/**
 * @param text of a file; a carriage return counts as a blank
 * @param take gets its pieces in order; a semicolon inside a PL/SQL block is no piece of kind "semicolon"
 *
 * Takes time in proportion to the length of the text. Never throws.
 */
export function scanSql(text: string, take: (piece: SqlPiece) => void): void {
  new Scanner(text, take).run();
}

/**
 * @param words first ones of a statement, in upper case
 * @returns whether it is a PL/SQL block, in which semicolons end nothing
 */
export function isBlock([first, ...more]: readonly string[]): boolean {
  if (first === "BEGIN" || first === "DECLARE") return true;
  if (first !== "CREATE") return false;
  const rest = more[0] === "OR" && more[1] === "REPLACE" ? more.slice(2) : more;
  const unit = rest[0]?.endsWith("EDITIONABLE") === true ? rest[1] : rest[0];
  return unit === "PROCEDURE" || unit === "FUNCTION" || unit === "PACKAGE";
}

class Scanner {
  readonly #text: string;
  readonly #give: (piece: SqlPiece) => void;
  #at = 0;
  #line = 1;
  /** Only blanks stand before it on its line. */
  #lineStart = true;
  /** No statement has begun. */
  #between = true;
  /** First words of the statement: enough for isBlock. */
  #words: string[] = [];

  constructor(text: string, give: (piece: SqlPiece) => void) {
    this.#text = text;
    this.#give = give;
  }

  run(): void {
    while (this.#at < this.#text.length) this.#step();
  }

  #step(): void {
    const char = this.#text[this.#at] ?? "";
    if (char === "\n") {
      this.#at += 1;
      this.#line += 1;
      this.#lineStart = true;
      return;
    }
    if (this.#take(BLANK) !== "") return;
    if (this.#isComment(char)) return;
    const [line, first] = [this.#line, this.#lineStart];
    this.#lineStart = false;
    if (first && this.#take(SLASH_LINE) !== "") return this.#push("slash", line);
    if (char === "'") return this.#quoted(STRING_REST, "'", "a string");
    if (char === '"') return this.#quoted(NAME_REST, '"', "a name in quotes");
    if (this.#between && /[!@?]/.test(char)) return this.#command(line, "");
    const word = this.#take(WORD);
    if (word !== "") return this.#word(word, line);
    if (char === ";") this.#push("semicolon", line);
    else if (char === "\0") this.#push("nul", line);
    else {
      this.#push("other", line);
      if (this.#take(OTHER) !== "") return;
    }
    this.#at += 1;
  }

  #word(word: string, line: number): void {
    if (/^n?q$/i.test(word) && this.#text[this.#at] === "'") return this.#qQuoted(line);
    if (this.#between && LINE_COMMANDS.has(word.toLowerCase())) return this.#command(line, word);
    this.#push("word", line, word.slice(0, MAX_WORD).toUpperCase());
  }

  /** A command of ttIsql: a statement of its own, and nothing in the rest of its line means anything. */
  #command(line: number, word: string): void {
    this.#push(word === "" ? "other" : "word", line, word.toUpperCase());
    this.#take(LINE_REST);
    this.#push("semicolon", line);
  }

  /** @returns whether a comment stood here (and is behind us) */
  #isComment(char: string): boolean {
    if (this.#text.startsWith("--", this.#at) || (char === "#" && this.#lineStart)) {
      this.#take(LINE_REST);
      return true;
    }
    if (this.#between && this.#lineStart && this.#take(REMARK) !== "") return true;
    if (!this.#text.startsWith("/*", this.#at)) return false;
    this.#until("*/", this.#at + 2, "a comment");
    return true;
  }

  /** A doubled quote stands for itself: then the string goes on, which the next piece is as good for. */
  #quoted(rest: RegExp, quote: string, what: string): void {
    const line = this.#line;
    this.#at += 1;
    this.#countLines(this.#take(rest));
    if (this.#text[this.#at] !== quote) return this.#push("unterminated", line, what);
    this.#at += 1;
    this.#push("other", line);
  }

  #qQuoted(line: number): void {
    const open = this.#text[this.#at + 1] ?? "";
    this.#push("other", line);
    this.#until(`${CLOSING[open] ?? open}'`, this.#at + 2, "a string");
  }

  #until(end: string, from: number, what: string): void {
    const line = this.#line;
    const found = this.#text.indexOf(end, from);
    const stop = found < 0 ? this.#text.length : found + end.length;
    this.#countLines(this.#text.slice(this.#at, stop));
    this.#at = stop;
    if (found < 0) this.#push("unterminated", line, what);
  }

  #push(kind: SqlPiece["kind"], line: number, text = ""): void {
    if (kind === "semicolon" && isBlock(this.#words)) return this.#push("other", line);
    this.#between = kind === "semicolon" || kind === "slash" || kind === "unterminated";
    if (this.#between) this.#words = [];
    else if (this.#words.length < BLOCK_WORDS) this.#words.push(kind === "word" ? text : "");
    this.#give({ kind, line, text });
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const text = pattern.exec(this.#text)?.[0] ?? "";
    this.#at += text.length;
    return text;
  }

  #countLines(text: string): void {
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) this.#line += 1;
  }
}
