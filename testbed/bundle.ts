/** The test bed's own processes run from one bundled file, made from the sources when they are needed. */
import { build } from "esbuild";
import { renameSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "./paths";

/** Bundles `testbed/cli.ts` (some 50 ms) and gives the file's path, `.build/testbed.cjs`. Safe beside other callers. */
export async function bundle(): Promise<string> {
  const root = projectRoot();
  const out = join(root, ".build", "testbed.cjs");
  const temporary = `${out}.${process.pid}`;
  await build({
    absWorkingDir: root,
    entryPoints: ["testbed/cli.ts"],
    bundle: true,
    platform: "node",
    target: "node22",
    format: "cjs",
    external: ["esbuild"],
    outfile: temporary,
    logLevel: "error",
  });
  renameSync(temporary, out);
  return out;
}
