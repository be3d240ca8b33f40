/** Table 2.2 of the reference: the states of pods of independent databases. */
import { judgePod } from "../../../../capabilities/classic/independent/podRules";
import {
  databaseStates,
  podTable,
  type DatabaseState,
} from "../../../../capabilities/classic/independent/podTable";
import type { FindingName } from "../../../../capabilities/classic/independent/finding";
import type { TimesTenView } from "../../../../protocol";
import { daemonDownView, emptyView, unloadedView } from "../fixtures";
import { IndependentSet, closedView, openView, readySet } from "./simulation";

/** One pod in a state, with what makes the finding. */
const findings: Record<FindingName, (set: IndependentSet) => void> = {
  absent: set => set.removePod(0),
  silent: set => (set.at(0).silentForMs = 1_000),
  lost: set => (set.at(0).silentForMs = 31_000),
  stopping: set => set.see(0, {}, { stopping: true }),
  working: set => set.see(0, {}, { tasks: [{ ...task, status: "running", endedAtMs: null }] }),
  unknown: set => set.see(0, { db: "Unknown" }),
  otherRelease: set => set.see(0, { release: "18.1.4.4.0", imageRelease: "18.1.4.11.0" }),
  noInstance: set => set.see(0, { instance: "Missing" }),
  daemonDown: set => set.see(0, daemonDownView),
  noDatabase: set => set.see(0, emptyView),
  unloaded: set => set.see(0, unloadedView),
  moving: set => set.see(0, { db: "Loading" }),
  closed: set => set.see(0, closedView),
  replicated: set => set.see(0, { repScheme: "Exists" }),
  serving: set => set.see(0, openView),
};
const task = {
  id: "x",
  verb: "loadDatabase",
  status: "failed" as const,
  error: "no",
  startedAtMs: 1,
  endedAtMs: 2,
};

function judge(state: DatabaseState, finding: FindingName) {
  const set = readySet(1);
  set.object.status = {
    ...set.object.status,
    podStatus: [{ name: "sample-0", highLevelState: state, lastHighLevelStateSwitch: 1_000 }],
  };
  findings[finding](set);
  const o = set.observe();
  const [pod] = o.pods;
  if (pod === undefined) throw new Error("no pod");
  return { verdict: judgePod(o, pod), set };
}

describe.each(Object.entries(podTable))("a pod that was %s", (state, row) => {
  it.each(Object.entries(row))("and is found %s follows the table", (finding, cell) => {
    const { verdict } = judge(state as DatabaseState, finding as FindingName);
    if (typeof cell === "string") {
      expect([verdict.state, verdict.command]).toEqual([cell, null]);
    } else {
      expect(verdict.state).toBe(state);
      expect(verdict.command?.command.verb).toBe(cell.repair);
    }
    expect(verdict.why.message).toContain("sample-0");
  });
});

it.each(["Terminal", "ManualInterventionRequired"] as const)(
  "a pod that was %s stays so, whatever is found",
  state => {
    for (const finding of Object.keys(findings) as FindingName[]) {
      const { verdict } = judge(state, finding);
      expect([verdict.state, verdict.command, verdict.stuck]).toEqual([state, null, true]);
    }
  },
);

it("every state has an outcome and a reason for every view an agent can have", () => {
  const views: Partial<TimesTenView>[] = [];
  for (const instance of ["Exists", "Missing", "Unknown"] as const)
    for (const daemon of ["Up", "Down", "Unknown"] as const)
      for (const db of [
        "None",
        "Loaded",
        "Loading",
        "Unloaded",
        "Unloading",
        "Transitioning",
        "Unknown",
      ] as const)
        for (const open of [true, false])
          for (const repScheme of ["Exists", "None", "Unknown"] as const)
            views.push({ instance, daemon, db, open, repScheme });
  const set = readySet(1);
  for (const state of databaseStates) {
    for (const view of views) {
      set.object.status = { ...set.object.status, podStatus: [{ name: "sample-0", highLevelState: state }] };
      set.see(0, view);
      const o = set.observe();
      const verdict = judgePod(o, o.pods[0]!);
      expect(databaseStates).toContain(verdict.state);
      expect(verdict.why.message).not.toBe("");
    }
  }
});

describe("a command in a pod", () => {
  it("carries a number that an agent takes whose volume was once a pair's", () => {
    const set = new IndependentSet(1);
    set.startPod(0);
    const { state } = set.at(0);
    if (state !== null) state.permission.obeyedN = 7_000_000_000;
    set.pass();
    set.pass();
    expect(set.last?.pods[0]?.command?.command.n).toBe(7_000_000_000);
  });

  it("is not sent again while it runs", () => {
    const set = new IndependentSet(1);
    set.startPod(0);
    set.pass();
    const running = {
      ...task,
      verb: "createDatabase",
      status: "running" as const,
      error: null,
      endedAtMs: null,
    };
    set.see(0, { db: "Transitioning" }, { tasks: [running] });
    set.pass();
    expect(set.commands).toEqual([]);
    expect(set.last?.reasons[0]).toMatchObject({ reason: "CreatingDatabase" });
  });

  it("that fails says so with TimesTen's message and when it is tried again", () => {
    const set = new IndependentSet(1);
    set.broken.set("createDatabase", "TT0836: Cannot create data store shared-memory segment");
    set.startPod(0);
    set.pass();
    set.pass();
    set.pass();
    expect(set.last?.reasons[0]?.reason).toBe("CommandFailed");
    expect(set.last?.reasons[0]?.message).toContain("createDatabase in sample-0 failed: TT0836");
    set.settle();
    expect(set.podState(0)).toBe("Terminal");
    set.broken.clear();
    set.change({ reexamine: "again" });
    set.settle();
    expect(set.state).toBe("AllReplicasReady");
  });
});

it("a wait of ten minutes is shown as stalled and still ends by itself", () => {
  const set = readySet(1);
  set.removePod(0);
  set.settle();
  expect(set.condition("Stalled")).toBeUndefined();
  set.nowMs += 600_000;
  set.pass();
  expect(set.condition("Stalled")).toMatchObject({ reason: "PodAway" });
  set.startPod(0);
  set.settle();
  expect(set.condition("Stalled")).toBeUndefined();
  expect(set.state).toBe("AllReplicasReady");
});

it("a volume of a former object of the name is gone on with", () => {
  const set = new IndependentSet(1);
  set.at(0).onDisk = true;
  set.startPod(0);
  set.settle();
  expect(set.commands).toEqual(["loadDatabase in sample-0"]);
});
