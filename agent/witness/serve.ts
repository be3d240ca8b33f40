/** `witness`: the process in the sidecar that outlives the tt container and tells which lives of the database are over. */
import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import type { WitnessConfig } from "../entry/config";
import { LIFE_FILE } from "../guard/files";
import { holdProcesses } from "../helper";
import type { Log } from "../ports";
import { startTlsServer } from "../server/server";
import { tlsFiles } from "../server/tls";
import { systemClock } from "../system";
import { killGroup } from "../timesten/utility";
import { Witness } from "./core";
import { followLives, lifeHolder } from "./life";
import { WitnessLink } from "./link";

/** After the end of the last life the listeners get so long to hear of it, ms. */
const LAST_WORDS_MS = 300;
/** The witness stays so much longer than tt may, ms. */
const STAY_MS = 2_500;
/** Pause before the companion is started again, ms. */
const AGAIN_MS = 1_000;

export interface RunningWitness {
  port: number;
  /** SIGTERM: resolves when the present life is over or its time is. */
  shutdown(): Promise<void>;
}

/**
 * @param folder where the helper lies
 * @throws when the certificates cannot be read or the port is taken
 */
export async function serveWitness(config: WitnessConfig, folder: string, log: Log): Promise<RunningWitness> {
  const { podName, podUID, instanceHome, runDir } = config;
  const holder = holdProcesses(join(folder, "tthelper"), log);
  const witness = new Witness({
    clock: systemClock,
    holder: lifeHolder(holder, instanceHome),
    log,
    self: { podName, podUID },
  });
  const unfollow = followLives(join(runDir, LIFE_FILE), life => witness.onLife(life), log);
  const server = await startTlsServer({
    port: config.port,
    tls: tlsFiles(config.secretDir),
    accept: wire => new WitnessLink({ witness, wire, clock: systemClock, log }),
    log,
  });
  log.info("witnessing", { port: server.port });
  return {
    port: server.port,
    shutdown: async () => {
      await Promise.race([witness.allOver(), pause(config.graceMs + STAY_MS)]);
      await pause(LAST_WORDS_MS);
      unfollow();
      witness.stop();
      holder.stop();
      await server.close();
    },
  };
}

/**
 * Keeps another program running beside the witness, with our output; the container's log stays that program's.
 * @returns a function that ends it
 */
export function keepCompanion([program, ...args]: readonly string[], log: Log): () => void {
  if (program === undefined) return () => undefined;
  let stopped = false;
  let child: ChildProcess | null = null;
  let again: NodeJS.Timeout | undefined;
  const start = (): void => {
    const one = spawn(program, args, { detached: true, stdio: ["ignore", "inherit", "inherit"] });
    child = one;
    const ended = (how: string): void => {
      if (child !== one || stopped) return;
      child = null;
      log.warn("companion ended, starts again", { program, how });
      again = setTimeout(start, AGAIN_MS);
    };
    one.on("error", error => ended(error.message));
    one.on("exit", (code, signal) => ended(signal ?? `exit code ${code ?? 0}`));
  };
  start();
  return () => {
    stopped = true;
    clearTimeout(again);
    if (child !== null) killGroup(child);
  };
}

function pause(ms: number): Promise<void> {
  return new Promise(resolve => void setTimeout(resolve, ms));
}
