/**
 * Making databases: the first active, a returned one, and what the two agents need for it. Commands never concern
 * writing; who may write is the record's alone.
 */
import { choosesFirst } from "../fence/found";
import { isAbandonedPromotion, isBehind } from "../fence/transitions";
import { heard, lifeOf, otherPod, quietSinceClosed, staying, waitedOut, writerPod } from "../facts";
import type { AgentState } from "../../../../protocol";
import type { Observation, ObservedPod } from "../../observation";
import { epilogPending } from "./epilog";
import { both, nothingToDo, planned, type Plan } from "./plan";
import { planStandby } from "./standby";

/** So long a database that may write is given to open before anything else is begun in its pod, ms. */
const OPENING_MS = 2_000;

/** @returns what is to be done in both pods now */
export function planPods(o: Observation): Plan {
  const daemons = o.pods.map(pod => startDaemon(o, pod)).reduce(both);
  // Without its daemon nothing else can be done in a pod; the other pod does not wait for it.
  return both(daemons, planDatabases(o));
}

function planDatabases(o: Observation): Plan {
  if (o.recordFault !== null) return nothingToDo;
  if (o.record === null || isBehind(o)) return planFirst(o);
  const writer = writerPod(o);
  if (writer === null) return nothingToDo;
  switch (o.record.value.mode) {
    case "Solo":
      return [
        planWriter(o, writer),
        compareUnheard(o, writer, otherPod(o, writer)),
        planStandby(o, writer, otherPod(o, writer)),
      ].reduce(both);
    case "Pair":
      return planPair(o, writer, otherPod(o, writer));
    case "Closed":
      return planClosed(o, writer, otherPod(o, writer));
  }
}

/** Number under which a command goes out: the record's, or what the agent obeys where no record fits. */
function numberFor(o: Observation, pod: ObservedPod): number {
  return Math.max(o.record?.value.n ?? 0, heard(pod)?.permission.obeyedN ?? 0);
}

function startDaemon(o: Observation, pod: ObservedPod): Plan {
  const state = staying(pod);
  if (state?.timesten.instance !== "Exists" || state.timesten.daemon !== "Down") return nothingToDo;
  const n = numberFor(o, pod);
  return planned(pod, { wish: { verb: "startDaemon" }, n, boot: null, deadlineMs: o.settings.commandMs });
}

/** @returns whether commands about the database make sense in this pod now */
function workable(pod: ObservedPod): boolean {
  return staying(pod)?.timesten.daemon === "Up";
}

/** Before the first record: the chosen pod gets a database with its replication scheme. */
function planFirst(o: Observation): Plan {
  const pod = choosesFirst(o);
  const state = pod === null ? null : staying(pod);
  if (pod === null || state === null || !workable(pod)) return nothingToDo;
  const n = numberFor(o, pod);
  const { db, repScheme } = state.timesten;
  const { longTaskMs } = o.settings;
  if (db === "None")
    return planned(pod, { wish: { verb: "createDatabase" }, n, boot: null, deadlineMs: longTaskMs });
  if (db === "Unloaded") return load(o, pod);
  // A record was lost: the copies are compared before one is named.
  if (n > 0 && db === "Loaded" && repScheme === "Exists") return load(o, otherPod(o, pod));
  if (db !== "Loaded" || repScheme !== "None") return nothingToDo;
  return createScheme(o, pod, state);
}

function createScheme(o: Observation, pod: ObservedPod, { boot }: AgentState): Plan {
  const { commandMs, repCreateStatement } = o.settings;
  const wish = { verb: "createScheme" as const, statement: repCreateStatement };
  return planned(pod, { wish, n: numberFor(o, pod), boot, deadlineMs: commandMs });
}

/** A database that a person has prepared to go on: it has no scheme any more. */
function isChosen({ timesten: { db, repScheme, repState } }: AgentState): boolean {
  return db === "Loaded" && repScheme === "None" && repState === "IDLE";
}

/** The standby that had left with everything: its scheme must be made anew before it can be the active. */
function isFormerStandby({ timesten: { db, repScheme, repState }, permission }: AgentState): boolean {
  return permission.diskCompleteFor > 0 && db === "Loaded" && repScheme === "Exists" && repState === "IDLE";
}

function dropScheme(o: Observation, pod: ObservedPod, { boot }: AgentState): Plan {
  const { commandMs } = o.settings;
  return planned(pod, { wish: { verb: "dropScheme" }, n: numberFor(o, pod), boot, deadlineMs: commandMs });
}

function load(o: Observation, pod: ObservedPod): Plan {
  const state = staying(pod);
  if (state?.timesten.db !== "Unloaded" || !workable(pod)) return nothingToDo;
  const { longTaskMs } = o.settings;
  return planned(pod, {
    wish: { verb: "loadDatabase" },
    n: numberFor(o, pod),
    boot: null,
    deadlineMs: longTaskMs,
  });
}

/** The writer of a Solo: loaded again after its former life, replicating once it is the active. */
function planWriter(o: Observation, writer: ObservedPod): Plan {
  const record = o.record?.value;
  const state = staying(writer);
  if (record === undefined || state === null || !workable(writer)) return nothingToDo;
  if (lifeOf(o, record.writer).is === "over") return mayLoad(o, writer) ? load(o, writer) : nothingToDo;
  if (state.boot !== record.writer.boot) return nothingToDo;
  if (isChosen(state)) return createScheme(o, writer, state);
  if (isFormerStandby(state)) return dropScheme(o, writer, state);
  if (state.timesten.repState !== "ACTIVE") return nothingToDo;
  if (state.timesten.repAgent === "Not Running") return replicateOnceOpen(o, writer, state);
  return planEpilog(o, writer);
}

/** After a promotion applications wait for the opening: the start of a process beside it would only delay that. */
function replicateOnceOpen(o: Observation, writer: ObservedPod, { permission, timesten }: AgentState): Plan {
  const leftMs = OPENING_MS - writer.agent.modeForMs;
  const opens = !timesten.open && permission.mode !== "none" && leftMs > 0;
  const takesOver = (o.record?.value.from ?? 0) > 0 && permission.mode === "none";
  if (takesOver) return nothingToDo;
  return opens ? { ...nothingToDo, wakeAfterMs: leftMs } : startReplication(o, writer);
}

/** A promotion that never was is first given up: its database must not be loaded as if it went on. */
function mayLoad(o: Observation, writer: ObservedPod): boolean {
  const record = o.record?.value;
  const soloed = heard(writer)?.permission.soloed ?? 0;
  return record !== undefined && (record.from === 0 || soloed >= record.n);
}

function startReplication(o: Observation, pod: ObservedPod): Plan {
  const boot = heard(pod)?.boot ?? null;
  const n = numberFor(o, pod);
  return planned(pod, { wish: { verb: "startRepAgent" }, n, boot, deadlineMs: o.settings.commandMs });
}

function planEpilog(o: Observation, writer: ObservedPod): Plan {
  if (!epilogPending(o, writer) || heard(writer)?.timesten.repAgent !== "Running") return nothingToDo;
  const boot = o.record?.value.writer.boot ?? null;
  return planned(writer, { wish: { verb: "runEpilog" }, n: 1, boot, deadlineMs: o.settings.longTaskMs });
}

/** In a Pair replication is kept running on both sides; a writer that came back is loaded, for whatever follows. */
function planPair(o: Observation, writer: ObservedPod, standby: ObservedPod): Plan {
  const record = o.record?.value;
  if (record === undefined) return nothingToDo;
  const life = lifeOf(o, record.writer).is;
  // What may come back is loaded, closed, also where the old life can no longer write but nobody saw its end.
  if (life === "over" || (life === "unknown" && waitedOut(standby, record.n)))
    return both(load(o, writer), loadForComparison(o, writer, standby));
  // A successor of the standby's Pod has its name, not its data.
  const named = standby.uid === record.standby ? keepReplicating(o, standby) : nothingToDo;
  return both(keepReplicating(o, writer), named);
}

function keepReplicating(o: Observation, pod: ObservedPod): Plan {
  const state = staying(pod);
  if (state === null || state.boot === null || !workable(pod)) return nothingToDo;
  const stopped = state.timesten.db === "Loaded" && state.timesten.repAgent === "Not Running";
  return stopped ? startReplication(o, pod) : nothingToDo;
}

/** A Solo that its writer never took: what the standby of the Pair before holds must be seen before the disk goes on. */
function compareUnheard(o: Observation, writer: ObservedPod, standby: ObservedPod): Plan {
  const record = o.record?.value;
  if (record === undefined || record.alt === 0 || lifeOf(o, record.writer).is !== "over") return nothingToDo;
  const unheard = (heard(writer)?.permission.soloed ?? record.n) < record.n;
  return unheard ? loadForComparison(o, writer, standby) : nothingToDo;
}

/** Where nobody is complete the two copies are compared, so both must be loaded (and stay closed). */
function loadForComparison(o: Observation, writer: ObservedPod, standby: ObservedPod): Plan {
  return (staying(writer)?.boot ?? null) === null ? nothingToDo : load(o, standby);
}

function planClosed(o: Observation, writer: ObservedPod, other: ObservedPod): Plan {
  const record = o.record?.value;
  if (record === undefined) return nothingToDo;
  if (isAbandonedPromotion(record)) return both(load(o, other), load(o, writer));
  if (lifeOf(o, record.writer).is !== "over" && !quietSinceClosed(o, record)) return nothingToDo;
  return both(load(o, writer), loadForComparison(o, writer, other));
}
