/** When an upgrade has failed: the pod that was replaced does not come back, is of the wrong release, does not follow. */
import type { EventText } from "../../decision";
import type { Observation, ObservedPod } from "../../observation";
import { completeFor, heard, otherPod } from "../facts";
import { whyAway } from "../fence/found";
import { imageOf, mayReplicate, nextToReplace, releaseOf } from "./facts";
import type { UpgradeMemory } from "./memory";
import { texts } from "./texts";

/** A standby that replicates has so long to show that everything arrives, ms: as long as Oracle's operator tries. */
export const VERIFY_MS = 290_000;
/** So much of the active's log may be on its way to the standby when the roles are changed, bytes: well under a second. */
export const QUIET_LAG_BYTES = 1_048_576;
/** The active has so long to be as quiet as that, ms: as long as Oracle's operator waits for its standby. */
export const QUIET_MS = 300_000;

export interface Failure {
  /** What went wrong, for people. */
  message: string;
  events: EventText[];
}

/** Failed, or when that would be so if nothing changes, ms from now; Infinity: never. */
export type Judgement = { failed: Failure } | { failsInMs: number };

const well: Judgement = { failsInMs: Infinity };

/** @returns whether the pod that was replaced is on its way, or why it will not do */
export function judgeReturn(o: Observation, memory: UpgradeMemory): Judgement {
  const { pod: replaced } = memory;
  const pod = o.pods.find(one => one.name === replaced?.name);
  if (replaced === null || replaced.goneAtMs === null || pod === undefined) return well;
  const phase = phaseWord(memory);
  const wrong = wrongRelease(o, memory, pod);
  if (wrong !== null) return { failed: { message: wrong.message, events: [wrong] } };
  const sinceMs = Math.max(0, o.nowMs - replaced.goneAtMs);
  if (!isUp(pod)) return judgeAbsence(o, pod, phase, sinceMs);
  // The one that writes has nothing to follow.
  if (pod.uid === o.record?.value.writer.podUID) return well;
  return judgeReplication(o, pod, phase, sinceMs);
}

/** Its agent answers and TimesTen's daemon runs: the rest is making the database. */
export function isUp(pod: ObservedPod): boolean {
  const state = heard(pod);
  return state !== null && !state.stopping && state.timesten.daemon === "Up";
}

function judgeAbsence(o: Observation, pod: ObservedPod, phase: string, sinceMs: number): Judgement {
  const limitMs = o.settings.upgradeDownPodTimeoutMs;
  if (limitMs === 0) return well;
  if (sinceMs < limitMs) return { failsInMs: limitMs - sinceMs };
  const trouble = pod.trouble === null ? "" : `: ${pod.trouble}`;
  return unsuccessful(phase, `not back within ${limitMs / 1000} seconds: ${whyAway(pod)}${trouble}`);
}

/** A copy has the time that a duplicate may take; one that replicates has to become complete. */
function judgeReplication(o: Observation, pod: ObservedPod, phase: string, sinceMs: number): Judgement {
  const record = o.record?.value;
  const state = heard(pod);
  if (record?.mode === "Pair" && (record.ready || completeFor(pod, record.n) !== null)) return well;
  if (state?.timesten.repState === "STANDBY" && state.timesten.repAgent === "Running") {
    // Counted anew where a person has the pair looked at again.
    const leftMs = VERIFY_MS - Math.min(pod.agent.repStateForMs, sinceMs);
    if (leftMs > 0) return { failsInMs: leftMs };
    const message = `${pod.name} replicates, but what the active commits does not arrive`;
    return { failed: { message, events: [texts.notVerified(phase)] } };
  }
  const downMs = o.settings.upgradeDownPodTimeoutMs;
  if (downMs === 0) return well;
  const limitMs = downMs + o.settings.longTaskMs;
  if (sinceMs < limitMs) return { failsInMs: limitMs - sinceMs };
  return unsuccessful(phase, `${pod.name} did not become a standby within ${limitMs / 1000} seconds`);
}

function unsuccessful(phase: string, message: string): Judgement {
  return { failed: { message, events: [texts.unsuccessful(phase, message)] } };
}

/** A pod that came back on the new image: its release is compared before anything else happens with it. */
function wrongRelease(o: Observation, memory: UpgradeMemory, pod: ObservedPod): EventText | null {
  const release = releaseOf(pod);
  if (release === null || imageOf(o, pod) !== "done") return null;
  const other = otherPod(o, pod);
  const phase = phaseWord(memory);
  if (!mayReplicate(pod, other)) {
    const active = releaseOf(other) ?? "Unknown";
    return texts.incompatible([active, other.ordinal], [release, pod.ordinal], pod.name);
  }
  const { toRelease } = memory;
  if (toRelease === null || toRelease === "Unknown" || toRelease === release) return null;
  return texts.unsuccessful(phase, `${pod.name} runs release ${release}, its image holds ${toRelease}`);
}

/** @returns whether the active may be replaced now as far as its standby's lag goes */
export function judgeQuiet(o: Observation, memory: UpgradeMemory): Judgement {
  const next = nextToReplace(o);
  if (memory.phase !== "Active" || next === null || next.uid !== o.record?.value.writer.podUID) return well;
  const lagBytes = heard(next)?.timesten.lagBytes ?? null;
  // An agent that does not say holds nothing up: the handover waits for the standby in any case.
  if (lagBytes === null || lagBytes <= QUIET_LAG_BYTES) return well;
  const leftMs = QUIET_MS - Math.max(0, o.nowMs - (memory.sinceMs ?? o.nowMs));
  if (leftMs > 0) return { failsInMs: leftMs };
  const message = `${otherPod(o, next).name} is ${lagBytes} bytes behind ${next.name} and does not catch up`;
  return { failed: { message, events: [texts.notQuiet, texts.aborted] } };
}

/** @returns whether the standby has nearly everything at this moment */
export function isQuiet(active: ObservedPod): boolean {
  const lagBytes = heard(active)?.timesten.lagBytes ?? null;
  return lagBytes === null || lagBytes <= QUIET_LAG_BYTES;
}

function phaseWord({ phase, failedIn }: UpgradeMemory): string {
  return phase === "Active" || failedIn === "Active" ? "active" : "standby";
}
