/** `init`, the ttinit container: everything on the volume that has to be there before the database. */
import { existsSync } from "node:fs";
import { access, constants, mkdir, readdir, readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Log } from "../ports";
import { Incomplete } from "../timesten/incomplete";
import { ConfigError, DAEMON_PORT, SERVER_PORT, type AgentConfig } from "./config";
import { findDistribution, installationOf, noTimesTen, type DistributionPlaces } from "./distribution";
import { writeShellFiles, writeWhole } from "./files";
import { ensureInstance } from "./instance";
import { attributesOfDbIni, renderOdbcIni } from "./odbc";

export interface InitOptions {
  config: AgentConfig;
  places: DistributionPlaces;
  env: NodeJS.ProcessEnv;
  log: Log;
  /** For instances that share a machine; absent: the documented ports. */
  ports?: { daemon: number; server: number };
}

/**
 * Safe to repeat, also after a crash at any point.
 * @throws ConfigError, TimesTenError, or the file system's error
 */
export async function init(o: InitOptions): Promise<void> {
  const { config, log } = o;
  await makeFolders(config);
  const odbcIni = join(config.instanceHome, "conf", "sys.odbc.ini");
  // db.ini is read when a database is created: what is changed later is not acted on, and a fault in it harms nobody.
  const creates = !(await hasDatabase(config)) || !existsSync(odbcIni);
  // First what a person may have to correct: it costs nothing to find.
  const attributes = creates ? attributesOfDbIni(await textOr(join(config.configDir, "db.ini"), "")) : [];
  const distribution = await findDistribution(o.places);
  if (distribution === null) throw noTimesTen(o.places);
  log.info("TimesTen of the image", { release: distribution.release, kind: distribution.kind });
  const installation = await installationOf(distribution, config.userHome);
  const done = await ensureInstance({
    instanceHome: config.instanceHome,
    installation,
    daemonPort: o.ports?.daemon ?? DAEMON_PORT,
    serverPort: o.ports?.server ?? SERVER_PORT,
    env: o.env,
    log,
  });
  if (creates) {
    const driver = join(config.instanceHome, "install", "lib", "libtten.so");
    await writeWhole(odbcIni, renderOdbcIni({ ...config, driver }, attributes), 0o644);
  }
  await writeShellFiles(config.userHome, config.instanceHome);
  log.info("ready", { instance: config.instanceHome, done });
}

async function makeFolders(config: AgentConfig): Promise<void> {
  const folders = [config.userHome, dirname(config.dataStore), dirname(config.memoryFile)];
  if (config.logDir !== null) folders.push(config.logDir);
  for (const folder of folders) {
    try {
      await mkdir(folder, { recursive: true, mode: 0o755 });
      await access(folder, constants.W_OK);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? "";
      if (code !== "EACCES" && code !== "EPERM") throw error;
      const uid = process.getuid?.() ?? -1;
      throw new ConfigError(
        `user ${uid} may not write to ${folder}: set fsGroup in the pod's securityContext`,
      );
    }
  }
}

async function hasDatabase(config: AgentConfig): Promise<boolean> {
  const name = basename(config.dataStore);
  const folder = dirname(config.dataStore);
  if (await new Incomplete(join(folder, `.${name}.incomplete`)).isSet()) return false;
  return (await readdir(folder)).some(file => file.startsWith(`${name}.ds`));
}

async function textOr(file: string, otherwise: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return otherwise;
    throw error;
  }
}
