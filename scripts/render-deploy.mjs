/**
 * Usage: node scripts/render-deploy.mjs [image]
 *
 * Writes dist/deploy/*.yaml from crds/, deploy/ and the output of `pepr build`, numbered in the order in which they are
 * to be applied. `image` replaces the one given to the build.
 */
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dump, loadAll } from "js-yaml";
import { operatorManifests } from "./deploy-manifests.mjs";

const root = join(import.meta.dirname, "..");
const built = join(root, "dist", "pepr-module-timesten-operator.yaml");
const target = join(root, "dist", "deploy");

let text;
try {
  text = readFileSync(built, "utf8");
} catch {
  console.error(`${built} is missing: run \`npx pepr build\` first`);
  process.exit(1);
}
rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
copyFileSync(join(root, "crds", "timestenclassics.yaml"), join(target, "00-timestenclassics.yaml"));
copyFileSync(join(root, "deploy", "peprstores.yaml"), join(target, "01-peprstores.yaml"));
const documents = operatorManifests(loadAll(text), process.argv[2]);
// It holds the webhook's private key.
writeFileSync(
  join(target, "10-operator.yaml"),
  documents.map(document => dump(document, { lineWidth: -1, noRefs: true })).join("---\n"),
  { mode: 0o600 },
);
console.log("dist/deploy/: 00-timestenclassics.yaml 01-peprstores.yaml 10-operator.yaml");
