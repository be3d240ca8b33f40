/** Command lines in TimesTen's manner: long options behind one dash, names in any case, but -v is not -V. */

/** What the parser found. Option names are lower case except single letters. */
export interface Arguments {
  flags: Set<string>;
  values: Map<string, string>;
  /** Whatever is no option, in order. */
  rest: string[];
}

/** Thrown for an option nobody knows or one without its value. */
export class UsageError extends Error {}

function optionName(argument: string): string {
  const bare = argument.replace(/^--?/, "");
  return bare.length === 1 ? bare : bare.toLowerCase();
}

/**
 * @param argv arguments behind the utility's name
 * @param flags names of options without a value
 * @param values names of options with one
 * @throws UsageError
 */
export function parseArguments(argv: string[], flags: string[], values: string[]): Arguments {
  const result: Arguments = { flags: new Set(), values: new Map(), rest: [] };
  for (let at = 0; at < argv.length; at += 1) {
    const argument = argv[at] ?? "";
    if (!argument.startsWith("-") || argument === "-") {
      result.rest.push(argument);
      continue;
    }
    const letter = argument.slice(1, 2);
    const name = optionName(argument);
    // A single letter may carry its value with it: -v1.
    if (!flags.includes(name) && !values.includes(name) && values.includes(letter)) {
      result.values.set(letter, argument.slice(2));
      continue;
    }
    if (flags.includes(name)) {
      result.flags.add(name);
    } else if (values.includes(name)) {
      at += 1;
      const value = argv[at];
      if (value === undefined) throw new UsageError(`option ${argument} needs a value`);
      result.values.set(name, value);
    } else {
      throw new UsageError(`unrecognized option ${argument}`);
    }
  }
  return result;
}
