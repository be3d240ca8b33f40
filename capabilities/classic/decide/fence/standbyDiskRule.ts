/** The rule for a standby that left in order while its writer died and never heard of it (standbyDisk.ts has the facts). */
import type { PermissionRecord } from "../../../../protocol";
import type { Observation, ObservedPod } from "../../observation";
import { heard, lifeOf, loadedAgain, otherPod } from "../facts";
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
  const loaded = loadedAgain(peer);
  if (loaded === null || peer.uid === null) {
    return standing("waiting", "WaitingForActive", `${what}: waiting for ${whyAway(peer)}`);
  }
  if (loaded.state.timesten.repState !== "IDLE") {
    const message = `missing: ${what}; its database must be loaded again (RepState ${loaded.state.timesten.repState})`;
    return standing("stuck", "StandbyAhead", message + chooseCopy);
  }
  const write = goesOn(record, { podUID: peer.uid, boot: loaded.boot });
  const why = {
    reason: "StandbyReturned" as const,
    message: `${what}; record ${write.n} names the disk of ${peer.name}`,
  };
  return { situation: "configuring", why, write, proof: overProof(life.end) };
}
