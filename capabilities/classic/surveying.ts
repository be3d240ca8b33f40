/** When the surroundings of an object are surveyed, and what a pass makes of the last result. */
import type { TimesTenClassicObject } from "../../generated/types";
import { hasOwnConfigVolume, isOwnedBy, type DatabaseSize } from "../objects";
import type { KubeObject } from "../runtime/ports";
import { allThere, heldBack, specFault, type NeedsFacts } from "./observe/needs";
import { writtenSize } from "./observe/template";
import type { PairMemory } from "./observe/memory";
import type { PassContext } from "./pass";
import { survey, type Survey } from "./survey";

/** What one replica remembers of its surveys of one object. */
export interface SurveyMemory {
  /** The last result; null before the first. */
  last: Survey | null;
  /** When it was begun, ms; of which generation; whether there was a StatefulSet. */
  atMs: number;
  generation: number;
  isNew: boolean;
  isRunning: boolean;
}

/** Where all is there it may go away later: looked for again after this, ms. */
const AGAIN_MS = 60_000;
/** What is missing may come at any moment, ms. */
const MISSING_AGAIN_MS = 2_000;

/** What a pass is to go by. */
export interface Needs {
  facts: NeedsFacts;
  /** The object as far as it can be acted on. */
  object: TimesTenClassicObject;
  size: DatabaseSize | null;
}

/**
 * Begins a survey where one is due; its result enqueues the object when it says something new.
 * @param set the StatefulSet of that name in the cache, whoever's it is
 */
export function needsOf(
  c: Pick<PassContext, "world" | "executor" | "enqueue">,
  key: string,
  object: TimesTenClassicObject,
  memory: PairMemory,
  set: KubeObject | null,
): Needs {
  const invalid = specFault(object, set);
  const isNew = set === null;
  if (invalid === null && isDue(c, object, memory, isNew)) begin(c, key, object, memory, isNew);
  const { last } = memory.survey;
  const isKnown = last !== null && memory.survey.isNew === isNew;
  const found = last === null ? {} : factsOf(last);
  // Once databases are there, what a first start might wait for no longer counts.
  const doubt = isStarting(object) ? (last?.doubt ?? null) : null;
  const facts: NeedsFacts = { ...allThere, ...found, doubt, invalid, isKnown };
  return { facts, object: heldBack(object, invalid, set), size: sizeOf(object, last, set) };
}

function factsOf({ missing, warnings, small }: Survey): Partial<NeedsFacts> {
  return { missing, warnings, small };
}

function isStarting({ status }: TimesTenClassicObject): boolean {
  return ["", "Initializing", "NoReplicasReady"].includes(status?.highLevelState ?? "");
}

/** A size that cannot be read now is the one that the Pods were made for. */
function sizeOf(
  object: TimesTenClassicObject,
  last: Survey | null,
  set: KubeObject | null,
): DatabaseSize | null {
  if (hasOwnConfigVolume(object, object.spec.template ?? {})) return null;
  if (last?.size !== null && last?.size !== undefined) return last.size;
  return set !== null && isOwnedBy(set, object) ? writtenSize(set) : null;
}

function isDue(
  { world }: Pick<PassContext, "world">,
  object: TimesTenClassicObject,
  { survey: before }: PairMemory,
  isNew: boolean,
): boolean {
  if (before.isRunning || object.metadata.deletionTimestamp !== undefined) return false;
  const { last, atMs, generation } = before;
  if (last === null || generation !== (object.metadata.generation ?? 0) || before.isNew !== isNew)
    return true;
  const trouble = last.missing !== null || last.doubt !== null;
  return world.clock.nowMs() - atMs >= (trouble ? MISSING_AGAIN_MS : AGAIN_MS);
}

function begin(
  { world, executor, enqueue }: Pick<PassContext, "world" | "executor" | "enqueue">,
  key: string,
  object: TimesTenClassicObject,
  memory: PairMemory,
  isNew: boolean,
): void {
  const mine = memory.survey;
  mine.isRunning = true;
  const atMs = world.clock.nowMs();
  const generation = object.metadata.generation ?? 0;
  const done = (last: Survey | null): void => {
    const isNews = last !== null && JSON.stringify(last) !== JSON.stringify(mine.last);
    const changed = isNews || isNew !== mine.isNew;
    Object.assign(mine, { atMs, generation, isNew, isRunning: false, last: last ?? mine.last });
    if (changed && last !== null) enqueue(key);
  };
  void survey({ kube: world.kube, settings: executor.settings }, object, isNew).then(
    done,
    (error: unknown) => {
      world.log.warn("needs not looked for", { key, error: String(error) });
      done(null);
    },
  );
}
