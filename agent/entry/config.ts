/** The agent's settings: environment variables of the pod, and the paths that follow from them. */
import { basename, dirname, join } from "node:path";
import { AGENT_PORT, READY_PORT, WITNESS_PORT } from "../../protocol";
import { UTILITY_ENV } from "../timesten/database";

/** Ports of the instance (docs/agent.md). */
export const DAEMON_PORT = 6624;
export const SERVER_PORT = 6625;
/** Without TT_GRACE_MS: a little less than the 30 s that Kubernetes gives by default. */
const DEFAULT_GRACE_MS = 25_000;
/** A longer grace period than 23 days is cut: timers of Node reach no further. */
const LONGEST_GRACE_MS = 2_000_000_000;

export interface AgentConfig {
  podName: string;
  podUID: string;
  objectUID: string;
  /** none: databases on their own, no pair. */
  topology: "activeStandbyPair" | "none";
  /** Name of the database and its DSN. */
  db: string;
  /** TIMESTEN_HOME. */
  instanceHome: string;
  /** Home of the TimesTen user: the folder above instances/. */
  userHome: string;
  /** DataStore attribute: path of the database's files without suffix. */
  dataStore: string;
  /** LogDir attribute where the logs have a volume of their own, else null. */
  logDir: string | null;
  /** DNS names of the other pods. */
  peerHosts: string[];
  /** Files of the user (/ttconfig) and of the operator (/ttagent). */
  configDir: string;
  secretDir: string;
  memoryFile: string;
  /** What agent, guard and witness share (/ttrun): in memory, as old as the pod. */
  runDir: string;
  /** Time from SIGTERM to the end, ms. */
  graceMs: number;
  /** Port of the agent's server. */
  port: number;
  /** Port on which readiness probes are answered. */
  readyPort: number;
  /** Where the record of this object is, if the writer may claim to go on alone; else null. */
  claim: { lease: string; namespace: string; host: string; port: number; folder: string } | null;
  /** User to become when started as root, where the image's has an uncommon name; else null. */
  runAs: string | null;
}

/** A setting is missing or makes no sense; the message says which. */
export class ConfigError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ConfigError";
  }
}

/** @returns a path of the container; below TT_ROOT where the agent runs outside of one (tests, a developer's machine) */
export function containerPath(env: NodeJS.ProcessEnv, path: string): string {
  return join(env.TT_ROOT ?? "/", path);
}

/**
 * @param env of the container
 * @param logVolume whether /ttlog is mounted
 * @throws ConfigError
 */
export function readConfig(env: NodeJS.ProcessEnv, logVolume: boolean): AgentConfig {
  const needed = (name: string): string => {
    const value = env[name]?.trim() ?? "";
    if (value === "") throw new ConfigError(`environment variable ${name} is not set`);
    return value;
  };
  const db = needed("TT_DB_NAME");
  if (!/^[A-Za-z0-9_]{1,32}$/.test(db)) throw new ConfigError(`TT_DB_NAME "${db}" is no database name`);
  const podName = needed("POD_NAME");
  const instanceHome = needed("TIMESTEN_HOME");
  const userHome = dirname(dirname(instanceHome));
  const number = (name: string, otherwise: number): number => wholeNumber(env, name, otherwise);
  const path = (name: string) => containerPath(env, name);
  return {
    podName,
    podUID: needed("POD_UID"),
    objectUID: needed("TT_OBJECT_UID"),
    topology: env.TT_REPLICATION_TOPOLOGY === "none" ? "none" : "activeStandbyPair",
    db,
    instanceHome,
    userHome,
    dataStore: join(userHome, "datastore", db),
    logDir: logVolume ? path(join("/ttlog", db)) : null,
    peerHosts: otherHosts(env.TT_PEER_HOSTS ?? "", podName),
    configDir: path("/ttconfig"),
    secretDir: path("/ttagent"),
    memoryFile: path("/tt/operator/memory.json"),
    runDir: path("/ttrun"),
    graceMs: graceOf(env),
    port: number("TT_AGENT_PORT", AGENT_PORT),
    readyPort: number("TT_READY_PORT", READY_PORT),
    claim:
      env.TT_CLAIM_LEASE === undefined
        ? null
        : {
            lease: env.TT_CLAIM_LEASE,
            namespace: needed("POD_NAMESPACE"),
            host: needed("KUBERNETES_SERVICE_HOST"),
            port: number("KUBERNETES_SERVICE_PORT", 443),
            folder: path("/ttclaim"),
          },
    runAs: env.TT_AGENT_USER ?? null,
  };
}

/** What the witness has to know. */
export interface WitnessConfig {
  podName: string;
  podUID: string;
  /** TIMESTEN_HOME. */
  instanceHome: string;
  secretDir: string;
  runDir: string;
  /** From SIGTERM to the end of tt, ms. */
  graceMs: number;
  /** Port of the witness's server. */
  port: number;
}

/**
 * @param env of the container
 * @throws ConfigError
 */
export function readWitnessConfig(env: NodeJS.ProcessEnv): WitnessConfig {
  const needed = (name: string): string => {
    const value = env[name]?.trim() ?? "";
    if (value === "") throw new ConfigError(`environment variable ${name} is not set`);
    return value;
  };
  return {
    podName: needed("POD_NAME"),
    podUID: needed("POD_UID"),
    instanceHome: needed("TIMESTEN_HOME"),
    secretDir: containerPath(env, "/ttagent"),
    runDir: containerPath(env, "/ttrun"),
    graceMs: graceOf(env),
    port: wholeNumber(env, "TT_WITNESS_PORT", WITNESS_PORT),
  };
}

function graceOf(env: NodeJS.ProcessEnv): number {
  return Math.min(wholeNumber(env, "TT_GRACE_MS", DEFAULT_GRACE_MS), LONGEST_GRACE_MS);
}

function wholeNumber(env: NodeJS.ProcessEnv, name: string, otherwise: number): number {
  const value = Number(env[name] ?? otherwise);
  if (!Number.isSafeInteger(value) || value < 0) throw new ConfigError(`${name} is no whole number`);
  return value;
}

/** @returns name and parent folder of the instance, as ttInstanceCreate wants them */
export function instanceNames(instanceHome: string): { name: string; location: string } {
  return { name: basename(instanceHome), location: dirname(instanceHome) };
}

/**
 * @param list of all pods' DNS names, separated by commas
 * @returns those of the other pods
 */
function otherHosts(list: string, podName: string): string[] {
  return list
    .split(",")
    .map(host => host.trim())
    .filter(host => host !== "" && host.split(".")[0] !== podName);
}

/**
 * Environment for TimesTen's utilities: the pod's own, with the instance first on PATH.
 * @param config which instance
 * @param env of this process
 */
export function utilityEnv(config: AgentConfig, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return {
    ...env,
    TIMESTEN_HOME: config.instanceHome,
    PATH: `${join(config.instanceHome, "bin")}:${env.PATH ?? "/usr/local/bin:/usr/bin:/bin"}`,
    HOME: config.userHome,
    LC_ALL: "C",
    [UTILITY_ENV]: "1",
  };
}
