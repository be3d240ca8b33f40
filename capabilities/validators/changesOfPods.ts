import { isDeepStrictEqual } from "node:util";
import type { TtSpec } from "../../generated/types";
import { ttspecOf, type Check, type Fault } from "./fault";

/** Fields that are part of the Pods. A test holds this list equal to the schema's descriptions. */
export const FIELDS_OF_PODS = [
  "imagePullPolicy",
  "imagePullSecret",
  "daemonLogSidecar",
  "useHugePages",
  "automaticMemoryRequests",
  "databaseMemorySize",
  "additionalMemoryRequest",
  "databaseCPURequest",
  "daemonLogMemoryRequest",
  "daemonLogCPURequest",
  "createASReadinessProbe",
  "readOnlyRootFilesystem",
  "terminationGracePeriod",
] as const satisfies readonly (keyof TtSpec)[];

/** A Pod is replaced for its image alone: whoever changes something else should know when it acts. */
export const doubtChangesOfPods: Check = (object, old) => {
  if (old === null) return [];
  const [now, before] = [ttspecOf(object), ttspecOf(old)];
  const paths = FIELDS_OF_PODS.filter(field => !isDeepStrictEqual(now[field], before[field])).map(
    field => `spec.ttspec.${field}`,
  );
  if (!isDeepStrictEqual(object.spec?.template, old.spec?.template)) paths.push("spec.template");
  return paths.map(
    (path): Fault => ({ path, message: "takes effect in each Pod when it is next made anew" }),
  );
};
