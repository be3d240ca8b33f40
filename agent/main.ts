/** The agent as one program: what it does is its first argument. */
import { existsSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { agentCommand } from "./entry/command";
import { containerPath, readConfig, readWitnessConfig, utilityEnv, type AgentConfig } from "./entry/config";
import { imagePlaces } from "./entry/distribution";
import { init } from "./entry/init";
import { releaseOfImage } from "./entry/release";
import { install } from "./entry/install";
import { agentStarter, guardStarter, STOPPING_ENV, Supervisor } from "./entry/run";
import { serve } from "./entry/serve";
import { becomeTimesTenUser } from "./entry/user";
import { guardedDatabase } from "./guard/database";
import { GuardKeeper } from "./guard/keeper";
import { serveGuard } from "./guard/serve";
import type { Log } from "./ports";
import { jsonLog, Secrets, systemClock } from "./system";
import { instanceProcesses } from "./timesten/processes";
import { kill } from "./timesten/procfs";
import { keepCompanion, serveWitness } from "./witness/serve";

/** Set when the bundle is built. */
declare const AGENT_VERSION: string | undefined;
const version = typeof AGENT_VERSION === "undefined" ? "dev" : AGENT_VERSION;

const secrets = new Secrets();
const log = jsonLog(secrets, line => process.stdout.write(line));
const places = imagePlaces(process.env);
const script = resolve(process.argv[1] ?? "agent.cjs");

/** Each returns its exit code. */
const verbs: Record<string, (args: readonly string[]) => Promise<number>> = {
  install: runInstall,
  init: runInit,
  run: runSupervisor,
  serve: runServe,
  guard: runGuard,
  witness: runWitness,
  release: runRelease,
  version: async () => {
    process.stdout.write(`${version}\n`);
    return 0;
  },
};

async function runInstall([to]: readonly string[]): Promise<number> {
  if (to === undefined) return usage();
  log.info("installed", { to, files: await install(dirname(script), to), version });
  return 0;
}

async function runInit(): Promise<number> {
  const config = await configAsUser();
  await init({ config, places, env: utilityEnv(config, process.env), log });
  return 0;
}

/** In a Pod that looks at an image: what TimesTen it holds is the container's last word. */
async function runRelease(): Promise<number> {
  const report = await releaseOfImage(places, process.env);
  log.info("TimesTen of the image", { ...report });
  leaveWord(JSON.stringify(report));
  return 0;
}

/** The container is over when the agent has ended cleanly, or when nobody guards the database. */
async function runSupervisor(): Promise<number> {
  const config = await configAsUser();
  const command = agentCommand(dirname(script), script);
  const unguarded = new Promise<number>(resolve => {
    const onLost = (): void => {
      // The end of the container kills everything in it; the database must not wait for that.
      instanceProcesses(config.instanceHome).forEach(kill);
      leaveWord("the guard of the database could not be kept alive");
      resolve(1);
    };
    const keeper = new GuardKeeper({ clock: systemClock, log, start: guardStarter(command), onLost });
    process.on("exit", () => keeper.stop());
  });
  const supervisor = new Supervisor({ clock: systemClock, log, start: agentStarter(command) });
  onStopSignal(() => supervisor.stop());
  return Promise.race([supervisor.done, unguarded]);
}

/** Stays until the supervisor ends it: SIGTERM to the whole pod is no reason to leave the database alone. */
async function runGuard(): Promise<number> {
  const config = await configAsUser();
  await serveGuard(config, guardedDatabase(config, process.env, dirname(script), log), log);
  return new Promise(() => undefined);
}

/** Arguments: a program to keep running beside it, whose container this was; then the log is that program's. */
async function runWitness(companion: readonly string[]): Promise<number> {
  const quiet = companion.length > 0;
  const ownLog = quiet
    ? { ...jsonLog(secrets, line => process.stderr.write(line)), info: () => undefined }
    : log;
  const stop = new Promise<void>(resolve => onStopSignal(resolve, ownLog));
  const endCompanion = keepCompanion(companion, ownLog);
  const witness = await serveWitness(readWitnessConfig(process.env), dirname(script), ownLog);
  await stop;
  await witness.shutdown();
  endCompanion();
  return 0;
}

/** A signal that arrives while the agent starts is kept until it has started. */
async function runServe(): Promise<number> {
  const stop = new Promise<void>(resolve => {
    onStopSignal(resolve);
    if (process.env[STOPPING_ENV] !== undefined) resolve();
  });
  const config = await configAsUser();
  const options = { config, places, env: process.env, version, log, secrets };
  const agent = await serve(options);
  await stop;
  log.info("stopping", { graceMs: config.graceMs });
  await agent.shutdown();
  return 0;
}

async function configAsUser(): Promise<AgentConfig> {
  const config = readConfig(process.env, existsSync(containerPath(process.env, "/ttlog")));
  const data = [dirname(config.memoryFile), ...(config.logDir === null ? [] : [config.logDir])];
  // ttinit does without the memory volume of guard and witness.
  const folders = existsSync(config.runDir) ? [...data, config.runDir] : data;
  const user = await becomeTimesTenUser(config, folders);
  if (user !== null) log.info("running as the TimesTen user", { user: user.name, uid: user.uid });
  return config;
}

function onStopSignal(stop: () => void, to: Log = log): void {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      to.info("signal received", { signal });
      stop();
    });
  }
}

function usage(): number {
  process.stderr.write(
    `usage: agent.cjs install <folder> | init | run | serve | guard | witness [program] | release | version\n`,
  );
  return 2;
}

/** Shown by `kubectl describe pod` beside the exit code. */
function leaveWord(message: string): void {
  try {
    writeFileSync("/dev/termination-log", secrets.redact(message));
  } catch {
    // Not in a container: the log has it.
  }
}

function failed(reporter: Log, error: unknown): number {
  const message = error instanceof Error ? error.message : String(error);
  reporter.error("agent failed", { error: message });
  leaveWord(message);
  return 1;
}

async function main(): Promise<number> {
  const [verb, ...args] = process.argv.slice(2);
  const run = verb === undefined ? undefined : verbs[verb];
  return run === undefined ? usage() : run(args);
}

process.on("uncaughtException", error => process.exit(failed(log, error)));
process.on("unhandledRejection", error => process.exit(failed(log, error)));
void main()
  .catch((error: unknown) => failed(log, error))
  .then(code => {
    process.exit(code);
  });
