/**
 * The world can fail: the product broken in one place at a time, through its ports or by exchanging one of its pure
 * rules, is caught. Where another part of the product holds the promise alone, that is shown too.
 */
import type * as agentCommands from "../../agent/core/commands";
import type * as agentRules from "../../agent/core/permission";
import type { Situation, Step } from "../../agent/core/permission";
import type * as facts from "../../capabilities/classic/decide/facts";
import { type CampaignResult, expectNone, nothing, record } from "../support/world/campaign";
import type { RunOptions, ScenarioName } from "../support/world/run";
import * as tamper from "../support/world/tampering";
import type { WorldTampering } from "../support/world/world";

jest.setTimeout(120_000);

type Mutate<F> = F | null;
type AgentRules = typeof agentRules;
type AgentCommands = typeof agentCommands;
type Facts = typeof facts;

/** The rules in place of the product's own; null: its own. */
const mockRules: {
  nextStep: Mutate<(s: Situation, own: AgentRules["nextStep"]) => Step | null>;
  whyRefused: Mutate<AgentCommands["whyRefused"]>;
  completeFor: Mutate<Facts["completeFor"]>;
  whyBehind: Mutate<Facts["whyBehind"]>;
} = { nextStep: null, whyRefused: null, completeFor: null, whyBehind: null };

jest.mock("../../agent/core/permission", () => {
  const own = jest.requireActual<AgentRules>("../../agent/core/permission");
  return {
    ...own,
    nextStep: (s: Situation) =>
      mockRules.nextStep?.(s, own.nextStep) ?? (mockRules.nextStep ? null : own.nextStep(s)),
  };
});
jest.mock("../../agent/core/commands", () => {
  const own = jest.requireActual<AgentCommands>("../../agent/core/commands");
  const whyRefused: AgentCommands["whyRefused"] = (...args) =>
    (mockRules.whyRefused ?? own.whyRefused)(...args);
  return { ...own, whyRefused };
});
jest.mock("../../capabilities/classic/decide/facts", () => {
  const own = jest.requireActual<Facts>("../../capabilities/classic/decide/facts");
  const completeFor: Facts["completeFor"] = (...args) => (mockRules.completeFor ?? own.completeFor)(...args);
  const whyBehind: Facts["whyBehind"] = (...args) => (mockRules.whyBehind ?? own.whyBehind)(...args);
  return { ...own, completeFor, whyBehind };
});

afterEach(() => {
  for (const rule of Object.keys(mockRules)) mockRules[rule as keyof typeof mockRules] = null;
});

interface Attempt {
  scenario: ScenarioName;
  twosafe?: boolean;
  operators?: 1 | 2;
  tampering?: WorldTampering;
  /** Seeds to try at most. */
  seeds?: number;
}

/** @returns what the checker said of the first seed that it did not let pass; "" when all passed */
async function firstComplaint(attempt: Attempt): Promise<string> {
  for (let seed = 1; seed <= (attempt.seeds ?? 5); seed++) {
    const { failure } = await record(options(attempt, seed));
    if (failure !== null) return failure.violations.join("\n");
  }
  return "";
}

async function passes(attempt: Attempt): Promise<void> {
  const all: CampaignResult = { ...nothing, failures: [] };
  for (let seed = 1; seed <= (attempt.seeds ?? 5); seed++) {
    const { failure } = await record(options(attempt, seed));
    all.runs++;
    if (failure !== null) all.failures.push(failure);
  }
  expectNone(all);
}

function options({ scenario, twosafe, operators, tampering }: Attempt, seed: number): RunOptions {
  return {
    seed: `mutant-${seed}`,
    scenario,
    faults: "none",
    twosafe: twosafe ?? false,
    operators: operators ?? 1,
    tampering,
  };
}

describe("an agent", () => {
  it("that opens without a record is caught", async () => {
    mockRules.nextStep = (s, own) =>
      s.record === null && s.boot !== null && s.closed ? { do: "open", why: "mutant" } : own(s);
    expect(await firstComplaint({ scenario: "creation" })).toMatch(
      /opened without a replication scheme|without a record/,
    );
  });

  it("that calls itself complete as soon as it is STANDBY is caught", async () => {
    mockRules.nextStep = (s, own) => {
      const n = s.record?.n ?? 0;
      const named =
        s.record?.mode === "Pair" && s.record.standby === s.podUID && s.view.repState === "STANDBY";
      if (!named || s.record === null || s.complete?.n === n) return own(s);
      return { do: "complete", complete: { n, writer: s.record.writer } };
    };
    expect(await firstComplaint({ scenario: "kill daemon", seeds: 30 })).toMatch(/called ready although/);
  });

  it("that goes on committing alone in a Pair is caught", async () => {
    const done = new Set<string>();
    mockRules.nextStep = (s, own) => {
      const n = s.record?.n ?? 0;
      const writes = s.record?.mode === "Pair" && s.record.writer.boot === s.boot && s.record.ready;
      if (!writes || done.has(`${s.boot} ${n}`)) return own(s);
      done.add(`${s.boot} ${n}`);
      return { do: "commitAlone", n };
    };
    const complaint = await firstComplaint({ scenario: "kill daemon", twosafe: true });
    expect(complaint).toMatch(/acknowledged commit \d+ is lost|not Normal|did not last/);
  });

  it("that obeys a duplicate under a Pair is caught, and one that does not protects its copy", async () => {
    const tampering = { operator: tamper.duplicatesUnderPair };
    await passes({ scenario: "kill standby container", tampering, seeds: 2 });
    mockRules.whyRefused = () => null;
    expect(await firstComplaint({ scenario: "kill standby container", tampering })).toMatch(
      /was destroyed while record \d+ is Pair/,
    );
  });
});

describe("an operator", () => {
  it("that lets the old disk go on without a look at the standby is caught", async () => {
    mockRules.completeFor = () => null;
    mockRules.whyBehind = () => null;
    const complaint = await firstComplaint({ scenario: "kill container", twosafe: true, seeds: 20 });
    expect(complaint).toMatch(/acknowledged commit \d+ is lost|not Normal/);
  });

  it("that leads applications to the standby before it is to take over is caught", async () => {
    const tampering = { operator: tamper.routesBeforeDecision };
    expect(await firstComplaint({ scenario: "delete active", tampering })).toMatch(/is not the active/);
  });

  it("that does not say why the active changed is caught", async () => {
    const tampering = { operator: tamper.forgetsTheReason };
    expect(await firstComplaint({ scenario: "kill daemon", tampering })).toMatch(
      /lastFailover tells nothing/,
    );
  });

  it("that never rests is caught", async () => {
    expect(
      await firstComplaint({ scenario: "creation", tampering: { operator: tamper.neverRests } }),
    ).toMatch(/API writes in 30 s/);
  });

  it("that deletes a claim is caught", async () => {
    const tampering = { operator: tamper.deletesClaims };
    expect(await firstComplaint({ scenario: "kill daemon", tampering })).toMatch(/claim .* was deleted/);
  });
});

describe("two operators that both believe they lead", () => {
  const twoLeaders: WorldTampering["operator"] = world => tamper.slowRecords(tamper.everybodyLeads(world));
  const scenarios: ScenarioName[] = ["creation", "kill daemon", "delete active", "kill standby daemon"];

  it.each(scenarios)("do no harm: %s", async scenario => {
    for (let seed = 1; seed <= 3; seed++) {
      const { result } = await record({
        ...options({ scenario, operators: 2, tampering: { operator: twoLeaders } }, seed),
      });
      // They may talk at once; what they may not do is break a promise.
      expect(result.violations.filter(violation => !violation.includes("API writes"))).toEqual([]);
      expect(result.outcome).toBe("Normal");
    }
  });

  it("are caught when they write the record without compare-and-swap", async () => {
    const operator: WorldTampering["operator"] = world =>
      tamper.slowRecords(tamper.overwritesRecord(tamper.everybodyLeads(world)));
    const complaints: string[] = [];
    for (const scenario of scenarios)
      complaints.push(await firstComplaint({ scenario, operators: 2, tampering: { operator }, seeds: 10 }));
    expect(complaints.join("\n")).toMatch(/record \d+ to \d+: /);
  });
});
