/** The cgroups that hold a cluster's containers, in version 1 (also hybrid) and version 2. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  statfsSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { waitFor } from "./wait";

const ROOT = "/sys/fs/cgroup";
/** CGROUP2_SUPER_MAGIC of linux/magic.h. */
const CGROUP2_MAGIC = 0x63677270;
/** Controllers that the kubelet asks for in version 2. */
const CONTROLLERS = ["cpuset", "cpu", "io", "memory", "pids"];
/**
 * All containers of all clusters together weigh as much as so many processes outside: as much as one (the default), they
 * would starve beside a test runner or a compiler.
 */
const WEIGHT = 4;

/** Mount points below /sys/fs/cgroup of file systems of type cgroup and cgroup2, from the text of /proc/mounts. */
export function hierarchies(mounts: string): { path: string; version: 1 | 2 }[] {
  return mounts
    .split("\n")
    .map(line => line.split(" "))
    .filter(([, path, type]) => (type === "cgroup" || type === "cgroup2") && path?.startsWith(ROOT) === true)
    .map(([, path, type]) => ({ path: path ?? "", version: type === "cgroup" ? 1 : 2 }));
}

const isUnified = (): boolean => statfsSync(ROOT).type === CGROUP2_MAGIC;

/** `/a/b/c` -> `/a`, `/a/b`, `/a/b/c`. */
export function prefixes(path: string): string[] {
  const parts = path.split("/").filter(p => p !== "");
  return parts.map((_, i) => `/${parts.slice(0, i + 1).join("/")}`);
}

/** Makes cgroup `path` (absolute within the hierarchy) so that the kubelet can use it as its root. Needs root. */
export function makeCgroup(path: string): void {
  if (isUnified()) {
    for (const p of prefixes(path)) {
      enableControllers(join(ROOT, dirname(p)));
      mkdirSync(join(ROOT, p), { recursive: true });
    }
    enableControllers(join(ROOT, path));
    weigh(ROOT, path, "cpu.weight", 100);
    return;
  }
  for (const h of hierarchies(readFileSync("/proc/mounts", "utf8"))) {
    if (h.version === 2) continue; // beside version 1 it has no controllers
    for (const p of prefixes(path)) {
      const dir = join(h.path, p);
      mkdirSync(dir, { recursive: true });
      inheritCpuset(dir);
    }
    weigh(h.path, path, "cpu.shares", 1_024);
  }
}

/** Where there is that file, the cgroup that all clusters share is given its weight. */
function weigh(hierarchy: string, path: string, file: string, ofOne: number): void {
  const top = prefixes(path)[0];
  if (top === undefined) return;
  const at = join(hierarchy, top, file);
  if (existsSync(at)) writeFileSync(at, String(ofOne * WEIGHT));
}

/** Version 1: a new cpuset has no processors, and nothing can run in it. */
function inheritCpuset(dir: string): void {
  for (const file of ["cpuset.cpus", "cpuset.mems"]) {
    if (!existsSync(join(dir, file)) || readFileSync(join(dir, file), "utf8").trim() !== "") continue;
    writeFileSync(join(dir, file), readFileSync(join(dirname(dir), file), "utf8"));
  }
}

/** Version 2: a controller is in a child only when the parent hands it down. */
function enableControllers(dir: string): void {
  const words = (file: string): string[] => readFileSync(join(dir, file), "utf8").trim().split(/\s+/);
  const there = words("cgroup.controllers");
  const on = words("cgroup.subtree_control");
  const missing = CONTROLLERS.filter(c => there.includes(c) && !on.includes(c));
  if (missing.length === 0) return;
  try {
    writeFileSync(join(dir, "cgroup.subtree_control"), missing.map(c => `+${c}`).join(" "));
  } catch (error) {
    throw new Error(
      `cgroup ${dir}: controllers ${missing.join(", ")} cannot be handed down (${String(error)}). ` +
        `Inside a container, move its processes out of the root cgroup first, or give a cluster by KUBECONFIG=...`,
    );
  }
}

/**
 * Removes cgroup `path` with all below it from every hierarchy, and then its parents that are empty. Waits for ended
 * processes to leave (at most 10 s). Nothing to do is fine.
 */
export async function removeCgroup(path: string): Promise<void> {
  const roots = isUnified() ? [ROOT] : hierarchies(readFileSync("/proc/mounts", "utf8")).map(h => h.path);
  const look = (): true | undefined =>
    roots.map(r => removeTree(join(r, path))).every(Boolean) ? true : undefined;
  await waitFor(`removal of cgroup ${path}`, look, { timeoutMs: 10_000 });
  for (const root of roots) {
    for (const p of prefixes(dirname(path)).reverse()) {
      try {
        rmdirSync(join(root, p));
      } catch {
        break; // another cluster's cgroups are in it, or it is not there
      }
    }
  }
}

/** Depth first; true when it is gone. */
function removeTree(dir: string): boolean {
  if (!existsSync(dir)) return true;
  try {
    for (const entry of readdirSync(dir, { withFileTypes: true }))
      if (entry.isDirectory()) removeTree(join(dir, entry.name));
    rmdirSync(dir);
    return true;
  } catch {
    return !existsSync(dir);
  }
}
