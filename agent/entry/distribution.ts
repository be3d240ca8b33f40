/** TimesTen as the image brings it: a zip that is unpacked to the volume, or an unpacked installation. */
import { existsSync } from "node:fs";
import { mkdtemp, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { compareReleases } from "../../protocol";
import { ConfigError, containerPath } from "./config";
import { releaseOfFolder, releaseOfZip } from "../timesten/parse/ttversion";
import { syncDirectory } from "../timesten/incomplete";
import { runChecked, runUtility } from "../timesten/utility";

/** Folders in which an image may have the zip, and those that may hold an unpacked installation. */
export interface DistributionPlaces {
  zips: readonly string[];
  installations: readonly string[];
}

/** @returns where images are known to have TimesTen, and where TT_INSTALLATION says */
export function imagePlaces(env: NodeJS.ProcessEnv): DistributionPlaces {
  const given = env.TT_INSTALLATION;
  return {
    zips: ["/home/oracle", "/home/timesten", "/timesten"].map(folder => containerPath(env, folder)),
    installations: [containerPath(env, "/timesten/installation"), ...(given === undefined ? [] : [given])],
  };
}

export type Distribution =
  | { kind: "zip"; file: string; release: string }
  | { kind: "unpacked"; folder: string; release: string };

/** How long unpacking may take, ms. */
const UNZIP_MS = 10 * 60_000;
/** Its exit code when the zip is in order and has no file of that name. */
const UNZIP_NO_MATCH = 11;

/** @returns an error for people: the image has no TimesTen in any of the places */
export function noTimesTen(places: DistributionPlaces): ConfigError {
  const where = [...places.zips, ...places.installations].join(", ");
  return new ConfigError(
    `the image has no TimesTen: neither timesten*.server.linux8664.zip nor an installation in ${where}`,
  );
}

/** @returns what the image has; of several zips the newest release; null when it has none */
export async function findDistribution(places: DistributionPlaces): Promise<Distribution | null> {
  const zips: { file: string; release: string }[] = [];
  for (const folder of places.zips) {
    for (const name of await namesIn(folder)) {
      const release = releaseOfZip(name);
      if (release !== null) zips.push({ file: join(folder, name), release });
    }
  }
  const newest = zips.sort((a, b) => compareReleases(b.release, a.release))[0];
  if (newest !== undefined) return { kind: "zip", ...newest };
  for (const top of places.installations) {
    for (const folder of [top, ...(await namesIn(top)).map(name => join(top, name))]) {
      if (!existsSync(join(folder, "bin", "ttInstanceCreate"))) continue;
      return { kind: "unpacked", folder, release: await releaseOfInstallation(folder) };
    }
  }
  return null;
}

/**
 * @param userHome where a zip is unpacked to, as tt<release>
 * @returns the installation's folder. A crash in between leaves nothing that would be taken for an installation.
 * @throws TimesTenError when unzip fails
 */
export async function installationOf(distribution: Distribution, userHome: string): Promise<string> {
  if (distribution.kind === "unpacked") return distribution.folder;
  const target = join(userHome, `tt${distribution.release}`);
  if (existsSync(target)) return target;
  for (const name of await namesIn(userHome)) {
    if (name.startsWith(".unzip-")) await rm(join(userHome, name), { recursive: true, force: true });
  }
  const temporary = await mkdtemp(join(userHome, ".unzip-"));
  const signal = AbortSignal.timeout(UNZIP_MS);
  await runChecked(unzipProgram(), ["-q", distribution.file, "-d", temporary], {
    signal,
    env: { PATH: process.env.PATH ?? "/usr/bin:/bin" },
    cwd: userHome,
  });
  const tops = await namesIn(temporary);
  const top = tops.find(name => existsSync(join(temporary, name, "bin", "ttInstanceCreate")));
  if (top === undefined) throw notADistribution(distribution.file);
  await syncTree(join(temporary, top));
  await rename(join(temporary, top), target);
  await syncDirectory(userHome);
  await rm(temporary, { recursive: true, force: true });
  return target;
}

/**
 * Looks into the zip without unpacking it: an image that could never be installed is known before its first use.
 * @throws TimesTenError when unzip cannot be run; Error when the zip is damaged or something else
 */
export async function checkZip(file: string, env: NodeJS.ProcessEnv): Promise<void> {
  const signal = AbortSignal.timeout(UNZIP_MS);
  // The list of Oracle's own is longer than what is kept of an output: only one file is asked for.
  const { code, stdout } = await runUtility(unzipProgram(), ["-l", file, "tt*/bin/ttInstanceCreate"], {
    signal,
    env: { PATH: env.PATH ?? "/usr/bin:/bin" },
    cwd: dirname(file),
  });
  if (code !== 0 && code !== UNZIP_NO_MATCH)
    throw new Error(`${file} cannot be read: unzip exited with ${code}`);
  if (!stdout.includes("/bin/ttInstanceCreate")) throw notADistribution(file);
}

function notADistribution(file: string): Error {
  return new Error(`${file} holds no TimesTen distribution (tt<release>/bin)`);
}

async function releaseOfInstallation(folder: string): Promise<string> {
  const named = releaseOfFolder(basename(folder));
  if (named !== null) return named;
  // The distribution's own record of what it is; absent in old ones.
  const text = await readFile(join(folder, "info", "upgrade.json"), "utf8").catch(() => "");
  return /"version"\s*:\s*"(\d+(?:\.\d+){3,5})"/.exec(text)?.[1] ?? "Unknown";
}

function unzipProgram(): string {
  const folders = (process.env.PATH ?? "/usr/bin:/bin").split(":");
  const found = folders.map(folder => join(folder, "unzip")).find(existsSync);
  if (found === undefined) throw new Error("the image has no unzip, which its TimesTen zip needs");
  return found;
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

/** Content to disk before the rename that makes it count. */
async function syncTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await syncTree(path);
    else if (entry.isFile()) {
      const handle = await open(path, "r");
      await handle.sync().finally(() => handle.close());
    }
  }
  await syncDirectory(folder);
}
