/** The conditions of status, by type: docs/reference/conditions.md lists the same (a test holds both equal). */
export const conditionTypes = {
  Ready:
    "The active database is open for its users and the Service leads to it; of independent databases: all are open.",
  Redundant: "A standby has everything the active acknowledged.",
  FailoverPossible: "The standby may be promoted as soon as there is a proof about the active.",
  Upgrading: "An upgrade is under way.",
  ManagementSuspended: "A person has taken the object out of management: nothing but its status is written.",
  Reconciling: "The pair is on its way to Normal, or the set to AllReplicasReady. Present only while true.",
  Stalled: "Something stands in the way that does not go away by itself. Present only while true.",
} as const;

export type ConditionType = keyof typeof conditionTypes;
