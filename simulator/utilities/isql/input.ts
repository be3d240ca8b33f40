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

/** Lines that came and were not read yet. */
export class LineQueue {
  private readonly lines: string[] = [];
  private ended = false;
  private wake: () => void = () => undefined;

  push(line: string): void {
    this.lines.push(line);
    this.wake();
  }

  end(): void {
    this.ended = true;
    this.wake();
  }

  /** What was not read is lost. */
  drop(): void {
    this.lines.length = 0;
    this.end();
  }

  /** @returns the next line, or null at the end */
  async next(): Promise<string | null> {
    while (this.lines.length === 0 && !this.ended) {
      await new Promise<void>(resolve => (this.wake = resolve));
    }
    return this.lines.shift() ?? null;
  }
}

/** Standard input of this process. */
export class StandardInput implements Input {
  private readonly queue = new LineQueue();
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
    terminal.on("line", line => this.queue.push(line));
    terminal.on("close", () => this.queue.end());
    terminal.on("SIGINT", () => terminal.close());
  }

  /** @returns the next line, or null at the end */
  async next(prompt: string): Promise<string | null> {
    this.begin();
    if (this.isTerminal) {
      this.terminal?.setPrompt(prompt);
      this.terminal?.prompt();
    } else if (prompt !== "") process.stdout.write(prompt);
    return this.queue.next();
  }

  close(): void {
    this.terminal?.close();
    process.stdin.destroy();
  }
}
