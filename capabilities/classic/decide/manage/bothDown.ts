/** Both databases down: who goes on is decided by the rules about the record; here it is told in Oracle's words. */
import type { HighLevelState } from "../../../../generated/types";
import type { EventText } from "../../decision";
import type { Observation, ObservedPod } from "../../observation";
import { heard, lifeOf, otherPod, writerPod } from "../facts";
import { isAbandonedPromotion } from "../fence/transitions";
import type { Verdict } from "../fence/verdict";

/**
 * @returns whether no database can serve without being loaded or made active first. A writer that lives and is only
 *   named again was never down.
 */
export function bothAreDown(o: Observation, { situation }: Verdict): boolean {
  if (situation === "waiting") return true;
  if (situation !== "configuring") return false;
  return o.record === null || lifeOf(o, o.record.value.writer).is !== "alive";
}

/** @returns whether the user wants to decide when both are down */
export function isManual(o: Observation): boolean {
  return o.object.spec.ttspec.bothDownBehavior === "Manual";
}

/** @returns the pod whose disk goes on, as far as that is known */
export function winner(o: Observation, verdict: Verdict): ObservedPod | null {
  const writer = writerPod(o);
  const named = verdict.write === null ? undefined : nameOf(o, verdict.write.writer.podUID);
  // A promotion that is given up names the one that will not go on.
  if (verdict.write !== null && verdict.write.mode !== "Closed") return named ?? writer;
  if (writer === null || o.record === null) return null;
  const { value: record } = o.record;
  if (verdict.write !== null && isAbandonedPromotion(verdict.write)) return otherPod(o, writer);
  if (!isAbandonedPromotion(record)) return writer;
  const told = heard(writer);
  if (told === null || told.permission.obeyedN < record.n) return null;
  return told.permission.soloed >= record.n - 1 ? writer : otherPod(o, writer);
}

function nameOf(o: Observation, podUID: string): ObservedPod | undefined {
  return o.pods.find(pod => pod.uid === podUID);
}

/**
 * @param reported the state before this pass
 * @param state the state now
 * @returns the Event that names the winner, or says that nobody can
 */
export function winnerEvents(
  o: Observation,
  verdict: Verdict,
  reported: HighLevelState,
  state: HighLevelState,
): EventText[] {
  if (state === "ManualInterventionRequired" && verdict.situation === "stuck" && waiting.includes(reported)) {
    return [warning("Operator cannot determine Best database")];
  }
  if (reported !== "BothDown" || (state !== "WaitingForActive" && state !== "ConfiguringActive")) return [];
  const pod = winner(o, verdict);
  if (pod === null) return [];
  const entry = o.object.status?.podStatus?.find(one => one.name === pod.name);
  const role = entry?.intendedState ?? "Unknown";
  const message = `Based on replication configuration ${pod.name} will be the new 'active'; its previous role was ${role}`;
  return [warning(message)];
}

const waiting: readonly HighLevelState[] = ["BothDown", "WaitingForActive", "ConfiguringActive"];

function warning(message: string): EventText {
  return { type: "Warning", reason: "StateChange", message };
}
