/** Cuts what is typed or read into commands. */

/** ttIsql's own commands: complete at the end of their line, semicolon or not. */
const lineCommands = new Set([
  "exit",
  "quit",
  "help",
  "?",
  "tables",
  "alltables",
  "views",
  "sequences",
  "indexes",
  "repschemes",
  "allrepschemes",
  "cachegroups",
  "describe",
  "desc",
  "autocommit",
  "commit",
  "rollback",
  "verbosity",
  "connect",
  "disconnect",
  "use",
  "host",
  "!",
  "run",
  "start",
  "@",
  "prompt",
  "history",
  "timing",
  "set",
  "show",
  "echo",
  "functions",
  "xlabookmarkdelete",
  "dssize",
  "spool",
  "waitfor",
  "sleep",
  "statsupdate",
  "clienttimeout",
]);

/** @returns first word of a command, lower case */
export const firstWord = (command: string): string =>
  /^\s*([A-Za-z]+|[?!@])/.exec(command)?.[1]?.toLowerCase() ?? "";

/** @returns whether ttIsql itself carries the command out */
export const isLineCommand = (command: string): boolean => lineCommands.has(firstWord(command));

function stripComments(text: string): string {
  return text.replace(/^\s*(--|#|rem\b)[^\n]*\n?/gim, "");
}

export class Splitter {
  private text = "";

  /** Whether a command has been begun. */
  pending(): boolean {
    return stripComments(this.text).trim() !== "";
  }

  /** @returns the commands completed by this line, without their semicolons */
  line(line: string): string[] {
    if (!this.pending() && isLineCommand(line) && !/^\s*(commit|rollback|set)\b.*;\s*\S/i.test(line)) {
      this.text = "";
      return line
        .split(/;(?=(?:[^"']*["'][^"']*["'])*[^"']*$)/)
        .map(part => part.trim())
        .filter(part => part !== "");
    }
    if (this.pending() && line.trim() === "/") return this.end();
    this.text += `${line}\n`;
    return this.complete();
  }

  private complete(): string[] {
    const commands: string[] = [];
    let quote = "";
    let start = 0;
    for (let at = 0; at < this.text.length; at += 1) {
      const char = this.text[at] ?? "";
      if (quote === "--" || quote === "/*") {
        if (quote === "--" && char === "\n") quote = "";
        if (quote === "/*" && this.text.startsWith("*/", at)) quote = "";
        continue;
      }
      if (quote !== "") {
        if (char === quote) quote = "";
      } else if (char === "'" || char === '"') quote = char;
      else if (this.text.startsWith("--", at) || this.text.startsWith("/*", at))
        quote = this.text.slice(at, at + 2);
      else if (char === ";") {
        commands.push(this.text.slice(start, at));
        start = at + 1;
      }
    }
    this.text = this.text.slice(start);
    return commands.map(command => stripComments(command).trim()).filter(command => command !== "");
  }

  /** @returns what is left at the end of the input */
  end(): string[] {
    const rest = stripComments(this.text).trim();
    this.text = "";
    return rest === "" ? [] : [rest];
  }
}
