/** What an agent knows about its pod: sent whole on connect and again at every change. */
import * as z from "zod";

/** TimesTen's own words, as Oracle's operator shows them in `kubectl describe ttc`. */
export const instanceStateSchema = z.enum(["Exists", "Missing", "Unknown"]);
export const daemonStateSchema = z.enum(["Up", "Down", "Unknown"]);
export const dbStateSchema = z.enum([
  "None",
  "Loaded",
  "Loading",
  "Unloaded",
  "Unloading",
  "Transitioning",
  "Unknown",
]);
export const repStateSchema = z.enum(["ACTIVE", "STANDBY", "IDLE", "RECOVERING", "FAILED", "Unknown"]);
export const peerStateSchema = z.enum(["start", "pause", "stop", "failed", "Unknown"]);
export const agentRunSchema = z.enum(["Running", "Not Running", "Unknown"]);
export const existsSchema = z.enum(["Exists", "None", "Unknown"]);
export const yesNoSchema = z.enum(["Yes", "No", "Unknown"]);

/** The database and its surroundings as TimesTen's utilities describe them. */
export const timesTenViewSchema = z.object({
  instance: instanceStateSchema,
  /** Release of the instance on the volume, e.g. 18.1.4.11.0; "Unknown" before it exists. */
  release: z.string(),
  /** Release of the installation in the image. */
  imageRelease: z.string(),
  daemon: daemonStateSchema,
  db: dbStateSchema,
  /** User connections are allowed (ttAdmin -open). */
  open: z.boolean(),
  updatable: yesNoSchema,
  repAgent: agentRunSchema,
  repScheme: existsSchema,
  repState: repStateSchema,
  repPeerState: peerStateSchema,
  cacheAgent: agentRunSchema,
  cacheUidPwdSet: z.boolean(),
  nCacheGroups: z.number().int(),
  /** Value of the agents' replicated counter row; equal on both sides when everything has arrived. */
  dbId: z.number().int(),
  usingTwosafe: z.boolean(),
  disableReturn: z.boolean(),
  localCommit: z.boolean(),
  /** On the active: bytes of log that the standby has not confirmed; null where it is not known. */
  lagBytes: z.number().int().min(0).nullable(),
});
export type TimesTenView = z.infer<typeof timesTenViewSchema>;

export const unknownView: TimesTenView = {
  instance: "Unknown",
  release: "Unknown",
  imageRelease: "Unknown",
  daemon: "Unknown",
  db: "Unknown",
  open: false,
  updatable: "Unknown",
  repAgent: "Unknown",
  repScheme: "Unknown",
  repState: "Unknown",
  repPeerState: "Unknown",
  cacheAgent: "Unknown",
  cacheUidPwdSet: false,
  nCacheGroups: 0,
  dbId: 0,
  usingTwosafe: false,
  disableReturn: false,
  localCommit: false,
  lagBytes: null,
};

/** The end of one life of this pod's database, as the agent saw it: every process that could write is gone. */
export const endedBootSchema = z.object({
  boot: z.string().min(1),
  /** Wall clock, ms since 1970, as near to the death as it is known. */
  endedAtMs: z.number(),
  how: z.enum(["daemon died", "stopped", "unloaded", "destroyed", "container restarted"]),
  /** The pod in which it lived; a volume's memory may be of an earlier pod. "" where it is not known. */
  podUID: z.string().default(""),
});
export type EndedBoot = z.infer<typeof endedBootSchema>;

/** @returns whether that life ended so that everything it had is on its disk */
export function endedInOrder(end: Pick<EndedBoot, "how"> | undefined): boolean {
  return end?.how === "stopped" || end?.how === "unloaded";
}

/** Where this agent stands in the protocol of the write permission. */
export const permissionViewSchema = z.object({
  /** Highest record number obeyed, on disk; 0 before the first. */
  obeyedN: z.number().int().min(0),
  /** Highest n at which this database took solo or became active; on disk. */
  soloed: z.number().int().min(0),
  /** n of the Pair this standby left gracefully; on disk. */
  left: z.number().int().min(0),
  /** none: may not write. finite: by the standby's grants. endless: until a newer record says otherwise. */
  mode: z.enum(["none", "finite", "endless"]),
  /** No user connection is open and none is allowed, or no process is left that could write. */
  closed: z.boolean(),
  /** This standby has everything acknowledged for that Pair; 0 when not. Lost with its database's life. */
  completeFor: z.number().int().min(0),
  /** n of the Pair of which this copy has everything, its life having left it or ended in order; on disk, as the copy is. */
  diskCompleteFor: z.number().int().min(0).default(0),
  /** As the writer of Pair n: no longer commits alone, since this mark of its own log. */
  soloEnded: z.object({ n: z.number().int().min(1), mark: z.number().int().min(0) }).nullable(),
  /** As the old writer under Closed n: closed, then the standby had everything, then no longer ACTIVE; else 0. */
  drained: z.number().int().min(0),
  /**
   * As the standby of Pair p: W is over on both its clocks since it last granted for p, so nobody writes by its
   * grants; 0 while it is not. Goes back to 0 with the next grant.
   */
  waitedFor: z.number().int().min(0),
  /** Why this standby must not rely on waiting (the nodes' clocks differ too much in rate), or null. */
  noWaiting: z.string().nullable(),
  /** The guard is there and enforces what the agent told it last. */
  guarded: z.boolean(),
  /** May write, but a person has closed the database (ttAdmin -close): it stays so until a person opens it. */
  closedByPerson: z.boolean().default(false),
  /** A promotion this life of the database will never carry out, and why. */
  refused: z.object({ n: z.number().int().min(1), reason: z.string() }).nullable(),
});
export type PermissionView = z.infer<typeof permissionViewSchema>;

/** What one agent tells the other of its pod. */
export const peerDigestSchema = z.object({
  podName: z.string(),
  podUID: z.string().min(1),
  boot: z.string().nullable(),
  endedBoots: z.array(endedBootSchema).max(4),
  timesten: timesTenViewSchema.pick({
    daemon: true,
    db: true,
    open: true,
    repState: true,
    repAgent: true,
    dbId: true,
    usingTwosafe: true,
  }),
  permission: permissionViewSchema,
  stopping: z.boolean(),
});
export type PeerDigest = z.infer<typeof peerDigestSchema>;

/** What this agent knows through its session with the other pod's agent and witness. */
export const peerViewSchema = z.object({
  /** The session that this agent dialled is open. */
  connected: z.boolean(),
  /** What the other agent told last, also after the session ended; null before. */
  digest: peerDigestSchema.nullable(),
  /** Lives of the other pod's database that its witness says are over, newest first. */
  witnessed: z.array(z.object({ podUID: z.string(), boot: z.string(), endedAtMs: z.number() })).max(4),
});
export type PeerView = z.infer<typeof peerViewSchema>;

export const taskStatusSchema = z.enum(["running", "succeeded", "failed"]);
/** A command's life in the agent; finished tasks stay listed so that the next leader can adopt them. */
export const taskSchema = z.object({
  id: z.string().min(1),
  verb: z.string(),
  status: taskStatusSchema,
  /** TimesTen's own message when it failed, without secrets. */
  error: z.string().nullable(),
  startedAtMs: z.number(),
  endedAtMs: z.number().nullable(),
});
export type Task = z.infer<typeof taskSchema>;

export const agentStateSchema = z.object({
  /** Grows with every change; restarts with the agent. */
  seq: z.number().int().min(0),
  podName: z.string(),
  podUID: z.string().min(1),
  agentVersion: z.string(),
  /** Wall clock, ms, when this agent process began. */
  startedAtMs: z.number(),
  /** The present life of the database, or null when nothing is loaded. */
  boot: z.string().nullable(),
  /** Former lives of this pod's database, newest first, at most four. */
  endedBoots: z.array(endedBootSchema).max(4),
  timesten: timesTenViewSchema,
  files: z.object({
    adminUser: z.boolean(),
    schema: z.boolean(),
    cacheGroups: z.boolean(),
    cacheUser: z.boolean(),
  }),
  permission: permissionViewSchema,
  peer: peerViewSchema,
  tasks: z.array(taskSchema).max(8),
  /** SIGTERM was received; the agent brings its database down cleanly. */
  stopping: z.boolean(),
});
export type AgentState = z.infer<typeof agentStateSchema>;

export const noPeer: PeerView = { connected: false, digest: null, witnessed: [] };
