/** What happened to a simulated pair since a moment of its story. */
import type { SimulatedPair } from "../simulation";

export interface Story {
  states: string[];
  records: string[];
  events: string[];
  commands: string[];
  effects: string[];
}

/** @returns a look at everything that happens from now on */
export function since(pair: SimulatedPair): () => Story {
  const { states, records, events, commands, effects } = pair;
  const from = [states.length, records.length, events.length, commands.length, effects.length] as const;
  return () => ({
    states: states.slice(from[0]),
    records: records.slice(from[1]),
    events: events.slice(from[2]),
    commands: commands.slice(from[3]),
    effects: effects.slice(from[4]),
  });
}

/** Some passes, whatever they bring. */
export function passes(pair: SimulatedPair, count: number): void {
  for (let i = 0; i < count; i++) pair.pass();
}

/** @returns status of a condition now; undefined where it is left out */
export function condition(pair: SimulatedPair, type: string): string | undefined {
  return pair.status.conditions?.find(one => one.type === type)?.status;
}
