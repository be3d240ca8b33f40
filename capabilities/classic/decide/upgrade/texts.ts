/** The Events of upgrades. Where Oracle's 18.1 chapter shows a message it is verbatim; the others are ours. */
import type { EventText } from "../../decision";
import type { PodRole } from "./memory";

const told = (message: string): EventText => ({ type: "Normal", reason: "StateChange", message });
const failed = (message: string): EventText => ({ type: "Warning", reason: "UpgradeError", message });
const upgrade = (message: string, type: EventText["type"] = "Normal"): EventText => ({
  type,
  reason: "Upgrade",
  message,
});

export const texts = {
  started: told("Image updated, automatic upgrade started"),
  disabled: told("Image updated, automatic upgrade disabled"),
  deleted: (role: PodRole, pod: string) => told(`Deleted ${role} pod ${pod} per upgrade`),
  deletedReplica: (pod: string) => told(`Deleted pod ${pod} per upgrade`),
  activeComplete: told("Upgrade of ACTIVE complete"),
  completed: (seconds: number | string) => told(`Upgrade completed in ${seconds} secs`),
  rolledBack: (seconds: number | string) => upgrade(`Upgrade rolled back in ${seconds} secs`),
  waits: (state: string) =>
    upgrade(
      `Cannot initiate the upgrade, HL state not 'Normal' (HL state=${state}); it starts when the pair is Normal`,
    ),
  goesOn: (image: string) => upgrade(`Image updated again, the upgrade goes on with ${image}`),
  mismatch: (a: string, b: string) => failed(`TimesTen version mismatch, 0=${a} 1=${b}, upgrade cancelled.`),
  incompatible: (active: [string, number | string], standby: [string, number | string], pod: string) =>
    failed(
      `Active version ${active[0]} on POD ${active[1]} is not patch compatible with standby version ${standby[0]} on POD ${standby[1]}; update image and delete pod ${pod}`,
    ),
  unsuccessful: (phase: string, why: string) => failed(`${phase} upgrade unsuccessful: ${why}`),
  replicaFailed: (ordinal: number | string, why: string) =>
    failed(`Upgrade Failed on POD ${ordinal}: ${why}`),
  notVerified: (phase: string) => failed(`Replication cannot be verified; error upgrading ${phase}`),
  notQuiet: failed("Could not quiesce the database, standby behind active"),
  aborted: failed("Upgrade aborted"),
  reset: upgrade("Resetting upgrade state", "Warning"),
  recovered: upgrade("Recovery from upgrade failure complete"),
  finished: (image: string) => upgrade(`Upgrade finished: both Pods run ${image}`),
  unfinished: (what: string): EventText => ({ type: "Warning", reason: "UpgradeUnfinished", message: what }),
  activeFirst: (active: string, standby: string, image: string): EventText => ({
    type: "Warning",
    reason: "ActiveReplacedFirst",
    message: `Active Pod ${active} was deleted before its standby was upgraded: ${standby} takes over with ${image}`,
  }),
  stuck: (pod: string, trouble: string): EventText => ({
    type: "Normal",
    reason: "PodReplaced",
    message: `Pod ${pod}, which could not start with its image, is made anew with the image of the spec: ${trouble}`,
  }),
};
