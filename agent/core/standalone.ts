/** Without a pair (replicationTopology none) there is nobody to ask: each database is opened by its own agent. */
import type { TimesTenView } from "../../protocol";

export interface StandaloneSituation {
  /** Present life of the database, or null when none is loaded. */
  boot: string | null;
  view: TimesTenView;
  /** No user is connected and none may connect. */
  closed: boolean;
  /** SIGTERM was received: nothing is opened any more. */
  stopping: boolean;
}

/** @returns the one step there is: open what is loaded; null when nothing is to be done */
export function nextStandaloneStep(s: StandaloneSituation): { do: "open"; why: string } | null {
  if (s.boot === null || s.stopping || s.view.db !== "Loaded") return null;
  return s.view.open && !s.closed
    ? null
    : { do: "open", why: "a database of its own is open while it is loaded" };
}
