/**
 * Every reason the operator gives, in one place: conditions, journal, log and the Events that are not Oracle's carry
 * these names. docs/reference/reasons.md lists the same names (a test holds both equal).
 */
export const reasons = {
  // The life of the pair
  BeingDeleted: "The object is being deleted: nothing is created or changed any more.",
  CreatingObjects: "Secret, Services, EndpointSlice or StatefulSet are being created.",
  ForeignObject: "An object of a name that this pair needs belongs to somebody else; it is never adopted.",
  BrokenObject: "An object of this pair exists but cannot be used.",
  // What the object asks for, and what it refers to
  InvalidSpec:
    "Admission would refuse the spec; it was stored while that was away. What is there goes on as it is, nothing new is made.",
  MissingConfigMap: "A ConfigMap of dbConfigMap does not exist; no Pod can start without it.",
  MissingSecret: "A Secret of dbSecret does not exist; no Pod can start without it.",
  BadMetadata: "A file of dbConfigMap or dbSecret cannot be used; no database is made from it.",
  TemplateRefused: "The API server refuses the StatefulSet as spec and template make it.",
  MissingStorageClass: "The storage class does not exist; claims wait for it.",
  PullSecretTrouble: "The Secret of imagePullSecret does not exist or is none for pulling images.",
  WaitingForAgents: "Not every agent has answered yet.",
  BuildingActive: "The first active database is being made.",
  BuildingStandby: "The standby is being made from the active.",
  WaitingForStandby: "The active serves and waits for the other Pod.",
  StandbyCatchingUp: "The standby replicates but does not have everything yet.",
  PairHealthy: "Both databases are up and the standby has everything.",
  ClosedByPerson:
    "A person has closed the active's database; it stays so until a person opens it or the roles change.",
  // Loss of the active
  ActiveSilent: "The active's agent is silent; that proves nothing about its database.",
  ActiveUnfit: "The active's database lives but does not serve at this moment.",
  ActiveOver: "The life of the active database is over, by proof.",
  PromotionStarted: "The record names the standby as the writer.",
  PromotionUnderWay: "The standby has been named and is becoming the active.",
  PromotionRefused: "The standby answered that it may not be promoted.",
  PromotionLost: "The standby's database ended before it became the active.",
  StandbyUnfit: "The standby does not have everything, so the old active's own disk goes on.",
  // Loss of the standby
  StandbyLost: "The standby is lost; the active goes on alone.",
  // Neither
  WaitingForActive: "The database that must go on is known; its Pod is awaited.",
  LoadingActive: "The database that must go on is being loaded.",
  ActiveReturned: "The writer's database came back from its own disk.",
  StandbyReturned:
    "The standby had left the Pair with everything before the active ended: its own disk goes on.",
  ReopeningActive: "The former writer lives and is named again.",
  ConfiguringActive: "The database that goes on is becoming the active.",
  MissingFact: "A fact without which nobody can decide safely is missing.",
  StandbyAhead: "The standby's copy has commits that the returned active lost.",
  // The record
  FirstRecord: "The first record names the writer.",
  RecordLost: "The record is missing or older than what agents obey; a new one is numbered above all.",
  RecordUnusable: "The Lease of the record's name cannot be used.",
  PairFormed: "The record names writer and standby together.",
  PairReady: "The standby is complete and may be promoted.",
  HandingOver: "A planned change of roles: the old active closes and lets its standby have everything.",
  HandoverFailed: "A planned change of roles did not come about; the old active goes on.",
  LeaseChanged: "writePermissionSeconds was changed: the pair is formed anew with it.",
  WriterStopped: "The record is Closed: nobody may write until the standby takes over.",
  // A new image
  LearningRelease:
    "A Pod of its own looks which TimesTen a new image holds; nothing of the object is touched before that is known.",
  ImageTrouble:
    "The new image does not run yet in the Pod that looks at it; nothing of the object is touched.",
  ImageUnusable:
    "The new image was not there in time, does not run or holds no TimesTen; nothing of the object was touched.",
  ReleaseRefused: "The new image holds another major release of TimesTen; nothing of the object was touched.",
  // Upgrades
  UpgradeWaiting: "A change of image waits: for the pair to be Normal, or for what the new image is.",
  UpgradeRefused:
    "The new image cannot be taken; nothing was touched. Another change of image, or resetUpgradeState, goes on.",
  UpgradeStarting: "An upgrade has begun; no Pod has been replaced yet.",
  UpgradeReplacingStandby: "The standby's Pod was deleted; it comes back with the new image.",
  UpgradeVerifyingStandby: "The standby is back with the new image and is made and verified.",
  UpgradeReplacingActive: "The active's Pod is deleted: it hands over and comes back with the new image.",
  UpgradeVerifyingActive: "The former active is back with the new image and is made and verified as standby.",
  UpgradeFailed:
    "An upgrade has failed; the active serves and was not touched. A person decides how it goes on.",
  UpgradeRecovering: "reexamine was changed after a failed upgrade: the standby is made again.",
  UpgradeUnfinished:
    "The Pods run different images, and what is left is not done by itself; the message says what does it.",
  UpgradeManual: "imageUpgradeStrategy is manual: Pods take the new image when a person deletes them.",
  // Independent databases
  UpgradeRolling: "Pods of independent databases are replaced one after the other by those of the new image.",
  UpgradePartial: "An upgrade is complete down to rollingUpdatePartition; the Pods below keep another image.",
  ReplicasReady: "All independent databases are open.",
  PodAway: "The Pod of an independent database does not run.",
  PodLeaving: "The Pod of an independent database is shutting down.",
  AgentSilent: "The agent of an independent database does not answer.",
  DatabaseUnknown: "What an independent database is like is not known at this moment.",
  StartingDaemon: "TimesTen's daemon in a Pod is down and is started.",
  CreatingDatabase: "An independent database is being made.",
  LoadingDatabase: "An independent database is being loaded.",
  OpeningDatabase: "An independent database is loaded and is opened by its agent.",
  ReplicationFound: "An independent database has a replication scheme; a person drops it.",
  RepairGivenUp: "A step failed several times in a row; a person puts it right and changes reexamine.",
  InstanceMissing: "A Pod has no TimesTen instance; a person replaces it and changes reexamine.",
  DatabaseGone:
    "A database that existed is gone; after reexamine it is loaded if it is back, else an empty one is made.",
  WaitingForReexamine: "A database is left alone until reexamine changes.",
  // Management
  Managed: "The operator manages the object.",
  ManagementSuspended: "The suspend annotation is there: nothing is changed until it is removed.",
  ManagementStopped: "stopManaging was changed: nothing is changed until reexamine changes.",
  BothDownManual: "Both databases were down and bothDownBehavior is Manual: a person decides by reexamine.",
  ChosenByPerson: "A person prepared this database to go on and changed reexamine.",
  Reexamining: "reexamine was changed: both databases are looked at before anything is done.",
  // Conditions
  FailoverReady: "The standby may be promoted as soon as there is a proof about the active.",
  NoStandby: "There is no standby that could be promoted.",
  NoUpgrade: "No upgrade is under way.",
  EffectFailed: "An object or label could not be written; it is tried again.",
  WaitTooLong:
    "The state lasts longer than its work may take; it goes on by itself when what is missing comes.",
  CommandFailed: "A step of building failed and is tried again.",
} as const;

export type ReasonName = keyof typeof reasons;
