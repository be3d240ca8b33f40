/** What the operator is told by its environment: read once at the start, checked, described in docs/reference/settings.md. */
import { OperatorError } from "./errors";
import { logLevels, type LogLevel } from "./log";

/** The variables that are read here; the documentation lists exactly these. */
export const settingNames = [
  "CLUSTER_DOMAIN",
  "HEALTH_PORT",
  "HEALTH_SILENCE_SECONDS",
  "HOSTNAME",
  "LOG_LEVEL",
  "METRICS_PORT",
  "OPERATOR_CONTAINER",
  "OPERATOR_IMAGE",
  "POD_NAME",
  "POD_NAMESPACE",
  "WATCH_NAMESPACE",
] as const;
export type SettingName = (typeof settingNames)[number];
export type Environment = Readonly<Record<string, string | undefined>>;

export interface Settings {
  /** Domain of the cluster's DNS. */
  clusterDomain: string;
  /** Port of /healthz; null: off. */
  healthPort: number | null;
  /** /healthz fails when the API server was not heard of for so long, ms. */
  healthSilenceMs: number;
  /** Port of /metrics; null: off. */
  metricsPort: number | null;
  logLevel: LogLevel;
  /** Image of the agent to inject; null: that of our own container. */
  operatorImage: string | null;
  /** Name of our container, where the Pod has several. */
  operatorContainer: string | null;
  /** Name of our Pod, or what stands for it outside a cluster. */
  podName: string | null;
  /** Namespace of our Pod; null: to be found out. */
  podNamespace: string | null;
  /** Namespaces to manage; empty: all. */
  watchNamespaces: string[];
}

/** Pepr's log has more levels than ours. */
const levelNames: Record<string, LogLevel> = { trace: "debug", fatal: "error", silent: "error" };

/** @throws OperatorError TT_OPERATOR_BAD_SETTING */
export function readSettings(env: Environment): Settings {
  const text = (name: SettingName): string | null => env[name]?.trim() || null;
  const number = (name: SettingName, byDefault: number, max: number): number => {
    const value = text(name);
    if (value === null) return byDefault;
    if (/^\d{1,9}$/.test(value) && Number(value) <= max) return Number(value);
    throw new OperatorError(
      "TT_OPERATOR_BAD_SETTING",
      `${name} is "${value}", not a number from 0 to ${max}.`,
    );
  };
  const port = (name: SettingName, byDefault: number): number | null =>
    number(name, byDefault, 65_535) || null;
  return {
    clusterDomain: text("CLUSTER_DOMAIN") ?? "cluster.local",
    healthPort: port("HEALTH_PORT", 8081),
    healthSilenceMs: number("HEALTH_SILENCE_SECONDS", 300, 86_400) * 1_000,
    metricsPort: port("METRICS_PORT", 8080),
    logLevel: logLevel(text("LOG_LEVEL") ?? "info"),
    operatorImage: text("OPERATOR_IMAGE"),
    operatorContainer: text("OPERATOR_CONTAINER"),
    podName: text("POD_NAME") ?? text("HOSTNAME"),
    podNamespace: text("POD_NAMESPACE"),
    watchNamespaces: [...new Set((text("WATCH_NAMESPACE") ?? "").split(",").map(name => name.trim()))].filter(
      name => name !== "",
    ),
  };
}

function logLevel(value: string): LogLevel {
  const level = levelNames[value] ?? logLevels.find(known => known === value);
  if (level !== undefined) return level;
  const known = [...logLevels, ...Object.keys(levelNames)].join(", ");
  throw new OperatorError("TT_OPERATOR_BAD_SETTING", `LOG_LEVEL is "${value}", not one of ${known}.`);
}
