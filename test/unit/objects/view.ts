/** Ways to look at a StatefulSet as `kubectl describe` does. */
import {
  buildStatefulSet,
  type Container,
  type PodSpec,
  type StatefulSet,
} from "../../../capabilities/objects";
import { sample, settings } from "./sample";

export const built = (...args: Parameters<typeof sample>): StatefulSet =>
  buildStatefulSet(sample(...args), settings);
export const podOf = (set: StatefulSet): PodSpec => set.spec.template.spec;
export const all = (set: StatefulSet): Container[] => [
  ...(podOf(set).initContainers ?? []),
  ...(podOf(set).containers ?? []),
];

/** @throws when there is none of that name */
export function named(set: StatefulSet, name: string): Container {
  const found = all(set).find(container => container.name === name);
  if (found === undefined) throw new Error(`no container ${name}`);
  return found;
}

export const names = (containers: Container[] | undefined): string[] =>
  (containers ?? []).map(container => container.name);

export const envOf = (container: Container): Record<string, unknown> =>
  Object.fromEntries((container.env ?? []).map(one => [one.name, one.value ?? one.valueFrom]));

export const mountsOf = (container: Container): string[] =>
  (container.volumeMounts ?? []).map(
    mount => `${mount.mountPath} from ${mount.name}${mount.readOnly ? " (ro)" : ""}`,
  );

/** A spec with that spec.template. */
export const template = (spec: object, metadata?: object): { template: Record<string, unknown> } => ({
  template: { spec, ...(metadata && { metadata }) },
});
