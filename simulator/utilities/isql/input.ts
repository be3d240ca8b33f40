/** Lines of standard input, one at a time, from a terminal (with editing) or a pipe. */
import { createInterface, type Interface } from "node:readline";

/** Where a session's commands come from. */
export interface Input {
  readonly isTerminal: boolean;
  /** @returns the next line, or null at the end */
  next: (prompt: string) => Promise<string | null>;
  close: () => void;
  /** Set by the session: called when nobody is there any more to hear the answers. */
  onGone?: () => void;
}

/** Standard input of this process. */
export class StandardInput implements Input {
  private lines: string[] = [];
  private ended = false;
  private wake: (() => void) | null = null;
  private terminal: Interface | null = null;
  readonly isTerminal = process.stdin.isTTY === true;

  private begin(): void {
    if (this.terminal !== null) return;
    const terminal = createInterface({
      input: process.stdin,
      ...(this.isTerminal ? { output: process.stdout } : {}),
      terminal: this.isTerminal,
    });
    this.terminal = terminal;
    terminal.on("line", line => {
      this.lines.push(line);
      this.wake?.();
    });
    terminal.on("close", () => {
      this.ended = true;
      this.wake?.();
    });
    terminal.on("SIGINT", () => terminal.close());
  }

  /** @returns the next line, or null at the end */
  async next(prompt: string): Promise<string | null> {
    this.begin();
    if (this.isTerminal) {
      this.terminal?.setPrompt(prompt);
      this.terminal?.prompt();
    } else if (prompt !== "") process.stdout.write(prompt);
    while (this.lines.length === 0 && !this.ended) {
      await new Promise<void>(resolve => (this.wake = resolve));
    }
    return this.lines.shift() ?? null;
  }

  close(): void {
    this.terminal?.close();
    process.stdin.destroy();
  }
}
