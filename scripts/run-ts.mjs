// Runs a TypeScript program of this tree: bundles it (some 50 ms) and hands over to it in this process.
// usage: node scripts/run-ts.mjs FILE [ARGUMENT...]
import { build } from "esbuild";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [file, ...args] = process.argv.slice(2);
if (file === undefined) {
  console.error("usage: node scripts/run-ts.mjs FILE [ARGUMENT...]");
  process.exit(2);
}
const outfile = join(root, ".build", `${file.replaceAll("/", "-").replace(/\.ts$/, "")}-${process.pid}.cjs`);
await build({
  absWorkingDir: root,
  entryPoints: [file],
  bundle: true,
  platform: "node",
  target: "node22",
  format: "cjs",
  packages: "external",
  sourcemap: "inline",
  outfile,
  logLevel: "error",
});
process.setSourceMapsEnabled(true);
process.argv = [process.argv[0], resolve(root, basename(file)), ...args];
process.once("exit", () => createRequire(import.meta.url)("node:fs").rmSync(outfile, { force: true }));
createRequire(import.meta.url)(outfile);
