import type { PermissionView } from "../../protocol";

/** An agent that has obeyed nothing yet and whose database is closed. */
export const nothingPermitted: PermissionView = {
  obeyedN: 0,
  soloed: 0,
  left: 0,
  diskCompleteFor: 0,
  mode: "none",
  closed: true,
  completeFor: 0,
  soloEnded: null,
  drained: 0,
  waitedFor: 0,
  noWaiting: null,
  guarded: true,
  closedByPerson: false,
  refused: null,
};
