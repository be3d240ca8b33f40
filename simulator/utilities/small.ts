/** Small utilities: ttDestroy, ttDaemonLog, ttShmSize. */
import { createReadStream, existsSync, watchFile } from "node:fs";
import { join } from "node:path";
import { attribute, parseConnectionString, resolveTarget } from "../shared/connstr";
import { parseArguments } from "../shared/args";
import { askDaemon, connectionString, guarded, print } from "./context";

/** ttDestroy [-force] DSN */
export function ttDestroy(argv: string[]): Promise<number> {
  return guarded("ttDestroy", async instance => {
    const { values, rest } = parseArguments(argv, ["force", "wait"], ["connstr", "timeout"]);
    await askDaemon(instance, { op: "destroy", connStr: connectionString(values, rest) });
    return 0;
  });
}

function copy(file: string, start: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let at = start;
    createReadStream(file, { start })
      .on("data", chunk => {
        at += chunk.length;
        process.stdout.write(chunk);
      })
      .on("end", () => resolve(at))
      .on("error", reject);
  });
}

/** ttDaemonLog [-f] */
export function ttDaemonLog(argv: string[]): Promise<number> {
  return guarded("ttDaemonLog", async instance => {
    const { flags } = parseArguments(
      argv,
      ["f", "setquiet", "setverbose"],
      ["show", "maxlines", "loglevel", "nologlevel"],
    );
    const file = join(instance.home, "diag", "ttmesg.log");
    if (!existsSync(file)) return 1;
    let at = await copy(file, 0);
    if (!flags.has("f")) return 0;
    return new Promise<number>(() => {
      watchFile(file, { interval: 250 }, now => {
        const start = now.size < at ? 0 : at;
        at = now.size;
        void copy(file, start);
      });
    });
  });
}

/** ttShmSize -connStr "DSN=...;PermSize=...": bytes of shared memory TimesTen would want, by its documented parts. */
export function ttShmSize(argv: string[]): Promise<number> {
  return guarded("ttShmSize", async instance => {
    const { values, rest } = parseArguments(argv, [], ["connstr"]);
    const given = connectionString(values, rest);
    const attributes =
      parseConnectionString(given).dsn === undefined
        ? parseConnectionString(given)
        : resolveTarget(instance.home, given).attributes;
    const mb = 1024 * 1024;
    const permanent = Number(attribute(attributes, "permsize", "32"));
    const temporary = Number(
      attribute(attributes, "tempsize", String(Math.max(32 + Math.ceil(permanent / 8), 40))),
    );
    const log = Number(attribute(attributes, "logbufmb", "64"));
    const connections = Number(attribute(attributes, "connections", "100"));
    const bytes = (permanent + temporary + log + 64) * mb + connections * 65536;
    print(`The required shared memory size is ${bytes} bytes.`);
    return 0;
  });
}
