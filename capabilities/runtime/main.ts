/**
 * The operator as a process: the real world, its endpoints and the engine in it. The module starts it in the watcher
 * only; as a process beside a cluster it needs KUBECONFIG, POD_NAMESPACE and OPERATOR_IMAGE.
 */
import { hostname } from "node:os";
import { timesTenClassicResource, type TimesTenClassicObject } from "../../generated/types";
import { Engine } from "../classic/engine";
import { normalObject } from "../objects";
import { agentTransport, witnessTransport } from "./agents/transport";
import { newPairCredentials } from "./certificates";
import { beforeDeadline } from "./deadline";
import { healthAnswer, hearsOfApi } from "./health";
import { serve, type HttpEndpoint } from "./http-endpoint";
import { Informer } from "./informer";
import { KubeClient } from "./kube/client";
import { credentialSource } from "./kube/credentials";
import { createLog, type Logger } from "./log";
import { createMetrics, failoverTimes, metricsAnswer, type FailoverTimes } from "./metrics";
import { ownImage, ownNamespace } from "./operator-image";
import type { World } from "./ports";
import { readSettings, type Environment, type Settings } from "./settings";
import { systemClock, systemRandom } from "./system";

export interface RunningOperator {
  /** Something may have happened to this object: look at it. */
  enqueue(namespace: string, name: string): void;
  /** Ends passes, sessions and watches and gives the leader lease back; ends in any case. */
  stop(): Promise<void>;
}

/** What a stop may take before the process ends without it, ms; less than the grace of the Deployment (5 s). */
const STOP_MS = 3_000;
/** Between two attempts to learn from the API server who we are, ms. */
const RETRY_MS = 1_000;
/** The kubelet restarts us with a growing pause; trying for a while ourselves is quicker, ms. */
const START_MS = 60_000;

/**
 * @param env settings, see docs/reference/settings.md
 * @returns once the engine runs; the first lists may still be under way
 * @throws OperatorError when a setting is wrong or missing; any error when a port is taken
 */
export async function startOperator(env: Environment = process.env): Promise<RunningOperator> {
  const settings = readSettings(env);
  const log = createLog({
    level: settings.logLevel,
    nowMs: () => systemClock.nowMs(),
    write: line => process.stdout.write(`${line}\n`),
    fields: { component: "operator" },
  });
  const credentials = credentialSource();
  // Without a cluster to talk to there is nothing to try again.
  await credentials.read();
  const kube = new KubeClient({ credentials });
  const world: World = {
    clock: systemClock,
    random: systemRandom,
    kube,
    agents: agentTransport,
    witnesses: witnessTransport,
    log,
  };
  const namespace = await ownNamespace(settings);
  const operatorImage = await persistently(log, () => ownImage(kube, namespace, settings));
  const operatorName = settings.podName ?? `${hostname()}-${process.pid}`;
  const failovers = failoverTimes();
  const engine = new Engine(world, {
    operatorName,
    operatorNamespace: namespace,
    namespaces: settings.watchNamespaces,
    objects: { operatorImage, clusterDomain: settings.clusterDomain },
    newCredentials: dnsName => newPairCredentials({ dnsName, nowMs: systemClock.nowMs() }),
    onFailover: failover => failovers.observe(failover),
  });
  const endpoints = await startEndpoints(world, settings, failovers);
  engine.start();
  log.info("operator started", {
    operatorName,
    namespace,
    operatorImage,
    namespaces: settings.watchNamespaces.length === 0 ? "all" : settings.watchNamespaces,
  });
  const stop = once(async () => {
    const ended = Promise.all([engine.stop(), endpoints.close()]);
    await beforeDeadline(systemClock, STOP_MS, ended).catch((error: unknown) =>
      log.warn("stop incomplete", { error }),
    );
    kube.close();
  });
  stopOnSignal(log, stop);
  return { enqueue: (objectNamespace, name) => engine.enqueue(objectNamespace, name), stop };
}

/** @returns /metrics and /healthz over a copy of the objects of their own */
async function startEndpoints(
  world: World,
  settings: Settings,
  failovers: FailoverTimes,
): Promise<{ close(): Promise<void> }> {
  const objects = new Informer<TimesTenClassicObject>({
    ...world,
    resource: timesTenClassicResource,
    namespaces: settings.watchNamespaces,
  });
  const registry = createMetrics({
    clock: world.clock,
    objects: () => objects.list().map(normalObject),
    hearing: objects,
    failovers,
  });
  const checks = [hearsOfApi(world.clock, "TimesTenClassic objects", objects, settings.healthSilenceMs)];
  const open: HttpEndpoint[] = [];
  if (settings.metricsPort !== null) {
    open.push(await serve(settings.metricsPort, "/metrics", () => metricsAnswer(registry)));
  }
  if (settings.healthPort !== null) {
    open.push(await serve(settings.healthPort, "/healthz", async () => healthAnswer(checks)));
  }
  objects.start();
  return {
    close: async () => {
      objects.stop();
      await Promise.all(open.map(endpoint => endpoint.close()));
    },
  };
}

/** Without the API server nothing can be done anyway: waits for it a while. */
async function persistently<T>(log: Logger, work: () => Promise<T>): Promise<T> {
  const untilMs = systemClock.monotonicMs() + START_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const noAnswer = error instanceof Error && error.name === "KubeError";
      if (!noAnswer || systemClock.monotonicMs() > untilMs) throw error;
      log.warn("the API server does not say who we are", { error, retryMs: RETRY_MS });
      await new Promise<void>(resolve => systemClock.setTimer(RETRY_MS, resolve));
    }
  }
}

/** Pepr's own handler ends the process as soon as its server has closed: it would cut the return of the lease short. */
function stopOnSignal(log: Logger, stop: () => Promise<void>): void {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.removeAllListeners(signal);
    process.once(signal, () => {
      log.info("operator stops", { signal });
      void stop().finally(() => process.exit(0));
    });
  }
}

/** @returns the first call's promise at every call */
function once(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null;
  return () => (running ??= work());
}
