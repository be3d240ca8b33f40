/** The TimesTen instance on the volume: made once, given a new installation when the image brings another release. */
import { existsSync, realpathSync } from "node:fs";
import { mkdir, open, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Log } from "../ports";
import { syncDirectory } from "../timesten/incomplete";
import { runChecked } from "../timesten/utility";
import { instanceNames } from "./config";

/** How long making or changing an instance may take, ms. */
const INSTANCE_MS = 5 * 60_000;

export interface InstanceOptions {
  instanceHome: string;
  /** Folder of the installation that it shall use. */
  installation: string;
  daemonPort: number;
  serverPort: number;
  env: NodeJS.ProcessEnv;
  log: Log;
}

/**
 * Makes the instance, or points it at the installation. A half-made one (a crash in between) is removed and made
 * again: no database can be in it yet, the databases lie beside the instances.
 * @throws TimesTenError with the words of ttInstanceCreate or ttInstanceModify
 */
export async function ensureInstance(o: InstanceOptions): Promise<"made" | "modified" | "kept"> {
  const { name, location } = instanceNames(o.instanceHome);
  const unfinished = join(location, `.${name}.unfinished`);
  await mkdir(location, { recursive: true });
  if (existsSync(join(o.instanceHome, "conf", "timesten.conf")) && !existsSync(unfinished)) {
    return (await useInstallation(o)) ? "modified" : "kept";
  }
  await rm(o.instanceHome, { recursive: true, force: true });
  await touch(unfinished);
  const ports = ["-daemonport", String(o.daemonPort), "-csport", String(o.serverPort)];
  await run(o, join(o.installation, "bin", "ttInstanceCreate"), [
    "-name",
    name,
    "-location",
    location,
    ...ports,
  ]);
  await rm(unfinished);
  await syncDirectory(location);
  o.log.info("instance created", { home: o.instanceHome, installation: o.installation });
  return "made";
}

/** ttInstanceModify -install: the databases stay as they are. */
async function useInstallation(o: InstanceOptions): Promise<boolean> {
  const present = installedAt(o.instanceHome);
  if (present !== null && present === realpathSync(o.installation)) return false;
  await run(o, join(o.installation, "bin", "ttInstanceModify"), ["-install", o.installation]);
  o.log.info("instance uses another installation", { from: present ?? "none", to: o.installation });
  return true;
}

/** @returns folder of the installation that the instance uses; null when it is gone */
function installedAt(instanceHome: string): string | null {
  try {
    return realpathSync(join(instanceHome, "install"));
  } catch {
    return null;
  }
}

async function run(o: InstanceOptions, file: string, args: readonly string[]): Promise<void> {
  const env = { ...o.env, TIMESTEN_HOME: o.instanceHome };
  await runChecked(file, args, {
    signal: AbortSignal.timeout(INSTANCE_MS),
    env,
    cwd: dirname(o.instanceHome),
  });
}

async function touch(file: string): Promise<void> {
  const handle = await open(file, "w", 0o600);
  await handle.sync().finally(() => handle.close());
  await syncDirectory(dirname(file));
}
