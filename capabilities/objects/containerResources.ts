import type { TtSpec } from "../../generated/types";
import type { ResourceRequirements } from "./kinds";
import { parseQuantity } from "./quantity";

const DEFAULT_ADDITIONAL_MEMORY = "2Gi";
const HUGE_PAGE_BYTES = 2 * 1024 * 1024;
/** As Oracle's operator of 18.1 sets them: requests without limits. */
const DAEMONLOG_REQUESTS = { cpu: "100m", memory: "20Mi" };
/** No limit of daemonlog is lower: the witness is a Node program. */
const WITNESS_MEMORY = "128Mi";
const MEMORY_RESOURCES = ["memory", "hugepages-2Mi", "hugepages-1Gi"];

/**
 * Resources of tt (and ttinit): the template's, completed by databaseMemorySize and databaseCPURequest where they are
 * given. Request and limit are equal, as TimesTen wants its memory.
 *
 * @param user resources of the container tt in spec.template
 * @returns undefined when nothing is asked for
 * @throws Error when a size is no quantity, which admission refuses
 */
export function ttResources(
  ttspec: TtSpec,
  user: ResourceRequirements | undefined,
): ResourceRequirements | undefined {
  if (ttspec.automaticMemoryRequests === false || setsMemory(user)) return user;
  const amounts = { ...memoryAmounts(ttspec), ...cpuAmount(ttspec, user) };
  if (Object.keys(amounts).length === 0) return user;
  return { ...user, requests: { ...user?.requests, ...amounts }, limits: { ...user?.limits, ...amounts } };
}

function setsMemory(user: ResourceRequirements | undefined): boolean {
  return MEMORY_RESOURCES.some(resource => resource in { ...user?.requests, ...user?.limits });
}

function memoryAmounts(ttspec: TtSpec): Record<string, string> {
  if (ttspec.databaseMemorySize === undefined) return {};
  const database = bytes("databaseMemorySize", ttspec.databaseMemorySize);
  const additional = bytes(
    "additionalMemoryRequest",
    ttspec.additionalMemoryRequest ?? DEFAULT_ADDITIONAL_MEMORY,
  );
  if (ttspec.useHugePages !== true) return { memory: String(database + additional) };
  return {
    memory: String(additional),
    "hugepages-2Mi": String(Math.ceil(database / HUGE_PAGE_BYTES) * HUGE_PAGE_BYTES),
  };
}

function cpuAmount(ttspec: TtSpec, user: ResourceRequirements | undefined): Record<string, string> {
  const given = user?.requests?.["cpu"] ?? user?.limits?.["cpu"];
  return given !== undefined || ttspec.databaseCPURequest === undefined
    ? {}
    : { cpu: ttspec.databaseCPURequest };
}

function bytes(field: string, text: string): number {
  const value = parseQuantity(text);
  if (value === null) throw new Error(`spec.ttspec.${field} "${text}" is not a quantity`);
  return Math.ceil(value);
}

/** @returns resources of daemonlog: the template's, else the spec's (request = limit), else the small default */
export function daemonlogResources(
  ttspec: TtSpec,
  user: ResourceRequirements | undefined,
): ResourceRequirements {
  if (user !== undefined) return withRoomForWitness(user);
  const amounts: Record<string, string> = {
    ...(ttspec.daemonLogCPURequest === undefined ? {} : { cpu: ttspec.daemonLogCPURequest }),
    ...(ttspec.daemonLogMemoryRequest === undefined ? {} : { memory: ttspec.daemonLogMemoryRequest }),
  };
  if (Object.keys(amounts).length === 0) return { requests: { ...DAEMONLOG_REQUESTS } };
  return withRoomForWitness({ requests: { ...DAEMONLOG_REQUESTS, ...amounts }, limits: amounts });
}

/** @returns resources of tt-witness: the template's, else the small default */
export function witnessResources(user: ResourceRequirements | undefined): ResourceRequirements {
  return withRoomForWitness(user ?? { requests: { ...DAEMONLOG_REQUESTS } });
}

/** With a limit that was meant for `tail` alone the witness would be killed for its memory again and again. */
function withRoomForWitness(resources: ResourceRequirements): ResourceRequirements {
  const { requests, limits } = resources;
  const limit = limits?.["memory"];
  const amount = limit === undefined ? null : parseQuantity(limit);
  // What is no quantity the API server refuses in its own words.
  if (amount === null || amount >= bytes("memory", WITNESS_MEMORY)) return resources;
  // Equal ones stay equal: the Pod's quality of service rests on that.
  const equal = requests?.["memory"] === limit;
  return {
    ...resources,
    ...(equal ? { requests: { ...requests, memory: WITNESS_MEMORY } } : {}),
    limits: { ...limits, memory: WITNESS_MEMORY },
  };
}
