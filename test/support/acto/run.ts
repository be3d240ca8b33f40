/** Runs the cases and judges them. */
import type { Case, Spec } from "./cases";
import type { Door } from "./door";
import { changed, created } from "./pair";

/** What became of a case. */
export interface Outcome {
  case: Case;
  /** refused: with a path, at the door or in the pass. works: it reached Normal, and so did the roll-back. */
  verdict: "refused" | "works" | "failed";
  /** Why it failed, or the refusal. */
  detail: string;
}

const ONLY_GROWS = /can only grow/;

/** What becomes of an admitted object: null when it works. */
export type Live = (seed: string, before: Spec | null, spec: Spec) => Promise<string | null>;

/**
 * @param live has the object's life lived; in the world, each one once, where nothing else is given
 * @returns the outcome of one case
 */
export async function runCase(one: Case, door: Door, live: Live = liveOnce): Promise<Outcome> {
  const judge = (verdict: Outcome["verdict"], detail: string): Outcome => ({ case: one, verdict, detail });
  const { before } = one;
  const stored = before === null ? null : await door.put(before);
  const answer = before === null ? await door.creates(one.spec) : await door.changes(one.spec);
  if (answer.refusal !== undefined) {
    const named = namesField(answer.refusal, one.path);
    return judge(
      named ? "refused" : "failed",
      named ? answer.refusal : `refused without its path: ${answer.refusal}`,
    );
  }
  if (before !== null && stored !== null) {
    const back = await door.changes(before);
    // What only grows does not go back, and says so.
    const stays =
      back.refusal !== undefined && ONLY_GROWS.test(back.refusal) && namesField(back.refusal, one.path);
    if (back.refusal !== undefined && !stays)
      return judge("failed", `cannot be rolled back: ${back.refusal}`);
  }
  const fate = await live(`acto ${one.path} ${one.what}`, stored, answer.spec);
  if (fate === null) return judge("works", "");
  // What only a look at other objects can say is refused in the pass: the object waits and names the field.
  return judge(!fate.startsWith("rolled back") && namesField(fate, one.path) ? "refused" : "failed", fate);
}

const lives = new Map<string, Promise<string | null>>();

/** A life in the deterministic world. A spec that is stored as another one is has had its life already. */
export function liveOnce(seed: string, before: Spec | null, spec: Spec): Promise<string | null> {
  const key = JSON.stringify([before, spec]);
  let fate = lives.get(key);
  if (fate === undefined) {
    fate = before === null ? created(seed, spec) : changed(seed, before, spec);
    lives.set(key, fate);
  }
  return fate;
}

/** @returns whether the message leads a user to the field: by its path, or by that of the object it is part of */
function namesField(message: string, path: string): boolean {
  if (message.includes(path)) return true;
  const parent = path.slice(0, path.lastIndexOf("."));
  // ttspec itself says too little.
  return parent.split(".").length > 2 && message.includes(parent);
}
