/** When the standby of a Pair counts as lost: only then does the writer go on alone. */
import type { AgentState, PermissionRecord } from "../../../../protocol";
import { heard, silentTooLong } from "../facts";
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
  if (peer.uid === null) return `${peer.name} is gone`;
  if (peer.uid !== record.standby) return `${peer.name} was replaced`;
  const waiting = peer.container?.waitingReason;
  if (peer.container !== null && !peer.container.running && !peer.agent.connected) {
    return `the tt container of ${peer.name} does not run${waiting ? ` (${waiting})` : ""}`;
  }
  const state = heard(peer);
  if (state === null) {
    const seconds = Math.floor(peer.agent.silentForMs / 1000);
    return silentTooLong(o, peer) ? `${peer.name} unreachable for ${seconds} seconds` : null;
  }
  return state.stopping ? `${peer.name} is shutting down` : whyDatabaseLost(o, record, peer, state, writer);
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
  if (!record.ready && peer.agent.repStateForMs >= catchUpMs) {
    return `${peer.name} did not become complete within ${catchUpMs / 1000} seconds`;
  }
  const incomplete =
    record.ready && state.permission.obeyedN === record.n && state.permission.completeFor !== record.n;
  if (incomplete) return `${peer.name} is no longer complete for Pair ${record.n}`;
  const apart = writer?.timesten.repPeerState === "failed" || writer?.timesten.repPeerState === "stop";
  return apart ? `the active says that its peer is ${writer.timesten.repPeerState}` : null;
}
