import type { TimesTenClassicObject } from "../../generated/types";
import { parseQuantity } from "../objects/quantity";
import { ttspecOf, type Check, type Fault } from "./fault";
import { containersOf, isRecord, textOf } from "./podTemplate";

const MEMORY = ["memory", "hugepages-2Mi", "hugepages-1Gi"];

/** A size in the template and pages that follow from the database cannot both hold. */
export const checkHugePages: Check = object => {
  const { requests, limits } = ttResources(object);
  const given = MEMORY.filter(name => name in requests || name in limits);
  return ttspecOf(object).useHugePages === true && given.length > 0
    ? [
        {
          path: "spec.ttspec.useHugePages",
          message: `conflicts with the resources (${given.join(", ")}) of container tt in spec.template`,
        },
      ]
    : [];
};

export const doubtMemory: Check = object => {
  const { automaticMemoryRequests } = ttspecOf(object);
  const { requests, limits } = ttResources(object);
  const faults: Fault[] = [];
  if (automaticMemoryRequests === false && limits["memory"] === undefined)
    faults.push({
      path: "spec.ttspec.automaticMemoryRequests",
      message: "is false and no memory limit is set for container tt in spec.template",
    });
  const different = MEMORY.filter(name => differ(requests[name], limits[name]));
  if (different.length > 0)
    faults.push({
      path: "spec.template",
      message: `container tt: request and limit of ${different.join(", ")} differ; TimesTen needs them equal`,
    });
  return faults;
};

/** A request alone, or a limit alone (which Kubernetes takes as the request too), is no difference. */
function differ(request: unknown, limit: unknown): boolean {
  if (request === undefined || limit === undefined) return false;
  const [a, b] = [parseQuantity(textOf(request)), parseQuantity(textOf(limit))];
  return a !== null && b !== null && a !== b;
}

type Amounts = Record<string, unknown>;

function ttResources(object: TimesTenClassicObject): { requests: Amounts; limits: Amounts } {
  const tt = containersOf(object, "containers").find(({ container }) => container["name"] === "tt");
  const given = tt?.container["resources"];
  const { requests, limits }: Amounts = isRecord(given) ? given : {};
  return { requests: isRecord(requests) ? requests : {}, limits: isRecord(limits) ? limits : {} };
}
