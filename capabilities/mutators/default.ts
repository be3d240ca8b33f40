import type { TtSpec } from "../../generated/types";

/** @returns fields to add to a spec.ttspec; never one that the user has set */
export type Default = (ttspec: Partial<TtSpec>) => Partial<TtSpec>;

/** @returns what all defaults together add; empty when there is nothing to add */
export function addedDefaults(defaults: readonly Default[], ttspec: Partial<TtSpec>): Partial<TtSpec> {
  return defaults.reduce<Partial<TtSpec>>(
    (added, one) => ({ ...added, ...one({ ...ttspec, ...added }) }),
    {},
  );
}
