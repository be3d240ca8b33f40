/** When the standby of a Pair counts as lost: only then does the writer go on alone. */
import { SESSION_SILENCE_MS, timingFor, type AgentState, type PermissionRecord } from "../../../../protocol";
import { heard, heardByPeer, silentTooLong } from "../facts";
import type { Observation, ObservedPod } from "../../observation";

/**
 * @param writer the writer's state if it is heard
 * @returns why the standby is lost, as a clause for people, or null while it is there or may catch up by itself
 */
export function whyStandbyLost(
  o: Observation,
  record: PermissionRecord,
  peer: ObservedPod,
  writer: AgentState | null,
): string | null {
  const own = whyAlone(o, record, peer, writer);
  if (own !== null) return own;
  if (peer.uid === null) return `${peer.name} is gone`;
  if (peer.uid !== record.standby) return `${peer.name} was replaced`;
  const waiting = peer.container?.waitingReason;
  if (peer.container !== null && !peer.container.running && !peer.agent.connected) {
    return `the tt container of ${peer.name} does not run${waiting ? ` (${waiting})` : ""}`;
  }
  const state = heard(peer);
  if (state === null) {
    if (heardByPeer(peer)?.stopping === true) return `${peer.name} is shutting down`;
    const seconds = Math.floor(peer.agent.silentForMs / 1000);
    return silentTooLong(o, peer) ? `${peer.name} unreachable for ${seconds} seconds` : null;
  }
  return state.stopping ? `${peer.name} is shutting down` : whyDatabaseLost(o, record, peer, state, writer);
}

/** A writer that may write but says no grant comes: so long it is given to find its standby again, ms. */
const STARVED_MS = 1_000;
/** From the operator's decision until the writer has the new record, ms, with a reserve. */
const DECIDE_MS = 300;
/** However short L is, a session between the agents that broke gets so long to come back, ms. */
const APART_MS = 200;

/** @returns how long the agents may be apart before the writer goes on alone, ms: in time before its grant ends */
export function bearApartMs(record: PermissionRecord): number {
  const { leaseMs, closingMs, heartbeatMs } = timingFor(record.leaseMs);
  return Math.max(APART_MS, leaseMs - closingMs - heartbeatMs - SESSION_SILENCE_MS - DECIDE_MS);
}

/**
 * The writer's own word. Its permission ends when its standby grants nothing more, so it must hear in time that it may
 * go on alone; where it took solo by itself (its standby left, or nobody else was there) the record follows.
 */
function whyAlone(
  o: Observation,
  record: PermissionRecord,
  peer: ObservedPod,
  writer: AgentState | null,
): string | null {
  if (writer === null || writer.stopping || writer.boot !== record.writer.boot) return null;
  const { mode, soloed, obeyedN } = writer.permission;
  if (obeyedN !== record.n) return null;
  if (mode === "endless") return soloed >= record.n ? `it took solo: ${peer.name} left` : null;
  const pod = o.pods.find(one => one.uid === record.writer.podUID);
  if (pod === undefined) return null;
  if (pod.agent.peerApartForMs >= bearApartMs(record)) return `its agent does not hear that of ${peer.name}`;
  const starved =
    mode === "none" && writer.timesten.repState === "ACTIVE" && pod.agent.modeForMs >= STARVED_MS;
  return starved ? `${peer.name} grants it nothing` : null;
}

function whyDatabaseLost(
  o: Observation,
  record: PermissionRecord,
  peer: ObservedPod,
  state: AgentState,
  writer: AgentState | null,
): string | null {
  const { timesten: view, boot } = state;
  // Before its first look an agent that has just started knows neither its daemon nor its database.
  const looked = view.daemon !== "Unknown";
  if (boot === null && looked && view.db !== "Loading" && view.db !== "Transitioning") {
    return `the database of ${peer.name} is down`;
  }
  if (view.repState === "ACTIVE" || view.repState === "FAILED")
    return `${peer.name} has RepState ${view.repState}`;
  const limit = o.settings.repStateTimeoutMs;
  // A hiccup of replication gets the chance to catch up.
  if (peer.agent.repStateForMs < limit) return null;
  if (view.repState !== "STANDBY") return `${peer.name} has RepState ${view.repState} for too long`;
  if (view.repAgent === "Not Running") return `RepAgent of ${peer.name} Not Running`;
  const catchUpMs = o.settings.longTaskMs;
  // Counted anew in each Pair: else one that was given up for this would be given up again at once.
  const tryingForMs = Math.min(peer.agent.repStateForMs, o.record?.forMs ?? Infinity);
  if (!record.ready && tryingForMs >= catchUpMs) {
    return `${peer.name} did not become complete within ${catchUpMs / 1000} seconds`;
  }
  const incomplete =
    record.ready && state.permission.obeyedN === record.n && state.permission.completeFor !== record.n;
  if (incomplete) return `${peer.name} is no longer complete for Pair ${record.n}`;
  const apart = writer?.timesten.repPeerState === "failed" || writer?.timesten.repPeerState === "stop";
  return apart ? `the active says that its peer is ${writer.timesten.repPeerState}` : null;
}
