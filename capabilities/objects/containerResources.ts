import { HUGE_PAGE_BYTES, wholePages } from "../metadata/databaseMemory";
import type { TimesTenClassicObject, TtSpec } from "../../generated/types";
import type { PodTemplate, ResourceRequirements } from "./kinds";
import type { ObjectSettings } from "./names";
import { parseQuantity } from "./quantity";

const DEFAULT_ADDITIONAL_MEMORY = "2Gi";
/** As Oracle's operator of 18.1 sets them: requests without limits. */
const DAEMONLOG_REQUESTS = { cpu: "100m", memory: "20Mi" };
/** No limit of daemonlog is lower: the witness is a Node program. */
const WITNESS_MEMORY = "128Mi";
const MEMORY_RESOURCES = ["memory", "hugepages-2Mi", "hugepages-1Gi"];
const MIB = 1024 * 1024;

/** The resources of tt and where they come from. */
export interface TtResources {
  /** undefined when nothing is asked for. */
  resources: ResourceRequirements | undefined;
  /** How the memory came about: a sentence part for people. */
  because: string;
}

/**
 * Resources of tt (and ttinit): the template's, completed by the need of the database and databaseCPURequest. Request
 * and limit are equal, as TimesTen wants its memory. docs/memory.md explains it.
 *
 * @param settings with the need of the database by its db.ini, where that is known
 * @throws Error when a size is no quantity, which admission refuses
 */
export function ttResources(
  { spec: { ttspec, template } }: TimesTenClassicObject,
  settings: Pick<ObjectSettings, "size">,
): TtResources {
  const containers = ((template ?? {}) as PodTemplate).spec?.containers ?? [];
  const user = containers.find(container => container.name === "tt")?.resources;
  if (ttspec.automaticMemoryRequests === false) {
    return { resources: user, because: "as spec.template has it: automaticMemoryRequests is false" };
  }
  const given = setsMemory(user);
  const memory = given
    ? { amounts: {}, because: "as spec.template has it" }
    : memoryAmounts(ttspec, settings.size ?? null);
  const amounts = { ...memory.amounts, ...cpuAmount(ttspec, user) };
  const { because } = memory;
  if (Object.keys(amounts).length === 0) return { resources: user, because };
  const requests = { ...user?.requests, ...amounts };
  return { resources: { ...user, requests, limits: { ...user?.limits, ...amounts } }, because };
}

function setsMemory(user: ResourceRequirements | undefined): boolean {
  return MEMORY_RESOURCES.some(resource => resource in { ...user?.requests, ...user?.limits });
}

function memoryAmounts(
  ttspec: TtSpec,
  size: ObjectSettings["size"],
): { amounts: Record<string, string>; because: string } {
  const { databaseMemorySize, additionalMemoryRequest = DEFAULT_ADDITIONAL_MEMORY } = ttspec;
  if (databaseMemorySize === undefined && (size === undefined || size === null)) {
    return {
      amounts: {},
      because: "not set: what the database needs is not known; give databaseMemorySize",
    };
  }
  const database =
    databaseMemorySize === undefined ? (size?.bytes ?? 0) : bytes("databaseMemorySize", databaseMemorySize);
  const source =
    databaseMemorySize === undefined ? (size?.because ?? "") : `databaseMemorySize ${databaseMemorySize}`;
  const additional = bytes("additionalMemoryRequest", additionalMemoryRequest);
  if (ttspec.useHugePages !== true) {
    const memory = database + additional;
    return {
      amounts: { memory: String(memory) },
      because: `${shown(memory)} = ${source} + additionalMemoryRequest ${additionalMemoryRequest}`,
    };
  }
  const pages = wholePages(database);
  return {
    amounts: { memory: String(additional), "hugepages-2Mi": String(pages) },
    because: `${pages / HUGE_PAGE_BYTES} huge pages (${shown(pages)}) for ${source}, and additionalMemoryRequest ${additionalMemoryRequest}`,
  };
}

const shown = (amount: number): string => `${Math.ceil(amount / MIB)} MiB`;

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
