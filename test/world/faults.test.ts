/** The fault matrix: each row by its number, on purpose and not by chance (docs/world.md lists what each run checks). */
import { allKillPoints, expectNone, nothing, record } from "../support/world/campaign";
import type { Isolation } from "../support/world/cluster/network";
import { endpointSlices, pods, services } from "../support/world/cluster/resources";
import { calm, type Intensity } from "../support/world/faults";
import type { RunOptions, RunResult, ScenarioName } from "../support/world/run";
import * as strike from "../support/world/strikes";
import { NAME, NAMESPACE, type WholeWorld } from "../support/world/world";

jest.setTimeout(300_000);

type Blow = NonNullable<RunOptions["blow"]>;

const base: Omit<RunOptions, "scenario"> = { seed: "matrix", faults: "none", brisk: true };

async function passes(options: Partial<RunOptions> & { scenario: ScenarioName }): Promise<RunResult> {
  const { result, failure } = await record({ ...base, ...options });
  expectNone({ ...nothing, runs: 1, failures: failure === null ? [] : [failure] });
  expect(["Normal", "gone"]).toContain(result.outcome);
  return result;
}

/** While something else is wrong for a while, the daemon of the active dies. */
const under =
  (begin: (world: WholeWorld) => () => void, forMs: number): Blow =>
  world => {
    const end = begin(world);
    world.time.after(forMs, end);
    const dead = world.activePod();
    const struck = dead === undefined ? () => true : strike.killDaemon(world, dead);
    const endsMs = world.time.nowMs() + forMs;
    return () => struck() && world.time.nowMs() > endsMs;
  };

const raging = (intensity: Partial<Intensity>): ((world: WholeWorld) => () => void) => {
  return world => {
    world.faults.set({ ...calm, ...intensity });
    return () => world.faults.set(calm);
  };
};

/** @returns the spans in which a database could be written never overlap, whatever pod it is of */
function apart(spans: RunResult["spans"]): boolean {
  return spans.every((span, i) => i === 0 || spans[i - 1]!.toMs < span.fromMs);
}

describe("row 1: the operator is killed at every write and command", () => {
  it.each(["switchover", "delete standby"] as const)("of %s", async scenario => {
    const result = await allKillPoints({ ...base, scenario, seed: "row-1", operators: 2 });
    expect(result.killPoints).toBeGreaterThan(20);
    expectNone(result);
  });
});

describe("row 2: the n-th write", () => {
  const outcomes = ["conflict", "error", "throttled", "requestLost", "answerLost"] as const;
  it.each(outcomes)("meets: %s", async outcome => {
    for (let n = 0; n < 14; n++) {
      const blow: Blow = world => {
        world.faults.failWrite(n, outcome);
        return strike.killDaemon(world, world.activePod()!);
      };
      await passes({ scenario: "kill daemon", seed: `row-2 ${outcome} ${n}`, blow });
    }
  });
});

describe("row 3: a watch is frozen", () => {
  const kinds = ["/pods", "timesten.oracle.com/timestenclassics", "apps/statefulsets", undefined];
  const cases = kinds.flatMap(kind => [1, 30, 300].map(seconds => ({ kind, seconds })));
  it.each(cases)("of $kind for $seconds s", async ({ kind, seconds }) => {
    const blow = under(world => world.faults.freezeWatches(kind), seconds * 1_000);
    const { spans } = await passes({ scenario: "kill daemon", blow, boundMs: seconds * 1_000 + 200_000 });
    // What is held over a session is seen at once: nobody waited for the watch.
    expect(spans[1]!.fromMs - spans[0]!.toMs).toBeLessThan(5_000);
  });
});

describe("row 4: the view is rewound", () => {
  it("by lists from the past, while an operator starts anew", async () => {
    const blow: Blow = world => {
      world.faults.set({ ...calm, oldList: 1 });
      strike.restartOperator(world, world.operators[0]!, 300, "operator-new");
      world.time.after(10_000, () => world.faults.set(calm));
      return strike.killDaemon(world, world.activePod()!);
    };
    await passes({ scenario: "kill daemon", blow, operators: 2, boundMs: 200_000 });
  });
});

describe("row 5: events are", () => {
  const kinds: [string, Partial<Intensity>][] = [
    ["dropped", { lostEvent: 0.5 }],
    ["doubled", { doubleEvent: 1 }],
    ["late", { lateEvent: 1 }],
  ];
  it.each(kinds)("%s", async (_name, intensity) => {
    await passes({ scenario: "kill daemon", blow: under(raging(intensity), 8_000), boundMs: 260_000 });
  });

  it("collapsed: a pod is gone and there again under the same name", async () => {
    const blow: Blow = world => {
      const thaw = world.faults.freezeWatches("/pods");
      world.time.after(6_000, thaw);
      return strike.deletePod(world, world.standbyPod()!, 0);
    };
    await passes({ scenario: "delete standby", blow, boundMs: 200_000 });
  });
});

describe("row 6: the API server", () => {
  it.each([true, false])("restarts in the middle of a failover (forgets the past: %s)", async expired => {
    const blow: Blow = world => {
      const struck = strike.killDaemon(world, world.activePod()!);
      for (const ms of [20, 200, 700]) {
        world.time.after(ms, () => {
          if (expired) world.store.compact();
          world.faults.endWatches(expired);
        });
      }
      return struck;
    };
    await passes({ scenario: "kill daemon", blow });
  });

  it("restarts while nothing happens", async () => {
    const blow: Blow = world => {
      world.store.compact();
      world.faults.endWatches(true);
      return () => true;
    };
    const { spans } = await passes({ scenario: "kill daemon", blow });
    expect(spans).toHaveLength(1);
  });
});

describe("row 7: a leader stands still in the middle of a promotion and goes on, believing", () => {
  it.each([3_000, 8_000, 20_000])("for %d ms", async forMs => {
    for (const afterMs of [5, 15, 40, 100]) {
      const blow: Blow = world => {
        const { process } = world.operators.find(one => one.process.alive())!;
        world.time.after(afterMs, () => process.freeze());
        world.time.after(afterMs + forMs, () => process.thaw());
        return strike.killDaemon(world, world.activePod()!);
      };
      await passes({ scenario: "kill daemon", seed: `row-7 ${afterMs}`, operators: 2, twosafe: true, blow });
    }
  });
});

describe("row 8: the active is lost", () => {
  const scenarios: ScenarioName[] = [
    "delete active",
    "force-delete active",
    "kill container",
    "kill daemon",
    "kill agent of active",
  ];
  it.each(scenarios.flatMap(scenario => [true, false].map(twosafe => ({ scenario, twosafe }))))(
    "$scenario (twosafe: $twosafe)",
    async options => {
      await passes(options);
    },
  );
});

describe("row 9: node partitioned", () => {
  const directions: Isolation[] = ["both", "in", "out"];
  // Shorter than L, and longer than W.
  const lasting: [leaseMs: number, forMs: number[]][] = [
    [3_000, [3_000, 15_000]],
    [6_000, [3_000, 15_000]],
    [15_000, [3_000, 30_000]],
  ];
  const cases = directions.flatMap(direction =>
    lasting.flatMap(([leaseMs, all]) => all.map(forMs => ({ direction, leaseMs, forMs }))),
  );
  it.each(cases)(
    "of the active ($direction) for $forMs ms with L = $leaseMs ms: the old one refused before the new one accepted",
    async ({ direction, leaseMs, forMs }) => {
      for (const seed of ["a", "b", "c"]) {
        const blow: Blow = world => strike.isolate(world, world.activePod()!.node.name, direction, forMs);
        const { spans } = await passes({ scenario: "kill daemon", seed, leaseMs, twosafe: true, blow });
        expect(apart(spans)).toBe(true);
        // Longer than W: another one serves meanwhile.
        if (direction === "both" && forMs > 10_000) expect(new Set(spans.map(span => span.pod)).size).toBe(2);
      }
    },
  );

  it.each([3_000, 6_000, 15_000])("of the active from its standby alone, L = %d ms", async leaseMs => {
    const blow: Blow = world =>
      strike.cutOff(world, world.activePod()!.name, world.standbyPod()!.name, 10_000);
    const { spans } = await passes({ scenario: "kill daemon", leaseMs, blow });
    // Its operator hears it: it goes on alone, without a gap.
    expect(new Set(spans.map(span => span.pod)).size).toBe(1);
  });

  it("and joined once a second: no failover", async () => {
    const blow: Blow = world => {
      const node = world.activePod()!.node.name;
      for (let i = 0; i < 8; i++)
        world.time.after(i * 1_000, () => void strike.isolate(world, node, "both", 400));
      const endsMs = world.time.nowMs() + 9_000;
      return () => world.time.nowMs() > endsMs;
    };
    for (const leaseMs of [6_000, 15_000]) {
      const { spans } = await passes({ scenario: "kill daemon", leaseMs, blow });
      expect(new Set(spans.map(span => span.pod)).size).toBe(1);
    }
  });

  it("and without power", async () => {
    for (const leaseMs of [3_000, 6_000, 15_000]) {
      const blow: Blow = world => strike.powerCut(world, world.activePod()!.node.name, leaseMs + 13_000);
      const { spans } = await passes({ scenario: "kill daemon", leaseMs, twosafe: true, blow });
      expect(apart(spans)).toBe(true);
      expect(spans[1]!.fromMs - spans[0]!.toMs).toBeLessThan(leaseMs * 1.1 + 3_000);
    }
  });
});

describe("row 10: the agent of the active", () => {
  it.each([3_000, 20_000])("hangs for %d ms: the guard ends what it can no longer end", async forMs => {
    const blow: Blow = world => strike.hangAgent(world, world.activePod(), forMs);
    const { spans } = await passes({ scenario: "kill daemon", twosafe: true, blow });
    expect(apart(spans)).toBe(true);
  });

  it.each([1_000, 8_000, 20_000])("lives while its guard hangs for %d ms", async forMs => {
    for (const twosafe of [true, false]) {
      const blow: Blow = world => strike.hangGuard(world, world.activePod(), forMs);
      const { spans } = await passes({ scenario: "kill daemon", leaseMs: 3_000, twosafe, blow });
      expect(apart(spans)).toBe(true);
    }
  });

  it("lives while its guard hangs and its node is cut off", async () => {
    for (const seed of ["a", "b", "c"]) {
      const blow: Blow = world => {
        const active = world.activePod()!;
        const on = strike.hangGuard(world, active, 14_000);
        const joined = strike.isolate(world, active.node.name, "both", 12_000);
        return () => on() && joined();
      };
      const { spans } = await passes({
        scenario: "kill daemon",
        seed,
        leaseMs: 3_000,
        blow,
        boundMs: 100_000,
      });
      expect(apart(spans)).toBe(true);
      expect(new Set(spans.map(span => span.pod)).size).toBe(2);
    }
  });

  it("is told to end, and killed in the middle", async () => {
    for (const ms of [1, 20, 100, 400]) {
      const blow: Blow = world => {
        const active = world.activePod()!;
        const over = strike.endAgent(world, active);
        world.time.after(ms, () => void strike.killAgent(world, active));
        return over;
      };
      await passes({ scenario: "kill daemon", seed: `row-10 ${ms}`, twosafe: true, blow });
    }
  });

  it("is slow", async () => {
    await passes({ scenario: "kill daemon", blow: under(raging({ utilitySlow: 1, lateFrame: 0.5 }), 8_000) });
  });

  it("loses its sessions again and again", async () => {
    const blow: Blow = world => {
      const { name } = world.activePod()!;
      for (let i = 0; i < 25; i++) world.time.after(i * 200, () => world.network.dropSessions(name));
      const endsMs = world.time.nowMs() + 6_000;
      return () => world.time.nowMs() > endsMs;
    };
    await passes({ scenario: "kill daemon", blow });
  });
});

describe("row 11: both are down", () => {
  const orders = [0, 30, 300].flatMap(gapMs =>
    [true, false].flatMap(activeFirst => [true, false].map(twosafe => ({ gapMs, activeFirst, twosafe }))),
  );
  it.each(orders)("$gapMs ms apart, the active first: $activeFirst, twosafe: $twosafe", async o => {
    const blow: Blow = world => {
      const both = [world.activePod()!, world.standbyPod()!];
      const [first, second] = o.activeFirst ? both : both.reverse();
      const one = strike.killDaemon(world, first!);
      let other = (): boolean => false;
      world.time.after(o.gapMs, () => (other = strike.killDaemon(world, second!)));
      return () => one() && other();
    };
    await passes({ scenario: "kill daemon", twosafe: o.twosafe, blow });
  });
});

describe("row 12: the standby", () => {
  it("is being made anew when the active dies", async () => {
    for (const ms of [300, 1_000, 2_000]) {
      const blow: Blow = world => {
        const active = world.activePod()!;
        const lost = strike.loseDisk(world, world.standbyPod()!);
        let dead = (): boolean => false;
        world.time.after(ms, () => (dead = strike.killDaemon(world, active)));
        return () => lost() && dead();
      };
      await passes({ scenario: "kill daemon", seed: `row-12 ${ms}`, blow });
    }
  });

  it.each([200, 1_000, 4_000])(
    "lags by %d ms behind an active that changes as planned: nothing is lost in asynchronous mode either",
    async lagMs => {
      for (const twosafe of [true, false]) {
        let answer: unknown;
        const blow: Blow = world => {
          const lagging = strike.lag(world, lagMs, 12_000);
          let over = (): boolean => false;
          world.time.after(1_000, () => (over = strike.switchOver(world, "late")));
          return () => {
            answer = world.object()?.status?.["switchover"];
            return lagging() && over();
          };
        };
        const { commits, spans } = await passes({ scenario: "switchover", twosafe, blow });
        expect(commits.lost).toBe(0);
        // A switchover has three seconds to drain; with a greater lag it is taken back. Two-safe, nothing may be left.
        if (twosafe && lagMs > 3_000) continue;
        const [phase, pods] = lagMs < 3_000 ? ["Done", 2] : ["Refused", 1];
        expect(answer).toMatchObject({ phase });
        expect(new Set(spans.map(span => span.pod)).size).toBe(pods);
      }
    },
  );

  it("lags when the active dies: two-safe loses nothing", async () => {
    for (const lagMs of [200, 1_000, 4_000]) {
      const blow: Blow = world => {
        const lagging = strike.lag(world, lagMs, 8_000);
        const active = world.activePod()!;
        world.time.after(2_000, () => void strike.killDaemon(world, active));
        return lagging;
      };
      const { commits } = await passes({ scenario: "kill daemon", twosafe: true, blow });
      expect(commits.lost).toBe(0);
    }
  });
});

describe("row 13: the clocks", () => {
  it.each([-3_600_000, 3_600_000])("of the active's node jump by %d ms: nothing happens", async wrongMs => {
    const blow: Blow = world => {
      world.activePod()!.node.wrongMs = wrongMs;
      const endsMs = world.time.nowMs() + 10_000;
      return () => world.time.nowMs() > endsMs;
    };
    const { spans } = await passes({ scenario: "kill daemon", blow });
    expect(spans).toHaveLength(1);
  });

  it.each([0, 0.02, 0.09])("differ in rate by up to %d when the active's node is cut off", async drift => {
    for (const seed of ["a", "b", "c", "d"]) {
      const blow: Blow = world => strike.isolate(world, world.activePod()!.node.name, "both", 14_000);
      const { spans } = await passes({ scenario: "kill daemon", seed, drift, twosafe: true, blow });
      expect(apart(spans)).toBe(true);
    }
  });

  it("stand still in a suspend, and only one of them goes on", async () => {
    for (const forMs of [200, 500, 800]) {
      const blow: Blow = world => strike.suspend(world, world.activePod()!.node.name, forMs);
      const { spans } = await passes({
        scenario: "kill daemon",
        seed: `row-13 ${forMs}`,
        twosafe: true,
        blow,
      });
      expect(apart(spans)).toBe(true);
    }
  });
});

describe("row 15: foreign hands", () => {
  it("take the labels of the pods", async () => {
    const blow: Blow = world => {
      for (const pod of [`${NAME}-0`, `${NAME}-1`])
        world.store.mergePatch(pods, NAMESPACE, pod, {
          metadata: { labels: { "timesten.oracle.com/role": "nobody" } },
        });
      return () => true;
    };
    await passes({ scenario: "kill daemon", blow });
  });

  it("take away the endpoint of the active", async () => {
    const blow: Blow = world => {
      world.store.mergePatch(endpointSlices, NAMESPACE, `${NAME}-active`, { endpoints: [] });
      return () => true;
    };
    await passes({ scenario: "kill daemon", blow, boundMs: 200_000 });
  });

  it("delete a Service", async () => {
    const blow: Blow = world => {
      world.store.delete(services, NAMESPACE, NAME);
      return () => world.store.get(services, NAMESPACE, NAME) !== null;
    };
    await passes({ scenario: "kill daemon", blow, boundMs: 200_000 });
  });
});
