/** Rules for a record in mode Closed: nobody writes; who goes on? */
import { endedInOrder, type AgentState, type PermissionRecord } from "../../../../protocol";
import type { Reason } from "../../decision";
import type { ObservedPod } from "../../observation";
import {
  completeFor,
  heard,
  leaving,
  loadedAgain,
  quietSinceClosed,
  sameVolume,
  silentTooLong,
  whyBehind,
  type Loaded,
} from "../facts";
import { whyAway } from "./found";
import { HANDOVER_MS, inHandoverTime, isDrained, plannedChange, unheardMs } from "./handover";
import { goesOn, promoted, sameGoesOn } from "./next";
import { namedDisk, standbysDisk } from "./standbyDiskRule";
import { groundFor, whyNotNow } from "./proofs";
import { isAbandonedPromotion } from "./transitions";
import { standing, type Rule, type Verdict } from "./verdict";
import { chooseCopy, wayOut } from "./wayOut";
import type { InForce } from "./pair";

export const closedRules: readonly Rule<InForce>[] = [
  {
    name: "after a promotion that was given up",
    because: "the record names the promoted one; whether it ever wrote decides whose disk goes on",
    decide: input => (isAbandonedPromotion(input.record) ? afterGivenUp(input) : null),
  },
  {
    name: "promote the standby that has everything",
    because: "the old writer closed and drained, as planned: nothing is lost and nobody is waited for",
    decide: input => (isDrained(input.record, input.writer) ? promotion(input) : null),
  },
  {
    name: "a handover has its time",
    because:
      "the old writer closes, its standby takes in the last commits, and a new leader must first hear both",
    decide: ({ o, record, writer, peer, life }) => {
      if (life.is !== "alive") return null;
      const inTime = inHandoverTime(o) !== null && promotable(record, peer) !== null;
      if (!inTime && unheardMs(o, peer) === 0) return null;
      const message = `${writer.name} closes and lets ${peer.name} have everything`;
      return standing("failingOver", "HandingOver", message);
    },
  },
  {
    name: "the writer lives",
    because: "nothing was lost: it goes on as if nothing had happened",
    decide: ({ o, record, writer, peer, life }) => {
      if (life.is !== "alive" || leaving(writer)) return null;
      const write = sameGoesOn(record);
      const message = `the database of ${writer.name} lives; record ${write.n} names it again`;
      const lives = { reason: "ReopeningActive" as const, message };
      const why = plannedChange(o) === null ? lives : handoverFailed(record, writer, peer, write.n);
      return { situation: "configuring", why, write, proof: null };
    },
  },
  {
    name: "promote the complete standby",
    because: "it has everything and the old writer cannot write any more",
    decide: promotion,
  },
  {
    name: "the complete standby waits for the proof",
    because: "it goes on as soon as the old writer has closed or ended; nobody else is needed",
    decide: ({ o, record, writer, peer, life }) => {
      if (!promotable(record, peer) || life.is === "over") return null;
      const message = `${peer.name} takes over as soon as it is certain that ${writer.name} has closed: ${whyAway(writer)}`;
      if (life.is === "alive") return standing("failingOver", "WriterStopped", message);
      return standing("failingOver", "ActiveSilent", message + wayOut(o, record, writer));
    },
  },
  {
    name: "the standby's disk goes on",
    because: "it left in order with everything, while the writer's processes died and never went on alone",
    decide: ({ o, record, peer }) => standbysDisk(o, { record, peer }),
  },
  {
    name: "the writer's own disk goes on",
    because: "its old life is over and it is not behind the standby",
    decide: input => ownDisk(input),
  },
];

/** @returns the standby's database if it may be promoted for the Pair that was left */
function promotable(record: PermissionRecord, peer: ObservedPod): Loaded | null {
  return record.from > 0 && peer.uid === record.standby ? completeFor(peer, record.from) : null;
}

function promotion({ o, record, writer, peer }: InForce): Verdict | null {
  const standby = promotable(record, peer);
  if (standby === null || peer.uid === null) return null;
  const proof = groundFor(o, record.writer, { p: record.from, below: record.n - 1, standby: peer });
  if (proof === null || whyNotNow(o, proof) !== null) return null;
  const write = promoted(record, { podUID: peer.uid, boot: standby.boot }, record.from);
  const message = `${peer.name} takes over from ${writer.name} by record ${write.n}: ${proof.by}`;
  return { situation: "failingOver", why: { reason: "PromotionStarted", message }, write, proof };
}

function handoverFailed(record: PermissionRecord, writer: ObservedPod, peer: ObservedPod, n: number): Reason {
  const what =
    promotable(record, peer) === null
      ? `${peer.name} cannot take over any more`
      : `${writer.name} did not let ${peer.name} have everything within ${HANDOVER_MS / 1000} seconds`;
  return { reason: "HandoverFailed", message: `${what}; record ${n} names ${writer.name} again` };
}

function ownDisk({ o, record, writer, peer, life }: InForce): Verdict {
  const quiet = quietSinceClosed(o, record);
  if (life.is === "unknown" && !quiet) {
    return standing(
      "waiting",
      "ActiveSilent",
      `no proof that the database of ${writer.name} has ended: ${whyAway(writer)}${wayOut(o, record, writer)}`,
    );
  }
  const told = heard(writer);
  if (told === null || life.is === "alive") {
    return standing("waiting", "WaitingForActive", `waiting for ${whyAway(writer)}`);
  }
  if (!sameVolume(writer, record.writer) || told.timesten.db === "None") {
    return standing(
      "stuck",
      "MissingFact",
      `the disk on which the writer ran: ${writer.name} has another volume`,
    );
  }
  const mine = loadedAgain(writer);
  if (mine === null || writer.uid === null) {
    return standing("configuring", "LoadingActive", `the database of ${writer.name} is being loaded`);
  }
  const peerAway = record.from === 0 && heard(peer) === null && (peer.uid === null || silentTooLong(o, peer));
  const behind = peerAway ? null : whyBehind(mine.state, peer);
  if (behind !== null) return comparing(behind, peer);
  const write = goesOn(record, { podUID: writer.uid, boot: mine.boot });
  const message = `the database of ${writer.name} came back and is not behind; record ${write.n} names its new life`;
  return { situation: "configuring", why: { reason: "ActiveReturned", message }, write, proof: null };
}

/** Either the other copy is still being loaded for the comparison, or only a person can decide. */
function comparing(behind: string, peer: InForce["peer"]): Verdict {
  const told = heard(peer);
  if (told === null) return standing("stuck", "MissingFact", `missing: ${behind}`);
  if (told.timesten.db === "Loaded")
    return standing("stuck", "StandbyAhead", `missing: ${behind}${chooseCopy}`);
  return standing(
    "configuring",
    "LoadingActive",
    `comparing the copies: ${peer.name} has database ${told.timesten.db}`,
  );
}

function afterGivenUp({ record, writer, peer, life }: InForce): Verdict {
  const told = heard(writer);
  if (told === null || told.permission.obeyedN < record.n || !sameVolume(writer, record.writer)) {
    const message = `${writer.name} must say whether it became the active in record ${record.n - 1}: ${whyAway(writer)}`;
    return standing("waiting", "WaitingForActive", message);
  }
  if (told.permission.soloed >= record.n - 1) return promotedAfterAll({ record, writer, life });
  const mine = loadedAgain(peer);
  const disk = heard(peer)?.timesten;
  if (disk?.instance === "Missing" || disk?.db === "None") {
    const what = disk.db === "None" ? "database" : "instance";
    const message = `the disk that must go on, because ${writer.name} never became the active: ${peer.name} has no ${what} any more`;
    return standing("stuck", "MissingFact", message);
  }
  if (mine === null || peer.uid === null) {
    const message = `${writer.name} never became the active; ${peer.name} must go on from its own disk`;
    return standing(
      heard(peer) === null ? "waiting" : "configuring",
      "WaitingForActive",
      `${message}: ${whyAway(peer)}`,
    );
  }
  const behind = whyBehind(mine.state, writer);
  if (behind !== null) return comparing(behind, writer);
  const promotedDisk = namedDisk(record, { named: writer, old: mine.state });
  if (promotedDisk !== null) return promotedDisk;
  if (mayLack(mine.state, told, record)) {
    const last = `the last commits: ${writer.name} has everything but never became the active, and the database of ${peer.name} ended without being unloaded`;
    return standing("stuck", "StandbyAhead", `missing: ${last}${chooseCopy}`);
  }
  const write = goesOn(record, { podUID: peer.uid, boot: mine.boot });
  const message = `${writer.name} never became the active; record ${write.n} names ${peer.name} again`;
  return { situation: "configuring", why: { reason: "ActiveReturned", message }, write, proof: null };
}

/**
 * With RETURN TWOSAFE the one that was to take over has every acknowledged commit, and has it on disk where it ended in
 * order. The former active's disk may lack the last ones where it did not, and the agents' marks do not tell.
 */
function mayLack(former: AgentState, promoted: AgentState, record: PermissionRecord): boolean {
  const wroteAll = promoted.endedBoots.some(one => one.boot === record.writer.boot && endedInOrder(one));
  const [last] = former.endedBoots;
  const cutShort = last !== undefined && (last.how === "daemon died" || last.how === "container restarted");
  return former.timesten.usingTwosafe && wroteAll && cutShort;
}

function promotedAfterAll({ record, writer, life }: Pick<InForce, "record" | "writer" | "life">): Verdict {
  if (life.is === "alive") {
    const write = sameGoesOn(record);
    const message = `${writer.name} had become the active; record ${write.n} names it again`;
    return { situation: "configuring", why: { reason: "ReopeningActive", message }, write, proof: null };
  }
  const mine = loadedAgain(writer);
  if (life.is !== "over" || mine === null || writer.uid === null) {
    return standing(
      "configuring",
      "LoadingActive",
      `${writer.name} had become the active; its database is being loaded`,
    );
  }
  const write = goesOn(record, { podUID: writer.uid, boot: mine.boot });
  const message = `${writer.name} had become the active; record ${write.n} names its new life`;
  return { situation: "configuring", why: { reason: "ActiveReturned", message }, write, proof: null };
}
