/** The local registry alone, without a cluster, while images are pushed to it. Needs no root. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "./control-plane";
import { registryDir } from "./paths";
import { must } from "./process";
import { registryConfig, serveRegistry } from "./registry";
import { findTools, type Progress } from "./tools";

/**
 * Runs `command` with `REGISTRY=127.0.0.1:<port>` in its environment while a registry serves there on the storage that
 * all clusters share; resolves with the command's exit code.
 */
export async function withRegistry(command: readonly string[], progress: Progress): Promise<number> {
  const [first, ...rest] = command;
  if (first === undefined) throw new Error("with-registry: which command?");
  const tools = await findTools(["registry"], [], progress);
  const dir = mkdtempSync(join(tmpdir(), "testbed-registry-"));
  const { api: port } = await freePorts();
  const registry = await serveRegistry(tools("registry"), dir, "127.0.0.1", port);
  try {
    const child = spawn(first, rest, {
      stdio: "inherit",
      env: { ...process.env, REGISTRY: `127.0.0.1:${port}` },
    });
    return await new Promise((done, fail) =>
      child.once("error", fail).once("exit", code => done(code ?? 128)),
    );
  } finally {
    await registry.stop(2_000);
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Deletes what no tag leads to any more (layers of images that were built again). No registry may be running. */
export async function cleanRegistry(progress: Progress): Promise<void> {
  if (!existsSync(join(registryDir(), "docker"))) return;
  const tools = await findTools(["registry"], [], progress);
  const dir = mkdtempSync(join(tmpdir(), "testbed-registry-"));
  try {
    const config = join(dir, "registry.yaml");
    writeFileSync(config, registryConfig(registryDir(), "127.0.0.1:0"));
    await must(tools("registry"), ["garbage-collect", "--delete-untagged", config], {
      env: { OTEL_TRACES_EXPORTER: "none" },
      timeoutMs: 600_000,
    });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
