/** The objects that belong to a pair: make what is missing, never touch what is somebody else's. */
import type { Effect, Reason } from "../decision";
import type { Observation, OwnedFacts } from "../observation";
import { allThere, together } from "../observe/needs";

export interface OwnedVerdict {
  effects: Effect[];
  /** What keeps objects from being made. */
  problems: Reason[];
  /** What explains the pass before anything else, if anything does. */
  first: Reason | null;
  /** What is not there, or wrong with the spec: one of the problems. */
  wanting: Reason | null;
  /** Look again after so long, ms; Infinity: when something happens. */
  retryAfterMs: number;
}

/** A name that is taken is looked at again after this, ms: the former owner may be on its way out. */
const FOREIGN_RETRY_MS = 2_000;

/** Order of creation: the pods mount the Secret and need the Service's names. */
const order: readonly OwnedFacts["kind"][] = [
  "Secret",
  "headless Service",
  "active Service",
  "EndpointSlice",
  "PodDisruptionBudget",
  "StatefulSet",
];

/**
 * @param o of independent databases `record` is null
 * @returns what is to be made. The StatefulSet comes last, when everything that it needs is known to be there; of an
 *   object that admission would refuse nothing is made
 */
export function decideOwned(o: Pick<Observation, "owned" | "record" | "needs">): OwnedVerdict {
  const facts = order.flatMap(kind => o.owned.filter(one => one.kind === kind));
  const { needs = allThere } = o;
  const isNew = o.owned.some(one => one.kind === "StatefulSet" && one.presence === "missing");
  const held = (kind: OwnedFacts["kind"]): boolean =>
    isNew &&
    (needs.invalid !== null || (kind === "StatefulSet" && !(needs.isKnown && needs.missing === null)));
  const effects: Effect[] = facts
    .filter(one => one.presence === "missing" && !held(one.kind))
    .map(({ kind, name }): Effect => ({ do: "create", kind, name }));
  for (const { kind, name, drift: paths = [] } of facts) {
    if (kind === "Secret" || kind === "EndpointSlice" || paths.length === 0) continue;
    effects.push({ do: "mend", kind, name, paths });
  }
  if (needs.invalid === null) effects.push(...needs.small.map((claim): Effect => ({ do: "grow", claim })));
  const wanting = together([needs.invalid, needs.missing, needs.doubt].flatMap(one => one ?? []));
  const problems = [...facts.flatMap(problemOf), ...(wanting === null ? [] : [wanting])];
  const names = effects.flatMap(effect => (effect.do === "create" ? [`${effect.kind} ${effect.name}`] : []));
  const creating: Reason | null =
    names.length > 0 ? { reason: "CreatingObjects", message: `creating ${names.join(", ")}` } : null;
  return {
    effects,
    problems,
    wanting,
    first: o.record === null ? (problems[0] ?? creating ?? (isNew ? looking : null)) : null,
    retryAfterMs: problems.length > 0 ? FOREIGN_RETRY_MS : Infinity,
  };
}

/** For a moment, before anything can be said. */
const looking: Reason = { reason: "CreatingObjects", message: "looking for what the object refers to" };

function problemOf({ kind, name, presence, fault }: OwnedFacts): Reason[] {
  switch (presence) {
    case "foreign":
      return [
        {
          reason: "ForeignObject",
          message: `${kind} ${name} belongs to somebody else: ${fault ?? "no owner"}`,
        },
      ];
    case "broken":
      return [{ reason: "BrokenObject", message: `${kind} ${name}: ${fault ?? "cannot be used"}` }];
    case "missing":
    case "ours":
      return [];
  }
}
