/** Row 16 of the fault matrix: an upgrade under fault, each on purpose. */
import { expectNone, nothing, record } from "../support/world/campaign";
import type { RunOptions, RunResult } from "../support/world/run";
import * as strike from "../support/world/strikes";
import { changeImage, inPhase, NEXT_IMAGE } from "../support/world/upgrades";
import type { WholeWorld } from "../support/world/world";

jest.setTimeout(300_000);

type Blow = NonNullable<RunOptions["blow"]>;

const base: RunOptions = { seed: "row-16", scenario: "upgrade", faults: "none", brisk: true };

async function passes(options: Partial<RunOptions>): Promise<RunResult> {
  const { result, failure } = await record({ ...base, ...options });
  expectNone({ ...nothing, runs: 1, failures: failure === null ? [] : [failure] });
  expect(result.outcome).toBe("Normal");
  return result;
}

describe("row 16: an upgrade whose n-th write", () => {
  const outcomes = ["conflict", "error", "throttled", "requestLost", "answerLost"] as const;
  it.each(outcomes)("meets: %s", async outcome => {
    const { effects } = await passes({});
    expect(effects.length).toBeGreaterThan(60);
    for (let n = 0; n < effects.length; n += 8) {
      const blow: Blow = world => {
        world.faults.failWrite(n, outcome);
        return changeImage(world, NEXT_IMAGE);
      };
      await passes({ seed: `row-16 ${outcome} ${n}`, blow });
    }
  });
});

it("row 16: a leader stands still at any moment of an upgrade and goes on, believing", async () => {
  for (let afterMs = 100; afterMs < 6_000; afterMs += 500) {
    const blow: Blow = world => {
      const { process } = world.operators.find(one => one.process.alive())!;
      world.time.after(afterMs, () => process.freeze());
      world.time.after(afterMs + 8_000, () => process.thaw());
      return changeImage(world, NEXT_IMAGE);
    };
    await passes({ seed: `row-16 still ${afterMs}`, operators: 2, blow });
  }
});

describe("row 16: in the phase of an upgrade", () => {
  const faults: [string, "Standby" | "Active", (world: WholeWorld) => void][] = [
    ["the standby's node loses power", "Standby", world => powerCut(world, "standby")],
    ["the active's node loses power", "Standby", world => powerCut(world, "active")],
    ["the former active's node loses power", "Active", world => powerCut(world, "standby")],
    ["the new active's node loses power", "Active", world => powerCut(world, "active")],
    ["replication is cut", "Standby", cutOff],
    ["replication is cut again", "Active", cutOff],
    ["the operator's node goes and comes back", "Standby", restart],
  ];

  function powerCut(world: WholeWorld, which: "active" | "standby"): void {
    const active = world.activePod();
    const name =
      which === "active" ? active?.node.name : active?.node.name === "node-0" ? "node-1" : "node-0";
    if (name !== undefined) strike.powerCut(world, name, 15_000);
  }

  function cutOff(world: WholeWorld): void {
    strike.cutOff(world, "sample-0", "sample-1", 12_000);
  }

  function restart(world: WholeWorld): void {
    strike.restartOperator(world, world.operators[0]!, 5_000, "operator-new");
  }

  it.each(
    faults.flatMap(([what, phase, fault]) => [true, false].map(twosafe => ({ what, phase, fault, twosafe }))),
  )("$phase, $what (twosafe: $twosafe)", async ({ phase, fault, twosafe }) => {
    for (const seed of ["a", "b"]) {
      const blow: Blow = world => {
        const over = changeImage(world, NEXT_IMAGE);
        const struck = inPhase(world, phase, () => fault(world));
        return () => struck() !== "pending" && over();
      };
      await passes({ seed: `row-16 ${seed}`, twosafe, blow, boundMs: 200_000 });
    }
  });
});
