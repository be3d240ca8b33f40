/**
 * Whether the operator still does its work, for the kubelet: a failing answer has it start anew. So it fails only for
 * what a new start can cure: what we hear of the API server has stopped and does not come back. A process whose event
 * loop is stuck gives no answer at all, which is the kubelet's to notice. An operator that does not lead is healthy.
 */
import type { Clock } from "./ports";
import type { Answer } from "./http-endpoint";

/** @returns what is wrong, for people, or null */
export type HealthCheck = () => string | null;

/** What health needs of an informer. */
export interface Hearing {
  synced(): boolean;
  /** Monotonic ms; null before the first answer. */
  readonly lastEventMonotonicMs: number | null;
}

/**
 * @param what e.g. "TimesTenClassic objects"
 * @param silenceMs longer than the time between two lists, or it fails in quiet times
 * @returns a check that fails after so much silence, counted from now before the first word
 */
export function hearsOfApi(clock: Clock, what: string, hearing: Hearing, silenceMs: number): HealthCheck {
  const startedMs = clock.monotonicMs();
  return () => {
    const silentMs = clock.monotonicMs() - (hearing.lastEventMonotonicMs ?? startedMs);
    if (silentMs <= silenceMs) return null;
    return `${what}: not heard of the API server for ${Math.round(silentMs / 1_000)} s`;
  };
}

/** @returns 200 "ok", or 503 with one line per fault */
export function healthAnswer(checks: readonly HealthCheck[]): Answer {
  const faults = checks.map(check => check()).filter(fault => fault !== null);
  const healthy = faults.length === 0;
  return {
    status: healthy ? 200 : 503,
    contentType: "text/plain",
    body: healthy ? "ok\n" : faults.map(fault => `${fault}\n`).join(""),
  };
}
