/** The world can fail, second part: grants, guard, witness and handover broken in one place each are caught. */
import { LastGrant } from "../../agent/core/granting";
import type * as grantingModule from "../../agent/core/granting";
import type * as agentRules from "../../agent/core/permission";
import type { Situation, Step } from "../../agent/core/permission";
import type { AgentOptions } from "../../agent/core/agent";
import { record } from "../support/world/campaign";
import type { RunOptions, ScenarioName } from "../support/world/run";
import * as strike from "../support/world/strikes";
import { overlay } from "../support/world/tampering";
import type { WholeWorld, WorldTampering } from "../support/world/world";

jest.setTimeout(240_000);

type Rules = typeof agentRules;
type Granting = typeof grantingModule;

/** The rules in place of the product's own; null: its own. */
const mockRules: {
  nextStep: ((s: Situation, own: Rules["nextStep"]) => Step | null) | null;
  whyNoGrant: Granting["whyNoGrant"] | null;
} = { nextStep: null, whyNoGrant: null };

jest.mock("../../agent/core/permission", () => {
  const own = jest.requireActual<Rules>("../../agent/core/permission");
  const nextStep: Rules["nextStep"] = s =>
    mockRules.nextStep === null ? own.nextStep(s) : mockRules.nextStep(s, own.nextStep);
  return { ...own, nextStep };
});
jest.mock("../../agent/core/granting", () => {
  const own = jest.requireActual<Granting>("../../agent/core/granting");
  const whyNoGrant: Granting["whyNoGrant"] = (...args) => (mockRules.whyNoGrant ?? own.whyNoGrant)(...args);
  return { ...own, whyNoGrant };
});

afterEach(() => {
  mockRules.nextStep = null;
  mockRules.whyNoGrant = null;
  jest.restoreAllMocks();
});

type Attempt = Partial<RunOptions> & { seeds?: number; tampering?: WorldTampering };

/** @returns what the checker said of the first seed that it did not let pass; "" when all passed */
async function firstComplaint({ seeds = 6, ...options }: Attempt): Promise<string> {
  for (let seed = 1; seed <= seeds; seed++) {
    const scenario: ScenarioName = "kill daemon";
    const { failure } = await record({
      scenario,
      faults: "none",
      brisk: true,
      twosafe: false,
      ...options,
      seed: `mutant-${seed}`,
    });
    if (failure !== null) return failure.violations.join("\n");
  }
  return "";
}

const cutOff =
  (forMs = 14_000) =>
  (world: WholeWorld): (() => boolean) =>
    strike.isolate(world, world.activePod()!.node.name, "both", forMs);

const agentWith =
  (change: (options: AgentOptions) => Partial<AgentOptions>): NonNullable<WorldTampering["agent"]> =>
  options => ({ ...options, ...change(options) });

const unsafe = /two writable|took a commit \d+ ms after/;

describe("a standby", () => {
  it("that is promoted without waiting is caught", async () => {
    jest.spyOn(LastGrant.prototype, "leftMs").mockReturnValue(0);
    expect(await firstComplaint({ blow: cutOff() })).toMatch(unsafe);
  });

  it("that forgets when it granted is caught", async () => {
    jest.spyOn(LastGrant.prototype, "grant").mockImplementation(() => undefined);
    expect(await firstComplaint({ blow: cutOff() })).toMatch(unsafe);
  });

  it("that forgets W when it starts again is caught", async () => {
    jest.spyOn(LastGrant.prototype, "obey").mockImplementation(() => undefined);
    jest.spyOn(LastGrant.prototype, "grant").mockImplementation(() => undefined);
    const blow = (world: WholeWorld): (() => boolean) => {
      const joined = cutOff()(world);
      strike.killAgent(world, world.standbyPod());
      return joined;
    };
    expect(await firstComplaint({ blow })).toMatch(unsafe);
  });

  it("that calls itself complete without the writer's word is caught", async () => {
    mockRules.nextStep = (s, own) => {
      const { record: r } = s;
      const named = r?.mode === "Pair" && r.standby === s.podUID && s.view.repState === "STANDBY";
      if (!named || s.complete?.n === r.n || s.left === r.n) return own(s);
      return { do: "complete", complete: { n: r.n, writer: r.writer } };
    };
    expect(await firstComplaint({ seeds: 20 })).toMatch(/called ready although|lost/);
  });
});

describe("a writer", () => {
  it("whose guard never closes and never kills is caught", async () => {
    const tampering: WorldTampering = {
      guard: options => ({
        ...options,
        database: overlay(options.database, { close: async () => undefined, kill: async () => undefined }),
      }),
    };
    const hang = (world: WholeWorld): (() => boolean) => {
      const joined = cutOff()(world);
      const on = strike.hangAgent(world, world.activePod(), 14_000);
      return () => joined() && on();
    };
    expect(await firstComplaint({ tampering, blow: hang })).toMatch(unsafe);
  });

  it("whose guard was never told is caught", async () => {
    const agent = agentWith(options => ({
      guard: overlay(options.guard, { permit: async () => undefined }),
    }));
    const hang = (world: WholeWorld): (() => boolean) => {
      const joined = cutOff()(world);
      const on = strike.hangAgent(world, world.activePod(), 14_000);
      return () => joined() && on();
    };
    expect(await firstComplaint({ tampering: { agent }, blow: hang })).toMatch(unsafe);
  });

  it("whose guard forgets with its process is caught", async () => {
    const tampering: WorldTampering = {
      guard: options => ({ ...options, store: overlay(options.store, { load: async () => null }) }),
    };
    const blow = (world: WholeWorld): (() => boolean) => {
      const active = world.activePod();
      const joined = cutOff()(world);
      const on = strike.hangAgent(world, active, 14_000);
      strike.killGuard(active);
      return () => joined() && on();
    };
    expect(await firstComplaint({ tampering, blow })).toMatch(unsafe);
  });
});

describe("a witness", () => {
  it("that calls a life over that it does not hold is caught", async () => {
    const tampering: WorldTampering = {
      witness: options => ({
        ...options,
        holder: {
          hold: (_life, onOver) => {
            queueMicrotask(onOver);
            return () => undefined;
          },
        },
      }),
    };
    expect(await firstComplaint({ tampering, blow: cutOff(), seeds: 10 })).not.toBe("");
  });
});
