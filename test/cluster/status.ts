import type { PodStatusEntry, TimesTenClassicStatus } from "../../generated/types";

const pod = (
  name: string,
  intendedState: "Active" | "Standby",
  ip: string,
  dbId: number,
  changed: number,
): PodStatusEntry => ({
  name,
  initialized: true,
  intendedState,
  highLevelState: "Healthy",
  prevHighLevelState: "Healthy",
  lastHighLevelStateSwitch: "?",
  prevImage: "phx.ocir.io/youraccount/tt181440:2",
  adminUserFile: true,
  cacheUserFile: false,
  cgFile: false,
  schemaFile: true,
  disableReturn: false,
  localCommit: false,
  usingTwosafe: false,
  cacheStatus: { cacheAgent: "Not Running", cacheUidPwdSet: true, nCacheGroups: 0 },
  dbStatus: { db: "Loaded", dbId, dbUpdatable: intendedState === "Active" ? "Yes" : "No" },
  podStatus: { agent: "Up", lastTimeReachable: 1618341923, podIP: ip, podPhase: "Running" },
  replicationStatus: {
    lastTimeRepStateChanged: changed,
    repAgent: "Running",
    repPeerPState: "start",
    repScheme: "Exists",
    repState: intendedState === "Active" ? "ACTIVE" : "STANDBY",
  },
  timesTenStatus: { daemon: "Up", instance: "Exists", release: "18.1.4.11.0" },
});

const at = (seconds: number): string => new Date(1618341354000 + seconds * 1000).toISOString();

/** The status of the documents' listing after an upgrade (describe.txt), and what this operator adds to it. */
export const status: TimesTenClassicStatus = {
  statusVersion: "1.0",
  observedGeneration: 2,
  classicUpgradeStatus: {
    activeStartTime: 0,
    activeStatus: "",
    imageUpdatePending: false,
    lastUpgradeStateSwitch: 0,
    prevResetUpgradeState: "",
    prevUpgradeState: "",
    standbyStartTime: 0,
    standbyStatus: "",
    upgradeStartTime: 0,
    upgradeState: "",
  },
  activePods: "sample-1",
  highLevelState: "Normal",
  prevHighLevelState: "StandbyDown",
  lastEvent: 67,
  lastHighLevelStateSwitch: 1618341354,
  podStatus: [
    pod("sample-0", "Standby", "10.244.7.46", 35425, 1618341175),
    pod("sample-1", "Active", "10.244.6.25", 35426, 1618340980),
  ],
  prevReexamine: "",
  prevStopManaging: "",
  repCreateStatement:
    'create active standby pair "sample" on "sample-0.sample.mynamespace.svc.cluster.local"',
  repPort: 4444,
  conditions: [
    {
      type: "Ready",
      status: "True",
      lastTransitionTime: at(0),
      reason: "Normal",
      message: "sample-1 is open",
      observedGeneration: 2,
    },
  ],
  lastFailover: {
    kind: "failover",
    from: "sample-0",
    to: "sample-1",
    epoch: 3,
    recordNumber: 4,
    failedAt: at(0),
    failedAtSource: "agent of sample-0",
    seenAt: at(0.1),
    provenAt: at(0.2),
    proof: "over, by the agent of sample-0",
    promotedAt: at(0.4),
    routedAt: at(0.5),
    redundantAt: at(20),
    possibleLoss: true,
  },
  decisions: [
    { at: at(0.2), reason: "Promote", message: "sample-0's database is over: sample-1 becomes the active" },
  ],
};
