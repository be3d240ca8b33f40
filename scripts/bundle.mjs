/**
 * Bundles the programs that run inside TimesTen pods into one file each, for node 22 and later:
 * agent/main.ts -> dist/agent/agent.cjs, simulator/main.ts -> dist/simulator/simulator.cjs.
 *
 * AGENT_VERSION is a constant of the build (package.json's version), so a bundle knows its version without any file or
 * environment beside it. Usage: node scripts/bundle.mjs [agent] [simulator]   (none: both)
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { build } from "esbuild";

const root = join(import.meta.dirname, "..");
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const programs = {
  agent: { entry: "agent/main.ts", out: "dist/agent/agent.cjs" },
  simulator: { entry: "simulator/main.ts", out: "dist/simulator/simulator.cjs" },
};

const asked = process.argv.slice(2);
const unknown = asked.filter(name => !Object.hasOwn(programs, name));
if (unknown.length > 0) {
  console.error(`unknown program: ${unknown.join(", ")}; there are: ${Object.keys(programs).join(", ")}`);
  process.exit(2);
}

for (const name of asked.length > 0 ? asked : Object.keys(programs)) {
  const { entry, out } = programs[name];
  if (!existsSync(join(root, entry))) {
    console.error(`${entry} is missing`);
    process.exit(1);
  }
  await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: out,
    bundle: true,
    platform: "node",
    target: "node22",
    format: "cjs",
    define: { AGENT_VERSION: JSON.stringify(version) },
    // Native add-ons of ws that are optional at run time; without them it uses its own JavaScript.
    external: ["bufferutil", "utf-8-validate"],
    logLevel: "warning",
  });
  console.log(
    `${relative(process.cwd(), join(root, out))}: ${Math.ceil(statSync(join(root, out)).size / 1024)} KiB`,
  );
}
