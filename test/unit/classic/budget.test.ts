/** What drains may take of a pair: one Pod while the pair is redundant, no Ready one otherwise. */
import fc from "fast-check";
import { decide } from "../../../capabilities/classic/decide/decide";
import type { Observation } from "../../../capabilities/classic/observation";
import { anyObservation } from "./any-observation";
import { deadActive, noPod, observation, pod, record, silentPod, BOOT, UID } from "./fixtures";
import { normalPair, SimulatedPair } from "./simulation";

const over = [{ podUID: UID[0], boot: BOOT[0] }];
const budget = (maxUnavailable: number): Observation["budget"] => ({ uid: "uid-budget", maxUnavailable });
const change = (o: Observation) => decide(o).effects.filter(effect => effect.do === "budget");
const closed = [{ do: "budget", name: "sample", uid: "uid-budget", maxUnavailable: 0 }];

describe("the budget of a pair", () => {
  it("is left alone while it says what it should", () => {
    expect(change(observation())).toEqual([]);
  });

  it("is opened once the pair is redundant", () => {
    expect(change(observation({ rest: { budget: budget(0) } }))).toMatchObject([{ maxUnavailable: 1 }]);
  });

  it.each<[string, Observation]>([
    ["the active's database has ended", observation({ pods: [deadActive(), pod(1)], over })],
    ["the active's Pod shall go", observation({ pods: [pod(0, { terminating: true }), pod(1)] })],
    ["the standby's Pod is gone", observation({ pods: [pod(0), noPod(1)] })],
    ["the standby's Pod shall go", observation({ pods: [pod(0), pod(1, { terminating: true })] })],
    ["the active is silent", observation({ pods: [silentPod(0, 3_000), pod(1)] })],
    ["the standby catches up", observation({ record: record({ ready: false }) })],
  ])("is closed in the very pass in which %s", (_when, o) => {
    expect(change(o)).toEqual(closed);
  });

  it("counts a standby that is never Ready as there", () => {
    const o = observation();
    o.object.spec.ttspec.createASReadinessProbe = true;
    expect(change(o)).toMatchObject([{ maxUnavailable: 2 }]);
  });

  it("is not touched while a person has the object, nor where there is none of ours", () => {
    const o = observation({ pods: [pod(0), noPod(1)] });
    expect(change({ ...o, budget: null })).toEqual([]);
    o.object.metadata.annotations = { "timesten.oracle.com/suspend": "true" };
    expect(change(o)).toEqual([]);
  });

  it("is put right where somebody changed it", () => {
    const odd = { uid: "uid-budget", maxUnavailable: null };
    expect(change(observation({ rest: { budget: odd } }))).toMatchObject([{ maxUnavailable: 1 }]);
  });

  it("is open at the end of a pass exactly where the pair is redundant and its standby may be promoted", () => {
    let changed = 0;
    fc.assert(
      fc.property(anyObservation, fc.constantFrom(0, 1), (o, before) => {
        const d = decide({ ...o, budget: budget(before) });
        fc.pre(d.conditions.ManagementSuspended.status === "False");
        fc.pre(o.object.metadata.deletionTimestamp === undefined);
        const [effect] = d.effects.filter(one => one.do === "budget");
        if (effect !== undefined) changed++;
        const after = effect?.maxUnavailable ?? before;
        const { Redundant, FailoverPossible } = d.conditions;
        expect(after).toBe(Redundant.status === "True" && FailoverPossible.status === "True" ? 1 : 0);
      }),
      { numRuns: 2_000 },
    );
    expect(changed).toBeGreaterThan(100);
  });
});

describe("through the life of a pair", () => {
  /** Passes until nothing happens any more; never is the budget open without a complete standby. */
  const watched = (pair: SimulatedPair): number[] => {
    const seen = [pair.maxUnavailable];
    for (let quiet = 0, count = 0; quiet < 3 && count < 200; count++) {
      quiet = pair.pass() ? 0 : quiet + 1;
      if (pair.maxUnavailable !== seen.at(-1)) seen.push(pair.maxUnavailable);
      if (pair.maxUnavailable > 0) expect(pair.record).toMatchObject({ mode: "Pair", ready: true });
    }
    expect(pair.status.highLevelState).toBe("Normal");
    return seen;
  };

  it("it opens with the first Normal", () => {
    const pair = new SimulatedPair();
    pair.startPod(0);
    pair.startPod(1);
    expect(watched(pair)).toEqual([0, 1]);
  });

  it.each([
    ["the active", 0],
    ["the standby", 1],
  ] as const)("it closes with the loss of %s and opens when the pair is whole again", (_who, ordinal) => {
    const pair = normalPair();
    pair.deletePod(ordinal);
    pair.pass();
    expect(pair.maxUnavailable).toBe(0);
    pair.startPod(ordinal);
    expect(watched(pair)).toEqual([0, 1]);
  });
});
