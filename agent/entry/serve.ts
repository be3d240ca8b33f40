/** `serve`: the agent proper. Puts the ports together, runs the core and its server, ends cleanly on SIGTERM. */
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { AgentState } from "../../protocol";
import { leaseClaim } from "../claim";
import { Claiming } from "../claiming";
import { Agent } from "../core/agent";
import { FileDisk } from "../disk";
import { GuardClient } from "../guard/client";
import { GUARD_SOCKET } from "../guard/files";
import { peerClient } from "../peer/client";
import { noPeer } from "../peer/none";
import type { Log, PeerPort } from "../ports";
import { serveReadiness } from "../server/readiness";
import { startServer, type AgentServer } from "../server/server";
import { tlsFiles } from "../server/tls";
import { systemClock, type Secrets } from "../system";
import { readUser } from "../timesten/create";
import { TimesTenDriver } from "../timesten/driver";
import { utilityEnv, type AgentConfig } from "./config";
import { findDistribution, type DistributionPlaces } from "./distribution";

/** Left of the grace period for the server to say goodbye and the process to end, ms. */
const GOODBYE_MS = 1_000;

export interface ServeOptions {
  config: AgentConfig;
  places: DistributionPlaces;
  env: NodeJS.ProcessEnv;
  version: string;
  log: Log;
  secrets: Secrets;
  remoteDaemonPort?: number;
}

export interface RunningAgent {
  port: number;
  state(): AgentState;
  /** Database down, operator told, server closed; never longer than the grace period. */
  shutdown(): Promise<void>;
}

/**
 * @throws when the agent's memory or certificates cannot be read, or the port is taken
 */
export async function serve(o: ServeOptions): Promise<RunningAgent> {
  const { config, log } = o;
  const guard = new GuardClient(join(config.runDir, GUARD_SOCKET), log);
  const agent = new Agent({
    clock: systemClock,
    disk: new FileDisk(config.memoryFile),
    timesten: await makeDriver(o),
    log,
    guard,
    peer: peerOf(config, log),
    newBootId: randomUUID,
    topology: config.topology,
    graceMs: config.graceMs,
    self: {
      podName: config.podName,
      podUID: config.podUID,
      objectUID: config.objectUID,
      version: o.version,
    },
    files: givenFiles(config.configDir),
  });
  const claiming = claimingOf(config, agent, log);
  // The operator may watch from the first moment: also a start that takes long.
  const server = await startServer({
    port: config.port,
    tls: tlsFiles(config.secretDir),
    sessions: claiming ?? agent,
    ...(config.topology === "none" ? {} : { peers: agent.peering }),
    objectUID: config.objectUID,
    clock: systemClock,
    log,
  });
  const { readyPort: port } = config;
  const probed = serveReadiness({ port, readiness: () => agent.readiness(), clock: systemClock, log });
  try {
    await agent.start();
  } catch (error) {
    probed.close();
    await server.close();
    throw error;
  }
  log.info("serving", { port: server.port, version: o.version });
  return {
    port: server.port,
    state: () => agent.state(),
    shutdown: () => shutdown(agent, server, config, log).finally(() => probed.close()),
  };
}

/** Where the object lets its writer claim to go on alone. */
function claimingOf(config: AgentConfig, agent: Agent, log: Log): Claiming | null {
  const { claim: where, topology, objectUID } = config;
  if (where === null || topology === "none") return null;
  const claim = leaseClaim({ ...where, objectUID, log });
  return new Claiming({ clock: systemClock, log, claim, sessions: agent });
}

/** The way to the other pod of a pair. */
function peerOf(config: AgentConfig, log: Log): PeerPort {
  const [host] = config.peerHosts;
  if (config.topology === "none" || host === undefined) return noPeer;
  const { podName, podUID, objectUID, secretDir } = config;
  return peerClient({
    host,
    tls: tlsFiles(secretDir),
    clock: systemClock,
    log,
    self: { podName, podUID, objectUID },
  });
}

async function shutdown(agent: Agent, server: AgentServer, config: AgentConfig, log: Log): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<boolean>(resolve => {
    timer = setTimeout(() => resolve(false), Math.max(config.graceMs - GOODBYE_MS, GOODBYE_MS));
  });
  const inTime = await Promise.race([agent.shutdown().then(() => true), tooLong]);
  clearTimeout(timer);
  if (!inTime) log.error("the grace period is over before the database was down");
  await server.close();
}

async function makeDriver(o: ServeOptions): Promise<TimesTenDriver> {
  const { config, log, secrets } = o;
  const agentUser = await readUser(join(config.secretDir, "agentUser"));
  if (agentUser === null) throw new Error(`${config.secretDir}/agentUser is missing`);
  secrets.add(agentUser.password);
  const admin = await readUser(join(config.configDir, "adminUser")).catch(() => null);
  if (admin !== null) secrets.add(admin.password);
  const distribution = await findDistribution(o.places);
  return new TimesTenDriver({
    instanceHome: config.instanceHome,
    db: config.db,
    dataStore: config.dataStore,
    logDir: config.logDir,
    configDir: config.configDir,
    imageRelease: distribution?.release ?? "Unknown",
    peerHosts: config.peerHosts,
    agentUser,
    env: utilityEnv(config, o.env),
    log,
    ...(o.remoteDaemonPort === undefined ? {} : { remoteDaemonPort: o.remoteDaemonPort }),
  });
}

function givenFiles(folder: string): AgentState["files"] {
  const given = (name: string) => existsSync(join(folder, name));
  return {
    adminUser: given("adminUser"),
    schema: given("schema.sql"),
    cacheGroups: given("cachegroups.sql"),
    cacheUser: given("cacheUser"),
  };
}
