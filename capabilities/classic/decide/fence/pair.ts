/** Rules for a record in mode Pair: is the writer there, is the standby there, and what follows if not. */
import type { AgentState, PermissionRecord } from "../../../../protocol";
import {
  closedByPerson,
  completeFor,
  heard,
  isClosedByPerson,
  leaving,
  loadedAgain,
  serves,
  silentTooLong,
  waitedOut,
  type Life,
} from "../facts";
import type { Observation, ObservedPod } from "../../observation";
import { whyAway } from "./found";
import { newRequest, whyUnfit } from "./handover";
import { alone, promoted, ready, stopped } from "./next";
import { groundFor, whyNotNow } from "./proofs";
import { standing, type Rule, type Verdict } from "./verdict";
import { wayOut } from "./wayOut";
import { whyStandbyLost } from "./standbyLoss";

/** What the rules of one mode look at. */
export interface InForce {
  o: Observation;
  record: PermissionRecord;
  /** The pod with the writer's disk. */
  writer: ObservedPod;
  /** The other one. */
  peer: ObservedPod;
  life: Life;
}

export const pairRules: readonly Rule<InForce>[] = [
  {
    name: "promote the complete standby",
    because:
      "the old boot cannot write any more and the standby has everything: nothing is gained by waiting for anybody",
    decide: ({ o, record, peer, writer }) => {
      if (!record.ready || peer.uid === null || peer.uid !== record.standby) return null;
      const proof = groundFor(o, record.writer, { p: record.n, below: record.n, standby: peer });
      const standby = completeFor(peer, record.n);
      if (proof === null || standby === null || whyNotNow(o, proof) !== null) return null;
      const write = promoted(record, { podUID: peer.uid, boot: standby.boot }, record.n);
      const message = `${peer.name} takes over from ${writer.name} by record ${write.n}: ${proof.by}`;
      return { situation: "failingOver", why: { reason: "PromotionStarted", message }, write, proof };
    },
  },
  {
    name: "a writer that leaves hands over",
    because:
      "its Pod goes in any case: closed and drained while it still lives, nothing is lost and the standby need not wait for its end",
    decide: ({ record, writer, peer, life }) => {
      if (!record.ready || life.is !== "alive" || !leaving(writer)) return null;
      if (completeFor(peer, record.n) === null) return null;
      const message = `${writer.name} is shutting down; nobody may write until ${peer.name} takes over`;
      return {
        situation: "failingOver",
        why: { reason: "HandingOver", message },
        write: stopped(record),
        proof: null,
        handover: { kind: "handover", requestId: null },
      };
    },
  },
  {
    name: "stop the Pair for the old writer's own disk",
    because:
      "its standby cannot be promoted any more, and the returned database needs a record that names its new life",
    decide: ({ o, record, writer, peer, life }) => {
      if (!cannotWrite(record, peer, life) || loadedAgain(writer) === null) return null;
      // A silent standby that may be complete is waited for: its copy is the safe one.
      if (heard(peer) === null && (record.ready || !(peer.uid === null || silentTooLong(o, peer))))
        return null;
      const message = `${peer.name} cannot be promoted for Pair ${record.n}; the database of ${writer.name} came back`;
      return {
        situation: "configuring",
        why: { reason: "StandbyUnfit", message },
        write: stopped(record),
        proof: null,
      };
    },
  },
  {
    name: "the writer is over, nobody can go on yet",
    because: "what is missing comes with a pod: its agent, or its database in memory",
    decide: ({ o, record, writer, peer, life }) =>
      life.is === "over" ? whoGoesOn(o, record, writer, peer) : null,
  },
  {
    name: "the writer's silence proves nothing",
    because: "a silent agent, a missing Pod, NotReady: its database may well go on writing",
    decide: ({ o, writer, peer, life, record }) =>
      life.is === "unknown" ? silence(o, record, writer, peer) : null,
  },
  {
    name: "without its standby the writer goes on alone",
    because:
      "it is alive now; commits that wait for the standby must go on, and the standby must be made anew",
    decide: ({ o, record, writer, peer }) => {
      const lost = whyStandbyLost(o, record, peer, heard(writer));
      if (lost === null) return null;
      const message = `${writer.name} goes on alone: ${lost}`;
      return {
        situation: "serving",
        why: { reason: "StandbyLost", message },
        write: alone(record),
        proof: null,
      };
    },
  },
  {
    name: "the standby is complete",
    because: "the writer no longer commits alone and the standby has everything up to then",
    decide: ({ record, writer, peer, life }) => {
      if (record.ready || life.is !== "alive" || completeFor(peer, record.n) === null) return null;
      if (life.state.permission.soloEnded?.n !== record.n) return null;
      const message = `${peer.name} has everything of ${writer.name} and may be promoted for Pair ${record.n}`;
      return {
        situation: "redundant",
        why: { reason: "PairReady", message },
        write: ready(record),
        proof: null,
      };
    },
  },
  {
    name: "a switchover was asked for",
    because: "the pair is in order, so the active can close, drain and hand over",
    decide: ({ o, record, writer, peer }) => {
      const requestId = newRequest(o);
      if (requestId === null || whyUnfit(o) !== null) return null;
      const message = `switchover ${requestId} from ${writer.name} to ${peer.name}; nobody may write until it takes over`;
      return {
        situation: "failingOver",
        why: { reason: "HandingOver", message },
        write: stopped(record),
        proof: null,
        handover: { kind: "switchover", requestId },
      };
    },
  },
  {
    name: "another L was asked for",
    because:
      "both agents count with the L of the record, so it changes only with a new Pair, and only in calm",
    decide: ({ o, record, peer, life }) => {
      if (!record.ready || o.settings.leaseMs === record.leaseMs || life.is !== "alive") return null;
      if (!serves(life.state, record.writer) || completeFor(peer, record.n) === null) return null;
      const message = `the pair is formed anew for a write permission of ${o.settings.leaseMs / 1000} seconds`;
      return {
        situation: "serving",
        why: { reason: "LeaseChanged", message },
        write: alone(record),
        proof: null,
      };
    },
  },
  {
    name: "the pair forms or is in order",
    because: "nothing else is due",
    decide: ({ o, record, writer, peer, life }) => {
      if (life.is !== "alive") return null;
      if (!serves(life.state, record.writer)) return notServing(o, writer, life.state);
      if (!record.ready) {
        return standing(
          "serving",
          "StandbyCatchingUp",
          `${peer.name} replicates; not complete for Pair ${record.n} yet`,
        );
      }
      if (isClosedByPerson(life.state))
        return standing("redundant", "ClosedByPerson", closedByPerson(writer.name));
      const message = `${writer.name} is active, ${peer.name} has everything`;
      return standing("redundant", "PairHealthy", message);
    },
  },
];

/** The writer named by a Pair is over, or has been waited out while nobody can be promoted for it. */
function cannotWrite(record: PermissionRecord, peer: ObservedPod, life: Life): boolean {
  if (life.is === "over") return true;
  const unfit = record.ready && peer.uid === record.standby && completeFor(peer, record.n) === null;
  return life.is === "unknown" && unfit && waitedOut(peer, record.n);
}

/** The writer lives but is not open as ACTIVE: its agent puts that right by itself, so it gets time. */
function notServing(o: Observation, writer: ObservedPod, state: AgentState): Verdict {
  const { repState, open } = state.timesten;
  const message = `${writer.name} lives with RepState ${repState}, ${open ? "open" : "closed"}; it is not replaced while it lives`;
  const late = repState !== "ACTIVE" && writer.agent.repStateForMs >= o.settings.repStateTimeoutMs;
  return standing(late ? "failingOver" : "patience", "ActiveUnfit", message);
}

/** The old life is over and no promotion is possible at this moment. */
function whoGoesOn(
  o: Observation,
  record: PermissionRecord,
  writer: ObservedPod,
  peer: ObservedPod,
): Verdict {
  const told = heard(peer);
  const mayComplete =
    told !== null && told.boot !== null && told.timesten.repState === "STANDBY" && !told.stopping;
  if (record.ready && mayComplete) {
    const message = `${writer.name} is over; ${peer.name} has not said yet that it is complete for Pair ${record.n}`;
    return standing("failingOver", "ActiveOver", message);
  }
  if (record.ready && told === null && !silentTooLong(o, peer) && peer.uid === record.standby) {
    return standing("failingOver", "ActiveOver", `${writer.name} is over; waiting for ${whyAway(peer)}`);
  }
  const own = heard(writer);
  if (own === null) {
    return standing(
      "waiting",
      "WaitingForActive",
      `${writer.name} must go on from its own disk: ${whyAway(writer)}`,
    );
  }
  const { instance, db } = own.timesten;
  if (instance === "Missing" || db === "None") {
    const message = `the disk on which the writer ran: ${writer.name} has no ${instance === "Missing" ? "instance" : "database"} any more`;
    return standing("stuck", "MissingFact", message);
  }
  if (loadedAgain(writer) === null) {
    return standing("configuring", "LoadingActive", `the database of ${writer.name} is being loaded`);
  }
  const message = `the database of ${writer.name} is loaded, but it is not known how far ${peer.name} got: ${whyAway(peer)}`;
  return standing("stuck", "MissingFact", message);
}

function silence(o: Observation, record: PermissionRecord, writer: ObservedPod, peer: ObservedPod): Verdict {
  const missing = `there is no proof that its database has ended: ${whyAway(writer)}`;
  if (!silentTooLong(o, writer) && writer.uid === record.writer.podUID) {
    return standing("patience", "ActiveSilent", `${writer.name} is silent; ${missing}`);
  }
  const promotable = record.ready && completeFor(peer, record.n) !== null;
  const message = promotable
    ? `${peer.name} could take over, but ${missing}${whyWaiting(o, record, peer)}`
    : `${writer.name} is silent; ${missing}`;
  const situation = promotable ? "failingOver" : "waiting";
  return standing(situation, "ActiveSilent", message + wayOut(o, record, writer));
}

/** What keeps *waited* from being used, as the end of a sentence. */
function whyWaiting(o: Observation, record: PermissionRecord, peer: ObservedPod): string {
  const noWaiting = heard(peer)?.permission.noWaiting ?? null;
  if (noWaiting !== null) return `; waiting proves nothing here: ${noWaiting}`;
  const ground = groundFor(o, record.writer, { p: record.n, below: record.n, standby: peer });
  const notNow = ground === null ? null : whyNotNow(o, ground);
  return notNow === null ? "" : `; ${notNow}`;
}
