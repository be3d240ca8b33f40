/** Scenarios T93 to T98 and T115 to T117: what happens to the operator itself. */
import { RecordConflict, writeRecord, type Executor } from "../../../../capabilities/classic/act/execute";
import { decide } from "../../../../capabilities/classic/decide/decide";
import { PairMemory } from "../../../../capabilities/classic/observe/memory";
import { observeAnyPod } from "../../../../capabilities/classic/observe/observe";
import { EventWriter } from "../../../../capabilities/classic/report/eventWriter";
import { makeReport, writeReport } from "../../../../capabilities/classic/report/report";
import { KubeError, type KubeApi } from "../../../../capabilities/runtime/ports";
import { defaultQueueOptions, WorkQueue } from "../../../../capabilities/runtime/queue";
import type { Task } from "../../../../protocol";
import { VirtualSurroundings } from "../../../support/virtual-clock";
import {
  BOOT,
  OBJECT_UID,
  UID,
  agentState,
  deadActive,
  observation,
  pod,
  silentPod,
  solo,
  standbyView,
} from "../fixtures";

const done = { routedAtMs: null, nowMs: 100_000, operatorName: "operator-0" };
const over = [{ podUID: UID[0], boot: BOOT[0] }];
const lost = () => observation({ pods: [deadActive(), pod(1)], over });

/** An API of which only what a test gives works. */
function api(calls: Partial<Record<keyof KubeApi, (...args: never[]) => Promise<unknown>>>): KubeApi {
  return calls as unknown as KubeApi;
}
const refusing = (status: number, reason: string) => async () => {
  throw new KubeError(status, reason, "no");
};

describe("T93 (better) a duplicate runs when the standby's node dies", () => {
  const duplicating: Task = {
    id: `${UID[1]}/6/none/duplicate/1`,
    verb: "duplicate",
    status: "running",
    error: null,
    startedAtMs: 1,
    endedAtMs: null,
  };
  const writer = pod(0, { state: agentState(0, { permission: { obeyedN: 6, soloed: 6 } }) });
  const standby = agentState(1, {
    boot: null,
    tasks: [duplicating],
    timesten: { ...standbyView, db: "Loading" },
    permission: { obeyedN: 6, completeFor: 0 },
  });
  const at = (silentForMs: number) =>
    decide(
      observation({
        state: "StandbyDown",
        record: solo({ n: 6 }),
        pods: [writer, silentPod(1, silentForMs, { state: standby })],
      }),
    );

  it("stays StandbyDown, the active serves and is watched", () => {
    for (const silentForMs of [2_000, 90_000]) {
      const d = at(silentForMs);
      expect(d).toMatchObject({ state: "StandbyDown", commands: [], roles: ["active", null] });
      expect(d.conditions.Ready.status).toBe("True");
      expect(d.wakeAfterMs).toBeLessThanOrEqual(5_000);
    }
  });

  it("and the active's death is acted on meanwhile", () => {
    const d = decide(
      observation({
        state: "StandbyDown",
        record: solo({ n: 6 }),
        pods: [
          deadActive(0, { permission: { obeyedN: 6, soloed: 6 } }),
          silentPod(1, 90_000, { state: standby }),
        ],
        over,
      }),
    );
    expect(d.state).toBe("BothDown");
  });
});

describe("T94 (better) the spec is edited between reading the object and writing its status", () => {
  it("nothing has been said, so the next pass says it all", async () => {
    const around = new VirtualSurroundings();
    const written: string[] = [];
    const kube = api({
      replaceStatus: refusing(409, "Conflict"),
      create: async (_: never, event: never) => void written.push((event as { message: string }).message),
    });
    const events = new EventWriter({ ...around, kube, reporter: "operator-0" });
    const memory = new PairMemory(OBJECT_UID, 0);
    const o = lost();
    const report = makeReport(o, decide(o), done, memory.known, memory.pendingEvents);
    expect(report.events.length).toBeGreaterThan(0);
    await expect(writeReport(report, o.object, memory, kube, events)).rejects.toThrow(KubeError);
    await around.pass(10_000);
    expect(written).toEqual([]);
    expect(memory.known.size).toBe(0);
    const again = makeReport(o, decide(o), done, memory.known, memory.pendingEvents);
    expect(again.events).toEqual(report.events);
  });

  it("what was decided about the record stands: it is no part of the status", () => {
    expect(decide(lost()).recordWrite).toEqual(decide(lost()).recordWrite);
  });
});

it("T95 (better) an old active that comes back with its mark loses it; only one pod has the role", () => {
  const old = pod(0, {
    roleLabel: "active",
    state: agentState(0, {
      boot: "boot-0b",
      timesten: { repState: "IDLE", open: false },
      permission: { obeyedN: 6, mode: "none", closed: true },
    }),
  });
  const promoted = pod(1, {
    roleLabel: "standby",
    state: agentState(1, {
      timesten: { repState: "ACTIVE", open: true },
      permission: { obeyedN: 6, soloed: 6, mode: "endless" },
    }),
  });
  const record = solo({ n: 6, writer: { podUID: UID[1], boot: BOOT[1] }, from: 5 });
  const d = decide(observation({ state: "StandbyDown", record, pods: [old, promoted], over }));
  expect(d.roles).toEqual([null, "active"]);
  const labels = d.effects.flatMap(effect => (effect.do === "label" ? [[effect.ordinal, effect.role]] : []));
  expect(labels).toEqual([
    [0, null],
    [1, "active"],
  ]);
});

it("T96 two operators decide the same promotion: one write wins, the other looks again", async () => {
  const write = decide(lost()).recordWrite;
  expect(decide(lost()).recordWrite).toEqual(write);
  if (write === null) throw new Error("no promotion");
  let version = write.replaces;
  const compareAndSwap = async (_: never, lease: never) => {
    const { metadata } = lease as { metadata: { resourceVersion?: string } };
    if (metadata.resourceVersion !== version) throw new KubeError(409, "Conflict", "newer");
    version = "8";
  };
  const around = new VirtualSurroundings();
  const x = { kube: api({ replace: compareAndSwap }), log: around.log, mayAct: () => undefined } as Executor;
  await writeRecord(x, lost().object, write);
  await expect(writeRecord(x, lost().object, write)).rejects.toThrow(RecordConflict);
});

it("T97 (better) three pairs that are held up by something slow do not delay a fourth", async () => {
  const around = new VirtualSurroundings();
  const started: Record<string, number> = {};
  const queue = new WorkQueue(
    async key => {
      started[key] ??= around.clock.monotonicMs();
      if (key !== "fourth") await around.sleep(600_000);
    },
    { ...defaultQueueOptions, ...around },
  );
  for (const key of ["first", "second", "third"]) queue.add(key);
  await around.pass(5_000);
  queue.add("fourth");
  await around.pass(100);
  expect((started["fourth"] ?? Infinity) - 5_000).toBeLessThan(100);
});

it("T98 (better) an operator that was paused for ten minutes does not take its pause for the agent's silence", () => {
  const memory = new PairMemory(OBJECT_UID, 0);
  const found = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "sample-0", namespace: "ns", uid: UID[0], annotations: { TTC: OBJECT_UID } },
    status: { phase: "Running" },
  };
  memory.hear(UID[0], [agentState(0)], 100_000);
  const session = {
    connected: false,
    state: agentState(0),
    lastHeardMonotonicMs: 100_000,
    disconnectedSinceMs: 699_500,
    closeReason: "no answer",
  };
  const sources = { nowMs: 700_000, monotonicMs: 700_000, memory, sessions: () => session };
  const { agent } = observeAnyPod(sources, OBJECT_UID, "sample-0", found);
  expect(agent.silentForMs).toBe(500);
  const d = decide(observation({ pods: [silentPod(0, agent.silentForMs), pod(1)] }));
  expect(d).toMatchObject({ state: "Normal", recordWrite: null });
});

it("T115 (better) the operator has no TimesTen release of its own: a pair of any release is managed", () => {
  const other = { release: "22.1.1.1.0", imageRelease: "22.1.1.1.0" };
  const pods = [0, 1].map(i => pod(i as 0 | 1, { state: agentState(i as 0 | 1, { timesten: other }) }));
  const d = decide(observation({ pods: [pods[0]!, pods[1]!] }));
  expect(d).toMatchObject({ state: "Normal", podStates: ["Healthy", "Healthy"] });
});

it("T116 a pod of the right name with another object's annotation is not managed", () => {
  const memory = new PairMemory(OBJECT_UID, 0);
  const foreign = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "sample-0", namespace: "ns", uid: "uid-foreign", annotations: { TTC: "another" } },
    status: { phase: "Running" },
  };
  const sources = { nowMs: 0, monotonicMs: 0, memory, sessions: () => null };
  expect(observeAnyPod(sources, OBJECT_UID, "sample-0", foreign)).toMatchObject({
    uid: null,
    agent: { state: null },
  });
});

it("T117 (better) Events that are refused are given up with one line each, and hold nothing up", async () => {
  const around = new VirtualSurroundings();
  let attempts = 0;
  const create = async () => {
    attempts++;
    throw new KubeError(403, "Forbidden", "no");
  };
  const writer = new EventWriter({ ...around, kube: api({ create }), reporter: "operator-0" });
  writer.write(observation().object, [{ type: "Warning", reason: "StateChange", message: "it fell" }], 1);
  await around.pass(60_000);
  expect(attempts).toBe(1);
  expect(around.lines.filter(line => line.level === "warn")).toHaveLength(1);
});
