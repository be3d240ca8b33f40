/** Rules of the operator left out one by one. */
import { closedRules } from "../../../capabilities/classic/decide/fence/closed";
import { pairRules } from "../../../capabilities/classic/decide/fence/pair";
import { soloRules } from "../../../capabilities/classic/decide/fence/solo";

/** A rule of the operator that is left out: some way then no longer leads to Normal, or loses commits. */
export interface RuleMutation {
  name: string;
  /** Leaves it out. @returns a function that puts it back */
  apply: () => () => void;
}

const lists = { Pair: pairRules, Solo: soloRules, Closed: closedRules };

/** Rules without which a way ends elsewhere within the small bounds; the others explain, or need more faults to show. */
const decisive: Record<keyof typeof lists, string[]> = {
  Pair: [
    "promote the complete standby",
    "stop the Pair for the old writer's own disk",
    "without its standby the writer goes on alone",
    "the standby is complete",
    "the pair forms or is in order",
  ],
  Solo: [
    "give up a promotion whose database ended first",
    "promote the standby of a Pair that never ended",
    "name the writer's new life",
    "form the pair with a standby that is there",
  ],
  Closed: [
    "after a promotion that was given up",
    "a handover has its time",
    "the writer lives",
    "promote the complete standby",
    "the standby's disk goes on",
    "the writer's own disk goes on",
  ],
};

function withoutRule(mode: keyof typeof lists, name: string): RuleMutation {
  return {
    name: `rule of ${mode} left out: ${name}`,
    apply: () => {
      const rules = lists[mode] as unknown[];
      const index = lists[mode].findIndex(rule => rule.name === name);
      if (index < 0) throw new Error(`${mode} has no rule "${name}"`);
      const removed = rules.splice(index, 1);
      return () => {
        rules.splice(index, 0, ...removed);
      };
    },
  };
}

export const ruleMutations: readonly RuleMutation[] = (Object.keys(lists) as (keyof typeof lists)[]).flatMap(
  mode => decisive[mode].map(name => withoutRule(mode, name)),
);
