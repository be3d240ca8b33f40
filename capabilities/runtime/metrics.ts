/**
 * Metrics for Prometheus. Everything about objects is read from the objects when it is asked for, so that it is the
 * same whichever replica answers and however often the operator was restarted. docs/reference/metrics.md lists them.
 */
import { Gauge, Histogram, Registry, collectDefaultMetrics } from "prom-client";
import type { LastFailover, LastUpgrade, TimesTenClassicObject } from "../../generated/types";
import type { Answer } from "./http-endpoint";
import type { Hearing } from "./health";
import type { Clock } from "./ports";

export interface MetricsSources {
  clock: Clock;
  /** @returns the objects we manage, as last heard of */
  objects: () => readonly TimesTenClassicObject[];
  hearing: Hearing;
  /** See `failoverTimes`; left out where no engine runs beside. */
  failovers?: FailoverTimes;
}

type Failover = LastFailover;

/** The stations of the stopwatch, in order; each is measured from `failedAt`. */
const stations = {
  seen: "seenAt",
  proven: "provenAt",
  promoted: "promotedAt",
  routed: "routedAt",
  redundant: "redundantAt",
} as const satisfies Record<string, keyof Failover>;

/** The phases of a change of the active: from one station of the stopwatch to the next. */
const phases = {
  detect: ["failedAt", "seenAt"],
  prove: ["seenAt", "provenAt"],
  promote: ["provenAt", "promotedAt"],
  route: ["promotedAt", "routedAt"],
  redundant: ["routedAt", "redundantAt"],
  whole: ["failedAt", "routedAt"],
} as const satisfies Record<string, readonly [keyof Failover, keyof Failover]>;

/** From a few hundredths of a second to a rebuild of an hour, seconds. */
const BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 300, 900, 3_600];

/** Names and help of all our metrics, those of Node aside. */
export const metricHelp = {
  timesten_classic_state: "1 for the high level state an object is in, 0 for the one before.",
  timesten_classic_state_normal: "1 while the pair is Normal, else 0.",
  timesten_classic_state_not_normal: "1 while the pair is neither Normal nor Initializing, else 0.",
  timesten_classic_state_all_replicas_ready:
    "1 while all independent databases of an object are ready, else 0.",
  timesten_classic_state_not_all_replicas_ready:
    "1 while any independent database of an object is not ready, Initializing aside, else 0.",
  timesten_classic_replicas_ready: "Independent databases of an object that are ready.",
  timesten_classic_last_failover_seconds:
    "Last change of the active: seconds from the failure to each station.",
  timesten_classic_last_failover_timestamp_seconds:
    "When the active last failed or was handed over, seconds since 1970.",
  timesten_classic_failover_phase_seconds:
    "Changes of the active that this replica saw through to a redundant pair: seconds per phase.",
  timesten_classic_upgrading: "1 while an upgrade of an object is under way, else 0.",
  timesten_classic_last_upgrade_seconds: "Last upgrade of a pair that came to its end: seconds per part.",
  timesten_operator_objects: "TimesTenClassic objects this operator looks after.",
  timesten_operator_api_silence_seconds: "Seconds since this replica last heard of the API server.",
} as const;
export type MetricName = keyof typeof metricHelp;

/** How long the phases of changes of the active took, counted by the replica that finished them. */
export interface FailoverTimes {
  histogram: Histogram<"kind" | "phase">;
  /** Counts one change of the active, with all its stations. */
  observe(failover: LastFailover): void;
}

/** @returns empty histograms, to be given to `createMetrics` */
export function failoverTimes(): FailoverTimes {
  const name: MetricName = "timesten_classic_failover_phase_seconds";
  const histogram = new Histogram({
    name,
    help: metricHelp[name],
    labelNames: ["kind", "phase"] as const,
    buckets: BUCKETS,
    registers: [],
  });
  const observe = (failover: LastFailover): void => {
    for (const [phase, [from, to]] of Object.entries(phases)) {
      const tookMs = Date.parse(failover[to] ?? "") - Date.parse(failover[from] ?? "");
      // The stations are by different clocks: a little before is at the same time.
      const seconds = Math.max(0, tookMs) / 1_000;
      if (Number.isFinite(seconds)) histogram.observe({ kind: failover.kind ?? "failover", phase }, seconds);
    }
  };
  return { histogram, observe };
}

/** @returns a registry that reads the sources whenever it is asked */
export function createMetrics(sources: MetricsSources): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const gauge = <L extends string>(
    name: MetricName,
    labelNames: L[],
    collect: (gauge: Gauge<L>) => void,
  ): void => {
    new Gauge<L>({
      name,
      help: metricHelp[name],
      labelNames,
      registers: [registry],
      collect() {
        this.reset();
        collect(this);
      },
    });
  };
  stateGauges(gauge, sources);
  failoverGauges(gauge, sources);
  upgradeGauges(gauge, sources);
  if (sources.failovers !== undefined) registry.registerMetric(sources.failovers.histogram);
  gauge("timesten_operator_objects", [], one => one.set(sources.objects().length));
  gauge("timesten_operator_api_silence_seconds", [], one => {
    const heardMs = sources.hearing.lastEventMonotonicMs;
    if (heardMs !== null) one.set((sources.clock.monotonicMs() - heardMs) / 1_000);
  });
  return registry;
}

/** @returns the whole of it in Prometheus' text format */
export async function metricsAnswer(registry: Registry): Promise<Answer> {
  return { status: 200, contentType: registry.contentType, body: await registry.metrics() };
}

type AddGauge = <L extends string>(name: MetricName, labels: L[], collect: (gauge: Gauge<L>) => void) => void;

function stateGauges(gauge: AddGauge, { objects }: MetricsSources): void {
  gauge("timesten_classic_state", ["namespace", "name", "state"], one => {
    for (const object of objects()) {
      const { highLevelState: now, prevHighLevelState: before } = object.status ?? {};
      if (before) one.set({ ...labelsOf(object), state: before }, 0);
      if (now) one.set({ ...labelsOf(object), state: now }, 1);
    }
  });
  const share = (name: MetricName, of: typeof isPair, holds: (state: string) => boolean): void =>
    gauge(name, ["namespace", "name"], one => {
      for (const object of objects().filter(of)) {
        one.set(labelsOf(object), holds(object.status?.highLevelState || "Initializing") ? 1 : 0);
      }
    });
  const neither = (best: string) => (state: string) => state !== best && state !== "Initializing";
  share("timesten_classic_state_normal", isPair, state => state === "Normal");
  share("timesten_classic_state_not_normal", isPair, neither("Normal"));
  const isSet = (object: TimesTenClassicObject): boolean => !isPair(object);
  const all = "AllReplicasReady";
  share("timesten_classic_state_all_replicas_ready", isSet, state => state === all);
  share("timesten_classic_state_not_all_replicas_ready", isSet, neither(all));
  gauge("timesten_classic_replicas_ready", ["namespace", "name"], one => {
    for (const object of objects().filter(isSet)) {
      const ready = object.status?.podStatus?.filter(pod => pod.ready === true) ?? [];
      one.set(labelsOf(object), ready.length);
    }
  });
}

function failoverGauges(gauge: AddGauge, { objects }: MetricsSources): void {
  gauge("timesten_classic_last_failover_seconds", ["namespace", "name", "station"], one => {
    for (const object of objects()) {
      const failover = object.status?.lastFailover;
      const failedMs = Date.parse(failover?.failedAt ?? "");
      for (const [station, field] of Object.entries(stations)) {
        const tookMs = Date.parse(failover?.[field] ?? "") - failedMs;
        if (Number.isFinite(tookMs)) one.set({ ...labelsOf(object), station }, tookMs / 1_000);
      }
    }
  });
  gauge("timesten_classic_last_failover_timestamp_seconds", ["namespace", "name"], one => {
    for (const object of objects()) {
      const failedMs = Date.parse(object.status?.lastFailover?.failedAt ?? "");
      if (Number.isFinite(failedMs)) one.set(labelsOf(object), failedMs / 1_000);
    }
  });
}

/** Parts of an upgrade: from one moment of its stopwatch to another. */
const upgradeParts = {
  standby: ["startedAt", "standbyReadyAt"],
  active: ["standbyReadyAt", "completedAt"],
  whole: ["startedAt", "completedAt"],
} as const satisfies Record<string, readonly [keyof LastUpgrade, keyof LastUpgrade]>;

function upgradeGauges(gauge: AddGauge, { objects }: MetricsSources): void {
  gauge("timesten_classic_upgrading", ["namespace", "name"], one => {
    for (const object of objects()) {
      const upgrading = object.status?.conditions?.find(({ type }) => type === "Upgrading");
      one.set(labelsOf(object), upgrading?.status === "True" ? 1 : 0);
    }
  });
  gauge("timesten_classic_last_upgrade_seconds", ["namespace", "name", "part"], one => {
    for (const object of objects()) {
      const last = object.status?.lastUpgrade;
      for (const [part, [from, to]] of Object.entries(upgradeParts)) {
        const tookMs = Date.parse(last?.[to] ?? "") - Date.parse(last?.[from] ?? "");
        if (Number.isFinite(tookMs)) one.set({ ...labelsOf(object), part }, tookMs / 1_000);
      }
      if (last?.writeGapMs !== undefined)
        one.set({ ...labelsOf(object), part: "write_gap" }, last.writeGapMs / 1_000);
    }
  });
}

function labelsOf({ metadata }: TimesTenClassicObject): { namespace: string; name: string } {
  return { namespace: metadata.namespace ?? "", name: metadata.name };
}

function isPair(object: TimesTenClassicObject): boolean {
  return object.spec.ttspec.replicationTopology !== "none";
}
