/** The test bed's own processes run from one bundled file, made from the sources when they are needed. */
import { existsSync, mkdirSync, renameSync } from "node:fs";
import { basename, join } from "node:path";
import { projectRoot } from "./paths";
import { must } from "./process";

const NAME = "testbed.cjs";

/**
 * Bundles `testbed/cli.ts` into `.build/testbed.cjs` (some 50 ms) and gives that path; the running program's own when it
 * is that bundle. Safe beside other callers. The launcher `testbed/testbed` does the same.
 */
export async function bundle(): Promise<string> {
  const self = process.argv[1];
  if (self !== undefined && basename(self) === NAME && existsSync(self)) return self;
  const root = projectRoot();
  const out = join(root, ".build", NAME);
  const temporary = `${out}.${process.pid}`;
  mkdirSync(join(root, ".build"), { recursive: true });
  await must(join(root, "node_modules", ".bin", "esbuild"), [
    join(root, "testbed", "cli.ts"),
    "--bundle",
    "--platform=node",
    "--target=node22",
    "--format=cjs",
    "--log-level=error",
    `--outfile=${temporary}`,
  ]);
  renameSync(temporary, out);
  return out;
}
