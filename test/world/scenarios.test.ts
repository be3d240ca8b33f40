/** Each scenario in a calm world: from an empty cluster to a pair at rest, with the real engine and the real agents. */
import { expectNone, nothing, parseReplay, record, replayText } from "../support/world/campaign";
import { isDeletion, type RunOptions, runScenario, scenarioNames } from "../support/world/run";

async function passes(options: RunOptions): Promise<void> {
  const { result, failure } = await record(options);
  expectNone({ ...nothing, runs: 1, failures: failure === null ? [] : [failure] });
  if (isDeletion(options.scenario)) return expect(result.outcome).toBe("gone");
  expect(result.outcome).toBe("Normal");
  expect(result.commits.acked).toBeGreaterThan(20);
}

describe.each(scenarioNames)("%s", scenario => {
  it("comes to rest, asynchronous", () => passes({ seed: "calm", scenario, faults: "none" }));

  it("comes to rest and loses nothing, twosafe", async () => {
    await passes({ seed: "calm", scenario, faults: "none", twosafe: true });
  });

  it("comes to rest with two operators", async () => {
    await passes({ seed: "calm", scenario, faults: "none", operators: 2 });
  });
});

describe("a run", () => {
  it.each(["none", "random"] as const)("is the same for the same seed (faults: %s)", async faults => {
    const options: RunOptions = { seed: "twice", scenario: "delete active", faults, operators: 2 };
    const first = await runScenario(options);
    const second = await runScenario(options);
    expect(second.story()).toEqual(first.story());
    expect(second.hash()).toBe(first.hash());
  });

  it("is another for another seed", async () => {
    const hashes = await Promise.all(
      ["a", "b"].map(async seed =>
        (await runScenario({ seed, scenario: "creation", faults: "none" })).hash(),
      ),
    );
    expect(hashes[0]).not.toBe(hashes[1]);
  });

  it("can be named in a line and read back from it", () => {
    const options: RunOptions = {
      seed: "it's 17 %",
      scenario: "kill standby daemon",
      faults: "random",
      twosafe: true,
      operators: 2,
      brisk: true,
      killPoint: { index: 12, when: "before" },
    };
    expect(parseReplay(replayText(options))).toEqual(options);
  });
});
