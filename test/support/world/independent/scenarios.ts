/** What may happen to independent databases: each blow, and when it has struck. */
import type { PodRuntime } from "../cluster/pod-runtime";
import { timesTenClassics } from "../cluster/resources";
import type { SeededRandom } from "../random";
import * as strike from "../strikes";
import { NAME, NAMESPACE, type WholeWorld } from "../world";

export const independentNames = [
  "independent creation",
  "independent kill daemon",
  "independent kill all daemons",
  "independent kill container",
  "independent delete pod",
  "independent force-delete pod",
  "independent kill agent",
  "independent agent hangs",
  "independent node loses power",
  "independent node is cut off",
  "independent volume is lost",
  "independent scale",
  "independent delete",
] as const;
export type IndependentName = (typeof independentNames)[number];

interface Stage {
  world: WholeWorld;
  /** Struck: any of them. */
  one: PodRuntime;
  all: PodRuntime[];
  random: SeededRandom;
  /** @returns how long what ends by itself is to last, ms */
  lastingMs: () => number;
}

type Over = () => boolean;

const blows: Record<Exclude<IndependentName, "independent creation">, (stage: Stage) => Over> = {
  "independent kill daemon": ({ world, one }) => strike.killDaemon(world, one),
  "independent kill all daemons": ({ world, all }) => {
    const overs = all.map(runtime => strike.killDaemon(world, runtime));
    return () => overs.every(over => over());
  },
  "independent kill container": ({ one }) => strike.killContainer(one),
  "independent delete pod": ({ world, one }) => strike.deletePod(world, one),
  "independent force-delete pod": ({ world, one }) => strike.deletePod(world, one, 0),
  "independent kill agent": ({ world, one }) => strike.killAgent(world, one),
  "independent agent hangs": ({ world, one, lastingMs }) => strike.hangAgent(world, one, lastingMs()),
  "independent node loses power": ({ world, one, lastingMs }) =>
    strike.powerCut(world, one.node.name, lastingMs()),
  "independent node is cut off": ({ world, one, lastingMs }) =>
    strike.isolate(world, one.node.name, "both", lastingMs()),
  "independent volume is lost": ({ world, one }) => strike.loseDisk(world, one),
  // Volumes outlive their pods: who comes back finds what they had.
  "independent scale": ({ world, all, random }) => {
    const wanted = [1, 2, 3].filter(count => count !== all.length);
    world.change({ replicas: random.pick(wanted) });
    let back = false;
    world.time.after(random.between(500, 8_000), () => {
      world.change({ replicas: all.length });
      back = true;
    });
    return () => back;
  },
  "independent delete": ({ world }) => {
    world.story.tell("user", `deletes ${NAMESPACE}/${NAME}`);
    world.store.delete(timesTenClassics, NAMESPACE, NAME);
    return () => world.object() === null;
  },
};

/** Strikes databases that serve. @returns whether it has struck */
export function disturbIndependent(
  scenario: IndependentName,
  world: WholeWorld,
  random: SeededRandom,
  lastingMs: () => number,
): Over {
  if (scenario === "independent creation") return () => true;
  const all = world.databases().map(({ runtime }) => runtime);
  return blows[scenario]({ world, one: random.pick(all), all, random, lastingMs });
}
