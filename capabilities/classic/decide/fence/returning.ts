/**
 * After a switchover the old writer is a database like the new one: deactivated, with nothing that the new active
 * lacks. TimesTen makes it the standby by itself, which costs nothing, while a duplicate copies everything.
 */
import { heard, staying } from "../facts";
import type { Observation, ObservedPod } from "../../observation";

/** Return services whose commits wait for a peer that is not declared FAILED. */
const WAITING_COMMITS = /\breturn\s+(receipt|twosafe)\b/i;

/** @returns how long the old writer of a switchover may still come back as standby by itself, ms; 0: it does not */
export function returningMs(o: Observation, peer: ObservedPod): number {
  const record = o.record?.value;
  const failover = o.record?.notes.failover;
  if (record?.mode !== "Solo" || failover?.recordNumber !== record.n) return 0;
  if (failover.kind !== "switchover" || failover.fromPod !== peer.name) return 0;
  // What loads again, or was not drained under the record before, holds something else.
  const state = staying(peer) === null ? null : heard(peer);
  if (state === null || state.boot === null || state.permission.drained !== record.n - 1) return 0;
  if (!["IDLE", "RECOVERING", "STANDBY"].includes(state.timesten.repState)) return 0;
  const agoMs = o.nowMs - failover.provenAtMs;
  return agoMs < 0 ? 0 : Math.max(0, o.settings.repStateTimeoutMs - agoMs);
}

/**
 * @returns whether the new active shall keep its log for the old writer instead of declaring it FAILED: only where its
 * commits wait for nobody anyway. (With RETURN TWOSAFE, TimesTen takes a FAILED one back by itself.)
 */
export function isAwaited(o: Observation, peer: ObservedPod): boolean {
  return returningMs(o, peer) > 0 && !WAITING_COMMITS.test(o.settings.repCreateStatement);
}
