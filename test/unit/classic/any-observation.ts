/** Observations for properties: also those that no fixture thinks of. */
import fc from "fast-check";
import { SWITCHOVER_ANNOTATION } from "../../../capabilities/classic/decide/fence/handover";
import type { Handover, Observation, ObservedPod } from "../../../capabilities/classic/observation";
import type { AgentState, PermissionRecord } from "../../../protocol";
import { OBJECT_UID, agentState, observation, pod, unloadedView } from "./fixtures";

const boots = ["boot-0", "boot-1", "boot-x"];
const uids = ["uid-0", "uid-1", "uid-old"];
const writer = fc.record({ podUID: fc.constantFrom(...uids), boot: fc.constantFrom(...boots) });
const n = fc.integer({ min: 1, max: 6 });

const anyRecord: fc.Arbitrary<PermissionRecord | null> = fc.option(
  fc
    .record({
      n,
      writer,
      mode: fc.constantFrom("Pair", "Solo", "Closed"),
      from: n,
      alt: n,
      ready: fc.boolean(),
      some: fc.boolean(),
    })
    .map(({ n: number, mode, from, alt, ready, some, writer: w }): PermissionRecord => {
      const standby = w.podUID === "uid-0" ? "uid-1" : "uid-0";
      const base = {
        objectUID: OBJECT_UID,
        n: number,
        writer: w,
        standby: null,
        from: 0,
        alt: 0,
        ready: false,
        leaseMs: 6_000 - (number % 2) * 3_000,
      };
      const left = Math.max(1, Math.min(from, number - 1));
      switch (mode) {
        case "Pair":
          return { ...base, mode, standby, ready };
        case "Solo":
          return some
            ? { ...base, mode, from: number > 1 ? left : 0 }
            : { ...base, mode, alt: alt < number ? alt : 0 };
        default:
          return some
            ? { ...base, mode: "Closed", standby, from: ready ? left : 0 }
            : { ...base, mode: "Closed" };
      }
    }),
  { nil: null, freq: 8 },
);

const db = fc.constantFrom("None", "Loaded", "Unloaded", "Loading", "Unknown" as const);
const anyTask = fc.constantFrom("duplicate", "startRepAgent", "runEpilog", "createDatabase").chain(verb =>
  fc.record({
    id: fc.constantFrom(`uid-1/1/none/${verb}/1`, `uid-0/5/none/${verb}/1`, `uid-1/5/none/${verb}/2`),
    verb: fc.constant(verb),
    status: fc.constantFrom("running" as const, "succeeded" as const, "failed" as const),
    error: fc.constant(null),
    startedAtMs: fc.constant(1),
    endedAtMs: fc.constant(2),
  }),
);

function anyState(ordinal: 0 | 1): fc.Arbitrary<AgentState> {
  const upTo = fc.integer({ min: 0, max: 6 });
  return fc
    .record({
      uid: fc.constantFrom(...Array<string>(5).fill(uids[ordinal] ?? ""), "uid-new"),
      boot: fc.constantFrom(null, boots[ordinal] ?? "", "boot-x"),
      ended: fc.subarray(boots),
      db,
      daemon: fc.constantFrom("Up" as const, "Down" as const, "Unknown" as const),
      instance: fc.constantFrom("Exists" as const, "Missing" as const),
      repState: fc.constantFrom("ACTIVE", "STANDBY", "IDLE", "RECOVERING", "FAILED", "Unknown" as const),
      repAgent: fc.constantFrom("Running" as const, "Not Running" as const),
      repScheme: fc.constantFrom("Exists" as const, "None" as const),
      repPeerState: fc.constantFrom("start" as const, "failed" as const),
      open: fc.boolean(),
      dbId: upTo,
      permission: fc.record({
        obeyedN: upTo,
        soloed: upTo,
        left: upTo,
        mode: fc.constantFrom("none" as const, "finite" as const, "endless" as const),
        drained: upTo,
        waitedFor: upTo,
        noWaiting: fc.option(fc.constant("rates"), { nil: null, freq: 3 }).map(one => one ?? null),
        closed: fc.boolean(),
        completeFor: upTo,
        soloEnded: fc.option(fc.record({ n, mark: upTo })),
        refused: fc.option(fc.record({ n, reason: fc.constant("no") })),
      }),
      tasks: fc.array(anyTask, { maxLength: 2 }),
      stopping: fc.boolean(),
    })
    .map(({ uid, ended, permission, tasks, stopping, boot, ...timesten }) =>
      agentState(ordinal, {
        podUID: uid,
        boot,
        endedBoots: ended
          .filter(one => one !== boot)
          .map(one => ({ boot: one, endedAtMs: 1, how: "daemon died", podUID: "" })),
        timesten: boot === null ? { ...unloadedView, ...timesten, open: false } : timesten,
        permission,
        tasks,
        stopping,
      }),
    );
}

function anyPod(ordinal: 0 | 1): fc.Arbitrary<ObservedPod> {
  return fc
    .record({
      state: fc.option(anyState(ordinal), { nil: null, freq: 5 }),
      exists: fc.boolean(),
      connected: fc.boolean(),
      silentForMs: fc.constantFrom(0, 500, 29_000, 31_000),
      repStateForMs: fc.constantFrom(0, 31_000, 700_000),
      running: fc.boolean(),
      terminating: fc.boolean(),
      roleLabel: fc.constantFrom(null, "active", "standby"),
      peerApartForMs: fc.constantFrom(0, 0, 300, 60_000),
      modeForMs: fc.constantFrom(0, 5_000),
      viaPeer: fc.option(fc.record({ agoMs: fc.constantFrom(0, 10_000), stopping: fc.boolean() }), {
        nil: null,
      }),
    })
    .map(({ state, exists, connected, silentForMs, running, terminating, roleLabel, viaPeer, ...forMs }) => {
      const there = exists || state !== null;
      const heardNow = there && state !== null && connected;
      return pod(ordinal, {
        state,
        uid: there ? (state?.podUID ?? uids[ordinal] ?? null) : null,
        terminating,
        roleLabel,
        container: there ? { containerID: "c", running, waitingReason: null, restartCount: 0 } : null,
        agent: {
          connected: heardNow,
          silentForMs: heardNow ? 0 : silentForMs,
          viaPeer:
            viaPeer === null || state === null
              ? null
              : { agoMs: viaPeer.agoMs, digest: { ...state, stopping: viaPeer.stopping } },
          ...forMs,
        },
      });
    });
}

/** How much of what a pod's agent says fits the record: with everything at random hardly any situation would be one. */
const anySense = fc.record({
  lives: fc.boolean(),
  obeys: fc.nat(4).map(one => one > 0),
  serves: fc.boolean(),
  complete: fc.boolean(),
  waited: fc.boolean(),
  drained: fc.boolean(),
  present: fc.nat(4).map(one => one > 0),
});

type Sense = typeof anySense extends fc.Arbitrary<infer T> ? T : never;

function makeSense(record: PermissionRecord | null, target: ObservedPod, sense: Sense): ObservedPod {
  const { state } = target.agent;
  if (record === null || state === null) return target;
  const connected = sense.present || target.agent.connected;
  const isWriter = record.writer.podUID === state.podUID;
  const permission = { ...state.permission };
  if (sense.obeys) permission.obeyedN = record.n;
  if (sense.complete && !isWriter) {
    const pairN = record.mode === "Pair" ? record.n : record.from || record.alt;
    Object.assign(permission, { completeFor: pairN, left: 0 });
    if (sense.waited) Object.assign(permission, { waitedFor: pairN, noWaiting: null });
  }
  const now = { ...state, permission, timesten: { ...state.timesten } };
  if (isWriter && sense.lives) now.boot = record.writer.boot;
  if (isWriter && sense.drained) Object.assign(permission, { drained: record.n, closed: true, mode: "none" });
  if (isWriter && sense.lives && sense.serves) {
    Object.assign(now.timesten, {
      db: "Loaded",
      daemon: "Up",
      open: true,
      repState: "ACTIVE",
      repAgent: "Running",
    });
    const mode = record.mode === "Pair" && sense.waited ? "finite" : "endless";
    Object.assign(permission, { mode, closed: false, soloEnded: { n: record.n, mark: 1 } });
    now.stopping = false;
  }
  if (!isWriter && sense.complete) {
    Object.assign(now.timesten, { db: "Loaded", daemon: "Up", repState: "STANDBY", repAgent: "Running" });
  }
  const agent = {
    ...target.agent,
    connected,
    silentForMs: connected ? 0 : target.agent.silentForMs,
    state: now,
  };
  return { ...target, agent, terminating: target.terminating && !sense.serves };
}

const anyHandover: fc.Arbitrary<Handover> = fc
  .record({
    requestId: fc.constantFrom("r1", null),
    agoMs: fc.constantFrom(-5_000, 100, 2_999, 3_000, 60_000),
  })
  .map(({ requestId, agoMs }) => ({
    kind: requestId === null ? "handover" : "switchover",
    requestId,
    startedAtMs: 100_000 - agoMs,
    fromPod: "sample-0",
    toPod: "sample-1",
  }));

const anySwitchover = fc.record({
  requestId: fc.constantFrom("r1", "r2"),
  phase: fc.constantFrom("Running" as const, "Done" as const, "Refused" as const),
});

/** Any observation, with enough sense in it that every situation occurs. */
export const anyObservation: fc.Arbitrary<Observation> = fc
  .record({
    record: anyRecord,
    pods: fc.tuple(anyPod(0), anyPod(1)),
    state: fc.constantFrom(
      "",
      "Initializing",
      "Normal",
      "ActiveDown",
      "ActiveTakeover",
      "StandbyDown",
      "StandbyStarting",
      "StandbyCatchup",
      "BothDown",
      "WaitingForActive",
      "ConfiguringActive",
      "ManualInterventionRequired",
      "Reexamine",
      "Failed" as const,
    ),
    over: fc.array(writer, { maxLength: 3 }),
    writerPodName: fc.constantFrom("sample-0", "sample-1", "other-0"),
    sense: fc.tuple(anySense, anySense),
    attested: fc.boolean(),
    handover: fc.option(anyHandover, { nil: null }),
    switchover: fc.option(anySwitchover, { nil: undefined }),
    request: fc.option(fc.constantFrom("r1", "r2"), { nil: null }),
    writerSilenceMs: fc.constantFrom(0, 60_000),
  })
  .map(({ sense, pods, attested, handover, switchover, request, writerSilenceMs, ...change }) => {
    const [a, b] = [makeSense(change.record, pods[0], sense[0]), makeSense(change.record, pods[1], sense[1])];
    const status = switchover === undefined ? {} : { status: { switchover } };
    const o = observation({ ...change, ...status, pods: [a, b], notes: { handover } });
    if (request !== null) o.object.metadata.annotations = { [SWITCHOVER_ANNOTATION]: request };
    const ends = o.ends.map(end => (attested ? { ...end, source: "attested" as const } : end));
    return { ...o, ends, settings: { ...o.settings, writerSilenceMs } };
  });
