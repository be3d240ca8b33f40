/** Which images a pod, or a template of pods, runs. */
import { DAEMONLOG, TT, TT_AGENT, TT_INIT, TT_WITNESS } from "./containers";
import type { PodSpec } from "./kinds";

export interface PodImages {
  /** Image of the container tt, which is TimesTen's; null where there is no such container. */
  tt: string | null;
  /** Image of the init container that brings the agent: the operator's; null where there is none. */
  agent: string | null;
  /** Images of the containers that are wholly the user's, init containers too, by container name. */
  others: Record<string, string>;
}

/** Of TimesTen's own image, like tt. */
const OF_TIMESTEN = [TT, TT_INIT, DAEMONLOG, TT_WITNESS];

/** @returns the images of a pod's spec or a template's; what names none is left out */
export function imagesOf(spec: Pick<PodSpec, "initContainers" | "containers">): PodImages {
  const all = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  const imageOf = (name: string): string | null => all.find(one => one.name === name)?.image ?? null;
  const others = all.flatMap(({ name, image }) =>
    image === undefined || name === TT_AGENT || OF_TIMESTEN.includes(name) ? [] : [[name, image] as const],
  );
  return { tt: imageOf(TT), agent: imageOf(TT_AGENT), others: Object.fromEntries(others) };
}
