/** Reads tokens one after the other. */
import { shortened } from "../fault";
import type { Token } from "./tokens";

/** The statement does not follow the grammar; the message says what was expected and what was found. */
export class SyntaxFault extends Error {
  constructor(
    readonly line: number,
    message: string,
  ) {
    super(message);
    this.name = "SyntaxFault";
  }
}

/** State: how far it has read. */
export class TokenReader {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  /** Line of the next token, of the last one at the end. */
  get line(): number {
    return (this.peek() ?? this.#tokens.at(-1))?.line ?? 1;
  }

  peek(ahead = 0): Token | undefined {
    return this.#tokens[this.#at + ahead];
  }

  next(): Token | undefined {
    return this.#tokens[this.#at++];
  }

  end(): boolean {
    return this.#at >= this.#tokens.length;
  }

  /** Takes the words (in upper case) if all of them come next. */
  accept(...words: string[]): boolean {
    const all = words.every((word, index) => {
      const token = this.peek(index);
      return token?.kind === "word" && token.text === word;
    });
    if (all) this.#at += words.length;
    return all;
  }

  acceptSymbol(text: string): boolean {
    const token = this.peek();
    if (token?.kind !== "symbol" || token.text !== text) return false;
    this.#at += 1;
    return true;
  }

  /** Takes one of the words. @throws SyntaxFault */
  oneOf(...words: string[]): string {
    const word = words.find(candidate => this.accept(candidate));
    return word ?? this.fail(words.join(" or "));
  }

  /** @throws SyntaxFault */
  expect(...words: string[]): void {
    if (!this.accept(...words)) this.fail(words.join(" "));
  }

  /** @throws SyntaxFault when no number comes next */
  number(of: string): number {
    const token = this.peek();
    if (token?.kind !== "number" || token.text.length > 15) return this.fail(`a number after ${of}`);
    this.#at += 1;
    return Number(token.text);
  }

  /** @throws SyntaxFault always */
  fail(expected: string): never {
    const found = this.peek();
    const what = found === undefined ? "the end of the statement" : `"${shortened(found.text)}"`;
    throw new SyntaxFault(this.line, `${expected} is expected where ${what} stands`);
  }
}
