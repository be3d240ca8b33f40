/** Rules for a record in mode Solo: a promotion that is under way, or a writer that goes on alone. */
import {
  closedByPerson,
  completeFor,
  heard,
  isClosedByPerson,
  leaving,
  loadedAgain,
  sameVolume,
  serves,
  silentTooLong,
  staying,
  whyBehind,
} from "../facts";
import { runningTask, UNANSWERED_MS } from "../ask";
import { whyAway } from "./found";
import { standbysDisk } from "./standbyDiskRule";
import { givenUp, goesOn, paired, promoted } from "./next";
import { overProof } from "./proofs";
import { standing, type Rule, type Verdict } from "./verdict";
import { chooseCopy, wayOut } from "./wayOut";
import type { InForce } from "./pair";

export const soloRules: readonly Rule<InForce>[] = [
  {
    name: "give up a refused promotion",
    because:
      "the refusal is final for that life of the standby; the old writer's disk may go on once this one obeys",
    decide: ({ record, writer, life }) => {
      if (record.from === 0 || life.is !== "alive") return null;
      const { refused, soloed } = life.state.permission;
      if (refused?.n !== record.n || soloed >= record.n) return null;
      const message = `${writer.name} refused record ${record.n}: ${refused.reason}`;
      return {
        situation: "waiting",
        why: { reason: "PromotionRefused", message },
        write: givenUp(record),
        proof: null,
      };
    },
  },
  {
    name: "give up a promotion whose database ended first",
    because: "it never wrote (its disk says so), so what the old writer has on disk may go on",
    decide: ({ record, writer, life }) => {
      if (record.from === 0 || life.is !== "over") return null;
      const told = heard(writer);
      if (told === null || !sameVolume(writer, record.writer) || told.permission.soloed >= record.n)
        return null;
      const message = `the database of ${writer.name} ended before it became the active: ${life.end.by}`;
      return {
        situation: "waiting",
        why: { reason: "PromotionLost", message },
        write: givenUp(record),
        proof: null,
      };
    },
  },
  {
    name: "promote the standby of a Pair that never ended",
    because: "the writer died before it heard that it may go on alone, so the standby still has everything",
    decide: ({ record, writer, peer, life }) => {
      if (record.alt === 0 || life.is !== "over") return null;
      const told = heard(writer);
      if (told === null || !sameVolume(writer, record.writer) || told.permission.soloed >= record.n)
        return null;
      const standby = completeFor(peer, record.alt);
      if (standby === null || peer.uid === null) return null;
      const write = promoted(record, { podUID: peer.uid, boot: standby.boot }, record.alt);
      const message = `${peer.name} takes over from ${writer.name} by record ${write.n}: ${life.end.by}`;
      const proof = overProof(life.end);
      return { situation: "failingOver", why: { reason: "PromotionStarted", message }, write, proof };
    },
  },
  {
    name: "the standby's disk goes on",
    because:
      "the writer died before it heard that it may go on alone, and its disk may lack the last commits",
    decide: ({ o, record, peer }) => standbysDisk(o, { record, peer }),
  },
  {
    name: "name the writer's new life",
    because: "it is the same disk and nobody has more",
    decide: ({ record, writer, peer, life }) => {
      const mine = loadedAgain(writer);
      if (life.is !== "over" || mine === null || writer.uid === null) return null;
      if (!sameVolume(writer, record.writer)) return otherVolume(writer.name);
      const { soloed } = mine.state.permission;
      // With an unheard Solo the standby may hold more; a promotion that never was is given up above.
      if (record.from > 0 && soloed < record.n) return null;
      const behind = record.alt > 0 && soloed < record.n ? whyBehind(mine.state, peer) : null;
      const isLoaded = heard(peer)?.timesten.db === "Loaded";
      if (behind !== null)
        return standing("stuck", "MissingFact", `missing: ${behind}${isLoaded ? chooseCopy : ""}`);
      const write = goesOn(record, { podUID: writer.uid, boot: mine.boot });
      const message = `the database of ${writer.name} came back from its disk; record ${write.n} names its new life`;
      return { situation: "configuring", why: { reason: "ActiveReturned", message }, write, proof: null };
    },
  },
  {
    name: "the writer is over and not back",
    because: "only its disk has what was committed alone",
    decide: input => (input.life.is === "over" ? awaitDisk(input) : null),
  },
  {
    name: "the writer's silence proves nothing",
    because: "there is nobody else who could go on, and it may well be serving",
    decide: ({ o, writer, life, record }) => {
      if (life.is !== "unknown") return null;
      const message = `${writer.name} is silent; there is no proof that its database has ended: ${whyAway(writer)}`;
      const patient = !silentTooLong(o, writer) && writer.uid === record.writer.podUID;
      if (patient) return standing("patience", "ActiveSilent", message);
      return standing(
        record.from > 0 && !wasShown(record.n, writer) ? "failingOver" : "waiting",
        "ActiveSilent",
        message + wayOut(o, record, writer),
      );
    },
  },
  {
    name: "the promoted standby becomes the active",
    because: "it goes ahead when it has seen the proof itself",
    decide: ({ record, writer, life }) => {
      if (life.is !== "alive" || record.from === 0 || serves(life.state, record.writer)) return null;
      if (life.state.permission.soloed >= record.n && life.state.timesten.repState !== "STANDBY") {
        return standing(
          "failingOver",
          "PromotionUnderWay",
          `${writer.name} is active and opens for its users`,
        );
      }
      return standing(
        "failingOver",
        "PromotionUnderWay",
        `${writer.name} becomes the active by record ${record.n}`,
      );
    },
  },
  {
    name: "the writer becomes the active",
    because: "it is named and not open yet",
    decide: ({ record, writer, life }) => {
      if (life.is !== "alive" || serves(life.state, record.writer)) return null;
      const { timesten, permission } = life.state;
      const message = `${writer.name} is named by record ${record.n}; RepState ${timesten.repState}`;
      // It was open before: its agent puts that right by itself.
      if (permission.soloed >= record.n) return standing("patience", "ActiveUnfit", message);
      return standing("configuring", "ConfiguringActive", message);
    },
  },
  {
    name: "form the pair with a standby that is there",
    because:
      "the writer answered that it obeys and works without an end; the other pod replicates as STANDBY",
    decide: ({ o, record, writer, peer, life }) => {
      if (life.is !== "alive" || peer.uid === null) return null;
      const { permission, timesten } = life.state;
      const answered = permission.obeyedN === record.n && permission.mode === "endless";
      // Until the writer itself counts its peer in, a STANDBY may be one that does not know it was left behind.
      const ready = staying(peer)?.timesten.repState === "STANDBY" && timesten.repPeerState === "start";
      // What is being made anew is a STANDBY for a moment more.
      if (isBeingMade(peer)) return null;
      if (!answered || !ready || leaving(writer)) return null;
      const write = paired(record, peer.uid, o.settings.leaseMs);
      const message = `record ${write.n} pairs ${writer.name} with its standby ${peer.name}`;
      return { situation: "serving", why: { reason: "PairFormed", message }, write, proof: null };
    },
  },
  {
    name: "the writer serves alone",
    because: "what remains is to make the standby",
    decide: ({ writer, peer, life }) => {
      if (life.is === "alive" && isClosedByPerson(life.state)) {
        const message = `${closedByPerson(writer.name)}; until then no standby can be made`;
        return standing("serving", "ClosedByPerson", message);
      }
      if (heard(peer) === null) {
        const message = `${writer.name} serves alone; waiting for ${whyAway(peer)}`;
        return standing("serving", "WaitingForStandby", message);
      }
      const message = `${writer.name} serves alone; ${peer.name} is made its standby`;
      return standing("serving", "BuildingStandby", message);
    },
  },
];

/** A duplicate was ordered just now or runs: the copy that is there will be destroyed. */
function isBeingMade(peer: InForce["peer"]): boolean {
  const ended = new Set(heard(peer)?.tasks.map(task => task.id));
  const ordered = peer.agent.sent.some(
    ({ id, accepted, agoMs }) =>
      accepted === null && agoMs < UNANSWERED_MS && id.includes("/duplicate/") && !ended.has(id),
  );
  return ordered || runningTask(peer)?.verb === "duplicate";
}

function otherVolume(name: string): Verdict {
  return standing("stuck", "MissingFact", `the disk on which the writer ran: ${name} has another volume`);
}

/** Whether the promoted database is known to have become the active before it fell silent. */
function wasShown(n: number, writer: InForce["writer"]): boolean {
  return (writer.agent.state?.permission.soloed ?? 0) >= n;
}

function awaitDisk({ writer, record }: InForce): Verdict {
  const told = heard(writer);
  if (told === null) {
    const message = `${writer.name} must go on from its own disk; waiting for ${whyAway(writer)}`;
    return standing("waiting", "WaitingForActive", message);
  }
  const gone = told.timesten.instance === "Missing" || told.timesten.db === "None";
  if (gone || !sameVolume(writer, record.writer)) return otherVolume(writer.name);
  if (told.stopping || writer.terminating) {
    return standing("waiting", "WaitingForActive", `${writer.name} is shutting down and must come back`);
  }
  return standing("configuring", "LoadingActive", `the database of ${writer.name} is being loaded`);
}
