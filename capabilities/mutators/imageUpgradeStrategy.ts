import type { Default } from "./default";

/** Absent means automatic upgrades; written out so that `kubectl describe` shows it, as Oracle's operator does. */
export const defaultImageUpgradeStrategy: Default = ttspec =>
  ttspec.imageUpgradeStrategy === undefined ? { imageUpgradeStrategy: "auto" } : {};
