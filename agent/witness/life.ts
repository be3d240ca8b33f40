/** Where the witness learns of lives, and how it holds their processes. */
import { readFileSync, statSync, watch, type FSWatcher } from "node:fs";
import { dirname } from "node:path";
import { parseMessage, type Life } from "../../protocol";
import { lifeFileSchema, pidNamespace } from "../guard/files";
import type { ProcessHolder } from "../helper";
import type { Log } from "../ports";
import { instanceProcesses } from "../timesten/processes";
import { formatProcesses } from "../timesten/procfs";
import type { LifeHolder } from "./core";

/** Between two looks at the file, ms: a notice of the kernel usually comes before. */
const LOOK_MS = 25;

/**
 * Calls back with the present life at once and whenever the guard names another or other processes. A file that is
 * missing or cannot be read says nothing.
 * @returns a function that ends it
 */
export function followLives(file: string, onLife: (life: Life) => void, log: Log): () => void {
  const namespace = pidNamespace();
  let seen = "";
  let complained = "";
  const complain = (why: string): void => {
    if (why !== complained) log.warn("the file of the present life is of no use", { why });
    complained = why;
  };
  const look = (): void => {
    const version = versionOf(file);
    if (version === null || version === seen) return;
    seen = version;
    try {
      const { pidNamespace: of, ...life } = parseMessage(lifeFileSchema, readFileSync(file, "utf8"));
      if (of !== namespace) complain("it is of another process namespace");
      else onLife(life);
    } catch (error) {
      complain(String(error));
    }
  };
  look();
  const timer = setInterval(look, LOOK_MS);
  const watcher = noticesOf(dirname(file), look);
  return () => {
    clearInterval(timer);
    watcher?.close();
  };
}

/** A renamed file is another inode. */
function versionOf(file: string): string | null {
  try {
    const { ino, mtimeNs, size } = statSync(file, { bigint: true });
    return `${ino} ${mtimeNs} ${size}`;
  } catch {
    return null;
  }
}

/** Where the kernel gives no notices, looking has to do. */
function noticesOf(folder: string, onNotice: () => void): FSWatcher | null {
  try {
    const watcher = watch(folder, onNotice);
    watcher.on("error", () => watcher.close());
    return watcher;
  } catch {
    return null;
  }
}

/**
 * A life is over when all its processes and all applications attached to it are gone, and then also what else of
 * TimesTen was there at that moment: servers of clients and replication agents write too.
 */
export function lifeHolder(holder: ProcessHolder, instanceHome: string): LifeHolder {
  return {
    hold: (life, onOver) => {
      let release = holder.watch([life.processes, life.attached].filter(Boolean).join(","), () => {
        const others = formatProcesses(instanceProcesses(instanceHome, true));
        if (others === "") onOver();
        else release = holder.watch(others, onOver);
      });
      return () => release();
    },
  };
}
