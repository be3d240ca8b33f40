/** ttIsql and ttIsqlCS: SQL on the command line. */
import { parseArguments } from "../../shared/args";
import { guarded, print } from "../context";
import { Isql } from "./commands";
import { StandardInput, type Input } from "./input";
import { Splitter } from "./splitter";

const prompt = "Command> ";

function banner(): void {
  print();
  print("TimesTen simulator. This is not an Oracle product.");
  print('Type ? or "help" for help, type "exit" to quit ttIsql.');
  print();
}

async function given(isql: Isql, commands: string): Promise<void> {
  const splitter = new Splitter();
  for (const command of [...splitter.line(commands), ...splitter.end()]) {
    if (isql.finished) return;
    if (isql.verbosity >= 2) print(`\n${command};`);
    await isql.run(command);
  }
}

async function interactive(isql: Isql, input: Input): Promise<void> {
  const splitter = new Splitter();
  while (!isql.finished) {
    const shown = isql.verbosity < 2 && !input.isTerminal ? "" : splitter.pending() ? "       > " : prompt;
    const line = await input.next(shown);
    const commands = line === null ? splitter.end() : splitter.line(line);
    for (const command of commands) if (!isql.finished) await isql.run(command);
    if (line === null) return;
  }
}

/** Entry. */
export function ttIsql(argv: string[]): Promise<number> {
  return ttIsqlOver(argv, () => new StandardInput());
}

/**
 * @param begin called when the arguments are in order: the session's commands
 * @returns the exit code. A failed command does not change it; a failed connect does.
 */
export function ttIsqlOver(argv: string[], begin: () => Input): Promise<number> {
  return guarded("ttIsql", async instance => {
    const { flags, values, rest } = parseArguments(
      argv,
      ["interactive", "N", "h", "help", "V", "version"],
      ["connstr", "e", "f", "v", "wait"],
    );
    if (flags.has("V") || flags.has("version")) {
      print(`TimesTen Release ${instance.release}`);
      return 0;
    }
    const input = begin();
    const isql = new Isql(
      instance,
      Number(values.get("v") ?? "2"),
      async user => (await input.next(`Enter password for '${user.toLowerCase()}': `)) ?? "",
    );
    input.onGone = () => isql.abandon();
    if (isql.verbosity >= 2) banner();
    const connStr = values.get("connstr") ?? rest.at(-1);
    const connected = connStr === undefined || (await isql.connect(connStr));
    if (connected || input.isTerminal) {
      const file = values.get("f");
      const commands = values.get("e");
      if (commands !== undefined) await given(isql, commands);
      if (file !== undefined && !isql.finished) await isql.file(file);
      if (file === undefined && !isql.finished) await interactive(isql, input);
    }
    isql.close();
    input.close();
    return connected ? 0 : 1;
  });
}
