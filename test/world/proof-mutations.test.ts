/**
 * The world can fail, third part: mistakes that only show where several things go wrong one after the other. Each
 * sequence of blows does no harm to the product as it is, and is caught where the product is broken in one place.
 */
import { RateComparison } from "../../agent/core/granting";
import type * as agentRules from "../../agent/core/permission";
import type { Situation, Step } from "../../agent/core/permission";
import type { AgentMemory, Disk, PeerPort } from "../../agent/ports";
import type * as proofs from "../../capabilities/classic/decide/fence/proofs";
import { record } from "../support/world/campaign";
import type { RunOptions } from "../support/world/run";
import * as strike from "../support/world/strikes";
import { overlay, toldOldRecords } from "../support/world/tampering";
import type { WholeWorld, WorldTampering } from "../support/world/world";
import { NAME, NAMESPACE } from "../support/world/world";

jest.setTimeout(240_000);

type Rules = typeof agentRules;
type Proofs = typeof proofs;

/** The rules in place of the product's own; null: its own. */
const mockRules: {
  nextStep: ((s: Situation, own: Rules["nextStep"]) => Step | null) | null;
  groundFor: Proofs["groundFor"] | null;
} = { nextStep: null, groundFor: null };

jest.mock("../../agent/core/permission", () => {
  const own = jest.requireActual<Rules>("../../agent/core/permission");
  const nextStep: Rules["nextStep"] = s =>
    mockRules.nextStep === null ? own.nextStep(s) : mockRules.nextStep(s, own.nextStep);
  return { ...own, nextStep };
});
jest.mock("../../capabilities/classic/decide/fence/proofs", () => {
  const own = jest.requireActual<Proofs>("../../capabilities/classic/decide/fence/proofs");
  const groundFor: Proofs["groundFor"] = (...args) =>
    own.groundFor(...args) ?? mockRules.groundFor?.(...args) ?? null;
  return { ...own, groundFor };
});

afterEach(() => {
  mockRules.nextStep = null;
  mockRules.groundFor = null;
  jest.restoreAllMocks();
});

type Blow = NonNullable<RunOptions["blow"]>;

/** What happens, and how the product is broken. */
interface Case {
  blow: Blow;
  twosafe?: boolean;
  /** Part of what happens, with the mistake and without. */
  tampering?: WorldTampering;
  /** Makes the mistake. */
  mutate: () => WorldTampering;
  complaint: RegExp;
  seeds?: number;
  boundMs?: number;
}

const KEY = `${NAMESPACE}/${NAME}`;
const unsafe = /two writable/;

/** @returns what the checker said of each seed */
async function complaints(c: Case, tampering: WorldTampering): Promise<string[]> {
  const said: string[] = [];
  for (let seed = 1; seed <= (c.seeds ?? 5); seed++) {
    const { failure } = await record({
      seed: `mutant-${seed}`,
      scenario: "kill daemon",
      faults: "none",
      brisk: true,
      leaseMs: 3_000,
      twosafe: c.twosafe ?? false,
      blow: c.blow,
      boundMs: c.boundMs,
      tampering: { ...c.tampering, ...tampering },
    });
    said.push(failure?.violations.join("\n") ?? "");
  }
  return said;
}

/** Runs a step of a blow as soon as its moment has come; looks every few ms. */
function asSoonAs(world: WholeWorld, moment: () => boolean, then: () => void): void {
  if (moment()) return then();
  world.time.after(5, () => asSoonAs(world, moment, then));
}

/** @returns whether so much time is over and both are */
function overAfter(world: WholeWorld, ms: number, other: () => boolean = () => true): () => boolean {
  const endsMs = world.time.nowMs() + ms;
  return () => world.time.nowMs() > endsMs && other();
}

/** A disk that keeps something else than it is told to. */
function keeping(disk: Disk, change: (memory: AgentMemory, before: AgentMemory | null) => AgentMemory): Disk {
  let before: AgentMemory | null = null;
  return {
    load: async () => (before = await disk.load()),
    save: memory => {
      const kept = change(memory, before);
      before = kept;
      return disk.save(kept);
    },
  };
}

const cases: Record<string, Case> = {
  // Everything committed must be at the standby before it is promoted, however far it lags.
  "a drain that is not waited for": {
    blow: world => {
      const lagging = strike.lag(world, 1_000, 8_000);
      const over = strike.switchOver(world, "drained");
      return () => lagging() && over();
    },
    mutate: () => ({
      agent: o => ({
        ...o,
        timesten: overlay(o.timesten, { waitForStandby: async () => true }),
      }),
    }),
    complaint: /planned change \d+ leaves \d+ acknowledged commits behind/,
  },
  // The old active is cut off, its standby promoted; its agent starts again, and the first it hears is an old record.
  "a record that is forgotten at a restart of the agent": {
    tampering: { operator: toldOldRecords },
    blow: world => {
      const active = world.activePod()!;
      const joined = strike.isolate(world, active.node.name, "both", 14_000);
      world.time.after(12_000, () => void strike.killAgent(world, active));
      return overAfter(world, 20_000, joined);
    },
    mutate: () => ({
      agent: o => ({
        ...o,
        disk: overlay(o.disk, {
          load: async () => {
            const memory = await o.disk.load();
            return memory === null ? null : { ...memory, obeyed: null };
          },
        }),
      }),
    }),
    complaint: unsafe,
    boundMs: 100_000,
  },
  // Within a minute the agents know that waiting proves nothing.
  "a clock at half speed that nobody compares": {
    blow: world => {
      const active = world.activePod()!;
      strike.setRate(world, active, 0.5);
      let joined = (): boolean => false;
      world.time.after(150_000, () => {
        joined = strike.isolate(world, active.node.name, "both", 14_000);
      });
      return () => joined();
    },
    mutate: () => {
      jest.spyOn(RateComparison.prototype, "whyNoWaiting").mockReturnValue(null);
      return {};
    },
    complaint: unsafe,
    seeds: 2,
    boundMs: 300_000,
  },
  "silence that is taken for a proof": {
    blow: world => strike.isolate(world, world.activePod()!.node.name, "both", 10_000),
    mutate: () => {
      mockRules.groundFor = (o, writer) => {
        const pod = o.pods.find(({ uid }) => uid === writer.podUID);
        if (pod?.agent.connected !== false) return null;
        return { kind: "over", ...writer, containerID: null, by: "nothing is heard of it" };
      };
      return {};
    },
    complaint: unsafe,
  },
  // A standby that was told to end lets its writer go on alone, is killed before it has ended, and starts again.
  "a standby that does not remember that it left": {
    blow: world => {
      const [active, standby] = [world.activePod()!, world.standbyPod()!];
      const n = world.checker.record(KEY)!.n;
      for (const operator of world.operators) world.killOperator(operator);
      strike.endAgent(world, standby);
      let joined = (): boolean => false;
      asSoonAs(
        world,
        () => world.checker.soloed(active.uid) >= n,
        () => {
          strike.killAgent(world, standby);
          joined = strike.isolate(world, active.node.name, "both", 14_000);
          // It hears of nothing but that the standby was complete.
          world.time.after(1_000, () => void world.startOperator("operator-new"));
        },
      );
      return () => joined();
    },
    mutate: () => ({
      agent: o => ({
        ...o,
        disk: keeping(o.disk, (memory, before) =>
          memory.left > 0 ? { ...memory, left: 0, complete: before?.complete ?? memory.complete } : memory,
        ),
      }),
    }),
    complaint: unsafe,
    boundMs: 100_000,
  },
  // No request reaches the standby: the writer goes on by what it was permitted alone, and that has no end.
  "a Solo that is called ended while its permission is endless": {
    tampering: { agent: o => ({ ...o, peer: withoutRequests(o.peer) }) },
    blow: world => {
      deafUntilMs = world.time.nowMs() + 40_000;
      nowMs = () => world.time.nowMs();
      const n = world.checker.record(KEY)!.n;
      const isReady = (): boolean => {
        const now = world.checker.record(KEY)!;
        return now.n > n && now.mode === "Pair" && now.ready;
      };
      let joined = (): boolean => false;
      const endsMs = world.time.nowMs() + 20_000;
      asSoonAs(
        world,
        () => isReady() || world.time.nowMs() > endsMs,
        () => {
          joined = strike.isolate(world, world.activePod()!.node.name, "both", 10_000);
          world.time.after(10_000, () => (deafUntilMs = 0));
        },
      );
      return () => joined();
    },
    mutate: () => {
      mockRules.nextStep = (s, own) => {
        const step = own(s);
        const pairs = s.record?.mode === "Pair" && s.record.writer.boot === s.boot;
        if (step !== null || !pairs || s.record === null || s.soloEnded?.n === s.record.n) return step;
        return s.view.repPeerState === "start" ? { do: "endSolo", n: s.record.n } : null;
      };
      return {};
    },
    complaint: unsafe,
    boundMs: 100_000,
  },
};

/** Until then, in true ms, no agent's request for leave arrives. */
let deafUntilMs = 0;
let nowMs = (): number => 0;

function withoutRequests(peer: PeerPort): PeerPort {
  const send: PeerPort["send"] = message =>
    message.type === "request" && nowMs() < deafUntilMs ? true : peer.send(message);
  return overlay(peer, { send });
}

describe.each(Object.entries(cases))("%s", (_name, c) => {
  beforeEach(() => {
    deafUntilMs = 0;
  });

  it("is not in the product: the same does no harm", async () => {
    const said = await complaints(c, {});
    expect(said.filter(text => unsafe.test(text) || c.complaint.test(text))).toEqual([]);
    expect(said.filter(text => text !== "").join("\n")).toBe("");
  });

  it("is caught", async () => {
    const said = await complaints(c, c.mutate());
    expect(said.join("\n")).toMatch(c.complaint);
  });
});
