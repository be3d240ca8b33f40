import type { TtSpec } from "../../generated/types";
import { OLDER_SPELLINGS } from "../objects/normal";
import { ttspecOf, type Check, type Fault } from "./fault";

/** Words of other releases that mean the same. Looks at the object as it was written. */
export const doubtOlderWords: Check = object => {
  const ttspec = ttspecOf(object);
  const spellings = Object.entries(OLDER_SPELLINGS).flatMap(([older, newer]): Fault[] =>
    (ttspec[older as keyof TtSpec] ?? null) === null
      ? []
      : [{ path: `spec.ttspec.${older}`, message: `is now spelled ${newer}` }],
  );
  const { imageUpgradeStrategy: strategy } = ttspec;
  const lower = typeof strategy === "string" ? strategy.toLowerCase() : strategy;
  if (lower === strategy) return spellings;
  const message = `"${strategy}" is taken as ${lower}, as it is written here`;
  return [...spellings, { path: "spec.ttspec.imageUpgradeStrategy", message }];
};
