/** One search with its result, its story and the command that replays it. */
import { Bridge } from "./bridge";
import { realCode, waitTicks, type Code } from "./code";
import { broken } from "./properties";
import { explore, type Found, type Space, type StateSet } from "./search";
import { World, type Bounds } from "./world";

export interface Run {
  bounds: Bounds;
  world: World;
  bridge: Bridge;
  space: Space;
}

/** @param code the product's, or a mutation of it */
export function prepare(bounds: Bounds, code: Code = realCode): Run {
  const bridge = new Bridge(code, waitTicks(code));
  const world = new World({ bridge, bounds });
  const successors: Space["successors"] = (state, emit) => world.successors(state, emit);
  return {
    bounds,
    world,
    bridge,
    space: { size: world.size, initial: () => world.initial(), successors, violation: broken },
  };
}

export function search(run: Run, limit: number): { found: Found; states: StateSet } {
  return explore(run.space, limit);
}

/** @returns what happens along a path, one sentence per step, and the state at its end */
export function story(run: Run, path: readonly number[]): { lines: string[]; end: Uint8Array } {
  const { world } = run;
  let state = world.initial();
  const lines: string[] = [];
  for (const wanted of path) {
    let text = "";
    let number = 0;
    let chosen: Uint8Array | null = null;
    world.tell = said => {
      text = said;
    };
    world.successors(state, next => {
      if (number++ !== wanted) return;
      chosen = Uint8Array.from(next);
      lines.push(text);
    });
    world.tell = null;
    if (chosen === null) throw new Error(`step ${lines.length + 1} of the path does not exist (${wanted})`);
    state = chosen;
  }
  return { lines, end: state };
}

/** @returns the numbered story of a violation and how to see it again */
export function report(
  run: Run,
  violation: NonNullable<Found["violation"]>,
  mutation: string | null,
): string {
  const { lines } = story(run, violation.path);
  const numbered = lines.map((line, i) => `  ${String(i + 1).padStart(2)}. ${line}`);
  const what = mutation === null ? "" : ` --mutant ${JSON.stringify(mutation)}`;
  const command = `node scripts/run-ts.mjs test/support/model/main.ts replay ${JSON.stringify(run.bounds.name)} ${violation.path.join(".")}${what}`;
  return [`broken: ${violation.what}`, ...numbered, `again: ${command}`].join("\n");
}
