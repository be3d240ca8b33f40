/** What may happen to a pair that serves: each blow, and when it has struck. */
import { KubeError } from "../../../capabilities/runtime/ports";
import type { PodRuntime } from "./cluster/pod-runtime";
import { timesTenClassics } from "./cluster/resources";
import { disturbIndependent, type IndependentName, independentNames } from "./independent/scenarios";
import type { SeededRandom } from "./random";
import * as strike from "./strikes";
import { changeImage, FIRST_IMAGE, inPhase, NEXT_IMAGE, upgraded } from "./upgrades";
import { NAME, NAMESPACE, type WholeWorld } from "./world";

export const pairScenarios = [
  "creation",
  "delete active",
  "force-delete active",
  "kill daemon",
  "kill container",
  "delete standby",
  "kill agent of active",
  "kill agent of standby",
  "kill standby daemon",
  "kill standby container",
  "switchover",
  "both containers die",
  "both daemons die",
  "standby loses its disk",
  "active loses its disk",
  "active node loses power",
  "standby node loses power",
  "active node is cut off",
  "active node hears nothing",
  "active node is not heard",
  "standby node is cut off",
  "pods are cut off from each other",
  "force-delete active behind a cut",
  "agent of active hangs",
  "agent of active is told to end",
  "agent of standby is told to end",
  "guard of active dies",
  "guard of active hangs",
  "witness of active dies",
  "active node is suspended",
  "replication lags at a switchover",
  "replication lags when the active daemon dies",
  "suspend and resume",
  "upgrade",
  "upgrade set back",
  "upgrade while the active daemon dies",
  "upgrade while the standby is deleted",
  "delete",
] as const;
type PairScenario = (typeof pairScenarios)[number];
export type ScenarioName = PairScenario | IndependentName;
export const scenarioNames: readonly ScenarioName[] = [...pairScenarios, ...independentNames];

export function isIndependent(scenario: ScenarioName): scenario is IndependentName {
  return (independentNames as readonly ScenarioName[]).includes(scenario);
}

/** @returns whether the blow has struck, and is over where it is one that ends */
type Over = () => boolean;

interface Stage {
  world: WholeWorld;
  active: PodRuntime;
  standby: PodRuntime;
  random: SeededRandom;
  /** @returns how long what ends by itself is to last, ms: shorter or longer than a permission */
  lastingMs: () => number;
}

const LASTING_MS = [2_000, 20_000] as const;
const LASTING_SHORT_MS = [500, 6_000] as const;
/** Shorter and longer than a drain is waited for. */
const LAG_MS = [50, 4_000] as const;
/** A machine may stand still for less than W - L only (docs/fencing.md). */
const SUSPENDED_MS = [50, 800] as const;

const blows: Record<Exclude<PairScenario, "creation">, (stage: Stage) => Over> = {
  "delete active": ({ world, active }) => strike.deletePod(world, active),
  "force-delete active": ({ world, active }) => strike.deletePod(world, active, 0),
  "kill daemon": ({ world, active }) => strike.killDaemon(world, active),
  "kill container": ({ active }) => strike.killContainer(active),
  "delete standby": ({ world, standby }) => strike.deletePod(world, standby),
  "kill agent of active": ({ world, active }) => strike.killAgent(world, active),
  "kill agent of standby": ({ world, standby }) => strike.killAgent(world, standby),
  "kill standby daemon": ({ world, standby }) => strike.killDaemon(world, standby),
  "kill standby container": ({ standby }) => strike.killContainer(standby),
  switchover: ({ world }) => strike.switchOver(world, "request-1"),
  "both containers die": ({ active, standby }) =>
    both(strike.killContainer(active), strike.killContainer(standby)),
  "both daemons die": ({ world, active, standby }) =>
    both(strike.killDaemon(world, standby), strike.killDaemon(world, active)),
  "standby loses its disk": ({ world, standby }) => strike.loseDisk(world, standby),
  "active loses its disk": ({ world, active }) => strike.loseDisk(world, active),
  "active node loses power": ({ world, active, lastingMs }) =>
    strike.powerCut(world, active.node.name, lastingMs()),
  "standby node loses power": ({ world, standby, lastingMs }) =>
    strike.powerCut(world, standby.node.name, lastingMs()),
  "active node is cut off": ({ world, active, lastingMs }) =>
    strike.isolate(world, active.node.name, "both", lastingMs()),
  "active node hears nothing": ({ world, active, lastingMs }) =>
    strike.isolate(world, active.node.name, "in", lastingMs()),
  "active node is not heard": ({ world, active, lastingMs }) =>
    strike.isolate(world, active.node.name, "out", lastingMs()),
  "standby node is cut off": ({ world, standby, lastingMs }) =>
    strike.isolate(world, standby.node.name, "both", lastingMs()),
  "pods are cut off from each other": ({ world, active, standby, lastingMs }) =>
    strike.cutOff(world, active.name, standby.name, lastingMs()),
  "force-delete active behind a cut": ({ world, active, random, lastingMs }) => {
    const joined = strike.isolate(world, active.node.name, "both", lastingMs());
    world.time.after(random.between(100, 3_000), () => world.deletePod(active.name, 0));
    return both(joined, () => active.isGone());
  },
  "agent of active hangs": ({ world, active, lastingMs }) => strike.hangAgent(world, active, lastingMs()),
  "agent of active is told to end": ({ world, active }) => strike.endAgent(world, active),
  "agent of standby is told to end": ({ world, standby }) => strike.endAgent(world, standby),
  "guard of active dies": ({ active }) => strike.killGuard(active),
  "guard of active hangs": ({ world, active, lastingMs }) => strike.hangGuard(world, active, lastingMs()),
  "witness of active dies": ({ active }) => strike.killWitness(active),
  "active node is suspended": ({ world, active, random }) =>
    strike.suspend(world, active.node.name, random.between(...SUSPENDED_MS)),
  "replication lags at a switchover": ({ world, random, lastingMs }) => {
    const lagging = strike.lag(world, random.between(...LAG_MS), lastingMs());
    return both(strike.switchOver(world, "request-1"), lagging);
  },
  "replication lags when the active daemon dies": ({ world, active, random, lastingMs }) => {
    const forMs = lastingMs();
    const lagging = strike.lag(world, random.between(...LAG_MS), forMs);
    world.time.after(random.between(0, forMs), () => void strike.killDaemon(world, active));
    return lagging;
  },
  "suspend and resume": ({ world, standby, random }) => {
    strike.holdManagement(world, random.between(3_000, 8_000));
    return both(strike.killDaemon(world, standby), () => !strike.isHeld(world));
  },
  upgrade: ({ world }) => changeImage(world, NEXT_IMAGE),
  "upgrade set back": ({ world }) => {
    const over = changeImage(world, NEXT_IMAGE);
    const back = inPhase(world, "Standby", () => world.change({ image: FIRST_IMAGE }));
    return () => (back() === "done" ? upgraded(world, FIRST_IMAGE) : back() === "none" && over());
  },
  "upgrade while the active daemon dies": ({ world, active }) => {
    const over = changeImage(world, NEXT_IMAGE);
    const struck = inPhase(world, "Standby", () => void strike.killDaemon(world, active));
    // Among other faults the pods may have been replaced by somebody else.
    return () => struck() !== "pending" && over();
  },
  "upgrade while the standby is deleted": ({ world, standby }) => {
    const over = changeImage(world, NEXT_IMAGE);
    const struck = inPhase(world, "Active", () => world.deletePod(standby.name));
    return () => struck() !== "pending" && over();
  },
  delete: ({ world }) => {
    world.story.tell("user", `deletes ${NAMESPACE}/${NAME}`);
    try {
      world.store.delete(timesTenClassics, NAMESPACE, NAME);
    } catch (error) {
      if (!(error instanceof KubeError)) throw error;
    }
    return () => world.object() === null;
  },
};

/**
 * Strikes a pair that serves.
 * @returns whether it has struck: what was there before is gone
 */
export function disturb(scenario: ScenarioName, world: WholeWorld, short = false): Over {
  if (scenario === "creation") return () => true;
  const random = world.random.fork("blow");
  const [low, high] = short ? LASTING_SHORT_MS : LASTING_MS;
  const lastingMs = (): number => random.between(low, high);
  if (isIndependent(scenario)) return disturbIndependent(scenario, world, random, lastingMs);
  const [active, standby] = [world.activePod(), world.standbyPod()];
  if (active === undefined || standby === undefined)
    throw new Error("a Normal pair has an active and a standby");
  return blows[scenario]({ world, active, standby, random, lastingMs });
}

function both(one: Over, other: Over): Over {
  return () => one() && other();
}
