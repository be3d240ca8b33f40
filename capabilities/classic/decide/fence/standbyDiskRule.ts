/** The rule for a standby that left in order while its writer died and never heard of it (standbyDisk.ts has the facts). */
import { endedInOrder, type AgentState, type PermissionRecord } from "../../../../protocol";
import type { Observation, ObservedPod } from "../../observation";
import { heard, isTwosafe, lifeOf, loadedAgain, otherPod, staying } from "../facts";
import { whyAway } from "./found";
import { goesBefore, leftPair, whyBothCutShort } from "./standbyDisk";
import { goesOn } from "./next";
import { overProof } from "./proofs";
import { standing, type Verdict } from "./verdict";
import { chooseCopy } from "./wayOut";

/** @returns the verdict by which the standby's disk goes on; null where it does not go before the writer's */
export function standbysDisk(
  o: Observation,
  { record, peer }: { record: PermissionRecord; peer: ObservedPod },
): Verdict | null {
  const p = leftPair(record);
  const life = lifeOf(o, record.writer);
  const writer = otherPod(o, peer);
  const told = heard(peer);
  if (life.is !== "over" || told === null) return null;
  const copies = { writer, old: record.writer, p };
  const unknown = whyBothCutShort(told, copies);
  if (unknown !== null) return standing("stuck", "MissingFact", `missing: ${unknown}${chooseCopy}`);
  if (!goesBefore(told, copies)) return null;
  const what = `${peer.name} left Pair ${p} with everything, and ${writer.name} never went on alone`;
  const verdict = diskGoesOn(record, { pod: peer, what });
  return { ...verdict, proof: verdict.write === null ? null : overProof(life.end) };
}

/**
 * After a promotion that was given up.
 * @param named the pod that was to become the active
 * @param old what the old active's agent says, its database loaded again
 * @returns the verdict by which its disk goes on; null where the old active's own disk has as much
 */
export function namedDisk(
  record: PermissionRecord,
  { named, old }: { named: ObservedPod; old: AgentState },
): Verdict | null {
  const told = heard(named);
  const p = told?.permission.diskCompleteFor ?? 0;
  const [last] = old.endedBoots;
  if (p <= old.permission.soloed || endedInOrder(last) || !isTwosafe(old.timesten)) return null;
  const what = `${named.name} ended with everything of Pair ${p} before it became the active, and ${old.podName} was cut short`;
  if (old.permission.obeyedN < record.n) {
    return standing(
      "waiting",
      "WaitingForActive",
      `${what}: ${old.podName} must obey record ${record.n} first`,
    );
  }
  return diskGoesOn(record, { pod: named, what });
}

function diskGoesOn(record: PermissionRecord, { pod, what }: { pod: ObservedPod; what: string }): Verdict {
  const loaded = loadedAgain(pod);
  if (loaded === null || pod.uid === null) {
    const loading = heard(pod)?.timesten.db === "Unloaded" && staying(pod) !== null;
    const message = loading ? `its database is being loaded` : `waiting for ${whyAway(pod)}`;
    return standing(loading ? "configuring" : "waiting", "WaitingForActive", `${what}: ${message}`);
  }
  const { repState } = loaded.state.timesten;
  if (repState !== "IDLE") {
    const message = `missing: ${what}; its database must be loaded again (RepState ${repState})`;
    return standing("stuck", "StandbyAhead", message + chooseCopy);
  }
  const write = goesOn(record, { podUID: pod.uid, boot: loaded.boot });
  const message = `${what}; record ${write.n} names the disk of ${pod.name}`;
  return { situation: "configuring", why: { reason: "StandbyReturned", message }, write, proof: null };
}
