/** The image registry of a cluster: distribution v3 on a storage folder that outlives clusters. */
import { mkdirSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { registryDir } from "./paths";
import { launch, tail, type Proc } from "./process";
import { FatalError, waitFor } from "./wait";

/** Registry names that are folders of their own in the local registry; images of any other name are in `default/`. */
export const MIRRORED = [
  "phx.ocir.io",
  "registry.local",
  "container-registry.oracle.com",
  "docker.io",
  "ghcr.io",
  "quay.io",
  "registry.k8s.io",
] as const;

/** Configuration file of the registry (https://distribution.github.io/distribution/about/configuration/). */
export function registryConfig(storage: string, address: string): string {
  return JSON.stringify({
    version: "0.1",
    log: { level: "error", accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: storage }, delete: { enabled: true } },
    http: { addr: address, secret: "one-instance-per-cluster" },
  });
}

/** containerd's hosts.toml that sends pulls of one registry name to the mirror, and only there. */
export function hostsToml(mirror: string, folder: string): string {
  const url = `http://${mirror}/v2/${folder}`;
  // `server` is the mirror too: else a missing image is asked for at the real registry, out of reach, for ten seconds.
  return `server = "${url}"\n[host."${url}"]\n  capabilities = ["pull", "resolve"]\n  override_path = true\n`;
}

/** Writes a folder for containerd's `config_path`: all names in `MIRRORED` and `more`, and `_default` for the rest. */
export function writeMirrors(dir: string, mirror: string, more: readonly string[]): void {
  for (const name of [...MIRRORED, ...more, "_default"]) {
    const folder = name === "_default" ? "default" : name;
    mkdirSync(join(dir, name), { recursive: true });
    writeFileSync(join(dir, name, "hosts.toml"), hostsToml(mirror, folder));
  }
}

/** Starts a registry on `host:port`; resolves when it answers. `dir` gets its configuration and log. */
export async function serveRegistry(command: string, dir: string, host: string, port: number): Promise<Proc> {
  const storage = registryDir();
  mkdirSync(storage, { recursive: true });
  mkdirSync(dir, { recursive: true });
  const config = join(dir, "registry.yaml");
  writeFileSync(config, registryConfig(storage, `${host}:${port}`));
  const proc = launch({
    name: "registry",
    command,
    args: ["serve", config],
    logFile: join(dir, "registry.log"),
    env: { OTEL_TRACES_EXPORTER: "none" },
  });
  await waitFor(
    "registry",
    async () => {
      if (!proc.alive()) throw new FatalError(`the registry ended:\n${tail(proc.logFile)}`);
      return (await status(`http://${host}:${port}/v2/`)) === 200 ? true : undefined;
    },
    { timeoutMs: 20_000 },
  );
  return proc;
}

function status(url: string): Promise<number> {
  return new Promise((done, fail) => {
    const req = request(url, res => {
      res.resume();
      done(res.statusCode ?? 0);
    });
    req.once("error", fail);
    req.setTimeout(2_000, () => req.destroy(new Error("no answer")));
    req.end();
  });
}
