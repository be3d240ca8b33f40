/** What is remembered of changes of the image of independent databases from pass to pass, in status. */
import type { ClassicUpgradeStatus, TimesTenClassicObject, UpgradeStatus } from "../../../generated/types";
import { noUpgrade } from "../report/status";

export interface RollMemory {
  /** Image of the spec that new Pods are made with, as last taken note of; null before the first report. */
  image: string | null;
  /** Some Pod runs another one. */
  pending: boolean;
  /** Since when Pods are being replaced, wall clock, ms; null while they are not. */
  startedAtMs: number | null;
}

/** @returns what the last report remembers */
export function rememberedRoll({ status }: Pick<TimesTenClassicObject, "status">): RollMemory {
  const startedAtMs = Date.parse(status?.upgrade?.startedAt ?? "");
  return {
    image: status?.upgrade?.image ?? null,
    pending: status?.classicUpgradeStatus?.imageUpdatePending ?? false,
    startedAtMs: Number.isFinite(startedAtMs) ? startedAtMs : null,
  };
}

/** @returns the fields of status that remember it */
export function rollStatus({ image, pending, startedAtMs }: RollMemory): {
  classicUpgradeStatus: ClassicUpgradeStatus;
  upgrade: UpgradeStatus;
} {
  const started = startedAtMs === null ? {} : { startedAt: new Date(startedAtMs).toISOString() };
  return {
    classicUpgradeStatus: {
      ...noUpgrade,
      imageUpdatePending: pending,
      upgradeStartTime: Math.floor((startedAtMs ?? 0) / 1000),
    },
    upgrade: { ...(image === null ? {} : { image }), ...started },
  };
}
