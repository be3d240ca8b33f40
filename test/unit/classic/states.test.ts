/** States of the object: every combination has its outcome, every state its way back. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { nextState, WAIT_LIMIT_MS, type StateInput } from "../../../capabilities/classic/decide/ha/states";
import { reasons } from "../../../capabilities/classic/reasons";
import type { HighLevelState } from "../../../generated/types";
import { answers, cell, decideCell, renderTables, worlds } from "./scenarios/matrix";
import { normalPair } from "./simulation";

const doc = readFileSync(join(__dirname, "..", "..", "..", "docs", "states.md"), "utf8");
const every = worlds.flatMap(world => answers.flatMap(a => answers.map(s => ({ world, a, s }))));

describe("T118 (better) every combination of state, A and S", () => {
  it("has the outcome that docs/states.md lists", () => {
    const section = doc.split("\n## Every combination\n")[1] ?? "";
    const tables = section.slice(section.indexOf("### "), section.indexOf("\n## ") + 1 || undefined);
    expect(tables.trim()).toBe(renderTables().trim());
  });

  it("has a state of its own words, a known reason and a next look", () => {
    for (const { world, a, s } of every) {
      const d = decideCell(world, a, s);
      expect(cell(d)).not.toContain("?");
      expect(d.reasons.length).toBeGreaterThan(0);
      for (const { reason, message } of d.reasons) {
        expect(Object.keys(reasons)).toContain(reason);
        expect(message).not.toBe("");
      }
      expect(d.podStates.every(state => state.length > 0)).toBe(true);
      expect(d.wakeAfterMs).toBeLessThanOrEqual(5_000);
    }
  });

  it("is of pods that are what they are called", () => {
    const pairs = every.filter(({ world }) => world.record.mode === "Pair" && world.state === "Normal");
    expect(pairs).toHaveLength(36);
    // An active that replicates as RECOVERING is not known to be fit; for a standby it is on its way.
    const shown = (a: string) => (a === "CatchingUp" ? "Unknown" : a);
    for (const { world, a, s } of pairs) expect(decideCell(world, a, s).podStates).toEqual([shown(a), s]);
  });

  it("destroys nothing unless the other one serves", () => {
    for (const { world, a, s } of every) {
      const duplicates = decideCell(world, a, s).commands.filter(one => one.command.verb === "duplicate");
      if (duplicates.length > 0) expect(["Healthy", "OtherDown"]).toContain(a);
      expect(duplicates.every(one => one.ordinal === 1)).toBe(true);
    }
  });

  it("that needs a person says so as Stalled", () => {
    for (const { world, a, s } of every) {
      const d = decideCell(world, a, s);
      if (d.state === "ManualInterventionRequired") expect(d.conditions.Stalled?.status).toBe("True");
      expect(d.conditions.Stalled !== null && d.conditions.Reconciling !== null).toBe(false);
    }
  });
});

describe("every state has a way back", () => {
  const all: HighLevelState[] = [
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
    "Failed",
    "OneDown",
    "AllReplicasReady",
    "SomeReplicasReady",
    "NoReplicasReady",
  ];

  it.each(all)("%p becomes Normal with a pair in order", state => {
    const pair = normalPair();
    pair.status = { ...pair.status, highLevelState: state };
    pair.settle();
    expect(pair.status.highLevelState).toBe("Normal");
  });

  it.each(all)("%p becomes Normal after the active has died", state => {
    const pair = normalPair();
    pair.status = { ...pair.status, highLevelState: state };
    pair.killDaemon(0);
    pair.settle();
    expect(pair.status.highLevelState).toBe("Normal");
    expect(pair.active()).toBe("sample-1");
  });

  it.each(all)("%p becomes Normal after both have died", state => {
    const pair = normalPair();
    pair.status = { ...pair.status, highLevelState: state };
    pair.killDaemon(1);
    pair.killDaemon(0);
    pair.settle();
    expect(pair.status.highLevelState).toBe("Normal");
  });
});

describe("every wait has a limit that people see", () => {
  const at = (change: Partial<StateInput>) =>
    nextState({
      reported: "Normal",
      situation: "redundant",
      progress: "down",
      activeMoved: false,
      acting: false,
      bothDown: false,
      upgradeFailed: false,
      reportedForMs: 0,
      longTaskMs: 600_000,
      ...change,
    });

  it.each([
    ["WaitingForActive", "waiting"],
    ["ActiveDown", "failingOver"],
  ] as const)("%s ends in ManualInterventionRequired and goes on from there", (reported, situation) => {
    expect(at({ reported, situation, reportedForMs: WAIT_LIMIT_MS - 1 }).state).toBe(reported);
    expect(at({ reported, situation, reportedForMs: WAIT_LIMIT_MS }).state).toBe(
      "ManualInterventionRequired",
    );
    const back = at({ reported: "ManualInterventionRequired", situation: "serving" });
    expect(back.state).toBe("StandbyDown");
  });

  it.each([
    ["Initializing", "founding"],
    ["StandbyDown", "serving"],
    ["StandbyStarting", "serving"],
    ["ConfiguringActive", "configuring"],
  ] as const)("%s is overdue when it lasts longer than its work may take", (reported, situation) => {
    const progress = reported === "StandbyStarting" ? "silent" : "down";
    const limit = WAIT_LIMIT_MS + 600_000;
    expect(at({ reported, situation, progress, reportedForMs: limit - 1 }).overdue).toBe(false);
    expect(at({ reported, situation, progress, reportedForMs: limit })).toEqual({
      state: reported,
      more: false,
      overdue: true,
    });
  });

  it("an active that is to be promoted in this pass leaves ManualInterventionRequired for it", () => {
    const input = { reported: "ManualInterventionRequired", situation: "failingOver" } as const;
    expect(at({ ...input, acting: true }).state).toBe("ActiveDown");
    expect(at(input).state).toBe("ManualInterventionRequired");
  });

  it("an examination ends, also of a database that only stays unfit", () => {
    const input = { reported: "Reexamine", situation: "patience" } as const;
    expect(at(input).state).toBe("Reexamine");
    expect(at({ ...input, reportedForMs: 30_000 }).state).toBe("ManualInterventionRequired");
  });
});
