/**
 * Every Event the operator writes about an object: reason, type and the form of its message. docs/reference/events.md
 * lists the same (a test holds both equal, another holds what is written to this list).
 */
import { applicationChanged, templateChanged } from "../decide/upgrade/applications";
import { grown, notGrown } from "../act/grow";
import { putBack } from "../act/mend";
import { texts } from "../decide/upgrade/texts";
import { CLOSED, OPEN_AGAIN } from "./podEvents";
import { eventReasons } from "./reasonEvents";

export interface EventForm {
  reason: string;
  type: "Normal" | "Warning" | "Normal or Warning";
  /** The message, with <...> for what varies. */
  message: string;
}

/** The Events of upgrades, with <...> for what varies. */
const upgrades: readonly EventForm[] = [
  texts.started,
  texts.disabled,
  texts.deleted("STANDBY", "<pod>"),
  texts.deleted("ACTIVE", "<pod>"),
  texts.deletedReplica("<pod>"),
  texts.activeComplete,
  texts.completed("<n>"),
  texts.rolledBack("<n>"),
  texts.waits("<state>"),
  texts.goesOn("<image>"),
  texts.mismatch("<release>", "<release>"),
  texts.incompatible(["<release>", "<n>"], ["<release>", "<n>"], "<pod>"),
  texts.unsuccessful("<phase>", "<explanation>"),
  texts.replicaFailed("<n>", "<explanation>"),
  texts.notVerified("<phase>"),
  texts.notQuiet,
  texts.aborted,
  texts.reset,
  texts.recovered,
  texts.finished("<image>"),
  texts.unfinished("<explanation>"),
  texts.activeFirst("<pod>", "<pod>", "<image>"),
  texts.stuck("<pod>", "<explanation>"),
];

const pod = (what: string): EventForm => ({
  reason: "StateChange",
  type: "Normal",
  message: `Pod <pod> ${what}`,
});
const standby = (what: string, type: EventForm["type"] = "Warning"): EventForm => ({
  reason: "StateChange",
  type,
  message: `Standby: ${what}`,
});

export const eventCatalogue: readonly EventForm[] = [
  { reason: "Create", type: "Normal", message: "Secret <name> created" },
  { reason: "Create", type: "Normal", message: "Service <name> created" },
  { reason: "Create", type: "Normal", message: "EndpointSlice <name> created" },
  { reason: "Create", type: "Normal", message: "PodDisruptionBudget <name> created" },
  { reason: "Create", type: "Normal", message: "StatefulSet <name> created" },
  { reason: "StateChange", type: "Normal or Warning", message: "TimesTenClassic was <state>, now <state>" },
  {
    reason: "StateChange",
    type: "Normal or Warning",
    message: "Pod <pod> state was <state>, now <state>",
  },
  { reason: "Change", type: "Normal", message: "Number of replicas changed from <n> to <n>" },
  applicationChanged("<container>", "<image>"),
  templateChanged("<name>"),
  pod("Agent Up"),
  pod("Release <release>"),
  pod("Instance <state>"),
  pod("Daemon <state>"),
  pod("Database <state>"),
  pod("Database Updatable"),
  pod("Database Not Updatable"),
  pod(CLOSED),
  pod(OPEN_AGAIN),
  pod("CacheAgent <state>"),
  pod("RepAgent <state>"),
  pod("RepScheme <state>"),
  pod("RepState <state>"),
  standby("Duplicate unsuccessful. Count: <n>"),
  standby("Starting replication failed. Count: <n>"),
  standby("Replication state incorrect (<state>). Count: <n>"),
  standby("Replication started successfully", "Normal"),
  { reason: "StateChange", type: "Warning", message: "Operator cannot determine Best database" },
  {
    reason: "StateChange",
    type: "Warning",
    message:
      "Based on replication configuration <pod> will be the new 'active'; its previous role was <role>",
  },
  {
    reason: "ManagementSuspended",
    type: "Normal",
    message: "Management suspended by annotation timesten.oracle.com/suspend",
  },
  {
    reason: "ManagementResumed",
    type: "Normal",
    message: "Management resumed: annotation timesten.oracle.com/suspend was removed",
  },
  { reason: "SwitchoverStarted", type: "Normal", message: "Switchover <id> from <pod> to <pod> started" },
  { reason: "SwitchoverDone", type: "Normal", message: "Switchover <id>: <pod> is the active" },
  { reason: "SwitchoverRefused", type: "Warning", message: "Switchover <id> refused: <explanation>" },
  { reason: "Error", type: "Warning", message: "<step> error: <message of TimesTen>" },
  putBack("<kind>", "<name>", ["<fields>"]),
  grown("<claim>", "<size>", "<size>"),
  notGrown("<claim>", "<size>", "<size>", "<explanation>"),
  { reason: "Memory", type: "Normal", message: "Memory of container tt: <explanation>" },
  { reason: "Doubtful", type: "Warning", message: "<explanation>" },
  ...upgrades,
  ...eventReasons.map((reason): EventForm => ({ reason, type: "Warning", message: "<explanation>" })),
];

/** @returns whether a message has one of the catalogue's forms for its reason */
export function isInCatalogue(event: { type: string; reason: string; message: string }): boolean {
  return eventCatalogue.some(
    form =>
      form.reason === event.reason &&
      (form.type === "Normal or Warning" || form.type === event.type) &&
      toPattern(form.message).test(event.message),
  );
}

function toPattern(message: string): RegExp {
  const parts = message.split(/<[^>]*>/).map(part => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join("[^]+")}$`);
}
