/**
 * Rules for the files of the tree that no other tool checks. Prints one line per fault, exits 1 when there are any.
 * Usage: node scripts/tree-rules.mjs [root of a checkout]
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = process.argv[2] ?? join(import.meta.dirname, "..");
const faults = [];

const files = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
  cwd: root,
  encoding: "utf8",
  maxBuffer: 64 * 1024 * 1024,
})
  .split("\0")
  .filter(file => file !== "" && existsSync(join(root, file)));

/** Hosts that a setting may name: the public registries everyone has. Any other would tie the tree to one network. */
const PUBLIC_HOSTS = new Set([
  "registry.npmjs.org",
  "proxy.golang.org",
  "sum.golang.org",
  "pypi.org",
  "deb.debian.org",
]);
/** Settings that choose a package registry, each with the host as its first group. */
const REGISTRY_SETTINGS = [
  /\bregistry\s*=\s*["']?https?:\/\/([^/\s"']+)/g,
  /\bGOPROXY=["']?https?:\/\/([^/,\s"']+)/g,
  /--(?:extra-)?index-url[= ]https?:\/\/([^/\s"']+)/g,
  /\bGONOSUMDB=|\bGOFLAGS=-insecure/g,
];

for (const file of files) {
  if (/\.(png|jpg|gif|gz|zip)$/.test(file)) continue;
  const text = readFileSync(join(root, file), "utf8");
  text.split("\n").forEach((line, index) => {
    if (file.startsWith("scripts/tree-rules") || file.startsWith("test/unit/make/")) return;
    for (const setting of REGISTRY_SETTINGS)
      for (const [whole, host] of line.matchAll(setting))
        if (!PUBLIC_HOSTS.has(host)) faults.push(`${file}:${index + 1}: names a package registry: ${whole}`);
  });
  if (/(^|\/)package-lock\.json$/.test(file)) {
    for (const [path, entry] of Object.entries(JSON.parse(text).packages ?? {}))
      if (entry.resolved !== undefined && !entry.link)
        faults.push(
          `${file}: "${path}" says where it was fetched ("resolved"); run npm with omit-lockfile-registry-resolved=true`,
        );
  }
  if (
    /(^|\/)go\.mod$/.test(file) &&
    !files.includes(file.replace(/go\.mod$/, "go.sum")) &&
    /^\s*require\b/m.test(text)
  )
    faults.push(`${file}: has no go.sum beside it, so its modules are not pinned`);
  if (/^#!/.test(text) && /\.(sh)$/.test(file) && !isExecutable(file))
    faults.push(`${file}: has a #! line but may not be executed`);
}

/** Whether git or the file system has the executable bit. */
function isExecutable(file) {
  try {
    execFileSync("test", ["-x", join(root, file)]);
    return true;
  } catch {
    return false;
  }
}

faults.forEach(fault => console.error(fault));
process.exitCode = faults.length > 0 ? 1 : 0;
