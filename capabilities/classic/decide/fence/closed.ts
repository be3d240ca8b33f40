/** Rules for a record in mode Closed: nobody writes; who goes on? */
import { completeFor, heard, loadedAgain, sameVolume, silentTooLong, whyBehind } from "../facts";
import { whyAway } from "./found";
import { goesOn, promoted } from "./next";
import { proofAboutWriter } from "./proofs";
import { isAbandonedPromotion } from "./transitions";
import { standing, type Rule, type Verdict } from "./verdict";
import type { InForce } from "./pair";

export const closedRules: readonly Rule<InForce>[] = [
  {
    name: "after a promotion that was given up",
    because: "the record names the promoted one; whether it ever wrote decides whose disk goes on",
    decide: input => (isAbandonedPromotion(input.record) ? afterGivenUp(input) : null),
  },
  {
    name: "the writer lives",
    because: "nothing was lost: it goes on as if nothing had happened",
    decide: ({ record, writer, life }) => {
      if (life.is !== "alive" || life.state.stopping || writer.terminating) return null;
      const write = goesOn(record, record.writer);
      const message = `the database of ${writer.name} lives; record ${write.n} names it again`;
      return { situation: "configuring", why: { reason: "ReopeningActive", message }, write, proof: null };
    },
  },
  {
    name: "promote the complete standby",
    because: "it has everything and the old writer is proven not to write",
    decide: ({ o, record, writer, peer }) => {
      if (record.from === 0 || peer.uid === null || peer.uid !== record.standby) return null;
      const proof = proofAboutWriter(o, record.writer, record.n - 1);
      const standby = completeFor(peer, record.from);
      if (proof === null || standby === null) return null;
      const write = promoted(record, { podUID: peer.uid, boot: standby.boot }, record.from);
      const message = `${peer.name} takes over from ${writer.name} by record ${write.n}: ${proof.by}`;
      return { situation: "failingOver", why: { reason: "PromotionStarted", message }, write, proof };
    },
  },
  {
    name: "the complete standby waits for the proof",
    because: "it goes on as soon as the old writer has closed or ended; nobody else is needed",
    decide: ({ record, writer, peer, life }) => {
      if (record.from === 0 || peer.uid !== record.standby || completeFor(peer, record.from) === null)
        return null;
      if (life.is === "over") return null;
      const message = `${peer.name} takes over as soon as it is certain that ${writer.name} has closed: ${whyAway(writer)}`;
      return standing("failingOver", life.is === "alive" ? "WriterStopped" : "ActiveSilent", message);
    },
  },
  {
    name: "the writer's own disk goes on",
    because: "its old life is over and it is not behind the standby",
    decide: input => ownDisk(input),
  },
];

function ownDisk({ o, record, writer, peer, life }: InForce): Verdict {
  if (life.is === "unknown") {
    return standing(
      "waiting",
      "ActiveSilent",
      `no proof that the database of ${writer.name} has ended: ${whyAway(writer)}`,
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
  if (told.timesten.db === "Loaded") return standing("stuck", "StandbyAhead", `missing: ${behind}`);
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
  const write = goesOn(record, { podUID: peer.uid, boot: mine.boot });
  const message = `${writer.name} never became the active; record ${write.n} names ${peer.name} again`;
  return { situation: "configuring", why: { reason: "ActiveReturned", message }, write, proof: null };
}

function promotedAfterAll({ record, writer, life }: Pick<InForce, "record" | "writer" | "life">): Verdict {
  if (life.is === "alive") {
    const write = goesOn(record, record.writer);
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
