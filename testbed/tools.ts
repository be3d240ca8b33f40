/** The programs the test bed runs: built from Go modules, found on the PATH, or given by KUBEBUILDER_ASSETS. */
import { spawn } from "node:child_process";
import { accessSync, constants, existsSync, mkdirSync, readFileSync, renameSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "./paths";
import { which } from "./process";

export type GoTool =
  | "etcd"
  | "kube-apiserver"
  | "kube-controller-manager"
  | "kube-scheduler"
  | "kube-proxy"
  | "kubelet"
  | "kubectl"
  | "coredns"
  | "registry"
  | "pause"
  | "probe";

/** Gives the full path of a program. */
export type Tools = (tool: GoTool) => string;

/** Called with one line of text for a person who waits. */
export type Progress = (line: string) => void;

/** Builds the Go programs unless they are in the cache; resolves with their folder. Throws with the build's words. */
export function buildTools(progress: Progress): Promise<string> {
  return new Promise((done, fail) => {
    const child = spawn(join(projectRoot(), "testbed", "tools", "build.sh"), [], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let dir = "";
    let said = "";
    let rest = "";
    child.stdout.on("data", (b: Buffer) => (dir += b.toString()));
    child.stderr.on("data", (b: Buffer) => {
      said += b.toString();
      const lines = (rest + b.toString()).split("\n");
      rest = lines.pop() ?? "";
      lines.forEach(line => progress(line.replace(/^testbed: */, "")));
    });
    child.once("error", fail);
    child.once("close", code =>
      code === 0
        ? done(linkKubectl(dir.trim()))
        : fail(new Error(`the Go programs could not be built:\n${said.trim()}`)),
    );
  });
}

/**
 * The programs of a cluster. With `KUBEBUILDER_ASSETS` its folder is asked first for those in `replaceable`; when it
 * has all of `needed`, nothing is built.
 */
export async function findTools(
  needed: readonly GoTool[],
  replaceable: readonly GoTool[],
  progress: Progress,
): Promise<Tools> {
  const assets = process.env["KUBEBUILDER_ASSETS"];
  const given = (tool: GoTool): string | undefined => {
    if (assets === undefined || !replaceable.includes(tool)) return undefined;
    const path = join(assets, tool);
    return executable(path) ? path : undefined;
  };
  const built = needed.every(tool => given(tool) !== undefined) ? undefined : await buildTools(progress);
  return tool => {
    const path = given(tool) ?? (built === undefined ? undefined : join(built, tool));
    if (path === undefined) throw new Error(`${tool} is neither in KUBEBUILDER_ASSETS nor built`);
    return path;
  };
}

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** `.build/bin/kubectl` of this checkout leads to the kubectl in `built`, which is also the answer. */
function linkKubectl(built: string): string {
  const dir = join(projectRoot(), ".build", "bin");
  mkdirSync(dir, { recursive: true });
  const temporary = join(dir, `.kubectl.${process.pid}`);
  symlinkSync(join(built, "kubectl"), temporary);
  renameSync(temporary, join(dir, "kubectl"));
  return built;
}

/** Programs of the system that nodes need, and the folder of the CNI plugins. */
export interface NodePrograms {
  readonly cniDir: string;
}

const PROGRAMS = [
  "containerd",
  "ctr",
  "runc",
  "iptables",
  "ip",
  "nsenter",
  "unshare",
  "mount",
  "hostname",
  "bash",
];
const CNI_DIRS = ["/usr/lib/cni", "/opt/cni/bin", "/usr/libexec/cni"];
const CNI_PLUGINS = ["bridge", "host-local", "portmap", "loopback"];

/** The Debian packages of nodes, as listed in packages.txt. */
export function nodePackages(): string[] {
  return readFileSync(join(projectRoot(), "testbed", "packages.txt"), "utf8")
    .split("\n")
    .map(line => line.replace(/#.*/, "").trim())
    .filter(line => line !== "");
}

/** Finds what nodes need; throws saying what is missing and what to install. */
export function findNodePrograms(): NodePrograms {
  const missing = PROGRAMS.filter(p => which(p) === undefined);
  const cniDir = CNI_DIRS.find(dir => CNI_PLUGINS.every(p => existsSync(join(dir, p))));
  if (cniDir === undefined)
    missing.push(`CNI plugins (${CNI_PLUGINS.join(", ")}) in one of ${CNI_DIRS.join(", ")}`);
  if (missing.length > 0 || cniDir === undefined)
    throw new Error(
      `nodes need programs that are not here: ${missing.join(", ")}.\n` +
        `On Debian or Ubuntu: sudo apt-get install --no-install-recommends ${nodePackages().join(" ")}\n` +
        `(the service of containerd is not used and may be disabled)`,
    );
  return { cniDir };
}
