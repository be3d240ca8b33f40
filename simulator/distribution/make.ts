/** Makes a distribution: the directory `tt<release>` with bin/, lib/ and VERSION, as a tree or as a zip. */
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { parseArguments } from "../shared/args";
import { complain, print } from "../utilities/context";
import { brokenScript, utilityNames, wrapperScript } from "./wrappers";
import { zip, type ZipEntry } from "./zip";

/**
 * @param release e.g. 18.1.4.4.0
 * @param parent directory in which `tt<release>` is made
 * @param bundle path of simulator.cjs
 * @param options.broken every utility ends at once with an error, for tests of upgrades that fail
 * @param options.launcher path of ttsim, which spares ttAdmin and ttStatus a Node; absent: they have one
 * @returns the directory made
 */
export function makeTree(
  release: string,
  parent: string,
  bundle: string,
  { broken = false, launcher }: { broken?: boolean; launcher?: string | undefined } = {},
): string {
  const top = join(parent, `tt${release}`);
  for (const directory of ["bin", "lib"]) mkdirSync(join(top, directory), { recursive: true });
  copyFileSync(bundle, join(top, "lib", "simulator.cjs"));
  if (launcher !== undefined) copyFileSync(launcher, join(top, "lib", "ttsim"));
  writeFileSync(join(top, "VERSION"), `${release}\n`);
  writeFileSync(
    join(top, "README.html"),
    `<p>TimesTen simulator in place of release ${release}. Not an Oracle product.</p>\n`,
  );
  for (const utility of utilityNames) {
    const path = join(top, "bin", utility);
    writeFileSync(path, broken ? brokenScript(utility) : wrapperScript(utility));
    chmodSync(path, 0o755);
  }
  return top;
}

function entries(directory: string, name: string): ZipEntry[] {
  return readdirSync(directory).flatMap(child => {
    const path = join(directory, child);
    const stat = statSync(path);
    if (stat.isDirectory()) return entries(path, `${name}/${child}`);
    return [{ name: `${name}/${child}`, data: readFileSync(path), executable: (stat.mode & 0o100) !== 0 }];
  });
}

/** makeDistribution -release R {-directory D | -zip F} [-launcher L] [-broken]: both may be given, the directory comes first. */
export async function makeDistribution(argv: string[]): Promise<number> {
  const { flags, values } = parseArguments(argv, ["broken"], ["release", "directory", "zip", "launcher"]);
  const release = values.get("release");
  const directory = values.get("directory");
  if (release === undefined || directory === undefined) {
    complain(
      "makeDistribution -release <release> -directory <where> [-zip <file>] [-launcher <ttsim>] [-broken]",
    );
    return 255;
  }
  const top = makeTree(release, directory, realpathSync(process.argv[1] ?? ""), {
    broken: flags.has("broken"),
    launcher: values.get("launcher"),
  });
  print(top);
  const file = values.get("zip");
  if (file === undefined) return 0;
  writeFileSync(file, zip(entries(top, `tt${release}`)));
  print(file);
  return 0;
}
