/**
 * Packs the simulated TimesTen distribution of one release, as a real one is packed: a zip with the top folder
 * tt<release>. Usage: node scripts/distribution.mjs <release> <output directory>
 *
 * Its content is simulator/distribution/ as it is, plus lib/simulator.cjs (dist/simulator/simulator.cjs) and the file
 * VERSION with the release in one line.
 */
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { zip } from "./zip.mjs";

const [release, outDir] = process.argv.slice(2);
if (!/^\d+(\.\d+){4}$/.test(release ?? "") || !outDir) {
  console.error("usage: node scripts/distribution.mjs <release, like 18.1.4.4.0> <output directory>");
  process.exit(2);
}
const root = join(import.meta.dirname, "..");

/** Entries for everything below a folder, parents first, in a fixed order; modes normalised to 755 and 644. */
const tree = (dir, at) =>
  readdirSync(dir)
    .sort()
    .flatMap(name => {
      const from = join(dir, name);
      const to = `${at}/${name}`;
      const stat = statSync(from);
      if (stat.isDirectory()) return [{ name: to, mode: 0o755, data: null }, ...tree(from, to)];
      return [{ name: to, mode: stat.mode & 0o111 ? 0o755 : 0o644, data: readFileSync(from) }];
    });

const top = `tt${release}`;
const entries = [{ name: top, mode: 0o755, data: null }, ...tree(join(root, "simulator/distribution"), top)];
if (!entries.some(entry => entry.name === `${top}/lib`))
  entries.push({ name: `${top}/lib`, mode: 0o755, data: null });
entries.push(
  {
    name: `${top}/lib/simulator.cjs`,
    mode: 0o644,
    data: readFileSync(join(root, "dist/simulator/simulator.cjs")),
  },
  { name: `${top}/VERSION`, mode: 0o644, data: Buffer.from(`${release}\n`) },
);
mkdirSync(outDir, { recursive: true });
const file = join(outDir, `timesten${release.replaceAll(".", "")}.server.linux8664.zip`);
writeFileSync(file, zip(entries));
console.log(`${file}: ${entries.length} entries`);
