/** What must hold in every state that can be reached. */
import * as S from "./state";
import { at, type State } from "./state";

export interface Property {
  name: string;
  /** @returns whether the state keeps it */
  holds: (s: State) => boolean;
}

const writing = (s: State): number[] =>
  S.slots.filter(i => at(s, i + S.WRITES) === 1 && at(s, i + S.ROLE) === S.ACTIVE);

export const properties: readonly Property[] = [
  {
    name: "never two writable databases",
    holds: s => writing(s).length <= 1,
  },
  {
    name: "no writable database lacks acknowledged commits",
    holds: s => writing(s).every(i => at(s, i + S.STALE) === 0),
  },
  {
    name: "no old active writes after another one was opened",
    holds: s => writing(s).every(i => at(s, i + S.N) >= at(s, S.MAX_OPEN)),
  },
  {
    name: "Solo never outlives a promotable standby",
    holds: s => {
      const cur = at(s, S.CUR);
      if (S.mode(s, cur) !== S.PAIR || !S.isReady(s, cur) || S.isLeft(s, cur)) return true;
      return S.slots.every(i => at(s, i + S.BOOT) === 0 || at(s, i + S.PERM) !== S.ENDLESS);
    },
  },
];

/** @returns the name of the first property that is broken, or null */
export function broken(s: State): string | null {
  for (const { name, holds } of properties) if (!holds(s)) return name;
  return null;
}
