/**
 * What is remembered of changes of the image from pass to pass (status.upgrade): which change was last taken note of,
 * how far it is, and that it has failed. Everything else about an upgrade is seen afresh in each pass, so whatever is
 * lost in between is found again.
 */
import type {
  ClassicUpgradeStatus,
  TimesTenClassicObject,
  TimesTenClassicStatus,
  UpgradeStatus,
} from "../../../../generated/types";

/** Idle: the pair runs what it is to run, or nobody asked for anything else. */
export type UpgradePhase = "Idle" | NonNullable<UpgradeStatus["phase"]>;

export type PodRole = NonNullable<UpgradeStatus["podRole"]>;

/** The pod that is to be replaced, or was replaced last. */
export interface ReplacedPod {
  name: string;
  /** Before it is replaced. */
  uid: string;
  /** Role when that was decided. */
  role: PodRole;
  /** When it was seen to go, wall clock, ms; null: not yet. */
  goneAtMs: number | null;
}

export interface UpgradeMemory {
  /** Image of the spec that was last taken note of; null before the first report. */
  image: string | null;
  phase: UpgradePhase;
  /** Wall clock, ms; null where no upgrade is under way, or its fields were reset. */
  startedAtMs: number | null;
  standbyReadyAtMs: number | null;
  /** Release of the active when it began, and that of the new image; null where not known. */
  fromRelease: string | null;
  toRelease: string | null;
  pod: ReplacedPod | null;
  failedIn: "Standby" | "Active" | null;
  /** The image was changed again before an earlier change had come to its end. */
  restarted: boolean;
  /** The active runs the wanted image already. */
  rollingBack: boolean;
  /** What explains a phase that lasts until a person acts. */
  message: string;
  /** Number of the present step, 0 outside an upgrade, and since when, ms. */
  step: number;
  sinceMs: number | null;
  /** Value of resetUpgradeState that was last acted on; null before the first report. */
  resetSeen: string | null;
}

/** Nothing is under way; the image and what was reset stay known. */
export const idle = {
  phase: "Idle",
  startedAtMs: null,
  standbyReadyAtMs: null,
  fromRelease: null,
  toRelease: null,
  pod: null,
  failedIn: null,
  restarted: false,
  rollingBack: false,
  message: "",
  step: 0,
  sinceMs: null,
} as const satisfies Partial<UpgradeMemory>;

/** @returns what the last report remembers */
export function rememberedUpgrade({ status }: Pick<TimesTenClassicObject, "status">): UpgradeMemory {
  const known = status?.upgrade;
  if (known?.image === undefined) return { ...idle, image: null, resetSeen: null };
  const { podName, podUID, podRole } = known;
  const there = podName !== undefined && podUID !== undefined && podRole !== undefined;
  return {
    image: known.image,
    phase: known.phase ?? "Idle",
    startedAtMs: ms(known.startedAt),
    standbyReadyAtMs: ms(known.standbyReadyAt),
    fromRelease: known.fromRelease ?? null,
    toRelease: known.toRelease ?? null,
    pod: there ? { name: podName, uid: podUID, role: podRole, goneAtMs: ms(known.replacedAt) } : null,
    failedIn: known.failedIn ?? null,
    restarted: known.restarted ?? false,
    rollingBack: known.rollingBack ?? false,
    message: lasting.includes(known.phase ?? "Idle") ? (known.message ?? "") : "",
    step: known.step ?? 0,
    sinceMs: ms(known.since),
    resetSeen: status?.classicUpgradeStatus?.prevResetUpgradeState ?? "",
  };
}

/** Phases that only a person ends; what explains them is kept. */
const lasting: readonly UpgradePhase[] = ["Refused", "Failed", "Unfinished"];

function ms(time: string | undefined): number | null {
  const value = Date.parse(time ?? "");
  return Number.isFinite(value) ? value : null;
}

/** Longest message that status can show, characters. */
const MAX_MESSAGE = 2_048;
/** Number of the last step. */
export const STEPS = 5;

/**
 * @param message what is going on, for people; "" where nothing is
 * @returns status.upgrade from now on
 */
export function upgradeStatus(memory: UpgradeMemory, message: string): UpgradeStatus {
  const { image, phase, pod, failedIn, restarted, rollingBack, step } = memory;
  const text = (memory.message || message).slice(0, MAX_MESSAGE);
  return {
    ...(image === null ? {} : { image }),
    ...(phase === "Idle" ? {} : { phase }),
    ...(phase === "Idle" || text === "" ? {} : { message: text }),
    ...(step === 0 ? {} : { step, steps: STEPS }),
    ...at("since", memory.sinceMs),
    ...at("startedAt", memory.startedAtMs),
    ...at("standbyReadyAt", memory.standbyReadyAtMs),
    ...(memory.fromRelease === null ? {} : { fromRelease: memory.fromRelease }),
    ...(memory.toRelease === null ? {} : { toRelease: memory.toRelease }),
    ...(pod === null ? {} : { podName: pod.name, podUID: pod.uid, podRole: pod.role }),
    ...at("replacedAt", pod?.goneAtMs ?? null),
    ...(failedIn === null ? {} : { failedIn }),
    ...(restarted ? { restarted } : {}),
    ...(rollingBack ? { rollingBack } : {}),
  };
}

function at(key: keyof UpgradeStatus, timeMs: number | null): Partial<UpgradeStatus> {
  return timeMs === null ? {} : { [key]: new Date(timeMs).toISOString() };
}

/** status.classicUpgradeStatus while there was none. */
export const noUpgrade: ClassicUpgradeStatus = {
  activeStartTime: 0,
  activeStatus: "",
  imageUpdatePending: false,
  lastUpgradeStateSwitch: 0,
  prevResetUpgradeState: "",
  prevUpgradeState: "",
  standbyStartTime: 0,
  standbyStatus: "",
  upgradeStartTime: 0,
  upgradeState: "",
};

/**
 * @param pending a pod does not run the wanted image yet
 * @returns the fields of Oracle's operator: all empty again when nothing is under way
 */
export function classicStatus(
  memory: UpgradeMemory,
  status: TimesTenClassicStatus | undefined,
  { pending, nowMs }: { pending: boolean; nowMs: number },
): ClassicUpgradeStatus {
  const before = status?.classicUpgradeStatus ?? noUpgrade;
  const rest = { ...noUpgrade, imageUpdatePending: pending, prevResetUpgradeState: memory.resetSeen ?? "" };
  const now = words(memory);
  if (now === null || memory.startedAtMs === null) return rest;
  const switched = now.upgradeState !== before.upgradeState;
  const { goneAtMs = null, role } = memory.pod ?? {};
  return {
    ...rest,
    ...now,
    prevUpgradeState: switched ? (before.upgradeState ?? "") : (before.prevUpgradeState ?? ""),
    lastUpgradeStateSwitch: switched ? seconds(nowMs) : (before.lastUpgradeStateSwitch ?? 0),
    upgradeStartTime: seconds(memory.startedAtMs),
    standbyStartTime:
      now.upgradeState === UPGRADING.Standby && goneAtMs !== null
        ? seconds(goneAtMs)
        : (before.standbyStartTime ?? 0),
    activeStartTime:
      now.upgradeState === UPGRADING.Active && goneAtMs !== null && role !== undefined
        ? seconds(goneAtMs)
        : (before.activeStartTime ?? 0),
  };
}

const UPGRADING = { Standby: "UpgradingStandby", Active: "UpgradingActive" } as const;

/** Oracle's words for the phase; null where it has none. */
function words({
  phase,
  pod,
  failedIn,
}: UpgradeMemory): Pick<ClassicUpgradeStatus, "upgradeState" | "activeStatus" | "standbyStatus"> | null {
  const isGone = pod !== null && pod.goneAtMs !== null;
  const failed = phase === "Failed" || phase === "Recovering";
  switch (failed ? failedIn : phase) {
    case "Standby":
      return {
        upgradeState: UPGRADING.Standby,
        activeStatus: "waiting",
        standbyStatus: failed ? "failed" : isGone ? "processing" : "deleteStandby",
      };
    case "Active":
      return {
        upgradeState: UPGRADING.Active,
        activeStatus: failed ? "failed" : isGone ? "processing" : "deleteActive",
        standbyStatus: "success",
      };
    default:
      return null;
  }
}

function seconds(timeMs: number): number {
  return Math.floor(timeMs / 1000);
}
