import type { TimesTenClassicObject } from "../../generated/types";
import { agentGraceMs } from "./grace";
import type { EnvVar, PodTemplate } from "./kinds";
import { databaseName, identityOf, podHost, podNames, repPort, type ObjectSettings } from "./names";

/** Where the instance is in the 18.1 images: home of their user oracle, on the volume. */
export const TIMESTEN_HOME = "/tt/home/oracle/instances/instance1";

const LIBRARY_PATH = [
  `${TIMESTEN_HOME}/ttclasses/lib`,
  `${TIMESTEN_HOME}/install/lib`,
  `${TIMESTEN_HOME}/install/ttoracle_home/instantclient_11_2`,
].join(":");

/** @returns what every container of the TimesTen image gets */
export function instanceEnvironment(): EnvVar[] {
  return [
    { name: "TIMESTEN_HOME", value: TIMESTEN_HOME },
    { name: "LD_LIBRARY_PATH", value: LIBRARY_PATH },
  ];
}

/** @returns the environment of ttinit and tt: TimesTen's, then what the agent has to know */
export function agentEnvironment(
  object: TimesTenClassicObject,
  template: PodTemplate,
  settings: ObjectSettings,
  init: boolean,
): EnvVar[] {
  const identity = identityOf(object);
  const { ttspec } = object.spec;
  // Independent databases have no peers, and their number must not be part of the template.
  const peers = ttspec.replicationTopology === "none" ? [] : podNames(object);
  const hosts = peers.map(pod => podHost(identity, pod, settings));
  return [
    ...instanceEnvironment(),
    { name: "TT_REPLICATION_TOPOLOGY", value: ttspec.replicationTopology ?? "activeStandbyPair" },
    ...optional("TT_REPLICATION_CIPHER_SUITE", ttspec.replicationCipherSuite),
    ...optional("TT_REPLICATION_SSL_MANDATORY", ttspec.replicationSSLMandatory),
    ...(init ? [{ name: "TT_INIT_CONTAINER", value: "1" }] : []),
    { name: "TT_OBJECT_NAME", value: identity.name },
    { name: "TT_OBJECT_UID", value: identity.uid },
    { name: "TT_DB_NAME", value: databaseName(identity.name) },
    { name: "TT_REP_PORT", value: String(repPort(object)) },
    { name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
    { name: "POD_NAMESPACE", valueFrom: { fieldRef: { fieldPath: "metadata.namespace" } } },
    { name: "POD_UID", valueFrom: { fieldRef: { fieldPath: "metadata.uid" } } },
    { name: "TT_PEER_HOSTS", value: hosts.join(",") },
    grace(object, template),
  ];
}

/** @returns the environment of the container with the witness: TimesTen's, then what the witness has to know */
export function witnessEnvironment(object: TimesTenClassicObject, template: PodTemplate): EnvVar[] {
  return [
    ...instanceEnvironment(),
    { name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
    { name: "POD_UID", valueFrom: { fieldRef: { fieldPath: "metadata.uid" } } },
    grace(object, template),
  ];
}

function grace(object: TimesTenClassicObject, template: PodTemplate): EnvVar {
  return { name: "TT_GRACE_MS", value: String(agentGraceMs(object, template)) };
}

/**
 * @returns the user's variables first, then ours; a user's variable of one of our names is left out, because the
 *   later one of two would win anyway and the API keeps this list by name
 */
export function mergeEnvironment(user: EnvVar[] | undefined, ours: EnvVar[]): EnvVar[] {
  const names = new Set(ours.map(variable => variable.name));
  return [...(user ?? []).filter(variable => !names.has(variable.name)), ...ours];
}

function optional(name: string, value: string | number | undefined): EnvVar[] {
  return value === undefined ? [] : [{ name, value: String(value) }];
}
