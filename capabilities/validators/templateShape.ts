import { isRecord } from "./podTemplate";
import type { Check, Fault } from "./fault";

/** What the parts of a template must be, where they are there at all. Deeper ones the API server looks at in the pass. */
const SHAPE: Shape = {
  metadata: { labels: "texts", annotations: "texts" },
  spec: {
    containers: "objects",
    initContainers: "objects",
    volumes: "objects",
    imagePullSecrets: "objects",
    tolerations: "objects",
    topologySpreadConstraints: "objects",
    nodeSelector: "texts",
    affinity: {},
    securityContext: {},
  },
};

interface Shape {
  [key: string]: Shape | "objects" | "texts";
}

/** The schema keeps spec.template as it is, so also what is no template at all. */
export const checkTemplateShape: Check = object => shapeFaults(object.spec?.template, SHAPE, "spec.template");

function shapeFaults(value: unknown, shape: Shape | "objects" | "texts", path: string): Fault[] {
  if (value === undefined || value === null) return [];
  if (shape === "objects") return objectsFaults(value, path);
  if (!isRecord(value)) return [{ path, message: "must be an object" }];
  if (shape === "texts") {
    return Object.entries(value)
      .filter(([, text]) => typeof text !== "string")
      .map(([key]) => ({ path: `${path}.${key}`, message: "must be a string" }));
  }
  return Object.entries(shape).flatMap(([key, inner]) => shapeFaults(value[key], inner, `${path}.${key}`));
}

function objectsFaults(value: unknown, path: string): Fault[] {
  if (!Array.isArray(value)) return [{ path, message: "must be a list" }];
  return value.flatMap((item: unknown, index) =>
    isRecord(item) ? [] : [{ path: `${path}[${index}]`, message: "must be an object" }],
  );
}
